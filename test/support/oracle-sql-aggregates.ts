/** Aggregates and money matching as SQL over arrays. `M` holds (order, value, by, part) of the matching rows in total order. */
import type { FeatureDefinition } from '../../schemas/rule.ts';

const SUM = (array: string) => `arrayReduce('sum', ${array})`;
const ZERO = 'toInt256(0)';

/** Binds a name to a value inside an expression, which SQL lambdas lack. */
export function bind(name: string, value: string, body: string): string {
  return `arrayElement(arrayMap(${name} -> ${body}, [${value}]), 1)`;
}

export function aggregateSql(
  feature: Exclude<FeatureDefinition, { agg: 'ratio' | 'dwell' | 'sequence' }>,
): string {
  const values = 'arrayMap(x -> x.2, M)';
  const sum = `${SUM(`arrayConcat([${ZERO}], ${values})`)}`;
  const n = 'toInt256(length(M))';
  const some = (text: string) => `if(empty(M), NULL, toNullable(${text}))`;
  switch (feature.agg) {
    case 'count':
      return `toNullable(${n})`;
    case 'sum':
      return `oracle_int(${sum})`;
    case 'min':
      return some(`arrayReduce('min', ${values})`);
    case 'max':
      return some(`arrayReduce('max', ${values})`);
    case 'mean':
      return `oracle_ratio(${sum}, ${n})`;
    case 'stddev': {
      const squares = SUM(`arrayConcat([${ZERO}], arrayMap(x -> x.2 * x.2, M))`);
      return `sqrt(oracle_ratio(${n} * ${squares} - ${sum} * ${sum}, ${n} * ${n}))`;
    }
    case 'interval_cv': {
      // Of an empty list there is no list without its last one.
      const gaps = `arrayMap(i -> M[i + 1].2 - M[i].2, range(1, greatest(1, length(M))))`;
      const span = SUM(`arrayConcat([${ZERO}], ${gaps})`);
      const squares = SUM(`arrayConcat([${ZERO}], arrayMap(g -> g * g, ${gaps}))`);
      const spread = `(${n} - 1) * ${squares} - ${span} * ${span}`;
      return `if(length(M) < 3 OR ${span} <= 0, NULL, sqrt(oracle_ratio(${spread}, ${span} * ${span})))`;
    }
    case 'distinct':
      return `toNullable(toInt256(length(arrayDistinct(${values}))))`;
    case 'share': {
      const part = SUM(`arrayConcat([${ZERO}], arrayMap(x -> if(x.4, x.2, ${ZERO}), M))`);
      return `oracle_ratio(${part}, ${sum})`;
    }
    case 'first':
      return some('M[1].2');
    case 'last':
      return some('M[-1].2');
    case 'percentile':
      return some(`arraySort(${values})[intDiv(${feature.p_milli} * length(M) + 999, 1000)]`);
    case 'top_key': {
      const weight = SUM(`arrayConcat([${ZERO}], arrayMap(x -> if(x.2 = key, x.3, ${ZERO}), M))`);
      return some(`arraySort(arrayMap(key -> (-${weight}, key), arrayDistinct(${values})))[1].2`);
    }
    case 'group_count': {
      const keys = 'arrayMap(x -> x.3, M)';
      const sizes = `arraySort(arrayMap(key -> length(arrayFilter(y -> y = key, ${keys})), arrayDistinct(${keys})))`;
      const place = { min: '1', max: '-1', median: `intDiv(length(arrayDistinct(${keys})) + 1, 2)` }[
        feature.stat
      ];
      return some(`toInt256(${sizes}[${place}])`);
    }
    case 'top_share': {
      const near = (v: string, c: string) => `1000 * abs(${v} - ${c}) <= ${feature.tolerance_milli} * ${c}`;
      const mass = SUM(`arrayConcat([${ZERO}], arrayFilter(v -> ${near('v', 'c')}, acc.1))`);
      const best = `arraySort(arrayMap(c -> (-toInt256(${mass}), c), arrayDistinct(${values})))[1]`;
      const step = bind(
        'best',
        best,
        `(arrayFilter(v -> NOT (${near('v', 'best.2')}), acc.1), toInt256(acc.2 - best.1))`,
      );
      return `if(empty(M), NULL, oracle_ratio(arrayFold((acc, i) -> ${step}, range(${feature.top}), (${values}, ${ZERO})).2, ${sum}))`;
    }
  }
}

/**
 * FIFO over `flows` of (order, time, in, out, value, source). Without `withinMs` the portions (out, in, dwell, value);
 * with it one (out, matched, evidence, is its own lot) per outgoing flow, matched within that time.
 */
export function fifoSql(flows: string, withinMs: number | null): string {
  const lots = 'if(f.3 AND f.5 > 0, arrayPushBack(acc.1, (f.1, f.2, f.5)), acc.1)';
  const before = (i: string) => `arraySum(arraySlice(arrayMap(l -> l.3, lots), 1, ${i} - 1))`;
  const take = `if(f.4, least(lot.3, greatest(toInt64(0), f.5 - toInt64(${before('i')}))), toInt64(0))`;
  const takes = `arrayMap((lot, i) -> toInt64(${take}), lots, arrayEnumerate(lots))`;
  const step = bind(
    'lots',
    lots,
    bind(
      'takes',
      takes,
      `(arrayMap((lot, t) -> (lot.1, lot.2, toInt64(lot.3 - t)), lots, takes),
        arrayConcat(acc.2, arrayFilter(p -> p.4 > 0, arrayMap((lot, t) -> (f.1, lot.1, toInt64(f.2 - lot.2), t), lots, takes))))`,
    ),
  );
  const start = `(CAST([], 'Array(Tuple(UInt32, Int64, Int64))'), CAST([], 'Array(Tuple(UInt32, UInt32, Int64, Int64))'))`;
  const portions = `arrayFold((acc, f) -> ${step}, ${flows}, ${start}).2`;
  if (withinMs === null) return portions;
  return bind(
    'ps',
    portions,
    `arrayMap(f -> (f.1, toInt64(arraySum(arrayMap(p -> p.4, arrayFilter(p -> p.1 = f.1 AND p.3 <= ${withinMs}, ps)))),
      arrayConcat([f.1], arrayMap(p -> p.2, arrayFilter(p -> p.1 = f.1 AND p.3 <= ${withinMs}, ps))),
      toUInt8(arrayExists(p -> p.1 = f.1 AND p.2 = f.1 AND p.3 <= ${withinMs}, ps))), arrayFilter(f -> f.4 AND f.5 > 0, ${flows}))`,
  );
}

/** One (out, matched, evidence, 0) per outgoing flow, where each inflow serves the first cycle that reaches it. */
export function sumCyclesSql(flows: string, withinMs: number): string {
  const free = `arrayFilter(x -> x.3 AND x.5 > 0 AND x.1 < f.1 AND x.2 > f.2 - ${withinMs} AND NOT has(acc.1, x.1), ${flows})`;
  const step = bind(
    'free',
    free,
    `(arrayConcat(acc.1, arrayMap(x -> x.1, free)), arrayPushBack(acc.2, (f.1, toInt64(arraySum(arrayMap(x -> x.5, free))),
      arrayConcat([f.1], arrayMap(x -> x.1, free)), toUInt8(0))))`,
  );
  const start = `(CAST([], 'Array(UInt32)'), CAST([], 'Array(Tuple(UInt32, Int64, Array(UInt32), UInt8))'))`;
  return `arrayFold((acc, f) -> ${step}, arrayFilter(f -> f.4 AND f.5 > 0, ${flows}), ${start}).2`;
}
