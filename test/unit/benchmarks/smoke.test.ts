import { describe, expect, test } from 'vitest';
import { type BenchmarkResult, sizesOf } from '../../../benchmarks/harness/benchmark.ts';
import { BENCHMARKS } from '../../../benchmarks/registry.ts';

/** What the smoke sizes give on every machine, where the rules have no part in it. */
const ANSWERS: Readonly<Record<string, string>> = {
  'memory-latency/independent': '01c487cb',
  'feed-check/csv': '7a47a1e98abfcd8d',
  'feed-check/ndjson': '648e9871e5772909',
};

/** Some start a broker, a store and workers. */
const SMOKE_MS = 240_000;
/** Options that choose instead of sizing. */
const CHOICES: ReadonlySet<string> = new Set(['planted', 'only', 'seed']);

const hashes = new Map<string, string>();

async function runSmoke(name: string): Promise<BenchmarkResult[]> {
  const benchmark = BENCHMARKS.find((one) => one.name === name);
  if (benchmark === undefined) throw new Error(`no benchmark ${name}`);
  const results: BenchmarkResult[] = [];
  for (const theCase of benchmark.cases ?? ['']) {
    results.push(
      ...(await benchmark.run({ case: theCase, sizes: sizesOf(benchmark, 'smoke'), progress: () => {} })),
    );
  }
  return results;
}

describe('benchmarks at smoke size', () => {
  test.each(BENCHMARKS.map(({ name }) => name))(
    '%s runs, and computes what it should',
    async (name) => {
      const reason = await BENCHMARKS.find((one) => one.name === name)?.whyNot?.();
      if (reason !== undefined && process.env['CI'] !== 'true') {
        console.warn(`Skipped: ${reason}`);
        return;
      }
      const results = await runSmoke(name);
      expect(results.length).toBeGreaterThan(0);
      for (const result of results) {
        expect(result.faults ?? []).toEqual([]);
        expect(result.name === name || result.name.startsWith(`${name}/`)).toBe(true);
        expect(result.resultHash).not.toBe('');
        const answer = ANSWERS[result.name];
        if (answer !== undefined) expect(result.resultHash).toBe(answer);
        hashes.set(result.name, result.resultHash);
      }
    },
    SMOKE_MS,
  );

  test('a stream gives the same signals as facts and through the log', () => {
    expect(hashes.get('rule-loop-reference/whole')).toBeDefined();
    expect(hashes.get('log-to-signals-reference')).toBe(hashes.get('rule-loop-reference/whole'));
  });

  test('every option has a smoke size no larger than its default', () => {
    const larger = BENCHMARKS.flatMap(({ name, options }) =>
      Object.entries(options)
        .filter(([option, { default: usual, smoke }]) => !CHOICES.has(option) && smoke > usual)
        .map(([option]) => `${name} --${option}`),
    );
    expect(larger).toEqual([]);
  });
});
