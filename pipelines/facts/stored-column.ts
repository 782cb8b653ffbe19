/**
 * A column of a segment, as narrow as its values allow: an element is the same number as in the batch that it came in, in the
 * smallest kind of array that holds all of them. A column that is null in every row has no memory of its own.
 *
 * A value that does not fit makes its column wider, there and then; the next segment begins with what this one needed.
 */
import type { Steps } from '../../rules/compiler/index.ts';
import {
  BYTE_NULL,
  FACT_COLUMNS,
  type FactColumn,
  type FactColumnName,
  type FactType,
  SMALL_NULL,
  TEXT_NULL,
} from '../../schemas/facts.ts';
import { isNullColumn } from '../../schemas/null-columns.ts';
import type { CheckpointIn, CheckpointOut } from '../recovery/checkpoint-image.ts';
import { LEGS } from './segment-size.ts';

export type ColumnArray = Float64Array | Float32Array | Int32Array | Int16Array | Int8Array | Uint8Array;
/** An array of a batch. */
type BatchArray = Float64Array | Int32Array | Uint8Array;

const NO_BYTES = new Uint8Array(LEGS).fill(BYTE_NULL);
const NO_FLAGS = new Uint8Array(LEGS);
const NO_TEXTS = new Int8Array(LEGS).fill(TEXT_NULL);
const NO_SETS = new Int8Array(LEGS);
const NO_SMALLS = new Int32Array(LEGS).fill(SMALL_NULL);
const NO_NUMBERS = new Float32Array(LEGS).fill(Number.NaN);

interface ArrayType {
  new (length: number): ColumnArray;
  new (buffer: ArrayBuffer, byteOffset: number, length: number): ColumnArray;
  readonly BYTES_PER_ELEMENT: number;
}

/** Copies values to `into[at]` and behind; false if one of them is another number there. */
type Copy = (values: BatchArray, start: number, end: number, into: ColumnArray, at: number) => boolean;

/** How values of a type may lie, the narrowest first; form 0 is the array of nulls that all share. */
interface Forms {
  readonly none: number;
  readonly nulls: ColumnArray;
  readonly wider: readonly { readonly type: ArrayType; readonly copy: Copy }[];
  /** The first form that holds the values from `start` up to `end`. */
  readonly formOf: (values: ColumnArray, start: number, end: number) => number;
}

/** Places that are looked at before all of a column is: one that was wide for one value is found a segment later. */
const SAMPLE = 1_024;

const WIDE_NUMBERS = 2;

/**
 * 0 if all values are `none`, else one more than all bits that one of them has. No more than the loop: what stands behind it
 * would be thrown out as never seen while the loop is optimised.
 */
function bitsOf(values: Int32Array, start: number, end: number, none: number): number {
  let bits = 0;
  let others = 0;
  for (let i = start; i < end; i++) {
    const value = values[i]!;
    bits |= value ^ (value >> 31);
    others |= value ^ none;
  }
  return ((others | -others) >>> 31) * (1 + bits);
}

function formOfTexts(values: Int32Array, start: number, end: number, none: number): number {
  const bits = bitsOf(values, start, end, none);
  if (bits === 0) return 0;
  if (bits <= 0x80) return 1;
  return bits <= 0x8000 ? 2 : 3;
}

function formOfNumbers(values: Float64Array, start: number, end: number): number {
  for (let i = firstNumber(values, start, end); i < end; i++) {
    const value = values[i]!;
    if (Math.fround(value) !== value && !Number.isNaN(value)) return WIDE_NUMBERS;
  }
  return firstNumber(values, start, end) === end ? 0 : 1;
}

function firstNumber(values: Float64Array, start: number, end: number): number {
  let i = start;
  while (i < end && Number.isNaN(values[i]!)) i++;
  return i;
}

/** Smalls and bytes have one form beside the nulls. */
function hasValue(values: Int32Array | Uint8Array, start: number, end: number, none: number): number {
  for (let i = start; i < end; i++) if (values[i] !== none) return 1;
  return 0;
}

// A loop and no more, for the reason of `bitsOf`; one for each kind of array.
function copyTo8(values: Int32Array, start: number, end: number, into: Int8Array, at: number): number {
  let lost = 0;
  for (let i = start; i < end; i++) {
    const value = values[i]!;
    into[at + i - start] = value;
    lost |= value ^ ((value << 24) >> 24);
  }
  return lost;
}

function copyTo16(values: Int32Array, start: number, end: number, into: Int16Array, at: number): number {
  let lost = 0;
  for (let i = start; i < end; i++) {
    const value = values[i]!;
    into[at + i - start] = value;
    lost |= value ^ ((value << 16) >> 16);
  }
  return lost;
}

