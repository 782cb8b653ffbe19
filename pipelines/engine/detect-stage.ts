/**
 * The detect stage: rows and reference records in, what stands on each evaluated source out, told to every holder behind it.
 *
 * `step` admits, `flush` evaluates everything admitted. Where the flushes are is the caller's business: what stands as of a
 * position of the input is the same. Hence what an earlier run may have told between two flushes of this one must be known
 * (`repeat`): it is told anew, or taken back.
 */
import { type RuleSet, ruleSetHashAt, type SignalVersion } from '../../rules/compiler/index.ts';
import { RastroError } from '../../schemas/errors/index.ts';
import { type EvidenceTransaction, evidenceTransactionOf } from '../../schemas/evidence-transaction.ts';
import type { Signal, TransactionRef } from '../../schemas/signal.ts';
import type { Transaction } from '../../schemas/transaction.ts';
import type { RuleReading } from '../compose/indicators.ts';
import type { Detection, SubjectSignals } from '../detect/detection.ts';
import type { SilentReading } from '../detect/detector.ts';
import { type HeldSignal, signalOf } from '../detect/signals.ts';
import type { FactRow } from '../facts/batch.ts';
import { blockBytes } from '../facts/block.ts';
import type { Documents } from '../log/documents.ts';
import { NO_FACTS, type Observed, type SourceFacts } from './messages.ts';
import { RENEWED_ROWS, type RestampStep, type RulesStep, type Step } from './step.ts';

export interface DetectStageOptions {
  /** Evaluates under `ruleSet`; nobody else gives it anything. */
  readonly detection: Detection;
  readonly ruleSet: RuleSet;
  /** Nobody else adds to them. */
  readonly documents: Documents;
  /** `needs` that a feed provides, by the id that ingest stamped into its rows. */
  providedBy(stamped: string): ReadonlySet<string>;
  /** Lets others have their turn while other rules are made ready; default: none gets one. */
  readonly pause?: (() => Promise<void>) | undefined;
}

/** A source and the holders that were told that something stands on it. */
export type ToldSource = readonly [source: string, holders: readonly string[]];

/** What a checkpoint behind a flush keeps of the stage, beside its detection. */
export interface KeptStage {
  readonly told: readonly ToldSource[];
  /** Some institution submits as a stream: rows may wait for a watermark. */
  readonly hasStreams: boolean;
}

/** A source that is told again. */
interface Repeated {
  /** With the first flush from here on, since the detection may know nothing of it; Infinity where that is done. */
  from: number;
  /** And once as much is taken in as the last one had who told it. */
  until: number;
  /** Who was told. */
  readonly holders: Set<string>;
}

export interface DetectOutcome {
  /** Sources that were evaluated or awaited, whatever stands on them. */
  readonly sources: readonly string[];
  readonly observed: readonly Observed[];
}

const NO_OUTCOMES = new Uint8Array(0);
/** Parts of a change of rules that are done behind a block: more rows than one brings are taken in under the new rules. */
const ADVANCES_PER_BLOCK = 2;

function isDueAt({ from, until }: Repeated, asOf: number): boolean {
  return from <= asOf || until <= asOf;
}

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

export class DetectStage {
  readonly #options: DetectStageOptions;
  #ruleSet: RuleSet;
  /** Something came in that was not evaluated. */
  #hasNews = false;
  /** Rows may wait for a watermark. */
  #hasStreams = false;
  /** Holders that were told that something stands on a source. */
  readonly #told = new Map<string, ReadonlySet<string>>();
  /** Sources that the next flush reports whatever became of them. */
  readonly #awaited = new Set<string>();
  readonly #repeated = new Map<string, Repeated>();
  /** Documents of versions, while the same rules are in force. */
  #documents = new WeakMap<SignalVersion['evaluation'], Signal>();
  readonly #evidence = new WeakMap<Transaction, EvidenceTransaction>();

  constructor(options: DetectStageOptions) {
    this.#options = options;
    this.#ruleSet = options.ruleSet;
  }

