/**
 * Tests: what generated code asks of one event, as two-valued formulas over reads of columns.
 *
 * Formulas are kept flat and merged where one column is asked twice, so that the same condition written in two rules
 * becomes one text: the text is the formula's identity. Codes (enumerations, booleans, the direction) are sets of at most
 * 31 values and null; the byte that stands for null is 255, and JavaScript shifts by the low five bits of a count, so null is
 * bit 31 of every set.
 */
import type { FactColumnName, FactIndex, FactType } from '../../../schemas/facts.ts';
import { literal } from './literal.ts';

export const NULL_BIT = 0x8000_0000;

/** One value of an event; `name` is its variable in generated code, `field` what rules call it. */
export interface Read {
  readonly name: string;
  readonly field: string;
  /** Null for the direction, which is the parity of the leg. */
  readonly column: FactColumnName | null;
  readonly at: FactIndex;
  readonly type: FactType;
  /** Names of the codes by number; empty where the column holds no codes. */
  readonly codes: readonly string[];
  /** Every code there is, null included where the column has it. */
  readonly everyCode: number;
}

export type Test =
  | { readonly op: 'constant'; readonly key: string; readonly value: boolean }
  | { readonly op: 'codes'; readonly key: string; readonly read: Read; readonly mask: number }
  | {
      readonly op: 'ids';
      readonly key: string;
      readonly read: Read;
      /** Ids of the dictionary with what they stand for; null has the id -1. */
      readonly ids: ReadonlyMap<number, string>;
      /** The value is none of the ids. */
      readonly outside: boolean;
    }
  | {
      readonly op: 'bits';
      readonly key: string;
      readonly read: Read;
      readonly members: ReadonlyMap<number, string>;
      /** The set has one of the members, or has none of them. */
      readonly any: boolean;
    }
  | {
      readonly op: 'code';
      readonly key: string;
      readonly reads: readonly Read[];
      readonly text: string;
      readonly opposite: { readonly key: string; readonly text: string };
    }
  | { readonly op: 'and' | 'or'; readonly key: string; readonly parts: readonly Test[] };

export const TRUE: Test = { op: 'constant', key: 'true', value: true };
export const FALSE: Test = { op: 'constant', key: 'false', value: false };

/** The value is one of the codes of the mask. */
export function codes(read: Read, mask: number): Test {
  const within = (mask & read.everyCode) >>> 0;
  if (within === 0) return FALSE;
  if (within === read.everyCode) return TRUE;
  return { op: 'codes', key: codesKey(read, within), read, mask: within };
}

function codesKey(read: Read, mask: number): string {
  const absent = (read.everyCode & ~mask) >>> 0;
  if (isOneCode(mask)) return `${read.name} === ${31 - Math.clz32(mask)}`;
  if (isOneCode(absent)) return `${read.name} !== ${31 - Math.clz32(absent)}`;
  return `(${literal(mask | 0)} >>> ${read.name} & 1) !== 0`;
}

/** Null alone is not compared: its byte is not its bit. */
function isOneCode(mask: number): boolean {
  return mask !== 0 && mask !== NULL_BIT && (mask & (mask - 1)) === 0;
}

/** The text is one of the ids, or none of them. */
export function ids(read: Read, members: ReadonlyMap<number, string>, outside: boolean): Test {
  if (members.size === 0) return outside ? TRUE : FALSE;
  const sorted = new Map([...members].sort(([a], [b]) => a - b));
  const [sign, joint] = outside ? ['!==', ' && '] : ['===', ' || '];
  const asked = [...sorted.keys()].map((id) => `${read.name} ${sign} ${literal(id)}`).join(joint);
  const key = sorted.size === 1 ? asked : `(${asked})`;
  return { op: 'ids', key, read, ids: sorted, outside };
}

/** The set has one of the members, by bit, or none of them. */
export function bits(read: Read, members: ReadonlyMap<number, string>, any: boolean): Test {
  if (members.size === 0) return any ? FALSE : TRUE;
  let mask = 0;
  for (const bit of members.keys()) mask |= 1 << bit;
  const key = `(${read.name} & ${literal(mask)}) ${any ? '!==' : '==='} 0`;
  return { op: 'bits', key, read, members: new Map([...members].sort(([a], [b]) => a - b)), any };
}

/** A comparison as code, and the code of its opposite; `text` is for people. */
export function code(
  reads: readonly Read[],
  key: string,
  text: string,
  opposite: { readonly key: string; readonly text: string },
): Test {
  return { op: 'code', key, reads, text, opposite };
}

export function and(...parts: readonly Test[]): Test {
  return join('and', parts);
}

export function or(...parts: readonly Test[]): Test {
  return join('or', parts);
}

