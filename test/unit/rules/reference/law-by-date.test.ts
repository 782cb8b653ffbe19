/**
 * A replay of an older year gives that year's answer: every change of every threshold, on both sides of the midnight on which it
 * came, by a reading of the files that is slow and plain; and rules over the same history on both sides, in both evaluators.
 */
import { DateTime } from 'luxon';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { CheckedRule } from '../../../../rules/compiler/index.ts';
import { readReferenceFiles } from '../../../../rules/reference/files.ts';
import { loadReference } from '../../../../rules/reference/reference.ts';
import type { RuleCase } from '../../../../schemas/rule.ts';
import { type ThresholdFile, thresholdFile } from '../../../../schemas/thresholds.ts';
import { trialByBoth } from '../../../../services/workbench/production-trial.ts';
import { rule } from '../../../support/rules.ts';
import { loadCatalogue } from '../catalogue/catalogue.ts';

const texts = readReferenceFiles();
const { thresholds } = loadReference(texts);
const { rules, context } = await loadCatalogue();
const shipped = (id: string) => rules.find((each) => each.id === id) as CheckedRule;

const files: ThresholdFile[] = [...texts.values()]
  .map((text) => parse(text) as { readonly kind?: string })
  .filter(({ kind }) => kind === 'thresholds')
  .map((file) => thresholdFile.parse(file));

