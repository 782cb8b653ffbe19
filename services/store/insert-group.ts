/**
 * Groups what many partitions write to one table into few inserts. A group closes when it has the rows, the bytes or the age
 * that the caller bounds it by; the caller's promise resolves when its rows are stored. Time is handed in, so that the order of
 * events can be tested without waiting.
 */

export interface GroupBounds {
  readonly rowsMax: number;
  readonly bytesMax: number;
  readonly lingerMs: number;
}

/** Where time comes from: `setTimeout` in a process, a hand in a test. Returns how to call it off. */
export type Later = (ms: number, work: () => void) => () => void;

export interface Piece<T> {
  readonly item: T;
  readonly rows: number;
  readonly bytes: number;
}

interface Waiting<T> extends Piece<T> {
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

export const inTime: Later = (ms, work) => {
  const timer = setTimeout(work, ms);
  return () => clearTimeout(timer);
};

export class InsertGroup<T> {
  readonly #write: (items: readonly T[], rows: number) => Promise<void>;
  readonly #bounds: GroupBounds;
  readonly #later: Later;
  #waiting: Waiting<T>[] = [];
  /** Pieces of the insert that is under way. */
  #underWay: readonly Waiting<T>[] = [];
  #rows = 0;
  #bytes = 0;
  #callOff: (() => void) | undefined;
  /** One insert at a time: what comes meanwhile makes the next group larger, which is what a slow store needs. */
  #writing: Promise<void> = Promise.resolve();
  #busy = false;

  constructor(
    write: (items: readonly T[], rows: number) => Promise<void>,
    bounds: GroupBounds,
    later: Later = inTime,
  ) {
    this.#write = write;
    this.#bounds = bounds;
    this.#later = later;
  }

  /** Rows that are not stored yet and not on their way. */
  get waitingRows(): number {
    return this.#rows;
  }

  /** Resolves when the piece is stored, rejects with what the store has against its group. Pieces stay in their order. */
  add(piece: Piece<T>): Promise<void> {
    return new Promise((done, failed) => {
      this.#waiting.push({ ...piece, done, failed });
      this.#rows += piece.rows;
      this.#bytes += piece.bytes;
      if (this.#isFull) this.#close();
      else if (!this.#busy) this.#callOff ??= this.#later(this.#bounds.lingerMs, () => this.#close());
    });
  }

  /** Closes what is there, and resolves when all of it is stored or has failed. */
  async flush(): Promise<void> {
    this.#close();
    while (this.#busy || this.#waiting.length > 0) {
      await this.#writing;
      this.#close();
    }
  }

  /**
   * Gives up what is not stored yet, for a partition that was taken away: their promises reject with `reason` at once, also where the store
   * holds up the insert that they are in. That one may still arrive.
   */
  drop(drops: (item: T) => boolean, reason: unknown): void {
    const dropped = this.#waiting.filter(({ item }) => drops(item));
    this.#waiting = this.#waiting.filter(({ item }) => !drops(item));
    for (const { rows, bytes, failed } of dropped) {
      this.#rows -= rows;
      this.#bytes -= bytes;
      failed(reason);
    }
    for (const { item, failed } of this.#underWay) if (drops(item)) failed(reason);
  }

  get #isFull(): boolean {
    return this.#rows >= this.#bounds.rowsMax || this.#bytes >= this.#bounds.bytesMax;
  }

  #close(): void {
    this.#callOff?.();
    this.#callOff = undefined;
    if (this.#busy || this.#waiting.length === 0) return;
    const group = this.#taken();
    this.#busy = true;
    this.#underWay = group;
    const rows = group.reduce((sum, piece) => sum + piece.rows, 0);
    this.#writing = this.#write(
      group.map(({ item }) => item),
      rows,
    )
      .then(
        () => {
          for (const { done } of group) done();
        },
        (error: unknown) => {
          for (const { failed } of group) failed(error);
        },
      )
      .finally(() => {
        this.#busy = false;
        this.#underWay = [];
        if (this.#isFull) this.#close();
        else if (this.#waiting.length > 0)
          this.#callOff ??= this.#later(this.#bounds.lingerMs, () => this.#close());
      });
  }

  /** As many as the bounds let through, at least one. */
  #taken(): Waiting<T>[] {
    let count = 0;
    let rows = 0;
    let bytes = 0;
    for (const piece of this.#waiting) {
      const isOver = rows + piece.rows > this.#bounds.rowsMax || bytes + piece.bytes > this.#bounds.bytesMax;
      if (count > 0 && isOver) break;
      count++;
      rows += piece.rows;
      bytes += piece.bytes;
    }
    this.#rows -= rows;
    this.#bytes -= bytes;
    return this.#waiting.splice(0, count);
  }
}
