import { describe, expect, it } from 'vitest';
import { compileComposites, compilePlaybook } from '../../../../pipelines/compose/index.ts';
import { findingText } from '../../../../rules/compiler/index.ts';
import {
  type CompositeSketch,
  compositeText,
  PLAYBOOK,
  PLAYBOOK_TEXT,
  rulesOf,
  ruleText,
} from '../../../support/compose.ts';

const RULES = rulesOf([
  ruleText({ id: 'SEX-01', family: 'TIM', weight: 2 }),
  ruleText({ id: 'SEX-02', family: 'GEO', weight: 2 }),
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
  ruleText({ id: 'SMU-01', family: 'COL', weight: 4 }),
  ruleText({ id: 'SMU-05', family: 'COL', weight: 4 }),
  ruleText({ id: 'SMU-09', family: 'FLW', weight: 5, status: 'experimental' }),
  ruleText({ id: 'LAB-03-LEG', family: 'CTL', weight: 0, status: 'leg' }),
  ruleText({
    id: 'OCS-01',
    family: 'FLW',
    weight: 3,
    attributions: [{ to: 'holder', role: 'potential_victim', weight: 0 }],
  }),
]);

const GOOD = `
  - all:
      - {min: 1, of: [{rule: SEX-08, on: own}]}
      - {min: 1, of: [{rule: SEX-07, on: companion}]}`;

function compile(sketch: Partial<CompositeSketch>, others: readonly string[] = []) {
  const texts = [compositeText({ requires: GOOD, ...sketch }), ...others];
  const sources = texts.map((text, i) => ({ path: `k-${i}.yaml`, text }));
  return compileComposites(sources, RULES, PLAYBOOK);
}

/** `code line:col` of every finding. */
function findings(sketch: Partial<CompositeSketch>, others: readonly string[] = []): string[] {
  const result = compile(sketch, others);
  return result.ok ? [] : result.findings.map((f) => `${f.code} ${f.line}:${f.col}`);
}

