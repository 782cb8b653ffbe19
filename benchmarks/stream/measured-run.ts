/** What a benchmark over the measured stream begins with: its sizes, the shipped rules, the names of the stream. */
import { FactDictionary } from '../../pipelines/facts/dictionary.ts';
import { type Knowledge, loadKnowledge } from '../../services/workspace/knowledge.ts';
import { type RunContext, sizeOf } from '../harness/benchmark.ts';

/** Node's flags for a million accounts. */
export const LARGE_HEAP = ['--max-old-space-size=8192'];

export interface MeasuredRun {
  /** The value of an option. */
  readonly size: (option: string) => number;
  readonly accounts: number;
  readonly rows: number;
  readonly seed: number;
  readonly knowledge: Knowledge;
}

/** Of a benchmark with the options `accounts`, `rows` and `seed`. */
export async function measuredRun(context: RunContext): Promise<MeasuredRun> {
  const size = (option: string): number => sizeOf(context, option);
  const [accounts, rows, seed] = [size('accounts'), size('rows'), size('seed')];
  return { size, accounts, rows, seed, knowledge: await loadKnowledge({ cases: true }) };
}

/** An empty dictionary; two of one seed put the same names in the same places. */
export const dictionaryOf = (seed: number): FactDictionary => new FactDictionary([seed, seed ^ 0x5bd1e995]);
