/**
 * The hot evaluator over facts: rows in by number, signals out by subject.
 *
 *   feed     -> tier 1 of each kind of subject (`rule-tiers.ts`, `kind-tier.ts`): candidates
 *   evaluate -> tier 2 of the subjects with candidates (`recount.ts`, `subject-runs.ts`): signals
 *
 * Which signals stand depends on the rows alone, never on the order in which they were fed or on where `evaluate` was
 * called: a subject whose rows did not come in order is rebuilt, and evaluated from the hour on in which its history changed.
 */
import { isDeepStrictEqual } from 'node:util';
import type { EvaluationContext, KindPlan, RuleSet, Steps } from '../../../rules/compiler/index.ts';
import type { Cadence } from '../../../schemas/cadence.ts';
import type { SubjectKind } from '../../../schemas/enumerations.ts';
import type { Reversal } from '../../../schemas/event-fields.ts';
import type { FactBatch } from '../../../schemas/facts.ts';
import type { FactDictionary } from '../../facts/dictionary.ts';
import type { FactStore } from '../../facts/store.ts';
import { type OrderCounts, Ordering } from '../../order/ordering.ts';
import { RowStates } from '../../order/row-states.ts';
import { OwnedKeys, type Partition } from '../../partition/owned-keys.ts';
import type { CheckpointIn, CheckpointOut } from '../../recovery/checkpoint-image.ts';
import type { SubjectSignals } from '../detection.ts';
import type { SilentReading } from '../detector.ts';
import { splitSubjectKey } from '../subjects.ts';
import type { IdleOptions } from './idle-sweep.ts';
import type { Progress } from './progress.ts';
import type { TierBytes, TierMemory } from './record-slab.ts';
import { Reports } from './reports.ts';
import { loadedReversals, savedReversals } from './reversals-image.ts';
import { toldAgain } from './rule-change.ts';
import { RuleReload } from './rule-reload.ts';
import { type HotCounts, type Report, RuleTiers, type RuleTiersOptions } from './rule-tiers.ts';
import { loadTiers, saveTiers } from './tiers-image.ts';

const FIRST_SUBJECTS = 1_024;
const HOUR_MS = 3_600_000;

export interface HotCoreOptions {
  readonly ruleSet: RuleSet;
  readonly evaluation: EvaluationContext;
  readonly store: FactStore;
  readonly dictionary: FactDictionary;
  /** Subjects of a kind that records are made room for at the start. */
  readonly subjects?: number;
  /** Where the state of idle subjects goes; without it all stay in memory. */
  readonly idle?: IdleOptions;
  /** Rows that wait to be put in order at most; default `HELD_ROWS_MAX`. */
  readonly heldRowsMax?: number;
  /** Only the subjects of this partition are fed; default all. It takes the same rows as the others. */
  readonly partition?: Partition;
}

function firstTimeOf([first]: readonly (Reversal | undefined)[]): number {
  return first?.time ?? Number.POSITIVE_INFINITY;
}

export class HotCore {
  readonly counts: HotCounts = { candidates: 0, confirmed: 0, evaluated: 0, rebuilt: 0 };
  readonly #store: FactStore;
  readonly #dictionary: FactDictionary;
  readonly #subjects: number;
  readonly #reports: Reports;
  readonly #idle: IdleOptions | undefined;
  /** Undefined where there is one partition. */
  readonly #owned: OwnedKeys | undefined;
  #tiers: RuleTiers;
  #evaluation: EvaluationContext;
  #knownMs = Number.NEGATIVE_INFINITY;
  /** Rules that are to take the place of those in force. */
  #reload: RuleReload | undefined;
  readonly #states = new RowStates();
  readonly #ordering: Ordering;
  /** Hours that have ended by this time were reported on when everything was asked for. */
  #toldMs = Number.NEGATIVE_INFINITY;
  readonly #reversals = new Map<number, readonly Reversal[]>();
  /** Subjects that were told of under the rules before: they are reported once more whatever they have now. */
  readonly #owed = new Set<string>();

