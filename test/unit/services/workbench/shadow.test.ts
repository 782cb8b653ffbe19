/** Experimental rules set against live ones. */
import { expect, test } from 'vitest';
import { companionsOf } from '../../../../pipelines/detect/signals.ts';
import { replacedBy, type StandingSignal, shadowReport } from '../../../../services/workbench/shadow.ts';
import { signal } from '../../../support/compose.ts';

const on = (rule: string, holder: string, openedAt = 0, eventTime = 10): StandingSignal => ({
  rule,
  observedOn: `account:${holder}`,
  holder,
  openedAt,
  eventTime,
});
const report = (
  shadow: readonly StandingSignal[],
  shown: readonly StandingSignal[],
  experimental: string[] = [],
) =>
  shadowReport(shadow, shown, { experimental, live: new Set(['LAB-03', 'SEX-07']), alerted: new Set(['a']) });

test('whom it falls on, with whom, and whom nobody else names', () => {
  const shown = [on('SEX-07', 'a'), on('SEX-07', 'b'), on('LAB-03', 'b')];
  const shadow = [on('SEX-30', 'a'), on('SEX-30', 'b'), on('SEX-30', 'c'), on('SEX-30', 'c', 50, 60)];
  expect(report(shadow, shown)).toEqual([
    {
      rule: 'SEX-30',
      signals: 4,
      holders: 3,
      alsoLive: 2,
      alerted: 1,
      with: [
        { rule: 'SEX-07', holders: 2 },
        { rule: 'LAB-03', holders: 1 },
      ],
      against: null,
    },
  ]);
});

test('a variant is set against the live rule whose place it may take', () => {
  const shown = [on('LAB-03', 'a'), on('LAB-03', 'b')];
  const shadow = [on('LAB-03-NEW', 'b', 5, 20), on('LAB-03-NEW', 'c')];
  expect(report(shadow, shown)[0]).toMatchObject({
    against: { rule: 'LAB-03', onlyOld: 1, both: 1, onlyNew: 1 },
  });
  expect(replacedBy('LAB-04-NEW', new Set(['LAB-03']))).toBeNull();
  expect(replacedBy('LAB-03', new Set(['LAB-03']))).toBeNull();
});

test('a rule of which nothing stands is reported, too', () => {
  expect(report([], [], ['SEX-31'])).toMatchObject([{ rule: 'SEX-31', signals: 0, holders: 0 }]);
});

test('what an experimental rule says travels with no signal', () => {
  const of = signal({ rule: 'SEX-07', family: 'FLW', weight: 3 });
  const other = signal({ rule: 'SEX-30', family: 'CSH', weight: 3 });
  const held = (each: typeof other) => [{ signal: each, lastFiredAt: of.eventTime, quietMs: 1 }];
  expect(companionsOf(of, held(other)).map(({ rule }) => rule)).toEqual(['SEX-30']);
  expect(companionsOf(of, held({ ...other, shadow: true }))).toEqual([]);
});
