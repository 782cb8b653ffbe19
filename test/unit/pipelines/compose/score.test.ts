import { describe, expect, it } from 'vitest';
import { partMilli, scoreAt } from '../../../../pipelines/compose/score.ts';
import type { Signal } from '../../../../schemas/signal.ts';
import {
  type CompositeSketch,
  compositesOf,
  compositeText,
  DAY,
  rulesOf,
  ruleText,
  signal,
  T0,
} from '../../../support/compose.ts';

const RULES = rulesOf([
  ruleText({ id: 'SEX-01', family: 'TIM', weight: 2 }),
  ruleText({ id: 'SEX-07', family: 'FLW', weight: 3 }),
  ruleText({
    id: 'SEX-08',
    family: 'CTL',
    weight: 4,
    attributions: [
      { to: 'collector', role: 'suspected_controller', weight: 1 },
      { to: 'holder', role: 'potential_victim', weight: 0 },
    ],
  }),
  ruleText({ id: 'SEX-09', family: 'COL', weight: 5 }),
  ruleText({ id: 'SMU-05', family: 'COL', weight: 4 }),
  ruleText({ id: 'AML-01', family: 'CSH', weight: 3 }),
]);

const REQUIRES = `
  - all:
      - {min: 1, of: [{rule: SEX-08, on: own}]}
      - {min: 1, of: [{rule: SEX-07, on: companion}, {rule: SEX-01, on: companion}]}`;

function score(signals: readonly Signal[], sketch: Partial<CompositeSketch> = {}, at = T0) {
  const [composite] = compositesOf([compositeText({ requires: REQUIRES, ...sketch })], RULES);
  const held = signals.map((s) => ({
    signal: s,
    attributionMilli: Math.round(1000 * (s.attributions[0]?.weight ?? 0)),
    observed: s.observedHolder === s.attributions[0]?.subject,
  }));
  return scoreAt(composite!, held, at);
}

const leg = (extra: Partial<Parameters<typeof signal>[0]> = {}) =>
  signal({
    rule: 'SEX-08',
    family: 'CTL',
    weight: 4,
    on: 'par_holder',
    companions: [{ rule: 'SEX-07' }],
    ...extra,
  });

describe('the part of a signal', () => {
  it('is 4,000 for weight 4 at full strength, fresh, fully attributed', () => {
    expect(partMilli(4, 1000, 1000, 1000)).toBe(4000);
  });

  it('is cut to whole milli-points', () => {
    // 3 · 501 · 977 · 999 / 10^6 = 1466.96...
    expect(partMilli(3, 501, 977, 999)).toBe(1466);
  });
});

