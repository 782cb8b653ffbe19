/**
 * The three stages of one partition between two logs: partition p of `transactions` feeds the detect stage, partition p of
 * `signals` the holder and compose stages. What comes out is records for `signals` and rows for the store; no I/O here.
 *
 * Detection is flushed wherever the caller likes, and the other two stages answer wherever he likes what nobody can have answered before;
 * what an earlier run may have answered they answer record by record, so that nothing it said stays unsaid, or is not taken back.
 */
import { isDeepStrictEqual } from 'node:util';
import type { RuleSet } from '../../rules/compiler/index.ts';
import type { Alert } from '../../schemas/alert.ts';
import { RastroError } from '../../schemas/errors/index.ts';
import type { Signal } from '../../schemas/signal.ts';
import type { NewRecord, TopicRecord } from '../log/bus.ts';
import { PositionBook } from '../recovery/position-book.ts';
import { alertNearness, type StandingWrite, signalNearness } from '../recovery/standing.ts';
import { ComposeStage } from './compose-stage.ts';
import { DetectStage, type DetectStageOptions, type KeptStage } from './detect-stage.ts';
import { HolderStage } from './holder-stage.ts';
import { decodeTold, MessageReader } from './message-reader.ts';
import { type Attributed, NO_FACTS, type Observed } from './messages.ts';
import { type Part, PartAssembler, partKey } from './parts.ts';
import { attributedKey, SignalRecords, type SignalRecordsOptions } from './signal-records.ts';
import type { Compose, RulesStep, Step } from './step.ts';
import { UnreadMessages } from './unread.ts';

export interface PartitionEngineOptions extends DetectStageOptions, SignalRecordsOptions {
  readonly ruleSet: RuleSet;
  readonly compose: Compose;
  /** An earlier run has answered everything of `signals` that is taken in before `begin`: this one goes on behind a checkpoint. */
  readonly hasAnswered: boolean;
  /** What to compose with once a rule set was recorded, and the event time before which that says the same; undefined: as before. */
  readRules(payload: Uint8Array): Pick<RulesStep, 'compose' | 'fromMs'> | undefined;
}

/** What a flush of detection says. */
export interface DetectRecords {
  /** To be durable before the others are sent. */
  readonly told: readonly NewRecord[];
  readonly observed: readonly NewRecord[];
}

/** A record of `signals` that could not be read, and was passed over. */
export interface SignalFault {
  readonly record: TopicRecord;
  readonly error: RastroError;
}

/** What records of `signals` bring. */
export interface SignalOutcome {
  /** For `signals`. */
  readonly records: readonly NewRecord[];
  /** For the store; of one (id, owner) the last one counts. */
  readonly signals: readonly StandingWrite<Signal>[];
  readonly alerts: readonly StandingWrite<Alert>[];
  readonly faults: readonly SignalFault[];
}

/** What the store holds as standing in the places of this partition. */
export interface Recalled {
  readonly signals: readonly Signal[];
  readonly alerts: readonly Alert[];
}

const NOTHING: SignalOutcome = { records: [], signals: [], alerts: [], faults: [] };

/** Bytes of messages that wait to be read, at most: of a log that is taken in silently all would. */
const UNREAD_BYTES = 16 * 1024 * 1024;

/** Of a key, what is known last. */
interface Held {
  readonly asOf: number;
  readonly message: Observed | Attributed;
}

const observedPlace = (holder: string, source: string) => `${holder} ${source}`;

/** Where a signal is written from: what was observed on a source of a holder, or what was composed of a subject. */
function placeOf({ observedHolder, observedOn, evidence }: Signal): string {
  return evidence.signals === undefined ? observedPlace(observedHolder, observedOn) : observedHolder;
}

