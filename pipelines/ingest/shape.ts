/**
 * The canonical contract as a tree that can be walked: derived from the zod schemas through their JSON Schema, so there is
 * one definition. `shape-walk.ts` checks values against it.
 */
import { z } from 'zod';
import { partyRecordInput } from '../../schemas/party.ts';
import { transactionInput } from '../../schemas/transaction.ts';

export interface LeafShape {
  readonly kind: 'leaf';
  readonly type: 'string' | 'integer' | 'number' | 'boolean';
  /** What a string of this leaf is, where reading it takes more than copying. */
  readonly meaning: 'text' | 'date' | 'moment' | 'date-or-moment' | 'amount' | 'currency';
  readonly values: ReadonlySet<string> | null;
  readonly patterns: readonly RegExp[];
  readonly minimum: number;
  readonly maximum: number;
  /** The value of this leaf that was found good last, with its fingerprint; saves work, never decides by itself. */
  readonly last: { value: unknown; seed: number; a: number; b: number };
}

export interface ListShape {
  readonly kind: 'list';
  readonly item: Shape;
  readonly maxItems: number;
}

/** One member of a group; `seed` makes its path part of a fingerprint. */
export interface Member {
  readonly key: string;
  readonly shape: Shape;
  readonly seed: number;
}

export interface ObjectShape {
  readonly kind: 'object';
  readonly members: ReadonlyMap<string, Member>;
  /** Members in the order in which a walk met them last: a guess that is always checked, never a fact. */
  readonly lastOrder: Member[];
  /** Required and without a default. */
  readonly required: readonly string[];
}

export type Shape = LeafShape | ListShape | ObjectShape;

interface JsonSchema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly format?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxItems?: number;
}

function leaf(schema: JsonSchema, name: string, inMoney: boolean): LeafShape {
  const choices = schema.anyOf ?? [schema];
  const type = choices[0]?.type;
  if (type !== 'string' && type !== 'integer' && type !== 'number' && type !== 'boolean') {
    throw new TypeError(`the contract's field ${name} has the type ${type}, which no reader knows`);
  }
  const formats = choices.map((choice) => choice.format);
  const dated = formats.includes('date');
  const timed = formats.includes('date-time');
  const meaning = timed
    ? dated
      ? 'date-or-moment'
      : 'moment'
    : dated
      ? 'date'
      : inMoney
        ? name === 'amount'
          ? 'amount'
          : 'currency'
        : 'text';
  const isText = type === 'string';
  return {
    kind: 'leaf',
    type,
    meaning,
    values: schema.enum === undefined ? null : new Set(schema.enum),
    patterns: choices.flatMap((choice) => (choice.pattern === undefined ? [] : [new RegExp(choice.pattern)])),
    minimum: (isText ? schema.minLength : schema.minimum) ?? Number.NEGATIVE_INFINITY,
    maximum: (isText ? schema.maxLength : schema.maximum) ?? Number.POSITIVE_INFINITY,
    last: { value: undefined, seed: 0, a: 0, b: 0 },
  };
}

/** FNV-1a of the member's name. */
function seedOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  return hash;
}

function shapeOf(schema: JsonSchema, name: string, inMoney: boolean): Shape {
  if (schema.type === 'object') {
    const properties = Object.entries(schema.properties ?? {});
    const names = properties.map(([key]) => key);
    const money = names.length === 2 && names.includes('amount') && names.includes('ccy');
    return {
      kind: 'object',
      members: new Map(
        properties.map(([key, child]) => [
          key,
          { key, shape: shapeOf(child, key, money), seed: seedOf(key) },
        ]),
      ),
      lastOrder: [],
      required: schema.required ?? [],
    };
  }
  if (schema.type === 'array') {
    return {
      kind: 'list',
      item: shapeOf(schema.items ?? {}, name, false),
      maxItems: schema.maxItems ?? Number.POSITIVE_INFINITY,
    };
  }
  return leaf(schema, name, inMoney);
}

function fromZod(schema: z.ZodType): ObjectShape {
  const json = z.toJSONSchema(schema, { io: 'input', reused: 'inline' }) as JsonSchema;
  return shapeOf(json, '', false) as ObjectShape;
}

export const TRANSACTION_SHAPE: ObjectShape = fromZod(transactionInput);
export const PARTY_SHAPE: ObjectShape = fromZod(partyRecordInput);

/** The shape under a dotted path (`debtor.holders.0.ref`), or null where the contract has none. */
export function shapeAt(root: Shape, path: string): Shape | null {
  let shape: Shape | undefined = root;
  for (const part of path.split('.')) {
    if (shape?.kind === 'object') shape = shape.members.get(part)?.shape;
    else if (shape?.kind === 'list' && /^\d{1,2}$/.test(part)) shape = shape.item;
    else return null;
  }
  return shape ?? null;
}
