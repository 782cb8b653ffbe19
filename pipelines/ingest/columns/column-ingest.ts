/**
 * Rows of one feed into blocks of columns. A record of a known layout goes from its cells into the open block without an
 * object of its own; any other comes as an edge row, and an unusual one goes the old way through its document.
 *
 * A row is first written; whoever asked for it then keeps or drops it.
 */
import type { TransactionInput } from '../../../schemas/transaction.ts';
import type { RowLedger, Seen } from '../../detect/hot/row-ledger.ts';
import type { FactRow } from '../../facts/batch.ts';
import { FactDictionary } from '../../facts/dictionary.ts';
import { canonicalise, type IngestContext } from '../canonical.ts';
import { fillDefaults } from '../meaning.ts';
import { type Fault, rowFaults } from '../row-faults.ts';
import { areEmpty } from '../scan/cells.ts';
import type { VaultEntry } from '../vault.ts';
import { CellMemo } from './cell-memo.ts';
import { type ColumnsOrigin, Composer } from './composer.ts';
import { type Fragment, GROUPS } from './fragment.ts';
import { FragmentBuilder, KEYED_ORDER } from './fragment-builder.ts';
import { HEAD_LEAVES, type Head, type HeadInput, headOf, type Space } from './head.ts';
import { MemberMemo } from './member-memo.ts';
import { BLOCK_OVERHEAD_BYTES, type ClosedBlock, OpenBlock, ROW_OVERHEAD_BYTES } from './open-block.ts';
import { plainMinor } from './plain-amount.ts';
import { type PartsTaker, type RowParts, UNREADABLE } from './row-parts.ts';

/** Texts of a dictionary, and remembered edge members, after which both begin anew. */
const TEXTS_MAX = 1 << 20;
const MEMBERS_MAX = 131_072;
/** Texts of blocks lie in dictionaries that are gone with the feed: their seed hides nothing. */
const SEED = [0, 0] as const;
const ID_CHARS_MAX = 128;
const DATE_CHARS = 10;

export interface ColumnsOptions {
  readonly context: IngestContext;
  readonly origin: ColumnsOrigin;
  /** `needs` that the feed provides. */
  readonly provided: ReadonlySet<string>;
  /** Rows at which a block closes. */
  readonly blockRows: number;
  /** Bytes that a block is estimated to have when it closes; a single row may be more. */
  readonly blockBytes: number;
}

/** Members that take the old way through the document. */
const isUnusual = (row: TransactionInput): boolean =>
  row.op !== 'put' || row.reverses !== undefined || row.sameAs !== undefined;

export class ColumnIngest implements PartsTaker {
  readonly heads = new CellMemo<Head>();
  readonly fragments = new CellMemo<Fragment>();
  /** What the row written last brought to the vault. */
  vaultEntries: readonly VaultEntry[] = [];
  institution = '';
  id = '';
  version = 0;
  /** Rows that were composed, and rows that were documents. */
  composed = 0;
  documents = 0;
  readonly #options: ColumnsOptions;
  #block: OpenBlock;
  #composer: Composer;
  #builder: FragmentBuilder;
  /** A row was written, and neither kept nor dropped. */
  #isWritten = false;
  /** The row written last where it was a document. */
  #document: FactRow | null = null;
  #bytes = BLOCK_OVERHEAD_BYTES;
  #amount = '';
  readonly #spaces = new Map<string, Space>();
  readonly #headsByText = new Map<string, Head>();
  /** By space and group. */
  readonly #members = new MemberMemo<Fragment>(MEMBERS_MAX);
  /** By kind of part: where its cells are all empty, as most of a wide file are, the row has no such member. */
  readonly #emptyIsNothing: boolean[] = [];
  /** Hashes of the parts that were not known, by group. */
  readonly #hashes = new Int32Array(GROUPS.length);
  /** Part by group, of those to be built. */
  readonly #missing: number[] = new Array<number>(GROUPS.length).fill(-1);

