/** Planted histories as rows in order of time: whichever staging is due next goes first. */
import type { FactDictionary } from '../../pipelines/facts/dictionary.ts';
import type { History, Staging } from './planted.ts';
import { internStaging, keysOf } from './planted.ts';
import type { RowRecord } from './row-record.ts';
import { internRun } from './templates.ts';

/** Where a history's rows lie among the templates, and the run of its keys. */
export interface PlantedTemplate {
  readonly firstTemplate: number;
  readonly firstKey: number;
  readonly keys: readonly string[];
}

/** Gives every history its run of keys, before its rows become columns. */
export function internHistories(
  histories: readonly History[],
  firstTemplate: number,
  dictionary: FactDictionary,
): ReadonlyMap<History, PlantedTemplate> {
  const templates = new Map<History, PlantedTemplate>();
  let next = firstTemplate;
  for (const history of histories) {
    const keys = keysOf(history.rows);
    templates.set(history, { firstTemplate: next, firstKey: internRun(keys, dictionary), keys });
    next += history.rows.length;
  }
  return templates;
}

interface Playing {
  readonly staging: Staging;
  readonly template: PlantedTemplate;
  readonly keys: Int32Array;
  row: number;
  due: number;
}

export class PlantedRows {
  readonly #stagings: readonly Staging[];
  readonly #templates: ReadonlyMap<History, PlantedTemplate>;
  readonly #dictionary: FactDictionary;
  readonly #seed: number;
  /** Binary heap by (due, staging). */
  readonly #heap: Playing[] = [];
  #next = 0;

  constructor(
    stagings: readonly Staging[],
    templates: ReadonlyMap<History, PlantedTemplate>,
    dictionary: FactDictionary,
    seed: number,
  ) {
    this.#stagings = stagings;
    this.#templates = templates;
    this.#dictionary = dictionary;
    this.#seed = seed;
  }

  /** Event time of the next planted row; infinite when none is left. */
  get due(): number {
    const waiting = this.#stagings[this.#next]?.startMs ?? Number.POSITIVE_INFINITY;
    return Math.min(waiting, this.#heap[0]?.due ?? Number.POSITIVE_INFINITY);
  }

  /** Fills the record with the next planted row. There must be one. Returns its staging when that was the last row of it. */
  take(record: RowRecord): Staging | null {
    const waiting = this.#stagings[this.#next];
    if (waiting !== undefined && waiting.startMs <= (this.#heap[0]?.due ?? Number.POSITIVE_INFINITY)) {
      this.#next++;
      this.#begin(waiting);
    }
    const playing = this.#heap[0] as Playing;
    const { staging, template, keys, row, due } = playing;
    const index = template.firstTemplate + row;
    record.template = index;
    record.debtorTemplate = index;
    record.creditorTemplate = index;
    record.firstKey = template.firstKey;
    record.keys = keys;
    record.time = due;
    record.version = 1;
    record.flags = 0;
    record.sharedRef = -1;
    record.reverses = -1;
    record.debtorAge = -1;
    record.creditorAge = -1;
    record.isPlanted = true;
    playing.row++;
    const following = staging.history.rows[playing.row];
    if (following === undefined) {
      const last = this.#heap.pop() as Playing;
      if (last !== playing) this.#heap[0] = last;
    } else playing.due = following.stamp.eventTime + staging.shiftMs;
    this.#sink();
    return following === undefined ? staging : null;
  }

  #begin(staging: Staging): void {
    const template = this.#templates.get(staging.history) as PlantedTemplate;
    const keys = internStaging(template.keys, staging.number, this.#seed, this.#dictionary);
    const playing = { staging, template, keys, row: 0, due: staging.startMs };
    let at = this.#heap.push(playing) - 1;
    while (at > 0 && isBefore(playing, this.#heap[(at - 1) >> 1] as Playing)) {
      this.#heap[at] = this.#heap[(at - 1) >> 1] as Playing;
      at = (at - 1) >> 1;
    }
    this.#heap[at] = playing;
  }

  #sink(): void {
    const heap = this.#heap;
    const top = heap[0];
    if (top === undefined) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      const right = heap[child + 1];
      if (right !== undefined && isBefore(right, heap[child] as Playing)) child++;
      if (!isBefore(heap[child] as Playing, top)) break;
      heap[at] = heap[child] as Playing;
      at = child;
    }
    heap[at] = top;
  }
}

const isBefore = (a: Playing, b: Playing): boolean =>
  a.due < b.due || (a.due === b.due && a.staging.number < b.staging.number);
