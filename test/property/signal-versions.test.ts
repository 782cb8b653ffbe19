/**
 * Versions of signals as of a moment, and what the second hop carries, each against a plain search through all of them. A failure prints the
 * seed; `RASTRO_SEED=random` looks further.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { derivedSignalsOf } from '../../pipelines/compose/derived-signals.ts';
import { carriedBy } from '../../pipelines/compose/relay.ts';
import { SignalVersions } from '../../pipelines/compose/signal-versions.ts';
import { LIMITS } from '../../schemas/identity.ts';
import { compareUtf8 } from '../../schemas/order.ts';
import type { Companion, Signal } from '../../schemas/signal.ts';
import { EVALUATION, rulesOf, ruleText, signal, signalRuleText, T0 } from '../support/compose.ts';
import { COLLECTOR } from '../support/compose-scene.ts';
import { key } from '../support/transactions.ts';

const HOUR_MS = 3_600_000;
const options = { numRuns: Number(process.env['RASTRO_RUNS'] ?? 300) };

/** The plain search. */
function plainAt(signals: readonly Signal[], id: string, untilMs: number): Signal | undefined {
  return signals.findLast((each) => each.id === id && each.eventTime <= untilMs);
}

function plainCarried(derived: Signal, signals: readonly Signal[]): Companion[] {
  const all: Companion[] = [];
  for (const id of derived.evidence.signals ?? []) {
    const found = plainAt(signals, id, derived.eventTime);
    if (found === undefined || found.shadow === true) continue;
    const { observedHolder, rule, ruleVersion: version, weight, strengthMilli, family, eventTime } = found;
    for (const companion of found.companions) all.push({ ...companion, observedHolder });
    if (found.leg) continue;
    all.push({ rule, version, signalId: id, weight, strengthMilli, family, eventTime, observedHolder });
  }
  // The latest of each signal, the first of equally late ones.
  return all
    .filter(
      (companion, i) =>
        !all.some(
          (other, j) =>
            other.signalId === companion.signalId &&
            (other.eventTime > companion.eventTime || (other.eventTime === companion.eventTime && j < i)),
        ),
    )
    .sort((a, b) => compareUtf8(a.rule, b.rule) || compareUtf8(a.signalId, b.signalId))
    .slice(0, LIMITS.COMPANIONS);
}

const sketch = fc.record({
  holder: fc.integer({ min: 0, max: 80 }),
  hours: fc.integer({ min: 0, max: 60 }),
  leg: fc.boolean(),
  isShadow: fc.boolean(),
  companions: fc.array(
    fc.record({ of: fc.integer({ min: 0, max: 5 }), hoursBefore: fc.integer({ min: 0, max: 5 }) }),
    {
      maxLength: 3,
    },
  ),
});

/** Many versions of few signals, or of many, with times that meet; in the order of events. */
const signalsArbitrary = fc
  .tuple(fc.constantFrom(1, 3, 81), fc.array(sketch, { maxLength: 120, size: 'max' }))
  .map(([holders, sketches]) => {
    const numbers = new Map<string, number>();
    return sketches
      .map(({ holder, hours, leg, isShadow, companions }) => {
        const at = T0 + hours * HOUR_MS;
        const on = key('par', `holder${holder % holders}`);
        return signal({
          ...{ rule: 'SEX-08', family: 'CTL', weight: 4, at, on, to: COLLECTOR, leg },
          companions: companions.map(({ of, hoursBefore }) => ({
            signalId: `sig_companion_${of}`,
            eventTime: at - hoursBefore * HOUR_MS,
          })),
          rest: isShadow ? { shadow: true } : {},
        });
      })
      .sort((a, b) => a.eventTime - b.eventTime || compareUtf8(a.id, b.id))
      .map((each): Signal => {
        const version = (numbers.get(each.id) ?? 0) + 1;
        numbers.set(each.id, version);
        return { ...each, version };
      });
  });

test('a version as of a moment is that of a plain search', () => {
  let found = 0;
  fc.assert(
    fc.property(signalsArbitrary, fc.integer({ min: -1, max: 61 }), (signals, hours) => {
      const versions = new SignalVersions(signals);
      const untilMs = T0 + hours * HOUR_MS;
      for (const id of ['sig_of_nobody', ...signals.map((each) => each.id)]) {
        const expected = plainAt(signals, id, untilMs);
        expect(versions.at(id, untilMs)).toBe(expected);
        expect(versions.at(id, untilMs - 1)).toBe(plainAt(signals, id, untilMs - 1));
        if (expected !== undefined) found++;
      }
    }),
    options,
  );
  expect(found).toBeGreaterThan(options.numRuns);
});

test('what a rule over signals carries is that of a plain search', () => {
  let carried = 0;
  fc.assert(
    fc.property(signalsArbitrary, fc.integer({ min: -1, max: 61 }), (signals, hours) => {
      const named = [...new Set(['sig_of_nobody', ...signals.map(({ id }) => id)])];
      const at = T0 + hours * HOUR_MS;
      const plain = signal({ rule: 'SEX-09', family: 'COL', weight: 5, at, on: COLLECTOR });
      const derived: Signal = { ...plain, evidence: { ...plain.evidence, signals: named } };
      const expected = plainCarried(derived, signals);
      expect(carriedBy(derived, new SignalVersions(signals))).toEqual(expected);
      carried += expected.length;
    }),
    options,
  );
  expect(carried).toBeGreaterThan(options.numRuns);
});

/** A rule that names another than its subject: the holder seen last. */
const RULES = rulesOf([
  ruleText({ id: 'SEX-08', family: 'CTL', weight: 4 }),
  signalRuleText('SEX-09', 'SEX-08', 'COL', 5)
    .replace('when:', `  seen: {agg: last, of: signal.observedHolder, over: 60d}\nwhen:`)
    .replace('explain:', `  - {to: seen, role: unknown, weight: 0.5, why: {en: w, es: w, fr: w}}\nexplain:`),
]);

/** How often the ids of signals are looked at, where so many holders have so many versions each. */
function looks(holders: number, versions: number): { looks: number; derived: Signal[] } {
  let looks = 0;
  const signals: Signal[] = [];
  for (let version = 1; version <= versions; version++) {
    for (let holder = 0; holder < holders; holder++) {
      const at = T0 + (version * holders + holder) * HOUR_MS;
      const on = key('par', `holder${holder}`);
      const made = signal({ rule: 'SEX-08', family: 'CTL', weight: 4, at, on, to: COLLECTOR, version });
      const { id } = made;
      signals.push(
        Object.defineProperty(made, 'id', {
          enumerable: true,
          get() {
            looks++;
            return id;
          },
        }),
      );
    }
  }
  const derived = derivedSignalsOf(COLLECTOR, signals, RULES, EVALUATION);
  return { looks, derived };
}

test('what many versions carry of many signals is found without looking through all of these for each', () => {
  const { looks: few, derived } = looks(10, 10);
  expect(derived.length).toBeGreaterThan(90);
  expect(derived.at(-1)?.companions).toHaveLength(10);
  expect(looks(10, 40).looks).toBeLessThanOrEqual(5 * few);
});
