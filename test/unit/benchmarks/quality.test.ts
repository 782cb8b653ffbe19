/** The gates of quality themselves: what they accept, and that they can fail. */
import { describe, expect, test } from 'vitest';
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
