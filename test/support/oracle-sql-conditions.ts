/** Conditions of a rule as SQL over one row as of one evaluation: visibility, windows, triggers, what is read. */
import { expressionSql, FIELD_TYPES, quote } from './oracle-sql-expression.ts';
import { namesIn, treeOf } from './oracle-tree.ts';
import type { Vector } from './vectors.ts';

const PRECISIONS = ['second', 'minute', 'hour', 'day', 'batch'];
const UNIT_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };
/** Every field that a row of the oracle's table may hold. */
export const FIELDS = Object.keys(FIELD_TYPES);
/** Columns that the oracle itself reads, whatever the rule. */
const ALWAYS = ['localDay', 'status', 'coverage', 'precision', 'counterparty', 'source'];

export function ms(text: string): number {
  return Number(text.slice(0, -1)) * UNIT_MS[text.slice(-1)]!;
}

export function windowMs(over: string): number {
  const found = /^(\d+)(day|month|businessDay)@/.exec(over);
  if (found === null) return ms(over);
  const days = { day: 1, month: 31, businessDay: 2 }[found[2] as 'day'] * Number(found[1]);
  return (days + (found[2] === 'businessDay' ? 5 : 0)) * 86_400_000;
}

/** A condition under §4 "Visibility": true becomes NULL on a row without the coverage or precision that the rule needs. */
export function condition(vector: Vector, text: string, blind = false): string {
  const plain = expressionSql(vector, text, blind).text;
  const { coverage, precision } = vector.rule.needs;
  const seen: string[] = [];
  if (vector.rule.input === 'events' && coverage !== undefined) {
    seen.push(`has([${coverage.map(quote).join(', ')}], ifNull(f_coverage, ''))`);
  }
  if (vector.rule.input === 'events' && precision !== undefined) {
    const served = PRECISIONS.slice(0, PRECISIONS.indexOf(precision) + 1);
    seen.push(`has([${served.map(quote).join(', ')}], ifNull(f_precision, ''))`);
  }
  if (seen.length === 0) return `toNullable(${plain})`;
  return `if(ifNull(${plain}, 0) AND NOT (${seen.join(' AND ')}), NULL, toNullable(${plain}))`;
}

/** Whether the window of the evaluation holds the row; NULL where a local day is unknown. */
export function windowSql(vector: Vector, over: string, skip: string | undefined): string {
  const found = /^(\d+)(day|month|businessDay)@(\w+)$/.exec(over);
  if (found === null) {
    return `toNullable(time > et - ${ms(over)} AND time <= et - ${skip === undefined ? 0 : ms(skip)})`;
  }
  const count = Number(found[1]);
  const date = (day: string) => `addDays(toDate32('1970-01-01'), ${day})`;
  const month = (day: string) => `(toYear(${date(day)}) * 12 + toMonth(${date(day)}))`;
  const upTo = 'f_localDay <= eday';
  // A row without a local day counts (as missing) within the window's length.
  const unplaced = `multiIf(isNull(eday), NULL, time > et - ${windowMs(over)}, NULL, toNullable(false))`;
  const placed = (text: string) => `if(isNull(f_localDay) OR isNull(eday), ${unplaced}, toNullable(${text}))`;
  if (found[2] === 'day') return placed(`f_localDay > eday - ${count} AND ${upTo}`);
  if (found[2] === 'month') {
    const [x, e] = ['toInt32(assumeNotNull(f_localDay))', 'toInt32(assumeNotNull(eday))'];
    return placed(`${month(x)} > ${month(e)} - ${count} AND ${upTo}`);
  }
  const holidays = [...(vector.holidays.get(found[3]!) ?? [])];
  const business = `arrayFilter(d -> toDayOfWeek(${date('d')}) <= 5 AND NOT has([${holidays.join(', ')}]::Array(Int32), d),
    arrayMap(i -> toInt32(assumeNotNull(eday)) - i, range(0, ${7 * count + 30})))`;
  return placed(`f_localDay >= ${business}[${count}] AND ${upTo}`);
}

/** Steps of a sequence, each behind its `where`. */
export function stepTexts({ where, steps }: { where?: string | undefined; steps: string[] }): string[] {
  return steps.map((step) => `(${where ?? 'true'}) && (${step})`);
}

/** What makes an event trigger (§9), as one condition per feature. */
export function triggerTexts(vector: Vector): string[] {
  return Object.values(vector.rule.features).flatMap((feature) => {
    if (feature.agg === 'ratio' || !feature.evidence) return [];
    if (feature.agg === 'dwell') return [feature.in, feature.out];
    if (feature.skip !== undefined) return [];
    if (feature.agg === 'sequence') return stepTexts(feature);
    const derive = feature.from === undefined ? undefined : vector.rule.derive[feature.from];
    if (derive === undefined) return [feature.where ?? 'true'];
    if (derive.make === 'cycle') return [derive.in, derive.out];
    return derive.make === 'pay_period' ? [derive.start, derive.out] : [derive.where ?? 'true'];
  });
}

/** Fields that the rule's expressions and features read; amounts are kept apart. */
export function fieldsRead(vector: Vector): string[] {
  const { rule } = vector;
  const direct = [...Object.values(rule.features), ...Object.values(rule.derive)].flatMap((part) => {
    const { of, by } = part as { of?: string; by?: string };
    return [...(of?.split(',') ?? []), ...(by === undefined ? [] : [by])];
  });
  const named = everyExpression(vector).flatMap((text) => namesIn(treeOf(text)));
  const groups: string[] = Object.values(vector.peers).flatMap(({ by }) => by);
  const nights = Object.values(rule.derive).some(({ make }) => make === 'night')
    ? ['nightOf', 'isNight']
    : [];
  const read = [...ALWAYS, ...direct, ...named, ...groups, ...nights];
  return FIELDS.filter((name) => read.includes(name));
}

export function everyExpression(vector: Vector): string[] {
  const { rule } = vector;
  const texts = [rule.when, ...Object.values(rule.let), ...rule.benign.map((test) => test.when)];
  for (const part of [...Object.values(rule.features), ...Object.values(rule.derive)]) {
    for (const key of ['where', 'part', 'in', 'out', 'start'] as const) {
      const text = (part as unknown as Record<string, string | undefined>)[key];
      if (text !== undefined) texts.push(text);
    }
    if ('steps' in part) texts.push(...part.steps);
  }
  return texts;
}
