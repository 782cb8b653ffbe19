/**
 * Up to 65,536 rows of the store: their columns, as narrow as the values are, and their identities. A segment that begins
 * small doubles until it has room for all of them; its arrays are then other ones, and whoever read rows from the old ones
 * still may.
 *
 * When all of it lies in the cold file too, identities and the columns that nobody reads leave memory. What is asked for all
 * the same comes back, a column at a time.
 */
import type { Steps } from '../../rules/compiler/index.ts';
import { FACT_COLUMNS, type FactBatch, type FactColumnName, type FactColumns } from '../../schemas/facts.ts';
import type { CheckpointIn, CheckpointOut } from '../recovery/checkpoint-image.ts';
import { RowIdentities } from './row-identities.ts';
import { SEGMENT_ROWS } from './segment-size.ts';
import {
  type ColumnArray,
  growColumns,
  referenceColumn,
  type StoredColumn,
  storedColumns,
} from './stored-column.ts';

/** Rows that the first segment of a store makes room for: most stores that ever are hold a few hundred rows. */
export const FIRST_ROWS = 1_024;

export const COLUMN_NAMES = Object.keys(FACT_COLUMNS) as readonly FactColumnName[];

/** Place of a column in `RowHome.list`. */
export const COLUMN_AT = Object.fromEntries(COLUMN_NAMES.map((name, i) => [name, i])) as Readonly<
  Record<FactColumnName, number>
>;

/** Where a row is read: a segment, or a page of rows that have left memory. */
export interface RowHome {
  /** Place of a row: its number AND this. */
  readonly rowMask: number;
  readonly columns: FactColumns;
  /** The same arrays in the order of `FACT_COLUMNS`; undefined for one that has left memory, which `columnAt` brings back. */
  readonly list: readonly (ColumnArray | undefined)[];
  readonly sharedRef: ArrayLike<number>;
  columnAt(position: number): ColumnArray;
}

/** Reads a column of rows that have left memory as a whole. */
export type ReadBack = (name: FactColumnName) => ColumnArray;

/** Beside a form: the column has left memory. */
const DROPPED = 0x80;

const HOME = Symbol('home');

/** What stands behind the columns of a segment: one that is not there is brought back. */
const BEHIND = Object.create(
  null,
  Object.fromEntries(
    COLUMN_NAMES.map((name, position) => [
      name,
      {
        get(this: { readonly [HOME]: Segment }) {
          return this[HOME].columnAt(position);
        },
      },
    ]),
  ),
);

function withBehind(entries: readonly (readonly [string | symbol, unknown])[]): FactColumns {
  return Object.setPrototypeOf(Object.fromEntries(entries), BEHIND) as FactColumns;
}

/**
 * Never read: as long as they live the engine keeps the shape of a segment's columns, whatever the arrays are, and the one without
 * what stands behind, which leads to it; and with the shape the code that it optimised for it.
 */
Object.defineProperty(BEHIND, Symbol('shapes'), {
  value: [new Float64Array(0), new Uint8Array(0)].map((array) => {
    const entries = [[HOME, null], ...COLUMN_NAMES.map((name) => [name, array] as const)] as const;
    return [Object.fromEntries(entries), withBehind(entries)];
  }),
});

export class Segment implements RowHome {
  readonly rowMask = SEGMENT_ROWS - 1;
  /** Null when they have left memory. */
  identities: RowIdentities | null;
  columns: FactColumns;
  list: readonly (ColumnArray | undefined)[];
  rows = 0;
  readonly #columns: readonly StoredColumn[];
  readonly #references: StoredColumn;
  #capacity: number;
  #readBack: ReadBack | null = null;

