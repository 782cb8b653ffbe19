/** Members of edge rows by their text, each list of them by a number; forgotten all at once when there are too many. */
export class MemberMemo<T> {
  readonly #most: number;
  readonly #lists: Map<string, T>[] = [];
  #count = 0;

  constructor(most: number) {
    this.#most = most;
  }

  find(list: number, text: string): T | undefined {
    return this.#lists[list]?.get(text);
  }

  put(list: number, text: string, member: T): void {
    if (++this.#count > this.#most) {
      this.#lists.length = 0;
      this.#count = 1;
    }
    const known = this.#lists[list];
    if (known === undefined) this.#lists[list] = new Map([[text, member]]);
    else known.set(text, member);
  }

  clear(): void {
    this.#lists.length = 0;
    this.#count = 0;
  }
}