function join(op: 'and' | 'or', given: readonly Test[]): Test {
  const [neutral, deciding] = op === 'and' ? [TRUE, FALSE] : [FALSE, TRUE];
  const parts = merged(
    op,
    given.flatMap((part) => (part.op === op ? part.parts : [part])),
  ).filter((part) => part.key !== neutral.key);
  if (parts.some((part) => part.key === deciding.key)) return deciding;
  // Of two parts of which one follows from the other, one says it all.
  const kept = parts.filter(
    (part, i) =>
      !parts.some((other, j) => {
        if (i === j) return false;
        const [from, to] = op === 'and' ? [other, part] : [part, other];
        return implies(from, to) && (j < i || !implies(to, from));
      }),
  );
  if (kept.length === 0) return neutral;
  if (kept.length === 1) return kept[0]!;
  const common = op === 'or' ? commonParts(kept) : [];
  if (common.length > 0)
    return join('and', [
      ...common,
      join(
        'or',
        kept.map((part) => without(part, common)),
      ),
    ]);
  kept.sort((a, b) => costOf(a) - costOf(b) || (a.key < b.key ? -1 : 1));
  const key = kept.map((part) => `(${part.key})`).join(op === 'and' ? ' && ' : ' || ');
  return { op, key, parts: kept };
}

/** What every alternative asks. */
function commonParts(alternatives: readonly Test[]): readonly Test[] {
  const [first, ...others] = alternatives.map((test) => (test.op === 'and' ? test.parts : [test]));
  return first!.filter((part) => others.every((parts) => parts.some(({ key }) => key === part.key)));
}

function without(test: Test, parts: readonly Test[]): Test {
  const left = (test.op === 'and' ? test.parts : [test]).filter(
    (part) => !parts.some(({ key }) => key === part.key),
  );
  return join('and', left);
}

/** Parts about one column become one part, where the column holds codes, ids or members. */
function merged(op: 'and' | 'or', parts: readonly Test[]): Test[] {
  const out: Test[] = [];
  for (const part of parts) {
    const at = out.findIndex((other) => mergedPair(op, other, part) !== null);
    if (at < 0) out.push(part);
    else out[at] = mergedPair(op, out[at]!, part)!;
  }
  return out;
}

function mergedPair(op: 'and' | 'or', a: Test, b: Test): Test | null {
  if (a.key === b.key) return a;
  if (a.op === 'codes' && b.op === 'codes' && a.read.name === b.read.name) {
    return codes(a.read, op === 'and' ? a.mask & b.mask : a.mask | b.mask);
  }
  if (a.op === 'ids' && b.op === 'ids' && a.read.name === b.read.name) return mergedIds(op, a, b);
  if (a.op === 'bits' && b.op === 'bits' && a.read.name === b.read.name && a.any === b.any) {
    if (a.any === (op === 'or')) return bits(a.read, new Map([...a.members, ...b.members]), a.any);
  }
  return null;
}

type Ids = Test & { op: 'ids' };

/** Finite sets and complements of finite sets are closed under both. */
function mergedIds(op: 'and' | 'or', a: Ids, b: Ids): Test {
  const isUnion = op === 'or';
  if (a.outside === b.outside) {
    const all = a.outside !== isUnion;
    const members = [...a.ids, ...b.ids].filter(([id]) => all || (a.ids.has(id) && b.ids.has(id)));
    return ids(a.read, new Map(members), a.outside);
  }
  const [inside, outside] = a.outside ? [b, a] : [a, b];
  return isUnion
    ? ids(a.read, new Map([...outside.ids].filter(([id]) => !inside.ids.has(id))), true)
    : ids(a.read, new Map([...inside.ids].filter(([id]) => !outside.ids.has(id))), false);
}

export function not(test: Test): Test {
  switch (test.op) {
    case 'constant':
      return test.value ? FALSE : TRUE;
    case 'codes':
      return codes(test.read, ~test.mask);
    case 'ids':
      return ids(test.read, test.ids, !test.outside);
    case 'bits':
      return bits(test.read, test.members, !test.any);
    case 'code':
      return code(test.reads, test.opposite.key, test.opposite.text, test);
    default:
      return join(test.op === 'and' ? 'or' : 'and', test.parts.map(not));
  }
}

