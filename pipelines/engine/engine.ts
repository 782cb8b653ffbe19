/**
 * The engine: detect and compose as one deterministic state machine, and `step`, the only way into it.
 *
 * `step` admits rows and reference records and answers for each what became of it; `flush` brings signals and alerts
 * up to date with everything admitted and reports what now stands for every subject that was touched. No clock, no
 * I/O: state is a function of the steps, what stands is a function of the effective set.
 */

import { type RuleSet, ruleSetHashAt, type SignalVersion } from '../../rules/compiler/index.ts';
import { RastroError } from '../../schemas/errors/index.ts';
import { compareUtf8 } from '../../schemas/order.ts';
import type { Signal } from '../../schemas/signal.ts';
import type { RuleReading } from '../compose/indicators.ts';
import type { Detection, SilentQuestion } from '../detect/detection.ts';
import type { RuleSignals, SilentReading } from '../detect/detector.ts';
import { companionsOf, type HeldSignal, isAttributedAway, signalOf } from '../detect/signals.ts';
import type { FactRow } from '../facts/batch.ts';
import { blockBytes } from '../facts/block.ts';
import type { Documents } from '../log/documents.ts';
import {
  type Compose,
  type Lookups,
  RENEWED_ROWS,
  type RestampStep,
  type RulesStep,
  type StandingChange,
  type Step,
} from './step.ts';

export interface EngineOptions {
  /** Evaluates under `ruleSet`; nobody else gives it anything. */
  readonly detection: Detection;
  readonly ruleSet: RuleSet;
  readonly compose: Compose;
  /** Nobody else adds to them. */
  readonly documents: Documents;
  /** `needs` that a feed provides, by the id that ingest stamped into its rows. */
  providedBy(stamped: string): ReadonlySet<string>;
  /** Lets others have their turn while other rules are made ready; default: none gets one. */
  readonly pause?: (() => Promise<void>) | undefined;
}

export interface Engine {
  /**
   * The only way in, one step at a time. Of transactions the index in `ROW_OUTCOMES` of each row, otherwise nothing.
   * @throws RastroError of the area ENGINE; the engine is then of no use any more.
   */
  step(step: Step): Promise<Uint8Array>;
  /**
   * Makes the next flush report a source of which the store holds documents but memory does not: a subject is evaluated,
   * a person composed; a source that the rules in force do not know any more is reported as holding nothing.
   */
  warm(source: string): void;
  /** A flush may report something. */
  readonly hasWork: boolean;
  /**
   * Does a bounded part of what is left to do before rules that were given are in force; false where nothing is. Steps with
   * transactions do as much, and `flush` the rest: whoever does not want to wait in `flush` calls this until it is done.
   */
  advance(): Promise<boolean>;
  flush(): Promise<StandingChange[]>;
}

const NO_OUTCOMES = new Uint8Array(0);

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

/** Parts of a change of rules that are done behind a block: more rows than one brings are taken in under the new rules. */
const ADVANCES_PER_BLOCK = 2;
const COMPOSED = 'composed:';

export function composedSource(subject: string): string {
  return `${COMPOSED}${subject}`;
}