export class PartitionEngine {
  readonly detect: DetectStage;
  readonly #options: PartitionEngineOptions;
  readonly #records: SignalRecords;
  readonly #parts = new PartAssembler();
  readonly #holders = new HolderStage();
  readonly #compose: ComposeStage;
  readonly #signals = new PositionBook<Signal>(signalNearness);
  readonly #alerts = new PositionBook<Alert>(alertNearness);
  readonly #held = new Map<string, Held>();
  readonly #unread = new UnreadMessages();
  readonly #reader = new MessageReader();
  /** Keys under which something older lies last in the log: what holds was overwritten before this run. */
  readonly #overwritten = new Set<string>();
  /** Messages that say what was told, by their keys. */
  readonly #manifests = new Map<
    string,
    { readonly asOf: number; readonly parts: number; isFlushed: boolean }
  >();
  /** Before `begin`: what stood once and was withdrawn, and to whom something was attributed once. */
  readonly #gone = { signals: new Map<string, Signal>(), alerts: new Map<string, Alert>() };
  readonly #attributedOnce = new Map<string, Pick<Attributed, 'subject' | 'holder'>>();
  /** Rule sets that were taken in, by position in `transactions`. */
  readonly #rules = new Set<number>();
  #isLive = false;
  /** Position of `transactions` behind which this run goes on. */
  #resumedAt = Number.NEGATIVE_INFINITY;
  /** What was told up to there, by source. */
  #resumedTold: ReadonlyMap<string, readonly string[]> = new Map();

  constructor(options: PartitionEngineOptions) {
    this.#options = options;
    this.#records = new SignalRecords(options);
    this.detect = new DetectStage(options);
    this.#compose = new ComposeStage(options.compose);
  }

  // Partition of `transactions`.

  /** Takes in a record of `transactions`. Of rows the index in `ROW_OUTCOMES` of each. */
  step(step: Step): Promise<Uint8Array> {
    return this.detect.step(step);
  }

