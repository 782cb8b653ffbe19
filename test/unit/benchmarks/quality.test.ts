/** The gates of quality themselves: what they accept, and that they can fail. */
import { describe, expect, test } from 'vitest';
import { experimentalPage } from '../../../benchmarks/quality/experimental-page.ts';
import { KNOWN_ALERTS, withoutKnown } from '../../../benchmarks/quality/known-alerts.ts';
import { emptyParity, parityFaults, ratioOf } from '../../../benchmarks/quality/parity.ts';
import { type ScenarioRow, scenariosPage } from '../../../benchmarks/quality/scenarios-page.ts';

const known = (changes: object) => ({
  typology: 'K-DEBT',
  kind: 'B6',
  reason: 'A savings circle whose members changed banks',
  until: '2026-12-31',
  ...changes,
});
const RAISED = [
  { typology: 'K-DEBT', kind: 'B6' },
  { typology: 'K-SMUG', kind: 'other' },
];

describe('the known list', () => {
  test('is in force as it stands, and takes off what it names', () => {
    expect(withoutKnown([], KNOWN_ALERTS, '2026-01-01').open).toEqual([]);
    expect(withoutKnown(RAISED, [known({})], '2026-12-31')).toEqual({ open: [RAISED[1]], faults: [] });
  });

  test('accepts nothing after its day and says so', () => {
    const { open, faults } = withoutKnown(RAISED, [known({})], '2027-01-01');
    expect(open).toEqual(RAISED);
    expect(faults).toEqual(['known K-DEBT on B6 was accepted until 2026-12-31']);
  });

  test('says what does not occur any more, and when it is too long', () => {
    expect(withoutKnown([], [known({})], '2026-01-01').faults).toEqual([
      'known K-DEBT on B6 does not occur any more',
    ]);
    const long = Array.from({ length: 11 }, () => known({}));
    expect(withoutKnown(RAISED, long, '2026-01-01').faults).toEqual([
      'the known list has 11 of at most 10 entries',
    ]);
  });

  test('refuses an entry without a reason', () => {
    expect(() => withoutKnown(RAISED, [known({ reason: 'noise' })], '2026-01-01')).toThrow(/reason/);
  });
});

describe('the parity gate', () => {
  const parityOf = (flaggedHit: number, restHit: number) => {
    const parity = emptyParity();
    Object.assign(parity.alerted, { flagged: 4_000, flaggedHit, rest: 16_000, restHit });
    Object.assign(parity.signalled, { flagged: 4_000, flaggedHit: 10, rest: 16_000, restHit: 40 });
    return parity;
  };

  test.each([
    [0, 0],
    [20, 80],
    [30, 100],
  ])('accepts %i of 4,000 against %i of 16,000', (flagged, rest) => {
    expect(parityFaults(parityOf(flagged, rest))).toEqual([]);
  });

  test.each([
    [8, 0],
    [60, 80],
    [400, 1_000],
  ])('refuses %i of 4,000 against %i of 16,000', (flagged, rest) => {
    const faults = parityFaults(parityOf(flagged, rest));
    expect(faults).toEqual([`parity (alerted): ${ratioOf(parityOf(flagged, rest).alerted)}`]);
  });

  test('refuses to compare with nobody', () => {
    expect(parityFaults(emptyParity())).toEqual([
      'parity (alerted): no recipients on one side',
      'parity (signalled): no recipients on one side',
    ]);
  });
});

test('the page of the scenarios calls itself synthetic and shows every figure', () => {
  const row = (changes: Partial<ScenarioRow>): ScenarioRow => ({
    kind: 'S1',
    variant: 'base',
    title: 'A ring',
    cases: 20,
    found: 19,
    medianDays: 33,
    protectedPeople: 60,
    harmed: 0,
    bothPeople: 0,
    harmedBoth: 0,
    typologies: ['K-SEX-CONTROL'],
    ...changes,
  });
  const rows = [row({}), row({ variant: 'evasive', found: 2, medianDays: 51, harmed: 1 })];
  const page = scenariosPage(rows, { seed: 1, days: 240 });
  expect(page).toMatch(/\*\*Synthetic:\*\*/);
  expect(page).toContain(
    '| S1 | A ring | 19 of 20 | 2 of 20 | - | - | 33 | 51 | 1 of 120 | 0 of 0 | K-SEX-CONTROL |',
  );
});

test('the page of experimental rules says rates of whom it falls on, and of what is not there that it is not', () => {
  const rules = [
    { id: 'AML-03', composites: [] },
    { id: 'LAB-10', composites: ['K-LABOUR'] },
  ];
  const tallies = new Map([
    [
      'AML-03',
      {
        signals: 3,
        weighing: 1,
        ofKind: new Map([
          ['H1', 2],
          ['other', 1],
        ]),
        alerts: new Map(),
      },
    ],
    ['LAB-10', { signals: 0, weighing: 0, ofKind: new Map(), alerts: new Map([['K-LABOUR', 2]]) }],
  ]);
  const monthsOfKind = new Map([
    ['H1', 100],
    ['other', 900],
  ]);
  const facts = { seed: 7, days: 62, rows: 5, peopleOfEach: 50, monthsOfKind, alerts: 2, harmed: 0 };
  const page = experimentalPage(rules, tallies, facts);
  expect(page).toContain('| AML-03 | none | 3 | 3.00 | 1.00 | H1 20.00, other 1.11 | none |');
  expect(page).toContain('| LAB-10 | K-LABOUR | 0 | 0.00 | 0.00 | none | K-LABOUR 2 |');
});
