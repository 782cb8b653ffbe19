/** Small changes of a sketched stream: the edges of windows, bands, ties, the unknown, one event more or less. */
import type { Random } from '../../pipelines/simulate/random.ts';
import type { CheckedRule } from '../../rules/compiler/index.ts';
import { COVERAGES, STATUSES } from '../../schemas/enumerations.ts';
import { EVENT_FIELDS } from '../../schemas/event-fields.ts';
import type { EventField } from '../../schemas/field.ts';
import { BANK, OTHER_BANK } from './stream-transactions.ts';
import type { Sketch } from './stream-values.ts';

const HOUR = 3_600_000;
const DAY = 86_400_000;
/** Longer shifts would leave the horizon behind which rows are not evaluated. */
const LENGTH_MAX_MS = 200 * DAY;
/** Longer streams are not doubled. */
const ECHO_MAX = 40;
const AMOUNTS = ['amount', 'amountUsd', 'amountMxn', 'amountCad'] as const;

type Change = (random: Random, sketches: Sketch[], rule: CheckedRule, serial: number) => Sketch[];

const placeIn = (random: Random, sketches: readonly Sketch[]): number => random.int(0, sketches.length - 1);

function replaced(sketches: readonly Sketch[], at: number, change: (sketch: Sketch) => Sketch): Sketch[] {
  return sketches.map((sketch, i) => (i === at ? change(sketch) : sketch));
}

const withFields = (sketch: Sketch, fields: Sketch['fields']): Sketch => ({
  ...sketch,
  fields: { ...sketch.fields, ...fields },
});

function amounts(sketch: Sketch, change: (amount: number) => number): Sketch {
  const fields: Record<string, number> = {};
  for (const name of AMOUNTS) {
    const value = sketch.fields[name];
    if (typeof value === 'number') fields[name] = Math.max(0, Math.floor(change(value)));
  }
  return withFields(sketch, fields);
}

/** Lengths at whose edges an event counts or does not: windows, `within`, `quiet`, `lookback`, parameters in ms. */
function lengths(rule: CheckedRule): number[] {
  const { features, derives } = rule.program;
  const windows = [...features, ...derives].flatMap(({ window }) =>
    window === null ? [] : [window.lengthMs],
  );
  const params = Object.values(rule.file.params).flatMap((param) =>
    'value' in param && param.unit === 'ms' ? [Number(param.value)] : [],
  );
  const within = derives
    .map((derive) => ('longestMs' in derive ? derive.longestMs : derive.withinMs))
    .filter((length) => length > 0);
  return [...new Set([...windows, ...within, ...params, rule.quietMs, rule.lookbackMs])].filter(
    (length) => length <= LENGTH_MAX_MS,
  );
}

/** Kinds of parameters and the units of the fields that they are compared with. */
const COMPARED: Readonly<Record<string, readonly string[]>> = {
  milli: ['milli'],
  minor: ['minor'],
  ms: ['ms'],
  days: ['day'],
  count: ['count'],
};
/** What follows from time, amount or rail: a row cannot say otherwise. */
const DERIVED: ReadonlySet<string> = new Set([
  'time',
  'localDay',
  'nightOf',
  'weekday',
  'localMonth',
  'sendHour',
  'roundTo',
  'pairAgeMs',
  'pairOrdinal',
]);

const fieldOf = (name: string): EventField | undefined =>
  Object.hasOwn(EVENT_FIELDS, name) ? EVENT_FIELDS[name as keyof typeof EVENT_FIELDS] : undefined;

/** Fields that the rule reads and compares with parameters of this unit. */
const comparedWith = (rule: CheckedRule, unit: string): string[] =>
  rule.fieldsRead.filter((name) => {
    const of = fieldOf(name)?.unit;
    return of !== undefined && !DERIVED.has(name) && (COMPARED[unit]?.includes(of) ?? false);
  });

