/**
 * The pace of the machine while a benchmark runs: two yardsticks, measured before and after it in a process of their own.
 * A figure is compared with an earlier one as a multiple of its yardstick, never by itself: a slower hour of a shared machine slows
 * both.
 */
import { z } from 'zod';
import { measureParsing } from '../yardsticks/json-parse.ts';
import { measureLatency } from '../yardsticks/memory-latency.ts';

/** `memory`: what waits for memory, as loops over accounts do. `json`: what computes and allocates, as decoders do. */
export type Yardstick = 'memory' | 'json';

export const pace = z.object({
  /** Nanoseconds of a random, independent read-modify-write of one cache line. */
  memoryNs: z.number().positive(),
  /** Nanoseconds of `JSON.parse` of one line of a feed. */
  jsonNs: z.number().positive(),
});
export type Pace = z.infer<typeof pace>;

const USUAL = { mib: 256, visits: 4_000_000, rounds: 7 } as const;
const SMOKE = { mib: 4, visits: 20_000, rounds: 1 } as const;
const SEED = 1;

export function measurePace(isSmoke: boolean): Pace {
  const { mib, visits, rounds } = isSmoke ? SMOKE : USUAL;
  return { jsonNs: measureParsing(rounds), memoryNs: measureLatency(mib, visits, SEED).independentNs };
}

/** The pace of what ran between two measurements of it. */
export function between(before: Pace, after: Pace): Pace {
  return {
    memoryNs: (before.memoryNs + after.memoryNs) / 2,
    jsonNs: (before.jsonNs + after.jsonNs) / 2,
  };
}

export const yardstickNs = (measured: Pace, yardstick: Yardstick): number =>
  yardstick === 'memory' ? measured.memoryNs : measured.jsonNs;
