/**
 * What a key costs on its way to an id: nanoseconds a key, new and known, one by one and in blocks; memory an id; the
 * longest slice of insertions while tables grow. Beside it a `Map` from strings to numbers over the same bytes, the strings
 * made from them as a decoder would have to.
 *
 * Keys are pseudonyms of 26 to 43 bytes; known ones are asked for in random order. All ways must give the same ids before a
 * figure counts. What makes the figures wrong: other work on the machine (cache and memory are shared, whatever the clock),
 * and a first round that still compiles (the median of three rounds or more leaves it out; of few keys, it is all there is).
 */
import { createHash } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Interner } from '../../pipelines/intern/interner.ts';
import { Random } from '../../pipelines/simulate/random.ts';
import type { BenchmarkResult } from '../harness/benchmark.ts';
import { cpuNs, median, round } from '../harness/measure.ts';

export interface InternKernelOptions {
  /** Different keys. */
  readonly keys: number;
  /** Look-ups of known keys, at least one. */
  readonly lookups: number;
  /** Repetitions of which the median counts. */
  readonly rounds: number;
  readonly seed: number;
}

/** Keys of one block of the log, about. */
const BLOCK_KEYS = 4_096;
const KEY_BYTES_MIN = 26;
const KEY_BYTES_SPREAD = 18;
const PREFIX = Buffer.from('acct_');
const LETTERS = Buffer.from('abcdefghijklmnopqrstuvwxyz234567');
const HASH_SEED = [0x5eed_0001, 0x5eed_0002] as const;

interface KeyBlock {
  readonly bytes: Uint8Array;
  readonly ends: Int32Array;
  readonly count: number;
}

/** Different keys by number: random letters, the number itself in the last five (base 32, so up to 33,554,432 keys). */
function writeKey(number: number, at: number, into: Uint8Array): number {
  const random = new Random(number);
  const end = at + KEY_BYTES_MIN + (random.uint32() % KEY_BYTES_SPREAD);
  into.set(PREFIX, at);
  for (let i = at + PREFIX.length; i < end - 5; i++) into[i] = LETTERS[random.uint32() & 31] as number;
  for (let i = 1, rest = number; i <= 5; i++, rest >>>= 5) into[end - i] = LETTERS[rest & 31] as number;
  return end;
}

function blocksOf(count: number, numberAt: (i: number) => number): KeyBlock[] {
  const blocks: KeyBlock[] = [];
  const scratch = new Uint8Array(BLOCK_KEYS * (KEY_BYTES_MIN + KEY_BYTES_SPREAD));
  for (let from = 0; from < count; from += BLOCK_KEYS) {
    const inBlock = Math.min(BLOCK_KEYS, count - from);
    const ends = new Int32Array(inBlock);
    let end = 0;
    for (let i = 0; i < inBlock; i++) ends[i] = end = writeKey(numberAt(from + i), end, scratch);
    blocks.push({ bytes: scratch.slice(0, end), ends, count: inBlock });
  }
  return blocks;
}

type Way = (blocks: readonly KeyBlock[], out: Int32Array) => void;

const single =
  (interner: Interner): Way =>
  (blocks, out) => {
    let to = 0;
    for (const { bytes, ends, count } of blocks) {
      for (let i = 0, start = 0; i < count; start = ends[i++] as number) {
        out[to++] = interner.intern(bytes, start, ends[i] as number);
      }
    }
  };

const batched = (interner: Interner): Way => {
  const ids = new Int32Array(BLOCK_KEYS);
  return (blocks, out) => {
    let to = 0;
    for (const { bytes, ends, count } of blocks) {
      interner.internAll(bytes, ends, count, ids);
      for (let i = 0; i < count; i++) out[to++] = ids[i] as number;
    }
  };
};

const mapped =
  (map: Map<string, number>): Way =>
  (blocks, out) => {
    let to = 0;
    for (const { bytes, ends, count } of blocks) {
      const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      for (let i = 0, start = 0; i < count; start = ends[i++] as number) {
        const text = buffer.toString('latin1', start, ends[i]);
        let id = map.get(text);
        if (id === undefined) {
          id = map.size;
          map.set(text, id);
        }
        out[to++] = id;
      }
    }
  };

/** Insertions between two readings of the clock, which costs as much as a few of them. */
const SLICE_KEYS = 16;

/**
 * Longest slice of calls, ns of CPU time, of `rounds` repetitions. What the calls themselves cost comes back at the same keys
 * each time; compilation and garbage collection on other threads do not. So the shortest time of each slice counts, and the
 * longest of these is `own`; `any` is the longest of all.
 */
