/** Holds an evaluator's answer against what a vector states; what the vector leaves unsaid is not compared. */
import { expect } from 'vitest';
import { type AnswerAt, type AnswerSignal, expectedValue, plain } from './vector-answers.ts';
import { fullRef, momentMs, type Vector } from './vectors.ts';

type WantedAt = NonNullable<Vector['expect']['at']>[number];
type WantedSignal = Vector['expect']['signals'][number];
type Readings = NonNullable<WantedAt['features']>;

/** The named members of an answer, integers made comparable. */
function members(answer: object | undefined, names: readonly string[]): Record<string, unknown> {
  const record = (answer ?? {}) as Record<string, unknown>;
  return Object.fromEntries(names.map((name) => [name, plain(record[name])]));
}

function wantedReadings(features: Readings): object {
  return Object.fromEntries(Object.entries(features).map(([name, value]) => [name, expectedValue(value)]));
}

export function expectAt(vector: Vector, answers: ReadonlyMap<string, AnswerAt>): void {
  for (const wanted of vector.expect.at ?? []) {
    const answer = answers.get(fullRef(wanted.event));
    const plainly = ['truth', 'strength'].filter((name) => name in wanted);
    expect({
      event: wanted.event,
      ...members(answer, plainly),
      ...(wanted.features && { features: members(answer?.features, Object.keys(wanted.features)) }),
      ...(wanted.missing && { missing: members(answer?.missing, Object.keys(wanted.missing)) }),
      ...(wanted.evidence && { evidence: answer?.evidence }),
    }).toEqual({
      event: wanted.event,
      ...members(wanted, plainly),
      ...(wanted.features && { features: wantedReadings(wanted.features) }),
      ...(wanted.missing && { missing: members(wanted.missing, Object.keys(wanted.missing)) }),
      ...(wanted.evidence && { evidence: wanted.evidence.map(fullRef) }),
    });
  }
}

/** `parts` limits what is compared to what the evaluator gives. */
export function expectSignals(
  vector: Vector,
  signals: readonly AnswerSignal[],
  parts: readonly ('truncated' | 'strength' | 'attributions')[] = ['truncated', 'strength', 'attributions'],
): void {
  const wanted = vector.expect.signals;
  const stated = (signal: WantedSignal | undefined) => parts.filter((name) => signal?.[name] !== undefined);
  expect(
    signals.map((signal, i) => ({
      opens: signal.opens,
      version: signal.version,
      at: signal.at,
      tick: signal.tick,
      ...members(signal, stated(wanted[i])),
      ...(wanted[i]?.evidence && { evidence: signal.evidence }),
      ...(wanted[i]?.features && { features: members(signal.features, Object.keys(wanted[i].features)) }),
    })),
  ).toEqual(
    wanted.map((signal) => ({
      opens: fullRef(signal.opens),
      version: signal.version,
      at: fullRef(signal.at),
      tick: signal.tick === undefined ? undefined : momentMs(signal.tick),
      ...members(signal, stated(signal)),
      ...(signal.evidence && { evidence: signal.evidence.map(fullRef) }),
      ...(signal.features && { features: wantedReadings(signal.features) }),
    })),
  );
}
