/**
 * Rows to partitions: a row goes to the partition of every subject that a rule may ask about, once to each. One of these copies is
 * the primary one, which is stored; the others are evaluated only.
 *
 * **Whole identities.** A partition must see every version of a row that it has, and what reverses it, and these may name
 * others than the row did, or nobody. So whatever is not simply new goes to every partition: versions other than the first,
 * withdrawals, reversals. First versions are the only ones without such a predecessor. No memory is needed for it, in none of
 * any number of processes, and none after a restart.
 *
 * **The primary copy** goes to the partition of the account debited, else credited, else of the row's id. Accounts are what the row
 * itself says: who holds them may become known later, and a row that is sent again must not be stored from elsewhere.
 *
 * Both reports of one transfer name the subject that they are to meet on, and meet there.
 */
import type { RuleSet } from '../../rules/compiler/index.ts';
import { type BlockRows, decodeRows } from '../../schemas/block-rows.ts';
import { SUBJECT_KINDS, type SubjectKind } from '../../schemas/enumerations.ts';
import { TEXT_NULL } from '../../schemas/facts.ts';
import { FactDictionary } from '../facts/dictionary.ts';
import { OWNER_LEGS, ownerLegs } from '../facts/owner-legs.ts';
import { LOG_LIMITS, type RecordKind } from '../log/port.ts';
import { memberEndsOf, RowColumns } from './row-columns.ts';
import { partitionsOfSlots, slotOfBytes, slotOfKey } from './slots.ts';

export const ROUTER_LIMITS = {
  /** Bytes of a row's document; a longer one does not go into a record of its own with everything that it names. */
  DOC_BYTES: LOG_LIMITS.BLOCK_BYTES / 2,
  /** Texts after which the router's dictionary begins anew. */
  TEXTS: 1 << 20,
} as const;

/** Bytes of a block beside its documents: schema and dictionaries, and columns of every row. */
const BLOCK_OVERHEAD_BYTES = 16 * 1024;
const ROW_OVERHEAD_BYTES = 512;
const FIRST_KEYS = 4_096;
const UNKNOWN = -1;
/** Dictionaries are gone with the blocks: their seed hides nothing. */
const SEED = [0, 0] as const;

export type RoutedKind = Extract<RecordKind, 'transactions' | 'copies'>;

/** The value of a record of `transactions`. */
export interface RoutedBlock {
  readonly partition: number;
  readonly kind: RoutedKind;
  readonly rows: number;
  readonly bytes: Uint8Array;
}

export interface Routed {
  /** Blocks that are full. */
  readonly blocks: RoutedBlock[];
  /** Places in the block of rows that are too large for a record, and were not taken. */
  readonly tooLarge: readonly number[];
}

export interface RouterCounts {
  rows: number;
  /** Beside the primary ones. */
  copies: number;
  /** Rows that went to every partition. */
  everywhere: number;
}

export interface RouterOptions {
  readonly partitions: number;
  readonly kinds: ReadonlySet<SubjectKind>;
  /** Rows and bytes at which a block closes; default those of `LOG_LIMITS`. No block has more bytes. */
  readonly blockRows?: number;
  readonly blockBytes?: number;
}

/** Kinds of subject that the rules ask about. Of a timeline: those of every set in force, or about to be. */
export function kindsOfRules({ rules }: Pick<RuleSet, 'rules'>): Set<SubjectKind> {
  const asked = rules.filter(({ input }) => input === 'events');
  return new Set(asked.flatMap(({ subjects }) => [...subjects]));
}

/** Rows listed for one partition, ascending. */
class RowList {
  rows = new Int32Array(LOG_LIMITS.BLOCK_ROWS);
  count = 0;

  push(row: number): void {
    if (this.count === this.rows.length) {
      const more = new Int32Array(2 * this.count);
      more.set(this.rows);
      this.rows = more;
    }
    this.rows[this.count++] = row;
  }
}

