import { describe, expect, it } from 'vitest';
import { alert as alertSchema } from '../../../../schemas/alert.ts';
import { signal as signalSchema } from '../../../../schemas/signal.ts';
import { DAY, signal, T0 } from '../../../support/compose.ts';
import {
  COLLECTOR,
  compose,
  FIRST,
  lastOf,
  legOf,
  refOf,
  rows,
  SECOND,
} from '../../../support/compose-scene.ts';
import { transaction } from '../../../support/transactions.ts';

const HOUR = 3_600_000;
const both = () => [legOf('first'), legOf('second', { at: T0 + HOUR })];
const moving = (extra: Parameters<typeof legOf>[1] = {}) => [
  signal({ rule: 'SMU-05', family: 'COL', weight: 4, to: COLLECTOR, role: 'facilitator', ...extra }),
  signal({ rule: 'AML-01', family: 'CSH', weight: 3, to: COLLECTOR, role: 'unknown' }),
];

describe('composeSubject', () => {
  it('makes signals of rules over signals and lets composites read them', () => {
    const { derivedSignals, alerts } = compose(both());
    expect(derivedSignals).toHaveLength(1);
    expect(derivedSignals[0]).toMatchObject({
      rule: 'SEX-09',
      observedHolder: COLLECTOR,
      observedOn: `holder:${COLLECTOR}`,
      eventTime: T0 + HOUR,
      attributions: [{ subject: COLLECTOR, role: 'suspected_controller', weight: 1 }],
      coverage: 'full_account',
      precisionWorst: 'second',
    });
    expect(derivedSignals[0]?.evidence).toMatchObject({ transactions: [], count: 2 });
    expect([...(derivedSignals[0]?.evidence.signals ?? [])].sort()).toEqual(
      both()
        .map((s) => s.id)
        .sort(),
    );
    signalSchema.parse(derivedSignals[0]);
    expect(alerts.map((a) => `${a.typology} v${a.version}`)).toEqual([
      'K-CONTROL v1',
      'K-LEG v1',
      'K-LEG v2',
    ]);
    for (const alert of alerts) alertSchema.parse(alert);
  });

  it('writes nothing about a holder on whom no weight falls', () => {
    const signals = [legOf('first')];
    expect(compose(signals, {}, rows(), FIRST)).toEqual({ derivedSignals: [], alerts: [] });
  });

  it('is the same with and without what experimental rules say: no signal reads it, no alert carries it', () => {
    const tried = (name: string, at: number) => ({ ...legOf(name, { at }), shadow: true as const });
    expect(compose([tried('first', T0), tried('second', T0 + HOUR)])).toEqual({
      derivedSignals: [],
      alerts: [],
    });
    const only = compose([legOf('first')]);
    expect(only.alerts.length).toBeGreaterThan(0);
    expect(compose([legOf('first'), tried('second', T0 + HOUR)])).toEqual(only);
    expect(compose([...both(), tried('third', T0 + 2 * HOUR), tried('fourth', T0 - HOUR)])).toEqual(
      compose(both()),
    );
  });

  it('ignores signals of rules over signals that come back in', () => {
    const once = compose(both());
    expect(compose([...both(), ...once.derivedSignals])).toEqual(once);
  });

  it('writes the same last versions where only these are asked for', () => {
    const signals = [...both(), ...moving(), legOf('first', { at: T0 + 3 * DAY, version: 2 })];
    const all = compose(signals);
    const last = compose(signals, { lastVersionsOnly: true });
    const ids = [...new Set(all.alerts.map((a) => a.id))];
    expect(last.alerts).toEqual(ids.map((id) => all.alerts.filter((a) => a.id === id).at(-1)));
    expect(all.alerts.length).toBeGreaterThan(last.alerts.length);
  });

  it('adds score parts up to the score, benign terms included', () => {
    for (const { scoreParts, scoreMilli } of compose([...both(), ...moving()]).alerts)
      expect(scoreParts.reduce((sum, part) => sum + part.milli, 0)).toBe(scoreMilli);
  });
});

