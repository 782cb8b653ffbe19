/** Random rules and random streams of one subject's rows for the brute-force comparison. */
import fc from 'fast-check';
import { stringify } from 'yaml';
import type { FieldValue } from '../../schemas/event-fields.ts';
import { ruleFile } from '../../schemas/rule.ts';

import { BASE_MS, completeRule, knownOf, type Row, type Vector } from '../support/vectors.ts';
import { derive, flows, fromDerived } from './derived-arbitrary.ts';

const HOUR_MS = 3_600_000;

/** Conditions on a row; each reads something that may be empty, wrong or at a boundary. */
const CONDITIONS = [
  'direction == "in"',
  'direction == "out"',
  'direction != "self"',
  'amount >= 50',
  'amount * 3 - 7 > 100',
  'amountUsd > 10 || kind == "fee"',
  'purpose == "wage"',
  'direction == "in" && purpose != "wage"',
  'isNight',
  '!isNight && direction != "self"',
  'counterparty in ["p", "q"]',
  '"a" in textClasses || amount < 20',
  'pairOrdinal == 1',
  'pairAgeMs >= 3600000 && direction == "in"',
  'ratio(amountUsd, amount) >= 0.1',
];
const SLIDING = ['30m', '1h', '3h', '1d'];
const WINDOWS = [...SLIDING, '1day@local', '2day@local', '1month@local', '2businessDay@US'];
const COUNTS = ['amount', 'amountUsd', 'pairOrdinal'];
const TEXTS = ['counterparty', 'place', 'purpose'];

/** Present once in `n`. */
function rarely<T>(n: number, value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.oneof(
    { weight: n - 1, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: value as fc.Arbitrary<T | undefined> },
  );
}

const condition = fc.constantFrom(...CONDITIONS);
const window = fc.record({
  over: fc.constantFrom(...WINDOWS),
  skip: rarely(6, fc.constantFrom('20m', '1h')),
  where: rarely(2, condition),
  evidence: rarely(6, fc.constant(false)),
});
const number = fc.constantFrom(...COUNTS);
const text = fc.constantFrom(...TEXTS);

/** What makes each aggregate itself, beside the window. */
const shapes: readonly fc.Arbitrary<Record<string, unknown>>[] = [
  fc.constant({ agg: 'count' }),
  ...['sum', 'min', 'max', 'mean', 'stddev'].map((agg) => fc.record({ agg: fc.constant(agg), of: number })),
  fc.record({ agg: fc.constant('interval_cv'), of: fc.constantFrom('time', 'localDay') }),
  fc.record({ agg: fc.constant('distinct'), of: fc.constantFrom('counterparty', 'place,purpose', 'amount') }),
  fc.record({ agg: fc.constant('share'), of: fc.option(number, { nil: undefined }), part: condition }),
  fc.record({
    agg: fc.constant('top_share'),
    of: fc.constantFrom('amount', 'amountUsd'),
    top: fc.integer({ min: 1, max: 3 }),
    tolerance_milli: fc.constantFrom(0, 25, 100, 500),
  }),
  ...['first', 'last'].map((agg) => fc.record({ agg: fc.constant(agg), of: fc.oneof(number, text) })),
  fc.record({
    agg: fc.constant('percentile'),
    of: number,
    p_milli: fc.constantFrom(1, 250, 500, 501, 900, 1000),
  }),
  fc.record({ agg: fc.constant('top_key'), of: text, by: fc.option(number, { nil: undefined }) }),
  fc.record({
    agg: fc.constant('group_count'),
    by: fc.constantFrom('counterparty', 'place', 'localDay'),
    stat: fc.constantFrom('min', 'median', 'max'),
  }),
];

const sequence = fc
  .tuple(
    fc.record({
      agg: fc.constant('sequence'),
      steps: fc.array(fc.oneof(fc.constantFrom('direction == "in"', 'direction == "out"'), condition), {
        minLength: 2,
        maxLength: 4,
      }),
      within: fc.constantFrom('20m', '1h', '3h', '1d'),
      by: rarely(2, fc.constantFrom('counterparty', 'place')),
    }),
    window,
  )
  .map(([shape, rest]) => ({ ...rest, ...shape }));

const dwell = fc.tuple(flows, fc.boolean()).map(([part, evidence]) => ({ agg: 'dwell', ...part, evidence }));
/** What it takes of the sub-events depends on their kind, which is drawn apart. */
const ofDerived = fc.record({
  from: fc.constant('pass'),
  pick: fc.nat(20),
  over: fc.constantFrom(...SLIDING),
});