describe('score', () => {
  it('adds the own signal and the companion it carries', () => {
    const result = score([leg()]);
    expect(result.lines.map((line) => [line.counted.rule, line.counted.via, line.milli])).toEqual([
      ['SEX-08', 'own', 4000],
      ['SEX-07', 'companion', 3000],
    ]);
    expect(result).toMatchObject({ scoreMilli: 7000, fires: true, level: 'high' });
  });

  it('gives a companion the attribution of the signal that carries it', () => {
    const result = score([leg({ attribution: 0.5 })]);
    expect(result.lines.map((line) => line.milli)).toEqual([2000, 1500]);
  });

  it('does not count companions of a signal without weight on the subject', () => {
    const other = leg({ rule: 'SEX-01', family: 'TIM', attribution: 0 });
    expect(score([other]).counted).toEqual([]);
  });

  it('counts each rule once, the strongest', () => {
    const result = score([leg({ on: 'par_a', strength: 600 }), leg({ on: 'par_b', strength: 900 })]);
    expect(result.lines.map((line) => [line.counted.rule, line.milli])).toEqual([
      ['SEX-08', 3600],
      ['SEX-07', 3000],
    ]);
    expect(result.counted).toHaveLength(4);
  });

  it('cuts a family at its cap and shares it out from the strongest', () => {
    const result = score(
      [
        signal({ rule: 'SEX-09', family: 'COL', weight: 5 }),
        signal({ rule: 'SMU-05', family: 'COL', weight: 4 }),
        leg(),
      ],
      { supports: ['SEX-09', 'SMU-05'], caps: '{COL: 6000}' },
    );
    const milli = Object.fromEntries(result.lines.map((line) => [line.counted.rule, line.milli]));
    expect(milli).toEqual({ 'SEX-09': 5000, 'SMU-05': 1000, 'SEX-08': 4000, 'SEX-07': 3000 });
    expect(result.scoreMilli).toBe(13_000);
  });

  it('ages by whole days', () => {
    const onDay = (days: number) => score([leg()], {}, T0 + days * DAY).lines[0]?.milli;
    expect([onDay(0), onDay(0.999), onDay(1), onDay(30)]).toEqual([4000, 4000, 3908, 2000]);
  });

  it('counts a signal up to, not at, the end of the window', () => {
    expect(score([leg()], { within: '10d' }, T0 + 10 * DAY - 1).counted).toHaveLength(2);
    expect(score([leg()], { within: '10d' }, T0 + 10 * DAY).counted).toEqual([]);
  });

  it('counts only the latest state of a companion that two signals carry', () => {
    const signalId = 'sig_shared';
    const early = leg({ name: 'one', companions: [{ signalId, eventTime: T0 - DAY, strengthMilli: 1000 }] });
    const late = leg({ name: 'two', companions: [{ signalId, eventTime: T0, strengthMilli: 700 }] });
    const companions = score([early, late]).counted.filter((c) => c.via === 'companion');
    expect(companions.map((c) => c.strengthMilli)).toEqual([700]);
  });

  it('takes off a benign term while its signal is in the window, whatever its weight', () => {
    const benign = '[{id: T10, rule: AML-01, note: {en: a, es: b, fr: c}, lowers_milli: 2500}]';
    const shown = signal({ rule: 'AML-01', family: 'CSH', weight: 3, attribution: 0 });
    const result = score([leg(), shown], { benign });
    expect(result).toMatchObject({ scoreMilli: 4500, level: 'medium' });
    expect(result.benign).toEqual([{ id: 'T10', rule: 'AML-01', signal: shown, lowersMilli: 2500 }]);
    expect(score([leg()], { benign }).scoreMilli).toBe(7000);
  });

  it.each`
    why                      | signals                                                                            | fires
    ${'one family only'}     | ${[leg({ companions: [{ rule: 'SEX-07', family: 'CTL' }] })]}                      | ${false}
    ${'no rule of weight 3'} | ${[leg({ weight: 2, companions: [{ rule: 'SEX-07', weight: 2 }] })]}               | ${false}
    ${'requirement not met'} | ${[leg({ companions: [] }), signal({ rule: 'SEX-07', family: 'FLW', weight: 3 })]} | ${false}
    ${'below medium'}        | ${[leg({ strength: 300, companions: [{ rule: 'SEX-07', strengthMilli: 300 }] })]}  | ${false}
    ${'all of it'}           | ${[leg()]}                                                                         | ${true}
  `('$why: fires $fires', ({ signals, fires }) => {
    const result = score(signals);
    expect(result.fires).toBe(fires);
    expect(result.level === null).toBe(!fires);
  });

  it('needs control or collection for high', () => {
    const requires = `
  - all: [{min: 2, families: 2, of: [{rule: SEX-07}, {rule: AML-01}]}]`;
    const signals = [
      signal({ rule: 'SEX-07', family: 'FLW', weight: 3 }),
      signal({ rule: 'AML-01', family: 'CSH', weight: 3 }),
    ];
    expect(score(signals, { requires })).toMatchObject({ scoreMilli: 6000, level: 'medium' });
  });

  it('counts different families of a clause', () => {
    const requires = `
  - all: [{min: 2, families: 2, of: [{rule: SEX-09}, {rule: SMU-05}, {rule: AML-01}]}]`;
    const twoOfOne = [
      signal({ rule: 'SEX-09', family: 'COL', weight: 5 }),
      signal({ rule: 'SMU-05', family: 'COL', weight: 4 }),
      signal({ rule: 'SEX-07', family: 'FLW', weight: 3 }),
    ];
    expect(score(twoOfOne, { requires, supports: ['SEX-07'] }).fires).toBe(false);
    const two = [...twoOfOne, signal({ rule: 'AML-01', family: 'CSH', weight: 3 })];
    expect(score(two, { requires, supports: ['SEX-07'] }).fires).toBe(true);
  });

  it('raises life safety by its own rules, beside the level', () => {
    const lifeSafety = '{rules: [SEX-07], reason: {en: a, es: b, fr: c}}';
    expect(score([leg()], { lifeSafety }).lifeSafety).toBe(true);
    expect(
      score([leg({ companions: [{ rule: 'SEX-01', family: 'TIM', weight: 2 }] })], { lifeSafety }).lifeSafety,
    ).toBe(false);
  });
});
