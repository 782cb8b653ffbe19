/** Path patterns for shells that do not expand them, and for quoted ones: `*` and `?` inside a path segment. */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { FEED_LIMITS } from '../../pipelines/ingest/limits.ts';
import { RastroError } from '../../schemas/errors/index.ts';

const isPattern = (segment: string): boolean => /[*?]/.test(segment);

function matcher(segment: string): RegExp {
  const source = segment
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '[^/]*')
    .replaceAll('?', '[^/]');
  return new RegExp(`^${source}$`);
}

/**
 * The files a pattern names, sorted by code units so that a run does not depend on the file system. A path without
 * wildcards is returned as it is. Hidden files match only a pattern that begins with a dot.
 */
export async function expandPattern(pattern: string): Promise<string[]> {
  if (!isPattern(pattern)) return [pattern];
  const segments = pattern.split('/');
  let found = [segments[0] === '' ? '/' : ''];
  for (const segment of segments[0] === '' ? segments.slice(1) : segments) {
    if (!isPattern(segment)) {
      found = found.map((folder) => path.join(folder, segment));
      continue;
    }
    const wanted = matcher(segment);
    const next: string[] = [];
    for (const folder of found) {
      const names = await readdir(folder === '' ? '.' : folder).catch(() => []);
      for (const name of names) {
        if (!wanted.test(name) || (name.startsWith('.') && !segment.startsWith('.'))) continue;
        next.push(path.join(folder, name));
        if (next.length > FEED_LIMITS.FILES) {
          throw new RastroError('RAS-FEED-FILES-TOO-MANY', { path: pattern, limit: FEED_LIMITS.FILES });
        }
      }
    }
    found = next;
  }
  if (found.length === 0) throw new RastroError('RAS-FEED-FILE-NOT-FOUND', { path: pattern });
  return found.sort();
}
