/**
 * The layout of an object, learned from one line that the library has read and accepted: which bytes are fixed (keys,
 * their order, punctuation, blanks) and where values stand between them. Another line of the same layout has the same
 * fixed bytes, so it has the same keys, each once.
 */
import { SCAN_LIMITS } from './limits.ts';

export type SlotKind = 'text' | 'number' | 'boolean';
export type Path = readonly (string | number)[];

/** A value of the layout. */
export class Slot {
  readonly index: number;
  readonly kind: SlotKind;
  readonly path: Path;

  constructor(index: number, kind: SlotKind, path: Path) {
    this.index = index;
    this.kind = kind;
    this.path = path;
  }
}

/** The object with slots in place of its values; members that are null are left out, as the reader leaves them out. */
export type Skeleton = Slot | { readonly [key: string]: Skeleton } | readonly Skeleton[];

export interface JsonLayout {
  readonly slots: readonly Slot[];
  /** Fixed bytes before each slot, and at last those behind all of them. */
  readonly literals: readonly (readonly number[])[];
  readonly skeleton: Skeleton;
}

const QUOTE = 34;
const BACKSLASH = 92;
const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte > 47 && byte < 58;
const isBlank = (byte: number | undefined): boolean =>
  byte === 32 || byte === 9 || byte === 13 || byte === 10;

/** Something that no scanner is made for. */
class Unfit extends Error {}

class Learner {
  readonly slots: Slot[] = [];
  readonly literals: number[][] = [];
  readonly #bytes: Uint8Array;
  readonly #stop: number;
  #at: number;
  /** Where the fixed bytes that are being read began. */
  #from: number;

  constructor(bytes: Uint8Array, start: number, stop: number) {
    this.#bytes = bytes;
    this.#at = start;
    this.#from = start;
    this.#stop = stop;
  }

  learn(): Skeleton {
    this.#blanks();
    if (this.#peek() !== 0x7b) throw new Unfit();
    const skeleton = this.#object([]);
    this.#blanks();
    if (this.#at !== this.#stop) throw new Unfit();
    this.literals.push([...this.#bytes.subarray(this.#from, this.#stop)]);
    return skeleton;
  }

  #peek(): number | undefined {
    return this.#at < this.#stop ? this.#bytes[this.#at] : undefined;
  }

  #blanks(): void {
    while (isBlank(this.#peek())) this.#at += 1;
  }

  #take(byte: number): void {
    if (this.#peek() !== byte) throw new Unfit();
    this.#at += 1;
  }

  /** The text between quotes; the position is behind them. */
  #quoted(): string {
    this.#take(QUOTE);
    const start = this.#at;
    for (let byte = this.#peek(); byte !== QUOTE; byte = this.#peek()) {
      if (byte === undefined || byte < 32 || byte > 126 || byte === BACKSLASH) throw new Unfit();
      this.#at += 1;
    }
    const text = String.fromCharCode(...this.#bytes.subarray(start, this.#at));
    this.#at += 1;
    return text;
  }

  #slot(kind: SlotKind, path: Path, from: number): Slot {
    if (this.slots.length >= SCAN_LIMITS.CELLS) throw new Unfit();
    this.literals.push([...this.#bytes.subarray(this.#from, from)]);
    this.#from = this.#at;
    const slot = new Slot(this.slots.length, kind, path);
    this.slots.push(slot);
    return slot;
  }

  #word(word: string): boolean {
    for (let i = 0; i < word.length; i++) {
      if (this.#at + i >= this.#stop || this.#bytes[this.#at + i] !== word.charCodeAt(i)) return false;
    }
    this.#at += word.length;
    return true;
  }

  /** Null where the value is null. */
  #value(path: Path): Skeleton | null {
    if (path.length > SCAN_LIMITS.DEPTH) throw new Unfit();
    const from = this.#at;
    const byte = this.#peek();
    if (byte === 0x7b) return this.#object(path);
    if (byte === 0x5b) return this.#list(path);
    if (byte === QUOTE) {
      this.#quoted();
      return this.#slot('text', path, from);
    }
    if (this.#word('true') || this.#word('false')) return this.#slot('boolean', path, from);
    if (this.#word('null')) return null;
    if (byte === 0x2d) this.#at += 1;
    while (isDigit(this.#peek()) || this.#peek() === 46) this.#at += 1;
    if (this.#at === from) throw new Unfit();
    return this.#slot('number', path, from);
  }

  #object(path: Path): Skeleton {
    const members: Record<string, Skeleton> = Object.create(null) as Record<string, Skeleton>;
    const keys = new Set<string>();
    this.#take(0x7b);
    this.#blanks();
    while (this.#peek() !== 0x7d) {
      if (keys.size > 0) {
        this.#take(0x2c);
        this.#blanks();
      }
      const key = this.#quoted();
      if (keys.has(key)) throw new Unfit();
      keys.add(key);
      this.#blanks();
      this.#take(0x3a);
      this.#blanks();
      const value = this.#value([...path, key]);
      if (value !== null) members[key] = value;
      this.#blanks();
    }
    this.#at += 1;
    return members;
  }

  #list(path: Path): Skeleton {
    const items: Skeleton[] = [];
    this.#take(0x5b);
    this.#blanks();
    while (this.#peek() !== 0x5d) {
      if (items.length > 0) {
        this.#take(0x2c);
        this.#blanks();
      }
      const value = this.#value([...path, items.length]);
      // The reader leaves a hole there.
      if (value === null) throw new Unfit();
      items.push(value);
      this.#blanks();
    }
    this.#at += 1;
    return items;
  }
}

/** The layout of a line, or null where no scanner would read such lines. */
export function learnLayout(bytes: Uint8Array, start: number, stop: number): JsonLayout | null {
  const learner = new Learner(bytes, start, stop);
  try {
    const skeleton = learner.learn();
    return { slots: learner.slots, literals: learner.literals, skeleton };
  } catch (error) {
    if (error instanceof Unfit) return null;
    throw error;
  }
}