describe('compileComposites', () => {
  it('accepts a sound composite and prepares it', () => {
    const result = compile({ supports: ['SEX-01', 'SMU-09'], within: '30d', halfLifeDays: 10 });
    expect(result.ok && result.value[0]).toMatchObject({ majorVersion: 1, withinMs: 30 * 86_400_000 });
    // An experimental rule may be named; it does not score.
    expect(result.ok && [...(result.value[0]?.scoring ?? [])].sort()).toEqual(['SEX-01', 'SEX-07', 'SEX-08']);
    expect(result.ok && result.value[0]?.freshness.at(-1)).toBe(125);
  });

  it.each`
    fault                              | sketch                                                                                                  | found
    ${'an unknown rule'}               | ${{ supports: ['SEX-99'] }}                                                                             | ${['RAS-COMPOSITE-UNKNOWN-RULE 14:12']}
    ${'a leg as indicator'}            | ${{ supports: ['LAB-03-LEG'] }}                                                                         | ${['RAS-COMPOSITE-LEG 14:12']}
    ${'one family satisfies'}          | ${{ requires: '\n  - all: [{min: 2, of: [{rule: SMU-01}, {rule: SMU-05}, {rule: SEX-07}]}]' }}          | ${['RAS-COMPOSITE-ONE-FAMILY 11:5']}
    ${'no strong rule'}                | ${{ requires: '\n  - all: [{min: 2, families: 2, of: [{rule: SEX-01}, {rule: SEX-02}]}]' }}             | ${['RAS-COMPOSITE-WEAK 11:5']}
    ${'high below medium'}             | ${{ levels: '{mediumMilli: 3000, highMilli: 2000, highNeeds: [CTL]}' }}                                 | ${['RAS-COMPOSITE-LEVELS 18:40']}
    ${'a window beyond what is kept'}  | ${{ within: '401d' }}                                                                                   | ${['RAS-COMPOSITE-WITHIN 15:9']}
    ${'an unknown placeholder'}        | ${{ why: '{en: "{who}", es: "{who}", fr: "{who}"}' }}                                                   | ${['RAS-COMPOSITE-PLACEHOLDER 24:6']}
    ${'a placeholder in one language'} | ${{ why: '{en: "{subject}", es: "x", fr: "{subject}"}' }}                                               | ${['RAS-COMPOSITE-PLACEHOLDER 24:6']}
    ${'an unexpected key'}             | ${{ requires: '\n  - all: [{min: 1, of: [{rule: SEX-08, where: own}]}]' }}                              | ${['RAS-COMPOSITE-SCHEMA 11:25']}
    ${'live on an experimental rule'}  | ${{ requires: '\n  - all: [{min: 1, of: [{rule: SMU-09}]}, {min: 1, of: [{rule: SMU-01}]}]' }}          | ${['RAS-COMPOSITE-UNSATISFIABLE 11:3']}
    ${'a rule that gives no weight'}   | ${{ requires: '\n  - all: [{min: 1, of: [{rule: OCS-01, on: own}]}, {min: 1, of: [{rule: SMU-01}]}]' }} | ${['RAS-COMPOSITE-UNSATISFIABLE 11:3']}
    ${'medium out of reach'}           | ${{ levels: '{mediumMilli: 7001, highMilli: 9000, highNeeds: [CTL]}' }}                                 | ${['RAS-COMPOSITE-UNSATISFIABLE 18:23']}
    ${'medium out of reach for caps'}  | ${{ caps: '{CTL: 500, FLW: 500}' }}                                                                     | ${['RAS-COMPOSITE-UNSATISFIABLE 18:23']}
  `('finds $fault', ({ sketch, found }) => {
    expect(findings(sketch)).toEqual(found);
  });

  it('lets a composite wait for rules that are not live', () => {
    const requires = '\n  - all: [{min: 1, of: [{rule: SMU-09}]}, {min: 1, of: [{rule: SMU-01}]}]';
    expect(findings({ requires, status: 'waiting' })).toEqual([]);
  });

  it('finds an id used twice, and says where', () => {
    const result = compile({}, [compositeText({ requires: GOOD })]);
    expect(result.ok ? [] : result.findings.map((f) => findingText(f))).toEqual([
      expect.stringMatching(
        /^k-1\.yaml:2:5 RAS-COMPOSITE-DUPLICATE-ID .*K-TEST is already used in k-0\.yaml/,
      ),
    ]);
  });

  it('reads no file beyond its limit', () => {
    const text = `# ${'x'.repeat(262_144)}`;
    const result = compileComposites([{ path: 'k.yaml', text }], RULES, PLAYBOOK);
    expect(result.ok ? [] : result.findings.map((f) => f.code)).toEqual(['RAS-COMPOSITE-SIZE']);
  });

  it('finds text that is not YAML', () => {
    const result = compileComposites([{ path: 'k.yaml', text: 'id: [\n' }], RULES, PLAYBOOK);
    expect(result.ok ? [] : result.findings.map((f) => f.code)).toContain('RAS-COMPOSITE-YAML');
  });

  it('finds a playbook entry that is not there', () => {
    const text = compositeText({ requires: GOOD }).replace('asks: [statement]', 'asks: [nothing]');
    const result = compileComposites([{ path: 'k.yaml', text }], RULES, PLAYBOOK);
    expect(result.ok ? [] : result.findings.map((f) => f.code)).toEqual(['RAS-COMPOSITE-UNKNOWN-KEY']);
  });
});

describe('compilePlaybook', () => {
  it.each`
    fault                            | from                                      | to                                   | where
    ${'listing outside Mexico'}      | ${'countries: [MX], provenance'}          | ${'countries: [MX, US], provenance'} | ${'actions.lpb_proposal.countries'}
    ${'listing without a caution'}   | ${/caution: \{[^}]*\}, countries: \[MX]/} | ${'countries: [MX]'}                 | ${'actions.lpb_proposal'}
    ${'a court restraint in Mexico'} | ${'countries: [US, CA]'}                  | ${'countries: [US, CA, MX]'}         | ${'actions.restraint_referral.countries'}
    ${'law without a source'}        | ${", source: '31 CFR 1020.320'"}          | ${''}                                | ${'clocks.us_sar.source'}
  `('refuses $fault', ({ from, to, where }) => {
    const result = compilePlaybook({ path: 'playbook.yaml', text: PLAYBOOK_TEXT.replace(from, to) });
    expect(result.ok ? [] : result.findings.map((f) => f.params['where'])).toEqual([where]);
  });
});
