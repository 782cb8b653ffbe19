/** Bounded concurrency: so many statements run, so many wait, the next is refused. */
import { tooMany } from './exception.ts';

export class Gate {
  readonly #running: number;
  readonly #waiting: number;
  readonly #queue: Array<() => void> = [];
  #active = 0;

  /** @param running places; @param waiting length of the queue before them. */
  constructor(running: number, waiting: number) {
    this.#running = running;
    this.#waiting = waiting;
  }

  /** Runs `work` when a place is free. @throws ServerException TOO_MANY_SIMULTANEOUS_QUERIES if the queue is full. */
  async enter<T>(work: () => Promise<T>): Promise<T> {
    if (this.#active >= this.#running) {
      if (this.#queue.length >= this.#waiting) throw tooMany('Too many simultaneous queries.');
      // Whoever leaves hands its place over, so the count does not change here.
      await new Promise<void>((resolve) => this.#queue.push(resolve));
    } else {
      this.#active++;
    }
    try {
      return await work();
    } finally {
      const next = this.#queue.shift();
      if (next) next();
      else this.#active--;
    }
  }
}
