/** Runs every vector of this folder against every registered evaluator. */
import { describe, expect, it } from 'vitest';
import { EVALUATORS } from '../support/vector-evaluators.ts';
import {
  type AnswerSignal,
  expectedValue,
  fullRef,
  loadVectors,
  plain,
  type Vector,
} from '../support/vectors.ts';

const vectors = loadVectors(import.meta.dirname);

/** The members that the vector states, taken out of an answer. */
function stated(answer: object | undefined, names: readonly string[]): Record<string, unknown> {
  const record = (answer ?? {}) as Record<string, unknown>;
  return Object.fromEntries(names.map((name) => [name, plain(record[name])]));
}

export function signalAsStated(signal: AnswerSignal, wanted: Vector['expect']['signals'][number]): object {
  return {
    opens: signal.opens,
    version: signal.version,
    at: signal.at,
    ...(wanted.evidence && { evidence: signal.evidence }),
    ...(wanted.features && { features: stated(signal.features, Object.keys(wanted.features)) }),
    ...stated(
      signal,
      ['strength', 'truncated'].filter((name) => name in wanted),
    ),
    ...(wanted.attributions && { attributions: signal.attributions }),
  };
}

export function wantedSignal(wanted: Vector['expect']['signals'][number]): object {
  return {
    opens: fullRef(wanted.opens),
    version: wanted.version,
    at: fullRef(wanted.at),
    ...(wanted.evidence && { evidence: wanted.evidence.map(fullRef) }),
    ...(wanted.features && { features: wantedReadings(wanted.features) }),
    ...stated(
      wanted,
      ['strength', 'truncated'].filter((name) => name in wanted),
    ),
    ...(wanted.attributions && { attributions: wanted.attributions }),
  };
}

function wantedReadings(features: Readonly<Record<string, Parameters<typeof expectedValue>[0]>>): object {
  return Object.fromEntries(Object.entries(features).map(([name, value]) => [name, expectedValue(value)]));
}

describe('the vectors', () => {
  it('are many, each named once, and hold every aggregate at least twice', () => {
    expect(vectors.length).toBeGreaterThanOrEqual(90);
    expect(new Set(vectors.map((vector) => vector.name)).size).toBe(vectors.length);
    const uses = new Map<string, Set<string>>();
    for (const vector of vectors) {
      for (const feature of Object.values(vector.rule.features)) {
        uses.set(feature.agg, (uses.get(feature.agg) ?? new Set()).add(vector.name));
      }
      for (const derive of Object.values(vector.rule.derive)) {
        const key = `${derive.make} ${derive.match}`;
        uses.set(key, (uses.get(key) ?? new Set()).add(vector.name));
      }
    }
    const counted = [...uses].map(([agg, names]) => [agg, names.size] as const).sort();
    expect(counted.filter(([, count]) => count < 2)).toEqual([]);
    expect(counted.map(([agg]) => agg)).toEqual(
      'count,cycle fifo,cycle sum,distinct,dwell,first,group_count,last,max,mean,min,percentile,ratio,share,stddev,sum,top_key,top_share'.split(
        ',',
      ),
    );
  });
});

for (const evaluator of EVALUATORS) {
  describe(evaluator.name, () => {
    /** Signal ids by what §9 says they depend on; and the other way round. */
    const ids = new Map<string, string>();
    for (const vector of vectors) {
      const reason = vector.skip[evaluator.name];
      it.skipIf(reason !== undefined)(`${vector.name}${reason === undefined ? '' : ` (${reason})`}`, () => {
        const wantedAt = vector.expect.at ?? [];
        const answers = evaluator.at(
          vector,
          wantedAt.map((wanted) => fullRef(wanted.event)),
        );
        for (const wanted of wantedAt) {
          const answer = answers.get(fullRef(wanted.event));
          const got = {
            event: wanted.event,
            ...('truth' in wanted && { truth: answer?.truth }),
            ...(wanted.features && { features: stated(answer?.features, Object.keys(wanted.features)) }),
            ...(wanted.missing && { missing: stated(answer?.missing, Object.keys(wanted.missing)) }),
            ...('strength' in wanted && { strength: answer?.strength }),
            ...(wanted.evidence && { evidence: answer?.evidence }),
          };
          expect(got).toEqual({
            event: wanted.event,
            ...('truth' in wanted && { truth: wanted.truth }),
            ...(wanted.features && { features: wantedReadings(wanted.features) }),
            ...(wanted.missing && { missing: stated(wanted.missing, Object.keys(wanted.missing)) }),
            ...('strength' in wanted && { strength: wanted.strength }),
            ...(wanted.evidence && { evidence: wanted.evidence.map(fullRef) }),
          });
        }
        const signals = evaluator.signals(vector);
        const none: Vector['expect']['signals'][number] = { opens: '', version: 1, at: '' };
        expect(signals.map((signal, i) => signalAsStated(signal, vector.expect.signals[i] ?? none))).toEqual(
          vector.expect.signals.map(wantedSignal),
        );
        for (const { id, opens } of signals) {
          if (id === undefined) continue;
          const major = vector.rule.version.split('.')[0];
          const content = [
            vector.rule.id,
            major,
            vector.subjectKey,
            opens.slice(0, opens.lastIndexOf('@')),
          ].join(' ');
          expect([ids.get(content) ?? id, ids.get(id) ?? content]).toEqual([id, content]);
          ids.set(content, id);
          ids.set(id, content);
        }
      });
    }
  });
}