  /** Evaluates everything taken in; `asOf`: offset of the last record. */
  async flush(asOf: number): Promise<DetectRecords> {
    const { observed } = await this.detect.flush(asOf);
    for (const manifest of this.#manifests.values()) manifest.isFlushed ||= manifest.asOf <= asOf;
    if (observed.length === 0) return { told: [], observed: [] };
    const sources = new Map<string, string[]>();
    const records: NewRecord[] = [];
    for (const each of observed) {
      const holders = sources.get(each.source);
      if (holders === undefined) sources.set(each.source, [each.holder]);
      else holders.push(each.holder);
      for (const record of await this.#records.observed(each)) records.push(record);
    }
    return { told: this.#records.told(`told ${asOf}`, asOf, [...sources]), observed: records };
  }

  /** The records that pass a rule set, recorded at `asOf` of `transactions`, on to the compose stage. */
  rulesRecords(payload: Uint8Array, asOf: number): NewRecord[] {
    return this.#records.rules(payload, asOf);
  }

  /** What a checkpoint behind a flush keeps of the detect stage, beside its detection. */
  get kept(): KeptStage {
    return this.detect.kept;
  }

  /** Goes on behind a checkpoint at `asOf` of the detection, from what it kept; before a record of `signals` is taken in. */
  resume(kept: KeptStage, asOf: number): void {
    this.#resumedAt = asOf;
    this.#resumedTold = new Map(kept.told);
    this.detect.resume(kept);
  }

  /**
   * For `signals`, once a checkpoint behind the flush at `asOf` is durable: what it kept as told, for a run that has no checkpoint, in
   * the place of the records that say what each flush up to there told.
   */
  checkpointed({ told }: Pick<KeptStage, 'told'>, asOf: number): NewRecord[] {
    const base = told.map(([source, holders]): [string, string[]] => [source, [...holders]]);
    const records = this.#records.told(`told base ${asOf}`, asOf, base);
    for (const [key, manifest] of this.#manifests) {
      if (!manifest.isFlushed || manifest.asOf > asOf) continue;
      this.#manifests.delete(key);
      for (let part = 0; part < manifest.parts; part++)
        records.push({ partition: this.#options.partition.index, key: partKey(key, part), value: null });
    }
    return records;
  }

  // Partition of `signals`.

  /** Offset from which `signals` must be read again by who goes on behind the record at `offset`. */
  resumeFrom(offset: number): number {
    return Math.min(offset + 1, this.#parts.from ?? Number.POSITIVE_INFINITY);
  }

  /**
   * Ends the reading of what was there before this run; from now on every record is answered. `at`: offset of the last record
   * read, -1 for none. Where an earlier run has answered all of it, and its answers are durable (`hasAnswered`), nothing is said.
   * Otherwise everything that stands is said here, and taken back what an earlier run may have said, or the store holds, beside it.
   */
  async begin(at: number, recalled?: Recalled): Promise<SignalOutcome> {
    this.#isLive = true;
    if (this.#options.hasAnswered) {
      const { faults } = await this.#answer(at);
      return { ...NOTHING, faults };
    }
    const { signals: goneSignals, alerts: goneAlerts } = this.#gone;
    for (const signal of [...(recalled?.signals ?? []), ...goneSignals.values()])
      this.#signals.recall(placeOf(signal), signal);
    for (const alert of [...(recalled?.alerts ?? []), ...goneAlerts.values()])
      this.#alerts.recall(alert.subject, alert);
    goneSignals.clear();
    goneAlerts.clear();
    this.#signals.doubt();
    this.#alerts.doubt();
    this.#records.forgetSent();
    this.#holders.touchAll();
    this.#compose.touchAll();
    const outcome = await this.#answer(at);
    const said = new Set(outcome.records.map(({ key }) => key?.slice(0, key.lastIndexOf('#'))));
    const records = [...outcome.records];
    for (const [key, { subject, holder }] of this.#attributedOnce) {
      if (said.has(key)) continue;
      const nothing = { asOf: at, subject, holder, signals: [], companions: [], facts: NO_FACTS };
      records.push(...(await this.#records.attributed(nothing)));
    }
    this.#attributedOnce.clear();
    for (const key of this.#overwritten) records.push(...(await this.#again(key)));
    this.#overwritten.clear();
    // What is known of a place at which nothing stands was not touched.
    const signals = [...outcome.signals];
    const alerts = [...outcome.alerts];
    for (const place of this.#signals.doubted) signals.push(...this.#signals.writes(place, [], at + 1));
    for (const place of this.#alerts.doubted) alerts.push(...this.#alerts.writes(place, [], at + 1));
    return { ...outcome, records, signals, alerts };
  }

  /**
   * Takes in a record of `signals`; what follows from it comes with the next `answer`. Before `begin` nothing does. Returns what has
   * to be said once more, and what cannot be read.
   */
  async take(record: TopicRecord): Promise<Pick<SignalOutcome, 'records' | 'faults'>> {
    const faults: SignalFault[] = [];
    const records = record.fault === undefined ? await this.#taken(record, faults) : [];
    if (record.fault !== undefined) faults.push({ record, error: record.fault });
    if (!this.#isLive && !this.#options.hasAnswered) {
      const outcome = await this.#answer(record.offset);
      this.#note(outcome);
      faults.push(...outcome.faults);
    } else if (this.#unread.bytes > UNREAD_BYTES) faults.push(...this.#readAll());
    return { records, faults };
  }

  /** What follows from all that was taken in; `offset`: of the last record. */
  answer(offset: number): Promise<SignalOutcome> {
    return this.#answer(offset);
  }

  async #taken(record: TopicRecord, faults: SignalFault[]): Promise<readonly NewRecord[]> {
    let part: Part | undefined;
    try {
      part = this.#parts.take(record);
      if (part === undefined) return [];
      const { key, kind, asOf, value } = part;
      const waiting = this.#unread.asOf(key);
      // Whether that one counts is known once it is read.
      if (waiting !== undefined && asOf <= waiting) faults.push(...this.#readAll());
      const known = this.#held.get(key)?.asOf;
      if (known !== undefined && asOf < known) {
        // In a compacted log it has taken the place of what holds.
        if (this.#isLive) return await this.#again(key);
        this.#overwritten.add(key);
        return [];
      }
      if (value === undefined) return [];
      this.#overwritten.delete(key);
      if (known === asOf) return [];
      if (kind === 'observed' || kind === 'attributed') this.#unread.add({ part, value, record });
      else this.#takeIn(part, value);
    } catch (error) {
      faults.push({ record, error: unreadable(error, part) });
    }
    return [];
  }

  /** Of each key the newest message that can be read; those that cannot. */
  #readAll(): SignalFault[] {
    const faults: SignalFault[] = [];
    for (const messages of this.#unread.drain()) {
      for (const { part, value, record } of messages) {
        try {
          this.#takeIn(part, value);
          break;
        } catch (error) {
          faults.push({ record, error: unreadable(error, part) });
        }
      }
    }
    return faults;
  }

  /** An earlier run may have said so, or may still do. */
  #note({ signals, alerts }: SignalOutcome): void {
    for (const { item, status } of signals)
      if (status === 'withdrawn') this.#gone.signals.set(`${placeOf(item)} ${item.id}`, item);
    for (const { item, status } of alerts) if (status === 'withdrawn') this.#gone.alerts.set(item.id, item);
  }

  #takeIn({ key, kind, asOf, parts }: Part, value: Uint8Array): void {
    switch (kind) {
      case 'observed': {
        const observed = this.#reader.observed(key, value, asOf);
        this.#held.set(key, { asOf, message: observed });
        this.#holders.take(observed);
        break;
      }
      case 'attributed': {
        const attributed = this.#reader.attributed(key, value, asOf);
        this.#held.set(key, { asOf, message: attributed });
        this.#compose.take(attributed);
        break;
      }
      case 'told': {
        const { writer, sources } = decodeTold(value);
        this.#manifests.set(key, { asOf, parts, isFlushed: false });
        // What a checkpoint covers was told behind it; what it left in the log is what it kept.
        const isKept =
          asOf === this.#resumedAt &&
          sources.every(([source, holders]) => isDeepStrictEqual(this.#resumedTold.get(source), holders));
        if (writer !== this.#options.writer && !isKept && (this.#isLive || asOf > this.#resumedAt))
          this.detect.repeat(sources, asOf);
        break;
      }
      case 'rules': {
        if (this.#rules.has(asOf)) break;
        this.#rules.add(asOf);
        const rules = this.#options.readRules(value);
        if (rules !== undefined) this.#compose.useRules(rules.compose, rules.fromMs);
        break;
      }
    }
  }

  /** What is different as of the record at `offset`. */
  async #answer(offset: number): Promise<SignalOutcome> {
    const faults = this.#readAll();
    const revision = offset + 1;
    const { standing, attributed } = this.#holders.flush(offset);
    const records: NewRecord[] = [];
    for (const each of attributed) {
      if (!this.#isLive) this.#attributedOnce.set(attributedKey(each), each);
      records.push(...(await this.#records.attributed(each)));
    }
    const signals: StandingWrite<Signal>[] = [];
    const alerts: StandingWrite<Alert>[] = [];
    for (const { holder, source, signals: items } of standing)
      signals.push(...this.#signals.writes(observedPlace(holder, source), items, revision));
    const { composed, relayed } = await this.#compose.flush(offset);
    for (const each of relayed) {
      if (!this.#isLive) this.#attributedOnce.set(attributedKey(each), each);
      records.push(...(await this.#records.attributed(each)));
    }
    for (const { subject, signals: derived, alerts: items } of composed) {
      signals.push(...this.#signals.writes(subject, derived, revision));
      alerts.push(...this.#alerts.writes(subject, items, revision));
    }
    this.#holders.forgetEmpty();
    this.#compose.forgetEmpty();
    return { records, signals, alerts, faults };
  }

  /** What holds under a key, once more. */
  async #again(key: string): Promise<NewRecord[]> {
    const message = this.#held.get(key)?.message;
    if (message === undefined) return [];
    return await this.#records.again(key, message);
  }
}

function unreadable(error: unknown, part: Part | undefined): RastroError {
  if (RastroError.is(error)) return error;
  return new RastroError('RAS-ENGINE-MESSAGE', { kind: part?.kind ?? '?', detail: 'value' });
}