/** The first moment of a day in the legal time of a capital. */
const midnight = (date: string, zone: string) => DateTime.fromISO(date, { zone }).toMillis();
const dayAfter = (date: string) =>
  new Date(Date.parse(`${date}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10);
const dayBefore = (date: string) =>
  new Date(Date.parse(`${date}T00:00:00Z`) - 86_400_000).toISOString().slice(0, 10);

/** Cents of the unit, of decimals with at most two places. */
const cents = (text: string) => Math.round(Number(text) * 100);

/** What the files say of a day, compared as text: the value in force in cents, its operator and its upper end. */
function plainly(file: ThresholdFile, id: string, date: string) {
  const { unit, periods } = file.thresholds.find((each) => each.id === id)!;
  const inForce = periods.filter(
    ({ status, from, to }) => status === 'in_force' && from <= date && date <= (to ?? '9999-12-31'),
  );
  expect(inForce.length, `${id} on ${date}`).toBeLessThanOrEqual(1);
  const [period] = inForce;
  if (period === undefined || period.value === null) return null;
  const table = unit === 'UMA' || unit === 'UDI' ? (file.units?.[unit] ?? []) : null;
  const daily = table?.filter(({ from }) => from <= date).at(-1)?.daily;
  if (table !== null && daily === undefined) return null;
  const minorOf = (value: string) =>
    daily === undefined ? cents(value) : Math.round((cents(value) * cents(daily)) / 100);
  const { op, upTo } = period;
  return { minor: minorOf(period.value), op, upTo: upTo && { minor: minorOf(upTo.value), op: upTo.op } };
}

/** Days on which something of a threshold begins, whatever its status, or has ended. */
function changesOf(file: ThresholdFile, id: string): string[] {
  const { unit, periods } = file.thresholds.find((each) => each.id === id)!;
  const table = unit === 'UMA' || unit === 'UDI' ? (file.units?.[unit] ?? []) : [];
  return [
    ...periods.flatMap(({ from, to }) => (to === undefined ? [from] : [from, dayAfter(to)])),
    ...table.map(({ from }) => from),
  ];
}

describe('every change of every threshold', () => {
  it('comes at midnight of the capital, and the day before still has the law of the day before', () => {
    let seen = 0;
    let changed = 0;
    for (const file of files) {
      for (const { id } of file.thresholds) {
        for (const day of changesOf(file, id)) {
          const start = midnight(day, file.timeZone);
          const values = [start - 1, start].map((time) => {
            const at = thresholds.at(id, time);
            return at === null ? null : { minor: at.minor, op: at.op, upTo: at.upTo };
          });
          const expected = [dayBefore(day), day].map((date) => plainly(file, id, date));
          expect([id, day, ...values]).toEqual([id, day, ...expected]);
          seen++;
          if (JSON.stringify(values[0]) !== JSON.stringify(values[1])) changed++;
        }
      }
    }
    expect(seen).toBeGreaterThan(100);
    expect(changed).toBeGreaterThan(80);
  });

  it('is what was published: the unit of account by year, the notice of July 2025, the border order', () => {
    const UMA = [
      ['2016-01-28', 7_304],
      ['2017-02-01', 7_549],
      ['2018-02-01', 8_060],
      ['2019-02-01', 8_449],
      ['2020-02-01', 8_688],
      ['2021-02-01', 8_962],
      ['2022-02-01', 9_622],
      ['2023-02-01', 10_374],
      ['2024-02-01', 10_857],
      ['2025-02-01', 11_314],
      ['2026-02-01', 11_731],
    ] as const;
    for (const [i, [day, daily]] of UMA.entries()) {
      const start = midnight(day, 'America/Mexico_City');
      const before = UMA[i - 1]?.[1];
      const notice = day < '2025-07-17' ? 645 : 210;
      for (const [id, units, since] of [
        ['mx.lfpiorpi_va_aviso', notice, '2019-09-10'],
        ['mx.av_gaming.identify', 325, '2016-01-28'],
        ['mx.av_gaming.aviso', 645, '2016-01-28'],
        ['mx.cash_ban.real_estate', 8_025, '2016-01-28'],
        ['mx.cash_ban.goods', 3_210, '2016-01-28'],
      ] as const) {
        const on = (time: number) => thresholds.at(id, time)?.minor ?? null;
        expect([id, day, on(start)]).toEqual([id, day, day >= since ? units * daily : null]);
        const earlier = before === undefined || day <= since ? null : units * before;
        expect([id, day, on(start - 1)]).toEqual([id, day, earlier]);
      }
    }
    const law = midnight('2025-07-17', 'America/Mexico_City');
    expect(thresholds.at('mx.lfpiorpi_va_aviso', law - 1)).toMatchObject({ minor: 7_297_530, op: 'ge' });
    expect(thresholds.at('mx.lfpiorpi_va_aviso', law)).toMatchObject({ minor: 2_375_940, op: 'ge' });
    expect(thresholds.at('mx.lfpiorpi_va_fee', law - 1)).toBeNull();
    expect(thresholds.at('mx.lfpiorpi_va_fee', law)).toMatchObject({ minor: 45_256, op: 'ge' });
    const border = (date: string) =>
      thresholds.at('us.gto_swb', midnight(date, 'America/New_York') + 43_200_000);
    const to = { minor: 1_000_000, op: 'le' };
    expect(border('2025-04-13')).toBeNull();
    expect(border('2025-09-09')).toMatchObject({ minor: 20_000, op: 'gt', upTo: to });
    expect(border('2025-09-10')).toMatchObject({ minor: 100_000, op: 'ge', upTo: to });
    expect(border('2026-09-02')).toMatchObject({ minor: 100_000, op: 'ge', upTo: to });
    expect(border('2026-09-03')).toBeNull();
  });
});

type Event = RuleCase['events'][number];

/** The rule with histories of the test's own, through both evaluators: which fire. */
function firing(of: CheckedRule, histories: readonly (readonly Event[])[], defaults: object): boolean[] {
  const cases = histories.map((events, i): RuleCase => {
    const shape = { name: `history ${i}`, kind: 'boundary', fires: true } as const;
    return { ...shape, events: [...events], defaults: defaults as Record<string, string> };
  });
  const trial = trialByBoth({ ...of, file: { ...of.file, cases } }, context);
  return trial.cases.map(({ problems, fired }) => {
    // That it fires is what the test asks; that both evaluators say the same is what must hold.
    expect(problems.filter((problem) => problem !== 'the rule does not fire')).toEqual([]);
    return fired;
  });
}

/** Local time of Mexico City of a moment, with its offset: what a case says. */
const said = (ms: number, zone = 'America/Mexico_City') =>
  DateTime.fromMillis(ms, { zone }).toISO({ suppressMilliseconds: true })!;
const event = (ms: number, set: object, zone?: string): Event => ({
  at: said(ms, zone),
  times: 1,
  set: set as Event['set'],
});

const HOUR = 3_600_000;

describe('the same history under the law of its time', () => {
  const VA = { direction: 'out', rail: 'spei', ccy: 'MXN', amountUsd: 130_000 };
  /** Three payments of an amount to an exchange, one on the first or the last hours of the law. */
  const payments = (fromMs: number, amount: number) =>
    [0, 4, 8].map((hours) =>
      event(fromMs + hours * HOUR, { amount, counterparty: 'exchange', toVasp: true }),
    );

  it.each([
    ['2020-02-01', 645 * 8_449, 645 * 8_688],
    ['2021-02-01', 645 * 8_688, 645 * 8_962],
    ['2022-02-01', 645 * 8_962, 645 * 9_622],
    ['2023-02-01', 645 * 9_622, 645 * 10_374],
    ['2024-02-01', 645 * 10_374, 645 * 10_857],
    ['2025-02-01', 645 * 10_857, 645 * 11_314],
    ['2025-07-17', 645 * 11_314, 210 * 11_314],
    ['2026-02-01', 210 * 11_314, 210 * 11_731],
  ])(
    '%s: just below is told from the amount itself, the day before and from that day on',
    (day, old, now) => {
      const start = midnight(day, 'America/Mexico_City');
      const before = start - 12 * HOUR;
      const near = (value: number, amount: number) => 1_000 * amount >= 700 * value && amount < value;
      const amounts = [old - 1, old, now - 1, now];
      const histories = [before, start].flatMap((from) => amounts.map((amount) => payments(from, amount)));
      const expected = [old, now].flatMap((value) => amounts.map((amount) => near(value, amount)));
      expect(expected.filter(Boolean).length).toBeGreaterThan(1);
      expect(firing(shipped('VA-01'), histories, VA)).toEqual(expected);
    },
  );

  it('one history across a change is judged event by event', () => {
    const start = midnight('2025-07-17', 'America/Mexico_City');
    const amount = 210 * 11_314 - 1;
    const across = (times: readonly number[]) =>
      times.map((hours) => event(start + hours * HOUR, { amount, counterparty: 'exchange', toVasp: true }));
    // As of an event the whole window is read under the law of that event: SEMANTICS §3.
    expect(
      firing(shipped('VA-01'), [across([-6, -4, -2]), across([-4, -2, 0]), across([0, 2, 4])], VA),
    ).toEqual([false, true, true]);
  });

  it('before the first day that is known nothing is judged, and nothing is taken for zero', () => {
    const first = midnight('2021-06-01', 'America/Toronto');
    const cash = {
      kind: 'cash_deposit',
      channel: 'branch',
      placeCountry: 'CA',
      ccy: 'CAD',
      amountUsd: 400_000,
    };
    const two = (from: number) =>
      [0, 4].map((hours) => event(from + hours * HOUR, { amount: 500_000 }, 'America/Toronto'));
    expect(firing(shipped('AML-01-AGG'), [two(first - 12 * HOUR), two(first)], cash)).toEqual([false, true]);
  });
});

describe('the exact amount, and what is added up', () => {
  const agg = shipped('AML-01-AGG');
  const day = midnight('2026-03-03', 'America/Toronto');
  const at = (hour: number, set: object) => event(day + hour * HOUR, set, 'America/Toronto');
  const US = { placeCountry: 'US' };
  const CA = { placeCountry: 'CA', ccy: 'CAD', amountUsd: 300_000 };
  const IN = { kind: 'cash_deposit', direction: 'in', channel: 'branch' };
  const OUT = { kind: 'cash_withdrawal', direction: 'out', channel: 'branch' };

  it.each([
    ['in', IN],
    ['out', OUT],
  ])('cash %s: more than 10,000 in the United States, 10,000 or more in Canada', (_, way) => {
    const two = (where: object, last: number) => [
      at(9, { ...where, ...way, amount: 500_000 }),
      at(11, { ...where, ...way, amount: last }),
    ];
    const sums = [499_999, 500_000, 500_001];
    expect(
      firing(
        agg,
        sums.map((last) => two(US, last)),
        {},
      ),
    ).toEqual([false, false, true]);
    expect(
      firing(
        agg,
        sums.map((last) => two(CA, last)),
        {},
      ),
    ).toEqual([false, true, true]);
  });

  it('cash in and cash out are added apart, each country’s own', () => {
    const mixed = [
      [at(9, { ...US, ...IN, amount: 600_000 }), at(10, { ...US, ...OUT, amount: 600_000 })],
      [at(9, { ...CA, ...IN, amount: 600_000 }), at(10, { ...CA, ...OUT, amount: 600_000 })],
      [at(9, { ...US, ...IN, amount: 600_000 }), at(10, { ...CA, ...IN, amount: 600_000 })],
    ];
    expect(firing(agg, mixed, {})).toEqual([false, false, false]);
  });

  it('the 24 hours of Canada are fixed ones: what lies on two days is not one report, however near', () => {
    const half = { ...CA, ...IN, amount: 500_000 };
    const days = [
      [at(0, half), at(23.5, half)],
      [at(23, half), at(25, half)],
    ];
    expect(firing(agg, days, {})).toEqual([true, false]);
    // Staying below on either side of midnight is what AML-01 asks, over 48 hours.
    const near = { ...CA, ...IN, amount: 800_000 };
    expect(firing(shipped('AML-01'), [[at(23, near), at(25, near)]], {})).toEqual([true]);
  });

  it('an operation that is reported by itself is no part of a sum', () => {
    const single = [
      [at(9, { ...US, ...IN, amount: 1_000_001 }), at(10, { ...US, ...IN, amount: 1_000_001 })],
      [at(9, { ...CA, ...IN, amount: 1_000_000 }), at(10, { ...CA, ...IN, amount: 1_000_000 })],
    ];
    expect(firing(agg, single, {})).toEqual([false, false]);
  });

  it('is asked of who acts, who gets it and on whose behalf, in Canada by the text of the rule itself', () => {
    for (const id of ['AML-01', 'AML-01-AGG'])
      expect([id, [...shipped(id).subjects].sort()]).toEqual([
        id,
        ['beneficiary', 'conductor', 'onBehalfOf'],
      ]);
    for (const id of ['ca.lctr', 'ca.lvctr', 'ca.eftr'])
      expect(thresholds.get(id)?.aggregation).toMatchObject({
        window: 'static24h',
        by: ['conductor', 'beneficiary', 'onBehalfOf'],
      });
  });
});

describe('what is no law', () => {
  const doubtful = files.flatMap(({ thresholds: own }) =>
    own.flatMap(({ id, periods }) =>
      periods.filter(({ status }) => status !== 'in_force').map((period) => ({ id, ...period })),
    ),
  );

  it('is in the files, and marked', () => {
    expect(new Set(doubtful.map(({ id }) => id))).toEqual(
      new Set([
        'ca.cash_ban',
        'ca.third_party_cash_ban',
        'us.travel_rule',
        'us.gto_swb',
        'mx.relevante_cash.small',
        'mx.va_itf',
      ]),
    );
    for (const { id, verified } of doubtful) expect([id, verified]).toEqual([id, false]);
  });

  it('fires no rule at any time, where another period is in force that one alone does', () => {
    const over = (id: string) =>
      rule({
        params: { bar: { threshold: id, unit: 'minor', provenance: 'law' } },
        features: { paid: { agg: 'sum', of: 'amount', over: '1d' } },
        when: 'paid >= params.bar',
        strength: { of: 'paid', at: 1, full: 2 },
      });
    const on = (date: string, amount: number) => [event(Date.parse(`${date}T18:00:00Z`), { amount })];
    const dates = ['2024-03-05', '2025-06-03', '2026-03-27', '2026-09-03', '2027-01-04'];
    for (const id of ['ca.cash_ban', 'ca.third_party_cash_ban', 'mx.relevante_cash.small', 'mx.va_itf'])
      expect([
        id,
        firing(
          over(id),
          dates.map((date) => on(date, 900_000_000)),
          {},
        ),
      ]).toEqual([id, dates.map(() => false)]);
    const border = firing(
      over('us.gto_swb'),
      dates.map((date) => on(date, 900_000)),
      {},
    );
    expect(border).toEqual([false, true, true, false, false]);
    // Proposed were 250 dollars; the law says 3,000.
    const travel = (amount: number) =>
      firing(
        over('us.travel_rule'),
        dates.map((date) => on(date, amount)),
        {},
      );
    expect(travel(299_999)).toEqual(dates.map(() => false));
    expect(travel(300_000)).toEqual(dates.map(() => true));
  });
});
