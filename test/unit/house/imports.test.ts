import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  importsOf,
  LAYERS,
  layerOf,
  projectFiles,
  ROOT,
  readText,
  withoutComments,
} from '../../support/project.ts';

const sources = projectFiles().filter((path) => path.endsWith('.ts'));
const imports = sources.flatMap(importsOf);
const shipped = (path: string) => (LAYERS as readonly string[]).includes(layerOf(path));
const arrow = ({ from, to }: { from: string; to: string }) => `${from} -> ${to}`;

test('the reader of imports sees them', () => {
  expect(imports.length).toBeGreaterThan(sources.length);
  expect(imports.map(arrow)).toContain('test/unit/house/imports.test.ts -> test/support/project.ts');
});

test('imports of ours name a file that exists, with its .ts ending', () => {
  const wrong = imports.filter(
    ({ to, isOurs }) =>
      isOurs && !to.includes('/dist/') && !(to.endsWith('.ts') && existsSync(join(ROOT, to))),
  );
  expect(wrong.map(arrow)).toEqual([]);
});

test('imports point from services to pipelines to rules to schemas, never back', () => {
  const wrong = imports.filter(({ from, to, isOurs }) => {
    if (!isOurs || !shipped(from)) return false;
    const allowed = LAYERS.slice(0, LAYERS.indexOf(layerOf(from) as (typeof LAYERS)[number]) + 1);
    return !(allowed as readonly string[]).includes(layerOf(to));
  });
  expect(wrong.map(arrow)).toEqual([]);
});

test('what ships never imports a test or a benchmark, nor a package that is only there for development', () => {
  const { dependencies } = JSON.parse(readText('package.json')) as { dependencies: Record<string, string> };
  const known = new Set(Object.keys(dependencies));
  const packageOf = (name: string) => name.split('/', name.startsWith('@') ? 2 : 1).join('/');
  const wrong = imports.filter(
    ({ from, to, isOurs }) =>
      shipped(from) && !isOurs && !to.startsWith('node:') && !known.has(packageOf(to)),
  );
  expect(wrong.map(arrow)).toEqual([]);
});

test('no file imports itself by a detour', () => {
  const edges = new Map<string, string[]>();
  for (const { from, to, isOurs } of imports) if (isOurs) edges.set(from, [...(edges.get(from) ?? []), to]);
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (path: string, trail: readonly string[]) => {
    const start = trail.indexOf(path);
    if (start !== -1) cycles.push([...trail.slice(start), path].join(' -> '));
    if (start !== -1 || done.has(path)) return;
    for (const next of edges.get(path) ?? []) visit(next, [...trail, path]);
    done.add(path);
  };
  for (const path of sources) visit(path, []);
  expect(cycles).toEqual([]);
});

/** What a deterministic layer must be handed instead of taking. */
const OUTSIDE_WORLD: readonly (readonly [string, RegExp])[] = [
  [
    'the wall clock',
    /\bDate\.now\s*\(|\bnew Date\s*\(\s*\)|\bperformance\.now\b|\bprocess\.(hrtime|uptime)\b/,
  ],
  ['the environment', /\bprocess\.(env|argv|cwd|pid|platform)\b/],
  ['chance', /\bMath\.random\s*\(|\brandom(Bytes|UUID|Int)\s*\(/],
  ['timers', /\bset(Timeout|Interval|Immediate)\s*\(/],
  ['the network', /\bfetch\s*\(/],
];
const NODE_MODULES_OF_THE_OUTSIDE =
  /^node:(fs|net|tls|http|https|http2|dgram|dns|child_process|worker_threads|cluster|os|readline|repl|tty|timers)(\/|$)/;

test('pipelines take nothing from the outside world: no files, sockets, processes, clock, environment, chance', () => {
  const pipelines = sources.filter((path) => layerOf(path) === 'pipelines');
  const modules = imports
    .filter(({ from, to }) => layerOf(from) === 'pipelines' && NODE_MODULES_OF_THE_OUTSIDE.test(to))
    .map(arrow);
  const calls = pipelines.flatMap((path) => {
    const code = withoutComments(readText(path));
    return OUTSIDE_WORLD.filter(([, pattern]) => pattern.test(code)).map(([what]) => `${path} reads ${what}`);
  });
  expect([...modules, ...calls]).toEqual([]);
});

test('rules and schemas are deterministic too; they may read the files they ship', () => {
  const wrong = sources
    .filter((path) => layerOf(path) === 'rules' || layerOf(path) === 'schemas')
    .flatMap((path) => {
      const code = withoutComments(readText(path));
      return OUTSIDE_WORLD.filter(([, pattern]) => pattern.test(code)).map(
        ([what]) => `${path} reads ${what}`,
      );
    });
  expect(wrong).toEqual([]);
});
