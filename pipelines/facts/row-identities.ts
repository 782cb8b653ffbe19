/**
 * What identifies and versions the rows of a segment, and who else than accounts and holders has an event of them: asked for
 * when two rows are compared or a row comes again, not by rules.
 */
import type { Steps } from '../../rules/compiler/index.ts';
import type { FactBatch } from '../../schemas/facts.ts';
import type { CheckpointIn, CheckpointOut } from '../recovery/checkpoint-image.ts';
import { HASH_WORDS } from './batch.ts';
import { SEGMENT_ROWS } from './segment-size.ts';

const ID_BYTES_PER_ROW = 16;
const ROWS_PER_MEMBER = 4;

export type MemberVisit = (kind: number, key: number, side: number) => void;

/** Where the identity of a row is read: a segment's, or a page of rows whose identities have left memory. */
export interface IdentityHome {
  /** Place of a row: its number AND this. */
  readonly rowMask: number;
  readonly version: Uint32Array;
  readonly hash: Uint32Array;
  readonly flags: Uint8Array;
  readonly idBytes: Uint8Array;
  readonly idEnds: Int32Array;
  idStart(place: number): number;
  eachMember(place: number, visit: MemberVisit): void;
}

type Growing = Uint8Array | Uint32Array | Int32Array;

/** An array of `length` with the first `used` elements of another. */
function enlarged<T extends Growing>(array: T, used: number, length: number): T {
  const larger = new (array.constructor as new (length: number) => T)(length);
  larger.set(array.subarray(0, used) as never);
  return larger;
}

function grown<T extends Growing>(array: T, used: number, needed: number): T {
  return needed <= array.length ? array : enlarged(array, used, Math.max(needed, 2 * array.length));
}

export class RowIdentities implements IdentityHome {
  readonly rowMask = SEGMENT_ROWS - 1;
  idEnds: Int32Array;
  version: Uint32Array;
  hash: Uint32Array;
  flags: Uint8Array;
  /** End of each row's members. */
  memberEnds: Int32Array;
  idBytes: Uint8Array;
  memberKind: Uint8Array;
  memberKey: Int32Array;
  memberSide: Uint8Array;
  #rows = 0;

  /** Room for `rows` rows. */
  constructor(rows: number) {
    this.idEnds = new Int32Array(rows);
    this.version = new Uint32Array(rows);
    this.hash = new Uint32Array(HASH_WORDS * rows);
    this.flags = new Uint8Array(rows);
    this.memberEnds = new Int32Array(rows);
    this.idBytes = new Uint8Array(ID_BYTES_PER_ROW * rows);
    this.memberKind = new Uint8Array(rows / ROWS_PER_MEMBER);
    this.memberKey = new Int32Array(rows / ROWS_PER_MEMBER);
    this.memberSide = new Uint8Array(rows / ROWS_PER_MEMBER);
  }

  idStart(place: number): number {
    return place === 0 ? 0 : this.idEnds[place - 1]!;
  }

  memberStart(place: number): number {
    return place === 0 ? 0 : this.memberEnds[place - 1]!;
  }

  eachMember(place: number, visit: MemberVisit): void {
    for (let i = this.memberStart(place); i < this.memberEnds[place]!; i++)
      visit(this.memberKind[i]!, this.memberKey[i]!, this.memberSide[i]!);
  }

  /** No row any more; the room stays. */
  clear(): void {
    this.#rows = 0;
  }

  /** Copies `count` rows of the batch from row `from` on. `member` is the batch's first member of them; returns the next. */
  append(batch: FactBatch, from: number, count: number, member: number): number {
    const at = this.#rows;
    const until = from + count;
    this.version.set(batch.version.subarray(from, until), at);
    this.hash.set(batch.hash.subarray(HASH_WORDS * from, HASH_WORDS * until), HASH_WORDS * at);
    this.flags.set(batch.flags.subarray(from, until), at);
    this.#appendIds(batch, from, until);
    const next = this.#appendMembers(batch, from, until, member);
    this.#rows += count;
    return next;
  }

  /** Makes room for `rows` rows. */
  grow(rows: number): void {
    const used = this.#rows;
    this.idEnds = enlarged(this.idEnds, used, rows);
    this.version = enlarged(this.version, used, rows);
    this.hash = enlarged(this.hash, HASH_WORDS * used, HASH_WORDS * rows);
    this.flags = enlarged(this.flags, used, rows);
    this.memberEnds = enlarged(this.memberEnds, used, rows);
  }

  *save(out: CheckpointOut): Steps<void> {
    const rows = this.#rows;
    yield* out.array('id.ends', this.idEnds, rows);
    yield* out.array('id.version', this.version, rows);
    yield* out.array('id.hash', this.hash, HASH_WORDS * rows);
    yield* out.array('id.flags', this.flags, rows);
    yield* out.array('id.bytes', this.idBytes, this.idStart(rows));
    const members = this.memberStart(rows);
    yield* out.array('member.ends', this.memberEnds, rows);
    yield* out.array('member.kind', this.memberKind, members);
    yield* out.array('member.key', this.memberKey, members);
    yield* out.array('member.side', this.memberSide, members);
  }

  /** Reads as many rows as were saved, for which there is room. */
  load(image: CheckpointIn): void {
    this.#rows = image.into('id.ends', this.idEnds);
    image.into('id.version', this.version);
    image.into('id.hash', this.hash);
    image.into('id.flags', this.flags);
    // What has no fixed width gets the room that it needs, and grows when more comes.
    this.idBytes = image.array('id.bytes', Uint8Array);
    image.into('member.ends', this.memberEnds);
    this.memberKind = image.array('member.kind', Uint8Array);
    this.memberKey = image.array('member.key', Int32Array);
    this.memberSide = image.array('member.side', Uint8Array);
  }

  #appendIds({ idBytes, idEnds }: FactBatch, from: number, until: number): void {
    const start = from === 0 ? 0 : idEnds[from - 1]!;
    const used = this.idStart(this.#rows);
    const bytes = idBytes.subarray(start, idEnds[until - 1]);
    this.idBytes = grown(this.idBytes, used, used + bytes.length);
    this.idBytes.set(bytes, used);
    for (let row = from; row < until; row++)
      this.idEnds[this.#rows + row - from] = idEnds[row]! - start + used;
  }

  #appendMembers({ members }: FactBatch, from: number, until: number, first: number): number {
    let end = first;
    while (end < members.count && members.row[end]! < until) end++;
    const used = this.memberStart(this.#rows);
    const needed = used + end - first;
    this.memberKind = grown(this.memberKind, used, needed);
    this.memberKey = grown(this.memberKey, used, needed);
    this.memberSide = grown(this.memberSide, used, needed);
    this.memberKind.set(members.kind.subarray(first, end), used);
    this.memberKey.set(members.key.subarray(first, end), used);
    this.memberSide.set(members.side.subarray(first, end), used);
    let member = first;
    for (let row = from; row < until; row++) {
      while (member < end && members.row[member] === row) member++;
      this.memberEnds[this.#rows + row - from] = used + member - first;
    }
    return end;
  }

  get bytes(): number {
    let bytes = 0;
    for (const array of [
      this.idEnds,
      this.version,
      this.hash,
      this.flags,
      this.memberEnds,
      this.idBytes,
      this.memberKind,
      this.memberKey,
      this.memberSide,
    ])
      bytes += array.byteLength;
    return bytes;
  }
}
