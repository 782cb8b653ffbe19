/**
 * A page: some rows in the order and form in which they lie in a cold file. It is read into its place among the columns of many
 * (`PageColumns`): views of its own for each page would be a hundred objects, which weigh more than the rows and which
 * every collection of garbage has to look at. To whoever reads a row a page is a small segment.
 *
 * Ids and members, which have no fixed width, are the page's tail: a unit of their own, read when somebody asks for them.
 */
import type { FactColumns } from '../../schemas/facts.ts';
import type { ColdFile } from '../state/cold-file.ts';
import { HASH_WORDS } from './batch.ts';
import { copyRows } from './copy-rows.ts';
import { NO_SPARSE, type PageColumns } from './page-columns.ts';
import type { IdentityHome, MemberVisit, RowIdentities } from './row-identities.ts';
import type { RowHome, Segment } from './segment.ts';
import type { ColumnArray } from './stored-column.ts';

const FIRST_TAIL_BYTES = 512;
/** A member in the tail: kind, side, and the four bytes of the key. */
const MEMBER_BYTES = 6;
const NO_BYTES = new Uint8Array(0);

const roomFor = (bytes: number, tail: Uint8Array): Uint8Array =>
  bytes <= tail.length ? tail : new Uint8Array(Math.max(FIRST_TAIL_BYTES, 2 * bytes));

export class Page implements RowHome, IdentityHome {
  readonly rowMask: number;
  readonly columns: FactColumns;
  readonly list: readonly ColumnArray[];
  readonly version: Uint32Array;
  readonly hash: Uint32Array;
  readonly sharedRef: Int32Array;
  readonly flags: Uint8Array;
  readonly idEnds: Int32Array;
  readonly #among: PageColumns;
  readonly #first: number;
  readonly #last: number;
  readonly #file: ColdFile;
  #tailAt = 0;
  /** Ids, then kinds, sides and keys of members. */
  #tail: Uint8Array = NO_BYTES;
  #hasTail = false;

  /** `rows` rows from place `first` on among columns of more, of which there is a power of two; so is `first` a multiple of `rows`. */
  constructor(file: ColdFile, among: PageColumns, first: number, rows: number) {
    this.#file = file;
    this.#among = among;
    this.#first = first;
    this.#last = first + rows - 1;
    this.rowMask = among.rows - 1;
    this.columns = among.columns;
    this.list = among.list;
    this.version = among.version;
    this.hash = among.hash;
    this.sharedRef = among.sharedRef;
    this.flags = among.flags;
    this.idEnds = among.idEnds;
  }

  columnAt(position: number): ColumnArray {
    return this.list[position]!;
  }

  /** Of the tail: the columns are counted with those of the others. */
  get bytes(): number {
    return this.#tail.length;
  }

  get idBytes(): Uint8Array {
    if (!this.#hasTail) this.#readTail();
    return this.#tail;
  }

  idStart(place: number): number {
    return place === this.#first ? 0 : this.idEnds[place - 1]!;
  }

  eachMember(place: number, visit: MemberVisit): void {
    const { memberEnds } = this.#among;
    const from = place === this.#first ? 0 : memberEnds[place - 1]!;
    const until = memberEnds[place]!;
    if (from === until) return;
    if (!this.#hasTail) this.#readTail();
    const { buffer } = this.#tail;
    const view = new DataView(buffer);
    const first = this.idEnds[this.#last]!;
    for (let i = from; i < until; i++) {
      const at = first + MEMBER_BYTES * i;
      visit(view.getUint8(at), view.getInt32(at + 2, true), view.getUint8(at + 1));
    }
  }

  /** Reads what `PageWriter` wrote; `scratch` has room for a page. */
  load(position: number, scratch: PageColumns): void {
    this.#hasTail = false;
    this.#file.read(position, scratch.bytes);
    const sparseAt = scratch.sparseAt[0]!;
    if (sparseAt === NO_SPARSE) scratch.putSparse(NO_BYTES);
    else {
      const bytes = scratch.sparseRoom();
      scratch.putSparse(bytes.subarray(0, this.#file.read(sparseAt, bytes)));
    }
    this.#among.take(scratch, this.#first);
    this.#tailAt = scratch.tailAt[0]!;
  }

  #readTail(): void {
    const length = this.#file.read(this.#tailAt, this.#tail);
    if (length > this.#tail.length) {
      this.#tail = roomFor(length, this.#tail);
      this.#file.read(this.#tailAt, this.#tail);
    }
    this.#hasTail = true;
  }
}

/** Writes rows of segments as pages. */
export class PageWriter {
  readonly #file: ColdFile;
  readonly #page: PageColumns;
  #tail: Uint8Array = NO_BYTES;

  /** `page`: room for the rows of one, which nobody reads. */
  constructor(file: ColdFile, page: PageColumns) {
    this.#file = file;
    this.#page = page;
  }

  /** Writes the rows of a segment from `place` on; returns the position to `load` them from. */
  store(segment: Segment, place: number): number {
    const page = this.#page;
    const { rows } = page;
    const until = place + rows;
    const of = segment.identities as RowIdentities;
    copyRows(segment.list, place, page.list, 0, rows);
    page.takeSparse(segment.list, place, 0, rows);
    page.version.set(of.version.subarray(place, until));
    page.hash.set(of.hash.subarray(HASH_WORDS * place, HASH_WORDS * until));
    page.flags.set(of.flags.subarray(place, until));
    const firstId = of.idStart(place);
    const idLength = of.idEnds[until - 1]! - firstId;
    const firstMember = of.memberStart(place);
    const members = of.memberEnds[until - 1]! - firstMember;
    const { sharedRef } = segment;
    for (let i = 0; i < rows; i++) {
      page.sharedRef[i] = sharedRef[place + i]!;
      page.idEnds[i] = of.idEnds[place + i]! - firstId;
      page.memberEnds[i] = of.memberEnds[place + i]! - firstMember;
    }
    const length = idLength + MEMBER_BYTES * members;
    this.#tail = roomFor(length, this.#tail);
    this.#tail.set(of.idBytes.subarray(firstId, firstId + idLength));
    const view = new DataView(this.#tail.buffer);
    for (let i = 0; i < members; i++) {
      const at = idLength + MEMBER_BYTES * i;
      view.setUint8(at, of.memberKind[firstMember + i]!);
      view.setUint8(at + 1, of.memberSide[firstMember + i]!);
      view.setInt32(at + 2, of.memberKey[firstMember + i]!, true);
    }
    // A tail has a byte at least: rows have ids.
    page.tailAt[0] = this.#file.append(this.#tail.subarray(0, length));
    const sparse = page.sparseBytes();
    page.sparseAt[0] = sparse.length === 0 ? NO_SPARSE : this.#file.append(sparse);
    return this.#file.append(page.bytes);
  }
}
