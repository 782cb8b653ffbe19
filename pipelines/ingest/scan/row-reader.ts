/**
 * Mapped files without the library: from the cells of a scanned line to the canonical tree.
 *
 * A field that reads one column is a function of that column's bytes, so its value, its checks and its share of the
 * fingerprint are remembered by bytes. Other fields are read by the same readers as on the library's path, from texts
 * that are remembered likewise. Null on anything that could end otherwise than in an accepted row.
 */
import { GROUP, type GroupName } from '../columns/fragment.ts';
import { HEAD_LEAVES } from '../columns/head.ts';
import { UNREADABLE as NOT_READ, type PartsTaker, type RowParts } from '../columns/row-parts.ts';
import type { RowState, Scalar } from '../field-reader.ts';
import type { Node, RowBuilder } from '../row-builder.ts';
import type { LeafShape, ObjectShape, Shape } from '../shape.ts';
import { itemSeed, memberSeed, ROOT_SEED, ShapeWalk } from '../shape-walk.ts';
import { CELL } from './cells.ts';
import { isLate, type ScannedTree } from './scanned.ts';
import { ValueMemo } from './value-memo.ts';

interface Leaf {
  readonly what: 'leaf';
  readonly node: Node & { readonly kind: 'leaf' };
  readonly shape: LeafShape;
  readonly seed: number;
  readonly late: boolean;
  /** The only column that the value depends on; -1 where it depends on none or on more. */
  readonly column: number;
  /** Of the memo; -1 where the value is not remembered by bytes. */
  readonly kind: number;
}

interface Group {
  readonly what: 'group';
  readonly constant: boolean;
  readonly members: readonly { readonly key: string; readonly part: Part }[];
  readonly required: readonly string[];
}

interface List {
  readonly what: 'list';
  readonly constant: boolean;
  readonly items: readonly Part[];
}

type Part = Leaf | Group | List;

/** What a row reader answers for a part that cannot be read here. */
const UNREADABLE = Symbol('unreadable');

export class RowReader {
  readonly #builder: RowBuilder;
  readonly #root: Group;
  readonly #memo = new ValueMemo();
  readonly #walk = new ShapeWalk();
  /** Columns whose texts are needed beside their cells, with the memo's kind of each. */
  readonly #texts: { readonly column: number; readonly kind: number }[] = [];
  readonly #row: string[];
  readonly #state: RowState = { isDebit: null, problem: null };
  readonly #columns = new Set<number>();
  /** Null where rows of the file are documents; planned when they are asked for. */
  #parts: RowParts | null | undefined = undefined;
  #buffer: Buffer = Buffer.alloc(0);
  #cells: Int32Array = new Int32Array(0);
  #a = 0;
  #b = 0;

  constructor(builder: RowBuilder, shape: ObjectShape, width: number) {
    this.#builder = builder;
    this.#row = new Array<string>(width).fill('');
    const needed = new Set(builder.directionColumns.filter((column) => column !== -1));
    const root = this.#part(builder.root, shape, ROOT_SEED, true, needed);
    if (root?.what !== 'group') throw new TypeError('the tree of a row is a group');
    this.#root = root;
    for (const column of needed) {
      this.#texts.push({ column, kind: this.#memo.kind() });
      this.#columns.add(column);
    }
  }

  /** Columns of which a cell is needed. */
  get columns(): ReadonlySet<number> {
    return this.#columns;
  }

  #part(node: Node, shape: Shape | undefined, seed: number, isRoot: boolean, needed: Set<number>): Part {
    if (node.kind === 'leaf') {
      if (shape?.kind !== 'leaf') throw new TypeError('a field is a leaf of the contract');
      const { columns, byDirection } = node.inputs;
      const column = columns.length === 1 && !byDirection ? (columns[0] as number) : -1;
      if (column === -1) for (const each of columns) needed.add(each);
      else this.#columns.add(column);
      const kind = column === -1 ? -1 : this.#memo.kind();
      return { what: 'leaf', node, shape, seed, late: false, column, kind };
    }
    if (node.kind === 'list') {
      if (shape?.kind !== 'list') throw new TypeError('a list is a list of the contract');
      const { item } = shape;
      const items = node.items.map((each, i) => this.#part(each, item, itemSeed(seed, i), false, needed));
      return { what: 'list', constant: node.constant, items };
    }
    if (shape?.kind !== 'object') throw new TypeError('a group is a group of the contract');
    const members = node.members.map(([key, inside]) => {
      const member = shape.members.get(key);
      if (member === undefined) throw new TypeError(`the contract has no ${key}`);
      const part = this.#part(inside, member.shape, memberSeed(seed, member), false, needed);
      return { key, part: isRoot && part.what === 'leaf' && isLate(key) ? { ...part, late: true } : part };
    });
    // An id may be derived from the content once the rest stands.
    const required = shape.required.filter((key) => !isRoot || key !== 'id');
    return { what: 'group', constant: node.constant, members, required };
  }

