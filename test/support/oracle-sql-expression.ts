/**
 * Expressions of rules as ClickHouse SQL. Unknown is NULL: ClickHouse's AND, OR and NOT over Nullable are Kleene's, and
 * every other operator with a NULL gives NULL, which is what SEMANTICS §4 asks. Integers are Int256 and checked.
 */
import { EVENT_FIELDS, SIGNAL_FIELDS } from '../../schemas/event-fields.ts';
import type { FieldType } from '../../schemas/field.ts';
import type { RuleFile } from '../../schemas/rule.ts';
import { type Tree, treeOf } from './oracle-tree.ts';
import type { Vector } from './vectors.ts';

export type SqlType = FieldType | 'double' | 'list';
export interface Sql {
  readonly type: SqlType;
  readonly text: string;
}

export const FIELD_TYPES: Readonly<Record<string, FieldType>> = Object.fromEntries(
  [...Object.entries(EVENT_FIELDS), ...Object.entries(SIGNAL_FIELDS)].map(([name, field]) => [
    name,
    field.type,
  ]),
);
/** Evaluations as of ticks are numbered from here on: that of the last event before, modulo this, is the rest. */
export const TICK_BASE = 100_000;
export const DERIVED = [
  ...['matched', 'matchedShareMilli', 'sources'],
  ...['events', 'total', 'spanMs', 'stops', 'days', 'paid', 'shareMilli'],
];
export const SQL_TYPES = { int: 'Int256', double: 'Float64', string: 'String', bool: 'Bool' } as const;

/** Functions that the oracle installs: exact quotient, exact comparison of an integer with a double, checked range. */
export const SQL_FUNCTIONS = [
  `CREATE OR REPLACE FUNCTION oracle_bits AS (x) ->
     arrayFirstIndex(k -> x < bitShiftLeft(toUInt256(1), k), range(1, 250))`,
  // q has 65 bits or more, its last one says whether anything follows; rounding it to 53 bits rounds the quotient.
  `CREATE OR REPLACE FUNCTION oracle_round AS (q, shift) -> arrayElement(arrayMap(d -> arrayElement(arrayMap(
       (hi, low, half) -> toFloat64(toUInt64(hi + if(low > half OR (low = half AND bitAnd(hi, toUInt256(1)) = 1), 1, 0)))
         * exp2(toFloat64(d) - shift),
       [bitShiftRight(q, d)], [q - bitShiftLeft(bitShiftRight(q, d), d)], [bitShiftLeft(toUInt256(1), d - 1)]), 1),
     [greatest(1, toInt32(oracle_bits(q)) - 53)]), 1)`,
  `CREATE OR REPLACE FUNCTION oracle_wide AS (a, b) -> arrayElement(arrayMap(s -> oracle_round(
       toUInt256(intDiv(bitShiftLeft(toUInt256(a), s), toUInt256(b)) * 2 + if(bitShiftLeft(toUInt256(a), s) % toUInt256(b) = 0, 0, 1)), s + 1),
     [greatest(0, 70 + toInt32(oracle_bits(toUInt256(b))) - toInt32(oracle_bits(toUInt256(a))))]), 1)`,
  `CREATE OR REPLACE FUNCTION oracle_ratio AS (a, b) -> multiIf(
     b = 0, NULL,
     a = 0, 0.,
     abs(a) <= 9007199254740992 AND abs(b) <= 9007199254740992, toFloat64(a) / toFloat64(b),
     if((a < 0) != (b < 0), -1., 1.) * oracle_wide(abs(a), abs(b)))`,
  `CREATE OR REPLACE FUNCTION oracle_order AS (a, d) -> multiIf(
     isNull(a) OR isNull(d), NULL,
     abs(a) <= 9007199254740992, multiIf(toFloat64(a) < d, -1, toFloat64(a) > d, 1, 0),
     abs(d) < 9007199254740992., if(a < 0, -1, 1),
     multiIf(a < toInt256(d), -1, a > toInt256(d), 1, 0))`,
  `CREATE OR REPLACE FUNCTION oracle_int AS (x) ->
     if(abs(x) > toInt256('9223372036854775807'), NULL, x)`,
];

export function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

export function column(name: string): string {
  return DERIVED.includes(name) ? name : `f_${name.replace('.', '_')}`;
}

/** The value of a field, NULL where unknown; a set keeps its flag beside it. */
export function fieldSql(name: string): Sql {
  const type = DERIVED.includes(name) ? 'int' : FIELD_TYPES[name]!;
  return { type, text: column(name) };
}

function constant(value: unknown): Sql {
  if (typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value))) {
    return { type: 'int', text: `toInt256('${value}')` };
  }
  if (typeof value === 'number') return { type: 'double', text: `toFloat64('${value}')` };
  if (typeof value === 'boolean') return { type: 'bool', text: String(value) };
  if (Array.isArray(value))
    return { type: 'list', text: `[${value.map((v) => quote(String(v))).join(', ')}]` };
  return { type: 'string', text: quote(String(value)) };
}

function paramSql(vector: Vector, name: string): Sql {
  const param = vector.rule.params[name]!;
  if ('value' in param) return constant(param.value);
  if ('peer' in param)
    return peerSql(vector, param.peer, param.quantile, param.unit === 'share' ? 'double' : 'int');
  const steps = [...(vector.thresholds.get(param.threshold) ?? [])].reverse();
  const cases = steps.map((step) => `et >= ${step.from}, toNullable(toInt256('${step.value}'))`);
  return {
    type: 'int',
    text: cases.length === 0 ? nothing('int') : `multiIf(${cases.join(', ')}, ${nothing('int')})`,
  };
}

