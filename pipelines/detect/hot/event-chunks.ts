/**
 * Histories: of each subject the legs of its events in total order, with the bits that tier 1 found true on each, in chunks
 * from slabs with a free list. A subject's record holds its last chunk and how much of it is used; each chunk knows the one
 * before it.
 *
 * What a subject did before it was idle may lie in an archive: before its first chunk then stands, below 0, the archive's
 * reference. It is read where it lies, and comes back into chunks when events are put or taken out between others.
 */
import { HEADER, type SlabViews } from './record-slab.ts';

/** Words of a chunk (two cache lines): the chunk before it, and the entries, each a leg and its words of bits. */
const CHUNK_WORDS = 32;
const CHUNK_SHIFT = 5;
const ENTRIES_AT = 1;
/** An entry is named by 16 times its chunk and its place there. */
const ENTRY_SHIFT = 4;
/** Slabs of 4 MiB, which the system can give huge pages; the first one begins small. */
const SLAB_SHIFT = 15;
const FIRST_CHUNKS = 1 << 8;
/** Records are 16 words to a line. */
const LINE_SHIFT = 4;
/** Histories touched at once. */
const TOUCHED_MAX = 256;
const SLAB_CHUNKS = 1 << SLAB_SHIFT;
const SLAB_MASK = SLAB_CHUNKS - 1;

/** Takes position and leg of an event and where its words of bits begin; false ends the reading. */
export type EntryReader = (position: number, leg: number, words: Int32Array, at: number) => boolean;

/** Histories that are not in memory. */
export interface HistoryArchive {
  /** The words of a history, its first event first, from `at` on; good until the next call. */
  history(reference: number): { readonly words: Int32Array; readonly at: number; readonly events: number };
  forget(reference: number): void;
}

export class EventChunks {
  #archive: HistoryArchive | undefined;
  readonly #entryWords: number;
  /** Events of a chunk. */
  readonly chunkEvents: number;
  readonly #slabs: Int32Array[] = [];
  /** Chunk 0 is no chunk. */
  #next = 1;
  #free = 0;
  #freeCount = 0;
  readonly #tails = new Int32Array(TOUCHED_MAX);
  #touched = 0;
  /** One entry, on its way to another place. */
  readonly #spare: Int32Array;

