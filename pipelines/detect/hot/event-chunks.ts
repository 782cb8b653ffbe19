/**
 * Histories: of each subject the legs of its events in total order, with the bits that tier 1 found true on each, in chunks
 * from slabs with a free list. A subject's record holds its last chunk and how much of it is used; each knows the one before.
 *
 * Chunks whose rows have all left memory leave it too (`cold-chunks.ts`), never the last one: before a chunk then stands,
 * below 0, the reference of one that is read where it lies. It comes back when events before it are put in or taken out.
 */
import type { Steps } from '../../../rules/compiler/index.ts';
import type { CheckpointIn, CheckpointOut } from '../../recovery/checkpoint-image.ts';
import type { ColdFile } from '../../state/cold-file.ts';
import { ChunkMemory } from './chunk-memory.ts';
import { CHUNK_WORDS, ColdChunks } from './cold-chunks.ts';
import { HEADER, type SlabViews } from './record-slab.ts';

/** A chunk: the one before it, and the entries, each a leg and its words of bits. */
const ENTRIES_AT = 1;
/** An entry is named by 16 times its chunk and its place there. */
const ENTRY_SHIFT = 4;
/** Records are 16 words to a line. */
const LINE_SHIFT = 4;
/** Histories touched at once. */
const TOUCHED_MAX = 256;
/** Histories that got a new chunk and wait to be looked at. */
const GROWN_MAX = 512;
/** Chunks looked at when there is a new one; those of more histories, or of longer ones, when somebody asks. */
const LOOKED_AT = 8;

/** Takes position and leg of an event and where its words of bits begin; false ends the reading. */
export type EntryReader = (position: number, leg: number, words: Int32Array, at: number) => boolean;

export class EventChunks {
  readonly #cold: ColdChunks | undefined;
  readonly #entryWords: number;
  /** Events of a chunk. */
  readonly chunkEvents: number;
  readonly #memory = new ChunkMemory();
  readonly #tails = new Int32Array(TOUCHED_MAX);
  #touched = 0;
  /** One entry, on its way to another place. */
  readonly #spare: Int32Array;
  /** Records whose history got a new chunk. */
  readonly #grown = new Int32Array(GROWN_MAX);
  #grownCount = 0;
  #chain = new Int32Array(LOOKED_AT);
  #oldRows = 0;