export function createEngine(options: EngineOptions): Engine {
  const { detection, documents: rows } = options;
  let { ruleSet, compose } = options;
  /** Something came in that was not evaluated. */
  let hasNews = false;
  /** Rows may wait for a watermark. */
  let hasStreams = false;
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
  async function detect(): Promise<{ observed: Set<string>; attributed: Set<string> }> {
    const holders = new Set<string>();
    const observed = new Set<string>();
    const attributed = new Set<string>();
    const note = (observedOn: string) => {
      for (const { signal } of heldBy.get(observedOn) ?? []) {
        holders.add(signal.observedHolder);
        for (const { subject } of signal.attributions) attributed.add(subject);
      }
    };
    for (const { subjectKey: observedOn, signals } of await detection.evaluate()) {
      observed.add(observedOn);
      note(observedOn);
      unlink(observedOn);
      heldBy.set(observedOn, held(observedOn, signals));
      for (const { signal } of heldBy.get(observedOn) ?? []) {
        link(observedByHolder, signal.observedHolder, observedOn);
        for (const { subject } of signal.attributions) link(observedByAttributed, subject, observedOn);
      }
      note(observedOn);
    }
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
    transactionOf({ institution, id }) {
      const row = detection.ledger.effective(institution, id);
      if (row === -1) return undefined;
      const tx = rows.of(row);
      if (tx.institution !== institution || tx.id !== id)
        throw new RastroError('RAS-ENGINE-BLOCK-CORRUPT', { column: 'doc' });
      return tx;
    },
    signalOf(signalId, eventTimeMs) {
      const versions = (heldBy.get(observedOf.get(signalId) ?? '') ?? []).filter(
        ({ signal }) => signal.id === signalId && signal.eventTime <= eventTimeMs,
      );
      return versions.at(-1)?.signal;
    },
    providedOf: (tx) => options.providedBy(tx.stamp.provided),
  };

  function readingOf({ rule, observedOn, evaluation }: SilentReading): RuleReading {
    return {
      rule,
      observedOn,
      eventTime: evaluation.eventTime,
      // A rule that is true and blocked by a benign test has not fired either.
      truth: evaluation.truth === null ? null : false,
      features: evaluation.features,
    };
  }

  function attributedTo(subject: string): Signal[] {
    return [...(observedByAttributed.get(subject) ?? [])]
      .flatMap((observedOn) => heldBy.get(observedOn) ?? [])
      .map(({ signal }) => signal)
      .filter((signal) => signal.attributions.some((attribution) => attribution.subject === subject))
      .sort(compareSignals);
  }

  /**
   * Composes subjects: once for what stands, and where that is alerts again, with what the rules that did not fire said of the
   * subjects behind them as of each.
   */
  async function composed(subjects: Iterable<string>): Promise<StandingChange[]> {
    const questions: SilentQuestion[] = [];
    const found = [...subjects].map((subject) => {
      const signals = attributedTo(subject);
      const composition = compose(subject, signals, lookups, []);
      const observed = new Set(signals.map((signal) => signal.observedOn));
      const first = questions.length;
      for (const { eventTime } of composition.alerts)
        for (const subjectKey of observed) questions.push({ subjectKey, untilMs: eventTime });
      return { subject, signals, composition, first, end: questions.length };
    });
    const answers = questions.length === 0 ? [] : await detection.silentReadings(questions);
    return found.map(({ subject, signals, composition, first, end }) => {
      const readings = answers.slice(first, end).flatMap((answer) => answer.map(readingOf));
      const { derivedSignals, alerts } =
        readings.length === 0 ? composition : compose(subject, signals, lookups, readings);
      return {
        source: composedSource(subject),
        signals: lastVersions(derivedSignals),
        alerts: lastVersions(alerts),
      };
    });
  }

  async function admit(block: Uint8Array, offset: number): Promise<Uint8Array> {
    const outcomes = await detection.admit(block);
    rows.addBlock(block, offset, outcomes.length);
    for (let left = ADVANCES_PER_BLOCK; left > 0 && (await detection.advance()); left--)
      await options.pause?.();
    return outcomes;
  }

  async function restamp(step: RestampStep): Promise<void> {
    let renewed: FactRow[] = [];
    const close = async () => {
      if (renewed.length === 0) return;
      const { offset } = step;
      // It takes the place of the form before: the record that caused it orders the two.
      const written = renewed.map((row) => ({ ...row, revision: offset + 1, blockOffset: offset }));
      const docs = renewed.map(({ tx }) => JSON.stringify(tx));
      renewed = [];
      const block = blockBytes(written, docs);
      await detection.renew(block);
      rows.addRenewed(docs);
      step.renewed(block, docs.length);
    };
    for (const row of await detection.rowsOfKeys(step.keys)) {
      const after = step.restamp(rows.read(row));
      if (after === undefined) continue;
      renewed.push(after);
      if (renewed.length === RENEWED_ROWS) await close();
    }
    await close();
  }

  async function useRules(step: RulesStep): Promise<void> {
    ({ ruleSet, compose } = step);
    // A document names the set that was in force, and that may be another one now.
    documents = new WeakMap();
    await detection.useRules(ruleSet, step.evaluation, step.fromMs);
    for (const held of heldBy.values()) {
      for (const { signal } of held) {
        if (signal.eventTime < step.fromMs) continue;
        for (const { subject } of signal.attributions) awaited.add(composedSource(subject));
      }
    }
  }

  return {
    async step(step) {
      hasNews = step.kind !== 'settle';
      switch (step.kind) {
        case 'transactions':
          return admit(step.block, step.offset);
        case 'declare':
          await detection.declare(step.institution, step.fromMs);
          break;
        case 'cadence':
          hasStreams = true;
          await detection.setCadence(step.institution, step.fromMs, step.cadence);
          break;
        case 'watermark':
          await detection.watermark(step.timeMs, step.institution);
          break;
        case 'restamp':
          await restamp(step);
          break;
        case 'rules':
          await useRules(step);
          break;
        case 'settle':
          await detection.settle();
          break;
      }
      return NO_OUTCOMES;
    },
    warm(source) {
      awaited.add(source);
    },
    advance: async () => detection.advance(),
    get hasWork() {
      return awaited.size > 0 || hasNews;
    },
    async flush() {
      while (await detection.advance()) await options.pause?.();
      // What a marker covers is evaluated, the hours that have not ended as they are.
      if (hasStreams) await detection.drain();
      await detection.touch(
        [...awaited].filter((source) => !source.startsWith(COMPOSED) && !heldBy.has(source)),
      );
      const { observed, attributed } = await detect();
      hasNews = false;
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
      return [...changes, ...(await composed(attributed))];
    },
  };
}
