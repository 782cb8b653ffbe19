/**
 * A page: some rows in the order and form in which they lie in a cold file, read into memory that already has its views. To
 * whoever reads a row it is a small segment.
 *
 * Ids and members, which have no fixed width, are the page's tail: a unit of their own, read when somebody asks for them.
 */
import { FACT_COLUMNS, type FactColumnName, type FactColumns } from '../../schemas/facts.ts';
import type { ColdFile } from '../state/cold-file.ts';
import { HASH_WORDS } from './batch.ts';
import { copyRows, elementBytesOf } from './copy-rows.ts';
import type { IdentityHome, MemberVisit, RowIdentities } from './row-identities.ts';
import type { RowHome, Segment } from './segment.ts';
import type { ColumnArray } from './stored-column.ts';

const NAMES = Object.keys(FACT_COLUMNS) as FactColumnName[];
const FIRST_TAIL_BYTES = 512;
/** A member in the tail: kind, side, and the four bytes of the key. */
const MEMBER_BYTES = 6;

const widthOf = (name: FactColumnName): number => (FACT_COLUMNS[name].per === 'leg' ? 2 : 1);

/** Bytes of a row: its columns; version, hash, shared reference, ends of id and members; flags. */
const ROW_BYTES =
  NAMES.reduce((bytes, name) => bytes + elementBytesOf(name) * widthOf(name), 0) + 4 * (HASH_WORDS + 4) + 1;
/** The position of the tail. */
const HEADER_BYTES = 8;

interface ArrayType {
  new (buffer: ArrayBuffer, at: number, length: number): ColumnArray | Uint32Array;
  readonly BYTES_PER_ELEMENT: number;
}

export class Page implements RowHome, IdentityHome {
  readonly rowMask: number;
  readonly columns: FactColumns;
  readonly list: readonly ColumnArray[];
  readonly version: Uint32Array;
  readonly hash: Uint32Array;
  readonly sharedRef: Int32Array;
  readonly flags: Uint8Array;
  readonly idEnds: Int32Array;
  readonly #memberEnds: Int32Array;
  readonly #file: ColdFile;
  readonly #bytes: Uint8Array;
  readonly #tailAt: Float64Array;
  /** Ids, then kinds, sides and keys of members. */
  #tail: Uint8Array = new Uint8Array(FIRST_TAIL_BYTES);
  #hasTail = false;

  /** Room for `rows` rows, a power of two. */
  constructor(file: ColdFile, rows: number) {
    this.#file = file;
    this.rowMask = rows - 1;
    const buffer = new ArrayBuffer(HEADER_BYTES + rows * ROW_BYTES);
    this.#bytes = new Uint8Array(buffer);
    let at = 0;
    const take = (of: ArrayType, length: number) => {
      const array = new of(buffer, at, length);
      at += array.byteLength;
      return array;
    };
    const columns: Partial<Record<FactColumnName, ColumnArray>> = {};
    const takeColumns = (of: ArrayType) => {
      for (const name of NAMES) {
        if (elementBytesOf(name) !== of.BYTES_PER_ELEMENT) continue;
        columns[name] = take(of, widthOf(name) * rows) as ColumnArray;
      }
    };
    // The widest elements first: each array then begins where its elements may.
    this.#tailAt = take(Float64Array, 1) as Float64Array;
    takeColumns(Float64Array);
    takeColumns(Int32Array);
    this.version = take(Uint32Array, rows) as Uint32Array;
    this.hash = take(Uint32Array, HASH_WORDS * rows) as Uint32Array;
    this.sharedRef = take(Int32Array, rows) as Int32Array;
    this.idEnds = take(Int32Array, rows) as Int32Array;
    this.#memberEnds = take(Int32Array, rows) as Int32Array;
    takeColumns(Uint8Array);
    this.flags = take(Uint8Array, rows) as Uint8Array;
    this.columns = columns as FactColumns;
    this.list = NAMES.map((name) => this.columns[name]);
  }

  columnAt(position: number): ColumnArray {
    return this.list[position]!;
  }

  get bytes(): number {
    return this.#bytes.length + this.#tail.length;
  }

  get idBytes(): Uint8Array {
    if (!this.#hasTail) this.#readTail();
    return this.#tail;
  }

  idStart(place: number): number {
    return place === 0 ? 0 : this.idEnds[place - 1]!;
  }

  eachMember(place: number, visit: MemberVisit): void {
    const from = place === 0 ? 0 : this.#memberEnds[place - 1]!;
    const until = this.#memberEnds[place]!;
    if (from === until) return;
    if (!this.#hasTail) this.#readTail();
    const { buffer } = this.#tail;
    const view = new DataView(buffer);
    const first = this.idEnds[this.rowMask]!;
    for (let i = from; i < until; i++) {
      const at = first + MEMBER_BYTES * i;
      visit(view.getUint8(at), view.getInt32(at + 2, true), view.getUint8(at + 1));
    }
  }

  /** Takes over the rows of a segment from `place` on and writes them; returns the position to `load` them from. */
  store(segment: Segment, place: number): number {
    const rows = this.rowMask + 1;
    const until = place + rows;
    const of = segment.identities as RowIdentities;
    copyRows(segment.list, place, this.list, 0, rows);
    this.version.set(of.version.subarray(place, until));
    this.hash.set(of.hash.subarray(HASH_WORDS * place, HASH_WORDS * until));
    this.flags.set(of.flags.subarray(place, until));
    const firstId = of.idStart(place);
    const idLength = of.idEnds[until - 1]! - firstId;
    const firstMember = of.memberStart(place);
    const members = of.memberEnds[until - 1]! - firstMember;
    const { sharedRef } = segment;
    for (let i = 0; i < rows; i++) {
      this.sharedRef[i] = sharedRef[place + i]!;
      this.idEnds[i] = of.idEnds[place + i]! - firstId;
      this.#memberEnds[i] = of.memberEnds[place + i]! - firstMember;
    }
    const length = idLength + MEMBER_BYTES * members;
    this.#reserveTail(length);
    this.#tail.set(of.idBytes.subarray(firstId, firstId + idLength));
    const view = new DataView(this.#tail.buffer);
    for (let i = 0; i < members; i++) {
      const at = idLength + MEMBER_BYTES * i;
      view.setUint8(at, of.memberKind[firstMember + i]!);
      view.setUint8(at + 1, of.memberSide[firstMember + i]!);
      view.setInt32(at + 2, of.memberKey[firstMember + i]!, true);
    }
    // A tail has a byte at least: rows have ids.
    this.#tailAt[0] = this.#file.append(this.#tail.subarray(0, length));
    this.#hasTail = true;
    return this.#file.append(this.#bytes);
  }

  /** Reads what `store` wrote. */
  load(position: number): void {
    this.#hasTail = false;
    this.#file.read(position, this.#bytes);
  }

  #readTail(): void {
    const length = this.#file.read(this.#tailAt[0]!, this.#tail);
    if (length > this.#tail.length) {
      this.#reserveTail(length);
      this.#file.read(this.#tailAt[0]!, this.#tail);
    }
    this.#hasTail = true;
  }

  #reserveTail(length: number): void {
    if (length > this.#tail.length) this.#tail = new Uint8Array(2 * length);
  }
}
