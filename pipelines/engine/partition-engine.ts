/**
 * The three stages of one partition between two logs: partition p of `transactions` feeds the detect stage, partition p of
 * `signals` the holder and compose stages. What comes out is records for `signals` and rows for the store; no I/O here.
 *
 * Detection is flushed wherever the caller likes. The other two stages answer every record of `signals` on its own, so that what
 * they say as of a position is the same whoever reads the log, in whatever batches.
 */
import { isDeepStrictEqual } from 'node:util';
import type { RuleSet } from '../../rules/compiler/index.ts';
import type { Alert } from '../../schemas/alert.ts';
import { RastroError } from '../../schemas/errors/index.ts';
import type { Signal } from '../../schemas/signal.ts';
import {
  SIGNAL_MESSAGE_LIMITS,
  type SignalMessageKind,
  type ToldMessage,
} from '../../schemas/signal-messages.ts';
import { TOPIC_VALUE_BYTES } from '../../schemas/topics.ts';
import type { NewRecord, TopicRecord } from '../log/bus.ts';
import type { Partition } from '../partition/owned-keys.ts';
import { partitionsOfSlots, slotOfKey } from '../partition/slots.ts';
import { PositionBook } from '../recovery/position-book.ts';
import { alertNearness, type StandingWrite, signalNearness } from '../recovery/standing.ts';
import { ComposeStage } from './compose-stage.ts';
import { DetectStage, type DetectStageOptions, type KeptStage } from './detect-stage.ts';
import { fitting, type LeftOut } from './fitting.ts';
import { HolderStage } from './holder-stage.ts';
import { type Attributed, NO_FACTS, type Observed } from './messages.ts';
import { digestOf, type Part, PartAssembler, partKey, recordsOf } from './parts.ts';
import type { Compose, RulesStep, Step } from './step.ts';
import { decodeAttributed, decodeObserved, decodeTold, encodeTold } from './wire.ts';

export interface PartitionEngineOptions extends DetectStageOptions {
  readonly partition: Partition;
  readonly ruleSet: RuleSet;
  readonly compose: Compose;
  /** Name of this run, unlike that of any other run of the partition. */
  readonly writer: string;
  /** An earlier run has answered everything of `signals` that is taken in before `begin`: this one goes on behind a checkpoint. */
  readonly hasAnswered: boolean;
  /** What to compose with once a rule set was recorded, and the event time before which that says the same; undefined: as before. */
  readRules(payload: Uint8Array): Pick<RulesStep, 'compose' | 'fromMs'> | undefined;
  /** Bytes of one part of a message; default `TOPIC_VALUE_BYTES`. */
  readonly partBytes?: number;
  /** Parts of one message; default and at most `SIGNAL_MESSAGE_LIMITS.PARTS`. */
  readonly parts?: number;
  /** A message says less than there is, for it would be too large. */
  readonly onShortened?: (kind: SignalMessageKind, leftOut: LeftOut) => void;
}

/** What a flush of detection says. */
export interface DetectRecords {
  /** To be durable before the others are sent. */
  readonly told: readonly NewRecord[];
  readonly observed: readonly NewRecord[];
}

/** What a record of `signals` brings. */
export interface SignalOutcome {
  /** For `signals`. */
  readonly records: readonly NewRecord[];
  /** For the store; of one (id, owner) the last one counts. */
  readonly signals: readonly StandingWrite<Signal>[];
  readonly alerts: readonly StandingWrite<Alert>[];
  /** The record could not be read, and was passed over. */
  readonly fault: RastroError | undefined;
}

/** What the store holds as standing in the places of this partition. */
export interface Recalled {
  readonly signals: readonly Signal[];
  readonly alerts: readonly Alert[];
}

const NOTHING: SignalOutcome = { records: [], signals: [], alerts: [], fault: undefined };

/** Of a key, what is known last. */
interface Held {
  readonly asOf: number;
  readonly message: Observed | Attributed;
}

const observedPlace = (holder: string, source: string) => `${holder} ${source}`;
const observedKey = (holder: string, source: string) => `observed ${observedPlace(holder, source)}`;

/** Where a signal is written from: what was observed on a source of a holder, or what was composed of a subject. */
function placeOf({ observedHolder, observedOn, evidence }: Signal): string {
  return evidence.signals === undefined ? observedPlace(observedHolder, observedOn) : observedHolder;
}

export class PartitionEngine {
  readonly detect: DetectStage;
  readonly #options: PartitionEngineOptions;
  readonly #partitionOf: Int16Array;
  readonly #parts = new PartAssembler();
  readonly #holders = new HolderStage();
  readonly #compose: ComposeStage;
  readonly #signals = new PositionBook<Signal>(signalNearness);
  readonly #alerts = new PositionBook<Alert>(alertNearness);
  readonly #held = new Map<string, Held>();
  /** Digests of what was sent last, by key; nothing is sent again that says the same. */
  readonly #sent = new Map<string, string>();
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
    this.#partitionOf = partitionsOfSlots(options.partition.count);
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
      for (const record of await this.#observedRecords(each)) records.push(record);
    }
    return { told: this.#toldRecords(`told ${asOf}`, asOf, [...sources]), observed: records };
  }

