/**
 * Tier 1 of one kind of subject: every event goes to its subject's record, through the generated kernel, and into the
 * subject's history. What comes out is candidates: (subject, event, rules that could fire there).
 *
 * The loop handles events that come in order. Of a subject of whom nothing was said, one that comes late is put in its
 * place and one that goes is taken out: the record bounds from above what is there, whatever the order. Any other subject
 * that sees such a change, or a second report of one transfer, is marked stale and rebuilt before it is asked: its events
 * sorted, its record begun anew, the same kernel over all of them.
 */
import type { KindPlan } from '../../../rules/compiler/index.ts';
import { allocateFacts, type FactColumns } from '../../../schemas/facts.ts';
import type { FactDictionary } from '../../facts/dictionary.ts';
import type { FactStore } from '../../facts/store.ts';
import { CandidateList } from './candidate-list.ts';
import type { EntryReader, EventChunks } from './event-chunks.ts';
import { legsOf, positionAt, tickRange } from './history-reading.ts';
import type { IdleOptions } from './idle-sweep.ts';
import { BATCH, KernelBatch } from './kernel-batch.ts';
import {
  FLAG_REPORTED,
  FLAG_STALE,
  FLAG_UNGATED,
  FLAGS_SETTLED,
  HEADER,
  type RecordSlab,
} from './record-slab.ts';
import type { Reports } from './reports.ts';
import type { RowQuestions } from './row-questions.ts';
import { REPORTS_OPEN, REPORTS_SETTLED, type SeenReports } from './seen-reports.ts';
import { changeOf, type StaleSubject } from './stale-subject.ts';
import type { SubjectLines } from './subject-lines.ts';
import type { TickRange } from './tick-calendar.ts';
import { TierState } from './tier-state.ts';

/** Bits of a leg that say where in its segment it lies. */
const SEGMENT_LEGS = 0x1ffff;
/** In the place of a row: columns to which rows that have left memory are copied, one behind the other. */
const COLD = -1;

export interface KindTierOptions {
  readonly plan: KindPlan;
  readonly store: FactStore;
  readonly dictionary: FactDictionary;
  readonly rows: RowQuestions;
  readonly reports: Reports;
  /** Records to make room for at the start. */
  readonly subjects: number;
  readonly idle?: IdleOptions | undefined;
}

export class KindTier {
  readonly plan: KindPlan;
  readonly candidates: CandidateList;
  /** A record a subject. */
  readonly slab: RecordSlab;
  /** What stays of the subjects when nothing waits. */
  readonly state: TierState;
  lateEvents = 0;
  readonly #store: FactStore;
  readonly #dictionary: FactDictionary;
  readonly #chunks: EventChunks;
  readonly #rows: RowQuestions;
  readonly #twoReports: Reports;
  readonly #isOwner: boolean;
  /** Masks of all rules, and of those that a record leaves open. */
  readonly #allRules: Int32Array;
  readonly #admitted: Int32Array;
  readonly #lines: SubjectLines;
  readonly #stale = new Map<number, StaleSubject>();
  /** Legs that other reports of their transfer hide, by line. */
  readonly #hidden: Map<number, number[]>;
  readonly #reports: SeenReports;

  /** Events that wait for their records to be looked up, all of the columns at hand. */
  #queued = 0;
  readonly #queueKeys = new Int32Array(BATCH);
  readonly #queueLegs = new Int32Array(BATCH);
  readonly #queueTimes = new Float64Array(BATCH);
  readonly #queueLines = new Int32Array(BATCH);
  /** Line and leg of the late events among them. */
  readonly #late: number[] = [];
  #shifted = new Set<number>();
  /** Events that wait for the kernel. */
  readonly #batch: KernelBatch;
  /** Where events are read, and the leg of the store that is the first there. */
  #columns: FactColumns;
  #origin = 0;
  readonly #coldColumns = allocateFacts(BATCH);
  readonly #coldList = Object.values(this.#coldColumns);

