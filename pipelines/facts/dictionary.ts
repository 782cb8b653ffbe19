/**
 * What the ids of facts stand for: one dictionary of texts, one of sets of texts.
 *
 * Equal ids mean equal texts. A set's id stands for its members in byte order, each once; id 0 is the empty set. Members
 * that somebody asks about (`memberBit`) have a bit, so that `"x" in set` is one AND on `setBits[setId]`.
 */
import type { Steps } from '../../rules/compiler/index.ts';
import { compareUtf8 } from '../../schemas/order.ts';
import { Interner } from '../intern/interner.ts';
import type { CheckpointIn, CheckpointOut } from '../recovery/checkpoint-image.ts';

/** Ids kept for words (`Interner`): they fit 16 bits. More than banks, places, sectors and currencies have names. */
const WORD_IDS = 32_768;
/** Bits of an Int32 without its sign. */
export const MEMBER_BITS = 31;
const FIRST_SETS = 64;
/** Texts that are kept as strings, a power of two: tier 2 asks for the same few again and again. */
const CACHED_TEXTS = 4_096;

export class FactDictionary {
  readonly interner: Interner;
  readonly #sets: (readonly string[])[] = [[]];
  readonly #setIds = new Map<string, number>([['', 0]]);
  readonly #bits = new Map<string, number>();
  #setBits = new Int32Array(FIRST_SETS);
  readonly #cachedIds = new Int32Array(CACHED_TEXTS).fill(-1);
  /** Filled at once: an array that grows at random places is a hash table to the engine. */
  readonly #cachedTexts: string[] = new Array<string>(CACHED_TEXTS).fill('');

  /** `seed`: two 32-bit words that only decide where texts lie in memory. */
  constructor(seed: readonly [number, number]) {
    this.interner = new Interner({ seed, wordIds: WORD_IDS });
  }

  /** Id of a text of which there are many: accounts, parties, references. */
  textId(text: string): number {
    return this.interner.internText(text);
  }

  /** Id of a text of which there are few; a narrow one if nobody asked for it as anything else before. */
  wordId(text: string): number {
    return this.interner.internText(text, true);
  }

  text(id: number): string {
    const place = id & (CACHED_TEXTS - 1);
    if (this.#cachedIds[place] === id) return this.#cachedTexts[place]!;
    const text = this.interner.text(id);
    this.#cachedIds[place] = id;
    this.#cachedTexts[place] = text;
    return text;
  }

  /** UTF-8 bytes of a text. */
  sizeOf(id: number): number {
    return this.interner.sizeOf(id);
  }

  /** Writes a text in UTF-8 to `at`; returns what is behind it. */
  write(id: number, to: Uint8Array, at: number): number {
    return this.interner.write(id, to, at);
  }

  /** Id of the set of these members, in whatever order, however often each is named. */
  setId(members: readonly string[]): number {
    if (members.length === 0) return 0;
    const sorted = [...new Set(members)].sort(compareUtf8);
    const key = sorted.map((member) => this.wordId(member)).join();
    const known = this.#setIds.get(key);
    if (known !== undefined) return known;
    const id = this.#sets.push(sorted) - 1;
    this.#setIds.set(key, id);
    if (id === this.#setBits.length) {
      const grown = new Int32Array(2 * id);
      grown.set(this.#setBits);
      this.#setBits = grown;
    }
    this.#setBits[id] = this.#bitsOf(sorted);
    return id;
  }

  /** Members in byte order. */
  setOf(id: number): readonly string[] {
    return this.#sets[id] ?? [];
  }

  get sets(): number {
    return this.#sets.length;
  }

  /** The bit of a member in `setBits`, 0..30; -1 when all are taken. */
  memberBit(text: string): number {
    const known = this.#bits.get(text);
    if (known !== undefined) return known;
    if (this.#bits.size === MEMBER_BITS) return -1;
    const bit = this.#bits.size;
    this.#bits.set(text, bit);
    this.#sets.forEach((members, id) => {
      if (members.includes(text)) this.#setBits[id] = (this.#setBits[id] as number) | (1 << bit);
    });
    return bit;
  }

  /** By set id: the bits of its members that have one. Another array after it has grown. */
  get setBits(): Int32Array {
    return this.#setBits;
  }

  *save(out: CheckpointOut): Steps<void> {
    yield* this.interner.save(out);
    yield* out.list('sets', this.#sets.slice(1));
    yield* out.list('members', this.#bits);
  }

  /** Fills a dictionary that has nothing yet. */
  load(image: CheckpointIn): void {
    this.interner.load(image);
    for (const members of image.list('sets')) this.setId(members as string[]);
    for (const [text] of image.list('members') as Iterable<[string, number]>) this.memberBit(text);
  }

  #bitsOf(members: readonly string[]): number {
    let bits = 0;
    for (const member of members) {
      const bit = this.#bits.get(member);
      if (bit !== undefined) bits |= 1 << bit;
    }
    return bits;
  }
}