  /** The records that pass a rule set, recorded at `asOf` of `transactions`, on to the compose stage. */
  rulesRecords(payload: Uint8Array, asOf: number): NewRecord[] {
    return this.#recordsOf('rules', `rules ${asOf}`, asOf, payload);
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
    const records = this.#toldRecords(`told base ${asOf}`, asOf, base);
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
      await this.#answer(at);
      return NOTHING;
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
    this.#sent.clear();
    this.#holders.touchAll();
    this.#compose.touchAll();
    const outcome = await this.#answer(at);
    const said = new Set(outcome.records.map(({ key }) => key?.slice(0, key.lastIndexOf('#'))));
    const records = [...outcome.records];
    for (const [key, { subject, holder }] of this.#attributedOnce) {
      if (said.has(key)) continue;
      const nothing = { asOf: at, subject, holder, signals: [], companions: [], facts: NO_FACTS };
      records.push(...(await this.#attributedRecords(nothing)));
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

  /** Takes in a record of `signals`; before `begin` nothing comes out. */
  async take(record: TopicRecord): Promise<SignalOutcome> {
    if (record.fault !== undefined) return { ...NOTHING, fault: record.fault };
    let part: Part | undefined;
    try {
      part = this.#parts.take(record);
      if (part === undefined) return NOTHING;
      const known = this.#held.get(part.key);
      if (known !== undefined && part.asOf < known.asOf) {
        // In a compacted log it has taken the place of what holds.
        if (this.#isLive) return { ...NOTHING, records: await this.#again(part.key) };
        this.#overwritten.add(part.key);
        return NOTHING;
      }
      if (part.value === undefined) return NOTHING;
      this.#overwritten.delete(part.key);
      if (known?.asOf === part.asOf) return NOTHING;
      this.#takeIn(part, part.value);
    } catch (error) {
      const fault = RastroError.is(error)
        ? error
        : new RastroError('RAS-ENGINE-MESSAGE', { kind: part?.kind ?? '?', detail: 'value' });
      return { ...NOTHING, fault };
    }
    if (this.#isLive) return this.#answer(record.offset);
    if (!this.#options.hasAnswered) this.#note(await this.#answer(record.offset));
    return NOTHING;
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
        const observed = decodeObserved(value, asOf);
        this.#held.set(key, { asOf, message: observed });
        this.#holders.take(observed);
        break;
      }
      case 'attributed': {
        const attributed = decodeAttributed(value, asOf);
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
    const revision = offset + 1;
    const { standing, attributed } = this.#holders.flush(offset);
    const records: NewRecord[] = [];
    for (const each of attributed) records.push(...(await this.#attributedRecords(each)));
    const signals: StandingWrite<Signal>[] = [];
    const alerts: StandingWrite<Alert>[] = [];
    for (const { holder, source, signals: items } of standing)
      signals.push(...this.#signals.writes(observedPlace(holder, source), items, revision));
    for (const { subject, signals: derived, alerts: items } of await this.#compose.flush()) {
      signals.push(...this.#signals.writes(subject, derived, revision));
      alerts.push(...this.#alerts.writes(subject, items, revision));
    }
    this.#holders.forgetEmpty();
    this.#compose.forgetEmpty();
    return { ...NOTHING, records, signals, alerts };
  }

  /** What holds under a key, once more. */
  async #again(key: string): Promise<NewRecord[]> {
    const { message } = this.#held.get(key) as Held;
    if ('source' in message) return this.#observedRecords(message);
    return this.#recordsOf('attributed', key, message.asOf, await this.#valueOf('attributed', message));
  }

  /** Sources in messages of so many: each is heard on its own. */
  #toldRecords(key: string, asOf: number, sources: ToldMessage['sources']): NewRecord[] {
    const { writer } = this.#options;
    const records: NewRecord[] = [];
    for (let from = 0; from < sources.length || from === 0; from += SIGNAL_MESSAGE_LIMITS.TOLD_SOURCES) {
      const some = sources.slice(from, from + SIGNAL_MESSAGE_LIMITS.TOLD_SOURCES);
      const value = encodeTold({ writer, sources: some });
      records.push(...this.#recordsOf('told', `${key} ${writer} ${from}`, asOf, value));
    }
    return records;
  }

  async #valueOf(kind: SignalMessageKind, message: Observed | Attributed): Promise<Uint8Array> {
    const { parts = SIGNAL_MESSAGE_LIMITS.PARTS, partBytes = TOPIC_VALUE_BYTES, onShortened } = this.#options;
    const { value, leftOut } = await fitting(message, parts * partBytes);
    if (leftOut !== undefined) onShortened?.(kind, leftOut);
    return value;
  }

  async #observedRecords(observed: Observed): Promise<NewRecord[]> {
    const { holder, source, asOf } = observed;
    const value = await this.#valueOf('observed', observed);
    return this.#recordsOf('observed', observedKey(holder, source), asOf, value, this.#partitionFor(holder));
  }

  async #attributedRecords(attributed: Attributed): Promise<NewRecord[]> {
    const { subject, holder, asOf, signals } = attributed;
    const key = `attributed ${subject} ${holder}`;
    const value = await this.#valueOf('attributed', attributed);
    if (!this.#isLive) this.#attributedOnce.set(key, { subject, holder });
    const digest = digestOf(value);
    if (this.#sent.get(key) === digest) return [];
    if (signals.length > 0) this.#sent.set(key, digest);
    else this.#sent.delete(key);
    return this.#recordsOf('attributed', key, asOf, value, this.#partitionFor(subject));
  }

  #partitionFor(key: string): number {
    return this.#partitionOf[slotOfKey(key)] as number;
  }

  #recordsOf(
    kind: SignalMessageKind,
    key: string,
    asOf: number,
    value: Uint8Array,
    partition = this.#options.partition.index,
  ): NewRecord[] {
    return recordsOf({ partition, key, kind, asOf, value }, this.#options.partBytes);
  }
}