function copyToFloats(
  values: Float64Array,
  start: number,
  end: number,
  into: Float32Array,
  at: number,
): boolean {
  for (let i = start; i < end; i++) {
    const value = values[i]!;
    into[at + i - start] = value;
    if (Math.fround(value) !== value && !Number.isNaN(value)) return false;
  }
  return true;
}

const copyAll: Copy = (values, start, end, into, at) => {
  into.set(values.subarray(start, end), at);
  return true;
};
const TEXT_FORMS: Forms['wider'] = [
  {
    type: Int8Array,
    copy: (values, start, end, into, at) =>
      copyTo8(values as Int32Array, start, end, into as Int8Array, at) === 0,
  },
  {
    type: Int16Array,
    copy: (values, start, end, into, at) =>
      copyTo16(values as Int32Array, start, end, into as Int16Array, at) === 0,
  },
  { type: Int32Array, copy: copyAll },
];

const bytes: Forms = {
  none: BYTE_NULL,
  nulls: NO_BYTES,
  wider: [{ type: Uint8Array, copy: copyAll }],
  formOf: (values, start, end) => hasValue(values as Uint8Array, start, end, BYTE_NULL),
};
/** Flags that are never null: what says nothing is false. */
const flags: Forms = {
  none: 0,
  nulls: NO_FLAGS,
  wider: [{ type: Uint8Array, copy: copyAll }],
  formOf: (values, start, end) => hasValue(values as Uint8Array, start, end, 0),
};
const FORMS: Readonly<Record<FactType, Forms>> = {
  int: {
    none: Number.NaN,
    nulls: NO_NUMBERS,
    wider: [
      {
        type: Float32Array,
        copy: (values, start, end, into, at) =>
          copyToFloats(values as Float64Array, start, end, into as Float32Array, at),
      },
      { type: Float64Array, copy: copyAll },
    ],
    formOf: (values, start, end) => formOfNumbers(values as Float64Array, start, end),
  },
  small: {
    none: SMALL_NULL,
    nulls: NO_SMALLS,
    wider: [{ type: Int32Array, copy: copyAll }],
    formOf: (values, start, end) => hasValue(values as Int32Array, start, end, SMALL_NULL),
  },
  bool: bytes,
  enum: bytes,
  text: {
    none: TEXT_NULL,
    nulls: NO_TEXTS,
    wider: TEXT_FORMS,
    formOf: (values, start, end) => formOfTexts(values as Int32Array, start, end, TEXT_NULL),
  },
  set: {
    none: 0,
    nulls: NO_SETS,
    wider: TEXT_FORMS,
    formOf: (values, start, end) => formOfTexts(values as Int32Array, start, end, 0),
  },
};
/** Whoever asks for the time of a row reads doubles. */
const TIMES: Forms = {
  none: Number.NaN,
  nulls: new Float64Array(0),
  wider: [{ type: Float64Array, copy: copyAll }],
  formOf: () => 1,
};

// By no property of the arrays themselves: six kinds of them at one place of the code would be looked up by name each time.
const { set, subarray } = Object.getPrototypeOf(Int8Array.prototype) as Int8Array;
const ELEMENT_BYTES: ReadonlyMap<unknown, number> = new Map(
  [Float64Array, Float32Array, Int32Array, Int16Array, Int8Array, Uint8Array].map((type) => [
    type,
    type.BYTES_PER_ELEMENT,
  ]),
);

/** Asked by a key that is another one for every column: a map, which no site of generated code remembers shapes of. */
const FORMS_BY_TYPE: ReadonlyMap<string, Forms> = new Map(Object.entries(FORMS));

function formsOf({ type, none }: FactColumn): Forms {
  return none === 0 ? flags : FORMS_BY_TYPE.get(type)!;
}

/** The array of a column of which no row of a segment says anything, which all such columns share. */
export function storedNulls(column: FactColumn): ColumnArray {
  return formsOf(column).nulls;
}

export class StoredColumn {
  /** Places a row has here: one, or one a leg. */
  readonly width: number;
  /** Its array outlives the others of its segment, and shares no buffer with them. */
  readonly isAlone: boolean;
  array: ColumnArray;
  readonly #forms: Forms;
  /** Of `array`. */
  #form: number;
  #used = 0;
  #capacity: number;

  /** Its values have left memory. */
  isDropped = false;

  /** Room for `rows` rows in form `form`: what a column of this name needed before. */
  constructor(column: FactColumn, isTime: boolean, rows: number, form: number) {
    this.width = column.per === 'leg' ? 2 : 1;
    this.isAlone = isTime;
    this.#forms = isTime ? TIMES : formsOf(column);
    this.#form = form;
    this.#capacity = this.width * rows;
    this.array = this.#allocate();
  }