export class Router {
  readonly counts: RouterCounts = { rows: 0, copies: 0, everywhere: 0 };
  readonly #partitions: number;
  readonly #partitionOfSlot: Int16Array;
  readonly #blockRows: number;
  readonly #blockBytes: number;
  #dictionary = new FactDictionary(SEED);
  /** Partition by id of a key. */
  #partitionOfId = new Int16Array(FIRST_KEYS).fill(UNKNOWN);
  /** Blocks being filled: primary ones by partition, then copies by partition. */
  #open: RowColumns[] = [];
  readonly #lists: RowList[];
  /** By partition, the row that was last listed for it. */
  readonly #listed: Int32Array;
  #accounts = false;
  #holders = false;
  #others: boolean[] = [];

  constructor({ partitions, kinds, blockRows, blockBytes }: RouterOptions) {
    this.#partitions = partitions;
    this.#partitionOfSlot = partitionsOfSlots(partitions);
    this.#blockRows = blockRows ?? LOG_LIMITS.BLOCK_ROWS;
    this.#blockBytes = blockBytes ?? LOG_LIMITS.BLOCK_BYTES;
    this.#lists = Array.from({ length: 2 * partitions }, () => new RowList());
    this.#listed = new Int32Array(partitions);
    this.useKinds(kinds);
  }

  /** From now on rows go to subjects of these kinds. */
  useKinds(kinds: ReadonlySet<SubjectKind>): void {
    this.#accounts = kinds.has('account');
    this.#holders = kinds.has('holder');
    this.#others = SUBJECT_KINDS.map((kind) => kinds.has(kind));
  }

