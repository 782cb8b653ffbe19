/** The aggregates of `rules/SEMANTICS.md` §5, each over the values of the matching events in total order. */
import { byBytes, inRange, nearestQuotient, type Value } from './oracle-brute-values.ts';

const total = (values: readonly bigint[]) => values.reduce((sum, value) => sum + value, 0n);
const ascending = (values: readonly bigint[]) => [...values].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));

export function sum(values: readonly bigint[]): bigint | null {
  return inRange(total(values));
}

export function mean(values: readonly bigint[]): number | null {
  return nearestQuotient(total(values), BigInt(values.length));
}

export function stddev(values: readonly bigint[]): number | null {
  const n = BigInt(values.length);
  const squares = total(values.map((value) => value * value));
  const variance = nearestQuotient(n * squares - total(values) ** 2n, n * n);
  return variance === null ? null : Math.sqrt(variance);
}

/** Squared distances of the gaps from their mean, as it is defined: over the mean, squared. */
export function intervalVariation(values: readonly bigint[]): number | null {
  const gaps = values.flatMap((value, i) => (i === 0 ? [] : [value - (values[i - 1] as bigint)]));
  const [count, span] = [BigInt(gaps.length), total(gaps)];
  if (count < 2n || span <= 0n) return null;
  const apart = total(gaps.map((gap) => (count * gap - span) ** 2n));
  const variation = nearestQuotient(apart, count * span ** 2n);
  return variation === null ? null : Math.sqrt(variation);
}

export function percentile(values: readonly bigint[], pMilli: number): bigint | null {
  const rank = Math.ceil((pMilli * values.length) / 1000);
  return ascending(values)[rank - 1] ?? null;
}

export function distinct(tuples: readonly (readonly Value[])[]): bigint {
  const seen = new Set(tuples.map((tuple) => JSON.stringify(tuple.map((v) => `${typeof v} ${String(v)}`))));
  return BigInt(seen.size);
}

export function topShare(values: readonly bigint[], top: number, toleranceMilli: number): number | null {
  let rest = [...values];
  let taken = 0n;
  for (let round = 0; round < top && rest.length > 0; round++) {
    const near = (v: bigint, centre: bigint) => {
      const off = v > centre ? v - centre : centre - v;
      return 1000n * off <= BigInt(toleranceMilli) * centre;
    };
    let best: bigint | null = null;
    let bestSum = -1n;
    for (const centre of ascending(values)) {
      const mass = total(rest.filter((v) => near(v, centre)));
      if (mass > bestSum) [best, bestSum] = [centre, mass];
    }
    taken += bestSum;
    rest = rest.filter((v) => !near(v, best!));
  }
  return nearestQuotient(taken, total(values));
}

export function topKey(keys: readonly string[], weights: readonly bigint[]): string | null {
  let best: string | null = null;
  let bestWeight = 0n;
  for (const key of [...new Set(keys)].sort(byBytes)) {
    const weight = total(weights.filter((_, i) => keys[i] === key));
    if (best === null || weight > bestWeight) [best, bestWeight] = [key, weight];
  }
  return best;
}

export function groupCount(keys: readonly Value[], stat: 'min' | 'median' | 'max'): bigint | null {
  const different = [...new Set(keys)];
  const sizes = different.map((key) => keys.filter((k) => k === key).length).sort((a, b) => a - b);
  const place = stat === 'min' ? 1 : stat === 'max' ? sizes.length : Math.ceil(sizes.length / 2);
  const size = sizes[place - 1];
  return size === undefined ? null : BigInt(size);
}

/** One event as money matching sees it. */
export interface Flow {
  readonly index: number;
  readonly time: number;
  readonly isIn: boolean;
  readonly isOut: boolean;
  readonly value: bigint;
}

export interface Portion {
  readonly inIndex: number;
  readonly outIndex: number;
  readonly dwell: number;
  readonly value: bigint;
}

export function fifo(flows: readonly Flow[]): Portion[] {
  const lots: { flow: Flow; rest: bigint }[] = [];
  const portions: Portion[] = [];
  for (const flow of flows) {
    if (flow.isIn && flow.value > 0n) lots.push({ flow, rest: flow.value });
    if (!flow.isOut) continue;
    let need = flow.value;
    for (const lot of lots) {
      // biome-ignore lint/complexity/useMathMinMax: Math.min does not take bigint
      const value = lot.rest < need ? lot.rest : need;
      if (value <= 0n) continue;
      lot.rest -= value;
      need -= value;
      portions.push({
        inIndex: lot.flow.index,
        outIndex: flow.index,
        dwell: flow.time - lot.flow.time,
        value,
      });
    }
  }
  return portions;
}

/** The amount-weighted lower median of the dwell. */
export function dwell(portions: readonly Portion[]): bigint | null {
  const all = total(portions.map((portion) => portion.value));
  for (const { dwell: d } of [...portions].sort((a, b) => a.dwell - b.dwell)) {
    const upTo = total(portions.filter((portion) => portion.dwell <= d).map((portion) => portion.value));
    if (2n * upTo >= all) return BigInt(d);
  }
  return null;
}