  constructor(options: ColumnsOptions) {
    this.#options = options;
    this.#block = this.#newBlock();
    this.#composer = this.#newComposer();
    this.#builder = new FragmentBuilder(options.context, this.#block.dictionary);
  }

  #newBlock(): OpenBlock {
    return new OpenBlock(this.#options.blockRows, new FactDictionary(SEED));
  }

  #newComposer(): Composer {
    return new Composer(this.#options.context, this.#block, this.#options.origin);
  }

  /** Rows kept in the open block. */
  get rows(): number {
    return this.#block.rows;
  }

  get line(): number {
    return this.#composer.line;
  }

  /** Line of the next row. */
  set line(line: number) {
    this.#composer.line = line;
  }

  /** Writes the row that these cells make; false where the record is the library's. */
  take(parts: RowParts, bytes: Buffer, cells: Int32Array): boolean {
    if (!parts.begin(bytes, cells)) return false;
    const composer = this.#composer;
    if (!this.#scalars(parts, bytes, cells)) return false;
    const head = this.#headOfCells(parts, bytes, cells);
    if (head === null) return false;
    const minor = plainMinor(this.#amount, head.exponent);
    if (minor === -1) return false;
    composer.head = head;
    composer.minor = minor;
    const unknown = this.#fragmentsOfCells(parts, bytes, cells, head.space);
    if (unknown === -1 || !composer.setTime()) return false;
    if (unknown > 0) {
      if (!this.#isGood()) return false;
      this.#buildMissing(head.space, (fragment, group) => {
        const part = parts.groups[this.#missing[group] as number] as RowParts['groups'][number];
        const hash = this.#hashes[group] as number;
        this.fragments.put(part.kind, head.space.number, bytes, cells, part.cells, hash, fragment);
      });
    }
    this.#composed(head);
    return true;
  }

  #scalars(parts: RowParts, bytes: Buffer, cells: Int32Array): boolean {
    const composer = this.#composer;
    const id = parts.id(bytes, cells);
    const amount = parts.amount(bytes, cells);
    const occurredAt = parts.occurredAt(bytes, cells);
    if (
      typeof id !== 'string' ||
      id.length === 0 ||
      id.length > ID_CHARS_MAX ||
      typeof amount !== 'string' ||
      (occurredAt !== undefined && typeof occurredAt !== 'string')
    )
      return false;
    composer.id = id;
    this.#amount = amount;
    composer.occurredAt = occurredAt;
    return true;
  }

  #headOfCells(parts: RowParts, bytes: Buffer, cells: Int32Array): Head | null {
    const { kind, cells: which, read } = parts.head;
    const { occurredAt } = this.#composer;
    // Defaults of precision and offset depend on whether there is a time.
    const form = occurredAt === undefined ? 0 : occurredAt.length > DATE_CHARS ? 1 : 2;
    const known = this.heads.find(kind, form, bytes, cells, which);
    if (known !== undefined) return known;
    const hash = this.heads.lastHash;
    const tree = read(bytes, cells);
    if (tree === UNREADABLE || tree === undefined) return null;
    const row = tree as Record<string, unknown>;
    if (occurredAt !== undefined) row['occurredAt'] = occurredAt;
    parts.complete(row);
    fillDefaults(row);
    const head = this.#newHead(row as unknown as HeadInput);
    if (head !== null) this.heads.put(kind, form, bytes, cells, which, hash, head);
    return head;
  }

  #newHead(input: HeadInput): Head | null {
    const { institution } = input;
    if (institution === undefined || typeof input.ccy !== 'string') return null;
    let space = this.#spaces.get(institution);
    if (space === undefined) {
      space = {
        number: this.#spaces.size,
        institution,
        institutionId: this.#block.dictionary.textId(institution),
        coverage: this.#options.origin.coverageOf(institution),
        noDebtor: [],
        noCreditor: [],
      };
      this.#spaces.set(institution, space);
    }
    return headOf(input, space, this.#options.context.reference, this.#block.dictionary);
  }

