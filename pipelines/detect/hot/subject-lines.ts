/** Where the record of each subject of a tier lies, by the id of its key. */
import type { Steps } from '../../../rules/compiler/index.ts';
import type { CheckpointIn, CheckpointOut } from '../../recovery/checkpoint-image.ts';
import type { IdleSweep } from './idle-sweep.ts';
import type { RecordSlab } from './record-slab.ts';

const FIRST_KEYS = 1_024;

export class SubjectLines {
  readonly #slab: RecordSlab;
  readonly #idle: IdleSweep | undefined;
  /** 0 is none, below 0 the reference of one that has left memory. */
  #lineOf = new Int32Array(FIRST_KEYS);

  constructor(slab: RecordSlab, idle: IdleSweep | undefined) {
    this.#slab = slab;
    this.#idle = idle;
  }

  /** Memory of the lines. */
  get bytes(): number {
    return this.#lineOf.byteLength;
  }

  /** Line of a subject's record; 0 if there is none, below 0 if it has left memory. */
  at(key: number): number {
    return key >= 0 && key < this.#lineOf.length ? (this.#lineOf[key] as number) : 0;
  }

  /** Line of a subject's record, which is made or brought back where there is none in memory. */
  take(key: number): number {
    if (key >= this.#lineOf.length) {
      const grown = new Int32Array(Math.max(key + 1, 2 * this.#lineOf.length));
      grown.set(this.#lineOf);
      this.#lineOf = grown;
    }
    let line = this.#lineOf[key] as number;
    if (line <= 0) {
      line = line === 0 ? this.#slab.allocate(key) : (this.#idle as IdleSweep).bringBack(key, -line);
      this.#lineOf[key] = line;
    }
    return line;
  }

  *save(out: CheckpointOut): Steps<void> {
    yield* out.array('lines', this.#lineOf);
  }

  load(image: CheckpointIn): void {
    this.#lineOf = image.array('lines', Int32Array);
  }

  /** The record has left memory, and lies under this reference. */
  leave(key: number, reference: number): void {
    this.#lineOf[key] = -reference;
  }
}
