/**
 * The image of a state: named arrays and lists, one behind the other. Who holds state writes it to a `CheckpointOut` and reads
 * it from a `CheckpointIn` in the same order; where the bytes lie is the caller's business, and so is that they are those
 * that were written: a checksum takes as long as the writing, and state waits for that.
 *
 * A frame: 24 bytes of name, one of type, seven of nothing, the length of the payload as a double; the payload, filled up to
 * eight bytes. Little-endian, as is every machine that this is built for.
 */
import type { Steps } from '../../rules/compiler/index.ts';

export type SavedArray =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array;

export interface ByteSink {
  /** Takes the bytes over before it returns. */
  write(bytes: Uint8Array): void;
}

export interface ByteSource {
  /** Bytes that are left. */
  readonly left: number;
  /** Fills `into`, for which there is enough left. @throws CheckpointDamage where that is not what was written */
  read(into: Uint8Array): void;
}

/** What was read is not what was written. Never leaves who opens a checkpoint: there it is a reason to take another one. */
export class CheckpointDamage extends Error {}

/** Bytes that are written between two steps: about a millisecond. */
export const STEP_BYTES = 1_048_576;

const NAME_BYTES = 24;
const TYPE_AT = NAME_BYTES;
const LENGTH_AT = 32;
const HEAD_BYTES = 40;
const WORD = 8;
/** Members of a list that become text together. */
const LIST_ITEMS = 1_024;

interface ArrayType<T extends SavedArray = SavedArray> {
  new (length: number): T;
  readonly BYTES_PER_ELEMENT: number;
}

const TYPES: readonly ArrayType[] = [
  Int8Array,
  Uint8Array,
  Int16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
];
const TEXT_TYPE = TYPES.length;
const NOTHING = new Uint8Array(WORD);

const fillerOf = (length: number): number => (WORD - (length % WORD)) % WORD;

function bytesOf({ buffer, byteOffset, BYTES_PER_ELEMENT }: SavedArray, length: number): Uint8Array {
  return new Uint8Array(buffer, byteOffset, BYTES_PER_ELEMENT * length);
}

function headOf(name: string, type: number, length: number): Uint8Array {
  const head = new Uint8Array(HEAD_BYTES);
  const { written, read } = new TextEncoder().encodeInto(name, head.subarray(0, NAME_BYTES));
  if (read < name.length || written === 0) throw new RangeError(`no name of a frame: ${name}`);
  head[TYPE_AT] = type;
  new DataView(head.buffer).setFloat64(LENGTH_AT, length, true);
  return head;
}

export class CheckpointOut {
  readonly #sink: ByteSink;
  #sinceStep = 0;
  #bytes = 0;

  constructor(sink: ByteSink) {
    this.#sink = sink;
  }

  /** Bytes so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The first `length` elements of an array, which must not change before the next step of whoever holds it. */
  *array(name: string, values: SavedArray, length = values.length): Steps<void> {
    const type = TYPES.indexOf(values.constructor as ArrayType);
    if (type < 0) throw new RangeError(`no array that can be saved: ${name}`);
    yield* this.#frame(name, type, bytesOf(values, length));
  }

  /** A few numbers, of any size and sign. */
  *numbers(name: string, ...values: readonly number[]): Steps<void> {
    yield* this.array(name, Float64Array.from(values));
  }

  /** A list of whatever JSON can say. */
  *list(name: string, items: Iterable<unknown>): Steps<void> {
    let part: unknown[] = [];
    for (const item of items) {
      part.push(item);
      if (part.length < LIST_ITEMS) continue;
      yield* this.#text(name, part);
      part = [];
    }
    if (part.length > 0) yield* this.#text(name, part);
    yield* this.#text(name, []);
  }

  *#text(name: string, items: readonly unknown[]): Steps<void> {
    yield* this.#frame(name, TEXT_TYPE, Buffer.from(JSON.stringify(items), 'utf8'));
  }

  *#frame(name: string, type: number, payload: Uint8Array): Steps<void> {
    this.#write(headOf(name, type, payload.length));
    for (let from = 0; from < payload.length; from += STEP_BYTES) {
      this.#write(payload.subarray(from, from + STEP_BYTES));
      if (this.#sinceStep < STEP_BYTES) continue;
      this.#sinceStep = 0;
      yield;
    }
    this.#write(NOTHING.subarray(0, fillerOf(payload.length)));
  }

  #write(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#sink.write(bytes);
    this.#bytes += bytes.length;
    this.#sinceStep += bytes.length;
  }
}

export class CheckpointIn {
  readonly #source: ByteSource;
  readonly #head = new Uint8Array(HEAD_BYTES);
  readonly #filler = new Uint8Array(WORD);

  constructor(source: ByteSource) {
    this.#source = source;
  }

  /** The array of this name, which comes next. @throws CheckpointDamage, as do the others. */
  array<T extends SavedArray>(name: string, type: ArrayType<T>): T {
    const length = this.#begin(name, TYPES.indexOf(type)) / type.BYTES_PER_ELEMENT;
    if (!Number.isInteger(length)) throw new CheckpointDamage(`${name}: half an element`);
    const values = new type(length);
    this.#fill(bytesOf(values, length));
    return values;
  }

  /** As `array`, to the beginning of an array that has room for it; how many elements. */
  into(name: string, values: SavedArray): number {
    const bytes = this.#begin(name, TYPES.indexOf(values.constructor as ArrayType));
    const length = bytes / values.BYTES_PER_ELEMENT;
    if (!Number.isInteger(length) || length > values.length) throw new CheckpointDamage(`${name}: no room`);
    this.#fill(bytesOf(values, length));
    return length;
  }

  /** As many numbers as were written. */
  numbers(name: string): number[] {
    return [...this.array(name, Float64Array)];
  }

  /** The members of a list, one after the other; they must be read to the end. */
  *list(name: string): Iterable<unknown> {
    for (;;) {
      const text = new Uint8Array(this.#begin(name, TEXT_TYPE));
      this.#fill(text);
      const items: unknown = JSON.parse(Buffer.from(text.buffer).toString('utf8'));
      if (!Array.isArray(items)) throw new CheckpointDamage(`${name}: no list`);
      if (items.length === 0) return;
      yield* items;
    }
  }

  /** Nothing follows. */
  end(): void {
    if (this.#source.left !== 0) throw new CheckpointDamage(`${this.#source.left} bytes too many`);
  }

  /** Reads the head of a frame; bytes of its payload. */
  #begin(name: string, type: number): number {
    this.#read(this.#head);
    const length = new DataView(this.#head.buffer).getFloat64(LENGTH_AT, true);
    const expected = headOf(name, type, length);
    if (Buffer.compare(this.#head, expected) !== 0) throw new CheckpointDamage(`${name}: another frame`);
    if (!(Number.isSafeInteger(length) && length >= 0 && length <= this.#source.left))
      throw new CheckpointDamage(`${name}: ${length} bytes`);
    return length;
  }

  #fill(payload: Uint8Array): void {
    this.#read(payload);
    this.#read(this.#filler.subarray(0, fillerOf(payload.length)));
  }

  #read(into: Uint8Array): void {
    if (into.length === 0) return;
    if (into.length > this.#source.left) throw new CheckpointDamage('the image ends too soon');
    this.#source.read(into);
  }
}