  /** Rows in blocks that are not full, by partition; those of `close`. */
  get open(): readonly number[] {
    return Array.from(
      { length: this.#partitions },
      (_, p) => (this.#open[p]?.rows ?? 0) + (this.#open[this.#partitions + p]?.rows ?? 0),
    );
  }

  /** Takes in the rows of a block. @throws RastroError RAS-ENGINE-BLOCK-CORRUPT; then none is taken */
  route(block: Uint8Array): Routed {
    const blocks = this.#dictionary.interner.size > ROUTER_LIMITS.TEXTS ? this.#renew() : [];
    const rows = decodeRows(block, this.#dictionary);
    const tooLarge = this.#list(rows);
    const ends = memberEndsOf(rows.facts.members, rows.facts.rows);
    this.#lists.forEach((list, place) => {
      if (list.count > 0) blocks.push(...this.#fill(place, rows, list, ends));
      list.count = 0;
    });
    return { blocks, tooLarge };
  }

  /** Ends the blocks of a partition, or of all of them, whatever they hold: primary ones first. */
  close(partition?: number): RoutedBlock[] {
    const partitions =
      partition === undefined ? [...this.#lists.keys()] : [partition, this.#partitions + partition];
    return partitions.flatMap((place) => this.#close(place));
  }

  #list({ facts, doc }: BlockRows): number[] {
    const { columns, members, flags, version, idBytes, idEnds } = facts;
    const { account, party } = columns;
    const tooLarge: number[] = [];
    this.#listed.fill(UNKNOWN);
    let member = 0;
    for (let row = 0; row < facts.rows; row++) {
      const firstMember = member;
      while (member < members.count && members.row[member] === row) member++;
      const docBytes = (doc.ends[row] as number) - (row === 0 ? 0 : (doc.ends[row - 1] as number));
      if (docBytes > ROUTER_LIMITS.DOC_BYTES) {
        tooLarge.push(row);
        continue;
      }
      this.counts.rows++;
      const out = 2 * row;
      const debited = account[out] as number;
      const credited = account[out + 1] as number;
      const primary =
        debited !== TEXT_NULL || credited !== TEXT_NULL
          ? this.#partitionOf(debited === TEXT_NULL ? credited : debited)
          : this.#ofSlot(
              slotOfBytes(idBytes, row === 0 ? 0 : (idEnds[row - 1] as number), idEnds[row] as number),
            );
      this.#listed[primary] = row;
      this.#lists[primary]?.push(row);
      if (flags[row] !== 0 || version[row] !== 1) {
        this.counts.everywhere++;
        for (let partition = 0; partition < this.#partitions; partition++) this.#copy(row, partition);
        continue;
      }
      const legs = ownerLegs(columns, row);
      if (this.#accounts) {
        if ((legs & OWNER_LEGS.accountOut) !== 0) this.#copy(row, this.#partitionOf(debited));
        if ((legs & OWNER_LEGS.accountIn) !== 0) this.#copy(row, this.#partitionOf(credited));
      }
      if (this.#holders) {
        if ((legs & OWNER_LEGS.holderOut) !== 0) this.#copy(row, this.#partitionOf(party[out] as number));
        if ((legs & OWNER_LEGS.holderIn) !== 0) this.#copy(row, this.#partitionOf(party[out + 1] as number));
      }
      for (let m = firstMember; m < member; m++)
        if (this.#others[members.kind[m] as number] === true)
          this.#copy(row, this.#partitionOf(members.key[m] as number));
    }
    return tooLarge;
  }

  #copy(row: number, partition: number): void {
    if (this.#listed[partition] === row) return;
    this.#listed[partition] = row;
    this.counts.copies++;
    this.#lists[this.#partitions + partition]?.push(row);
  }

  #ofSlot(slot: number): number {
    return this.#partitionOfSlot[slot] as number;
  }

  #partitionOf(id: number): number {
    if (id >= this.#partitionOfId.length) {
      const more = new Int16Array(2 * id).fill(UNKNOWN);
      more.set(this.#partitionOfId);
      this.#partitionOfId = more;
    }
    const known = this.#partitionOfId[id] as number;
    if (known !== UNKNOWN) return known;
    const partition = this.#ofSlot(slotOfKey(this.#dictionary.text(id)));
    this.#partitionOfId[id] = partition;
    return partition;
  }

  /** Adds listed rows to the block of their place; it closes as often as it is full. */
  #fill(place: number, rows: BlockRows, list: RowList, memberEnds: Int32Array): RoutedBlock[] {
    const blocks: RoutedBlock[] = [];
    const { ends } = rows.doc;
    let from = 0;
    while (from < list.count) {
      this.#open[place] ??= new RowColumns(this.#dictionary);
      const open = this.#open[place];
      let bytes = BLOCK_OVERHEAD_BYTES + open.docBytes + ROW_OVERHEAD_BYTES * open.rows;
      let end = from;
      while (end < list.count && open.rows + end - from < this.#blockRows) {
        const row = list.rows[end] as number;
        bytes += ROW_OVERHEAD_BYTES + (ends[row] as number) - (row === 0 ? 0 : (ends[row - 1] as number));
        if (bytes > this.#blockBytes && open.rows + end - from > 0) break;
        end++;
      }
      if (end > from) open.add(rows, list.rows.subarray(from, end), end - from, memberEnds);
      if (end < list.count || open.rows >= this.#blockRows) blocks.push(...this.#close(place));
      from = end;
    }
    return blocks;
  }

  #close(place: number): RoutedBlock[] {
    const open = this.#open[place];
    if (open === undefined || open.rows === 0) return [];
    const blocks = this.#blocksOf(place, open);
    open.clear();
    return blocks;
  }

  /** What the rows are estimated to take may be too little: then they are halved. */
  #blocksOf(place: number, columns: RowColumns): RoutedBlock[] {
    const bytes = columns.bytes();
    const { rows } = columns;
    if (bytes.length <= this.#blockBytes || rows === 1) {
      const isPrimary = place < this.#partitions;
      const kind = isPrimary ? 'transactions' : 'copies';
      return [{ partition: isPrimary ? place : place - this.#partitions, kind, rows, bytes }];
    }
    const content = columns.content();
    const ends = memberEndsOf(content.facts.members, rows);
    const middle = rows >>> 1;
    return [
      [0, middle],
      [middle, rows],
    ].flatMap(([from = 0, until = 0]) => {
      const half = new RowColumns(this.#dictionary);
      half.add(
        content,
        Int32Array.from({ length: until - from }, (_, i) => from + i),
        until - from,
        ends,
      );
      return this.#blocksOf(place, half);
    });
  }

  /** Ids die with the dictionary, and with them the blocks that hold them. */
  #renew(): RoutedBlock[] {
    const blocks = this.close();
    this.#dictionary = new FactDictionary(SEED);
    this.#partitionOfId.fill(UNKNOWN);
    this.#open = [];
    return blocks;
  }
}
