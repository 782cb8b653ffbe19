/**
 * The engine: detect and compose as one deterministic state machine, and `step`, the only way into it.
 *
 * `step` admits rows and reference records and answers for each what became of it; `flush` brings signals and alerts
 * up to date with everything admitted and reports what now stands for every subject that was touched. No clock, no
 * I/O: state is a function of the steps, what stands is a function of the effective set.
 */

import {
  type EvaluationContext,
  type RuleSet,
  ruleSetHashAt,
  type SignalVersion,
} from '../../rules/compiler/index.ts';
import type { Alert } from '../../schemas/alert.ts';
import type { SubjectKind } from '../../schemas/enumerations.ts';
import { compareUtf8 } from '../../schemas/order.ts';
import type { Signal, TransactionRef } from '../../schemas/signal.ts';
import type { Transaction } from '../../schemas/transaction.ts';
import type { RuleReading } from '../compose/indicators.ts';
import type { Detector, RuleSignals } from '../detect/detector.ts';
import type { Admission } from '../detect/effective-set.ts';
import { createHotDetector, type HotDetectorOptions } from '../detect/hot/hot-detector.ts';
import { companionsOf, type HeldSignal, isAttributedAway, signalOf } from '../detect/signals.ts';

/** What one composition made for one attributed subject: all versions, or at least the last of each. */
export interface Composition {
  readonly derivedSignals: readonly Signal[];
  readonly alerts: readonly Alert[];
}

/** What compose may look up; all of it a function of the effective set. */
export interface Lookups {
  transactionOf(ref: TransactionRef): Transaction | undefined;
  /** The last version of a signal that is not after `eventTimeMs`. */
  signalOf(signalId: string, eventTimeMs: number): Signal | undefined;
  providedOf(tx: Transaction): ReadonlySet<string>;
}

/** `readings`: what rules said of the observed subjects without firing; they explain an alert and never make one. */
export type Compose = (
  subject: string,
  signals: readonly Signal[],
  lookups: Lookups,
  readings: readonly RuleReading[],
) => Composition;

export interface EngineOptions extends HotDetectorOptions {
  readonly compose: Compose;
}

export type Step =
  | {
      readonly kind: 'transactions';
      readonly rows: readonly { readonly tx: Transaction; readonly hash: string }[];
      /** The log's record of these very rows, where there is one: it holds their facts. */
      readonly block?: Uint8Array;
    }
  | { readonly kind: 'declare'; readonly institution: string; readonly fromMs: number }
  | {
      readonly kind: 'restamp';
      readonly keys: ReadonlySet<string>;
      readonly restamp: (tx: Transaction) => Transaction;
    }
  | RulesStep;

/**
 * Puts a compiled set of rules in force between two blocks, with what is read and composed under it. Until then the old
 * one evaluates; the next flush reports what is different.
 */
export interface RulesStep {
  readonly kind: 'rules';
  readonly ruleSet: RuleSet;
  /** The same object as before says that the reference data are the same. */
  readonly evaluation: EvaluationContext;
  readonly compose: Compose;
  /** Event time before which nothing changes. */
  readonly fromMs: number;
}

/** What stands now for one source: a subject whose history was evaluated, or one that compose looked at. */
export interface StandingChange {
  /** `observedOn` of base signals; `composed:<subject>` of rules over signals and of alerts. */
  readonly source: string;
  /** The last version of each signal of the source; what the store holds beside these stands no more. */
  readonly signals: readonly Signal[];
  readonly alerts: readonly Alert[];
}

export interface Engine {
  readonly detector: Detector;
  step(step: Step): readonly Admission[];
  /**
   * Makes the next flush report a source of which the store holds documents but memory does not: a subject is evaluated,
   * a person composed; a source that the rules in force do not know any more is reported as holding nothing.
   */
  warm(source: string): void;
  /** A flush would report something. */
  readonly hasWork: boolean;
  flush(): StandingChange[];
}

function lastVersions<T extends { readonly id: string; readonly version: number }>(items: readonly T[]): T[] {
  const last = new Map<string, T>();
  for (const item of items) {
    const known = last.get(item.id);
    if (known === undefined || known.version < item.version) last.set(item.id, item);
  }
  return [...last.values()];
}

