/** The ticks of a rule (§9a) as evaluations of the last event before each. */
import { TICK_BASE } from './oracle-sql-expression.ts';
import type { Vector } from './vectors.ts';

/** Events of one subject that an evaluation reads (§2 "History cap"). */
export const HISTORY_EVENTS = 65_536;
const DAY_MS = 86_400_000;

/** The ticks from the first row on up to the time known, as (number from 1, time). */
function tickList({ rows, knownMs }: Vector): string {
  const first = Math.floor(Math.min(...rows.map(({ time }) => time)) / DAY_MS);
  const count = Math.floor(knownMs / DAY_MS) - first;
  const ticks = Array.from(
    { length: count },
    (_, i) => `(toUInt32(${i + 1}), toInt64(${(first + i + 1) * DAY_MS}))`,
  );
  return `CAST([${ticks.join(', ')}], 'Array(Tuple(UInt32, Int64))')`;
}

/**
 * More rows of the table `evaluated`: each of the last event before a tick, under a number that says both. No reversal at the
 * time of the tick has come. Which of them the rule has, `episodesSql` says.
 */
export function ticksSql(vector: Vector, longestMs: number): string {
  if (vector.rule.tick === undefined) return '';
  const withLost = `SELECT * FROM events AS x LEFT JOIN (SELECT toUInt32(n + ${HISTORY_EVENTS}) AS n, time AS lost FROM events) AS y USING (n)`;
  const last = `SELECT max(n) AS n, t.1 AS k, t.2 AS et FROM events CROSS JOIN (SELECT arrayJoin(${tickList(vector)}) AS t) AS u
    WHERE time < t.2 GROUP BY k, et`;
  return `UNION ALL SELECT toUInt32(n + ${TICK_BASE} * k) AS en, et, f_localDay AS eday, '' AS ei, '' AS eid, toInt64(0) AS ev, ref AS eref,
    lost > et - ${longestMs} AS truncated, time AS etime FROM (${withLost}) AS z INNER JOIN (${last}) AS w USING (n)`;
}