  constructor(options: HotCoreOptions) {
    this.#store = options.store;
    this.#dictionary = options.dictionary;
    this.#subjects = options.subjects ?? FIRST_SUBJECTS;
    this.#reports = new Reports(options.store, options.dictionary);
    const { partition } = options;
    this.#owned =
      partition === undefined || partition.count === 1
        ? undefined
        : new OwnedKeys(partition, options.dictionary);
    this.#idle = options.idle;
    this.#ordering = new Ordering({
      store: options.store,
      states: this.#states,
      release: (rows, count) => this.#feedReleased(rows, count),
      ...(options.heldRowsMax === undefined ? {} : { heldRowsMax: options.heldRowsMax }),
    });
    const { ruleSet, evaluation } = options;
    this.#evaluation = evaluation;
    this.#tiers = this.#tiersOf({ ruleSet, evaluation });
  }

  get plans(): ReadonlyMap<SubjectKind, KindPlan> {
    return this.#tiers.plans;
  }

  /** Bytes of records and histories over all kinds. */
  get bytes(): TierBytes {
    return this.#tiers.bytes;
  }

  /** Memory of records and histories over all kinds, and whose. */
  get memory(): TierMemory {
    return this.#tiers.memory;
  }

  /** Events, under the rules in force, that came behind the last one of their subject: their order had to be mended. */
  get lateEvents(): number {
    return this.#tiers.lateEvents;
  }

  /** Subjects whose state has left memory. */
  get idleSubjects(): number {
    return this.#tiers.idleSubjects;
  }

  /** What became of the rows of institutions that stream. */
  get orderCounts(): Readonly<OrderCounts> {
    return this.#ordering.counts;
  }

  /** Rows that wait for the watermark. */
  get heldRows(): number {
    return this.#ordering.heldRows;
  }

  /**
   * Takes in the rows of a batch, which are in the store from `first` on, are effective and reverse nothing. Those of
   * institutions that stream may wait until the watermark has passed them.
   */
  feed(first: number, batch: FactBatch): void {
    const ordering = this.#ordering;
    if (ordering.isOn) ordering.take(first, batch.rows);
    this.#tiers.feeder.feed(first, batch);
    if (ordering.isOn) ordering.go();
  }

  /** From `fromMs` of event time on, the institution submits so; until something is declared it sends files. */
  setCadence(institution: string, fromMs: number, cadence: Cadence): void {
    // What was reported of unfinished hours so far is not taken back.
    if (!this.#ordering.isOn) this.#tellHours();
    this.#ordering.declare(this.#dictionary.wordId(institution), fromMs, cadence);
  }

  /** An empty block of the log: its writer has reached `timeMs`, or, of one institution, nothing earlier comes any more. */
  watermark(timeMs: number, institution: string | null): void {
    if (institution === null) this.know(timeMs);
    if (!this.#ordering.isOn) return;
    if (institution === null) this.#ordering.tell(timeMs);
    else this.#ordering.tellOf(this.#dictionary.wordId(institution), timeMs);
    this.#ordering.go();
  }

  /** A row of this time was accepted, in force or not (SEMANTICS §9a). */
  know(timeMs: number): void {
    this.#knownMs = Math.max(this.#knownMs, timeMs);
  }

  /** Takes in everything that waits; what is evaluated next is everything, hours that have not ended yet included. */
  drain(): void {
    this.#ordering.drain();
    this.#tellHours();
  }

  /**
   * Begins to make other rules ready, which say the same as those in force of events before `fromMs`. The next `evaluate` puts
   * them in force; until then `advance` does some of the work that is left for it.
   */
  useRules(ruleSet: RuleSet, evaluation: EvaluationContext, fromMs: number): void {
    const waiting = this.#reload;
    waiting?.abandon();
    const isSameReference = evaluation === this.#evaluation;
    this.#reload = new RuleReload({
      before: this.#tiers,
      ruleSet,
      evaluation,
      change: { fromMs: Math.min(fromMs, waiting?.change.fromMs ?? fromMs), isSameReference },
      store: this.#store,
      create: (parts) => this.#tiersOf(parts),
      reverse: (tiers, row) => {
        const reversals = this.#reversals.get(row);
        if (reversals !== undefined) this.#reverse(tiers, row, reversals);
      },
    });
    // Nobody waits for an empty store.
    if (this.#store.rows === 0) this.#switch(true);
  }

  /** A step of bounded size towards the rules that were asked for; false when nothing is left to do before `evaluate`. */
  advance(): boolean {
    return this.#reload?.advance() ?? false;
  }

  /** The row is no part of the effective set, and has not been fed: `feed` passes it over. */
  bury(row: number): void {
    this.#states.bury(row);
  }

  /** The row is no part of the effective set any more. */
  kill(row: number): void {
    const wasFed = !this.#states.isHeld(row);
    this.#states.bury(row);
    if (wasFed) for (const tiers of this.#tiersKnowing(row)) tiers.withdraw(row);
  }

  isDead(row: number): boolean {
    return this.#states.isDead(row);
  }

  /** What reverses the row now, in total order. */
  setReversals(row: number, reversals: readonly Reversal[]): void {
    const before = this.#reversals.get(row) ?? [];
    if (isDeepStrictEqual(before, reversals)) return;
    if (reversals.length === 0) this.#reversals.delete(row);
    else this.#reversals.set(row, reversals);
    if (this.#states.isHeld(row)) return;
    for (const tiers of this.#tiersKnowing(row)) {
      if (before.length === 0) this.#reverse(tiers, row, reversals);
      else tiers.disturb(row, Math.min(firstTimeOf(before), firstTimeOf(reversals)));
    }
  }

  /** From `fromMs` of event time on, the institution submits a feed of its own. */
  declare(institution: string, fromMs: number): void {
    const id = this.#dictionary.textId(institution);
    if (!this.#reports.declare(id, fromMs)) return;
    for (let row = 0; row < this.#store.rows; row++) {
      const { columns, rowMask } = this.#store.home(row);
      const out = 2 * (row & rowMask);
      if (columns.bank[out] !== id && columns.bank[out + 1] !== id) continue;
      for (const tiers of this.#tiersKnowing(row)) tiers.disturb(row);
    }
  }

  touch(kind: SubjectKind, key: string): void {
    this.#tiers.touch(kind, key);
  }

  /**
   * Brings histories in order without evaluating them: what was fed so far was evaluated before. Of rows that wait nobody knows:
   * they are taken in and evaluated.
   */
  settle(): void {
    this.#tiers.settle(this.#progress);
    this.#switch(true);
    this.drain();
  }

  /** Subjects and candidates that `evaluate` would look at. */
  get waiting(): number {
    return this.#tiers.waiting(this.#progress) + this.#owed.size;
  }

  /** Does the part of `evaluate` that brings histories in order again, so that it can be measured by itself. */
  repair(): void {
    this.#tiers.repair();
  }

  /** Evaluates what waits; reports every subject that has signals, or had, among those. */
  evaluate(report: Report): void {
    if (this.#reload !== undefined) {
      // Under the rules before, what they go on to say: nobody is told of it until the others are in force.
      this.#tiers.evaluate((subjectKey) => this.#owed.add(subjectKey), this.#progress);
      this.#switch(false);
    }
    this.#tiers.evaluate((subjectKey, signals) => {
      this.#owed.delete(subjectKey);
      report(subjectKey, signals);
    }, this.#progress);
    for (const subjectKey of this.#owed)
      report(subjectKey, this.#tiers.signalsOf(...splitSubjectKey(subjectKey), this.#progress));
    this.#owed.clear();
  }

  /** Everything that came is evaluated: a checkpoint can be taken. Rows that wait for the watermark may go on to do so. */
  get isSettled(): boolean {
    return this.#reload === undefined && this.waiting === 0;
  }

  /** To be called when it is settled. Rules and store are saved by who holds them. */
  *save(out: CheckpointOut): Steps<void> {
    yield* out.numbers('core', this.#toldMs, this.#knownMs);
    yield* this.#reports.save(out);
    yield* this.#states.save(out);
    yield* this.#ordering.save(out);
    yield* out.list('reversals', savedReversals(this.#reversals));
    yield* saveTiers(this.#tiers, out);
  }

  /** Fills an evaluator to which nothing was fed, over dictionary and store of the same checkpoint. */
  load(image: CheckpointIn): void {
    [this.#toldMs = 0, this.#knownMs = 0] = image.numbers('core');
    this.#reports.load(image);
    this.#states.load(image);
    this.#ordering.load(image);
    for (const [row, reversals] of loadedReversals(image)) this.#reversals.set(row, reversals);
    loadTiers(this.#tiers, image);
  }

  /** What stands on every subject of which something was said. */
  standing(): Iterable<SubjectSignals> {
    return this.#tiers.standing(this.#progress);
  }

  /** Puts the rules in force that were asked for, if there are any. */
  #switch(isSettled: boolean): void {
    const reload = this.#reload;
    if (reload === undefined) return;
    while (reload.advance());
    for (const key of toldAgain(this.#tiers, reload.change.fromMs)) this.#owed.add(key);
    this.#tiers = reload.switch(isSettled, this.#progress);
    this.#evaluation = reload.evaluation;
    this.#reload = undefined;
  }

  /** The tiers to which the row was fed. */
  #tiersKnowing(row: number): RuleTiers[] {
    const others = this.#reload?.knowing(row);
    return others === undefined ? [this.#tiers] : [this.#tiers, others];
  }

  /** Hours that have ended are evaluated: without streams every one as it is. Rules tick no further than that. */
  get #progress(): Progress {
    const { isOn, watermarkMs } = this.#ordering;
    const finishedMs = isOn ? Math.max(this.#toldMs, watermarkMs) : Number.POSITIVE_INFINITY;
    return { finishedMs, knownMs: Math.min(finishedMs, this.#knownMs) };
  }

  #tellHours(): void {
    this.#toldMs = Math.max(this.#toldMs, this.#store.newestMs + HOUR_MS, this.#knownMs);
  }

  #feedReleased(rows: Int32Array, count: number): void {
    this.#tiers.feeder.feedListed(rows, count);
    if (this.#reload !== undefined)
      for (let i = 0; i < count; i++) {
        const row = rows[i] as number;
        this.#reload.knowing(row)?.feeder.feedOne(row);
      }
    if (this.#reversals.size === 0) return;
    for (let i = 0; i < count; i++) {
      const row = rows[i] as number;
      const reversals = this.#reversals.get(row);
      if (reversals === undefined) continue;
      for (const tiers of this.#tiersKnowing(row)) this.#reverse(tiers, row, reversals);
    }
  }

  /** The row was fed as if nothing reversed it. */
  #reverse(tiers: RuleTiers, row: number, [first]: readonly Reversal[]): void {
    // One that is absent from now on leaves what was counted a bound from above.
    if (first !== undefined && !this.#isPartlyReversed(row)) tiers.reverse(row, first.time);
    else tiers.disturb(row, firstTimeOf([first]));
  }

  /** What the rules said of a subject as of an event of its without firing (`SilentQuestion`). */
  silentReadings(kind: SubjectKind, key: string, untilMs: number, position?: number): SilentReading[] {
    return this.#tiers.silentReadings(kind, key, untilMs, position);
  }

  /**
   * A row that is reversed as a whole is absent from then on, and counters are bounds from above: they stay so. What is left of
   * a part may pass a condition that the whole did not.
   */
  #isPartlyReversed(row: number): boolean {
    const first = this.#reversals.get(row)?.[0];
    if (first === undefined) return false;
    const { columns, rowMask } = this.#store.home(row);
    const whole = this.#store.wideAmount(row) ?? columns.amount[row & rowMask];
    return whole === undefined || !(first.amountMinor >= whole);
  }

  #tiersOf(parts: Pick<RuleTiersOptions, 'ruleSet' | 'evaluation' | 'given' | 'kinds'>): RuleTiers {
    return new RuleTiers({
      ...parts,
      store: this.#store,
      dictionary: this.#dictionary,
      reports: this.#reports,
      rows: {
        isDead: (row) => this.#states.isOut(row),
        isPartlyReversed: (row) => this.#isPartlyReversed(row),
        reversalsOf: (row) => this.#reversals.get(row),
      },
      subjects: this.#subjects,
      owned: this.#owned,
      counts: this.counts,
      idle: this.#idle,
    });
  }
}