  /** `bitWords`: words of bits an event has. */
  constructor(bitWords: number) {
    this.#entryWords = 1 + bitWords;
    this.#spare = new Int32Array(this.#entryWords);
    this.chunkEvents = Math.min(1 << ENTRY_SHIFT, Math.floor((CHUNK_WORDS - ENTRIES_AT) / this.#entryWords));
  }

  /** Where histories lie whose references stand in records from now on. */
  useArchive(archive: HistoryArchive): void {
    this.#archive = archive;
  }

  get bytes(): number {
    return (this.#next - this.#freeCount) * CHUNK_WORDS * 4;
  }

  /**
   * Appends a leg to the history of the record at word `base`; returns the entry, for `setBits`: 16 * chunk + place.
   */
  append(views: SlabViews, base: number, leg: number): number {
    const { i32 } = views;
    let chunk = i32[base + HEADER.tail] as number;
    let slot = i32[base + HEADER.slot] as number;
    if (chunk <= 0 || slot === this.chunkEvents) {
      const fresh = this.#allocate();
      this.#slab(fresh)[(fresh & SLAB_MASK) << CHUNK_SHIFT] = chunk;
      chunk = fresh;
      slot = 0;
      i32[base + HEADER.tail] = chunk;
    }
    const slab = this.#slabs[chunk >>> SLAB_SHIFT] as Int32Array;
    const at = ((chunk & SLAB_MASK) << CHUNK_SHIFT) + ENTRIES_AT + this.#entryWords * slot;
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
      if (chunk > 0) sum += this.#slab(chunk)[(chunk & SLAB_MASK) << CHUNK_SHIFT] as number;
    }
    this.#touched = sum | 0;
  }

  /** What `touch` read, kept so that the reading is not optimised away. */
  get touched(): number {
    return this.#touched;
  }

  /** Sets the bits of an entry from `bits[from ..]`. */
  setBits(entry: number, bits: Int32Array, from: number): void {
    const chunk = entry >>> ENTRY_SHIFT;
    const slab = this.#slabs[chunk >>> SLAB_SHIFT] as Int32Array;
    const slot = entry & ((1 << ENTRY_SHIFT) - 1);
    const at = ((chunk & SLAB_MASK) << CHUNK_SHIFT) + ENTRIES_AT + this.#entryWords * slot;
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
    this.#recall(views, base);
    let entry = this.append(views, base, leg);
    for (;;) {
      const before = this.#entryBefore(entry);
      if (before === 0 || !isAfter(this.#slab(before >>> ENTRY_SHIFT)[this.#wordOf(before)] as number)) break;
      this.#copyEntry(before, entry);
      entry = before;
    }
    const slab = this.#slab(entry >>> ENTRY_SHIFT);
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
    this.#recall(views, base);
    const { i32 } = views;
    const last =
      ((i32[base + HEADER.tail] as number) << ENTRY_SHIFT) + (i32[base + HEADER.slot] as number) - 1;
    // From the end on each takes the place of the one before it, whose content goes on.
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
    const slab = this.#slab(entry >>> ENTRY_SHIFT);
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
    const before = this.#slab(chunk)[(chunk & SLAB_MASK) << CHUNK_SHIFT] as number;
    this.#giveBack(chunk);
    i32[base + HEADER.tail] = before;
    i32[base + HEADER.slot] = before === 0 ? 0 : this.chunkEvents;
  }

  #entryBefore(entry: number): number {
    if ((entry & ((1 << ENTRY_SHIFT) - 1)) !== 0) return entry - 1;
    const chunk = entry >>> ENTRY_SHIFT;
    const before = this.#slab(chunk)[(chunk & SLAB_MASK) << CHUNK_SHIFT] as number;
    return before === 0 ? 0 : (before << ENTRY_SHIFT) + this.chunkEvents - 1;
  }

  #copyEntry(from: number, to: number): void {
    const source = this.#slab(from >>> ENTRY_SHIFT);
    const target = this.#slab(to >>> ENTRY_SHIFT);
    const at = this.#wordOf(from);
    const into = this.#wordOf(to);
    for (let word = 0; word < this.#entryWords; word++) target[into + word] = source[at + word] as number;
  }

  #wordOf(entry: number): number {
    const slot = entry & ((1 << ENTRY_SHIFT) - 1);
    return (((entry >>> ENTRY_SHIFT) & SLAB_MASK) << CHUNK_SHIFT) + ENTRIES_AT + this.#entryWords * slot;
  }

  /** Leg of the last event; the history is not empty. */
  lastLeg(views: SlabViews, base: number): number {
    const chunk = views.i32[base + HEADER.tail] as number;
    if (chunk < 0) {
      const { words, at, events } = (this.#archive as HistoryArchive).history(-chunk);
      return words[at + (events - 1) * this.#entryWords] as number;
    }
    const slot = (views.i32[base + HEADER.slot] as number) - 1;
    return this.#slab(chunk)[
      ((chunk & SLAB_MASK) << CHUNK_SHIFT) + ENTRIES_AT + this.#entryWords * slot
    ] as number;
  }

  /** Reads the events from position `from` on, latest first. */
  readBack(views: SlabViews, base: number, from: number, each: EntryReader): void {
    let position = (views.i32[base + HEADER.length] as number) - 1;
    let chunk = views.i32[base + HEADER.tail] as number;
    let slot = (views.i32[base + HEADER.slot] as number) - 1;
    while (position >= from) {
      if (chunk < 0) {
        this.#readArchived(-chunk, from, each);
        return;
      }
      const slab = this.#slab(chunk);
      const start = (chunk & SLAB_MASK) << CHUNK_SHIFT;
      for (; slot >= 0 && position >= from; slot--, position--) {
        const at = start + ENTRIES_AT + this.#entryWords * slot;
        if (!each(position, slab[at] as number, slab, at + 1)) return;
      }
      chunk = slab[start] as number;
      slot = this.chunkEvents - 1;
    }
  }

  #readArchived(reference: number, from: number, each: EntryReader): void {
    const { words, at, events } = (this.#archive as HistoryArchive).history(reference);
    for (let position = events - 1; position >= from; position--) {
      const entry = at + position * this.#entryWords;
      if (!each(position, words[entry] as number, words, entry + 1)) return;
    }
  }

  /** Brings a history that lies in part in the archive into chunks. */
  #recall(views: SlabViews, base: number): void {
    if (this.#archive === undefined) return;
    let chunk = views.i32[base + HEADER.tail] as number;
    while (chunk > 0) chunk = this.#slab(chunk)[(chunk & SLAB_MASK) << CHUNK_SHIFT] as number;
    if (chunk === 0) return;
    const events = views.i32[base + HEADER.length] as number;
    const words = new Int32Array(this.wordsOf(events));
    this.copy(views, base, words, 0);
    this.release(views, base);
    for (const field of [HEADER.tail, HEADER.slot, HEADER.length]) views.i32[base + field] = 0;
    for (let i = 0; i < events; i++) {
      const from = i * this.#entryWords;
      this.setBits(this.append(views, base, words[from] as number), words, from + 1);
    }
  }

  /** Words that a history of so many events takes in `copy`. */
  wordsOf(events: number): number {
    return events * this.#entryWords;
  }

  /** Writes a history to `out` from `at` on, the first event first. */
  copy(views: SlabViews, base: number, out: Int32Array, at: number): void {
    this.readBack(views, base, 0, (position, leg, words, from) => {
      const to = at + position * this.#entryWords;
      out[to] = leg;
      for (let word = 1; word < this.#entryWords; word++) out[to + word] = words[from + word - 1] as number;
      return true;
    });
  }

  /** Gives back all chunks of a history, and what is archived of it; its record is reset by who asks. */
  release(views: SlabViews, base: number): void {
    let chunk = views.i32[base + HEADER.tail] as number;
    while (chunk > 0) {
      const before = this.#slab(chunk)[(chunk & SLAB_MASK) << CHUNK_SHIFT] as number;
      this.#giveBack(chunk);
      chunk = before;
    }
    if (chunk < 0) (this.#archive as HistoryArchive).forget(-chunk);
  }

  #giveBack(chunk: number): void {
    this.#slab(chunk)[(chunk & SLAB_MASK) << CHUNK_SHIFT] = this.#free;
    this.#free = chunk;
    this.#freeCount++;
  }

  #slab(chunk: number): Int32Array {
    return this.#slabs[chunk >>> SLAB_SHIFT] as Int32Array;
  }

  /** A further slab, or, of the first one, twice the room. */
  #makeRoom(chunk: number): void {
    const slab = chunk >>> SLAB_SHIFT;
    const chunks = slab > 0 ? SLAB_CHUNKS : Math.max(FIRST_CHUNKS, 2 * (chunk & SLAB_MASK));
    const room = new Int32Array(chunks * CHUNK_WORDS);
    const before = this.#slabs[slab];
    if (before !== undefined) room.set(before);
    this.#slabs[slab] = room;
  }

  #allocate(): number {
    if (this.#free !== 0) {
      const chunk = this.#free;
      this.#free = this.#slab(chunk)[(chunk & SLAB_MASK) << CHUNK_SHIFT] as number;
      this.#freeCount--;
      return chunk;
    }
    const chunk = this.#next++;
    const room = this.#slabs[chunk >>> SLAB_SHIFT]?.length ?? 0;
    if ((chunk & SLAB_MASK) << CHUNK_SHIFT >= room) this.#makeRoom(chunk);
    return chunk;
  }
}