const feature = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.tuple(fc.oneof(...shapes), window).map(([shape, rest]) => ({ ...rest, ...shape })),
  },
  { weight: 1, arbitrary: dwell },
  { weight: 2, arbitrary: ofDerived },
  { weight: 2, arbitrary: sequence },
);

type Feature = Record<string, unknown>;

function typeOf(part: Feature): 'int' | 'double' | 'text' {
  if (['mean', 'stddev', 'interval_cv', 'share', 'top_share', 'ratio'].includes(String(part['agg'])))
    return 'double';
  const isText =
    TEXTS.includes(String(part['of'])) && ['first', 'last', 'top_key'].includes(String(part['agg']));
  return isText ? 'text' : 'int';
}

/** Drops what does not go together: `skip` with a calendar window or one that it would empty, sequences longer than the window. */
function mended(part: Feature): Feature {
  const out = Object.fromEntries(Object.entries(part).filter(([, value]) => value !== undefined));
  if (!['3h', '1d'].includes(String(out['over']))) delete out['skip'];
  const isLonger = SLIDING.indexOf(String(out['within'])) > SLIDING.indexOf(String(out['over']));
  if (SLIDING.includes(String(out['over'])) && isLonger) out['within'] = '20m';
  return out;
}

/** A rule that ticks has no calendar windows; longer ones make more ticks. */
function sliding<T extends { over?: unknown }>(part: T): T {
  const over = { '1day@local': '1d', '2day@local': '2d', '1month@local': '3d', '2businessDay@US': '4d' };
  const found = over[part.over as keyof typeof over];
  return found === undefined ? part : { ...part, over: found };
}

const comparison = fc.record({
  op: fc.constantFrom('>=', '>', '<', '<=', '==', '!='),
  int: fc.constantFrom('0', '1', '2', '3', '60', '3600000', '1.5'),
  double: fc.constantFrom('0.5', '0.3', '0.9', '1.0', '40.0', '1'),
  text: fc.constantFrom('"p"', '"q"', '"X"'),
  negated: fc.boolean(),
  joined: fc.constantFrom('&&', '&&', '||'),
});
const parts = fc.array(fc.tuple(feature, comparison), { minLength: 1, maxLength: 4 });

const ruleFragment = fc
  .record({
    parts,
    derive,
    first: comparison,
    reads: rarely(4, fc.constantFrom('amount >= ', 'direction == "in" && amount <= ')),
    ratio: fc.boolean(),
    quiet: rarely(2, fc.constantFrom('10m', '1h', '2h', '1d')),
    lookback: rarely(3, fc.constantFrom('1h', '2d')),
    needs: fc.constantFrom({}, {}, {}, {}, {}, {}, { precision: 'hour' }, { coverage: ['full_account'] }),
    benign: rarely(
      3,
      fc.record({ effect: fc.constantFrom('blocks', 'lowers'), above: fc.integer({ min: 2, max: 6 }) }),
    ),
    status: rarely(5, fc.constant(true)),
    peers: rarely(3, fc.constantFrom('where', 'when', 'benign', 'strength')),
    full: fc.integer({ min: -3, max: 9 }),
    ticks: rarely(3, fc.constantFrom('silence', 'as it is')),
  })
  .map((spec) => {
    const features: Record<string, Feature> = { n: { agg: 'count', over: '3h' } };
    if (spec.status) features['n']!['where'] = 'status != "pending"';
    let when = `n ${spec.first.op} ${spec.first.int}`;
    const use = (name: string, part: Feature, { op, negated, joined, ...constants }: typeof spec.first) => {
      features[name] = mended(part);
      const type = typeOf(part);
      const test = `${name} ${type === 'text' && op.length === 1 ? '==' : op} ${constants[type]}`;
      when = `(${when}) ${joined} ${negated ? `!(${test})` : test}`;
    };
    const parts = spec.parts.map(([part, compared]) => [fromDerived(part, spec.derive), compared] as const);
    for (const [i, [part, compared]] of parts.entries()) {
      const before = parts[i - 1]?.[0];
      const plain = !('in' in part) && !('from' in part);
      const named = spec.reads !== undefined && plain && before !== undefined && typeOf(before) !== 'text';
      use(`f${i}`, named ? { ...part, where: `${spec.reads}f${i - 1}` } : part, compared);
    }
    const den = parts.findIndex(([part]) => typeOf(part) === 'int');
    if (spec.ratio && den >= 0) use('r', { agg: 'ratio', num: 'n', den: `f${den}` }, spec.first);
    const part = { part: { peer: 'part', quantile: 500, unit: 'share', provenance: 'peers' } };
    const bars = {
      usual: { peer: 'usual', quantile: 950, unit: 'count', provenance: 'peers' },
      ...(spec.peers === 'where' && part),
    };
    const benign = `n >= ${spec.benign?.above ?? 3}`;
    if (spec.peers === 'where') {
      features['m'] = { agg: 'count', over: '1d', where: 'amount >= params.usual * 10' };
      features['s'] = { agg: 'share', over: '1d', part: 'ratio(amountUsd, amount) <= params.part' };
      when = `(${when}) || m >= 2 && s >= 0.25`;
    }
    if (spec.peers === 'when') when = `(${when}) && n >= params.usual || !(n < params.usual * 3)`;
    if (spec.ticks === 'silence') {
      features['old'] = { agg: 'count', over: '3d', skip: '1d', where: 'direction == "in"', evidence: false };
      when = `n == 0 && old >= 1 && (${when})`;
    }
    const derives = Object.values(features).some((part) => part['from'] !== undefined);
    const note = { es: 'x', en: 'x', fr: 'x' };
    const isTicking = spec.ticks !== undefined;
    return {
      features: isTicking
        ? Object.fromEntries(Object.entries(features).map(([name, each]) => [name, sliding(each)]))
        : features,
      when,
      ...(isTicking && { tick: '1d' }),
      needs: spec.needs,
      ...(spec.peers !== undefined && { params: bars }),
      strength: {
        of: 'n',
        at: spec.peers === 'strength' ? 'params.usual' : 1,
        full: spec.full === 1 ? 4 : spec.full,
      },
      attributions: [{ to: 'holder', role: 'unknown', weight: 1, why: note }],
      ...(derives && { derive: { pass: isTicking ? sliding(spec.derive) : spec.derive } }),
      ...(spec.quiet !== undefined && { quiet: isTicking ? '5d' : spec.quiet }),
      ...(spec.lookback !== undefined && { lookback: spec.lookback }),
      ...((spec.benign !== undefined || spec.peers === 'benign') && {
        benign: [
          {
            id: 'T01',
            note,
            when: spec.peers === 'benign' ? 'n < params.usual' : benign,
            effect: spec.benign?.effect ?? 'blocks',
            lowers_milli: spec.benign?.effect === 'lowers' ? 120 : 0,
          },
        ],
      }),
    };
  });

