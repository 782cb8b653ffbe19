/** Values of a sweep, the rule with another value, its curve as a picture, and signals against a simulation's truth. */
import { describe, expect, test } from 'vitest';
import { deriveKeys } from '../../../../pipelines/ingest/keys.ts';
import { Pseudonymiser } from '../../../../pipelines/ingest/pseudonym.ts';
import { onlyOf } from '../../../../services/workbench/only.ts';
import {
  numberIn,
  type SweepPoint,
  sweepSvg,
  sweepValues,
  withNow,
  withValue,
} from '../../../../services/workbench/sweep.ts';
import { readTruth, TruthMatch } from '../../../../services/workbench/truth-match.ts';
import { loadKnowledge } from '../../../../services/workspace/knowledge.ts';
import { signal } from '../../../support/compose.ts';

test('values reach from the first to the last, whole where the parameter is whole, each once', () => {
  expect(sweepValues(4, 20, 5, true)).toEqual([4, 8, 12, 16, 20]);
  expect(sweepValues(1, 2, 5, true)).toEqual([1, 2]);
  expect(sweepValues(0.1, 0.3, 3, false)).toEqual([0.1, 0.2, 0.3]);
  expect(sweepValues(20, 4, 3, true)).toEqual([20, 12, 4]);
});

test('the value that stands in the rule is among them, where it lies between them', () => {
  expect(withNow([4, 8, 12], 9)).toEqual([4, 8, 9, 12]);
  expect(withNow([12, 8, 4], 9)).toEqual([12, 9, 8, 4]);
  expect(withNow([4, 8, 12], 8)).toEqual([4, 8, 12]);
  expect(withNow([4, 8], 3)).toEqual([4, 8]);
  expect(withNow([8, 4], 9)).toEqual([8, 4]);
});

test('a rule gets another value of one parameter and nothing else changes', async () => {
  const rule = onlyOf(await loadKnowledge(), ['DEB-01'], '');
  expect(numberIn(rule, 'DEB-01', 'min_payers')).toBe(8);
  const other = withValue(rule, 'DEB-01', 'min_payers', 11);
  expect(numberIn(other, 'DEB-01', 'min_payers')).toBe(11);
  const [before, after] = [rule, other].map(({ ruleSet }) => ruleSet.rules[0]!.file);
  expect({ ...after, params: { ...after!.params, min_payers: before!.params['min_payers'] } }).toEqual(
    before,
  );
  expect(() => numberIn(rule, 'DEB-01', 'payer_kinds')).toThrow(
    expect.objectContaining({ code: 'RAS-CLI-UNKNOWN-NAME' }),
  );
});

describe('the picture', () => {
  const point = (value: number, signals: number, found: number | null): SweepPoint => ({
    value,
    signals,
    holders: signals,
    perThousandAccounts: signals,
    truth: found === null ? null : { cases: 4, found, lookalikes: 0, elsewhere: 0 },
  });
  const about = { rule: 'LAB-21 <x>', param: 'min_seen', now: 6 };

  test('has a point a value, higher for more, and runs nothing', () => {
    const svg = sweepSvg([point(4, 20, null), point(6, 10, null), point(8, 0, null)], about);
    const heights = [...svg.matchAll(/<circle cx="[\d.]+" cy="([\d.]+)"/g)].map(([, y]) => Number(y));
    expect(heights).toEqual([56, 180, 304]);
    expect(svg).toContain('LAB-21 &lt;x&gt;');
    expect(svg).toContain('now 6');
    expect(svg).not.toMatch(/<script|href|url\(|@import|synthetic/);
  });

  test('writes the values under its axis as far as they have room, both ends always', () => {
    const points = Array.from({ length: 60 }, (_, i) => point(1_000 + i, i, null));
    const texts = [...sweepSvg(points, about).matchAll(/y="322.0"[^>]*>(\d+)</g)].map(([, text]) =>
      Number(text),
    );
    expect([texts[0], texts.at(-1)]).toEqual([1_000, 1_059]);
    expect(texts.length).toBeGreaterThan(8);
    expect(texts.length).toBeLessThan(15);
    expect(sweepSvg([point(4, 20, null), point(6, 10, null), point(8, 0, null)], about)).toMatch(
      />4<[\s\S]*>6<[\s\S]*>8</,
    );
  });

  test('says that cases are synthetic', () => {
    const svg = sweepSvg([point(4, 20, 4), point(8, 0, 1)], about);
    expect(svg).toContain('synthetic cases found');
    expect(svg.match(/<polyline/g)?.length).toBe(2);
  });
});

describe('against the truth', () => {
  const keys = deriveKeys(Buffer.alloc(32, 7));
  const pseudonyms = new Pseudonymiser(keys);
  const person = (ref: string, role = 'collector') => ({
    ref,
    refScheme: 'customer',
    institution: 'bank',
    accounts: [],
    role,
  });
  const found = (ref: string) => {
    const key = pseudonyms.party('customer', ref, 'bank');
    return signal({ rule: 'SEX-07', family: 'FLW', weight: 3, to: key, on: key });
  };
  const cases = [
    {
      id: 'a',
      kind: 'S1',
      isLookalike: false,
      expected: ['SEX-07'],
      subjects: [person('1'), person('9', 'infrastructure')],
    },
    { id: 'b', kind: 'S1', isLookalike: false, expected: ['SEX-07'], subjects: [person('2')] },
    { id: 'c', kind: 'S4', isLookalike: false, expected: ['LAB-03'], subjects: [person('3')] },
    { id: 'd', kind: 'B3', isLookalike: true, expected: [], subjects: [person('4')] },
  ];
  const truth = readTruth(JSON.stringify({ cases }));

  test('cases that expect the rule are wanted; look-alikes and strangers are counted apart', () => {
    const match = new TruthMatch(truth, 'SEX-07-NEW', keys);
    expect(match.figures([found('1'), found('3'), found('4'), found('5'), found('9')])).toEqual({
      cases: 2,
      found: 1,
      lookalikes: 1,
      elsewhere: 2,
    });
    expect(match.figures([])).toEqual({ cases: 2, found: 0, lookalikes: 0, elsewhere: 0 });
  });

  test('of a rule that no case expects all scenarios are wanted', () => {
    expect(new TruthMatch(truth, 'GEO-01', keys).figures([found('3')])).toMatchObject({ cases: 3, found: 1 });
  });

  test('what is no truth file is refused', () => {
    expect(() => readTruth('{"cases": 1}')).toThrow();
  });
});
