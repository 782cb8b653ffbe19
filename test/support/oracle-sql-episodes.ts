/**
 * Episodes and versions (§9) as one fold over the triggering evaluations and the ticks (§9a) in order. The state is (t*, opening event,
 * version, evidence so far, the last triggering event of the running hour, versions written).
 */
import { bind } from './oracle-sql-aggregates.ts';
import { TICK_BASE } from './oracle-sql-expression.ts';
import type { Vector } from './vectors.ts';

const NEVER = 'toInt64(-4000000000000000000)';
const HOUR_MS = 3_600_000;

/** The state after the waiting evaluation of an hour has been looked at; without one, nothing changes. */
function settled(state: string): string {
  const grows = `(p.3 AND NOT hasAll(${state}.4, p.4))`;
  const union = `arraySort(arrayDistinct(arrayConcat(${state}.4, p.4)))`;
  return bind(
    'p',
    `${state}.5[1]`,
    `(if(p.3, p.2, ${state}.1), ${state}.2, toUInt32(${state}.3 + if(${grows}, 1, 0)), if(p.3, ${union}, ${state}.4),
      CAST([], 'Array(Tuple(UInt32, Int64, UInt8, Array(UInt32), UInt8))'),
      if(${grows}, arrayPushBack(${state}.6, (${state}.2, p.1, toUInt32(${state}.3 + 1), ${union})), ${state}.6))`,
  );
}

const LAST_MS = 8_640_000_000_000_000;

export function episodesSql(
  evaluations: string,
  quietMs: number,
  longestMs: number,
  inForce: Vector['inForce'],
): string {
  const from = Math.max(inForce?.fromMs ?? -LAST_MS, -LAST_MS);
  const until = Math.min(inForce?.untilMs ?? LAST_MS, LAST_MS);
  const waiting = 'notEmpty(acc.5)';
  // A tick waits for nothing.
  const otherHour = `acc.5[1].5 = 1 OR intDiv(acc.5[1].2, ${HOUR_MS}) != intDiv(e.2, ${HOUR_MS})`;
  const state = `if(${waiting} AND (${otherHour} OR e.2 - acc.1 > ${quietMs}), ${settled('acc')}, acc)`;
  const opened = `(e.2, e.1, toUInt32(1), e.4, CAST([], 'Array(Tuple(UInt32, Int64, UInt8, Array(UInt32), UInt8))'),
    arrayPushBack(s.6, (e.1, e.1, toUInt32(1), e.4)))`;
  const waits = '(s.1, s.2, s.3, s.4, [e], s.6)';
  const step = bind('s', state, `multiIf(e.2 - s.1 <= ${quietMs}, ${waits}, e.3, ${opened}, s)`);
  const start = `(${NEVER}, toUInt32(0), toUInt32(0), CAST([], 'Array(UInt32)'),
    CAST([], 'Array(Tuple(UInt32, Int64, UInt8, Array(UInt32), UInt8))'), CAST([], 'Array(Tuple(UInt32, UInt32, UInt32, Array(UInt32)))'))`;
  const isIn = (time: string) => `toInt64(${time}) >= ${from} AND toInt64(${time}) < ${until}`;
  const isTick = `en >= ${TICK_BASE}`;
  const triggering = `(SELECT groupArray(toInt64(et)) FROM ${evaluations} WHERE NOT ${isTick} AND triggers)`;
  const has = `arrayExists(x -> x < toInt64(et) AND toInt64(et) <= x + ${longestMs}, ${triggering})`;
  const all = `arraySort(e -> (e.2, 1 - e.5, e.1), groupArrayIf((en, toInt64(et), toUInt8(fires), evidence, toUInt8(${isTick})),
    if(${isTick}, ${has}, triggers) AND ${isIn('et')} AND ${isIn('etime')}))`;
  const end = `arrayFold((acc, e) -> ${step}, ${all}, ${start})`;
  return `SELECT w.1 AS opens, w.2 AS at, w.3 AS version, w.4 AS evidence
    FROM (SELECT ${bind('s', end, settled('s'))} AS final FROM ${evaluations}) ARRAY JOIN final.6 AS w`;
}