/** Mostly the value; sometimes empty, sometimes not provided. */
function patchy<T extends FieldValue>(
  value: fc.Arbitrary<T>,
  holes: number,
): fc.Arbitrary<T | null | undefined> {
  return fc.oneof(
    { weight: 40 - holes, arbitrary: value as fc.Arbitrary<T | null | undefined> },
    { weight: holes, arbitrary: fc.constantFrom(null, undefined) },
  );
}

/** Twenty-minute steps, so that times tie, plus a few that fall beside a window's end. */
const time = fc
  .tuple(
    fc.noBias(fc.integer({ min: 0, max: 24 })),
    fc.constantFrom(0, 0, 0, 1, -1),
    fc.constantFrom(0, 0, 0, 1, 3),
  )
  .map(([step, ms, days]) => BASE_MS + 20 * HOUR_MS + step * 20 * 60_000 + ms + days * 24 * HOUR_MS);

const nth = fc.noBias(fc.integer({ min: 0, max: 30 }));

function row(holes: number): fc.Arbitrary<Row> {
  return fc
    .record({
      institution: fc.constantFrom('BANK', 'BANK', 'OTHER'),
      number: nth,
      version: fc.constantFrom(1, 1, 1, 2, 3),
      time,
      withdrawn: fc.constantFrom(false, false, false, false, false, false, true),
      reverses: rarely(10, fc.record({ number: nth, amount: fc.constantFrom(null, 0, 5, 30, 60, 150) })),
      direction: fc.constantFrom('in', 'out', 'in', 'out', 'self'),
      kind: fc.constantFrom('transfer', 'transfer', 'fee'),
      amount: fc.constantFrom(1, 10, 11, 50, 50, 60, 100, 100, 105, 9007199254740991),
      amountUsd: patchy(fc.constantFrom(0, 5, 10, 11, 11, 60), holes),
      counterparty: patchy(fc.constantFrom('p', 'q', 'r', 'P'), holes),
      place: patchy(fc.constantFrom('X', 'Y', '\uFFFD', '\u{1F600}'), holes),
      purpose: patchy(fc.constantFrom('wage', 'goods'), holes),
      source: patchy(fc.constantFrom('s', 't'), holes),
      isNight: patchy(fc.boolean(), holes),
      holder: patchy(fc.constantFrom('h', 'g'), holes),
      holderKind: patchy(fc.constantFrom('entity', 'person', 'entity', 'person', 'unknown'), holes),
      textClasses: patchy(fc.constantFrom([], ['a'], ['b', 'a']), holes),
      dayless: fc.constantFrom(
        ...Array<boolean>(40 - holes).fill(false),
        ...Array<boolean>(holes).fill(true),
      ),
      precision: fc.constantFrom(
        'second',
        'minute',
        'second',
        'second',
        'hour',
        holes > 0 ? 'day' : 'second',
      ),
      coverage: fc.constantFrom(
        'full_account',
        'full_account',
        'full_account',
        holes > 1 ? 'outbound_only' : 'full_account',
      ),
      status: fc.constantFrom('completed', 'completed', 'completed', 'completed', 'declined', 'pending'),
    })
    .map(({ institution, number, version, time: at, withdrawn, reverses, dayless, ...given }) => {
      const fields: Record<string, FieldValue> = { time: at, institution, account: 'acct' };
      for (const [name, value] of Object.entries(given)) if (value !== undefined) fields[name] = value;
      const hour = (at / HOUR_MS) % 24;
      fields['nightOf'] =
        dayless || fields['isNight'] !== true ? null : Math.floor(at / HOUR_MS / 24) - (hour < 21 ? 1 : 0);
      fields['localDay'] = dayless ? null : Math.floor((at - 5 * HOUR_MS) / (24 * HOUR_MS));
      return {
        institution,
        // A reversal has an id of its own kind, so that amending a row never turns it into a reversal.
        id: reverses === undefined ? `e${number}` : `r${number}`,
        version,
        time: at,
        withdrawn,
        reverses:
          reverses === undefined
            ? null
            : {
                institution: 'BANK',
                id: `e${reverses.number}`,
                amount: reverses.amount === null ? null : BigInt(reverses.amount),
              },
        fields,
      };
    });
}

