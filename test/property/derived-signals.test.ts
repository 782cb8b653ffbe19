/** The quality of a rule over signals, against what its definition says: the worst of every version that is named and not later. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { derivedSignalsOf } from '../../pipelines/compose/derived-signals.ts';
import { COVERAGES, PRECISIONS } from '../../schemas/enumerations.ts';
import type { Signal } from '../../schemas/signal.ts';
import { EVALUATION, signal, T0 } from '../support/compose.ts';
import { COLLECTOR, RULES } from '../support/compose-scene.ts';
import { key } from '../support/transactions.ts';

const HOUR_MS = 3_600_000;

const version = fc.record({
  holder: fc.integer({ min: 0, max: 3 }),
  hours: fc.integer({ min: 0, max: 400 }),
  coverage: fc.constantFrom(...COVERAGES),
  precisionWorst: fc.constantFrom(...PRECISIONS),
  evidenceReversed: fc.boolean(),
});

/** Versions in the order of events. */
function signalsOf(
  versions: readonly {
    readonly holder: number;
    readonly hours: number;
    readonly coverage: Signal['coverage'];
    readonly precisionWorst: Signal['precisionWorst'];
    readonly evidenceReversed: boolean;
  }[],
): Signal[] {
  const numbers = new Map<number, number>();
  return [...versions]
    .sort((a, b) => a.hours - b.hours)
    .map(({ holder, hours, ...rest }) => {
      const number = (numbers.get(holder) ?? 0) + 1;
      numbers.set(holder, number);
      const at = T0 + hours * HOUR_MS;
      const on = key('par', `holder${holder}`);
      return signal({
        rule: 'SEX-08',
        family: 'CTL',
        weight: 4,
        at,
        version: number,
        on,
        to: COLLECTOR,
        rest,
      });
    });
}

const worst = <T extends string>(order: readonly T[], values: readonly T[]) =>
  order[Math.max(...values.map((value) => order.indexOf(value)))];

test('a version is as good as the worst that it names', () => {
  let compared = 0;
  fc.assert(
    fc.property(fc.array(version, { minLength: 4, maxLength: 40 }), (versions) => {
      const signals = signalsOf(versions);
      for (const derived of derivedSignalsOf(COLLECTOR, signals, RULES, EVALUATION)) {
        const named = derived.evidence.signals ?? [];
        const read = signals.filter(
          ({ id, eventTime }) => named.includes(id) && eventTime <= derived.eventTime,
        );
        expect(read.length).toBeGreaterThan(0);
        expect([derived.coverage, derived.precisionWorst]).toEqual([
          worst(
            COVERAGES,
            read.map(({ coverage }) => coverage),
          ),
          worst(
            PRECISIONS,
            read.map(({ precisionWorst }) => precisionWorst),
          ),
        ]);
        expect(derived.evidenceReversed).toBe(read.some(({ evidenceReversed }) => evidenceReversed));
        compared++;
      }
    }),
    { numRuns: 100 },
  );
  expect(compared).toBeGreaterThan(100);
});
