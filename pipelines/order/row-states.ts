/** Of each row of a store whether it counts, does not count, or counts but waits to be put in order. */
import type { Steps } from '../../rules/compiler/index.ts';
import type { CheckpointIn, CheckpointOut } from '../recovery/checkpoint-image.ts';

const FIRST_ROWS = 1_024;
const DEAD = 1;
const HELD = 2;

export class RowStates {
  #states = new Uint8Array(FIRST_ROWS);

  /** The row is no part of the effective set. */
  bury(row: number): void {
    this.#set(row, DEAD);
  }

  /** The row is part of the effective set, and has not been fed. */
  hold(row: number): void {
    this.#set(row, HELD);
  }

  /** The row is fed now; false if it does not count any more. */
  release(row: number): boolean {
    if (!this.isHeld(row)) return false;
    this.#states[row] = 0;
    return true;
  }

  isDead(row: number): boolean {
    return row < this.#states.length && this.#states[row] === DEAD;
  }

  isHeld(row: number): boolean {
    return row < this.#states.length && this.#states[row] === HELD;
  }

  /** Dead or held: nobody reads it. */
  isOut(row: number): boolean {
    return row < this.#states.length && this.#states[row] !== 0;
  }

  *save(out: CheckpointOut): Steps<void> {
    yield* out.array('states', this.#states);
  }

  load(image: CheckpointIn): void {
    this.#states = image.array('states', Uint8Array);
  }

  #set(row: number, state: number): void {
    if (row >= this.#states.length) {
      const grown = new Uint8Array(Math.max(row + 1, 2 * this.#states.length));
      grown.set(this.#states);
      this.#states = grown;
    }
    this.#states[row] = state;
  }
}
