/**
 * The lock of a rules folder: version and content hash of every rule, composite and reference file. What is in it was handed
 * on under that version; a file that says something else under the same version is a finding.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { catalogueOf } from '../../rules/compiler/index.ts';
import { type ErrorParams, RastroError } from '../../schemas/errors/index.ts';
import { contentHash } from '../../schemas/ids.ts';
import { compareUtf8 } from '../../schemas/order.ts';
import type { Knowledge } from '../workspace/knowledge.ts';

/** Name of the lock in a rules folder. */
export const LOCK_FILE = 'rules.lock.json';
/** Bytes of a lock; of a thousand rules it has some 200 kB. */
const LOCK_BYTES_MAX = 4 * 1024 * 1024;

const entry = z.strictObject({
  version: z.string().max(64),
  file: z.string().max(512),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});
export const rulesLock = z.strictObject({
  format: z.literal(1),
  /** By id. */
  rules: z.record(z.string(), entry),
  composites: z.record(z.string(), entry),
  /** Lists, lexicons, thresholds, peers and the playbook, by path. */
  reference: z.record(z.string(), entry),
});
export type RulesLock = z.infer<typeof rulesLock>;
type LockEntry = z.infer<typeof entry>;

export interface LockFinding {
  readonly code: 'RAS-RULES-LOCK-VERSION' | 'RAS-RULES-LOCK-OLDER' | 'RAS-RULES-LOCK-STALE';
  readonly params: ErrorParams;
}

const PARTS = ['rules', 'composites', 'reference'] as const;
const PLAYBOOK = 'composites/playbook.yaml';
/** Made of data day by day, with a hash of its own: it belongs to no version that somebody hands on. */
const PEER_TABLE = /^peers\/[a-z0-9_]+\.\d{4}-\d{2}-\d{2}\.yaml$/;

function sorted(entries: readonly (readonly [string, LockEntry])[]): Record<string, LockEntry> {
  return Object.fromEntries([...entries].sort(([a], [b]) => compareUtf8(a, b)));
}

/**
 * The lock of what `folder` itself holds. Shipped reference files that stand in for missing ones belong to the release, and are
 * in it only where they are asked for; tables of peers likewise. Cases, comments and layout are in no hash: they change no result.
 */
export function lockOf(
  knowledge: Knowledge,
  folder: string,
  reach: 'own files' | 'with shipped files' = 'own files',
): RulesLock {
  const fileOf = (path: string) => relative(folder, path).split(sep).join('/');
  const reference = Object.entries(knowledge.files.texts)
    .filter(([path]) => path === PLAYBOOK || !/^(catalogue|composites)\//.test(path))
    .filter(
      ([path]) =>
        reach === 'with shipped files' || (existsSync(join(folder, path)) && !PEER_TABLE.test(path)),
    );
  return {
    format: 1,
    rules: sorted(
      catalogueOf(knowledge.ruleSet).map(({ id, version, path, contentHash: sha256 }) => [
        id,
        { version, file: fileOf(path), sha256 },
      ]),
    ),
    composites: sorted(
      knowledge.composites.map(({ file, path }) => [
        file.id,
        { version: file.version, file: fileOf(path), sha256: contentHash(file) },
      ]),
    ),
    reference: sorted(
      reference.map(([path, text]) => {
        const data = parse(text) as { readonly version?: string | number; readonly id?: string };
        // A rate table has a date in the place of a version.
        const version = String(data.version ?? (data as { date?: string }).date ?? '');
        return [path, { version, file: path, sha256: contentHash(data) }];
      }),
    ),
  };
}

/** The lock of a folder; undefined where there is none. @throws RastroError RAS-RULES-LOCK-INVALID */
export async function readLock(folder: string): Promise<RulesLock | undefined> {
  const path = join(folder, LOCK_FILE);
  if (!existsSync(path)) return undefined;
  try {
    const text = await readFile(path, 'utf8');
    if (text.length > LOCK_BYTES_MAX) throw new Error(`${text.length} characters > ${LOCK_BYTES_MAX}`);
    return rulesLock.parse(JSON.parse(text));
  } catch (cause) {
    const detail =
      cause instanceof z.ZodError
        ? `${cause.issues[0]?.path.join('.')}: ${cause.issues[0]?.message}`
        : (cause as Error).message;
    throw new RastroError('RAS-RULES-LOCK-INVALID', { file: path, detail }, { cause });
  }
}

/** The text of a lock: two spaces, one entry a line group, so that a change of one rule is a change of its lines. */
export function lockText(lock: RulesLock): string {
  return `${JSON.stringify(lock, null, 2)}\n`;
}

/** Which of two versions is the later one, number by number: `1.10.0` is above `1.9.0`, `2026-11-21` above `2026-09-30`. */
export function compareVersions(a: string, b: string): number {
  const numbers = (text: string) => text.split(/[.-]/).map(Number);
  const [left, right] = [numbers(a), numbers(b)];
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return Math.sign(difference);
  }
  return 0;
}

/**
 * What keeps `now` from being what is locked. Findings of versions need a person; `RAS-RULES-LOCK-STALE` goes when the lock is
 * written anew.
 */
export function lockFindings(locked: RulesLock, now: RulesLock): LockFinding[] {
  const findings: LockFinding[] = [];
  const stale = (file: string, name: string, detail: string) =>
    findings.push({ code: 'RAS-RULES-LOCK-STALE', params: { file, name, detail } });
  for (const part of PARTS) {
    for (const [name, { version, file, sha256 }] of Object.entries(now[part])) {
      const before = locked[part][name];
      if (before === undefined) stale(file, name, 'it is new');
      else if (before.sha256 !== sha256 && before.version === version)
        findings.push({ code: 'RAS-RULES-LOCK-VERSION', params: { file, name, version } });
      else if (compareVersions(version, before.version) < 0)
        findings.push({
          code: 'RAS-RULES-LOCK-OLDER',
          params: { file, name, version, locked: before.version },
        });
      else if (before.sha256 !== sha256) stale(file, name, `version ${before.version} is locked`);
      else if (before.file !== file) stale(file, name, `it was ${before.file}`);
    }
    for (const [name, { file }] of Object.entries(locked[part]))
      if (now[part][name] === undefined) stale(file, name, 'it is gone');
  }
  return findings;
}