const CHANGES: Readonly<Record<string, Change>> = {
  drop: (random, sketches) =>
    sketches.filter((_, i) => i !== 0 || sketches.length === 1 || random.chance(0.5)),
  dropAny(random, sketches) {
    const at = placeIn(random, sketches);
    return sketches.length === 1 ? sketches : sketches.filter((_, i) => i !== at);
  },
  repeat(random, sketches, _rule, serial) {
    const sketch = random.pick(sketches);
    const apart = random.pick([0, 1, HOUR, DAY, random.int(-DAY, 5 * DAY)]);
    return [...sketches, { ...sketch, id: `${sketch.id}+${serial}`, time: sketch.time + apart }];
  },
  jitter: (random, sketches) => {
    const most = random.pick([1, 60_000, HOUR, DAY]);
    return sketches.map((sketch) => ({ ...sketch, time: sketch.time + random.int(-most, most) }));
  },
  tie(random, sketches) {
    const { time } = random.pick(sketches);
    return replaced(sketches, placeIn(random, sketches), (sketch) => ({ ...sketch, time }));
  },
  /** Puts an event exactly one window, or a millisecond more or less, before another one. */
  edge(random, sketches, rule) {
    const last = random.chance(0.7) ? sketches[sketches.length - 1]! : random.pick(sketches);
    const edges = lengths(rule);
    if (edges.length === 0) return sketches;
    const length = random.pick(edges);
    const time = last.time - length + random.pick([-1, 0, 1]);
    const { counterparty } = last.fields;
    const isPair = length === rule.lookbackMs || random.chance(0.2);
    return replaced(sketches, random.chance(0.5) ? 0 : placeIn(random, sketches), (sketch) => ({
      ...(isPair ? withFields(sketch, { counterparty }) : sketch),
      time,
    }));
  },
  /** All of it again so that its end lies at the edge of the first one's episode. */
  echo(random, sketches, rule, serial) {
    const later = rule.quietMs + random.pick([-1, 0, 1]);
    const again = sketches.map((sketch) => ({
      ...sketch,
      id: `${sketch.id}~${serial}`,
      time: sketch.time + later,
    }));
    return later > LENGTH_MAX_MS || sketches.length > ECHO_MAX ? sketches : [...sketches, ...again];
  },
  /** A value at the edge of a band that the rule names. */
  band(random, sketches, rule) {
    const bands = Object.values(rule.file.params).flatMap((param) => {
      if (!('value' in param) || typeof param.value !== 'number') return [];
      const fields = comparedWith(rule, param.unit);
      return fields.length === 0 ? [] : [{ value: Math.round(param.value), fields }];
    });
    if (bands.length === 0) return sketches;
    const { value, fields } = random.pick(bands);
    const to = value + random.pick([-1, 0, 1]);
    return replaced(sketches, placeIn(random, sketches), (sketch) =>
      withFields(sketch, Object.fromEntries(fields.map((name) => [name, to]))),
    );
  },
  /** One event shows what another one shows. */
  copy(random, sketches, rule) {
    const copied = rule.fieldsRead.filter(isCopied);
    if (copied.length === 0) return sketches;
    const name = random.pick(copied);
    const value = random.pick(sketches).fields[name];
    return replaced(sketches, placeIn(random, sketches), (sketch) => withFields(sketch, { [name]: value }));
  },
  /** All that comes in, or goes out, a little more or less: shares move by a hundredth. */
  scale(random, sketches) {
    const direction = random.pick(['in', 'out']);
    const factor = random.pick([0.97, 0.985, 0.995, 1.005, 1.015, 1.03]);
    return sketches.map((sketch) =>
      sketch.fields['direction'] === direction ? amounts(sketch, (amount) => amount * factor) : sketch,
    );
  },
  amount(random, sketches) {
    const factor = random.pick([0.5, 0.97, 0.98, 1.02, 1.03, 1.2, 2]);
    return replaced(sketches, placeIn(random, sketches), (sketch) =>
      amounts(sketch, (amount) => amount * factor),
    );
  },
  cent(random, sketches) {
    const by = random.pick([-1, 1]);
    return replaced(sketches, placeIn(random, sketches), (sketch) =>
      amounts(sketch, (amount) => amount + by),
    );
  },
  zero: (random, sketches) => replaced(sketches, placeIn(random, sketches), (s) => amounts(s, () => 0)),
  /** More than a double holds exactly: the arithmetic must stay exact. */
  wide: (random, sketches) =>
    replaced(sketches, placeIn(random, sketches), (sketch) =>
      withFields(sketch, {
        amount: 9_007_199_254_740_993n,
        amountUsd: null,
        amountMxn: null,
        amountCad: null,
      }),
    ),
  stranger: (random, sketches) =>
    replaced(sketches, placeIn(random, sketches), (sketch) =>
      withFields(sketch, { counterparty: 'somebody-new' }),
    ),
  blank(random, sketches, rule) {
    const nullable = rule.fieldsRead.filter(isBlankable);
    if (nullable.length === 0) return sketches;
    const name = random.pick(nullable);
    const many = random.chance(0.2);
    const at = placeIn(random, sketches);
    return sketches.map((sketch, i) =>
      i === at || (many && i % 5 === 0) ? withFields(sketch, { [name]: null }) : sketch,
    );
  },
  bare: (random, sketches) =>
    replaced(sketches, placeIn(random, sketches), (sketch) => ({ ...sketch, feed: 'bare' })),
  status: (random, sketches) =>
    replaced(sketches, placeIn(random, sketches), (sketch) =>
      withFields(sketch, { status: random.pick(STATUSES) }),
    ),
  coverage: (random, sketches) =>
    replaced(sketches, placeIn(random, sketches), (sketch) =>
      withFields(sketch, { coverage: random.pick(COVERAGES) }),
    ),
  /** A row that carries a date alone stands at the beginning of its day. */
  day: (random, sketches) =>
    replaced(sketches, placeIn(random, sketches), (sketch) => {
      const local = sketch.time + (sketch.offsetMin ?? 0) * 60_000;
      return {
        ...withFields(sketch, { precision: 'day' }),
        offsetMin: null,
        time: Math.floor(local / DAY) * DAY,
      };
    }),
  noOffset: (random, sketches) =>
    replaced(sketches, placeIn(random, sketches), (sketch) => ({ ...sketch, offsetMin: null })),
  kin: (random, sketches) =>
    replaced(sketches, placeIn(random, sketches), (sketch) => withFields(sketch, { isKin: true })),
  own: (random, sketches) =>
    replaced(sketches, placeIn(random, sketches), (sketch) => withFields(sketch, { isOwn: true })),
  /** A bank that does not keep the account reports the row. */
  foreign: (random, sketches) =>
    replaced(sketches, placeIn(random, sketches), (sketch) => ({ ...sketch, institution: OTHER_BANK })),
  otherBank(random, sketches) {
    const otherBank = random.pick([BANK, OTHER_BANK, 'bank_c']);
    return sketches.map((sketch) => ({ ...sketch, otherBank }));
  },
  secondAccount: (random, sketches) =>
    sketches.map((sketch) => (random.chance(0.3) ? withFields(sketch, { account: 'second' }) : sketch)),
  noHolder: (random, sketches) =>
    replaced(sketches, placeIn(random, sketches), (sketch) => withFields(sketch, { holder: null })),
  reversed(random, sketches) {
    const after = random.pick([-HOUR, 0, 1, HOUR, 3 * DAY, 20 * DAY]);
    return replaced(sketches, placeIn(random, sketches), (sketch) => ({ ...sketch, reversedAfterMs: after }));
  },
};

