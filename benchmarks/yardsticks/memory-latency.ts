/**
 * What one visit to a random account costs before any work is done: read, change and write back one cache line at a random
 * place of a large memory. *Independent* visits do not wait for each other, as a loop over a block of rows does; *dependent*
 * ones learn the next place from the line just read, as a walk through linked chunks does. No rule loop beats the first.
 */
import { Random } from '../../pipelines/simulate/random.ts';
import { cpuNs } from '../harness/measure.ts';

const LINE_BYTES = 64;
const WORDS_PER_LINE = LINE_BYTES / Int32Array.BYTES_PER_ELEMENT;
const MIB = 1_048_576;

/** Lines in one ring that visits every line once, in an order that a prefetcher cannot guess (Sattolo 1986). */
function randomRing(lines: number, random: Random): Int32Array {
  const memory = new Int32Array(lines * WORDS_PER_LINE);
  for (let i = 0; i < lines; i++) memory[i * WORDS_PER_LINE] = i;
  for (let i = lines - 1; i > 0; i--) {
    const j = random.uint32() % i;
    const kept = memory[i * WORDS_PER_LINE] as number;
    memory[i * WORDS_PER_LINE] = memory[j * WORDS_PER_LINE] as number;
    memory[j * WORDS_PER_LINE] = kept;
  }
  return memory;
}

function visitIndependent(memory: Int32Array, visits: number, mask: number, seed: number): number {
  let state = seed | 1;
  let sum = 0;
  for (let i = 0; i < visits; i++) {
    // A 32-bit generator in three shifts (Marsaglia 2003): cheap beside a cache miss.
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    const at = (state & mask) * WORDS_PER_LINE + 1;
    const value = ((memory[at] as number) + i) | 0;
    memory[at] = value;
    sum = (sum + value) | 0;
  }
  return sum;
}

function visitDependent(memory: Int32Array, visits: number): number {
  let line = 0;
  let sum = 0;
  for (let i = 0; i < visits; i++) {
    const at = line * WORDS_PER_LINE;
    line = memory[at] as number;
    const value = ((memory[at + 2] as number) + i) | 0;
    memory[at + 2] = value;
    sum = (sum + value) | 0;
  }
  return sum;
}

export interface LatencyReading {
  readonly independentNs: number;
  readonly dependentNs: number;
  /** Depends on seed, size and visits alone. */
  readonly checksum: number;
}

/** `mib` is rounded down to a power of two. */
export function measureLatency(mib: number, visits: number, seed: number): LatencyReading {
  const lines = 2 ** Math.floor(Math.log2((mib * MIB) / LINE_BYTES));
  const memory = randomRing(lines, new Random(seed));
  // Both loops are compiled before they are measured.
  let checksum = visitIndependent(memory, Math.min(visits, 100_000), lines - 1, seed);
  checksum ^= visitDependent(memory, Math.min(visits, 100_000));
  const start = cpuNs();
  checksum ^= visitIndependent(memory, visits, lines - 1, seed + 1);
  const between = cpuNs();
  checksum ^= visitDependent(memory, visits);
  const end = cpuNs();
  return { independentNs: (between - start) / visits, dependentNs: (end - between) / visits, checksum };
}
