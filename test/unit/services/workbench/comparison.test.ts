/** The same finding on both sides, or on one. */
import { expect, test } from 'vitest';
import type { Signal } from '../../../../schemas/signal.ts';
import { compareAlerts, compareSignals } from '../../../../services/workbench/comparison.ts';
import { signal } from '../../../support/compose.ts';

const at = (rule: string, subject: string, openedAt: number, eventTime: number): Signal => ({
  ...signal({ rule, family: 'FLW', weight: 1 }),
  observedOn: subject,
  openedAt,
  eventTime,
});
const counts = (changes: ReturnType<typeof compareSignals>) =>
  changes.map(({ name, both, onlyOld, onlyNew }) => [name, onlyOld.length, both, onlyNew.length]);

test('episodes of one rule and subject that overlap are one finding, each paired once', () => {
  const old = [at('A', 'x', 0, 10), at('A', 'x', 20, 30), at('A', 'x', 50, 60)];
  const now = [at('A', 'x', 5, 12), at('A', 'x', 31, 40), at('A', 'x', 55, 90)];
  expect(counts(compareSignals(old, now))).toEqual([['A', 1, 2, 1]]);
  expect(counts(compareSignals(now, old))).toEqual([['A', 1, 2, 1]]);
  expect(counts(compareSignals(old, old))).toEqual([['A', 0, 3, 0]]);
});

test('another subject, another rule is another finding, unless the rules are meant as one', () => {
  const old = [at('A', 'x', 0, 10)];
  const now = [at('B', 'x', 0, 10), at('B', 'y', 0, 10)];
  expect(counts(compareSignals(old, now))).toEqual([
    ['A', 1, 0, 0],
    ['B', 0, 0, 2],
  ]);
  expect(counts(compareSignals(old, now, () => 'B'))).toEqual([['B', 0, 1, 1]]);
});

test('nothing on either side is no change', () => {
  expect(compareSignals([], [])).toEqual([]);
  expect(compareAlerts([], [])).toEqual([]);
});
