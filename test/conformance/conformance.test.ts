/** Runs every vector of this folder against every registered evaluator. */
import { describe, expect, it } from 'vitest';
import { expectAt, expectSignals } from '../support/vector-comparison.ts';
import { EVALUATORS } from '../support/vector-evaluators.ts';
import { fullRef, loadVectors } from '../support/vectors.ts';

const AGGREGATES =
  'circuit,count,cycle fifo,cycle sum,distinct,dwell,first,group_count,interval_cv,last,max,mean,min,night,pay_period,percentile,ratio,sequence,share,stay,stddev,sum,top_key,top_share';
const vectors = loadVectors(import.meta.dirname);

describe('the vectors', () => {
  it('are many, each named once, and hold every aggregate at least twice', () => {
    expect(vectors.length).toBeGreaterThanOrEqual(90);
    expect(new Set(vectors.map((vector) => vector.name)).size).toBe(vectors.length);
    const uses = new Map<string, Set<string>>();
    for (const { name, rule } of vectors) {
      const used = [
        ...Object.values(rule.features).map((feature) => feature.agg),
        ...Object.values(rule.derive).map((derive) =>
          derive.make === 'cycle' ? `${derive.make} ${derive.match}` : derive.make,
        ),
      ];
      for (const key of used) uses.set(key, (uses.get(key) ?? new Set()).add(name));
    }
    expect([...uses].filter(([, names]) => names.size < 2)).toEqual([]);
    expect([...uses.keys()].sort()).toEqual(AGGREGATES.split(','));
  });
});

for (const evaluator of EVALUATORS) {
  describe(evaluator.name, () => {
    /** Signal ids by what §9 says they depend on, and the other way round. */
    const ids = new Map<string, string>();
    for (const vector of vectors) {
      const reason = vector.skip[evaluator.name] ?? evaluator.leavesOut?.(vector);
      it.skipIf(reason !== undefined)(`${vector.name}${reason === undefined ? '' : ` (${reason})`}`, () => {
        const asked = (vector.expect.at ?? []).map((wanted) => fullRef(wanted.event));
        expectAt(vector, evaluator.at(vector, asked));
        const signals = evaluator.signals(vector);
        expectSignals(vector, signals);
        for (const { id, opens } of signals) {
          if (id === undefined) continue;
          const major = vector.rule.version.split('.')[0];
          const event = opens.slice(0, opens.lastIndexOf('@'));
          const content = [vector.rule.id, major, vector.subjectKey, event].join(' ');
          expect([ids.get(content) ?? id, ids.get(id) ?? content]).toEqual([id, content]);
          ids.set(content, id);
          ids.set(id, content);
        }
      });
    }
  });
}
