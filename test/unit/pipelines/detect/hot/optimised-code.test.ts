/**
 * The hot path stays optimised: a measured stream in a process of its own, and V8's log of it. No site of a hot file is
 * megamorphic, no optimised function of it is thrown away again and again.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Deoptimisation, readEngineLog } from '../../../../support/engine-log.ts';

const ROOT = join(import.meta.dirname, '../../../../..');
const BUILD = join(ROOT, '.cache/hot-process');
const TIMEOUT_MS = 240_000;

const ACCOUNTS = 2_000;
const ROWS = 57_344;
/**
 * Optimised where it is found to be hot, not in a thread that finishes some time: what a function has seen by then, and with it
 * what throws it out, would depend on what else the machine does.
 */
const AT_ONCE = ['--no-concurrent-recompilation'];

/** Eight blocks: by then every loop has been optimised once, and rows that only one rule of a hundred looks at have come. */
const WARM_ROWS = 32_768;

/** Generated kernels have no file. */
const HOT =
  /pipelines\/(detect\/hot|facts|intern)\/|^[a-zA-Z]+(Events\d+|Records|Kernel|Admits|Gate\d+|Roll) :/;
/** Reads documents, of as many shapes as there are feeds; who reads blocks does without it. */
const OF_DOCUMENTS = /pipelines\/facts\/batch\.js/;
/** Where a table is asked by name of column: once a process, a segment, or a block. A function without a name is an arrow. */
const BY_COLUMN: readonly RegExp[] = [
  /^(getterOf|eventClassOf) \S*facts\/event\.js/,
  /^(widthOf)? ?\S*facts\/page\.js/,
  /^(elementBytesOf)? ?\S*facts\/copy-rows\.js/,
  /^(append)? ?\S*facts\/segment\.js/,
  /^append \S*facts\/store\.js/,
  /^(StoredColumn|append|#reform|#allocate)? ?\S*facts\/stored-column\.js/,
];

/**
 * What was never seen when a function was optimised throws it out once, where the place is inlined elsewhere once more there.
 * At the third time the engine is not learning.
 */
const DEOPTIMISATIONS_OF_A_PLACE_MAX = 2;
/** Rows of a kind that did not come while the process warmed up: some more places of one function. A loop goes on with the blocks. */
const WARM_DEOPTIMISATIONS_OF_A_FUNCTION_MAX = 5;

const folder = mkdtempSync(join(tmpdir(), 'rastro-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(name: string, script: string, ...args: readonly string[]) {
  const log = join(folder, `${name}.log`);
  const flags = [...AT_ONCE, '--log-ic', '--log-deopt', `--logfile=${log}`, '--no-logfile-per-isolate'];
  const child = spawnSync(process.execPath, [...flags, script, ...args], {
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '' },
    maxBuffer: 2 ** 28,
  });
  expect(child.stderr, name).toBe('');
  return { log: readFileSync(log, 'utf8').split('\n'), output: child.stdout };
}

function counted(
  deoptimisations: readonly Deoptimisation[],
  by: (one: Deoptimisation) => string,
  max: number,
) {
  const counts = new Map<string, number>();
  for (const one of deoptimisations) counts.set(by(one), (counts.get(by(one)) ?? 0) + 1);
  return [...counts].filter(([, count]) => count > max).map(([what, count]) => `${count} times: ${what}`);
}

const placesOf = (all: readonly Deoptimisation[]) =>
  counted(
    all,
    ({ owner, place, reason }) => `${owner}, ${reason} at ${place}`,
    DEOPTIMISATIONS_OF_A_PLACE_MAX,
  );

describe('the reader of the log', () => {
  test('finds a megamorphic site where there is one, and none beside it', () => {
    const script = join(folder, 'shapes.mjs');
    writeFileSync(
      script,
      [
        'function many(of) { return of.wanted; }',
        'function one(of) { return of.wanted; }',
        'for (let i = 0; i < 400; i++) { many({ ["x" + (i % 20)]: 1, wanted: i }); one({ wanted: i }); }',
        'new Function("return 0; // rastro-warm")();',
      ].join('\n'),
    );
    const { sites, isMarked } = readEngineLog(run('shapes', script).log, 'rastro-warm');
    const found = sites.filter(({ owner }) => owner.includes('shapes.mjs') && /^(many|one) /.test(owner));
    expect(found.map(({ owner, property }) => [owner.split(' ')[0], property])).toEqual([['many', 'wanted']]);
    expect(isMarked).toBe(true);
  });

  test('knows whose code lies at an address that held other code before', () => {
    const created = (start: string, bytes: number, owner: string) =>
      `code-creation,JS,10,5,${start},${bytes},${owner},0x2,*`;
    const megamorphic = 'LoadIC,0x1050,9,85,39,P,N,0x3,status,,';
    const sites = (...lines: readonly string[]) =>
      readEngineLog([...lines, megamorphic], 'none').sites.map(({ owner }) => owner);
    const [long, short] = [created('0x1000', 256, 'long'), created('0x1040', 64, 'short')];
    expect(sites(long, short)).toEqual(['short']);
    expect(sites(short, long)).toEqual(['long']);
  });

  test('tells a place that is thrown out three times from three places', () => {
    const deopt = (us: number, place: string) =>
      `code-deopt,${us},64,0x1000,-1,7,deopt-eager,<file:///a.js:${place}>,wrong map`;
    const created = 'code-creation,JS,10,5,0x1000,64,loop file:///a.js:1:1,0x2,*';
    const read = (places: readonly string[]) =>
      readEngineLog([created, ...places.map((place, i) => deopt(i, place))], 'none').deoptimisations;
    expect(placesOf(read(['1:2', '1:2', '1:2']))).toEqual([
      '3 times: loop file:///a.js:1:1, wrong map at file:///a.js:1:2',
    ]);
    expect(placesOf(read(['1:2', '3:4', '5:6']))).toEqual([]);
  });
});

describe('a measured stream', () => {
  let read: ReturnType<typeof readEngineLog>;

  beforeAll(() => {
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    const build = ['-p', join(ROOT, 'tsconfig.bench.json'), '--noCheck', '--outDir', BUILD];
    const { error } = spawnSync(process.execPath, [tsc, ...build], { stdio: 'ignore' });
    if (error !== undefined) throw error;
    const script = join(ROOT, 'test/support/hot-process.mjs');
    const { log, output } = run('stream', script, BUILD, `${ACCOUNTS}`, `${ROWS}`, `${WARM_ROWS}`);
    const { rows, signals } = JSON.parse(output.slice(output.lastIndexOf('{"rows"')));
    // A process that did nothing would stay optimised.
    expect(rows).toBeGreaterThanOrEqual(ROWS);
    expect(signals).toBeGreaterThan(20);
    read = readEngineLog(log, 'rastro-warm');
    expect(read.isMarked).toBe(true);
  }, TIMEOUT_MS);

  test('meets no megamorphic site in the hot files', () => {
    const hot = read.sites.filter(({ owner }) => HOT.test(owner) && !OF_DOCUMENTS.test(owner));
    const found = hot.filter(({ owner }) => !BY_COLUMN.some((allowed) => allowed.test(owner)));
    expect(found).toEqual([]);
    expect(hot.length).toBeGreaterThan(found.length);
  });

  test('throws no hot function out again and again', () => {
    const hot = read.deoptimisations.filter(({ owner }) => HOT.test(owner) && !OF_DOCUMENTS.test(owner));
    // Some are thrown out once: the log was read.
    expect(hot.length).toBeGreaterThan(0);
    expect(placesOf(hot)).toEqual([]);
    const warm = hot.filter(({ isWarm }) => isWarm);
    expect(counted(warm, ({ owner }) => owner, WARM_DEOPTIMISATIONS_OF_A_FUNCTION_MAX)).toEqual([]);
  });
});
