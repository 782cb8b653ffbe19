/**
 * Gates: what the counts of a subject's events must show before a rule can fire. A gate is a formula without negation over
 * "at least so many", so that counts that are too high never close it.
 */
import { implies } from './event-test.ts';
import { type Count, countKey, listKey, type RecordAtom, tallyKey } from './record-part.ts';

export interface Term {
  readonly count: Count;
  /** A positive integer. */
  readonly coefficient: number;
}

export type Gate =
  | { readonly op: 'constant'; readonly value: boolean }
  | { readonly op: 'all' | 'any'; readonly parts: readonly Gate[] }
  /** The sum of coefficient x count is at least so much. */
  | { readonly op: 'atLeast'; readonly terms: readonly Term[]; readonly needed: number }
  /** Open to who asks the history and not the record. */
  | RecordAtom;

export const OPEN: Gate = { op: 'constant', value: true };
export const SHUT: Gate = { op: 'constant', value: false };

export function all(...parts: readonly Gate[]): Gate {
  return join('all', parts);
}

export function any(...parts: readonly Gate[]): Gate {
  return join('any', parts);
}

/** `needed` is an integer; what is true of no events at all is open. */
export function atLeast(terms: readonly Term[], needed: number): Gate {
  if (needed <= 0) return OPEN;
  return terms.length === 0 ? SHUT : { op: 'atLeast', terms, needed };
}

function join(op: 'all' | 'any', given: readonly Gate[]): Gate {
  const [neutral, deciding] = op === 'all' ? [OPEN, SHUT] : [SHUT, OPEN];
  const parts = given
    .flatMap((part) => (part.op === op ? part.parts : [part]))
    .filter((part) => part.op !== 'constant' || part.value === (deciding === OPEN));
  if (parts.some((part) => part.op === 'constant')) return deciding;
  const kept = parts.filter(
    (part, i) =>
      !parts.some((other, j) => {
        if (i === j) return false;
        const [from, to] = op === 'all' ? [other, part] : [part, other];
        return follows(from, to) && (j < i || !follows(to, from));
      }),
  );
  if (kept.length === 0) return neutral;
  return kept.length === 1 ? kept[0]! : { op, parts: kept };
}

/** Whether `b` is open wherever `a` is; false where that is not plain to see. */
function follows(a: Gate, b: Gate): boolean {
  if (a.op === 'any') return a.parts.every((part) => follows(part, b));
  if (b.op === 'all') return b.parts.every((part) => follows(a, part));
  if (a.op === 'all' && a.parts.some((part) => follows(part, b))) return true;
  if (b.op === 'any') return b.parts.some((part) => follows(a, part));
  if (a.op === 'values' && b.op === 'values') {
    return listKey(a.list) === listKey(b.list) && a.windowMs <= b.windowMs && a.needed >= b.needed;
  }
  if (a.op === 'tally' && b.op === 'tally') {
    return tallyKey(a.tally) === tallyKey(b.tally) && a.needed >= b.needed;
  }
  if (a.op !== 'atLeast' || b.op !== 'atLeast') return false;
  if (a.terms.length === 1 && b.terms.length === 1) {
    const [x, y] = [a.terms[0]!, b.terms[0]!];
    const fewest = Math.ceil(a.needed / x.coefficient);
    return fewest * y.coefficient >= b.needed && isAmong(x.count, y.count);
  }
  if (a.needed < b.needed || a.terms.length !== b.terms.length) return false;
  return a.terms.every((term, i) => {
    const other = b.terms[i]!;
    return term.coefficient === other.coefficient && isAmong(term.count, other.count);
  });
}

/** Every event of `a` is one of `b`. */
function isAmong(a: Count, b: Count): boolean {
  return a.windowMs <= b.windowMs && implies(a.test, b.test);
}

export function countsOf(gate: Gate, into: Map<string, Count> = new Map()): Map<string, Count> {
  if ('parts' in gate) for (const part of gate.parts) countsOf(part, into);
  else if ('terms' in gate) for (const { count } of gate.terms) into.set(countKey(count), count);
  return into;
}

/** What the gate asks of the record alone. */
export function atomsOf(gate: Gate): RecordAtom[] {
  if ('parts' in gate) return gate.parts.flatMap(atomsOf);
  return gate.op === 'tally' || gate.op === 'values' ? [gate] : [];
}

/** The gate without what the record does not keep, which counts as open. */
export function keeping(gate: Gate, isKept: (atom: RecordAtom) => boolean): Gate {
  switch (gate.op) {
    case 'all':
      return all(...gate.parts.map((part) => keeping(part, isKept)));
    case 'any':
      return any(...gate.parts.map((part) => keeping(part, isKept)));
    case 'tally':
    case 'values':
      return isKept(gate) ? gate : OPEN;
    default:
      return gate;
  }
}

/** The gate over exact counts or upper bounds of them, as far as counts tell; `indexOf` gives the place of a count. */
export function gateFunction(
  gate: Gate,
  indexOf: (count: Count) => number,
): (counts: ArrayLike<number>) => boolean {
  switch (gate.op) {
    case 'constant':
      return () => gate.value;
    case 'tally':
    case 'values':
      return () => true;
    case 'all': {
      const parts = gate.parts.map((part) => gateFunction(part, indexOf));
      return (counts) => parts.every((part) => part(counts));
    }
    case 'any': {
      const parts = gate.parts.map((part) => gateFunction(part, indexOf));
      return (counts) => parts.some((part) => part(counts));
    }
    case 'atLeast': {
      const { needed } = gate;
      const terms = gate.terms.map(({ count, coefficient }) => ({ at: indexOf(count), coefficient }));
      return (counts) => {
        let sum = 0;
        for (const { at, coefficient } of terms) sum += coefficient * (counts[at] ?? 0);
        return sum >= needed;
      };
    }
  }
}

export function gateText(gate: Gate): string {
  switch (gate.op) {
    case 'constant':
      return gate.value ? 'open' : 'shut';
    case 'atLeast': {
      const terms = gate.terms.map(({ count, coefficient }) => {
        const text = `#${count.label}[${spanText(count.windowMs)}]`;
        return coefficient === 1 ? text : `${coefficient} ${text}`;
      });
      return `${terms.join(' + ')} >= ${gate.needed}`;
    }
    case 'tally':
      return gate.text;
    case 'values':
      return `different(${gate.label})[${spanText(gate.windowMs)}] >= ${gate.needed}`;
    default: {
      const parts = gate.parts.map((part) => ('parts' in part ? `(${gateText(part)})` : gateText(part)));
      return parts.join(gate.op === 'all' ? ' && ' : ' || ');
    }
  }
}

const SPANS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
] as const;

/** `30d`, `36h`, `90m`. */
export function spanText(ms: number): string {
  for (const [unit, length] of SPANS) if (ms % length === 0) return `${ms / length}${unit}`;
  return `${ms}ms`;
}
