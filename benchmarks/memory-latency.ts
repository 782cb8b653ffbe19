/** The floor under every loop over accounts: random visits to a memory as large as its records. */
import type { Benchmark } from './harness/benchmark.ts';
import { sizeOf } from './harness/benchmark.ts';
import { round } from './harness/measure.ts';
import { measureLatency } from './yardsticks/memory-latency.ts';

export const memoryLatency: Benchmark = {
  name: 'memory-latency',
  what: 'yardstick: nanoseconds of a random read-modify-write of one cache line, independent and dependent',
  options: {
    mib: { default: 1_024, smoke: 4, what: 'size of the memory, MiB' },
    visits: { default: 20_000_000, smoke: 20_000, what: 'visits of each kind' },
    seed: { default: 1, smoke: 1, what: 'seed' },
  },
  async run(context) {
    const seed = sizeOf(context, 'seed');
    const { independentNs, dependentNs, checksum } = measureLatency(
      sizeOf(context, 'mib'),
      sizeOf(context, 'visits'),
      seed,
    );
    const resultHash = (checksum >>> 0).toString(16).padStart(8, '0');
    const of = (name: string, value: number) => ({
      name: `memory-latency/${name}`,
      value: round(value, 2),
      unit: 'ns',
      seed,
      resultHash,
      details: {},
    });
    return [of('independent', independentNs), of('dependent', dependentNs)];
  },
};