  /** Room for `capacity` rows at first. `like`: the segment before, whose columns need what these will. */
  constructor(
    capacity: number,
    like?: Segment,
    identities: RowIdentities | null = new RowIdentities(capacity),
  ) {
    this.#capacity = capacity;
    this.identities = identities;
    const forms = like === undefined ? [] : like.#columns.map((column) => column.form);
    this.#columns = storedColumns(forms);
    this.#references = referenceColumn(0, like === undefined ? 0 : like.#references.form);
    growColumns([...this.#columns, this.#references], capacity);
    this.list = this.#columns.map(({ array }) => array);
    this.columns = this.#named();
  }

  get sharedRef(): ArrayLike<number> {
    return this.#references.array;
  }

  columnAt(position: number): ColumnArray {
    const there = this.list[position];
    if (there !== undefined) return there;
    const array = (this.#readBack as ReadBack)(COLUMN_NAMES[position]!);
    this.list = this.list.with(position, array);
    this.columns = this.#named();
    return array;
  }

  /** Copies `count` rows of the batch from row `from` on; they must fit. `member` is the batch's first member of them. */
  append(batch: FactBatch, from: number, count: number, member: number): number {
    const until = from + count;
    if (this.rows + count > this.#capacity) this.#grow(this.rows + count);
    let isOther = false;
    for (let i = 0; i < COLUMN_NAMES.length; i++) {
      if (this.#columns[i]!.append(batch.columns[COLUMN_NAMES[i]!], from, until)) isOther = true;
    }
    this.#references.append(batch.sharedRef, from, until);
    if (isOther) this.#rename();
    this.rows += count;
    return (this.identities as RowIdentities).append(batch, from, count, member);
  }

  /** The segment is full. */
  settle(): void {
    for (const column of this.#columns) column.settle();
    this.#references.settle();
    this.#rename();
  }

  /** Leaves the identities and every column but `kept` to who can read them back; returns what may be used again. */
  strip(kept: ReadonlySet<FactColumnName>, readBack: ReadBack): RowIdentities | null {
    const { identities } = this;
    this.identities = null;
    this.#readBack = readBack;
    const stays = this.#columns.filter((column, i) => kept.has(COLUMN_NAMES[i]!) || column.bytes === 0);
    // What stays moves out of the buffer that all were in, so that this one can go.
    growColumns(
      [...stays, this.#references].filter(({ isAlone }) => !isAlone),
      SEGMENT_ROWS,
    );
    this.list = this.#columns.map((column) => {
      if (stays.includes(column)) return column.array;
      column.drop();
      return undefined;
    });
    this.columns = this.#named();
    return identities;
  }

  *save(out: CheckpointOut): Steps<void> {
    const columns = [...this.#columns, this.#references];
    yield* out.numbers('segment', this.rows, this.#capacity, this.identities === null ? 0 : 1);
    const forms = columns.map(({ form, isDropped }) => form + (isDropped ? DROPPED : 0));
    yield* out.array('segment.forms', Uint8Array.from(forms));
    for (const column of columns) yield* column.save(out);
    if (this.identities !== null) yield* this.identities.save(out);
  }

  /** The segment that was saved; `readBack` gives what had left memory. */
  static load(image: CheckpointIn, readBack: ReadBack): Segment {
    const [rows = 0, capacity = 0, hasIdentities] = image.numbers('segment');
    const segment = new Segment(
      capacity,
      undefined,
      hasIdentities === 1 ? new RowIdentities(capacity) : null,
    );
    segment.#load(image, rows, readBack);
    return segment;
  }

  #load(image: CheckpointIn, rows: number, readBack: ReadBack): void {
    const columns = [...this.#columns, this.#references];
    const forms = image.array('segment.forms', Uint8Array);
    columns.forEach((column, i) => {
      column.begin(forms[i]! & ~DROPPED, (forms[i]! & DROPPED) !== 0);
    });
    growColumns(
      columns.filter(({ isDropped }) => !isDropped),
      this.#capacity,
    );
    for (const column of columns) column.load(image, rows);
    this.identities?.load(image);
    this.rows = rows;
    if (this.identities === null) this.#readBack = readBack;
    this.list = this.#columns.map((column) => (column.isDropped ? undefined : column.array));
    this.columns = this.#named();
  }

  get bytes(): number {
    let bytes = this.#references.bytes + (this.identities?.bytes ?? 0);
    this.#columns.forEach((column, i) => {
      const array = this.list[i];
      if (array !== undefined) bytes += array === column.array ? column.bytes : array.byteLength;
    });
    return bytes;
  }

  #rename(): void {
    this.list = this.#columns.map(({ array }) => array);
    this.columns = this.#named();
  }

  /** The list by name. The arrays may be narrower than the type says: to who reads them, an element is the same number. */
  #named(): FactColumns {
    const entries: [string | symbol, unknown][] = [[HOME, this]];
    COLUMN_NAMES.forEach((name, i) => {
      if (this.list[i] !== undefined) entries.push([name, this.list[i]]);
    });
    return withBehind(entries);
  }

  #grow(needed: number): void {
    let capacity = this.#capacity;
    while (capacity < needed) capacity *= 2;
    growColumns([...this.#columns, this.#references], capacity);
    (this.identities as RowIdentities).grow(capacity);
    this.#rename();
    this.#capacity = capacity;
  }
}
