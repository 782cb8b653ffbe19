/** Nights, stays, circuits and pay periods as SQL (SEMANTICS §5, §6): arrays of events per evaluation, cut into groups. */
import type { DeriveDefinition } from '../../schemas/rule.ts';
import { condition, ms, windowSql } from './oracle-sql-conditions.ts';
import { column, DERIVED, nothing } from './oracle-sql-expression.ts';
import type { Vector } from './vectors.ts';

type Grouped = Exclude<DeriveDefinition, { make: 'cycle' }>;

/** An event: order, time, key, value, stop, local day, starts, goes out. Texts are empty where unknown. */
const MEMBER = 'Tuple(UInt32, Int64, String, Int256, String, String, UInt8, UInt8)';

/** Per evaluated event the readable members in total order, how many are unreadable, and whether that is too many. */
export function membersSql(vector: Vector, make: Grouped): string {
  const isPay = make.make === 'pay_period';
  const counts = isPay
    ? [condition(vector, make.start), condition(vector, make.out)]
    : [condition(vector, make.where ?? 'true'), 'toNullable(false)'];
  const of = 'of' in make && make.of !== undefined ? column(make.of) : 'toNullable(toInt256(0))';
  const by = 'by' in make && make.by !== undefined ? column(make.by) : "toNullable('')";
  const key = make.make === 'night' ? 'toString(f_nightOf)' : isPay ? "toNullable('-')" : by;
  const byDay = make.make === 'night' ? 'isNull(f_nightOf) AND ifNull(NOT f_isNight, 0)' : '0';
  const text = (value: string) => `ifNull(toString(${value}), '')`;
  return `SELECT en, any(et) AS at, arraySort(f -> f.1, groupArrayIf(CAST((n, time, ${text('k')}, ifNull(v, 0), ${text(by)}, ${text('f_localDay')},
       ifNull(i, 0), ifNull(o, 0)), '${MEMBER}'), state = 2)) AS flows, countIf(state = 1) AS missing,
       10 * missing > missing + length(flows) OR (any(isNull(eday)) AND ${make.over.includes('@') ? 1 : 0}) AS bad
     FROM (SELECT *, ${windowSql(vector, make.over, undefined)} AS w, ${counts[0]} AS i, ${counts[1]} AS o, ${of} AS v, ${key} AS k,
       multiIf(w = 0, 0, i = 0 AND o = 0, 0, ${byDay}, 0, isNull(w) OR isNull(i) OR isNull(o) OR isNull(v) OR isNull(k), 1, 2) AS state
       FROM as_of INNER JOIN vals_0 USING en) GROUP BY en`;
}

/** The members cut into groups, an array of arrays. */
function cutSql(make: Grouped): string {
  switch (make.make) {
    case 'night':
      return 'arrayMap(k -> arrayFilter(f -> f.3 = k, flows), arrayDistinct(arrayMap(f -> f.3, flows)))';
    case 'stay': {
      const before = 'flows[greatest(i - 1, 1)]';
      const parts = `f.3 != ${before}.3 OR f.2 - ${before}.2 > ${ms(make.gap)}`;
      return `arraySplit((f, i) -> ${parts}, flows, arrayEnumerate(flows))`;
    }
    case 'circuit': {
      // The accumulator: where the next may begin, the circuits so far.
      const begins = 'arrayLastIndex(f -> f.3 = flows[i].3, arraySlice(flows, 1, i - 1))';
      const between = 'arrayDistinct(arrayMap(f -> f.3, arraySlice(flows, a + 1, i - a - 1)))';
      const closes = `a >= acc.1 AND flows[i].2 - flows[a].2 <= ${ms(make.within)} AND length(${between}) >= ${make.stops_min}`;
      const next = `if(${closes}, (toUInt32(i), arrayPushBack(acc.2, arraySlice(flows, a, i - a + 1))), acc)`;
      const step = `arrayElement(arrayMap(a -> ${next}, [${begins}]), 1)`;
      return `arrayFold((acc, i) -> ${step}, arrayEnumerate(flows), (toUInt32(1), CAST([], 'Array(Array(${MEMBER}))'))).2`;
    }
    case 'pay_period': {
      const isNext = 'k < length(begins) AND f.1 >= begins[k + 1].1';
      const counts = `f.7 OR (f.8 AND f.2 < b.2 + ${ms(make.longest)})`;
      const own = `arrayFilter(f -> f.1 >= b.1 AND NOT (${isNext}) AND (${counts}), flows)`;
      const isOver = `k < length(begins) OR at >= b.2 + ${ms(make.longest)}`;
      return `arrayFilter(g -> notEmpty(g), arrayMap((b, k) -> if(${isOver}, ${own}, CAST([], 'Array(${MEMBER})')), begins, arrayEnumerate(begins)))`;
    }
  }
}

/** Rows of the sub-events with the columns of their last event, of every kind, and their references. */
export function groupsSql(flows: string, make: Grouped): string {
  const sum = (list: string) => `arraySum(arrayConcat([toInt256(0)], arrayMap(f -> f.4, ${list})))`;
  const different = (place: number) =>
    `toNullable(toInt256(length(arrayDistinct(arrayFilter(t -> t != '', arrayMap(f -> f.${place}, g))))))`;
  const none = nothing('int');
  const values: Record<string, string> = {
    events: 'toNullable(toInt256(length(g)))',
    spanMs: 'toNullable(toInt256(g[-1].2 - g[1].2))',
  };
  if ('of' in make && make.of !== undefined) values['total'] = `oracle_int(${sum('g')})`;
  if (make.make === 'night' && make.by !== undefined) values['stops'] = different(5);
  if (make.make === 'stay') values['days'] = different(6);
  // Both ends have one value, which is none of those between.
  if (make.make === 'circuit')
    values['stops'] = 'toNullable(toInt256(length(arrayDistinct(arrayMap(f -> f.3, g))) - 1))';
  if (make.make === 'pay_period') {
    const paid = sum('arrayFilter(f -> f.7, g)');
    const total = sum(`arrayFilter(f -> f.8 AND f.2 < g[1].2 + ${ms(make.longest)}, g)`);
    const left = `(1000 * ${total}) % ${paid}`;
    values['paid'] = `oracle_int(${paid})`;
    values['total'] = `oracle_int(${total})`;
    values['shareMilli'] =
      `if(${paid} > 0, oracle_int(intDiv(1000 * ${total} - if(${left} < 0, ${left} + ${paid}, ${left}), ${paid})), NULL)`;
  }
  const columns = DERIVED.map((name) => `CAST(${values[name] ?? none}, 'Nullable(Int256)') AS ${name}`);
  const begins = `arrayFilter((s, i) -> i = 1 OR s.6 = '' OR s.6 != starts[greatest(i - 1, 1)].6, starts, arrayEnumerate(starts))`;
  const cut = `SELECT en, bad, at, flows, arrayFilter(f -> f.7, flows) AS starts, ${begins} AS begins, ${cutSql(make)} AS groups FROM ${flows}`;
  return `SELECT a.*, ${DERIVED.join(', ')}, refs FROM as_of AS a INNER JOIN (
      SELECT en, g[-1].1 AS n, ${columns.join(', ')}, arrayMap(f -> f.1, g) AS refs FROM (${cut}) ARRAY JOIN groups AS g WHERE NOT bad
    ) AS c USING (en, n)`;
}