  /** Bytes that room for `rows` rows takes in the form at hand. */
  bytesFor(rows: number): number {
    if (this.#form === 0) return 0;
    return this.width * rows * ELEMENT_BYTES.get(this.#forms.wider[this.#form - 1]!.type)!;
  }

  /** How it lies; once it is settled, the narrowest form that holds its values. */
  get form(): number {
    return this.#form;
  }

  /** Memory of its own. */
  get bytes(): number {
    return this.#form === 0 ? 0 : this.array.byteLength;
  }

  /** Copies rows `from` up to `until` of a batch's column. Whether `array` is another one now. */
  append(values: BatchArray, from: number, until: number): boolean {
    const start = this.width * from;
    const end = this.width * until;
    if (this.#form === 0 && isNullColumn(values)) {
      this.#used += end - start;
      return false;
    }
    const isWider = !this.#copy(values, start, end);
    if (isWider) {
      this.#reform(this.#forms.formOf(values, start, end));
      this.#copy(values, start, end);
    }
    this.#used += end - start;
    return isWider;
  }

  /** Makes room for `rows` rows, in `buffer` from `at` on if one is given that has it. */
  grow(rows: number, buffer = new ArrayBuffer(this.bytesFor(rows)), at = 0): void {
    this.#capacity = this.width * rows;
    if (this.#form === 0) return;
    const { type } = this.#forms.wider[this.#form - 1]!;
    const grown = new type(buffer, at, this.#capacity);
    if (this.#used > 0) Reflect.apply(set, grown, [Reflect.apply(subarray, this.array, [0, this.#used])]);
    this.array = grown;
  }

  /** The segment is full: no element is wider than it has to be. Whether `array` is another one now. */
  settle(): boolean {
    const { formOf } = this.#forms;
    if (this.#form === 0 || formOf(this.array, 0, Math.min(SAMPLE, this.#used)) === this.#form) return false;
    const form = formOf(this.array, 0, this.#used);
    if (form === this.#form) return false;
    this.#reform(form);
    return true;
  }

  /** Leaves its memory to whoever holds `array`; nothing is asked of it any more but what it `needed`. */
  drop(): void {
    this.isDropped = true;
    this.array = this.#forms.nulls;
  }

  /** Before there is room: how the values will lie that `load` reads. */
  begin(form: number, isDropped: boolean): void {
    this.#form = form;
    this.isDropped = isDropped;
    this.array = this.#forms.nulls;
  }

  *save(out: CheckpointOut): Steps<void> {
    if (this.#form > 0 && !this.isDropped) yield* out.array('column', this.array, this.#used);
  }

  /** Reads the values of `rows` rows, for which there is room in the form in which they were. */
  load(image: CheckpointIn, rows: number): void {
    this.#used = this.width * rows;
    if (this.#form > 0 && !this.isDropped) image.into('column', this.array);
  }

  #copy(values: BatchArray, start: number, end: number): boolean {
    const { formOf, wider } = this.#forms;
    if (this.#form === 0) return formOf(values, start, end) === 0;
    return wider[this.#form - 1]!.copy(values, start, end, this.array, this.#used);
  }

  #reform(form: number): void {
    const { array } = this;
    const wasNull = this.#form === 0;
    this.#form = form;
    this.array = this.#allocate();
    if (form === 0) return;
    if (wasNull) this.array.fill(this.#forms.none, 0, this.#used);
    else this.array.set(array.subarray(0, this.#used));
  }

  #allocate(): ColumnArray {
    const { nulls, wider } = this.#forms;
    return this.#form === 0 ? nulls : new wider[this.#form - 1]!.type(this.#capacity);
  }
}

const NAMES = Object.keys(FACT_COLUMNS) as FactColumnName[];

/** A column of each name, in the order of `FACT_COLUMNS`, without room yet; `forms`: those to begin with. */
export function storedColumns(forms: readonly number[]): StoredColumn[] {
  return NAMES.map((name, i) => new StoredColumn(FACT_COLUMNS[name], name === 'time', 0, forms[i] ?? 0));
}

/** The column of shared references, which stands beside those of `FACT_COLUMNS`. */
export function referenceColumn(rows: number, form: number): StoredColumn {
  return new StoredColumn({ per: 'row', type: 'text' }, false, rows, form);
}

/**
 * Makes room for `rows` rows in each column, in one buffer: that of a whole segment is large enough for huge pages, and none of
 * its columns is by itself. A column that becomes wider later has an array of its own.
 */
export function growColumns(columns: readonly StoredColumn[], rows: number): void {
  const room = columns.map((column) => (column.isAlone ? 0 : wholeWords(column.bytesFor(rows))));
  const buffer = new ArrayBuffer(room.reduce((sum, bytes) => sum + bytes, 0));
  let at = 0;
  columns.forEach((column, i) => {
    if (column.isAlone) column.grow(rows);
    else column.grow(rows, buffer, at);
    at += room[i]!;
  });
}

/** Elements of every type may begin at a multiple of eight bytes. */
const wholeWords = (bytes: number): number => Math.ceil(bytes / 8) * 8;
