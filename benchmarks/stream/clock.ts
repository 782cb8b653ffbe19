/** Event time as rows go by: every day is equal, and within a day few things happen at night. */
import { DAY_MS, STREAM } from './options.ts';

/** Relative number of rows by local hour of central Mexico: one in nine falls between 22:00 and 06:00. */
const BY_HOUR = [9, 6, 4, 4, 5, 9, 22, 40, 58, 66, 70, 72, 76, 74, 70, 68, 66, 68, 70, 62, 48, 34, 22, 14];
const STEPS = 8_192;

/** Share of the rows of a day, in steps, to share of the day. */
function inverseOfDay(): Float64Array {
  const total = BY_HOUR.reduce((sum, weight) => sum + weight, 0);
  const table = new Float64Array(STEPS + 1);
  let hour = 0;
  let before = 0;
  for (let step = 0; step <= STEPS; step++) {
    const wanted = (step / STEPS) * total;
    while (hour < BY_HOUR.length - 1 && before + (BY_HOUR[hour] as number) < wanted) {
      before += BY_HOUR[hour] as number;
      hour++;
    }
    table[step] = (hour + (wanted - before) / (BY_HOUR[hour] as number)) / BY_HOUR.length;
  }
  return table;
}

export class StreamClock {
  readonly #table = inverseOfDay();
  readonly #rows: number;
  readonly #days: number;
  readonly #firstMs: number;

  constructor(rows: number, days: number, firstMs: number = STREAM.FIRST_MS) {
    this.#rows = rows;
    this.#days = days;
    this.#firstMs = firstMs;
  }

  /** Event time that row `row` of so many has reached. */
  at(row: number): number {
    const days = (row / this.#rows) * this.#days;
    const day = Math.floor(days);
    const step = (days - day) * STEPS;
    const low = Math.floor(step);
    const from = this.#table[low] as number;
    const share = from + ((this.#table[low + 1] ?? 1) - from) * (step - low);
    return this.#firstMs + Math.floor((day + share) * DAY_MS);
  }
}