describe('episodes', () => {
  const ids = (
    times: readonly number[],
    make = (at: number, i: number) => legOf('first', { at, version: i + 1 }),
  ) => compose(times.map(make)).alerts.map((a) => ({ id: a.id, version: a.version, at: a.eventTime }));

  it('ends 30 days after the last firing, to the millisecond', () => {
    const within = ids([T0, T0 + 30 * DAY]);
    expect(new Set(within.map((a) => a.id)).size).toBe(1);
    const beyond = ids([T0, T0 + 30 * DAY + 1]);
    expect(new Set(beyond.map((a) => a.id)).size).toBe(2);
    expect(beyond.map((a) => a.version)).toEqual([1, 1]);
  });

  it('makes one version of what comes within an hour of an open episode, as of its last signal', () => {
    const start = Math.ceil(T0 / HOUR) * HOUR;
    const times = [start, start + 2 * HOUR, start + 2 * HOUR + 60_000, start + 2 * HOUR + 120_000];
    expect(ids(times).map((a) => a.at)).toEqual([start, start + 2 * HOUR + 120_000]);
  });

  it('keeps the id when more evidence comes, and says what changed', () => {
    const { alerts } = compose(both());
    const [before, after] = alerts.filter((a) => a.typology === 'K-LEG');
    expect(after?.id).toBe(before?.id);
    expect(after?.id).toMatch(/^alt_[0-9a-z]{26}$/);
    expect(before?.changes).toEqual([]);
    expect(after?.changes).toContainEqual({
      what: 'party',
      from: null,
      to: `${SECOND} potential_victim`,
    });
    expect(after?.changes).toContainEqual({ what: 'transactions', from: '13', to: '24' });
    expect(after?.changes).toContainEqual({
      what: 'netToSubjectMinor.USD',
      from: '-15000',
      to: '30000',
    });
  });

  it('makes no new version of a firing that brings nothing', () => {
    // A benign leg is attributed to the subject and triggers an evaluation, but is not evidence.
    const quiet = signal({ rule: 'SMU-02', family: 'GEO', weight: 3, to: COLLECTOR, at: T0 + 5 * HOUR });
    const { alerts } = compose([legOf('first'), quiet]);
    expect(alerts.filter((a) => a.typology === 'K-LEG')).toHaveLength(1);
  });
});

