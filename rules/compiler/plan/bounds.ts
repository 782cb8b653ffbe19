/** How large and how small the value of a feature, or of an expression over features, can be, given counts of events. */
import { all, any, atLeast, type Gate, OPEN, SHUT, type Term } from './gate.ts';

/** The value is at most `constant` plus the sum of coefficient x count. */
export interface Upper {
  readonly constant: number;
  readonly terms: readonly Term[];
  /** Holds wherever a value above 0 is; only asked of a bound with a single term. */
  readonly premise: Gate;
}

export interface Bounds {
  /** -Infinity where there is none. */
  readonly lower: number;
  /** Each of them holds; none where nothing is known. */
  readonly uppers: readonly Upper[];
  /** Where it is open the bounds say nothing. */
  readonly unless: Gate;
}

/** Bounds kept of one value: more of them would say little more and cost a product. */
const UPPERS_MAX = 4;
/** Doubles add and multiply integers up to here without rounding. */
const EXACT_MAX = 2 ** 52;

export const UNBOUNDED: Bounds = { lower: Number.NEGATIVE_INFINITY, uppers: [], unless: SHUT };

export function constantBounds(value: number): Bounds {
  return { lower: value, uppers: [{ constant: value, terms: [], premise: OPEN }], unless: SHUT };
}

/** A value that is 0 unless the gate is open. */
export function zeroUnless(unless: Gate): Bounds {
  return { ...constantBounds(0), unless };
}

export function added(a: Bounds, b: Bounds): Bounds {
  const uppers = a.uppers.flatMap((x) =>
    b.uppers.map((y) => ({
      constant: x.constant + y.constant,
      terms: [...x.terms, ...y.terms],
      premise: x.terms.length === 0 ? y.premise : y.terms.length === 0 ? x.premise : OPEN,
    })),
  );
  return exact({
    lower: a.lower + b.lower,
    uppers: uppers.slice(0, UPPERS_MAX),
    unless: any(a.unless, b.unless),
  });
}

export function scaled(bounds: Bounds, by: number): Bounds {
  if (by === 0) return constantBounds(0);
  const { lower, uppers, unless } = bounds;
  if (by > 0) {
    const larger = uppers.map(({ constant, terms, premise }) => ({
      constant: by * constant,
      terms: terms.map(({ count, coefficient }) => ({ count, coefficient: by * coefficient })),
      premise,
    }));
    return exact({ lower: by * lower, uppers: larger, unless });
  }
  const highest = Math.min(
    Number.POSITIVE_INFINITY,
    ...uppers.filter(({ terms }) => terms.length === 0).map(({ constant }) => constant),
  );
  const upper = Number.isFinite(lower) ? [{ constant: by * lower, terms: [], premise: OPEN }] : [];
  return exact({ lower: by * highest, uppers: upper, unless });
}

function exact({ lower, uppers, unless }: Bounds): Bounds {
  const isExact = (value: number) => Math.abs(value) <= EXACT_MAX;
  return {
    lower: isExact(lower) ? lower : Number.NEGATIVE_INFINITY,
    uppers: uppers.filter(
      ({ constant, terms }) => isExact(constant) && terms.every((term) => isExact(term.coefficient)),
    ),
    unless,
  };
}

/** What must hold for a value to be at least (`isStrict`: more than) another one, both of them known. */
export function mayReach(a: Bounds, b: Bounds, isStrict: boolean): Gate[] {
  if (!Number.isFinite(b.lower) || Math.abs(b.lower) > EXACT_MAX) return [];
  const unless = any(a.unless, b.unless);
  return a.uppers.map(({ constant, terms, premise }) => {
    const gap = b.lower - constant;
    if (terms.length === 0) return any(unless, (isStrict ? gap < 0 : gap <= 0) ? OPEN : SHUT);
    // Counts and coefficients are integers.
    const needed = isStrict ? Math.floor(gap) + 1 : Math.ceil(gap);
    const reached = atLeast(terms, needed);
    const isOneTerm = needed > 0 && terms.length === 1;
    return any(unless, isOneTerm ? all(reached, premise) : reached);
  });
}
