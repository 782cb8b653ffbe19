/**
 * One walk over a canonical value that checks it against the contract and fingerprints it. zod costs half of parsing the
 * JSON (measured); this accepts and refuses the same values (`test/property/shape-walk.test.ts`) and names the first field
 * that is wrong.
 *
 * Rows of a feed have their members in the same order, so each group remembers the order it met last: a member is then
 * found by one comparison instead of a look-up.
 */
import type { ErrorCode, ErrorParams } from '../../schemas/errors/index.ts';
import { mix, TextHash } from './fingerprint.ts';
import type { LeafShape, ListShape, Member, ObjectShape, Shape } from './shape.ts';

/** The first thing wrong with a value. `path` is dotted, list items by number. */
export interface Issue {
  path: string;
  readonly code: ErrorCode;
  readonly params: ErrorParams;
  readonly value: unknown;
}

/** Seed of the whole value; seeds of what is in it follow from it, so that a place is part of a fingerprint. */
export const ROOT_SEED = 0x2545f491;

export const memberSeed = (seed: number, member: Member): number => Math.imul(seed ^ member.seed, 0x9e3779b1);

export const itemSeed = (seed: number, index: number): number => mix(seed + index + 1);

const issue = (code: ErrorCode, value: unknown, params: ErrorParams = {}): Issue => ({
  path: '',
  code,
  params,
  value,
});

function under(found: Issue, key: string): Issue {
  found.path = found.path === '' ? key : `${key}.${found.path}`;
  return found;
}

function stringIssue(shape: LeafShape, value: string): Issue | null {
  if (shape.values !== null) return shape.values.has(value) ? null : issue('RAS-FEED-VALUE-UNKNOWN', value);
  if (value.length < shape.minimum || value.length > shape.maximum)
    return issue('RAS-FEED-VALUE-FORMAT', value);
  if (shape.patterns.length === 0) return null;
  for (const pattern of shape.patterns) if (pattern.test(value)) return null;
  if (shape.meaning === 'amount') return issue('RAS-FEED-AMOUNT-FORMAT', value);
  if (shape.meaning === 'text' || shape.meaning === 'currency') return issue('RAS-FEED-VALUE-FORMAT', value);
  return issue('RAS-FEED-TIME-INVALID', value);
}

function leafIssue(shape: LeafShape, value: unknown): Issue | null {
  if (shape.type === 'string') {
    if (typeof value === 'string') return stringIssue(shape, value);
    return issue('RAS-FEED-VALUE-TYPE', value, { expected: 'string' });
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

export class ShapeWalk {
  /** Fingerprint of the value checked last, the same however its members were ordered. Meaningless after an issue. */
  a = 0;
  b = 0;
  readonly #hash = new TextHash();

  /** The first issue of `value` against `shape`, or null. Members that are `undefined` count as absent. */
  check(shape: Shape, value: unknown): Issue | null {
    this.a = 0;
    this.b = 0;
    return this.#visit(shape, value, ROOT_SEED);
  }

  #visit(shape: Shape, value: unknown, seed: number): Issue | null {
    if (shape.kind === 'leaf') return this.leaf(shape, value, seed);
    return shape.kind === 'list' ? this.#list(shape, value, seed) : this.#group(shape, value, seed);
  }

  /** Checks one leaf and adds it to the fingerprint. */
  leaf(shape: LeafShape, value: unknown, seed: number): Issue | null {
    const { last } = shape;
    // Currencies, countries, banks and codes repeat from row to row: comparing is cheaper than checking again.
    if (value !== last.value || seed !== last.seed) {
      const found = leafIssue(shape, value);
      if (found !== null) return found;
      const hash = this.#hash;
      hash.of(typeof value === 'string' ? value : `${typeof value}:${String(value)}`, seed);
      last.value = value;
      last.seed = seed;
      last.a = mix(hash.a);
      last.b = mix(hash.b);
    }
    // A sum, so that the order of members does not matter.
    this.a = (this.a + last.a) | 0;
    this.b = (this.b + last.b) | 0;
    return null;
  }

  #list(shape: ListShape, value: unknown, seed: number): Issue | null {
    if (!Array.isArray(value)) return issue('RAS-FEED-VALUE-TYPE', value, { expected: 'list' });
    if (value.length > shape.maxItems) return issue('RAS-FEED-VALUE-RANGE', value);
    for (let i = 0; i < value.length; i++) {
      const found = this.#visit(shape.item, value[i], itemSeed(seed, i));
      if (found !== null) return under(found, String(i));
    }
    return null;
  }

  #group(shape: ObjectShape, value: unknown, seed: number): Issue | null {
    if (value === null || typeof value !== 'object' || Array.isArray(value)) {
      return issue('RAS-FEED-VALUE-TYPE', value, { expected: 'object' });
    }
    const { lastOrder } = shape;
    const record = value as Record<string, unknown>;
    let position = 0;
    for (const key in record) {
      let member = lastOrder[position];
      if (member === undefined || member.key !== key) {
        member = shape.members.get(key);
        if (member === undefined) return under(issue('RAS-FEED-FIELD-UNKNOWN', record[key]), key);
        lastOrder[position] = member;
      }
      position += 1;
      const inside = record[key];
      if (inside === undefined) continue;
      const found = this.#visit(member.shape, inside, memberSeed(seed, member));
      if (found !== null) return under(found, key);
    }
    for (const key of shape.required) {
      if (record[key] === undefined) return under(issue('RAS-FEED-FIELD-MISSING', undefined), key);
    }
    return null;
  }
}