  /** `cells` has one cell for every column, in the order of the header; those not in `columns` are not looked at. */
  read(buffer: Buffer, cells: Int32Array): ScannedTree | null {
    if (!this.#begin(buffer, cells)) return null;
    this.#a = 0;
    this.#b = 0;
    const tree = this.#group(this.#root);
    if (tree === UNREADABLE || tree === undefined) return null;
    this.#builder.complete(tree as Record<string, unknown>);
    return { tree: tree as Record<string, unknown>, a: this.#a, b: this.#b };
  }

  /** Hands the parts of a line to `taker`; false where the line is for the library. */
  handOver(buffer: Buffer, cells: Int32Array, taker: PartsTaker): boolean {
    if (this.#parts === undefined) this.#parts = this.#plan(taker);
    return this.#parts !== null && taker.take(this.#parts, buffer, cells);
  }

  /** Looks at what more than one field depends on; false where the line is for the library. */
  #begin(buffer: Buffer, cells: Int32Array): boolean {
    this.#buffer = buffer;
    this.#cells = cells;
    const state = this.#state;
    state.isDebit = null;
    state.problem = null;
    for (let i = 0; i < this.#texts.length; i++) {
      const { column, kind } = this.#texts[i] as { column: number; kind: number };
      this.#row[column] = this.#textOf(column, kind);
    }
    this.#builder.direction?.(this.#row, state);
    return state.problem === null;
  }

  /** Columns that a part's value depends on. */
  #columnsOf(part: Part): number[] {
    if (part.what === 'leaf') {
      const { columns, byDirection } = part.node.inputs;
      return byDirection ? [...columns, ...this.#builder.directionColumns] : [...columns];
    }
    const inside = part.what === 'list' ? part.items : part.members.map((member) => member.part);
    return inside.flatMap((each) => this.#columnsOf(each));
  }

  #plan(taker: PartsTaker): RowParts | null {
    const part = (name: string): Part | undefined =>
      this.#root.members.find((member) => member.key === name)?.part;
    const cellsOf = (parts: readonly Part[]): Int32Array => {
      const columns = new Set(parts.flatMap((each) => this.#columnsOf(each)));
      columns.delete(-1);
      return Int32Array.from([...columns].sort((a, b) => a - b));
    };
    const [id, settled, occurredAt] = [part('id'), part('settled'), part('occurredAt')];
    if (id === undefined || settled?.what !== 'group' || occurredAt?.what === 'group') return null;
    const amount = settled.members.find((member) => member.key === 'amount')?.part;
    const ccy = settled.members.find((member) => member.key === 'ccy')?.part;
    if (amount === undefined || ccy === undefined || settled.members.length !== 2) return null;
    const leaves = this.#root.members.filter(({ key }) => HEAD_LEAVES.has(key));
    const required = this.#root.required.filter((key) => HEAD_LEAVES.has(key));
    const taken = new Set(['id', 'settled', 'occurredAt', ...leaves.map(({ key }) => key)]);
    const read = (of: Part) => (): unknown => {
      const value = this.#grow(of);
      return value === UNREADABLE ? NOT_READ : value;
    };
    return {
      head: {
        kind: taker.heads.kind(),
        cells: cellsOf([ccy, ...leaves.map((leaf) => leaf.part)]),
        read: () => {
          const tree: Record<string, unknown> = { ccy: this.#grow(ccy) };
          for (const { key, part: leaf } of leaves) {
            const value = this.#grow(leaf);
            if (value === UNREADABLE) return NOT_READ;
            if (value !== undefined) tree[key] = value;
          }
          return required.some((key) => tree[key] === undefined) ? NOT_READ : tree;
        },
      },
      groups: this.#root.members
        .filter(({ key }) => !taken.has(key))
        .map(({ key, part: of }) => ({
          group: Object.hasOwn(GROUP, key) ? GROUP[key as GroupName] : -1,
          kind: taker.fragments.kind(),
          cells: cellsOf([of]),
          read: read(of),
        })),
      id: read(id),
      amount: read(amount),
      occurredAt: occurredAt === undefined ? () => undefined : read(occurredAt),
      begin: (buffer, cells) => this.#begin(buffer, cells),
      complete: this.#builder.complete,
    };
  }

  #textOf(column: number, kind: number): string {
    const cells = this.#cells;
    const at = column * CELL;
    const from = cells[at] as number;
    const to = cells[at + 1] as number;
    if (from === to) return '';
    const hash = cells[at + 2] as number;
    const slot = kind === -1 ? -2 : this.#memo.find(kind, hash, this.#buffer, from, to);
    if (slot >= 0) return this.#memo.value(slot) as string;
    const text = this.#buffer.toString('latin1', from, to);
    if (slot === -1) this.#memo.put(kind, hash, this.#buffer, from, to, text, 0, 0);
    return text;
  }

  #grow(part: Part): unknown {
    if (part.what === 'leaf') return part.column === -1 ? this.#read(part) : this.#remembered(part);
    return part.what === 'group' ? this.#group(part) : this.#list(part);
  }

  #remembered(leaf: Leaf): unknown {
    const { column, kind } = leaf;
    const cells = this.#cells;
    const at = column * CELL;
    const from = cells[at] as number;
    const to = cells[at + 1] as number;
    const hash = cells[at + 2] as number;
    const memo = this.#memo;
    const slot = kind === -1 ? -2 : memo.find(kind, hash, this.#buffer, from, to);
    if (slot >= 0) {
      this.#a = (this.#a + memo.a) | 0;
      this.#b = (this.#b + memo.b) | 0;
      return memo.value(slot);
    }
    this.#row[column] = from === to ? '' : this.#buffer.toString('latin1', from, to);
    const [a, b] = [this.#a, this.#b];
    const value = this.#read(leaf);
    if (value === UNREADABLE) return value;
    if (slot === -1)
      memo.put(kind, hash, this.#buffer, from, to, value, (this.#a - a) | 0, (this.#b - b) | 0);
    return value;
  }

  /** The value by the field's own reader, checked. */
  #read(leaf: Leaf): Scalar | undefined | typeof UNREADABLE {
    const value = leaf.node.read(this.#row, this.#state);
    if (this.#state.problem !== null) return UNREADABLE;
    if (value === undefined) return undefined;
    const walk = this.#walk;
    walk.a = this.#a;
    walk.b = this.#b;
    if (walk.leaf(leaf.shape, value, leaf.seed) !== null) return UNREADABLE;
    if (!leaf.late) {
      this.#a = walk.a;
      this.#b = walk.b;
    }
    return value;
  }

  #list({ items }: List): unknown {
    const out: unknown[] = [];
    for (let i = 0; i < items.length; i++) {
      const value = this.#grow(items[i] as Part);
      if (value === UNREADABLE) return value;
      if (value === undefined) continue;
      // Its place is part of the fingerprint, and it moved up.
      if (out.length !== i) return UNREADABLE;
      out.push(value);
    }
    return out.length > 0 ? out : undefined;
  }

  #group({ constant, members, required }: Group): unknown {
    const [a, b] = [this.#a, this.#b];
    let object: Record<string, unknown> | undefined;
    let isEvident = constant;
    for (let i = 0; i < members.length; i++) {
      const { key, part } = members[i] as Group['members'][number];
      const value = this.#grow(part);
      if (value === UNREADABLE) return value;
      if (value === undefined) continue;
      object ??= {};
      object[key] = value;
      if (!isEvident && !isConstant(part)) isEvident = true;
    }
    if (!isEvident || object === undefined) {
      this.#a = a;
      this.#b = b;
      return undefined;
    }
    for (const key of required) if (object[key] === undefined) return UNREADABLE;
    return object;
  }
}

const isConstant = (part: Part): boolean => (part.what === 'leaf' ? part.node.constant : part.constant);