function compareSignals(a: Signal, b: Signal): number {
  return a.eventTime - b.eventTime || compareUtf8(a.id, b.id) || a.version - b.version;
}

const COMPOSED = 'composed:';

export function composedSource(subject: string): string {
  return `${COMPOSED}${subject}`;
}

export function createEngine(options: EngineOptions): Engine {
  const detector = createHotDetector(options);
  let { ruleSet, compose } = options;
  /** Base signals in memory: by observed subject, every version. */
  const heldBy = new Map<string, HeldSignal[]>();
  /** Observed subjects by the holder behind their signals. */
  const observedByHolder = new Map<string, Set<string>>();
  /** Observed subjects by the subject that their signals are attributed to. */
  const observedByAttributed = new Map<string, Set<string>>();
  /** Where a base signal is held, by its id. */
  const observedOf = new Map<string, string>();
  let documents = new WeakMap<SignalVersion['evaluation'], Signal>();
  /** Sources that the next flush reports whatever became of them. */
  const awaited = new Set<string>();

  function link(index: Map<string, Set<string>>, from: string, to: string): void {
    const known = index.get(from);
    if (known === undefined) index.set(from, new Set([to]));
    else known.add(to);
  }

  function held(subjectKey: string, groups: readonly RuleSignals[]): HeldSignal[] {
    const out: HeldSignal[] = [];
    for (const { rule, versions } of groups) {
      for (const version of versions) {
        const known = documents.get(version.evaluation);
        const isKnown =
          known?.version === version.version && known.evidenceReversed === version.evidenceReversed;
        const ruleSetHash = ruleSetHashAt(ruleSet, version.eventTime);
        const signal = isKnown ? known : signalOf({ rule, subjectKey, ruleSetHash }, version);
        documents.set(version.evaluation, signal);
        observedOf.set(signal.id, subjectKey);
        out.push({ signal, lastFiredAt: version.lastFiredAt, quietMs: rule.quietMs });
      }
    }
    return out;
  }

  /** The signals of an observed subject with their companions filled in. */
  function withCompanions(observedOn: string): void {
    const byHolder = new Map<string, HeldSignal[]>();
    const neighboursOf = (holder: string): HeldSignal[] => {
      const known = byHolder.get(holder);
      if (known !== undefined) return known;
      const found = [...(observedByHolder.get(holder) ?? [])].flatMap((key) => heldBy.get(key) ?? []);
      byHolder.set(holder, found);
      return found;
    };
    const signals = heldBy.get(observedOn) ?? [];
    heldBy.set(
      observedOn,
      signals.map((item) => {
        if (!isAttributedAway(item.signal)) return item;
        const companions = companionsOf(item.signal, neighboursOf(item.signal.observedHolder));
        return { ...item, signal: { ...item.signal, companions } };
      }),
    );
  }

  function unlink(observedOn: string): void {
    for (const { signal } of heldBy.get(observedOn) ?? []) {
      observedByHolder.get(signal.observedHolder)?.delete(observedOn);
      for (const { subject } of signal.attributions) observedByAttributed.get(subject)?.delete(observedOn);
    }
  }

  /** Runs dirty subjects and returns those whose signals, or whose neighbours' signals, may have changed. */
  function detect(): { observed: Set<string>; attributed: Set<string> } {
    const holders = new Set<string>();
    const observed = new Set<string>();
    const attributed = new Set<string>();
    const note = (observedOn: string) => {
      for (const { signal } of heldBy.get(observedOn) ?? []) {
        holders.add(signal.observedHolder);
        for (const { subject } of signal.attributions) attributed.add(subject);
      }
    };
    detector.evaluate((observedOn, groups) => {
      observed.add(observedOn);
      note(observedOn);
      unlink(observedOn);
      heldBy.set(observedOn, held(observedOn, groups));
      for (const { signal } of heldBy.get(observedOn) ?? []) {
        link(observedByHolder, signal.observedHolder, observedOn);
        for (const { subject } of signal.attributions) link(observedByAttributed, subject, observedOn);
      }
      note(observedOn);
    });
    for (const holder of holders) {
      for (const observedOn of observedByHolder.get(holder) ?? []) {
        observed.add(observedOn);
        withCompanions(observedOn);
        note(observedOn);
      }
    }
    for (const observedOn of observed) if (heldBy.get(observedOn)?.length === 0) heldBy.delete(observedOn);
    return { observed, attributed };
  }

  const lookups: Lookups = {
    transactionOf: (ref) => detector.set.get(ref.institution, ref.id),
    signalOf(signalId, eventTimeMs) {
      const versions = (heldBy.get(observedOf.get(signalId) ?? '') ?? []).filter(
        ({ signal }) => signal.id === signalId && signal.eventTime <= eventTimeMs,
      );
      return versions.at(-1)?.signal;
    },
    providedOf: (tx) => options.providedBy(tx.stamp.provided),
  };

  /** What the rules that did not fire said of the subjects behind the alerts, as of each alert. */
  function silentReadings(signals: readonly Signal[], alerts: readonly Alert[]): RuleReading[] {
    const observed = new Set(signals.map((signal) => signal.observedOn));
    return alerts.flatMap(({ eventTime }) =>
      [...observed].flatMap((observedOn) =>
        detector.silentReadings(observedOn, eventTime).map(({ rule, evaluation }) => ({
          rule,
          observedOn,
          eventTime: evaluation.eventTime,
          // A rule that is true and blocked by a benign test has not fired either.
          truth: evaluation.truth === null ? null : (false as const),
          features: evaluation.features,
        })),
      ),
    );
  }

  function composeOf(subject: string): StandingChange {
    const signals = [...(observedByAttributed.get(subject) ?? [])]
      .flatMap((observedOn) => heldBy.get(observedOn) ?? [])
      .map(({ signal }) => signal)
      .filter((signal) => signal.attributions.some((attribution) => attribution.subject === subject))
      .sort(compareSignals);
    const found = compose(subject, signals, lookups, []);
    const readings = silentReadings(signals, found.alerts);
    const { derivedSignals, alerts } =
      readings.length === 0 ? found : compose(subject, signals, lookups, readings);
    return {
      source: composedSource(subject),
      signals: lastVersions(derivedSignals),
      alerts: lastVersions(alerts),
    };
  }

  function useRules(step: RulesStep): void {
    ({ ruleSet, compose } = step);
    // A document names the set that was in force, and that may be another one now.
    documents = new WeakMap();
    detector.useRules(ruleSet, step.evaluation, step.fromMs);
    for (const held of heldBy.values()) {
      for (const { signal } of held) {
        if (signal.eventTime < step.fromMs) continue;
        for (const { subject } of signal.attributions) awaited.add(composedSource(subject));
      }
    }
  }

  return {
    detector,
    step(step) {
      switch (step.kind) {
        case 'transactions':
          return step.block === undefined
            ? step.rows.map(({ tx, hash }) => detector.admit(tx, hash))
            : detector.admitBlock(step.rows, step.block);
        case 'declare':
          detector.declare(step.institution, step.fromMs);
          return [];
        case 'restamp':
          detector.restamp(step.keys, step.restamp);
          return [];
        case 'rules':
          useRules(step);
          return [];
      }
    },
    warm(source) {
      awaited.add(source);
      if (source.startsWith(COMPOSED) || heldBy.has(source)) return;
      const separator = source.indexOf(':');
      detector.touch(source.slice(0, separator) as SubjectKind, source.slice(separator + 1));
    },
    get hasWork() {
      return awaited.size > 0 || detector.dirtyCount > 0;
    },
    flush() {
      const { observed, attributed } = detect();
      for (const source of awaited) {
        if (source.startsWith(COMPOSED)) attributed.add(source.slice(COMPOSED.length));
        else observed.add(source);
      }
      awaited.clear();
      const changes: StandingChange[] = [];
      for (const source of observed) {
        const signals = lastVersions((heldBy.get(source) ?? []).map(({ signal }) => signal));
        changes.push({ source, signals, alerts: [] });
      }
      for (const subject of attributed) changes.push(composeOf(subject));
      return changes;
    },
  };
}
