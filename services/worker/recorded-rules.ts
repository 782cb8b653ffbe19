/**
 * Rule sets as the records of a partition's log put them in force, over the set that a worker began with.
 *
 * In which order sets are recorded is said by the topic `rules`, whose ordinal every record carries. So it does not matter where
 * a record lies in a partition, how often, or in front of which other one: with the same records, the same sets are in force.
 */
import { RastroError } from '../../schemas/errors/index.ts';
import type { Knowledge, RulesInForce } from '../workspace/knowledge.ts';
import { compileKnowledge } from '../workspace/knowledge.ts';
import { decodeRules, type RuleRecord } from '../workspace/rule-record.ts';
import { type CompileRecord, RULE_SETS_MAX, RuleTimeline } from '../workspace/rule-timeline.ts';

/** What a record changes: the rules from then on, and the event time before which they say the same. */
export type ChangedRules = RulesInForce & { readonly fromMs: number };

interface Recorded {
  readonly ordinal: number;
  readonly knowledge: Knowledge;
}

export class RecordedRules {
  readonly #compile: CompileRecord;
  /** Sets that are in force at some time, by ordinal. */
  #sets: readonly Recorded[] = [];
  #timeline: RuleTimeline;

  constructor(knowledge: Knowledge, compile: CompileRecord) {
    this.#compile = compile;
    this.#timeline = new RuleTimeline([knowledge]);
  }

  /** Takes in the next record; undefined where it changes nothing. A set that does not compile is refused, and those before go on. */
  read(payload: Uint8Array): ChangedRules | undefined {
    const record = decodeRules(payload);
    const ordinal = record.ordinal ?? (this.#sets.at(-1)?.ordinal ?? -1) + 1;
    if (this.#sets.some((set) => set.ordinal === ordinal)) return undefined;
    const knowledge = this.#compiled(record);
    if (knowledge === undefined) return undefined;
    const sets = [...this.#sets, { ordinal, knowledge }].sort((a, b) => a.ordinal - b.ordinal);
    const [first = knowledge, ...others] = sets.map((set) => set.knowledge);
    const before = this.#sets.length === 0 ? undefined : this.#timeline;
    const timeline = new RuleTimeline([first, ...others], before);
    const fromMs = timeline.differsFrom(this.#timeline);
    // What a later set replaces is replaced whenever it comes.
    const inForce = new Set(timeline.sets.map(({ set }) => set));
    this.#sets = sets.filter((set) => inForce.has(set.knowledge));
    this.#timeline = timeline;
    return fromMs === Number.POSITIVE_INFINITY ? undefined : { ...timeline.rules, fromMs };
  }

  #compiled(record: RuleRecord): Knowledge | undefined {
    try {
      return this.#compile(record);
    } catch (error) {
      if (RastroError.is(error)) return undefined;
      throw error;
    }
  }
}

/** Compiles each set once: every partition's log holds the same ones, and reads them for two stages. */
export function compilingOnce(own: Knowledge): CompileRecord {
  const nameOf = (sha256: string, activeFrom: number) => `${sha256} ${activeFrom}`;
  const known = new Map([[nameOf(own.hash, own.activeFrom), own]]);
  return ({ sha256, activeFrom, files }) => {
    const name = nameOf(sha256, activeFrom);
    const found = known.get(name) ?? compileKnowledge(files, { activeFrom });
    if (known.size >= RULE_SETS_MAX) known.clear();
    known.set(name, found);
    return found;
  };
}
