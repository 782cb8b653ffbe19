/**
 * Detect: from admitted transactions to the signals that stand, subject by subject.
 *
 * Admission changes histories and marks their subjects dirty; `evaluate` runs the active rules over every dirty
 * subject, at most once each, and hands over all versions of all signals of the subjects that it ran. Which signals
 * stand is a pure function of the effective set (SEMANTICS §1): a subject that only grew at its end goes on where it
 * was, any other is run again from its beginning, with the same result.
 */
import {
  type CheckedRule,
  createSubjectRun,
  type Evaluation,
  type EvaluationContext,
  evaluateAt,
  holdsAt,
  type RuleSet,
  readsReference,
  ruleVersionKey,
  type SignalVersion,
  type SubjectRun,
} from '../../rules/compiler/index.ts';
import type { SubjectKind } from '../../schemas/enumerations.ts';
import type { Transaction } from '../../schemas/transaction.ts';
import {
  type Admission,
  createEffectiveSet,
  type EffectiveSet,
  rowsOfKeys,
  type SetChange,
} from './effective-set.ts';
import { Reversals } from './reversals.ts';
import { SubjectHistory } from './subject-history.ts';
import { membershipsOf, subjectKeyText } from './subjects.ts';

const DAY_MS = 86_400_000;

export interface DetectorOptions {
  readonly ruleSet: RuleSet;
  readonly evaluation: EvaluationContext;
  /** `needs` that a feed provides, by the id that ingest stamped into its rows. */
  providedBy(stamped: string): ReadonlySet<string>;
  readonly horizonMs?: number;
}

/** All versions of one rule's signals on one subject. */
export interface RuleSignals {
  readonly rule: CheckedRule;
  readonly versions: readonly SignalVersion[];
}

/** A rule as of one event of a subject on which it has no signal then. */
export interface SilentReading {
  readonly rule: string;
  readonly observedOn: string;
  readonly evaluation: Evaluation;
}

interface Subject {
  readonly history: SubjectHistory;
  runs: Map<CheckedRule, SubjectRun> | undefined;
}

export interface Detector {
  readonly set: EffectiveSet;
  admit(tx: Transaction, hash: string): Admission;
  /** From `fromMs` of event time on, `institution` submits a feed of its own (SEMANTICS §1). */
  declare(institution: string, fromMs: number): void;
  /**
   * Puts another rule set in force, with the reference data that goes with it, and marks the subjects that have events at
   * or after `fromMs`: before it both sets evaluate alike. Rules with the same content and interval as before go on where
   * they were.
   */
  useRules(ruleSet: RuleSet, evaluation: EvaluationContext, fromMs: number): void;
  /** Rows of accounts or parties among `keys` may say something else now: `restamp` returns each, anew or as it was. */
  restamp(keys: ReadonlySet<string>, restamp: (tx: Transaction) => Transaction): void;
  /**
   * What the rules said of a subject as of its last event at or before `untilMs` without firing: near, not fired, or
   * not evaluable. Rules that fired there are left out.
   */
  silentReadings(subjectKey: string, untilMs: number): SilentReading[];
  evaluate(report: (subjectKey: string, signals: readonly RuleSignals[]) => void): void;
}

