/** The scanner of a file, by its format: delimited lines, canonical objects, mapped objects. */
import type { PartsTaker } from '../columns/row-parts.ts';
import type { RowBuilder } from '../row-builder.ts';
import type { ObjectShape } from '../shape.ts';
import { CELL, HASH_SEED, type Scan } from './cells.ts';
import type { JsonLayout, Skeleton } from './json-layout.ts';
import { learnLayout, Slot } from './json-layout.ts';
import { LayoutTrie } from './layout-trie.ts';
import { SCAN_LIMITS } from './limits.ts';
import { RowReader } from './row-reader.ts';
import { lineScan } from './scan-code.ts';
import type { ScannedTree } from './scanned.ts';

export interface FastReader {
  /** The tree of a record, or null: nothing is said about it, and the library reads it. */
  read(buffer: Buffer, start: number, stop: number): ScannedTree | null;
  /** Hands the parts of a record to who makes rows of them: whether that was done; null where the layout is unknown. */
  readParts(buffer: Buffer, start: number, stop: number, taker: PartsTaker): boolean | null;
  /** Told of a record that `read` did not know and that turned out to be good. */
  learn(buffer: Buffer, start: number, stop: number): void;
}

/** The view of the buffer that was asked for last: one for each chunk of a file. */
export class BufferView {
  #buffer: Buffer | null = null;
  #view: DataView = new DataView(new ArrayBuffer(0));

  of(buffer: Buffer): DataView {
    if (buffer !== this.#buffer) {
      this.#buffer = buffer;
      this.#view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
    }
    return this.#view;
  }
}

/** Delimited lines without quotes. */
export class LineReader implements FastReader {
  readonly #rows: RowReader;
  readonly #scan: Scan;
  readonly #cells: Int32Array;
  readonly #view = new BufferView();

  constructor(builder: RowBuilder, shape: ObjectShape, width: number, delimiter: number) {
    this.#rows = new RowReader(builder, shape, width);
    const read = this.#rows.columns;
    this.#scan = lineScan(
      delimiter,
      Array.from({ length: width }, (_, i) => (read.has(i) ? i : null)),
    );
    this.#cells = new Int32Array(width * CELL);
  }

  read(buffer: Buffer, start: number, stop: number): ScannedTree | null {
    const end = this.#scan(buffer, this.#view.of(buffer), start, stop, this.#cells);
    return end === -1 ? null : this.#rows.read(buffer, this.#cells);
  }

  readParts(buffer: Buffer, start: number, stop: number, taker: PartsTaker): boolean {
    const end = this.#scan(buffer, this.#view.of(buffer), start, stop, this.#cells);
    return end !== -1 && this.#rows.handOver(buffer, this.#cells, taker);
  }

  /** The header has said everything. */
  learn(): void {}
}

/** Objects of a bank, of which a mapping names fields. */
export class MappedObjectReader implements FastReader {
  readonly #rows: RowReader;
  readonly #columns: readonly string[];
  /** Of a layout: the columns that it lacks. */
  readonly #trie = new LayoutTrie<readonly number[]>();
  readonly #cells: Int32Array;
  readonly #view = new BufferView();
  #attempts = 0;

  constructor(builder: RowBuilder, shape: ObjectShape, columns: readonly string[]) {
    this.#rows = new RowReader(builder, shape, columns.length);
    this.#columns = columns;
    this.#cells = new Int32Array(columns.length * CELL);
  }

  read(buffer: Buffer, start: number, stop: number): ScannedTree | null {
    return this.#find(buffer, start, stop) ? this.#rows.read(buffer, this.#cells) : null;
  }

  readParts(buffer: Buffer, start: number, stop: number, taker: PartsTaker): boolean | null {
    return this.#find(buffer, start, stop) ? this.#rows.handOver(buffer, this.#cells, taker) : null;
  }

  #find(buffer: Buffer, start: number, stop: number): boolean {
    const cells = this.#cells;
    const lacking = this.#trie.find(buffer, this.#view.of(buffer), start, stop, cells);
    if (lacking === null) return false;
    for (const column of lacking) {
      cells[column * CELL] = 0;
      cells[column * CELL + 1] = 0;
      cells[column * CELL + 2] = HASH_SEED;
    }
    return true;
  }

  learn(buffer: Buffer, start: number, stop: number): void {
    if (this.#trie.isFull || this.#attempts >= SCAN_LIMITS.LEARNINGS) return;
    this.#attempts += 1;
    const layout = learnLayout(buffer, start, stop);
    if (layout === null) return;
    const columnOf = new Map<number, number>();
    const lacking: number[] = [];
    for (const [index, column] of this.#columns.entries()) {
      const found = at(layout, column);
      if (found === null) return;
      if (found === undefined) lacking.push(index);
      else columnOf.set(found.index, index);
    }
    this.#trie.add(
      layout,
      ({ kind, index }) => ({
        kind: kind === 'number' ? 'plain' : kind,
        cell: columnOf.get(index) ?? null,
      }),
      lacking,
    );
  }
}

/** The slot that a column names, as `flatten` looks for it; undefined where there is none, null for a group or list. */
function at({ skeleton }: JsonLayout, column: string): Slot | undefined | null {
  let found: Skeleton | undefined = memberOf(skeleton, column);
  if (found === undefined) {
    found = skeleton;
    for (const part of column.split('.')) {
      // The reader also finds the length of a list there.
      if (Array.isArray(found) && part === 'length') return null;
      found = found === undefined ? undefined : memberOf(found, part);
    }
  }
  return found === undefined || found instanceof Slot ? found : null;
}

function memberOf(skeleton: Skeleton, key: string): Skeleton | undefined {
  if (skeleton instanceof Slot) return undefined;
  return Object.hasOwn(skeleton, key) ? (skeleton as Readonly<Record<string, Skeleton>>)[key] : undefined;
}