describe('roles', () => {
  const role = (signals: Parameters<typeof compose>[0], typology: string, transactions = rows()) =>
    lastOf(compose(signals, {}, transactions).alerts, typology).roles.map((p) => [
      p.subject,
      p.role,
      p.confidence,
      p.protected,
      p.bank,
    ]);

  it('names a controller where two other persons lead to one, and protects these', () => {
    expect(role(both(), 'K-CONTROL')).toEqual([
      [COLLECTOR, 'suspected_controller', 'medium', false, 'bank_b'],
      ...[FIRST, SECOND].sort().map((holder) => [holder, 'potential_victim', 'medium', true, 'bank_a']),
    ]);
  });

  it('holds the role with low confidence where one other person leads there', () => {
    expect(role([legOf('first')], 'K-LEG')).toEqual([
      [COLLECTOR, 'suspected_controller', 'low', false, 'bank_b'],
      [FIRST, 'potential_victim', 'medium', true, 'bank_a'],
    ]);
  });

  it('takes a role from the own history for less than it says', () => {
    const signals = moving({ role: 'suspected_controller' });
    expect(role(signals, 'K-MOVE')[0]?.slice(1, 4)).toEqual(['facilitator', 'low', false]);
  });

  it('protects a person whom nothing attributes control or collection to', () => {
    const signals = [
      signal({ rule: 'SMU-02', family: 'GEO', weight: 3, to: COLLECTOR, role: 'facilitator' }),
      signal({ rule: 'AML-01', family: 'CSH', weight: 3, to: COLLECTOR, role: 'unknown' }),
    ];
    expect(role(signals, 'K-MOVE').map((r) => r.slice(1, 4))).toEqual([
      ['facilitator', 'low', true],
      ['potential_victim', 'low', true],
    ]);
  });

  it('does not protect a company that way', () => {
    const signals = [
      signal({
        rule: 'SMU-02',
        family: 'GEO',
        weight: 3,
        to: COLLECTOR,
        role: 'facilitator',
        transactions: [{ institution: 'bank_b', id: 'firm', version: 1 }],
      }),
      signal({ rule: 'AML-01', family: 'CSH', weight: 3, to: COLLECTOR, role: 'unknown' }),
    ];
    const firm = transaction({
      institution: 'bank_b',
      id: 'firm',
      at: new Date(T0).toISOString(),
      from: 'x',
      to: 'collector',
      creditor: { kind: 'entity' },
    });
    expect(role(signals, 'K-MOVE', [firm]).map((r) => r.slice(1, 4))).toEqual([
      ['facilitator', 'low', false],
    ]);
  });

  it('shows both roles of a person who is both; protection wins', () => {
    const shaped = signal({
      rule: 'SEX-08',
      family: 'CTL',
      weight: 4,
      name: 'own',
      on: COLLECTOR,
      to: COLLECTOR,
      attribution: 0,
      role: 'potential_victim',
      holderRole: 'potential_victim',
    });
    const carried = signal({
      rule: 'AML-01',
      family: 'CSH',
      weight: 3,
      to: COLLECTOR,
      role: 'unknown',
      companions: [{ rule: 'SEX-07', signalId: shaped.id }],
    });
    const alert = lastOf(compose([...both(), shaped, carried]).alerts, 'K-CONTROL');
    expect(alert.level).toBe('high');
    expect(alert.roles.slice(0, 2).map((p) => [p.subject, p.role, p.protected])).toEqual([
      [COLLECTOR, 'suspected_controller', true],
      [COLLECTOR, 'potential_victim', true],
    ]);
    expect(alert.actions.map((a) => a.kind)).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/restraint_referral|lpb_proposal|keep_open_letter/)]),
    );
    expect(alert.reachable).toEqual([]);
  });

  it('gives the reasons of the rules in the words of the rules', () => {
    const [collector] = lastOf(compose(both()).alerts, 'K-CONTROL').roles;
    expect(collector?.reasons.map((reason) => reason.en)).toEqual([
      'why of SEX-08',
      'why of SEX-09',
      'The activity of 2 other persons leads to this one.',
    ]);
  });
});

describe('money', () => {
  const alert = () => lastOf(compose(both()).alerts, 'K-CONTROL');

  it('counts a transfer that two institutions report once', () => {
    // 20 receipts of 50.00 came in; 600.00 left in cash; 2 hand-overs of 450.00 stayed inside.
    expect(alert().totals).toEqual([
      { ccy: 'USD', inMinor: '100000', outMinor: '60000', cashMinor: '60000', netToSubjectMinor: '30000' },
    ]);
  });

  it('adds flows up by ends, the largest first', () => {
    const edges = alert()
      .edges.slice(0, 4)
      .map((e) => [e.from, e.to, e.kind, e.amountMinor, e.count]);
    expect(edges).toEqual([
      [COLLECTOR, 'cash', 'cash_withdrawal', '60000', 1],
      ...[FIRST, SECOND].sort().map((holder) => [holder, COLLECTOR, 'transfer', '45000', 1]),
      [expect.stringMatching(/^par_/), expect.stringMatching(/^par_/), 'transfer', '5000', 1],
    ]);
    expect(alert().edges).toHaveLength(23);
  });

  it('knows what is reachable only from the bank that keeps the account', () => {
    expect(alert().reachable).toEqual([{ ccy: 'USD', minor: '70000', asOf: T0 - DAY / 2 }]);
    const blind = rows().map((row) => ({ ...row, balanceAfter: undefined }) as typeof row);
    const without = lastOf(compose(both(), {}, blind).alerts, 'K-CONTROL');
    expect(without.reachable).toEqual([]);
    expect(without.dataGaps.map((gap) => gap.en)).toContain(
      'The balance still reachable is not known: no row of the subject’s institution states it.',
    );
  });

  it('lists evidence in total order with count and hash, and says what is not at hand', () => {
    const all = rows();
    const { evidence, transactions } = alert();
    expect(evidence.count).toBe(24);
    expect(transactions).toHaveLength(24);
    expect(transactions.at(-1)).toEqual({ institution: 'bank_b', id: 'cash-out', version: 1 });
    const partial = lastOf(compose(both(), {}, all.slice(0, -1)).alerts, 'K-CONTROL');
    expect(partial.evidence.count).toBe(24);
    expect(partial.dataGaps.map((gap) => gap.en)).toContain(
      '1 evidence transactions are not at hand here; totals and flows leave them out.',
    );
  });

  it('takes the transactions of companions where they are at hand', () => {
    const companion = signal({
      rule: 'SEX-07',
      family: 'FLW',
      weight: 3,
      on: FIRST,
      to: FIRST,
      transactions: rows().slice(0, 3).map(refOf),
    });
    const leg = legOf('second', { companions: [{ rule: 'SEX-07', signalId: companion.id }] });
    const blind = lastOf(compose([leg]).alerts, 'K-LEG');
    const seen = lastOf(compose([leg], { signalOf: () => companion }).alerts, 'K-LEG');
    expect(seen.evidence.count - blind.evidence.count).toBe(3);
    expect(blind.dataGaps.some((gap) => gap.en.includes('1 companion signals'))).toBe(true);
  });
});

