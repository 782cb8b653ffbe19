/**
 * The canonical contract as a tree that can be walked fast: derived from the zod schemas through their JSON Schema, so
 * there is one definition. zod itself costs half as much again as parsing the JSON (measured); this walk accepts and
 * refuses the same values (`test/property/shape.test.ts`) and names the first field that is wrong.
 */
import { z } from 'zod';
import type { ErrorCode, ErrorParams } from '../../schemas/errors/index.ts';
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
}

export interface ListShape {
  readonly kind: 'list';
  readonly item: Shape;
  readonly maxItems: number;
}

export interface ObjectShape {
  readonly kind: 'object';
  readonly children: ReadonlyMap<string, Shape>;
  /** Required and without a default. */
  readonly required: readonly string[];
}

export type Shape = LeafShape | ListShape | ObjectShape;

/** The first thing wrong with a value. `path` is dotted, list items by number. */
export interface Issue {
  path: string;
  readonly code: ErrorCode;
  readonly params: ErrorParams;
  readonly value: unknown;
}

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
  };
}

function shapeOf(schema: JsonSchema, name: string, inMoney: boolean): Shape {
  if (schema.type === 'object') {
    const properties = Object.entries(schema.properties ?? {});
    const names = properties.map(([key]) => key);
    const money = names.length === 2 && names.includes('amount') && names.includes('ccy');
    return {
      kind: 'object',
      children: new Map(properties.map(([key, child]) => [key, shapeOf(child, key, money)])),
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
    if (shape?.kind === 'object') shape = shape.children.get(part);
    else if (shape?.kind === 'list' && /^\d{1,2}$/.test(part)) shape = shape.item;
    else return null;
  }
  return shape ?? null;
}

const issue = (code: ErrorCode, value: unknown, params: ErrorParams = {}): Issue => ({
  path: '',
  code,
  params,
  value,
});

function checkLeaf(shape: LeafShape, value: unknown): Issue | null {
  if (shape.type === 'string') {
    if (typeof value !== 'string') return issue('RAS-FEED-VALUE-TYPE', value, { expected: 'string' });
    if (shape.values !== null) {
      return shape.values.has(value) ? null : issue('RAS-FEED-VALUE-UNKNOWN', value);
    }
    if (value.length < shape.minimum || value.length > shape.maximum) {
      return issue('RAS-FEED-VALUE-FORMAT', value);
    }
    if (shape.patterns.length === 0) return null;
    for (const pattern of shape.patterns) if (pattern.test(value)) return null;
    if (shape.meaning === 'amount') return issue('RAS-FEED-AMOUNT-FORMAT', value);
    if (shape.meaning === 'text' || shape.meaning === 'currency')
      return issue('RAS-FEED-VALUE-FORMAT', value);
    return issue('RAS-FEED-TIME-INVALID', value);
  }
  if (shape.type === 'boolean') {
    return typeof value === 'boolean' ? null : issue('RAS-FEED-VALUE-TYPE', value, { expected: 'boolean' });
  }
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    return issue('RAS-FEED-VALUE-TYPE', value, { expected: shape.type });
  }
  if (shape.type === 'integer' && !Number.isSafeInteger(value)) {
    return issue('RAS-FEED-VALUE-TYPE', value, { expected: 'integer' });
  }
  return value < shape.minimum || value > shape.maximum ? issue('RAS-FEED-VALUE-RANGE', value) : null;
}

function under(found: Issue, key: string): Issue {
  found.path = found.path === '' ? key : `${key}.${found.path}`;
  return found;
}

/** The first issue of `value` against `shape`, or null. Members that are `undefined` count as absent. */
export function checkShape(shape: Shape, value: unknown): Issue | null {
  if (shape.kind === 'leaf') return checkLeaf(shape, value);
  if (shape.kind === 'list') {
    if (!Array.isArray(value)) return issue('RAS-FEED-VALUE-TYPE', value, { expected: 'list' });
    if (value.length > shape.maxItems) return issue('RAS-FEED-VALUE-RANGE', value);
    for (let i = 0; i < value.length; i++) {
      const found = checkShape(shape.item, value[i]);
      if (found !== null) return under(found, String(i));
    }
    return null;
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    return issue('RAS-FEED-VALUE-TYPE', value, { expected: 'object' });
  }
  const record = value as Record<string, unknown>;
  for (const key in record) {
    const member = record[key];
    const child = shape.children.get(key);
    if (child === undefined) return under(issue('RAS-FEED-FIELD-UNKNOWN', member), key);
    if (member === undefined) continue;
    const found = checkShape(child, member);
    if (found !== null) return under(found, key);
  }
  for (const key of shape.required) {
    if (record[key] === undefined) return under(issue('RAS-FEED-FIELD-MISSING', undefined), key);
  }
  return null;
}