  constructor({ plan, store, dictionary, rows, reports, subjects, idle }: KindTierOptions) {
    this.plan = plan;
    this.#store = store;
    this.#dictionary = dictionary;
    this.#rows = rows;
    this.#twoReports = reports;
    this.#isOwner = plan.standpoint === 'owner';
    this.state = new TierState(plan, subjects, idle);
    this.slab = this.state.slab;
    this.candidates = new CandidateList(plan.maskWords);
    this.#chunks = this.state.chunks;
    this.#lines = this.state.lines;
    this.#hidden = this.state.hidden;
    this.#reports = this.state.reports;
    this.#batch = new KernelBatch(plan, this.state.ticks);
    this.#columns = this.#coldColumns;
    this.#allRules = new Int32Array(plan.maskWords);
    this.#admitted = new Int32Array(plan.maskWords);
    for (const { bit } of plan.rules) this.#allRules[bit >>> 5]! |= 1 << (bit & 31);
  }

  /** The events that are added from now on lie in `columns`, whose first row is row `row` of the store. */
  readFrom(columns: FactColumns, row: number): void {
    if (columns === this.#columns && 2 * row === this.#origin) return;
    this.flush();
    this.#columns = columns;
    this.#origin = 2 * row;
  }

  /** Takes in the leg of an event at `timeMs` of the subject with this key, with the next `flush` at the latest. */
  add(key: number, leg: number, timeMs: number): void {
    const n = this.#queued++;
    this.#queueKeys[n] = key;
    this.#queueLegs[n] = leg;
    this.#queueTimes[n] = timeMs;
    if (this.#queued === BATCH) this.flush();
  }

  /** As `add`, for a leg that nobody but another institution than the one that keeps the account has reported so far. */
  addForeign(key: number, leg: number, timeMs: number): void {
    this.slab.setFlag(this.#lines.take(key), FLAG_REPORTED);
    this.add(key, leg, timeMs);
  }

  /** As `add`, for a leg whose row shares a reference with other reports of its transfer, or may come to. */
  addReported(key: number, leg: number, timeMs: number, reference: number): void {
    const visibility = this.#twoReports.visibility(leg, this.#isOwner);
    this.slab.setFlag(this.#lines.take(key), FLAG_REPORTED);
    const isSettled = visibility !== 'open';
    const seen = this.#reports.see(reference, isSettled ? REPORTS_SETTLED : REPORTS_OPEN);
    if (visibility === 'gone') {
      const line = this.#lines.take(key);
      this.#hidden.set(line, [...(this.#hidden.get(line) ?? []), leg]);
      if (seen === REPORTS_OPEN) this.#markStale(line);
      return;
    }
    if (isSettled ? seen === REPORTS_OPEN : seen > 0) this.#markStale(this.#lines.take(key));
    this.add(key, leg, timeMs);
  }

  /** Which events the subject has is to be looked at anew, and what was said as of those from `changedMs` on. */
  disturb(key: number, changedMs: number): void {
    this.#resolve();
    const line = this.lineOf(key);
    if (line !== 0) this.#markStale(line, changedMs);
  }

  /** As the function of that name. */
  positionAt(line: number, timeMs: number): number {
    return positionAt(this, this.#store, line, timeMs);
  }

  /** Ticks of the subject after `afterMs`, up to `untilMs` or its last event. */
  ticksOf(line: number, afterMs: number, untilMs: number): TickRange | null {
    return tickRange(this, this.#store, line, afterMs, Math.max(untilMs, this.slab.lastTimeOf(line)));
  }

  /** Line of the subject's record; 0 if there is no such subject. */
  lineOf(key: number): number {
    const line = this.#lines.at(key);
    return line < 0 ? this.#lines.take(key) : line;
  }

  get staleCount(): number {
    return this.#stale.size;
  }

  /** A reversal leaves a part of an event of the subject: what bits and counters say of it does not hold. */
  isUngated(line: number): boolean {
    return this.slab.hasFlag(line, FLAG_UNGATED);
  }

  /** Reads the subject's events from position `from` on, latest first. */
  readBack(line: number, from: number, each: EntryReader): void {
    this.#chunks.readBack(this.slab.views, line << 4, from, each);
  }

  /** Takes in the events that wait. */
  flush(): void {
    this.#resolve();
    this.#runKernel();
  }

  /**
   * Records, then ends of histories, then the events themselves: each loop touches one kind of memory, so that the processor
   * waits for many lines at once and not for one after the other.
   */
  #resolve(): void {
    const n = this.#queued;
    if (n === 0) return;
    this.#queued = 0;
    const lines = this.#queueLines;
    for (let i = 0; i < n; i++) lines[i] = this.#lines.take(this.#queueKeys[i] as number);
    const views = this.slab.views;
    this.#chunks.touch(views, lines, n);
    const { ticks } = this.state;
    for (let i = 0; i < n; i++) {
      const line = lines[i] as number;
      const base = line << 4;
      const leg = this.#queueLegs[i] as number;
      const timeMs = this.#queueTimes[i] as number;
      const last = views.f64[line << 3] as number;
      if (((views.i32[base + HEADER.flags] as number) & FLAG_STALE) !== 0) {
        this.#chunks.append(views, base, leg);
      } else if (timeMs < last || (timeMs === last && this.#isBeforeLast(base, leg))) {
        this.#late.push(line, leg);
      } else {
        views.f64[line << 3] = timeMs;
        if (timeMs < ticks.askedMs) ticks.disturb(line, timeMs);
        this.#push(line, base, leg, leg - this.#origin);
      }
    }
    if (this.#late.length > 0) this.#takeLate();
  }

  /**
   * Events that belong before others of their subject. Where nothing was said that rests on the order so far, one is put in
   * its place: its bits count in the panes at hand, which bounds every later window from above, and from its place on
   * every event is a candidate again of the rules that the record leaves open. Any other subject is rebuilt.
   */
  #takeLate(): void {
    this.#runKernel();
    const late = this.#late.splice(0);
    this.lateEvents += late.length / 2;
    const views = this.slab.views;
    for (let i = 0; i < late.length; i += 2) {
      const line = late[i] as number;
      const leg = late[i + 1] as number;
      const base = line << 4;
      if (((views.i32[base + HEADER.flags] as number) & FLAGS_SETTLED) !== 0) {
        this.#markStale(line);
        this.#chunks.append(views, base, leg);
        continue;
      }
      const isAfter = (other: number) => this.#store.compareRows(other >> 1, leg >> 1) > 0;
      const after = this.#chunks.countAfter(views, base, isAfter);
      const lastTime = views.f64[line << 3] as number;
      const entry = this.#chunks.insert(views, base, leg, isAfter);
      const length = views.i32[base + HEADER.length] as number;
      this.#batch.put(leg - this.#origin, line, entry, length - 1 - after);
      this.#runKernel();
      const timeMs = this.#store.timeOf(leg >> 1);
      views.f64[line << 3] = Math.max(lastTime, timeMs);
      this.#reopen(line, length - 1 - after, timeMs);
    }
  }

  /** The subject's event on a row is gone. What the record counts of it stays: it is a bound from above. */
  withdraw(key: number, row: number): void {
    const line = this.#untold(key, Number.POSITIVE_INFINITY);
    if (line === 0) return;
    const views = this.slab.views;
    const base = line << 4;
    for (let leg = 2 * row; leg <= 2 * row + 1; leg++) {
      const position = this.#chunks.remove(views, base, leg);
      if (position < 0) continue;
      this.candidates.cut(line, views.i32[base + HEADER.length] as number);
      this.#reopen(line, position, this.#store.timeOf(row));
    }
  }

  /** An event of the subject is absent as of its events from `fromMs` on. */
  reverse(key: number, fromMs: number): void {
    const line = this.#untold(key, fromMs);
    if (line !== 0) this.#reopen(line, this.positionAt(line, fromMs), fromMs);
  }

  /** Line of a subject of whom nothing was said; 0 where there is none, or it is to be rebuilt. */
  #untold(key: number, changedMs: number): number {
    this.flush();
    const line = this.lineOf(key);
    if (line === 0) return 0;
    if (!this.slab.hasFlag(line, FLAGS_SETTLED) && !this.#hidden.has(line)) return line;
    this.#markStale(line, changedMs);
    return 0;
  }

  /** The events from a position on, which come at `timeMs` or later, are candidates of the rules that the record leaves open. */
  #reopen(line: number, from: number, timeMs: number): void {
    this.state.ticks.disturb(line, timeMs);
    this.plan.admits(this.slab.views, line, timeMs, this.#admitted, 0);
    if (this.#admitted.some((word) => word !== 0)) {
      const length = this.slab.lengthOf(line);
      for (let at = from; at < length; at++) this.candidates.push(line, at, this.#admitted, 0);
    }
    this.#shifted.add(line);
  }

  /** Subjects in whose histories events have moved since the last call. */
  takeShifted(): Set<number> {
    const shifted = this.#shifted;
    this.#shifted = new Set();
    return shifted;
  }

  #runKernel(): void {
    if (this.#batch.count === 0) return;
    const { setBits } = this.#dictionary;
    const { views } = this.slab;
    this.#batch.run(this.#columns, setBits, views, this.#chunks, this.candidates, this.#allRules);
    this.#chunks.settle(views, this.#store.coldRows);
  }

  /**
   * Rebuilds what is stale. Returns, by line, the event time before which all was evaluated and stays as it was; earlier
   * candidates of these subjects are void. At most `most` subjects; the others wait.
   */
  rebuildStale(most = Number.POSITIVE_INFINITY): Map<number, number> {
    this.flush();
    const stale = new Map([...this.#stale].slice(0, most));
    const changes = new Map<number, number>();
    if (stale.size === 0) return changes;
    const asked = this.candidates.drop(stale);
    for (const line of stale.keys()) this.#stale.delete(line);
    for (const [line, { length, changedMs }] of stale) {
      const before = this.#rebuild(line).slice(0, length);
      changes.set(
        line,
        Math.min(changedMs, changeOf(this.#store, before, legsOf(this, line), asked.get(line) ?? length)),
      );
    }
    this.#runKernel();
    return changes;
  }

  /** Returns the legs as they lay before. */
  #rebuild(line: number): number[] {
    const base = line << 4;
    const before = legsOf(this, line);
    const legs = [...(this.#hidden.get(line) ?? []), ...before];
    this.#chunks.release(this.slab.views, base);
    this.slab.reset(line);
    const alive = legs.filter((leg) => !this.#rows.isDead(leg >> 1));
    // Of nearly all subjects no row has to be read to know this.
    const { shown, hidden } = this.slab.hasFlag(line, FLAG_REPORTED)
      ? this.#twoReports.visible(alive, this.#isOwner)
      : { shown: alive, hidden: [] };
    if (hidden.length > 0) this.#hidden.set(line, hidden);
    else this.#hidden.delete(line);
    shown.sort((a, b) => this.#store.compareRows(a >> 1, b >> 1));
    if (shown.some((leg) => this.#rows.isPartlyReversed(leg >> 1))) {
      this.slab.setFlag(line, FLAG_UNGATED);
    }
    for (const leg of shown) this.#replay(line, base, leg);
    const lastLeg = shown.at(-1);
    if (lastLeg !== undefined) this.slab.views.f64[line << 3] = this.#store.timeOf(lastLeg >> 1);
    return before;
  }

  /** `#push` of an event of any age. */
  #replay(line: number, base: number, leg: number): void {
    const row = leg >> 1;
    if (this.#store.isCold(row)) {
      this.readFrom(this.#coldColumns, COLD);
      this.#store.copyRow(row, this.#coldList, this.#batch.count);
      this.#push(line, base, leg, 2 * this.#batch.count + (leg & 1));
    } else {
      this.readFrom(this.#store.columns(row), row & ~(SEGMENT_LEGS >> 1));
      this.#push(line, base, leg, leg & SEGMENT_LEGS);
    }
  }

  /** Appends an event to its subject's history and to the kernel's batch; `place`: of the leg in the columns at hand. */
  #push(line: number, base: number, leg: number, place: number): void {
    const views = this.slab.views;
    const position = views.i32[base + HEADER.length] as number;
    this.#batch.put(place, line, this.#chunks.append(views, base, leg), position);
    if (this.#batch.count === BATCH) this.#runKernel();
  }

  #isBeforeLast(base: number, leg: number): boolean {
    const { views } = this.slab;
    if (views.i32[base + HEADER.length] === 0) return false;
    return this.#store.compareRows(this.#chunks.lastLeg(views, base) >> 1, leg >> 1) > 0;
  }

  /** As `IdleSweep.sweep`. Called when nothing waits. */
  sweep(newestMs: number, budget: number, isKept: (line: number) => boolean): void {
    this.#chunks.settle(this.slab.views, this.#store.coldRows);
    this.state.idle?.sweep(newestMs, budget, isKept, (key, reference) => this.#lines.leave(key, reference));
  }

  /** `changedMs`: from when on, beside the events that come or go, something else has changed. */
  #markStale(line: number, changedMs = Number.POSITIVE_INFINITY): void {
    this.slab.setFlag(line, FLAG_STALE);
    const stale = this.#stale.get(line);
    if (stale === undefined) this.#stale.set(line, { length: this.slab.lengthOf(line), changedMs });
    else stale.changedMs = Math.min(stale.changedMs, changedMs);
  }
}