describe('indicators', () => {
  const reading = (value: number | null, truth: false | null) => ({
    rule: 'AML-01',
    observedOn: `holder:${COLLECTOR}`,
    eventTime: T0,
    truth,
    features: [{ name: 'payers', value, threshold: 10, operator: '>=' as const }],
  });
  const state = (extra: Parameters<typeof compose>[1]) => {
    const { indicators } = lastOf(compose([legOf('first')], extra).alerts, 'K-LEG');
    return indicators.find((i) => i.rule === 'AML-01');
  };

  it('lists fired ones per observed subject with value and threshold', () => {
    const { indicators } = lastOf(compose(both()).alerts, 'K-LEG');
    const fired = indicators.filter((i) => i.state === 'fired').map((i) => [i.rule, i.observedOn]);
    expect(fired).toHaveLength(4);
    expect(indicators.find((i) => i.rule === 'SEX-08')?.features).toEqual([
      { name: 'payers', value: 12, threshold: 10, operator: '>=', unit: 'count' },
    ]);
  });

  it.each`
    value   | truth    | expected
    ${8}    | ${false} | ${'near'}
    ${7}    | ${false} | ${'not_fired'}
    ${null} | ${null}  | ${'not_evaluable'}
  `('a value of $value with truth $truth is $expected', ({ value, truth, expected }) => {
    expect(state({ nearReadings: [reading(value, truth)] })?.state).toBe(expected);
  });

  it('is blind to readings later than the alert', () => {
    expect(state({ nearReadings: [{ ...reading(9, false), eventTime: T0 + 1 }] })?.state).toBe('not_fired');
  });

  it('tells what a feed does not show from what did not fire', () => {
    const indicator = state({ providedOf: () => new Set(['occurredAt']) });
    expect(indicator).toMatchObject({ state: 'not_evaluable', missingFields: ['counterparty'] });
    const { dataGaps } = lastOf(
      compose([legOf('first')], { providedOf: () => new Set(['occurredAt']) }).alerts,
      'K-LEG',
    );
    expect(dataGaps.some((gap) => gap.en.includes('AML-01 (counterparty)'))).toBe(true);
  });

  it('needs a time finer than a date where the rule does', () => {
    const dates = rows().map((row) => ({ ...row, stamp: { ...row.stamp, precision: 'day' as const } }));
    const { indicators } = lastOf(compose([legOf('first')], {}, dates).alerts, 'K-LEG');
    expect(indicators.find((i) => i.rule === 'AML-01')).toMatchObject({
      state: 'not_evaluable',
      missingFields: ['precision:minute'],
    });
  });
});
