/**
 * Where the state of idle subjects lies: one unit of a cold file each, named by a small number that the tier keeps in the
 * place of the record's line.
 */
import type { Steps } from '../../../rules/compiler/index.ts';
import type { CheckpointIn, CheckpointOut } from '../../recovery/checkpoint-image.ts';
import { COLD_LIMITS, type ColdFile } from '../../state/cold-file.ts';

const FIRST_SUBJECTS = 1_024;
const WORD_BYTES = 4;
/** Longest state that is moved out, in words; a busier subject stays. */
export const IDLE_WORDS_MAX = COLD_LIMITS.UNIT_BYTES / WORD_BYTES;

export class IdleSubjects {
  readonly #file: ColdFile;
  /** Position by reference; of a free reference, the next free one. */
  #positions = new Float64Array(FIRST_SUBJECTS);
  /** Words by reference; 0 is free. */
  #lengths = new Int32Array(FIRST_SUBJECTS);
  /** Reference 0 is none. */
  #next = 1;
  #free = 0;
  #words = new Int32Array(FIRST_SUBJECTS);
  #image = new Int32Array(FIRST_SUBJECTS);

  constructor(file: ColdFile) {
    this.#file = file;
  }

  /** Memory of the references. */
  get bytes(): number {
    return this.#positions.byteLength + this.#lengths.byteLength;
  }

  /** Room for an image of so many words, to be filled and `put`. */
  room(words: number): Int32Array {
    if (words > this.#words.length) this.#words = new Int32Array(Math.max(words, 2 * this.#words.length));
    return this.#words;
  }

  /** Moves the first `words` words of the room out; returns their reference, 1 or more. */
  put(words: number): number {
    const position = this.#file.append(new Uint8Array(this.#words.buffer, 0, WORD_BYTES * words));
    let reference = this.#free;
    if (reference !== 0) this.#free = this.#positions[reference] as number;
    else {
      reference = this.#next++;
      if (reference === this.#positions.length) this.#grow();
    }
    this.#positions[reference] = position;
    this.#lengths[reference] = words;
    return reference;
  }

  /** The image of a reference; good until the next call. */
  read(reference: number): Int32Array {
    const words = this.#lengths[reference] as number;
    if (words > this.#image.length) this.#image = new Int32Array(Math.max(words, 2 * this.#image.length));
    const position = this.#positions[reference] as number;
    this.#file.read(position, new Uint8Array(this.#image.buffer, 0, WORD_BYTES * words));
    return this.#image;
  }

  /** The reference is not asked for again. */
  forget(reference: number): void {
    this.#release(reference);
  }

  /** Forgets all of them. */
  clear(): void {
    for (let reference = 1; reference < this.#next; reference++) {
      if (this.#lengths[reference] !== 0) this.#release(reference);
    }
  }

  *save(out: CheckpointOut): Steps<void> {
    yield* out.numbers('idle', this.#next, this.#free);
    yield* out.array('idle.positions', this.#positions, this.#next);
    yield* out.array('idle.lengths', this.#lengths, this.#next);
  }

  load(image: CheckpointIn): void {
    [this.#next = 1, this.#free = 0] = image.numbers('idle');
    while (this.#positions.length <= this.#next) this.#grow();
    image.into('idle.positions', this.#positions);
    image.into('idle.lengths', this.#lengths);
  }

  #release(reference: number): void {
    this.#file.release(
      this.#positions[reference] as number,
      WORD_BYTES * (this.#lengths[reference] as number),
    );
    this.#positions[reference] = this.#free;
    this.#lengths[reference] = 0;
    this.#free = reference;
  }

  #grow(): void {
    const positions = new Float64Array(2 * this.#positions.length);
    positions.set(this.#positions);
    this.#positions = positions;
    const lengths = new Int32Array(2 * this.#lengths.length);
    lengths.set(this.#lengths);
    this.#lengths = lengths;
  }
}