/** §13: tables from the latest day on, each asked for 35 days, then nobody; groups by the fields of the evaluated event `en`. */
function peerSql(vector: Vector, name: string, quantile: number, type: 'int' | 'double'): Sql {
  const { by, days } = vector.peers[name]!;
  const cases = Object.entries(days)
    .sort(([a], [b]) => (a < b ? 1 : -1))
    .flatMap(([day, groups]) => {
      const from = Date.parse(`${day}T00:00:00Z`) + DAY_MS;
      const found = groups.flatMap(({ of, values }) => {
        const value = values[String(quantile)];
        if (value === undefined || of.includes('unknown')) return [];
        const same = by.map((field, i) => `${ofEvaluated(field)} = ${quote(of[i]!)}`).join(' AND ');
        const text = type === 'int' ? `toInt256('${value}')` : `toFloat64('${value}')`;
        return [`${same}, toNullable(${text})`];
      });
      const group = found.length === 0 ? nothing(type) : `multiIf(${found.join(', ')}, ${nothing(type)})`;
      return [`et >= ${from + 35 * DAY_MS}, ${nothing(type)}`, `et >= ${from}, ${group}`];
    });
  return {
    type,
    text: cases.length === 0 ? nothing(type) : `multiIf(${cases.join(', ')}, ${nothing(type)})`,
  };
}

const DAY_MS = 86_400_000;

/** A field of the evaluated event, empty where unknown: events are numbered from 1 in total order. */
function ofEvaluated(field: string): string {
  return `arrayElement((SELECT groupArray(ifNull(${column(field)}, '')) FROM (SELECT * FROM events ORDER BY n)), en % ${TICK_BASE})`;
}

export function nothing(type: SqlType): string {
  return `CAST(NULL, 'Nullable(${SQL_TYPES[type as keyof typeof SQL_TYPES]})')`;
}

/** Type of a feature's value. */
export function featureType(rule: RuleFile, name: string): SqlType {
  const feature = rule.features[name]!;
  switch (feature.agg) {
    case 'mean':
    case 'stddev':
    case 'interval_cv':
    case 'share':
    case 'top_share':
    case 'ratio':
      return 'double';
    case 'first':
    case 'last':
    case 'top_key':
      return fieldSql(feature.of).type;
    default:
      return 'int';
  }
}

/** `blind`: named features are unknown (§9 "triggers"). */
export function expressionSql(vector: Vector, text: string, blind = false): Sql {
  const walk = (tree: Tree): Sql => {
    switch (tree.op) {
      case 'constant':
        // A literal 9007199254740992.0 is a double although it is whole.
        if (typeof tree.value === 'number') return { type: 'double', text: `toFloat64('${tree.value}')` };
        return constant(tree.value);
      case 'param':
        return paramSql(vector, tree.name);
      case 'name': {
        if (tree.name in vector.rule.let) return walk(treeOf(vector.rule.let[tree.name]!));
        if (tree.name in vector.rule.features) {
          const type = featureType(vector.rule, tree.name);
          return { type, text: blind ? nothing(type) : `v_${tree.name}` };
        }
        return fieldSql(tree.name);
      }
      case 'list':
        return { type: 'list', text: `[${tree.items.map((item) => walk(item).text).join(', ')}]` };
      case 'not':
        return { type: 'bool', text: `(NOT ${walk(tree.arg).text})` };
      case 'negate': {
        const arg = walk(tree.arg);
        return { type: arg.type, text: arg.type === 'int' ? `oracle_int(-${arg.text})` : `(-${arg.text})` };
      }
      case 'in': {
        const [item, holder] = [walk(tree.args[0]), walk(tree.args[1])];
        const found = `has(${holder.text}, assumeNotNull(${item.text}))`;
        const known = [`isNotNull(${item.text})`, ...(holder.type === 'set' ? [`k_${holder.text}`] : [])];
        return { type: 'bool', text: `if(${known.join(' AND ')}, toNullable(${found}), NULL)` };
      }
      default: {
        const [a, b] = [walk(tree.args[0]), walk(tree.args[1])];
        if (tree.op === '&&') return { type: 'bool', text: `(${a.text} AND ${b.text})` };
        if (tree.op === '||') return { type: 'bool', text: `(${a.text} OR ${b.text})` };
        if (tree.op === 'ratio') return { type: 'double', text: `oracle_ratio(${a.text}, ${b.text})` };
        if (tree.op === '+' || tree.op === '-' || tree.op === '*') {
          return { type: 'int', text: `oracle_int(${a.text} ${tree.op} ${b.text})` };
        }
        const op = tree.op === '==' ? '=' : tree.op;
        if (a.type === 'int' && b.type === 'double') {
          return { type: 'bool', text: `(oracle_order(${a.text}, ${b.text}) ${op} 0)` };
        }
        if (a.type === 'double' && b.type === 'int') {
          return { type: 'bool', text: `(0 ${op} oracle_order(${b.text}, ${a.text}))` };
        }
        return { type: 'bool', text: `(${a.text} ${op} ${b.text})` };
      }
    }
  };
  return walk(treeOf(text));
}
