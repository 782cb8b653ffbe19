/** Events on their way through the kernel, all of one list of columns: where each lies, and what the kernel says of it. */
import type { KindPlan } from '../../../rules/compiler/index.ts';
import type { FactColumns } from '../../../schemas/facts.ts';
import type { CandidateList } from './candidate-list.ts';
import type { EventChunks } from './event-chunks.ts';
import { FLAG_UNGATED, HEADER, type SlabViews } from './record-slab.ts';
import type { TickCalendar } from './tick-calendar.ts';

/** Events that the kernel takes at once: their buffers stay in the nearest cache. */
export const BATCH = 256;

export class KernelBatch {
  readonly #plan: KindPlan;
  readonly #legs = new Int32Array(BATCH);
  readonly #lines = new Int32Array(BATCH);
  readonly #entries = new Int32Array(BATCH);
  readonly #positions = new Int32Array(BATCH);
  readonly #bits: Int32Array;
  readonly #masks: Int32Array;
  readonly #ticks: TickCalendar | undefined;
  #count = 0;

  /** `ticks` is told of the events that trigger rules that tick. */
  constructor(plan: KindPlan, ticks?: TickCalendar) {
    this.#plan = plan;
    this.#ticks = ticks?.isOn === true ? ticks : undefined;
    this.#bits = new Int32Array(BATCH * plan.bitWords);
    this.#masks = new Int32Array(BATCH * plan.maskWords);
  }

  get count(): number {
    return this.#count;
  }

  /** `leg`: within the columns; `entry`, `position`: of the event in its subject's history. */
  put(leg: number, line: number, entry: number, position: number): void {
    const n = this.#count++;
    this.#legs[n] = leg;
    this.#lines[n] = line;
    this.#entries[n] = entry;
    this.#positions[n] = position;
  }

  /** Runs the kernel, leaves the bits in the histories and the candidates in their list. */
  run(
    columns: FactColumns,
    setBits: Int32Array,
    views: SlabViews,
    chunks: EventChunks,
    candidates: CandidateList,
    allRules: Int32Array,
  ): void {
    const n = this.#count;
    this.#count = 0;
    const { kernel, bitWords, maskWords } = this.#plan;
    kernel(columns, setBits, views, n, this.#legs, this.#lines, this.#bits, this.#masks);
    for (let i = 0; i < n; i++) {
      const line = this.#lines[i] as number;
      if (hasBits(this.#bits, i * bitWords, bitWords)) {
        chunks.setBits(this.#entries[i] as number, this.#bits, i * bitWords);
      }
      if (((views.i32[(line << 4) + HEADER.flags] as number) & FLAG_UNGATED) !== 0) {
        candidates.push(line, this.#positions[i] as number, allRules, 0);
        this.#ticks?.note(line);
      } else if (hasBits(this.#masks, i * maskWords, maskWords)) {
        candidates.push(line, this.#positions[i] as number, this.#masks, i * maskWords);
      }
      this.#ticks?.take(line, this.#bits, i * bitWords);
    }
  }
}

function hasBits(words: Int32Array, from: number, count: number): boolean {
  for (let at = from; at < from + count; at++) if (words[at] !== 0) return true;
  return false;
}