/** Whether `b` holds wherever `a` does; false where that is not plain to see. */
export function implies(a: Test, b: Test): boolean {
  if (a.key === b.key || a.key === FALSE.key || b.key === TRUE.key) return true;
  if (a.op === 'or') return a.parts.every((part) => implies(part, b));
  if (b.op === 'and') return b.parts.every((part) => implies(a, part));
  if (a.op === 'and' && a.parts.some((part) => implies(part, b))) return true;
  if (b.op === 'or') return b.parts.some((part) => implies(a, part));
  if (a.op === 'codes' && b.op === 'codes') return a.read.name === b.read.name && (a.mask & ~b.mask) === 0;
  if (a.op === 'ids' && b.op === 'ids' && a.read.name === b.read.name) {
    return mergedIds('and', a, b).key === a.key;
  }
  if (a.op === 'bits' && b.op === 'bits' && a.read.name === b.read.name && a.any === b.any) {
    const [few, many] = a.any ? [a.members, b.members] : [b.members, a.members];
    return [...few.keys()].every((bit) => many.has(bit));
  }
  return false;
}

/** The test where the codes of some reads are known. */
export function restricted(test: Test, codeOf: ReadonlyMap<string, number>): Test {
  if (test.op === 'codes') {
    const known = codeOf.get(test.read.name);
    if (known === undefined) return test;
    return ((test.mask >>> (known & 31)) & 1) !== 0 ? TRUE : FALSE;
  }
  if (test.op !== 'and' && test.op !== 'or') return test;
  return join(
    test.op,
    test.parts.map((part) => restricted(part, codeOf)),
  );
}

export function readsOf(test: Test, into: Map<string, Read> = new Map()): Map<string, Read> {
  if ('parts' in test) for (const part of test.parts) readsOf(part, into);
  else if ('reads' in test) for (const read of test.reads) into.set(read.name, read);
  else if ('read' in test) into.set(test.read.name, test.read);
  return into;
}

/** Rank of a test among the parts of a conjunction: what is cheap to ask is asked first. */
export function costOf(test: Test): number {
  switch (test.op) {
    case 'constant':
      return 0;
    case 'codes':
      return test.read.column === 'kind' || test.read.column === null ? 1 : 2;
    case 'bits':
      return 3;
    case 'ids':
      return 3 + test.ids.size;
    case 'code':
      return 3 + test.reads.length;
    default:
      return 5 + test.parts.reduce((sum, part) => sum + costOf(part), 0);
  }
}

/**
 * The test in the words of rules. `plain` leaves out that an unknown value passes too, for texts that say so of the whole.
 */
export function textOf(test: Test, plain = false): string {
  switch (test.op) {
    case 'constant':
      return String(test.value);
    case 'codes':
      return orUnknown(codesText(test.read, test.mask), (test.mask & NULL_BIT) !== 0, plain);
    case 'ids':
      return orUnknown(idsText(test), test.ids.has(-1) !== test.outside, plain);
    case 'bits': {
      const asked = [...test.members.values()].map((name) => `${JSON.stringify(name)} in ${test.read.field}`);
      return test.any ? grouped(asked) : `!(${asked.join(' || ')})`;
    }
    case 'code':
      return test.text;
    default: {
      const isOr = test.op === 'or';
      const known = test.parts.filter((part) => !(plain && isOr && isUnknown(part)));
      const texts = known.map((part) => textOf(part, plain));
      const joined = texts.map((text, i) => (known[i]!.op === 'or' && texts.length > 1 ? `(${text})` : text));
      return joined.join(isOr ? ' || ' : ' && ');
    }
  }
}

function grouped(alternatives: readonly string[]): string {
  return alternatives.length === 1 ? alternatives[0]! : `(${alternatives.join(' || ')})`;
}

function orUnknown(text: string, isNull: boolean, plain: boolean): string {
  return isNull && !plain && !text.startsWith('unknown(') ? `(${text} or unknown)` : text;
}

function isUnknown(test: Test): boolean {
  return test.op === 'code' && test.text.startsWith('unknown(');
}

function codesText(read: Read, mask: number): string {
  const { field } = read;
  const inside = read.codes.filter((_, i) => ((mask >>> i) & 1) !== 0);
  const outside = read.codes.filter((_, i) => ((mask >>> i) & 1) === 0);
  if (outside.length === 0) return `known(${field})`;
  if (inside.length === 0) return `unknown(${field})`;
  if (read.type === 'bool') return inside[0] === 'true' ? field : `!${field}`;
  return inside.length <= outside.length ? among(field, inside, true) : among(field, outside, false);
}

function idsText({ read, ids: members, outside }: Ids): string {
  const names = [...members].filter(([id]) => id >= 0).map(([, name]) => name);
  if (names.length === 0) return `${outside ? 'known' : 'unknown'}(${read.field})`;
  return among(read.field, names, !outside);
}

function among(field: string, names: readonly string[], isInside: boolean): string {
  const texts = names.map((name) => JSON.stringify(name));
  if (texts.length === 1) return `${field} ${isInside ? '==' : '!='} ${texts[0]}`;
  const asked = `${field} in [${texts.join(', ')}]`;
  return isInside ? asked : `!(${asked})`;
}
