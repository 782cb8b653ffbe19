/** Keys to ids: the interner beside a `Map` of strings; what is measured, and how, says `kernels/intern.ts`. */
import { type Benchmark, sizeOf } from './harness/benchmark.ts';
import { internKernels } from './kernels/intern.ts';

export const intern: Benchmark = {
  name: 'intern',
  what: 'kernel: nanoseconds a key on its way to an id, new and known, and the longest slice of insertions while tables grow',
  yardstick: 'memory',
  options: {
    keys: { default: 2_000_000, smoke: 2_000, what: 'different keys' },
    lookups: { default: 2_000_000, smoke: 2_000, what: 'look-ups of known keys' },
    rounds: { default: 3, smoke: 1, what: 'rounds; the median counts' },
    seed: { default: 1, smoke: 1, what: 'seed' },
  },
  nodeFlags: () => ['--max-old-space-size=8192'],
  run: async (context) =>
    internKernels({
      keys: sizeOf(context, 'keys'),
      lookups: sizeOf(context, 'lookups'),
      rounds: sizeOf(context, 'rounds'),
      seed: sizeOf(context, 'seed'),
    }),
};