function longest(
  blocks: readonly KeyBlock[],
  keys: number,
  rounds: number,
  begin: () => (bytes: Uint8Array, start: number, end: number) => void,
): { readonly own: number; readonly any: number } {
  const shortest = new Float32Array(Math.ceil(keys / SLICE_KEYS)).fill(Number.POSITIVE_INFINITY);
  let any = 0;
  for (let round = 0; round < rounds; round++) {
    const call = begin();
    let at = 0;
    let before = cpuNs();
    for (const { bytes, ends, count } of blocks) {
      for (let i = 0, start = 0; i < count; start = ends[i++] as number) {
        call(bytes, start, ends[i] as number);
        if (++at % SLICE_KEYS !== 0 && at !== keys) continue;
        const now = cpuNs();
        const slice = Math.ceil(at / SLICE_KEYS) - 1;
        if (now - before < (shortest[slice] as number)) shortest[slice] = now - before;
        if (now - before > any) any = now - before;
        before = now;
      }
    }
  }
  return { own: shortest.reduce((longest, ns) => Math.max(longest, ns), 0), any };
}

/** Collects what a figure must not count or pay for. */
function collector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}

const WAYS = ['single', 'batched', 'map'] as const;

export function internKernels(options: InternKernelOptions): readonly BenchmarkResult[] {
  const { keys, lookups, rounds, seed } = options;
  const collect = collector();
  const random = new Random(seed);
  const fresh = blocksOf(keys, (i) => i);
  const asked = new Int32Array(lookups);
  for (let i = 0; i < lookups; i++) asked[i] = random.uint32() % keys;
  const known = blocksOf(lookups, (i) => asked[i] as number);
  const out = new Int32Array(Math.max(keys, lookups));

  const times = new Map<string, number[]>();
  const time = (name: string, count: number, run: () => void): void => {
    collect();
    const before = cpuNs();
    run();
    times.set(name, [...(times.get(name) ?? []), (cpuNs() - before) / count]);
  };
  const faults: string[] = [];
  const digests = new Set<string>();
  let interner = new Interner({ seed: HASH_SEED });
  let mapBytes = 0;
  for (let i = 0; i < rounds; i++) {
    for (const way of WAYS) {
      if (way !== 'map') interner = new Interner({ seed: HASH_SEED });
      let map = new Map<string, number>();
      collect();
      const heapBefore = process.memoryUsage().heapUsed;
      const run = way === 'map' ? mapped(map) : way === 'single' ? single(interner) : batched(interner);
      const digest = createHash('sha256');
      time(`${way} new`, keys, () => run(fresh, out));
      digest.update(out.subarray(0, keys));
      time(`${way} known`, lookups, () => run(known, out));
      digests.add(digest.update(out.subarray(0, lookups)).digest('hex').slice(0, 16));
      if (way !== 'map') continue;
      collect();
      mapBytes = process.memoryUsage().heapUsed - heapBefore;
      if (map.size !== keys) faults.push(`the map holds ${map.size} keys`);
      map = new Map();
    }
  }
  if (digests.size !== 1) faults.push('the ways gave different ids');

  const { stats } = interner;
  const growing = longest(fresh, keys, rounds, () => {
    interner = new Interner({ seed: HASH_SEED });
    collect();
    return (bytes, start, end) => interner.intern(bytes, start, end);
  });
  const mapGrowing = longest(fresh, keys, rounds, () => {
    const map = new Map<string, number>();
    collect();
    return (bytes, start, end) =>
      map.set(Buffer.from(bytes.buffer, bytes.byteOffset).toString('latin1', start, end), map.size);
  });

  const resultHash = [...digests].join('/');
  const result = (
    name: string,
    value: number,
    unit: string,
    rest: Partial<BenchmarkResult> = {},
  ): BenchmarkResult => ({
    name: `intern/${name}`,
    value: round(value, 2),
    unit,
    seed,
    resultHash,
    details: { keys, lookups, rounds },
    ...(faults.length > 0 ? { faults } : {}),
    ...rest,
  });
  const costs = WAYS.flatMap((way) =>
    ['new', 'known'].map((what) =>
      result(`${way} ${what}`, median(times.get(`${way} ${what}`) ?? []), 'ns/key'),
    ),
  );
  return [
    ...costs,
    result('memory', stats.bytes / keys, 'bytes/id', {
      details: { keys, slots: stats.slots, collisions: stats.collisions },
    }),
    result('memory of the map', mapBytes / keys, 'bytes/id'),
    result('longest pause', growing.own / 1e6, 'ms', {
      goal: { value: 5, better: 'less' },
      details: { keys, rounds, sliceKeys: SLICE_KEYS, longestOfAnyRoundMs: round(growing.any / 1e6, 2) },
    }),
    result('longest pause of the map', mapGrowing.own / 1e6, 'ms', {
      details: { keys, rounds, sliceKeys: SLICE_KEYS, longestOfAnyRoundMs: round(mapGrowing.any / 1e6, 2) },
    }),
  ];
}