  /** `bitWords`: words of bits an event has. `file`: where old chunks go; without it all stay in memory. */
  constructor(bitWords: number, file?: ColdFile) {
    this.#entryWords = 1 + bitWords;
    this.#spare = new Int32Array(this.#entryWords);
    this.chunkEvents = Math.min(1 << ENTRY_SHIFT, Math.floor((CHUNK_WORDS - ENTRIES_AT) / this.#entryWords));
    this.#cold = file === undefined ? undefined : new ColdChunks(file);
  }

  get bytes(): number {
    return this.#memory.bytes + (this.#cold?.bytes ?? 0);
  }

  /**
   * Appends a leg to the history of the record at word `base`; returns the entry, for `setBits`: 16 * chunk + place.
   */
  append(views: SlabViews, base: number, leg: number): number {
    const { i32 } = views;
    let chunk = i32[base + HEADER.tail] as number;
    let slot = i32[base + HEADER.slot] as number;
    if (chunk === 0 || slot === this.chunkEvents) {
      if (chunk !== 0 && this.#grownCount < GROWN_MAX) this.#grown[this.#grownCount++] = base;
      const fresh = this.#memory.allocate();
      this.#memory.slab(fresh)[this.#memory.startOf(fresh)] = chunk;
      chunk = fresh;
      slot = 0;
      i32[base + HEADER.tail] = chunk;
    }
    const slab = this.#memory.slab(chunk);
    const at = this.#memory.startOf(chunk) + ENTRIES_AT + this.#entryWords * slot;
    slab[at] = leg;
    for (let word = 1; word < this.#entryWords; word++) slab[at + word] = 0;
    i32[base + HEADER.slot] = slot + 1;
    i32[base + HEADER.length] = (i32[base + HEADER.length] as number) + 1;
    return (chunk << ENTRY_SHIFT) + slot;
  }

  /** Reads the end of the histories of records, and no more: what follows finds them near. */
  touch({ i32 }: SlabViews, lines: Int32Array, count: number): void {
    let sum = 0;
    for (let i = 0; i < count; i++) {
      this.#tails[i] = i32[((lines[i] as number) << LINE_SHIFT) + HEADER.tail] as number;
    }
    for (let i = 0; i < count; i++) {
      const chunk = this.#tails[i] as number;
      if (chunk !== 0) sum += this.#memory.slab(chunk)[this.#memory.startOf(chunk)] as number;
    }
    this.#touched = sum | 0;
  }

  /** What `touch` read, so that the reading is not optimised away. */
  get touched(): number {
    return this.#touched;
  }

  /** Sets the bits of an entry from `bits[from ..]`. */
  setBits(entry: number, bits: Int32Array, from: number): void {
    const chunk = entry >>> ENTRY_SHIFT;
    const slab = this.#memory.slab(chunk);
    const at = this.#wordOf(entry);
    for (let word = 1; word < this.#entryWords; word++) slab[at + word] = bits[from + word - 1] as number;
  }

  /** How many events at the end `isAfter` says so of. */
  countAfter(views: SlabViews, base: number, isAfter: (leg: number) => boolean): number {
    let after = 0;
    this.readBack(views, base, 0, (_position, leg) => {
      if (!isAfter(leg)) return false;
      after++;
      return true;
    });
    return after;
  }

  /**
   * Puts a leg before the events at the end for which `isAfter` says so, moving them on by one place; returns its entry.
   */
  insert(views: SlabViews, base: number, leg: number, isAfter: (leg: number) => boolean): number {
    let entry = this.append(views, base, leg);
    for (
      let before = this.#legBefore(entry);
      before >= 0 && isAfter(before);
      before = this.#legBefore(entry)
    ) {
      const from = this.#entryBefore(entry);
      this.#copyEntry(from, entry);
      entry = from;
    }
    const slab = this.#memory.slab(entry >>> ENTRY_SHIFT);
    const at = this.#wordOf(entry);
    slab[at] = leg;
    for (let word = 1; word < this.#entryWords; word++) slab[at + word] = 0;
    return entry;
  }

  /**
   * Takes the last event with this leg out, moving those after it back by one place; returns the position that it had, or -1.
   */
  remove(views: SlabViews, base: number, leg: number): number {
    let found = -1;
    this.readBack(views, base, 0, (position, each) => {
      if (each === leg) found = position;
      return found < 0;
    });
    if (found < 0) return -1;
    const { i32 } = views;
    const last =
      ((i32[base + HEADER.tail] as number) << ENTRY_SHIFT) + (i32[base + HEADER.slot] as number) - 1;
    // From the end on each takes the place of the one before it, whose content goes on; nothing is left behind the last.
    this.#spare.fill(0);
    this.#swapSpare(last);
    let entry = last;
    for (let position = (i32[base + HEADER.length] as number) - 1; position > found; position--) {
      entry = this.#entryBefore(entry);
      this.#swapSpare(entry);
    }
    this.#dropLast(views, base);
    return found;
  }

  #swapSpare(entry: number): void {
    const slab = this.#memory.slab(entry >>> ENTRY_SHIFT);
    const at = this.#wordOf(entry);
    for (let word = 0; word < this.#entryWords; word++) {
      const held = slab[at + word] as number;
      slab[at + word] = this.#spare[word] as number;
      this.#spare[word] = held;
    }
  }

  #dropLast({ i32 }: SlabViews, base: number): void {
    const chunk = i32[base + HEADER.tail] as number;
    const slot = (i32[base + HEADER.slot] as number) - 1;
    i32[base + HEADER.length] = (i32[base + HEADER.length] as number) - 1;
    i32[base + HEADER.slot] = slot;
    if (slot > 0) return;
    const before = this.#chunkBefore(chunk);
    this.#memory.giveBack(chunk);
    i32[base + HEADER.tail] = before;
    i32[base + HEADER.slot] = before === 0 ? 0 : this.chunkEvents;
  }

  #entryBefore(entry: number): number {
    if ((entry & ((1 << ENTRY_SHIFT) - 1)) !== 0) return entry - 1;
    const before = this.#chunkBefore(entry >>> ENTRY_SHIFT);
    return before === 0 ? 0 : (before << ENTRY_SHIFT) + this.chunkEvents - 1;
  }

  /** Leg of the entry before this one, or -1; read where it lies. */
  #legBefore(entry: number): number {
    if ((entry & ((1 << ENTRY_SHIFT) - 1)) !== 0) {
      return this.#memory.slab(entry >>> ENTRY_SHIFT)[this.#wordOf(entry - 1)] as number;
    }
    const before = this.#linkOf(entry >>> ENTRY_SHIFT);
    return before === 0 ? -1 : this.#lastLegOf(before);
  }

  /** The chunk before one, 0 for none; it comes back where it has left memory. */
  #chunkBefore(chunk: number): number {
    const before = this.#linkOf(chunk);
    if (before >= 0) return before;
    const cold = this.#cold as ColdChunks;
    const back = this.#memory.allocate();
    const words = cold.wordsOf(-before);
    const from = cold.startOf(-before);
    this.#memory.slab(back).set(words.subarray(from, from + CHUNK_WORDS), this.#memory.startOf(back));
    cold.release(-before);
    this.#setLink(chunk, back);
    return back;
  }

  #linkOf(chunk: number): number {
    return this.#memory.slab(chunk)[this.#memory.startOf(chunk)] as number;
  }

