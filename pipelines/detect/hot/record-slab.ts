/**
 * Records of subjects, one behind the other in one slab: a subject's whole state for tier 1 in one or a few cache lines.
 *
 * A record is named by its line, its offset in 64-byte units; 0 is no record. The slab doubles when it is full; who knows
 * how many subjects will come says so at the start and never pays for that.
 */
import type { RecordLayout, Steps } from '../../../rules/compiler/index.ts';
import type { CheckpointIn, CheckpointOut } from '../../recovery/checkpoint-image.ts';
import { lineWords } from './aligned.ts';

export const LINE_BYTES = 64;
const LINE_SHIFT_I32 = 4;
const LINE_SHIFT_F64 = 3;
/** A slab is one buffer, and a buffer holds at most 4 GiB. */
const SLAB_BYTES_MAX = 4 * 1024 * 1024 * 1024;

/** Places of the header fields in a record, in units of their views. */
export const HEADER = { lastTime: 0, tail: 2, slot: 3, length: 4, open: 5, flags: 6, key: 7 } as const;

/** Something of a subject's history changed otherwise than at its end: it is run again before anything is asked of it. */
export const FLAG_STALE = 1;
/** A reversal leaves a part of an event of the history: what gates conclude from the whole amount does not hold. */
export const FLAG_UNGATED = 2;
/** Some rule has, or had, a signal on the subject: what was evaluated of it rests on its whole history. */
export const FLAG_SPOKEN = 4;

/** Which of its events the subject reads depends on other reports of a transfer, or on who is declared as submitting. */
export const FLAG_REPORTED = 8;
/** Events of a subject without any of these may come and go in their place. */
export const FLAGS_SETTLED = FLAG_STALE | FLAG_UNGATED | FLAG_SPOKEN;

/** In the place of the key, of a record that is nobody's. */
const FREE_KEY = -1;

export interface SlabViews {
  readonly f64: Float64Array;
  readonly i32: Int32Array;
  readonly u8: Uint8Array;
}

/** Memory of tiers: records and where they are; histories, and how many events these hold. */
export interface TierMemory {
  /** Bytes. */
  readonly records: number;
  readonly histories: number;
  /** Records, one of each subject that is in memory. */
  readonly subjects: number;
}

export type TierBytes = Pick<TierMemory, 'records' | 'histories'> & { readonly events: number };

function viewsOf(bytes: number): SlabViews {
  const i32 = lineWords(bytes / 4);
  const { buffer, byteOffset } = i32;
  return {
    i32,
    f64: new Float64Array(buffer, byteOffset, bytes / 8),
    u8: new Uint8Array(buffer, byteOffset, bytes),
  };
}

export class RecordSlab {
  readonly layout: RecordLayout;
  readonly linesPerRecord: number;
  #views: SlabViews;
  #nextLine = 1;
  /** Line of the first free record; each knows the next by its `tail`. */
  #free = 0;
  #freeCount = 0;

  /** Room for `capacity` records before it grows. */
  constructor(layout: RecordLayout, capacity: number) {
    this.layout = layout;
    this.linesPerRecord = layout.bytes / LINE_BYTES;
    this.#views = viewsOf((1 + capacity * this.linesPerRecord) * LINE_BYTES);
  }

  get views(): SlabViews {
    return this.#views;
  }

