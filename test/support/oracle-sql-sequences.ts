/** Sequences (§5) as SQL: one fold over the events of each group, which holds what was begun for each number of steps done. */
import type { FeatureDefinition } from '../../schemas/rule.ts';
import { bind } from './oracle-sql-aggregates.ts';
import { condition, ms, stepTexts, windowSql } from './oracle-sql-conditions.ts';
import { fieldSql } from './oracle-sql-expression.ts';
import type { Vector } from './vectors.ts';

type Sequence = Extract<FeatureDefinition, { agg: 'sequence' }>;

/** Begun: time of the start and the events so far; none where there are no events. */
const BEGUN = 'Tuple(Int64, Array(UInt32))';
const NOT_BEGUN = `CAST((0, []), '${BEGUN}')`;

/** Value `v`, missing count `m` and evidence `e`, per evaluated event; to be joined with the values so far (`vals_k`). */
export function sequenceSql(vector: Vector, feature: Sequence, k: number): string {
  const texts = stepTexts(feature);
  const steps = texts.map((text, i) => `${condition(vector, text)} AS s${i}`);
  const names = texts.map((_, i) => `s${i}`);
  const key =
    feature.by === undefined ? "toNullable('')" : `toNullable(toString(${fieldSql(feature.by).text}))`;
  const none = names.map((name) => `ifNull(${name} = 0, 0)`).join(' AND ');
  const unknown = [...names, 'key', 'w'].map((name) => `isNull(${name})`).join(' OR ');
  const inner = `SELECT *, ${windowSql(vector, feature.over, feature.skip)} AS w, ${steps.join(', ')}, ${key} AS key,
      multiIf(ifNull(w = 0, 0), 0, ${none}, 0, ${unknown}, 1, 2) AS state FROM as_of INNER JOIN vals_${k} USING en`;
  const does = names.map((name) => `toUInt8(ifNull(${name}, 0))`).join(', ');
  const of = 'arrayFilter(x -> x.2 = g, M)';
  const complete = `arrayFlatten(arrayMap(g -> ${foldSql(of, feature.steps.length, ms(feature.within))}, arrayDistinct(arrayMap(x -> x.2, M))))`;
  return `SELECT en, m, bad, if(bad, CAST([], 'Array(UInt32)'), arraySort(CAST(${complete}, 'Array(UInt32)'))) AS e,
      if(bad, NULL, toNullable(toInt256(intDiv(length(e), ${feature.steps.length})))) AS v
    FROM (SELECT en, countIf(state = 1) AS m, arraySort(groupArrayIf((n, ifNull(key, ''), toInt64(time), [${does}]), state = 2)) AS M,
      10 * m > m + length(M) OR (any(isNull(eday)) AND ${feature.over.includes('@') ? 1 : 0}) AS bad
      FROM (${inner}) GROUP BY en)`;
}

/** Events of the complete sequences of one group. */
function foldSql(events: string, steps: number, withinMs: number): string {
  const fits = `x.4[i] AND notEmpty(acc.1[i - 1].2) AND x.3 - acc.1[i - 1].1 <= ${withinMs}
      AND (empty(acc.1[i].2) OR acc.1[i - 1].2[1] > acc.1[i].2[1])`;
  const longer = `(acc.1[i - 1].1, arrayPushBack(acc.1[i - 1].2, x.1))`;
  // All are made of what was begun before the event: it serves one step.
  const next = `arrayMap(i -> CAST(multiIf(i = 1, if(x.4[1], (x.3, [x.1]), acc.1[1]), ${fits}, ${longer}, acc.1[i]), '${BEGUN}'), range(1, ${steps + 1}))`;
  const step = bind(
    'begun',
    next,
    `if(notEmpty(begun[${steps}].2), (arrayMap(b -> ${NOT_BEGUN}, begun), arrayConcat(acc.2, begun[${steps}].2)), (begun, acc.2))`,
  );
  const start = `(arrayMap(i -> ${NOT_BEGUN}, range(${steps})), CAST([], 'Array(UInt32)'))`;
  return `arrayFold((acc, x) -> ${step}, ${events}, ${start}).2`;
}
