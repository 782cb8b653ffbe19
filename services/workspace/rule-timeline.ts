/**
 * The rule sets recorded in a log, and what they mean together: an event is evaluated under the set in force at its
 * event time (SEMANTICS §9, "Rule sets").
 */
import { mergeComposites } from '../../pipelines/compose/index.ts';
import {
  ALWAYS_MS,
  type EvaluationContext,
  mergeRuleSets,
  type RuleSet,
  type SetInForce,
  setAt,
  setsInForce,
  type ThresholdRange,
} from '../../rules/compiler/index.ts';
import { peerTableOf } from '../../rules/reference/peer-table.ts';
import { RastroError } from '../../schemas/errors/index.ts';
import { contentHash } from '../../schemas/ids.ts';
import {
  compileKnowledge,
  composeWith,
  type Knowledge,
  type KnowledgeFiles,
  type RulesInForce,
} from './knowledge.ts';
import { decodeRules, type RuleRecord } from './rule-record.ts';

/** Sets of one timeline: all of them are compiled when the data folder is opened. */
export const RULE_SETS_MAX = 1_000;

const DAY_MS = 86_400_000;

type Sets = readonly SetInForce<Knowledge>[];

/** Sets by what they are together. */
const setsByRules = new WeakMap<RuleSet, readonly Knowledge[]>();

/**
 * The sets of a timeline, by event time, whose rules together are `ruleSet`: another thread makes the same of them.
 * @throws Error where no timeline made it
 */
export function setsBehind(ruleSet: RuleSet): readonly Knowledge[] {
  const sets = setsByRules.get(ruleSet);
  if (sets === undefined) throw new Error('rules of no timeline');
  return sets;
}

export class RuleTimeline {
  /** The sets in force, by event time. */
  readonly sets: Sets;
  /**
   * The newest set: rows that come in are stamped with its reference data. It is the one recorded last, but for sets that have only other
   * peer tables than the one in force at their beginning: those are as new as that one.
   */
  readonly newest: Knowledge;
  /** All sets in one: rules and composites with their intervals, reference data by time. */
  readonly rules: RulesInForce;

  /**
   * `before`: the timeline that this one replaces; what both read alike is taken over from it. `newest`: where it is not the set
   * recorded last.
   */
  constructor(
    recorded: readonly [Knowledge, ...Knowledge[]],
    before?: RuleTimeline,
    newest: Knowledge = recorded[recorded.length - 1] as Knowledge,
  ) {
    this.sets = setsInForce(recorded);
    this.newest = newest;
    if (this.sets.length > RULE_SETS_MAX)
      throw new RastroError('RAS-RULES-SETS', { count: this.sets.length, limit: RULE_SETS_MAX });
    this.rules = rulesOf(this.sets, before);
    setsByRules.set(
      this.rules.ruleSet,
      this.sets.map(({ set }) => set),
    );
  }

  /** The timeline with one more set recorded. */
  with(knowledge: Knowledge): RuleTimeline {
    const [first, ...others] = this.sets.map(({ set }) => set);
    const recorded: [Knowledge, ...Knowledge[]] =
      first === undefined ? [knowledge] : [first, ...others, knowledge];
    return new RuleTimeline(recorded, this, this.#newestWith(knowledge));
  }

  #newestWith(knowledge: Knowledge): Knowledge {
    const { activeFrom, files } = knowledge;
    // It takes the place of all: nothing that was newer is left.
    if (activeFrom === ALWAYS_MS) return knowledge;
    const earlier = setAt(this.sets, activeFrom);
    if (earlier === undefined || earlier === this.newest) return knowledge;
    return differInTablesOnly(earlier.files, files) ? this.newest : knowledge;
  }

  /** Event time before which this timeline and the other say the same; Infinity where they always do. */
  differsFrom(other: RuleTimeline): number {
    const starts = [...this.sets, ...other.sets].map(({ inForce }) => inForce.fromMs);
    const differing = starts.filter((at) => setAt(this.sets, at)?.hash !== setAt(other.sets, at)?.hash);
    return Math.min(...differing);
  }
}

/** What a record says of itself. */
export type RecordedSet = Pick<RuleRecord, 'activeFrom' | 'sha256'>;

/** The set of a record. @throws RastroError as `compileKnowledge` */
export type CompileRecord = (record: RuleRecord) => Knowledge;

/**
 * The timeline as the records of a log build it. A set that this version of the compiler refuses does no harm as long as
 * a later record takes its place.
 */