  /** Bytes of records in use. */
  get bytes(): number {
    return (this.#nextLine - this.#freeCount * this.linesPerRecord) * LINE_BYTES;
  }

  /** Records in use. */
  get count(): number {
    return (this.#nextLine - 1) / this.linesPerRecord - this.#freeCount;
  }

  /** Events in the histories of all records, which are all looked at. */
  get events(): number {
    let events = 0;
    for (let line = 1; line < this.#nextLine; line += this.linesPerRecord) {
      if (this.isLive(line)) events += this.lengthOf(line);
    }
    return events;
  }

  /** Records lie at the lines from 1 up to here, `linesPerRecord` apart. */
  get endLine(): number {
    return this.#nextLine;
  }

  /** Whether the record at this line is a subject's. */
  isLive(line: number): boolean {
    return this.#views.i32[(line << LINE_SHIFT_I32) + HEADER.key] !== FREE_KEY;
  }

  /** Line of a new, zeroed record for the subject with this key. */
  allocate(key: number): number {
    const line = this.#free === 0 ? this.#take() : this.#reuse();
    const base = line << LINE_SHIFT_I32;
    this.#views.i32.fill(0, base, base + (this.layout.bytes >> 2));
    this.#views.f64[(line << LINE_SHIFT_F64) + HEADER.lastTime] = Number.NEGATIVE_INFINITY;
    this.#views.i32[base + HEADER.key] = key;
    return line;
  }

  keyOf(line: number): number {
    return this.#views.i32[(line << LINE_SHIFT_I32) + HEADER.key] as number;
  }

  /** Events in the subject's history. */
  lengthOf(line: number): number {
    return this.#views.i32[(line << LINE_SHIFT_I32) + HEADER.length] as number;
  }

  /** Time of the subject's last event, -Infinity where there is none. */
  lastTimeOf(line: number): number {
    return this.#views.f64[(line << LINE_SHIFT_F64) + HEADER.lastTime] as number;
  }

  hasFlag(line: number, flag: number): boolean {
    return ((this.#views.i32[(line << LINE_SHIFT_I32) + HEADER.flags] as number) & flag) !== 0;
  }

  setFlag(line: number, flag: number): void {
    this.#views.i32[(line << LINE_SHIFT_I32) + HEADER.flags]! |= flag;
  }

  /** Whether a rule, by its bit, has an open episode on the subject: its gate is not asked then. */
  isOpen(line: number, bit: number): boolean {
    return ((this.#views.i32[this.#openWord(line, bit)] as number) & (1 << (bit & 31))) !== 0;
  }

  setOpen(line: number, bit: number, isOpen: boolean): void {
    const { i32 } = this.#views;
    const at = this.#openWord(line, bit);
    const flag = 1 << (bit & 31);
    i32[at] = isOpen ? (i32[at] as number) | flag : (i32[at] as number) & ~flag;
  }

  #openWord(line: number, bit: number): number {
    return (line << LINE_SHIFT_I32) + ((this.layout.openWords[bit >>> 5] as number) >> 2);
  }

  release(line: number): void {
    const base = line << LINE_SHIFT_I32;
    const { i32 } = this.#views;
    i32[base + HEADER.key] = FREE_KEY;
    i32[base + HEADER.tail] = this.#free;
    this.#free = line;
    this.#freeCount++;
  }

  /** The record as on its first day, of the same subject; what it depends on stays known. */
  reset(line: number): void {
    const base = line << LINE_SHIFT_I32;
    const { i32, f64 } = this.#views;
    const key = i32[base + HEADER.key] as number;
    const flags = (i32[base + HEADER.flags] as number) & FLAG_REPORTED;
    i32.fill(0, base, base + (this.layout.bytes >> 2));
    f64[(line << LINE_SHIFT_F64) + HEADER.lastTime] = Number.NEGATIVE_INFINITY;
    i32[base + HEADER.key] = key;
    i32[base + HEADER.flags] = flags;
  }

  *save(out: CheckpointOut): Steps<void> {
    yield* out.numbers('records', this.#nextLine, this.#free, this.#freeCount);
    yield* out.array('records.all', this.#views.i32, this.#nextLine << LINE_SHIFT_I32);
  }

  load(image: CheckpointIn): void {
    const [nextLine = 1, free = 0, freeCount = 0] = image.numbers('records');
    const needed = nextLine * LINE_BYTES;
    if (needed > this.#views.u8.length) this.#views = viewsOf(needed);
    image.into('records.all', this.#views.i32);
    this.#nextLine = nextLine;
    this.#free = free;
    this.#freeCount = freeCount;
  }

  #reuse(): number {
    const line = this.#free;
    this.#free = this.#views.i32[(line << LINE_SHIFT_I32) + HEADER.tail] as number;
    this.#freeCount--;
    return line;
  }

  #take(): number {
    const line = this.#nextLine;
    const needed = (line + this.linesPerRecord) * LINE_BYTES;
    if (needed > this.#views.u8.length) this.#grow(needed);
    this.#nextLine += this.linesPerRecord;
    return line;
  }

  #grow(needed: number): void {
    if (needed > SLAB_BYTES_MAX) throw new RangeError(`more than ${SLAB_BYTES_MAX} bytes of subject records`);
    const old = this.#views;
    this.#views = viewsOf(Math.min(SLAB_BYTES_MAX, Math.max(needed, 2 * old.u8.length)));
    this.#views.u8.set(old.u8);
  }
}
