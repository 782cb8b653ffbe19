/**
 * Puts rows in order before they are evaluated. Rows of institutions that stream wait until the watermark has passed them and
 * then go on in the total order of events; all others, and rows that come behind the watermark, go on at once.
 *
 * What goes on out of order is evaluated all the same, only dearer: waiting changes when a signal is known, never which.
 */
import type { Steps } from '../../rules/compiler/index.ts';
import type { Cadence } from '../../schemas/cadence.ts';
import type { FactStore } from '../facts/store.ts';
import type { CheckpointIn, CheckpointOut } from '../recovery/checkpoint-image.ts';
import { HeldRows } from './held-rows.ts';
import type { RowStates } from './row-states.ts';
import { Watermark } from './watermark.ts';

/** Rows that wait at most between blocks, 12 bytes each: 5 s of 200,000 rows a second. The oldest go on before their time. */
export const HELD_ROWS_MAX = 1_048_576;
/** Rows handed on at a time. */
const RELEASED_ROWS = 4_096;
const PLACE_MASK = 0xffff;

/** What became of rows so far. */
export interface OrderCounts {
  /** Rows that waited. */
  held: number;
  /** Rows that waited and came behind a row of a later time: evaluated as they came, they would have been late. */
  reordered: number;
  /** Rows that went on before the watermark had passed them, because too many waited. */
  releasedEarly: number;
  /** Rows of streams that came behind the watermark. */
  late: number;
}

/** Takes the first `count` rows of a list that is used again afterwards, in total order. */
export type ReleasedReader = (rows: Int32Array, count: number) => void;

export interface OrderingOptions {
  readonly store: FactStore;
  readonly states: RowStates;
  readonly release: ReleasedReader;
  readonly heldRowsMax?: number;
}

export class Ordering {
  readonly counts: OrderCounts = { held: 0, reordered: 0, releasedEarly: 0, late: 0 };
  readonly #store: FactStore;
  readonly #states: RowStates;
  readonly #release: ReleasedReader;
  readonly #heldRowsMax: number;
  readonly #watermark = new Watermark();
  readonly #held: HeldRows;
  readonly #released = new Int32Array(RELEASED_ROWS);
  #releasedCount = 0;
  /** Highest event time of the rows of streams. */
  #newestMs = Number.NEGATIVE_INFINITY;

  constructor({ store, states, release, heldRowsMax = HELD_ROWS_MAX }: OrderingOptions) {
    this.#store = store;
    this.#states = states;
    this.#release = release;
    this.#heldRowsMax = heldRowsMax;
    this.#held = new HeldRows(store);
  }

  /** Some institution streams; without one nothing waits and nothing here needs to be asked. */
  get isOn(): boolean {
    return this.#watermark.hasStreams;
  }

  /** Epoch milliseconds of event time; -Infinity as long as nothing can be said. */
  get watermarkMs(): number {
    return this.#watermark.timeMs;
  }

  /** Rows that wait. */
  get heldRows(): number {
    return this.#held.count;
  }

  get bytes(): number {
    return this.#held.bytes + this.#released.byteLength;
  }

  /** From `fromMs` of event time on, the institution (id of its name) submits so. */
  declare(institution: number, fromMs: number, cadence: Cadence): void {
    this.#watermark.declare(institution, fromMs, cadence);
  }

  /**
   * Looks at the rows `first` .. `first + count - 1` of the store as they come: those that are to wait are held from now on.
   * `go` follows, once the others have gone on.
   */
  take(first: number, count: number): void {
    const watermarkMs = this.#watermark.timeMs;
    for (let row = first; row < first + count; ) {
      const end = Math.min(first + count, (row | PLACE_MASK) + 1);
      this.#takeRows(row, end, watermarkMs);
      row = end;
    }
    this.#watermark.advance();
  }

  /** An empty block: its writer has reached `timeMs` of event time. */
  tell(timeMs: number): void {
    this.#watermark.tell(timeMs);
    this.#watermark.advance();
  }

  /** An empty block: no row of the institution (id of its name) before `timeMs` comes any more. */
  tellOf(institution: number, timeMs: number): void {
    this.#watermark.tellOf(institution, timeMs);
    this.#watermark.advance();
  }

  /** Hands on what the watermark has passed, and what is too much. */
  go(): void {
    const watermarkMs = this.#watermark.timeMs;
    while (this.#held.firstMs < watermarkMs) this.#pop();
    while (this.#held.count > this.#heldRowsMax) {
      this.counts.releasedEarly++;
      this.#pop();
    }
    this.#handOn();
  }

  /** Hands on everything that waits. */
  drain(): void {
    while (this.#held.count > 0) this.#pop();
    this.#handOn();
  }

  /** Between blocks: nothing is on its way. */
  *save(out: CheckpointOut): Steps<void> {
    const { held, reordered, releasedEarly, late } = this.counts;
    yield* out.numbers('order', this.#newestMs, held, reordered, releasedEarly, late);
    yield* this.#watermark.save(out);
    yield* this.#held.save(out);
  }

  load(image: CheckpointIn): void {
    const [newestMs = 0, held = 0, reordered = 0, releasedEarly = 0, late = 0] = image.numbers('order');
    this.#newestMs = newestMs;
    Object.assign(this.counts, { held, reordered, releasedEarly, late });
    this.#watermark.load(image);
    this.#held.load(image);
  }

  /** Rows of one segment. */
  #takeRows(from: number, end: number, watermarkMs: number): void {
    const { time, institution } = this.#store.columns(from);
    for (let row = from; row < end; row++) {
      const place = row & PLACE_MASK;
      const timeMs = time[place] as number;
      if (!this.#watermark.see(institution[place] as number, timeMs)) continue;
      if (this.#states.isDead(row)) continue;
      if (timeMs < watermarkMs) {
        this.counts.late++;
        continue;
      }
      this.counts.held++;
      if (timeMs < this.#newestMs) this.counts.reordered++;
      else this.#newestMs = timeMs;
      this.#states.hold(row);
      this.#held.push(row, timeMs);
    }
  }

  /** Rows that were buried while they waited are gone. */
  #pop(): void {
    const row = this.#held.pop();
    if (!this.#states.release(row)) return;
    this.#released[this.#releasedCount++] = row;
    if (this.#releasedCount === RELEASED_ROWS) this.#handOn();
  }

  #handOn(): void {
    const count = this.#releasedCount;
    if (count === 0) return;
    this.#releasedCount = 0;
    this.#release(this.#released, count);
  }
}