export class RecordedSets {
  readonly #compile: CompileRecord;
  #timeline: RuleTimeline | undefined;
  #newest: RecordedSet | undefined;
  readonly #refused = new Map<number, RastroError>();

  constructor(compile: CompileRecord = ({ files, activeFrom }) => compileKnowledge(files, { activeFrom })) {
    this.#compile = compile;
  }

  /** Undefined before the first set that compiles. */
  get timeline(): RuleTimeline | undefined {
    return this.#timeline;
  }

  get newest(): RecordedSet | undefined {
    return this.#newest;
  }

  /** Takes in the next record and returns what it says of itself. */
  read(payload: Uint8Array): RecordedSet {
    const record = decodeRules(payload);
    const { activeFrom, sha256 } = record;
    this.#newest = { activeFrom, sha256 };
    if (activeFrom === ALWAYS_MS) this.#refused.clear();
    try {
      const knowledge = this.#compile(record);
      this.#timeline = this.#timeline?.with(knowledge) ?? new RuleTimeline([knowledge]);
      this.#refused.delete(activeFrom);
    } catch (error) {
      if (!RastroError.is(error)) throw error;
      this.#refused.set(activeFrom, error);
    }
    return this.#newest;
  }

  /** @throws RastroError of the first set in force that does not compile any more */
  requireWhole(): void {
    for (const error of this.#refused.values()) throw error;
  }
}

function rulesOf(sets: Sets, before: RuleTimeline | undefined): RulesInForce {
  const [only, ...others] = sets;
  if (only !== undefined && others.length === 0 && before === undefined) return only.set;
  const ruleSet = mergeRuleSets(sets.map(({ set }) => set.ruleSet));
  const composites = mergeComposites(sets, (set) => set.composites);
  const isSame = before !== undefined && referenceOf(before.sets) === referenceOf(sets);
  const evaluation = isSame ? before.rules.evaluation : evaluationOf(sets);
  const playbookAt = (timeMs: number) => (setAt(sets, timeMs) ?? sets[0]!.set).playbook;
  return {
    ruleSet,
    composites,
    evaluation,
    compose: composeWith(ruleSet, composites, evaluation, playbookAt),
  };
}

/** Thresholds, peers and business days by time: those of the set in force then. */
function evaluationOf(sets: Sets): EvaluationContext {
  return {
    thresholdAt: (id, timeMs) => setAt(sets, timeMs)?.evaluation.thresholdAt(id, timeMs) ?? null,
    thresholdRange: (id) => rangeOver(sets.map(({ set }) => set.evaluation.thresholdRange?.(id))),
    peerAt: (table, quantileMilli, group, timeMs) =>
      setAt(sets, timeMs)?.evaluation.peerAt?.(table, quantileMilli, group, timeMs) ?? null,
    isBusinessDay: (country, day) =>
      setAt(sets, day * DAY_MS)?.evaluation.isBusinessDay(country, day) ?? null,
  };
}

/** Bounds of what is known of all sets; undefined where one of them knows none. */
function rangeOver(ranges: readonly (ThresholdRange | undefined)[]): ThresholdRange | undefined {
  const known = ranges.filter((range) => range !== undefined);
  if (known.length === 0 || known.length < ranges.length) return undefined;
  return {
    least: Math.min(...known.map(({ least }) => least)),
    most: Math.max(...known.map(({ most }) => most)),
  };
}

/** Whether two sets are the same but for their peer tables, of which no row is stamped with anything. */
function differInTablesOnly(a: KnowledgeFiles, b: KnowledgeFiles): boolean {
  const rest = ({ texts }: KnowledgeFiles) =>
    Object.keys(texts).filter((path) => peerTableOf(path) === undefined);
  return (
    a.rates?.name === b.rates?.name &&
    a.rates?.text === b.rates?.text &&
    rest(a).length === rest(b).length &&
    rest(a).every((path) => a.texts[path] === b.texts[path])
  );
}

/** What evaluations read beside the rules, as one text: steps of equal content are one. */
function referenceOf(sets: Sets): string {
  const steps = sets.map(({ set, inForce }) => ({ fromMs: inForce.fromMs, content: referenceContent(set) }));
  const changes = steps.filter(({ content }, i) => content !== steps[i - 1]?.content);
  return JSON.stringify(changes.map(({ fromMs, content }) => [String(fromMs), content]));
}

function referenceContent({ files }: Knowledge): string {
  return contentHash(
    Object.entries(files.texts).filter(([path]) => /^(lists|thresholds|peers)\//.test(path)),
  );
}
