import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { describe, expect, test } from 'vitest';
import { LAYERS, layerOf, projectFiles, ROOT } from '../../support/project.ts';

interface Packed {
  readonly files: readonly { readonly path: string }[];
  readonly unpackedSize: number;
}

/** What npm would publish. Its scripts are left out: `dist` was built before the suite. */
function packed(): Packed {
  const text = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  // npm 10 prints a list, npm 11 and later an object by package name.
  const [first] = Object.values(JSON.parse(text) as Record<string, Packed>);
  if (first === undefined) throw new Error('npm pack lists no package');
  return first;
}

const files = projectFiles();
const shipped = files.filter((path) => (LAYERS as readonly string[]).includes(layerOf(path)));
const compiled = (path: string) => `dist/${path.replace(/\.ts$/, '.js')}`;
const sources = shipped.filter((path) => path.endsWith('.ts'));

const { files: entries, unpackedSize } = packed();
const list = entries.map(({ path }) => path);
/** `dist` may still hold files whose source is gone; `npm pack` proper cleans it first (`prepack`). */
const built = new Set(sources.map(compiled));
const current = list.filter((path) => !path.startsWith('dist/') || built.has(path));

/** What Node loads, from an entry on. */
function reachableFrom(start: readonly string[]): Set<string> {
  const seen = new Set<string>();
  const waiting = [...start];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (seen.has(path)) continue;
    seen.add(path);
    const code = readFileSync(join(ROOT, path), 'utf8');
    for (const [, specifier = ''] of code.matchAll(/(?:\bfrom\s+|\bimport\s*\(?\s*)['"](\.[^'"\n]+)['"]/g)) {
      waiting.push(posix.join(posix.dirname(path), specifier));
    }
  }
  return seen;
}

const reachable = reachableFrom([
  'dist/services/cli/main.js',
  'dist/services/embedded/main.js',
  'dist/services/threads/detect-worker.js',
]);
/** A module of types alone leaves nothing to load. */
const isTypesOnly = (path: string) => {
  const code = readFileSync(join(ROOT, path), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
  return /^\s*(export \{\};)?\s*$/.test(code);
};

describe('the package', () => {
  test('holds everything that Node loads from the command, the process of the store and the threads', () => {
    expect([...reachable].filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
    expect([...reachable].filter((path) => !list.includes(path))).toEqual([]);
  });

  test('holds every rule, list, mapping and migration', () => {
    const data = shipped.filter((path) => path.endsWith('.yaml') || path.endsWith('.sql'));
    for (const folder of [
      'rules/catalogue',
      'rules/composites',
      'rules/lists',
      'rules/thresholds',
      'rules/lexicons',
    ]) {
      expect(
        data.some((path) => path.startsWith(`${folder}/`)),
        folder,
      ).toBe(true);
    }
    for (const folder of ['pipelines/ingest/mappings', 'schemas/clickhouse']) {
      expect(
        data.some((path) => path.startsWith(`${folder}/`)),
        folder,
      ).toBe(true);
    }
    expect(data.filter((path) => !list.includes(path))).toEqual([]);
  });

  test('holds licence, front page, the meaning of the rules and their lock', () => {
    for (const path of [
      'package.json',
      'LICENSE',
      'README.md',
      'rules/SEMANTICS.md',
      'rules/rules.lock.json',
    ])
      expect(list).toContain(path);
  });

  test('holds no code that is never loaded', () => {
    const idle = current.filter(
      (path) => path.startsWith('dist/') && !reachable.has(path) && !isTypesOnly(path),
    );
    expect(idle).toEqual([]);
  });

  test('holds nothing else: no sources, tests, maps, benchmarks, data', () => {
    const wanted =
      /^(package\.json|LICENSE|README\.md|rules\/SEMANTICS\.md|rules\/rules\.lock\.json|dist\/.*\.js|(rules|pipelines)\/.*\.yaml|schemas\/.*\.sql)$/;
    expect(current.filter((path) => !wanted.test(path))).toEqual([]);
    expect(unpackedSize).toBeLessThan(8_000_000);
  });

  test('names a command that is in it and begins as a program', () => {
    const { bin, scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      bin: Record<string, string>;
      scripts: Record<string, string>;
    };
    expect(Object.keys(bin)).toEqual(['rastro']);
    expect(list).toContain(bin['rastro']);
    expect(readFileSync(join(ROOT, bin['rastro'] ?? ''), 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
    expect(scripts['prepack']).toContain('clean');
  });
});

describe('the lock file', () => {
  interface Locked {
    readonly optionalDependencies?: Readonly<Record<string, string>>;
  }
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
    packages: Readonly<Record<string, Locked>>;
  };
  const held = new Set(Object.keys(packages).map((path) => path.split('node_modules/').at(-1)));

  test('holds the builds of other platforms too: `npm ci` refuses a lock file without them', () => {
    const missing = Object.values(packages)
      .flatMap(({ optionalDependencies = {} }) => Object.keys(optionalDependencies))
      .filter((name) => !held.has(name));
    expect(missing).toEqual([]);
  });
});
