/** Rule sets as the records of a partition's log put them in force, over the set that a worker began with. */
import { ALWAYS_MS } from '../../rules/compiler/index.ts';
import type { Knowledge, RulesInForce } from '../workspace/knowledge.ts';
import { compileKnowledge } from '../workspace/knowledge.ts';
import { type CompileRecord, RecordedSets, RULE_SETS_MAX, RuleTimeline } from '../workspace/rule-timeline.ts';

/** What a record changes: the rules from then on, and the event time before which they say the same. */
export type ChangedRules = RulesInForce & { readonly fromMs: number };

export class RecordedRules {
  readonly #sets: RecordedSets;
  #timeline: RuleTimeline;
  /** Records that the timeline is made of, by when they are in force, the last one last. */
  readonly #records = new Map<number, Uint8Array>();

  constructor(knowledge: Knowledge, compile: CompileRecord) {
    this.#sets = new RecordedSets(compile);
    this.#timeline = new RuleTimeline([knowledge]);
  }

  /** Everything that is in force by now. */
  get inForce(): RulesInForce {
    return this.#timeline.rules;
  }

  /** Whoever reads these in turn has the same in force. */
  get records(): readonly Uint8Array[] {
    return [...this.#records.values()];
  }

  /** Takes in the next record; undefined where it changes nothing. A set that does not compile is refused, and those before go on. */
  read(payload: Uint8Array): ChangedRules | undefined {
    const known = this.#sets.timeline;
    const { activeFrom } = this.#sets.read(payload);
    if (this.#sets.timeline !== known) {
      if (activeFrom === ALWAYS_MS) this.#records.clear();
      this.#records.delete(activeFrom);
      // A copy: the payload is a part of what was fetched together.
      this.#records.set(activeFrom, new Uint8Array(payload));
    }
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
