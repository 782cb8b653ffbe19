/**
 * Event times of the rows that have left memory, segment by segment: four bytes a row, as the milliseconds since the segment's
 * first, where they lie within 49 days of each other. Windows are counted without a disk; beyond the longest one nobody counts,
 * and the times are let go.
 */
import type { Steps } from '../../rules/compiler/index.ts';
import type { CheckpointIn, CheckpointOut } from '../recovery/checkpoint-image.ts';
import { SEGMENT_ROWS, SEGMENT_SHIFT } from './segment-size.ts';

const PLACE = SEGMENT_ROWS - 1;
const WORD_MAX = 0xffff_ffff;
const WORD_BYTES = 4;

export class OldTimes {
  /** By segment; undefined where the times were let go. */
  readonly #times: (Uint32Array | Float64Array | undefined)[] = [];
  /** What is added to a segment's times. */
  readonly #bases: number[] = [];
  /** The latest time of each segment. */
  readonly #latest: number[] = [];
  /** The times of segments below this one were let go. */
  #first = 0;
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  /** Takes over the times of the next segment, which are whole milliseconds. */
  take(times: Float64Array): void {
    let earliest = Number.POSITIVE_INFINITY;
    let latest = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < times.length; i++) {
      earliest = Math.min(earliest, times[i]!);
      latest = Math.max(latest, times[i]!);
    }
    const isNear = latest - earliest <= WORD_MAX;
    const kept = isNear ? new Uint32Array(times.length) : times.slice();
    if (isNear) for (let i = 0; i < times.length; i++) kept[i] = times[i]! - earliest;
    this.#times.push(kept);
    this.#bases.push(isNear ? earliest : 0);
    this.#latest.push(latest);
    this.#bytes += kept.byteLength;
  }

  /** The time of a row below `rows`; NaN where it was let go. */
  of(row: number): number {
    const segment = row >>> SEGMENT_SHIFT;
    const times = this.#times[segment];
    return times === undefined ? Number.NaN : this.#bases[segment]! + times[row & PLACE]!;
  }

  *save(out: CheckpointOut): Steps<void> {
    yield* out.numbers('times', this.#times.length, this.#first);
    yield* out.array('times.bases', Float64Array.from(this.#bases));
    yield* out.array('times.latest', Float64Array.from(this.#latest));
    for (const times of this.#times.slice(this.#first)) {
      yield* out.numbers('times.form', times?.BYTES_PER_ELEMENT ?? 0);
      yield* out.array('times.of', times as Uint32Array | Float64Array);
    }
  }

  load(image: CheckpointIn): void {
    const [segments = 0, first = 0] = image.numbers('times');
    this.#bases.push(...image.array('times.bases', Float64Array));
    this.#latest.push(...image.array('times.latest', Float64Array));
    this.#first = first;
    for (let i = 0; i < segments; i++) {
      if (i < first) {
        this.#times.push(undefined);
        continue;
      }
      const [bytes] = image.numbers('times.form');
      const times =
        bytes === WORD_BYTES ? image.array('times.of', Uint32Array) : image.array('times.of', Float64Array);
      this.#times.push(times);
      this.#bytes += times.byteLength;
    }
  }

  /** Lets go the times of the earliest segments of whose rows none is at `fromMs` or later. */
  release(fromMs: number): void {
    for (; this.#first < this.#times.length && this.#latest[this.#first]! < fromMs; this.#first++) {
      this.#bytes -= this.#times[this.#first]!.byteLength;
      this.#times[this.#first] = undefined;
    }
  }
}
