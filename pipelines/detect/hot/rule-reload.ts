/**
 * Other rules, made ready beside those in force: planned, compiled, warmed up, and fed with every row, in steps of bounded size
 * between which the rules in force go on with what comes. Kinds of subject for which nothing changes are not touched.
 *
 * `switch` puts them in force: quick, because of what stands only what changes is looked at.
 */
import type { EvaluationContext, KindPlan, RuleSet, Steps } from '../../../rules/compiler/index.ts';
import type { SubjectKind } from '../../../schemas/enumerations.ts';
import { SEGMENT_ROWS } from '../../facts/segment-size.ts';
import type { FactStore } from '../../facts/store.ts';
import type { KindSubjects } from './kind-subjects.ts';
import { planningAll, warmingAll } from './plan-cache.ts';
import type { Progress } from './progress.ts';
import { isUntouched, KindChange, type RuleChange } from './rule-change.ts';
import type { RuleTiers, RuleTiersOptions } from './rule-tiers.ts';

/** Rows that are fed in one step: some 10 ms on the machine of the benchmarks. */
const FED_ROWS = 4_096;
/** The first ones meet code that is not optimised yet, and cost ten times as much. */
const FIRST_ROWS = 16_384;
const FED_FIRST_ROWS = 256;
/** Fewer rows are fed sooner than code is warmed up, which takes a second. */
const WARMED_ROWS = 65_536;
/** Rows of a segment on disk that are read back in one step. */
const THAWED_ROWS = 4_096;
/** Subjects of a kind that are put in order in one step. */
const REPAIRED_SUBJECTS = 64;

export interface RuleReloadOptions {
  readonly before: RuleTiers;
  readonly ruleSet: RuleSet;
  readonly evaluation: EvaluationContext;
  readonly change: RuleChange;
  readonly store: FactStore;
  create(parts: Pick<RuleTiersOptions, 'ruleSet' | 'evaluation' | 'given' | 'kinds'>): RuleTiers;
  /** Tells the tiers of a row that it is reversed, if it is. */
  reverse(tiers: RuleTiers, row: number): void;
}

export class RuleReload {
  readonly ruleSet: RuleSet;
  readonly evaluation: EvaluationContext;
  readonly change: RuleChange;
  readonly #options: RuleReloadOptions;
  readonly #steps: Steps<void>;
  /** Kinds that change, and how; filled once the rules are planned. */
  readonly #changes = new Map<SubjectKind, KindChange>();
  #plans: ReadonlyMap<SubjectKind, KindPlan> = new Map();
  /** Tiers of the kinds that change, once there are any. */
  #fresh: RuleTiers | undefined;
  /** Rows below this number have been fed to them. */
  #fed = 0;
  /** Highest event time of these. */
  #fedMs = Number.NEGATIVE_INFINITY;

  constructor(options: RuleReloadOptions) {
    const { ruleSet, evaluation, change } = options;
    this.ruleSet = ruleSet;
    this.evaluation = evaluation;
    this.change = change;
    this.#options = options;
    this.#steps = this.#work();
  }

  /** Does one step; false when all is done that could be done so far. */
  advance(): boolean {
    if (this.#steps.next().done !== true) return true;
    return this.#catchUp();
  }

  /** The tiers that know the row already, and have to be told what becomes of it. */
  knowing(row: number): RuleTiers | undefined {
    return row < this.#fed ? this.#fresh : undefined;
  }

  /**
   * Puts the rules in force. Everything was evaluated under the rules before, and `advance` has nothing more to do.
   * `isSettled`: everything that came so far was evaluated by somebody else.
   */
  switch(isSettled: boolean, progress: Progress): RuleTiers {
    const { before, ruleSet, evaluation, create } = this.#options;
    const given = new Map<SubjectKind, KindSubjects>();
    if (isSettled) this.#fresh?.settle(progress);
    this.#fresh?.repair();
    for (const kind of this.#plans.keys()) {
      const change = this.#changes.get(kind);
      const old = before.kindOf(kind);
      const subjects = change === undefined ? old : this.#fresh?.kindOf(kind);
      if (subjects === undefined) throw new Error('a kind of subject that was not made ready');
      given.set(kind, subjects);
      if (change === undefined) continue;
      change.prune(subjects);
      subjects.tier.state.ticks.goOn(old?.tier.state.ticks, change.hourMs);
      if (old !== undefined) change.takeOver(old, subjects, evaluation);
    }
    const now = create({ ruleSet, evaluation, given });
    for (const kind of before.plans.keys())
      if (given.get(kind)?.tier !== before.kindOf(kind)?.tier) before.kindOf(kind)?.tier.state.close();
    return now;
  }

  /** What was made ready is not put in force. */
  abandon(): void {
    for (const kind of this.#changes.keys()) this.#fresh?.kindOf(kind)?.tier.state.close();
  }

  *#work(): Steps<void> {
    const { before, ruleSet, evaluation, change, create } = this.#options;
    const plans = yield* planningAll(ruleSet, before.binding, evaluation);
    this.#plans = plans;
    for (const [kind, plan] of plans) {
      const old = before.plans.get(kind);
      if (old !== undefined && isUntouched(old, plan, change)) continue;
      this.#changes.set(kind, new KindChange(old, plan, change));
    }
    if (this.#changes.size === 0) return;
    if (this.#options.store.rows >= WARMED_ROWS)
      yield* warmingAll([...this.#changes.keys()].map((kind) => plans.get(kind) as KindPlan));
    this.#fresh = create({ ruleSet, evaluation, kinds: new Set(this.#changes.keys()) });
  }

  /** Takes in the next rows, or puts the next subjects in order; false where there is nothing to do. */
  #catchUp(): boolean {
    const tiers = this.#fresh;
    if (tiers === undefined) return false;
    if (this.#fed < this.#options.store.rows) this.#feed(tiers);
    else if (tiers.staleCount > 0) tiers.repair(REPAIRED_SUBJECTS);
    else return false;
    return true;
  }

  /** The next rows, all of one segment. */
  #feed(tiers: RuleTiers): void {
    const { store, reverse } = this.#options;
    const from = this.#fed;
    if (store.thaw(from, THAWED_ROWS)) return;
    const rows = from < FIRST_ROWS ? FED_FIRST_ROWS : FED_ROWS;
    const end = Math.min(store.rows, from + rows, (Math.floor(from / SEGMENT_ROWS) + 1) * SEGMENT_ROWS);
    this.#fed = end;
    tiers.feeder.feedStored(from, end);
    for (let row = from; row < end; row++) {
      this.#fedMs = Math.max(this.#fedMs, store.timeOf(row));
      reverse(tiers, row);
    }
    for (const [kind, change] of this.#changes) {
      const { tier } = tiers.kindOf(kind) as KindSubjects;
      tier.flush();
      // What came so far lies before the change: nothing of it is asked.
      if (this.#fedMs < change.hourMs) tier.candidates.clear();
    }
  }
}
