/** Small changes of a sketched stream: the edges of windows, bands, ties, the unknown, one event more or less. */
import type { Random } from '../../pipelines/simulate/random.ts';
import type { CheckedRule } from '../../rules/compiler/index.ts';
import { COVERAGES, STATUSES } from '../../schemas/enumerations.ts';
import { BANK, OTHER_BANK, type Sketch } from './stream-transactions.ts';

const HOUR = 3_600_000;
const DAY = 86_400_000;
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

/** Lengths at whose edges an event counts or does not. */
function lengths(rule: CheckedRule): number[] {
  const { features, derives } = rule.program;
  const windows = [...features, ...derives].flatMap(({ window }) =>
    window === null ? [] : [window.lengthMs],
  );
  return [
    ...new Set([...windows, ...derives.map((derive) => derive.withinMs), rule.quietMs, rule.lookbackMs]),
  ];
}

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
    const last = random.chance(0.6) ? sketches[sketches.length - 1]! : random.pick(sketches);
    const short = lengths(rule).filter((length) => length <= 200 * DAY);
    const time = last.time - random.pick(short) + random.pick([-1, 0, 1]);
    return replaced(sketches, random.chance(0.5) ? 0 : placeIn(random, sketches), (sketch) => ({
      ...sketch,
      time,
    }));
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
  /** A known counterparty pays once more, or a new one takes its place. */
  counterparty(random, sketches) {
    const name = random.chance(0.6) ? random.pick(sketches).fields['counterparty'] : 'somebody-new';
    return replaced(sketches, placeIn(random, sketches), (sketch) =>
      withFields(sketch, { counterparty: name }),
    );
  },
  blank(random, sketches, rule) {
    const nullable = rule.fieldsRead.filter((name) => BLANKABLE.has(name));
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
const BLANKABLE: ReadonlySet<string> = new Set([
  'counterparty',
  'wageMilli',
  'amountUsd',
  'amountCad',
  'terminal',
  'conductor',
  'placeAdmin1',
  'purpose',
  'nightNormMilli',
  'counterpartyCountry',
  'counterpartyMunicipality',
  'counterpartyAdmin1',
  'payoutDelayMs',
  'accountAgeDays',
  'sendPlaceAdmin1',
  'travelTo',
  'holderSector',
]);

const NAMES = Object.keys(CHANGES);

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