  /** Fragments that are known, and values of the others. How many those are; -1 where the record is the library's. */
  #fragmentsOfCells(parts: RowParts, bytes: Buffer, cells: Int32Array, space: Space): number {
    const { fragments, values } = this.#composer;
    fragments.fill(null);
    let unknown = 0;
    for (let i = 0; i < parts.groups.length; i++) {
      const part = parts.groups[i] as RowParts['groups'][number];
      const { group } = part;
      const isEmpty = areEmpty(cells, part.cells);
      if (isEmpty && this.#emptyIsNothing[part.kind] === true) continue;
      const known = this.fragments.find(part.kind, space.number, bytes, cells, part.cells);
      if (known !== undefined) {
        if (group !== -1) fragments[group] = known;
        continue;
      }
      const hash = this.fragments.lastHash;
      const value = part.read(bytes, cells);
      if (value === UNREADABLE) return this.#giveUp();
      if (value === undefined) {
        const nothing = this.#builder.nothing();
        if (isEmpty) this.#emptyIsNothing[part.kind] = true;
        else this.fragments.put(part.kind, space.number, bytes, cells, part.cells, hash, nothing);
        continue;
      }
      if (group === -1) return this.#giveUp();
      values[group] = value;
      this.#hashes[group] = hash;
      this.#missing[group] = i;
      unknown += 1;
    }
    return unknown;
  }