const rows = fc
  .constantFrom(0, 0, 1, 2, 5)
  .chain((holes) => fc.array(row(holes), { minLength: 8, maxLength: 40, size: 'max' }))
  // Some rows arrive again, out of place.
  .chain((list) => fc.subarray(list, { maxLength: 3 }).map((again) => [...list, ...again]));

const group = (kind: string, usual: number, part: number) => ({ of: [kind], accounts: 40, usual, part });
/** The older tables hold until the third day at 00:00 UTC, the younger ones from the second day on, without persons. */
const TABLES: Readonly<Record<string, readonly ReturnType<typeof group>[]>> = {
  '2024-12-04': [group('entity', 3, 0.1), group('person', 5, 0.5)],
  '2025-01-06': [group('entity', 2, 0.2)],
};
const PEERS: Vector['peers'] = Object.fromEntries(
  (['usual', 'part'] as const).map((name) => {
    const quantile = name === 'usual' ? '950' : '500';
    const days = Object.entries(TABLES).map(([day, groups]) => [
      day,
      groups.map(({ of, accounts, [name]: value }) => ({ of, accounts, values: { [quantile]: value } })),
    ]);
    const unit = name === 'usual' ? 'count' : 'share';
    return [name, { by: ['holderKind'], unit, days: Object.fromEntries(days) }];
  }),
);

/** How long the world goes on after the last row. */
const goesOn = fc.constantFrom(0, 0, 1, 2, 5).map((days) => days * 24 * HOUR_MS);

export const subject: fc.Arbitrary<Vector> = fc
  .record({ fragment: ruleFragment, rows, goesOn })
  .map((drawn) => {
    const whole = completeRule(drawn.fragment);
    return {
      name: 'random',
      file: 'random',
      subjectKind: 'account',
      subjectKey: 'acct',
      ruleText: stringify(whole),
      rule: ruleFile.parse(whole),
      rows: drawn.rows,
      knownMs: knownOf(drawn.rows) + drawn.goesOn,
      thresholds: new Map(),
      peers: PEERS,
      holidays: new Map([['US', new Set([Math.floor(BASE_MS / (24 * HOUR_MS)) + 2])]]),
      expect: { signals: [] },
      skip: {},
      // What a failure prints: the part of the rule that was drawn, and the rows.
      [fc.toStringMethod]: () => `\n${stringify(drawn.fragment)}${drawn.rows.map(rowText).join('\n')}\n`,
    };
  });

function rowText({ institution, id, version, time: at, withdrawn, reverses, fields }: Row): string {
  const amount = reverses?.amount === null ? 'all' : String(reverses?.amount);
  const tail = reverses === null ? JSON.stringify(fields) : `reverses ${reverses.id} by ${amount}`;
  return `${institution}/${id}@${version} ${new Date(at).toISOString()} ${withdrawn ? 'withdrawn ' : ''}${tail}`;
}