/** Fields that a row can leave empty and a case can say so. */
const isBlankable = (name: string): boolean =>
  !DERIVED.has(name) &&
  (NULLABLE.has(name) || (name !== 'localMinute' && (fieldOf(name)?.needs ?? null) !== null));
/** ... although every feed provides them. */
const NULLABLE: ReadonlySet<string> = new Set([
  'wageMilli',
  'amountUsd',
  'amountCad',
  'nightNormMilli',
  'payoutDelayMs',
]);

/** Fields in which events of a case differ from one another. */
const isCopied = (name: string): boolean => isBlankable(name) || COPIED.has(name);
const COPIED: ReadonlySet<string> = new Set([
  'direction',
  'kind',
  'channel',
  'rail',
  'amount',
  'counterpartyKind',
  'isNight',
  'placeLists',
  'toVasp',
  'isEmployer',
  'isWorker',
]);

/** What rules most depend on comes most often. */
const OFTEN: Readonly<Record<string, number>> = { edge: 8, echo: 3, band: 5, copy: 6, scale: 3, cent: 2 };
const NAMES = Object.keys(CHANGES).flatMap((name) => Array.from({ length: OFTEN[name] ?? 1 }, () => name));

/** The sketches after `count` random changes. */
export function changed(
  random: Random,
  sketches: readonly Sketch[],
  rule: CheckedRule,
  count: number,
): Sketch[] {
  let out = [...sketches];
  for (let i = 0; i < count; i++) out = CHANGES[random.pick(NAMES)]!(random, out, rule, i);
  return out;
}
