/**
 * Canonical NDJSON without the library: a record of a known layout becomes its tree directly, each value checked by its
 * bytes. Null on anything that could end otherwise than in an accepted row; the library's path then decides.
 */
import type { PartsTaker, RowParts } from '../columns/row-parts.ts';
import type { LeafShape, ObjectShape, Shape } from '../shape.ts';
import { itemSeed, memberSeed, ROOT_SEED, ShapeWalk } from '../shape-walk.ts';
import { CELL } from './cells.ts';
import { BufferView, type FastReader } from './fast-reader.ts';
import { type JsonLayout, learnLayout, type Path, type Skeleton, Slot } from './json-layout.ts';
import { LayoutTrie } from './layout-trie.ts';
import { SCAN_LIMITS } from './limits.ts';
import { objectParts, PartKinds } from './object-parts.ts';
import { isLate, type ScannedTree } from './scanned.ts';
import { ValueMemo } from './value-memo.ts';

interface Field {
  readonly shape: LeafShape;
  readonly seed: number;
  /** Of the memo. */
  readonly kind: number;
  /** Left out of the fingerprint: it may still change. */
  readonly late: boolean;
}

interface Layout {
  readonly layout: JsonLayout;
  readonly fields: readonly Field[];
  /** Null where its rows are documents; planned when it is asked for. */
  parts: RowParts | null | undefined;
  readonly build: (values: readonly unknown[]) => Record<string, unknown>;
}

/** Names of the contract; no other text becomes part of a program. */
const NAME = /^[A-Za-z][A-Za-z0-9]*$/;

/** The expression that builds the tree of a layout from its values, in the order of the line. */
function builderOf(skeleton: Skeleton): string | null {
  if (skeleton instanceof Slot) return `v[${skeleton.index}]`;
  if (Array.isArray(skeleton)) {
    const items = (skeleton as readonly Skeleton[]).map(builderOf);
    return items.includes(null) ? null : `[${items.join(',')}]`;
  }
  const members = Object.entries(skeleton).map(([key, value]) => {
    const inside = builderOf(value);
    return NAME.test(key) && key !== '__proto__' && inside !== null ? `${key}:${inside}` : null;
  });
  return members.includes(null) ? null : `{${members.join(',')}}`;
}

export class ObjectReader implements FastReader {
  readonly #root: ObjectShape;
  readonly #walk = new ShapeWalk();
  readonly #trie = new LayoutTrie<Layout>();
  readonly #memo = new ValueMemo();
  readonly #kinds = new Map<string, number>();
  readonly #cells = new Int32Array(SCAN_LIMITS.CELLS * CELL);
  readonly #values: unknown[] = [];
  readonly #partKinds = new PartKinds();
  #attempts = 0;
  readonly #view = new BufferView();

  constructor(root: ObjectShape) {
    this.#root = root;
  }

  read(buffer: Buffer, start: number, stop: number): ScannedTree | null {
    const layout = this.#trie.find(buffer, this.#view.of(buffer), start, stop, this.#cells);
    if (layout === null) return null;
    const { fields } = layout;
    const cells = this.#cells;
    const values = this.#values;
    const memo = this.#memo;
    let a = 0;
    let b = 0;
    for (let i = 0; i < fields.length; i++) {
      const { kind, late } = fields[i] as Field;
      const at = i * CELL;
      const from = cells[at] as number;
      const to = cells[at + 1] as number;
      const hash = cells[at + 2] as number;
      const slot = memo.find(kind, hash, buffer, from, to);
      if (slot >= 0) {
        values[i] = memo.value(slot);
        if (!late) {
          a = (a + memo.a) | 0;
          b = (b + memo.b) | 0;
        }
        continue;
      }
      const { shape, seed } = fields[i] as Field;
      const text = buffer.toString('latin1', from, to);
      const value =
        shape.type === 'string' ? text : shape.type === 'boolean' ? text === 'true' : Number(text);
      const walk = this.#walk;
      walk.a = 0;
      walk.b = 0;
      if (walk.leaf(shape, value, seed) !== null) return null;
      if (slot === -1) memo.put(kind, hash, buffer, from, to, value, walk.a, walk.b);
      values[i] = value;
      if (!late) {
        a = (a + walk.a) | 0;
        b = (b + walk.b) | 0;
      }
    }
    return { tree: layout.build(values), a, b };
  }

  readParts(buffer: Buffer, start: number, stop: number, taker: PartsTaker): boolean | null {
    const found = this.#trie.find(buffer, this.#view.of(buffer), start, stop, this.#cells);
    if (found === null) return null;
    if (found.parts === undefined)
      found.parts = objectParts(found.layout, found.fields, builderOf, this.#partKinds, taker);
    return found.parts !== null && taker.take(found.parts, buffer, this.#cells);
  }

  /** Learns the layout of a record that `read` did not know and the library's path has accepted. */
  learn(buffer: Buffer, start: number, stop: number): void {
    if (this.#trie.isFull || this.#attempts >= SCAN_LIMITS.LEARNINGS) return;
    this.#attempts += 1;
    const layout = learnLayout(buffer, start, stop);
    const kept = layout === null ? null : this.#keep(layout);
    if (layout !== null && kept !== null) {
      this.#trie.add(layout, ({ kind, index }) => ({ kind, cell: index }), kept);
    }
  }

  #keep(layout: JsonLayout): Layout | null {
    const fields: Field[] = [];
    for (const { path, kind } of layout.slots) {
      const field = this.#field(path);
      if (field === null || typeOf(field.shape) !== kind) return null;
      fields.push(field);
    }
    const body = builderOf(layout.skeleton);
    if (body === null) return null;
    return {
      layout,
      parts: undefined,
      fields,
      build: new Function('v', `"use strict";return ${body};`) as Layout['build'],
    };
  }

  /** The leaf at a path, with its seed; one memo kind for each path, whatever the layout. */
  #field(path: Path): Field | null {
    let shape: Shape | undefined = this.#root;
    let seed = ROOT_SEED;
    for (const part of path) {
      if (shape?.kind === 'object' && typeof part === 'string') {
        const member = shape.members.get(part);
        if (member === undefined) return null;
        seed = memberSeed(seed, member);
        shape = member.shape;
      } else if (shape?.kind === 'list' && typeof part === 'number') {
        seed = itemSeed(seed, part);
        shape = shape.item;
      } else return null;
    }
    if (shape?.kind !== 'leaf') return null;
    const name = path.join('.');
    const kind = this.#kinds.get(name) ?? this.#memo.kind();
    if (kind === -1) return null;
    this.#kinds.set(name, kind);
    return { shape, seed, kind, late: path.length === 1 && isLate(path[0] as string) };
  }
}

const typeOf = (shape: LeafShape): string =>
  shape.type === 'string' ? 'text' : shape.type === 'boolean' ? 'boolean' : 'number';
