import { describe, expect, it } from 'vitest';
import { compileComposites, composeSubject } from '../../../../pipelines/compose/index.ts';
import { alert as alertSchema } from '../../../../schemas/alert.ts';
import type { Signal } from '../../../../schemas/signal.ts';
import {
  type CompositeSketch,
  compositeText,
  DAY,
  PLAYBOOK,
  type RuleSketch,
  rulesOf,
  ruleText,
  signal,
  T0,
} from '../../../support/compose.ts';
import { contextOf } from '../../../support/compose-scene.ts';
import { key, transaction } from '../../../support/transactions.ts';

const PAYER = key('par', 'payer');
const RECEIVER = key('par', 'receiver');

const BURST: RuleSketch = {
  id: 'SMU-09',
  family: 'FLW',
  weight: 4,
  holderRole: 'victim_family_payer',
  attributions: [
    { to: 'collector', role: 'facilitator', weight: 1 },
    { to: 'holder', role: 'victim_family_payer', weight: 0 },
  ],
};
const CONVERGENCE: RuleSketch = { id: 'SMU-04', family: 'COL', weight: 4 };
const LIFE_SAFETY = `
  rules: [SMU-09]
  reason: {en: held, es: held, fr: held}
  alone:
    rules: [SMU-09]
    why: {en: 'Sends of {subject} alone', es: 'Sends of {subject} alone', fr: 'Sends of {subject} alone'}
    narrative: {en: 'Ask at once', es: 'Ask at once', fr: 'Ask at once'}`;

function compile(sketch: Partial<CompositeSketch> = {}, burst: Partial<RuleSketch> = {}) {
  const rules = rulesOf([ruleText({ ...BURST, ...burst }), ruleText(CONVERGENCE)]);
  const text = compositeText({
    id: 'K-RANSOM',
    requires: `
  - all: [{min: 1, of: [{rule: SMU-09, on: own}]}, {min: 1, of: [{rule: SMU-04, on: own}]}]`,
    lifeSafety: LIFE_SAFETY,
    subjectRole: 'facilitator',
    ...sketch,
  });
  return { rules, compiled: compileComposites([{ path: 'k.yaml', text }], rules, PLAYBOOK) };
}

const SENDS = [0, 1, 2].map((i) =>
  transaction({
    id: `send-${i}`,
    at: new Date(T0 - DAY + i * 3_600_000).toISOString(),
    from: 'payer',
    to: 'receiver',
    usdMinor: 90_000,
  }),
);

function burst(at = T0, version = 1): Signal {
  const made = signal({
    rule: 'SMU-09',
    family: 'FLW',
    weight: 4,
    on: PAYER,
    to: RECEIVER,
    role: 'facilitator',
    holderRole: 'victim_family_payer',
    at,
    version,
    transactions: SENDS.map(({ institution, id, version: v }) => ({ institution, id, version: v })),
  });
  const holder = { subject: PAYER, role: 'victim_family_payer' as const, weight: 0, why: 'SMU-09@1.0.0#1' };
  return { ...made, attributions: [...made.attributions, holder] };
}

function alertsAbout(subject: string, signals: readonly Signal[], burstRule: Partial<RuleSketch> = {}) {
  const { rules, compiled } = compile({}, burstRule);
  if (!compiled.ok) throw new Error(compiled.findings.map((f) => f.code).join());
  return composeSubject(subject, signals, rules, compiled.value, contextOf(SENDS)).alerts;
}

describe('a life-safety rule that may stand alone', () => {
  it('opens a medium alert about the payer, without score, suspect or restraint', () => {
    const [alert, ...more] = alertsAbout(PAYER, [burst()]);
    expect(more).toEqual([]);
    alertSchema.parse(alert);
    expect(alert).toMatchObject({
      typology: 'K-RANSOM',
      subject: PAYER,
      level: 'medium',
      scoreMilli: 0,
      scoreParts: [],
      lifeSafety: { flag: true, reason: { en: 'held' } },
      roles: [{ subject: PAYER, role: 'victim_family_payer', protected: true }],
      transactions: [{ id: 'send-0' }, { id: 'send-1' }, { id: 'send-2' }],
    });
    expect(alert?.why.en).toMatch(new RegExp(`^Sends of ${PAYER} alone; not seen`));
    expect(alert?.narrative.en).toContain('Ask at once');
    expect(alert?.narrative.en).toContain('Title of SMU-09');
    expect(alert?.reachable).toEqual([]);
    expect(alert?.actions.map((a) => a.kind).sort()).not.toContain('restraint_referral');
    expect(alert?.actions.map((a) => a.kind)).not.toContain('keep_open_letter');
  });

  it('accuses nobody: the receiver of one payer alone has no alert', () => {
    expect(alertsAbout(RECEIVER, [burst()])).toEqual([]);
  });

  it('scores the receiver, on whom weight falls, as any other composite does', () => {
    const convergence = signal({
      rule: 'SMU-04',
      family: 'COL',
      weight: 4,
      to: RECEIVER,
      role: 'facilitator',
    });
    const [alert] = alertsAbout(RECEIVER, [burst(), convergence]);
    expect(alert).toMatchObject({ scoreMilli: 8000, lifeSafety: { flag: true } });
    expect(alert?.why.en).toMatch(/^Receipts of/);
  });

  it('adds a version when the sends go on, and begins anew after 30 days of silence', () => {
    const alerts = alertsAbout(PAYER, [burst(), burst(T0 + DAY, 2), burst(T0 + 40 * DAY, 3)]);
    expect(alerts.map((a) => a.version)).toEqual([1, 2, 1]);
    expect(new Set(alerts.map((a) => a.id)).size).toBe(2);
  });

  it('stays silent while the rule is not live', () => {
    const { rules, compiled } = compile({ status: 'waiting' }, { status: 'experimental' });
    expect(compiled.ok && compiled.value[0]?.alone.size).toBe(0);
    const alerts = compiled.ok
      ? composeSubject(PAYER, [burst()], rules, compiled.value, contextOf(SENDS)).alerts
      : null;
    expect(alerts).toEqual([]);
  });
});

describe('which rules may stand alone', () => {
  const codes = (sketch: Partial<CompositeSketch>, rule: Partial<RuleSketch> = {}) => {
    const { compiled } = compile(sketch, rule);
    return compiled.ok ? [] : compiled.findings.map((f) => f.code);
  };

  it('takes one whose holder is to be protected', () => {
    expect(codes({})).toEqual([]);
  });

  it.each`
    fault                               | sketch                                                                       | rule
    ${'a holder who is not protected'}  | ${{}}                                                                        | ${{ holderRole: 'unknown' }}
    ${'weight on the holder'}           | ${{}}                                                                        | ${{ attributions: [{ to: 'holder', role: 'unknown', weight: 1 }] }}
    ${'a rule without the safety flag'} | ${{ lifeSafety: LIFE_SAFETY.replace('rules: [SMU-09]', 'rules: [SMU-04]') }} | ${{}}
  `('refuses $fault', ({ sketch, rule }) => {
    expect(codes(sketch, rule)).toContain('RAS-COMPOSITE-ALONE');
  });

  it('checks the texts of its own too', () => {
    expect(codes({ lifeSafety: LIFE_SAFETY.replace('Ask at once', '{who}') })).toEqual([
      'RAS-COMPOSITE-PLACEHOLDER',
    ]);
  });
});