/** Builds an empty detector over the rules that read events; rules over signals are compose's. */
export function createDetector(options: DetectorOptions): Detector {
  let { evaluation } = options;
  let rulesOf = new Map<SubjectKind, readonly CheckedRule[]>();
  /** Kinds of subject that some rule has had since the start: their histories are kept. */
  const wanted = new Set<SubjectKind>();

  const set = createEffectiveSet(options.horizonMs);
  const subjects = new Map<string, Subject>();
  const dirty = new Set<string>();
  const declaredFrom = new Map<string, number>();
  const reversals = new Reversals(set);

  /** Every subject was run as of the ticks up to here. */
  let tickedMs = Number.NEGATIVE_INFINITY;

  const historyContext = {
    providedOf: (tx: Transaction) => options.providedBy(tx.stamp.provided),
    isDeclared: (institution: string, time: number) =>
      (declaredFrom.get(institution) ?? Number.POSITIVE_INFINITY) <= time,
    reversalsOf: (tx: Transaction) => reversals.of(tx),
  };

  function subjectOf(kind: SubjectKind, key: string): Subject {
    const text = subjectKeyText(kind, key);
    let subject = subjects.get(text);
    if (subject === undefined) {
      subject = { history: new SubjectHistory(kind, key, historyContext), runs: undefined };
      subjects.set(text, subject);
    }
    return subject;
  }

  function eachMembership(
    tx: Transaction,
    act: (history: SubjectHistory, side: 'debtor' | 'creditor') => void,
    kinds: ReadonlySet<SubjectKind> = wanted,
  ): void {
    if (tx.reverses !== undefined) return;
    for (const { kind, key, side } of membershipsOf(tx, kinds)) {
      act(subjectOf(kind, key).history, side);
      dirty.add(subjectKeyText(kind, key));
    }
  }

  /** The row that `tx` reverses says less from now on, or again more: its subjects must look anew. */
  function touchReversed(tx: Transaction): void {
    if (tx.reverses === undefined) return;
    const original = set.get(tx.reverses.institution, tx.reverses.id);
    if (original !== undefined) eachMembership(original, (history) => history.touch());
  }

  function apply({ removed, added }: SetChange): void {
    if (removed !== undefined) {
      eachMembership(removed, (history) => history.remove(removed));
      if (removed.reverses !== undefined) {
        reversals.forget(removed);
        touchReversed(removed);
      }
    }
    if (added === undefined) return;
    if (added.reverses !== undefined) {
      reversals.note(added);
      touchReversed(added);
    }
    eachMembership(added, (history, side) => history.add(added, side));
  }

  function runSubject(key: string, subject: Subject): RuleSignals[] {
    const { events, grown } = subject.history.settle();
    const history = { subjectKey: key, subjectKind: subject.history.kind, events };
    const runs = (grown ? subject.runs : undefined) ?? new Map<CheckedRule, SubjectRun>();
    subject.runs = runs;
    return (rulesOf.get(subject.history.kind) ?? []).map((rule) => {
      const run = runs.get(rule) ?? createSubjectRun(rule, evaluation);
      runs.set(rule, run);
      return { rule, versions: run.append(history, undefined, undefined, set.highestTime) };
    });
  }

  /** Rules that look at subjects, those that go on as they were as the objects that they were. */
  function putInForce(ruleSet: RuleSet, goesOn: (rule: CheckedRule) => boolean): Set<CheckedRule> {
    const before = new Map<string, CheckedRule>();
    for (const rules of rulesOf.values()) for (const rule of rules) before.set(ruleVersionKey(rule), rule);
    const kept = new Set<CheckedRule>();
    const next = new Map<SubjectKind, CheckedRule[]>();
    for (const found of ruleSet.rules) {
      if (found.input !== 'events') continue;
      const known = before.get(ruleVersionKey(found));
      const isKept = known !== undefined && goesOn(known);
      const rule = isKept ? known : found;
      if (isKept) kept.add(rule);
      for (const kind of rule.subjects) next.set(kind, [...(next.get(kind) ?? []), rule]);
    }
    rulesOf = next;
    return kept;
  }

  /** Builds the histories of kinds of subject that no rule has asked for so far. */
  function want(kinds: Iterable<SubjectKind>): void {
    const added = new Set([...kinds].filter((kind) => !wanted.has(kind)));
    for (const kind of added) wanted.add(kind);
    if (added.size === 0 || set.size === 0) return;
    for (const tx of set.rows()) eachMembership(tx, (history, side) => history.add(tx, side), added);
  }

  /** At a new midnight every subject of whom a rule may fire on silence is run again. */
  function tick(): void {
    const reachMs = tickReachMs();
    const beforeMs = tickedMs;
    tickedMs = Math.floor(set.highestTime / DAY_MS) * DAY_MS;
    if (reachMs === null || tickedMs <= beforeMs) return;
    for (const [key, { history }] of subjects) if (history.reaches(beforeMs - reachMs)) dirty.add(key);
  }

  /** Longest window of the rules that tick. */
  function tickReachMs(): number | null {
    const ticking = [...rulesOf.values()].flat().filter((rule) => rule.ticks);
    return ticking.length === 0 ? null : Math.max(...ticking.map((rule) => rule.longestWindowMs));
  }

  putInForce(options.ruleSet, () => false);
  want(rulesOf.keys());

  return {
    set,
    admit: (tx, hash) => set.admit(tx, hash, apply),
    declare(institution, fromMs) {
      if ((declaredFrom.get(institution) ?? Number.POSITIVE_INFINITY) <= fromMs) return;
      declaredFrom.set(institution, fromMs);
      for (const [key, { history }] of subjects) {
        const affected = history
          .transactions()
          .some((tx) => tx.stamp.debtor.bank === institution || tx.stamp.creditor.bank === institution);
        if (!affected) continue;
        history.touch();
        dirty.add(key);
      }
    },
    useRules(ruleSet, context, fromMs) {
      const sameReference = context === evaluation;
      let reachMs = tickReachMs() ?? 0;
      evaluation = context;
      const kept = putInForce(ruleSet, (rule) => sameReference || !readsReference(rule));
      want(rulesOf.keys());
      reachMs = Math.max(reachMs, tickReachMs() ?? 0);
      for (const [key, { history, runs }] of subjects) {
        for (const rule of runs?.keys() ?? []) if (!kept.has(rule)) runs?.delete(rule);
        if (history.reaches(fromMs - reachMs)) dirty.add(key);
      }
    },
    restamp(keys, restamp) {
      for (const before of rowsOfKeys(set, keys)) {
        const after = restamp(before);
        if (after === before) continue;
        eachMembership(before, (history) => history.remove(before));
        set.restamp(after);
        eachMembership(after, (history, side) => history.add(after, side));
      }
    },
    silentReadings(subjectKey, untilMs) {
      const subject = subjects.get(subjectKey);
      if (subject === undefined) return [];
      const { events } = subject.history;
      const index = events.findLastIndex((event) => event.time <= untilMs);
      if (index < 0) return [];
      const history = { subjectKey, subjectKind: subject.history.kind, events };
      return (rulesOf.get(subject.history.kind) ?? [])
        .filter((rule) => holdsAt(rule.inForce, events[index]!.time))
        .map((rule) => ({
          rule: rule.id,
          observedOn: subjectKey,
          evaluation: evaluateAt(rule, history, index, evaluation),
        }))
        .filter(({ evaluation }) => !evaluation.fires);
    },
    evaluate(report) {
      tick();
      for (const key of dirty) {
        const subject = subjects.get(key);
        if (subject === undefined) continue;
        report(key, runSubject(key, subject));
        if (subject.history.isEmpty) subjects.delete(key);
      }
      dirty.clear();
    },
  };
}
