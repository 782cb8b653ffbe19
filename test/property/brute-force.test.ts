/**
 * The reference evaluator against the brute-force oracle, on random rules and streams with ties, rows sent again,
 * amendments, withdrawals, reversals and unreadable fields. `RASTRO_RUNS` sets how many (default 300); on a difference
 * fast-check prints seed, path and the smallest rule and stream it finds.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSubjectRun, evaluateAt, type SubjectHistory } from '../../rules/compiler/index.ts';
import type { RuleEvent } from '../../schemas/event-fields.ts';
import { bruteSignals } from '../support/oracle-brute-episodes.ts';
import { bruteEvaluations } from '../support/oracle-brute-timeline.ts';
import { type AnswerAt, plain } from '../support/vector-answers.ts';
import { answerAt, answerSignals, compiled, contextOf } from '../support/vector-evaluators.ts';
import { historyOf, refOf } from '../support/vectors.ts';
import { subject } from './brute-force-arbitrary.ts';

const RUNS = Number(process.env['RASTRO_RUNS'] ?? 300);

function comparable({ truth, features, missing, strength, evidence }: AnswerAt): object {
  const values = Object.fromEntries(Object.entries(features).map(([name, value]) => [name, plain(value)]));
  return { truth, features: values, missing, strength, evidence };
}

describe('reference evaluator and brute force', () => {
  it('agree on every evaluation and every signal version', { timeout: 60_000 + RUNS * 200 }, () => {
    const fired = { streams: 0, versions: 0, known: 0, unknown: 0, ticks: 0, tickVersions: 0 };
    fc.assert(
      fc.property(subject, fc.array(fc.nat(30), { maxLength: 3 }), (vector, cuts) => {
        const rule = compiled(vector);
        const context = contextOf(vector);
        const history = historyOf(vector) as SubjectHistory;
        const evaluations = bruteEvaluations(vector, vector.knownMs);
        for (const wanted of evaluations) {
          if (!wanted.triggers && !wanted.isTick) continue;
          fired[wanted.truth === null ? 'unknown' : 'known']++;
          if (wanted.isTick) fired.ticks++;
          const i = history.events.findIndex((event) => refOf(event) === wanted.event);
          const tick = wanted.isTick ? wanted.time : null;
          const given = answerAt(evaluateAt(rule, history, i, context, tick), rule, history);
          expect({ event: refOf(history.events[i]!), ...comparable(given) }).toEqual({
            event: wanted.event,
            ...comparable({ ...wanted, missing: { ...zeroes(wanted.features), ...wanted.missing } }),
          });
        }
        const wanted = bruteSignals(vector, evaluations).map((signal) => ({
          ...signal,
          evidenceCount: signal.evidence.length,
          features: comparable({ truth: true, features: signal.features }),
        }));
        // The history is handed over in up to four pieces, of one list that grows: what stands must not depend on where they end.
        const run = createSubjectRun(rule, context);
        const events: RuleEvent[] = [];
        const grow = (length: number, knownMs: number) => {
          events.push(...history.events.slice(events.length, length));
          return run.append({ ...history, events }, undefined, undefined, knownMs);
        };
        // The world may have gone on further than the events that are there so far: those after them come behind.
        for (const [i, cut] of [...cuts].sort((a, b) => a - b).entries()) {
          const far = [...history.events.slice(0, cut), ...history.events.slice(0, cut + 5 * (i + 1))].at(-1);
          grow(cut, Math.min(vector.knownMs, far?.time ?? Number.NEGATIVE_INFINITY));
        }
        const last = grow(history.events.length, vector.knownMs);
        const stands = answerSignals(last, rule, history, context);
        const given = stands.map(({ id, features, ...signal }) => {
          expect(id).toMatch(/^sig_[0-9a-z]{26}$/);
          return { ...signal, features: comparable({ truth: true, features }) };
        });
        expect(given).toEqual(wanted);
        fired.versions += wanted.length;
        fired.tickVersions += wanted.filter(({ tick }) => tick !== undefined).length;
        if (wanted.length > 0) fired.streams++;
      }),
      { numRuns: RUNS },
    );
    // A generator that never fires, or never reads an unknown, would agree about nothing.
    expect(fired.streams * 10).toBeGreaterThan(RUNS);
    expect(fired.unknown).toBeGreaterThan(RUNS);
    expect(fired.known).toBeGreaterThan(RUNS);
    expect(fired.ticks).toBeGreaterThan(RUNS / 2);
    expect(fired.tickVersions * 30).toBeGreaterThan(RUNS);
    console.info(`brute force, ${RUNS} runs: ${JSON.stringify(fired)}`);
  });
});

function zeroes(features: object): Record<string, number> {
  return Object.fromEntries(Object.keys(features).map((name) => [name, 0]));
}
