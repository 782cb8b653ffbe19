/** Rule sets as the records of a partition's log put them in force, over the set that a worker began with. */
import type { Knowledge, RulesInForce } from '../workspace/knowledge.ts';
import { compileKnowledge } from '../workspace/knowledge.ts';
import { type CompileRecord, RecordedSets, RULE_SETS_MAX, RuleTimeline } from '../workspace/rule-timeline.ts';

/** What a record changes: the rules from then on, and the event time before which they say the same. */
export type ChangedRules = RulesInForce & { readonly fromMs: number };

export class RecordedRules {
  readonly #sets: RecordedSets;
  #timeline: RuleTimeline;

  constructor(knowledge: Knowledge, compile: CompileRecord) {
    this.#sets = new RecordedSets(compile);
    this.#timeline = new RuleTimeline([knowledge]);
  }

  /** Takes in the next record; undefined where it changes nothing. A set that does not compile is refused, and those before go on. */
  read(payload: Uint8Array): ChangedRules | undefined {
    this.#sets.read(payload);
    const timeline = this.#sets.timeline ?? this.#timeline;
    const fromMs = timeline.differsFrom(this.#timeline);
    this.#timeline = timeline;
    return fromMs === Number.POSITIVE_INFINITY ? undefined : { ...timeline.rules, fromMs };
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
