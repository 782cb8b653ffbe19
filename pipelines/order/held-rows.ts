/**
 * Rows that wait for the watermark, by number: the least in the total order of events (SEMANTICS §2) comes out first.
 *
 * A binary heap over typed arrays. Times are kept beside the rows; the store is asked only where two are equal. A row that
 * comes in order costs one comparison, any other one at most as many as there are levels.
 */
import type { Steps } from '../../rules/compiler/index.ts';
import type { FactStore } from '../facts/store.ts';
import type { CheckpointIn, CheckpointOut } from '../recovery/checkpoint-image.ts';

const FIRST_CAPACITY = 1_024;

export class HeldRows {
  readonly #store: Pick<FactStore, 'compareRows'>;
  #rows = new Int32Array(FIRST_CAPACITY);
  #times = new Float64Array(FIRST_CAPACITY);
  #count = 0;

  constructor(store: Pick<FactStore, 'compareRows'>) {
    this.#store = store;
  }

  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#rows.byteLength + this.#times.byteLength;
  }

  /** Event time of the row that comes out next; Infinity if there is none. */
  get firstMs(): number {
    return this.#count === 0 ? Number.POSITIVE_INFINITY : (this.#times[0] as number);
  }

  push(row: number, timeMs: number): void {
    if (this.#count === this.#rows.length) this.#grow();
    let at = this.#count++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#isBefore(row, timeMs, parent)) break;
      this.#rows[at] = this.#rows[parent] as number;
      this.#times[at] = this.#times[parent] as number;
      at = parent;
    }
    this.#rows[at] = row;
    this.#times[at] = timeMs;
  }

  /** Takes out the row that is first; there is one. */
  pop(): number {
    const first = this.#rows[0] as number;
    const last = --this.#count;
    const row = this.#rows[last] as number;
    const timeMs = this.#times[last] as number;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= last) break;
      if (child + 1 < last && this.#isChildBefore(child + 1, child)) child++;
      if (this.#isBefore(row, timeMs, child)) break;
      this.#rows[at] = this.#rows[child] as number;
      this.#times[at] = this.#times[child] as number;
      at = child;
    }
    this.#rows[at] = row;
    this.#times[at] = timeMs;
    return first;
  }

  /** The heap as it lies. */
  *save(out: CheckpointOut): Steps<void> {
    yield* out.array('held.rows', this.#rows, this.#count);
    yield* out.array('held.times', this.#times, this.#count);
  }

  load(image: CheckpointIn): void {
    const rows = image.array('held.rows', Int32Array);
    while (this.#rows.length < rows.length) this.#grow();
    this.#rows.set(rows);
    image.into('held.times', this.#times);
    this.#count = rows.length;
  }

  #isChildBefore(a: number, b: number): boolean {
    return this.#isBefore(this.#rows[a] as number, this.#times[a] as number, b);
  }

  /** The row comes before the one at place `other`. */
  #isBefore(row: number, timeMs: number, other: number): boolean {
    const otherMs = this.#times[other] as number;
    if (timeMs !== otherMs) return timeMs < otherMs;
    return this.#store.compareRows(row, this.#rows[other] as number) < 0;
  }

  #grow(): void {
    const rows = new Int32Array(2 * this.#rows.length);
    const times = new Float64Array(2 * this.#times.length);
    rows.set(this.#rows);
    times.set(this.#times);
    this.#rows = rows;
    this.#times = times;
  }
}
