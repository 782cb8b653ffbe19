/** Parts of a row from the cells of one layout of canonical objects. */
import { GROUP, type GroupName } from '../columns/fragment.ts';
import { HEAD_LEAVES } from '../columns/head.ts';
import { type GroupPart, type PartsTaker, type RowParts, UNREADABLE } from '../columns/row-parts.ts';
import type { LeafShape } from '../shape.ts';
import { ShapeWalk } from '../shape-walk.ts';
import { CELL } from './cells.ts';
import { type JsonLayout, type Skeleton, Slot } from './json-layout.ts';

interface Field {
  readonly shape: LeafShape;
  readonly seed: number;
}

/** Slots inside a part of the layout, in the order of the line. */
function slotsIn(skeleton: Skeleton): Slot[] {
  if (skeleton instanceof Slot) return [skeleton];
  return Object.values(skeleton).flatMap((inside: Skeleton) => slotsIn(inside));
}

/** Kinds of cells, by what they are: layouts that have the same member in the same form share its fragments. */
export class PartKinds {
  readonly #kinds = new Map<string, number>();

  of(name: string, slots: readonly Slot[], taker: PartsTaker): number {
    const key = `${name} ${slots.map(({ path }) => path.join('.')).join(' ')}`;
    let kind = this.#kinds.get(key);
    if (kind === undefined) {
      kind = name === '' ? taker.heads.kind() : taker.fragments.kind();
      this.#kinds.set(key, kind);
    }
    return kind;
  }
}

/**
 * The parts of a layout; null where its rows are documents. `builderOf` writes the expression that builds a part of the
 * skeleton from `v`, the values by slot.
 */
export function objectParts(
  layout: JsonLayout,
  fields: readonly Field[],
  builderOf: (skeleton: Skeleton) => string | null,
  kinds: PartKinds,
  taker: PartsTaker,
): RowParts | null {
  const members = layout.skeleton as Readonly<Record<string, Skeleton>>;
  const walk = new ShapeWalk();
  const values: unknown[] = [];

  const reader = (slots: readonly Slot[], expression: string): GroupPart['read'] => {
    const build = new Function('v', `"use strict";return ${expression};`) as (
      v: readonly unknown[],
    ) => unknown;
    return (bytes, cells) => {
      for (const { index } of slots) {
        const { shape, seed } = fields[index] as Field;
        const text = textOf(bytes, cells, index);
        const value =
          shape.type === 'string' ? text : shape.type === 'boolean' ? text === 'true' : Number(text);
        if (walk.leaf(shape, value, seed) !== null) return UNREADABLE;
        values[index] = value;
      }
      return build(values);
    };
  };

  const headSlots: Slot[] = [];
  const headMembers: string[] = [];
  const groups: GroupPart[] = [];
  const scalars: Partial<Record<'id' | 'occurredAt' | 'amount', number>> = {};
  for (const [name, inside] of Object.entries(members)) {
    if (Object.hasOwn(GROUP, name)) {
      const slots = slotsIn(inside);
      const expression = builderOf(inside);
      if (expression === null) return null;
      groups.push({
        group: GROUP[name as GroupName],
        kind: kinds.of(`${name}:${shapeText(inside)}`, slots, taker),
        cells: Int32Array.from(slots, ({ index }) => index),
        read: reader(slots, expression),
      });
    } else if (inside instanceof Slot && (name === 'id' || name === 'occurredAt'))
      scalars[name] = inside.index;
    else if (inside instanceof Slot && HEAD_LEAVES.has(name)) {
      headSlots.push(inside);
      headMembers.push(`${name}:v[${inside.index}]`);
    } else if (name === 'settled') {
      const { amount, ccy, ...others } = inside as Readonly<Record<string, Skeleton>>;
      if (!(amount instanceof Slot && ccy instanceof Slot) || Object.keys(others).length > 0) return null;
      scalars.amount = amount.index;
      headSlots.push(ccy);
      headMembers.push(`ccy:v[${ccy.index}]`);
    } else return null;
  }
  const { id, amount, occurredAt } = scalars;
  if (id === undefined || amount === undefined) return null;
  return {
    head: {
      kind: kinds.of('', headSlots, taker),
      cells: Int32Array.from(headSlots, ({ index }) => index),
      read: reader(headSlots, `{${headMembers.join(',')}}`),
    },
    groups,
    id: (bytes, cells) => textOf(bytes, cells, id),
    amount: (bytes, cells) => textOf(bytes, cells, amount),
    occurredAt:
      occurredAt === undefined ? () => undefined : (bytes, cells) => textOf(bytes, cells, occurredAt),
    begin: () => true,
    complete: () => undefined,
  };
}

function textOf(bytes: Buffer, cells: Int32Array, cell: number): string {
  return bytes.toString('latin1', cells[cell * CELL], cells[cell * CELL + 1]);
}

/** Which members and items there are, and of what kind: empty lists and groups have no slots. */
function shapeText(skeleton: Skeleton): string {
  if (skeleton instanceof Slot) return skeleton.kind;
  if (Array.isArray(skeleton)) return `[${(skeleton as readonly Skeleton[]).map(shapeText).join(',')}]`;
  return `{${Object.entries(skeleton)
    .map(([key, inside]) => `${key}${shapeText(inside as Skeleton)}`)
    .join(',')}}`;
}
