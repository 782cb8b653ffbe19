/**
 * A map that forgets: at most twice `size` entries, the least recently used half going first. Two generations cost one
 * extra look-up on a miss and no bookkeeping on a hit, which a linked list would.
 *
 * Keys have two parts, a name space and a name, so that nobody has to join them into a new text for every look-up.
 */
export class BoundedCache<V> {
  readonly #size: number;
  #count = 0;
  #young = new Map<string, Map<string, V>>();
  #old = new Map<string, Map<string, V>>();

  constructor(size: number) {
    this.#size = size;
  }

  get(space: string, name: string): V | undefined {
    const young = this.#young.get(space)?.get(name);
    if (young !== undefined) return young;
    const old = this.#old.get(space)?.get(name);
    if (old !== undefined) this.set(space, name, old);
    return old;
  }

  set(space: string, name: string, value: V): void {
    if (this.#count >= this.#size) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#count = 0;
    }
    let names = this.#young.get(space);
    if (names === undefined) {
      names = new Map();
      this.#young.set(space, names);
    }
    const before = names.size;
    names.set(name, value);
    this.#count += names.size - before;
  }
}
