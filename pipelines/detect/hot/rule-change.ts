/**
 * From the rules in force to others: which kinds of subject go on untouched, and what of the others is taken over. A rule with
 * the same content, the same interval and the same reference data goes on with its episodes; one whose interval or reference data
 * change is asked again from the time on from which they differ; a new one is asked of events from then on.
 */
import {
  type CheckedRule,
  type EvaluationContext,
  type KindPlan,
  readsBusinessDays,
  readsReference,
  ruleVersionKey,
} from '../../../rules/compiler/index.ts';
import type { KindSubjects } from './kind-subjects.ts';
import type { KindTier } from './kind-tier.ts';
import { FLAG_SPOKEN } from './record-slab.ts';
import type { RuleTiers } from './rule-tiers.ts';
import type { RuleMove } from './subject-runs.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export interface RuleChange {
  /** Event time before which both sets say the same. */
  readonly fromMs: number;
  /** Thresholds and business days are the same too. */
  readonly isSameReference: boolean;
}

/** Content that begins at one time is one version of a rule, whenever it ends. */
const versionOf = ({ contentHash, inForce }: CheckedRule): string => `${contentHash} ${inForce.fromMs}`;

function goesOn(rule: CheckedRule, other: CheckedRule | undefined, isSameReference: boolean): boolean {
  const isSame = other !== undefined && ruleVersionKey(rule) === ruleVersionKey(other);
  return isSame && (isSameReference || !readsReference(rule));
}

/** Of a kind of subject nothing changes: its tier is the new one too. */
export function isUntouched(before: KindPlan, now: KindPlan | undefined, change: RuleChange): boolean {
  return before === now && now.rules.every(({ rule }) => goesOn(rule, rule, change.isSameReference));
}

/** What changes for the subjects of one kind. */
export class KindChange {
  /** Rules that are asked, as a mask. */
  readonly asked: Int32Array;
  /**
   * Beginning of the first hour whose evaluations may be others: which event of an hour counts depends on all of them. A local day
   * begins up to a day before the day of the same date in UTC.
   */
  readonly hourMs: number;
  readonly #moves: (RuleMove | undefined)[] = [];

  constructor(before: KindPlan | undefined, now: KindPlan, { fromMs, isSameReference }: RuleChange) {
    const reads = !isSameReference && now.rules.some(({ rule }) => readsBusinessDays(rule));
    this.hourMs = Math.floor((reads ? fromMs - DAY_MS : fromMs) / HOUR_MS) * HOUR_MS;
    this.asked = new Int32Array(now.maskWords);
    const bitOf = new Map(now.rules.map(({ rule, bit }) => [versionOf(rule), bit]));
    const kept = new Set<number>();
    for (const { rule, bit: from } of before?.rules ?? []) {
      const bit = bitOf.get(versionOf(rule));
      if (bit === undefined) continue;
      const found = now.rules[bit]?.rule as CheckedRule;
      const isKept = goesOn(rule, found, isSameReference);
      if (isKept) kept.add(bit);
      this.#moves[from] = { bit, changed: isKept ? undefined : found };
    }
    for (const { bit } of now.rules) if (!kept.has(bit)) this.asked[bit >>> 5]! |= 1 << (bit & 31);
  }

  /** Takes over what stood. Both tiers hold the same rows, in order, and nothing waits to be evaluated under the rules before. */
  takeOver(before: KindSubjects, now: KindSubjects, context: EvaluationContext): void {
    const { plan, slab } = now.tier;
    for (const [line, subject] of before.runs) {
      const key = before.tier.slab.keyOf(line);
      const to = now.tier.lineOf(key);
      if (to === 0) continue;
      const position = saidUntil(now.tier, to) < this.hourMs ? null : now.tier.positionAt(to, this.hourMs);
      const moved = subject.moved(plan, this.#moves, context, this.hourMs, position);
      now.runs.set(to, moved);
      if (moved.isReopened) now.moved.add(to);
      slab.setFlag(to, FLAG_SPOKEN);
      for (const bit of moved.openAt(slab.lastTimeOf(to))) slab.setOpen(to, bit, true);
      const waitsUntilMs = before.waitingHours.get(line);
      if (waitsUntilMs !== undefined) now.waitingHours.set(to, waitsUntilMs);
    }
  }

  /** Leaves of the candidates those of rules that are asked, on subjects with events from `fromMs` on. */
  prune({ tier }: KindSubjects): void {
    tier.candidates.retain(this.asked, (line) => tier.slab.lastTimeOf(line) >= this.hourMs);
  }
}

/** Nothing was said of the subject as of a later time: of its last event, or of a tick. */
function saidUntil({ slab, state }: KindTier, line: number): number {
  return slab.lastTimeOf(line) + Math.max(0, state.ticks.reachMs);
}

/** Keys of subjects with signals that are to be told again: some rule of theirs may have gone, or what they were made with. */
export function* toldAgain(before: RuleTiers, fromMs: number): Iterable<string> {
  for (const kind of before.plans.keys()) {
    const subjects = before.kindOf(kind);
    for (const [line, subject] of subjects?.runs ?? [])
      if (subjects !== undefined && subject.hasSignals && saidUntil(subjects.tier, line) >= fromMs)
        yield subject.key;
  }
}
