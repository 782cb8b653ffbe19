/**
 * Who of the subjects of one kind is asked as of ticks (SEMANTICS §9a), and from when on.
 *
 * Whether a rule fires on silence cannot be read off a record: its counts only fall as windows move on. So an event that triggers
 * a rule that ticks arms its subject until the longest window of such rules has passed; at each new midnight all armed subjects
 * are asked, by generated code where it can say no. An event behind what was asked has its subject asked again from there on.
 */
import { type KindPlan, type Steps, tickUpTo } from '../../../rules/compiler/index.ts';
import type { CheckpointIn, CheckpointOut } from '../../recovery/checkpoint-image.ts';
import type { RecordSlab } from './record-slab.ts';

const DAY_MS = 86_400_000;

/** Ticks that a subject is asked about: after `afterMs`, up to `untilMs`. */
export interface TickRange {
  readonly afterMs: number;
  readonly untilMs: number;
  /** The last event at or before `afterMs`, or the first of all, and its time. */
  readonly position: number;
  readonly positionMs: number;
  /** Events of the subject. */
  readonly length: number;
}

/** Lines of subjects, and after which tick or event, event time, each is to be asked. */
export type TicksAsked = Map<number, number>;

export class TickCalendar {
  /** Longest window of a rule that ticks; -Infinity where none does. */
  readonly reachMs: number;
  /** Bits of events that trigger a rule that ticks. */
  readonly #bits: Int32Array;
  /** Lines of subjects with events that trigger such a rule, since the last call of `ask`. */
  readonly #noted = new Set<number>();
  /** Until when, event time, the subject of a line has ticks: at most one entry a subject with an event in `reachMs`. */
  readonly #armed = new Map<number, number>();
  /** Lines of subjects whose history has changed behind what was asked, and from when on. */
  readonly #behind = new Map<number, number>();
  #askedMs = Number.NEGATIVE_INFINITY;

  constructor({ rules, tickBits }: Pick<KindPlan, 'rules' | 'tickBits'>) {
    const ticking = rules.filter(({ rule }) => rule.ticks);
    this.reachMs = Math.max(Number.NEGATIVE_INFINITY, ...ticking.map(({ rule }) => rule.longestWindowMs));
    this.#bits = tickBits;
  }

  /** Some rule ticks. */
  get isOn(): boolean {
    return this.reachMs > Number.NEGATIVE_INFINITY;
  }

  /** Every subject was asked as of the ticks up to here, but for those that were disturbed since. */
  get askedMs(): number {
    return this.#askedMs;
  }

  /** Subjects that are armed. */
  get armed(): number {
    return this.#armed.size;
  }

  /** Takes an event of the subject, of which the kernel says `bits[from ..]`. */
  take(line: number, bits: Int32Array, from: number): void {
    for (let word = 0; word < this.#bits.length; word++) {
      if (((bits[from + word] as number) & (this.#bits[word] as number)) !== 0) this.#noted.add(line);
    }
  }

  /** An event of the subject may trigger: what a reversal leaves of it the kernel does not see. */
  note(line: number): void {
    this.#noted.add(line);
  }

  /** The subject's history is another one from `timeMs` on. */
  disturb(line: number, timeMs: number): void {
    if (timeMs >= this.#askedMs) return;
    this.#behind.set(line, Math.min(timeMs, this.#behind.get(line) ?? Number.POSITIVE_INFINITY));
  }

  /** The subject may not leave memory. */
  keeps(line: number): boolean {
    return this.#armed.has(line) || this.#noted.has(line);
  }

  /**
   * After which time a subject is to be asked, that is named for `namedMs`, or by nobody. One with an event at `lastMs` beyond what is
   * asked is asked as of the ticks before that: rows of institutions that send files come before others are waited for.
   */
  after(lastMs: number, namedMs: number | undefined): number | undefined {
    if (!this.isOn || lastMs < this.#askedMs + DAY_MS) return namedMs;
    return Math.min(this.#askedMs, namedMs ?? this.#askedMs);
  }

  /** How many subjects `ask` would name, or more. */
  due(knownMs: number): number {
    if (!this.isOn) return 0;
    const isNewDay = tickUpTo(knownMs) > this.#askedMs;
    return this.#behind.size + (isNewDay ? this.#armed.size + this.#noted.size : 0);
  }

  /** The subjects to be asked now, and after which time. `reopened`: from when on those are, whose history changed otherwise. */
  ask(
    slab: Pick<RecordSlab, 'lastTimeOf'>,
    knownMs: number,
    reopened: ReadonlyMap<number, { readonly fromMs: number }>,
  ): TicksAsked {
    if (!this.isOn) return new Map();
    const asked = new Map(this.#behind);
    this.#behind.clear();
    for (const [line, { fromMs }] of reopened)
      asked.set(line, Math.min(fromMs - 1, asked.get(line) ?? fromMs));
    this.#arm(slab);
    const untilMs = tickUpTo(knownMs);
    if (untilMs <= this.#askedMs) return asked;
    for (const [line, endMs] of this.#armed) {
      asked.set(line, Math.min(this.#askedMs, asked.get(line) ?? Number.POSITIVE_INFINITY));
      if (endMs <= untilMs) this.#armed.delete(line);
    }
    this.#askedMs = untilMs;
    return asked;
  }

  /** What came so far was asked before. */
  settle(slab: Pick<RecordSlab, 'lastTimeOf'>, knownMs: number): void {
    if (!this.isOn) return;
    this.#behind.clear();
    this.#askedMs = Math.max(this.#askedMs, tickUpTo(knownMs));
    this.#arm(slab);
  }

  /** In the place of `before`, whose rules say the same of everything before `fromMs`; undefined where there were none. */
  goOn(before: TickCalendar | undefined, fromMs: number): void {
    const askedMs = before?.isOn === true ? before.askedMs : Number.POSITIVE_INFINITY;
    const least = Math.min(askedMs, fromMs - 1);
    this.#askedMs = least === Number.POSITIVE_INFINITY ? Number.NEGATIVE_INFINITY : least;
  }

  *save(out: CheckpointOut): Steps<void> {
    yield* out.numbers('ticks', this.#askedMs);
    yield* out.array('ticks.armed', Int32Array.from(this.#armed.keys()));
    yield* out.array('ticks.until', Float64Array.from(this.#armed.values()));
  }

  load(image: CheckpointIn): void {
    [this.#askedMs = Number.NEGATIVE_INFINITY] = image.numbers('ticks');
    const lines = image.array('ticks.armed', Int32Array);
    const until = image.array('ticks.until', Float64Array);
    lines.forEach((line, i) => {
      this.#armed.set(line, until[i] as number);
    });
  }

  /** The last event of a subject is no earlier than the one that was noted. */
  #arm(slab: Pick<RecordSlab, 'lastTimeOf'>): void {
    for (const line of this.#noted) {
      const endMs = slab.lastTimeOf(line) + this.reachMs;
      if (endMs > this.#askedMs) this.#armed.set(line, Math.max(endMs, this.#armed.get(line) ?? endMs));
    }
    this.#noted.clear();
  }
}