  /** A flush may report something. */
  get hasWork(): boolean {
    return this.#hasNews || this.#awaited.size > 0 || this.#repeated.size > 0;
  }

  /** Everything up to `asOf` is evaluated and told: a checkpoint can be taken. */
  isSettledAt(asOf: number): boolean {
    const isDue = [...this.#repeated.values()].some((repeated) => isDueAt(repeated, asOf));
    return !this.#hasNews && this.#awaited.size === 0 && !isDue;
  }

  /** For a checkpoint behind a flush. */
  get kept(): KeptStage {
    const told = [...this.#told].map(([source, holders]): ToldSource => [source, [...holders]]);
    return { told, hasStreams: this.#hasStreams };
  }

  /** The next flush reports the source: memory does not know what stands on it, or nobody was told. */
  warm(source: string): void {
    this.#awaited.add(source);
  }

  /**
   * Another run of this stage has told these sources as of `asOf`: as soon as as much of the input is taken in here they are told
   * again, to the same holders among others. One that was told several times is told again with the first flush behind the earliest
   * of these, and behind the last: what a run settled without evaluating it must be known before anything else is said of the source.
   */
  repeat(sources: readonly ToldSource[], asOf: number): void {
    for (const [source, holders] of sources) {
      const known = this.#repeated.get(source);
      if (known === undefined)
        this.#repeated.set(source, { from: asOf, until: asOf, holders: new Set(holders) });
      else {
        known.from = Math.min(known.from, asOf);
        known.until = Math.max(known.until, asOf);
        for (const holder of holders) known.holders.add(holder);
      }
    }
  }

  /** Goes on behind a checkpoint, of which the detection is too: what stands on these sources was told. */
  resume({ told, hasStreams }: KeptStage): void {
    this.#hasStreams = hasStreams;
    for (const [source, holders] of told) this.#told.set(source, new Set(holders));
  }

  /** Of transactions the index in `ROW_OUTCOMES` of each row, otherwise nothing. @throws RastroError of the area ENGINE */
  async step(step: Step): Promise<Uint8Array> {
    const { detection } = this.#options;
    this.#hasNews = step.kind !== 'settle';
    switch (step.kind) {
      case 'transactions':
        return this.#admit(step.block, step.offset);
      case 'declare':
        await detection.declare(step.institution, step.fromMs);
        break;
      case 'cadence':
        this.#hasStreams = true;
        await detection.setCadence(step.institution, step.fromMs, step.cadence);
        break;
      case 'watermark':
        await detection.watermark(step.timeMs, step.institution);
        break;
      case 'restamp':
        await this.#restamp(step);
        break;
      case 'rules':
        await this.#useRules(step);
        break;
      case 'settle':
        await detection.settle();
        break;
    }
    return NO_OUTCOMES;
  }

  async advance(): Promise<boolean> {
    return this.#options.detection.advance();
  }

  /** Evaluates everything admitted; `asOf`: how much of the input that is. */
  async flush(asOf: number): Promise<DetectOutcome> {
    const { detection, pause } = this.#options;
    while (await detection.advance()) await pause?.();
    // What a marker covers is evaluated, the hours that have not ended as they are.
    if (this.#hasStreams) await detection.drain();
    const repeated = new Map([...this.#repeated].filter(([, each]) => isDueAt(each, asOf)));
    await detection.touch([...this.#awaited, ...repeated.keys()]);
    this.#hasNews = false;
    const sources = new Set<string>(this.#awaited);
    this.#awaited.clear();
    const observed: Observed[] = [];
    const tell = (source: string, signals: readonly HeldSignal[], facts: SourceFacts) => {
      sources.add(source);
      const holders = new Set(signals.map(({ signal }) => signal.observedHolder));
      for (const holder of holders) observed.push({ asOf, source, holder, signals, facts });
      const due = repeated.get(source);
      const before = new Set(this.#told.get(source));
      if (due !== undefined) {
        for (const holder of due.holders) before.add(holder);
        repeated.delete(source);
        due.from = Number.POSITIVE_INFINITY;
        if (due.until <= asOf) this.#repeated.delete(source);
      }
      for (const holder of before)
        if (!holders.has(holder)) observed.push({ asOf, source, holder, signals: [], facts: NO_FACTS });
      if (holders.size > 0) this.#told.set(source, holders);
      else this.#told.delete(source);
    };
    for (const report of await detection.evaluate())
      tell(report.subjectKey, this.#heldOf(report), this.#factsOf(report));
    // What evaluation does not know any more.
    for (const source of [...repeated.keys()]) tell(source, [], NO_FACTS);
    return { sources: [...sources], observed };
  }

  #heldOf({ subjectKey, signals: groups }: SubjectSignals): HeldSignal[] {
    const out: HeldSignal[] = [];
    for (const { rule, versions } of groups) {
      for (const version of versions) {
        const known = this.#documents.get(version.evaluation);
        const isKnown =
          known?.version === version.version && known.evidenceReversed === version.evidenceReversed;
        const ruleSetHash = ruleSetHashAt(this.#ruleSet, version.eventTime);
        const signal = isKnown ? known : signalOf({ rule, subjectKey, ruleSetHash }, version);
        this.#documents.set(version.evaluation, signal);
        out.push({ signal, lastFiredAt: version.lastFiredAt, quietMs: rule.quietMs });
      }
    }
    return out;
  }

  #factsOf({ subjectKey, signals }: SubjectSignals): SourceFacts {
    const { detection, providedBy } = this.#options;
    const positions = new Map<number, number>();
    for (const { versions } of signals) {
      for (const { standing, evaluation, eventTime } of versions)
        if (standing) positions.set(evaluation.index, eventTime);
    }
    const questions = [...positions].map(([position, untilMs]) => ({ subjectKey, untilMs, position }));
    let readings: readonly RuleReading[] | undefined;
    return {
      transactionOf: (ref) => this.#transactionOf(ref),
      providedOf: (tx) => providedBy(tx.stamp.provided),
      // As good as when the source was told: whatever changes its history up to there tells it again.
      readings: async () => {
        readings ??= (await detection.silentReadings(questions)).flatMap((answer) => answer.map(readingOf));
        return readings;
      },
    };
  }

  #transactionOf({ institution, id }: TransactionRef): EvidenceTransaction | undefined {
    const { detection, documents } = this.#options;
    const row = detection.ledger.effective(institution, id);
    if (row === -1) return undefined;
    const tx = documents.of(row);
    if (tx.institution !== institution || tx.id !== id)
      throw new RastroError('RAS-ENGINE-BLOCK-CORRUPT', { column: 'doc' });
    let evidence = this.#evidence.get(tx);
    if (evidence === undefined) {
      evidence = evidenceTransactionOf(tx);
      this.#evidence.set(tx, evidence);
    }
    return evidence;
  }

  async #admit(block: Uint8Array, offset: number): Promise<Uint8Array> {
    const { detection, documents, pause } = this.#options;
    const outcomes = await detection.admit(block);
    documents.addBlock(block, offset, outcomes.length);
    for (let left = ADVANCES_PER_BLOCK; left > 0 && (await detection.advance()); left--) await pause?.();
    return outcomes;
  }

  async #restamp(step: RestampStep): Promise<void> {
    const { detection, documents } = this.#options;
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
      documents.addRenewed(docs);
      step.renewed(block, docs.length);
    };
    for (const row of await detection.rowsOfKeys(step.keys)) {
      const after = step.restamp(documents.read(row));
      if (after === undefined) continue;
      renewed.push(after);
      if (renewed.length === RENEWED_ROWS) await close();
    }
    await close();
  }

  async #useRules({ ruleSet, evaluation, fromMs }: RulesStep): Promise<void> {
    this.#ruleSet = ruleSet;
    // A document names the set that was in force, and that may be another one now.
    this.#documents = new WeakMap();
    await this.#options.detection.useRules(ruleSet, evaluation, fromMs);
  }
}