  #setLink(chunk: number, link: number): void {
    this.#memory.slab(chunk)[this.#memory.startOf(chunk)] = link;
  }

  /** Leg of the last event of a whole chunk, in memory or not. */
  #lastLegOf(chunk: number): number {
    const last = ENTRIES_AT + this.#entryWords * (this.chunkEvents - 1);
    if (chunk > 0) return this.#memory.slab(chunk)[this.#memory.startOf(chunk) + last] as number;
    const cold = this.#cold as ColdChunks;
    return cold.wordsOf(-chunk)[cold.startOf(-chunk) + last] as number;
  }

  #copyEntry(from: number, to: number): void {
    const source = this.#memory.slab(from >>> ENTRY_SHIFT);
    const target = this.#memory.slab(to >>> ENTRY_SHIFT);
    const at = this.#wordOf(from);
    const into = this.#wordOf(to);
    for (let word = 0; word < this.#entryWords; word++) target[into + word] = source[at + word] as number;
  }

  #wordOf(entry: number): number {
    const slot = entry & ((1 << ENTRY_SHIFT) - 1);
    return this.#memory.startOf(entry >>> ENTRY_SHIFT) + ENTRIES_AT + this.#entryWords * slot;
  }

  /** Leg of the last event; the history is not empty. */
  lastLeg(views: SlabViews, base: number): number {
    const chunk = views.i32[base + HEADER.tail] as number;
    const slot = (views.i32[base + HEADER.slot] as number) - 1;
    return this.#memory.slab(chunk)[
      this.#memory.startOf(chunk) + ENTRIES_AT + this.#entryWords * slot
    ] as number;
  }

  /** Reads the events from position `from` on, latest first. */
  readBack(views: SlabViews, base: number, from: number, each: EntryReader): void {
    let position = (views.i32[base + HEADER.length] as number) - 1;
    let chunk = views.i32[base + HEADER.tail] as number;
    let slot = (views.i32[base + HEADER.slot] as number) - 1;
    while (position >= from) {
      const words = chunk > 0 ? this.#memory.slab(chunk) : (this.#cold as ColdChunks).wordsOf(-chunk);
      const start = chunk > 0 ? this.#memory.startOf(chunk) : (this.#cold as ColdChunks).startOf(-chunk);
      const before = words[start] as number;
      for (; slot >= 0 && position >= from; slot--, position--) {
        const at = start + ENTRIES_AT + this.#entryWords * slot;
        if (!each(position, words[at] as number, words, at + 1)) return;
      }
      chunk = before;
      slot = this.chunkEvents - 1;
    }
  }

  /**
   * Lets chunks leave whose rows are all below `oldRows`, of the histories that grew since the last call. The bits of all their
   * entries must be set.
   */
  settle(views: SlabViews, oldRows: number): void {
    this.#oldRows = oldRows;
    for (let i = 0; i < this.#grownCount; i++) {
      this.#leave(views, this.#grown[i] as number, LOOKED_AT, oldRows);
    }
    this.#grownCount = 0;
  }

  /** As `settle`, of all chunks of a history but the last. */
  leave(views: SlabViews, base: number): void {
    this.#leave(views, base, Number.POSITIVE_INFINITY, this.#oldRows);
  }

  #leave({ i32 }: SlabViews, base: number, most: number, oldRows: number): void {
    if (this.#cold === undefined) return;
    const tail = i32[base + HEADER.tail] as number;
    let count = 0;
    let chunk = tail;
    for (; chunk > 0 && count <= most; chunk = this.#linkOf(chunk)) {
      if (count === this.#chain.length) {
        const grown = new Int32Array(2 * count);
        grown.set(this.#chain);
        this.#chain = grown;
      }
      this.#chain[count++] = chunk;
    }
    // The oldest first: each then knows where the one before it lies.
    if (chunk <= 0) this.#moveOut(this.#cold, count, oldRows);
  }

  /** Moves chunks out whose rows are old, from the last of the chain, which is the oldest, up to its first, which stays. */
  #moveOut(cold: ColdChunks, count: number, oldRows: number): void {
    for (let i = count - 1; i > 0; i--) {
      const chunk = this.#chain[i] as number;
      if (this.#lastLegOf(chunk) >> 1 >= oldRows) return;
      const reference = cold.put(this.#memory.slab(chunk), this.#memory.startOf(chunk));
      this.#memory.giveBack(chunk);
      this.#setLink(this.#chain[i - 1] as number, -reference);
    }
  }

  /**
   * Copies the last chunk of a history, which has events, to `out` at `at` and gives it back; those before it leave, however
   * young they are.
   */
  moveLast(views: SlabViews, base: number, out: Int32Array, at: number): void {
    this.#leave(views, base, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY);
    const chunk = views.i32[base + HEADER.tail] as number;
    const from = this.#memory.startOf(chunk);
    const used = ENTRIES_AT + this.#entryWords * (views.i32[base + HEADER.slot] as number);
    out.set(this.#memory.slab(chunk).subarray(from, from + used), at);
    out.fill(0, at + used, at + CHUNK_WORDS);
    this.#memory.giveBack(chunk);
  }

  /** Makes a chunk that was moved so the last of a history again. */
  putLast({ i32 }: SlabViews, base: number, words: Int32Array, at: number): void {
    const chunk = this.#memory.allocate();
    this.#memory.slab(chunk).set(words.subarray(at, at + CHUNK_WORDS), this.#memory.startOf(chunk));
    i32[base + HEADER.tail] = chunk;
  }

  /** Gives back all chunks of a history; its record is reset by who asks. */
  release(views: SlabViews, base: number): void {
    let chunk = views.i32[base + HEADER.tail] as number;
    while (chunk > 0) {
      const before = this.#linkOf(chunk);
      this.#memory.giveBack(chunk);
      chunk = before;
    }
    while (chunk < 0) {
      const cold = this.#cold as ColdChunks;
      const before = cold.wordsOf(-chunk)[cold.startOf(-chunk)] as number;
      cold.release(-chunk);
      chunk = before;
    }
  }

  /** Forgets what has left memory; nothing is asked of these histories any more. */
  close(): void {
    this.#cold?.clear();
  }

  /** To be called when no history waits to be looked at: behind `settle`. */
  *save(out: CheckpointOut): Steps<void> {
    yield* this.#memory.save(out);
    if (this.#cold !== undefined) yield* this.#cold.save(out);
  }

  load(image: CheckpointIn): void {
    this.#memory.load(image);
    this.#cold?.load(image);
  }
}