  #giveUp(): -1 {
    this.#composer.values.fill(undefined);
    return -1;
  }

  /** Whether amounts and moments of the members that have no fragment yet can be. */
  #isGood(): boolean {
    const { values } = this.#composer;
    const row: Record<string, unknown> = {};
    for (let group = 0; group < values.length; group++)
      if (values[group] !== undefined) row[GROUPS[group] as string] = values[group];
    if (rowFaults(row as unknown as TransactionInput).length === 0) return true;
    this.#giveUp();
    return false;
  }

  #buildMissing(space: Space, remember: (fragment: Fragment, group: number) => void): void {
    const { fragments, values } = this.#composer;
    for (const group of KEYED_ORDER) {
      const value = values[group];
      if (value === undefined) continue;
      const fragment = this.#builder.build(group, value, space.institution);
      values[group] = undefined;
      fragments[group] = fragment;
      remember(fragment, group);
    }
  }

  #composed(head: Head): void {
    const composer = this.#composer;
    composer.compose();
    this.#document = null;
    this.#isWritten = true;
    this.vaultEntries = this.#options.context.pseudonyms.takeVaultEntries();
    this.institution = head.space.institution;
    this.id = composer.id;
    this.version = head.version;
  }

  /** Writes an edge row that has passed the contract; its faults where it is rejected after all. */
  takeInput(row: TransactionInput, line: number): readonly Fault[] | null {
    this.#composer.line = line;
    if (!isUnusual(row) && this.#takeMembers(row)) return null;
    const { origin, context, provided } = this.#options;
    const coverage = origin.coverageOf(row.institution);
    const { submissionId } = origin;
    const canonical = canonicalise(row, { submissionId, line, provided: origin.provided, coverage }, context);
    if (!canonical.ok) return canonical.rejects;
    const { tx, hash, vaultEntries } = canonical;
    this.#document = { tx, hash, provided };
    this.#block.putDocument(this.#document);
    this.#isWritten = true;
    this.vaultEntries = vaultEntries;
    this.institution = tx.institution;
    this.id = tx.id;
    this.version = tx.version;
    return null;
  }

  #takeMembers(row: TransactionInput): boolean {
    const composer = this.#composer;
    const head = this.#headOfText(row);
    const minor = head === null ? -1 : plainMinor(row.settled.amount, head.exponent);
    if (head === null || minor === -1) return false;
    composer.head = head;
    composer.minor = minor;
    composer.id = row.id;
    composer.occurredAt = row.occurredAt;
    const { fragments, values } = composer;
    const { number } = head.space;
    let unknown = 0;
    for (let group = 0; group < GROUPS.length; group++) {
      const value = row[GROUPS[group] as keyof TransactionInput];
      fragments[group] = null;
      if (value === undefined) continue;
      const text = typeof value === 'string' ? value : JSON.stringify(value);
      const known = this.#members.find(number * GROUPS.length + group, text);
      if (known !== undefined) fragments[group] = known;
      else {
        values[group] = value;
        unknown += 1;
      }
    }
    if (!composer.setTime()) {
      this.#giveUp();
      return false;
    }
    if (unknown > 0) {
      if (!this.#isGood()) return false;
      this.#buildMissing(head.space, (fragment, group) => {
        const value = row[GROUPS[group] as keyof TransactionInput];
        const text = typeof value === 'string' ? value : JSON.stringify(value);
        this.#members.put(number * GROUPS.length + group, text, fragment);
      });
    }
    this.#composed(head);
    return true;
  }

  #headOfText(row: TransactionInput): Head | null {
    const input: Record<string, unknown> = { ccy: row.settled.ccy };
    for (const key in row) if (HEAD_LEAVES.has(key)) input[key] = row[key as keyof TransactionInput];
    const text = JSON.stringify(input);
    const known = this.#headsByText.get(text);
    if (known !== undefined) return known;
    const head = this.#newHead(input as unknown as HeadInput);
    if (head !== null) {
      if (this.#headsByText.size >= MEMBERS_MAX) this.#headsByText.clear();
      this.#headsByText.set(text, head);
    }
    return head;
  }

  /** Bytes of the document of the row that was written. */
  get docBytes(): number {
    return this.#block.docBytes;
  }

  /** Adds what the row that was written settled, in minor units. */
  settleInto(sums: { add(ccy: string, minor: number | bigint): void }): void {
    const row = this.#document?.tx;
    if (row === undefined) sums.add(this.#composer.head?.ccy ?? '', this.#composer.minor);
    else sums.add(row.settled.ccy, BigInt(row.stamp.amountMinor));
  }

  /** What the row that was written is beside those that `ledger` knows and those kept in the open block. */
  seen(ledger: Pick<RowLedger, 'seen'>): Seen {
    return this.#block.seen(ledger, this.institution, this.id);
  }

  /** Whether the open block has no room for the row that was written: it is to be closed first. */
  get isFull(): boolean {
    return this.rows > 0 && this.#bytes + this.docBytes + ROW_OVERHEAD_BYTES > this.#options.blockBytes;
  }

  /** The row that was written becomes part of the block. True where the block is full now. */
  keep(): boolean {
    this.#bytes += this.docBytes + ROW_OVERHEAD_BYTES;
    if (this.#document === null) this.composed += 1;
    else this.documents += 1;
    this.#block.keep(this.institution, this.id);
    this.#isWritten = false;
    return this.#block.rows >= this.#options.blockRows || this.#bytes >= this.#options.blockBytes;
  }

  /** The row that was written does not become part of the block. */
  drop(): void {
    this.#block.drop();
    this.#isWritten = false;
  }

  /** The rows kept so far; null where there are none. Its bytes are to be asked for, then `reopen` to be called. */
  close(): ClosedBlock | null {
    this.#bytes = BLOCK_OVERHEAD_BYTES;
    return this.#block.close();
  }

  /** After a block was closed and made bytes: writes the row that it left out, if there is one. */
  reopen(): void {
    if (!this.#isWritten) this.#forget();
    else if (this.#document === null) this.#composer.compose();
    else this.#block.putDocument(this.#document);
  }

  /** Begins anew where there is too much to remember. */
  #forget(): void {
    if (this.#block.dictionary.interner.size < TEXTS_MAX) return;
    this.heads.clear();
    this.fragments.clear();
    this.#headsByText.clear();
    this.#spaces.clear();
    this.#members.clear();
    this.#block = this.#newBlock();
    this.#composer = this.#newComposer();
    this.#builder = new FragmentBuilder(this.#options.context, this.#block.dictionary);
  }
}
