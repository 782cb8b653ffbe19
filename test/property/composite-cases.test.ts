/**
 * Cases of composites: the composer's answer, through the runner of cases, is that of a second reading of SEMANTICS §12. A failure
 * prints the seed; `RASTRO_SEED=random` looks further.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compositeTrialOf } from '../../pipelines/compose/trial/index.ts';
import { catalogueOf } from '../../rules/compiler/index.ts';
import { type CompositeCase, compositeCase } from '../../schemas/composite.ts';
import { loadKnowledge } from '../../services/workspace/knowledge.ts';
import { answerOf, entryOf } from '../support/oracle-composite.ts';

const RUNS = Number(process.env['RASTRO_RUNS'] ?? 300);
const knowledge = await loadKnowledge({ cases: true });
const rules = new Map(catalogueOf(knowledge.ruleSet).map(({ id, file }) => [id, file]));
const composites = knowledge.composites;

function answersOf(composite: (typeof composites)[number], cases: readonly CompositeCase[]) {
  const trial = compositeTrialOf({ ...composite, cases }, knowledge.ruleSet, knowledge);
  return trial.cases.map(({ fired, outcome: { level, scoreMilli } }) => ({
    fires: fired,
    level,
    scoreMilli,
  }));
}

/** Rules that carry companions, and others that most composites do not name. */
const OTHERS = ['SEX-08', 'DEB-02', 'OCS-05', 'SEX-09-LEG', 'AML-01', 'VA-08'];

function caseOf(composite: (typeof composites)[number]) {
  const { requires, supports, benign, within } = composite.file;
  const named = [
    ...requires.flatMap(({ all }) => all.flatMap(({ of }) => of.map(({ rule }) => rule))),
    ...supports,
    ...benign.map(({ rule }) => rule),
  ];
  const days = Number(within.slice(0, -1));
  const notLive = [...new Set(named)].filter((id) =>
    ['experimental', 'waiting'].includes(rules.get(id)!.status),
  );
  const signal = fc.record(
    {
      rule: fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...named) }, fc.constantFrom(...OTHERS)),
      on: fc.constantFrom('own' as const, 'own' as const, 'companion' as const, 'weightless' as const),
      observed: fc.constantFrom('a', 'b'),
      ago: fc.constantFrom(
        '1m',
        '30m',
        '1h',
        '25h',
        '29d',
        '30d',
        '31d',
        '61d',
        `${days}d`,
        `${1440 * days - 1}m`,
      ),
      strengthMilli: fc.constantFrom(0, 400, 500, 999, 1000),
      weight: fc.constantFrom(0.333, 0.5),
    },
    { requiredKeys: ['rule', 'on'] },
  );
  // Of what authors wrote something is left out or older, and something comes to it: most of it decides.
  const written = fc.constantFrom(...composite.cases).chain(({ signals, assumes }) =>
    fc
      .tuple(...signals.map((each) => fc.tuple(fc.constant(each), fc.integer({ min: 0, max: 9 }), signal)))
      .map((drawn) => ({
        assumes,
        signals: drawn.flatMap(([each, chance, { ago, strengthMilli }]): object[] => {
          if (chance === 0) return [];
          // The same on a holder who hands over: what a clause asks of the own signals is not there.
          if (chance === 1) return [{ rule: each.rule, on: 'companion' }, { rule: 'SEX-08' }];
          return chance > 3 ? [each] : [{ ...each, ago, strengthMilli: strengthMilli ?? each.strengthMilli }];
        }),
      })),
  );
  return fc
    .record({
      written,
      signals: fc.array(signal, { maxLength: 5 }),
      assumes: fc.subarray(notLive),
    })
    .map(({ written: base, signals, assumes }) => {
      const whole = { name: 'drawn', kind: 'boundary', fires: true };
      const drawn = compositeCase.parse({
        ...whole,
        assumes: [...new Set([...base.assumes, ...assumes])],
        signals: [...base.signals, ...signals, 'OCS-08'],
      });
      const places = drawn.signals.map((each, i) => entryOf(each, i, drawn.at, rules));
      // What no rule can say, and what nothing carries, no case may say.
      const kept = drawn.signals.filter((_, i) => {
        const place = places[i];
        if (place?.on !== 'companion') return place !== null;
        return places.some(
          (own) => own?.on === 'own' && own.holder === place.holder && own.time >= place.time,
        );
      });
      return { ...drawn, signals: kept };
    })
    .filter(({ signals }) => signals.some(({ on }) => on !== 'companion'));
}

describe('a second answer', () => {
  it.each(composites.map((composite) => [composite.file.id, composite] as const))(
    'is that of the composer for each case of %s',
    (_id, composite) => {
      expect(answersOf(composite, composite.cases)).toEqual(
        composite.cases.map((given) => answerOf(composite.file, given, rules)),
      );
    },
  );

  it.each(composites.map((composite) => [composite.file.id, composite] as const))(
    'is that of the composer for cases of %s that nobody wrote',
    (_id, composite) => {
      let fired = 0;
      fc.assert(
        fc.property(caseOf(composite), (given) => {
          const [answer] = answersOf(composite, [given]);
          fired += Number(answer?.fires);
          expect(answer).toEqual(answerOf(composite.file, given, rules));
        }),
        { numRuns: RUNS },
      );
      expect(fired, 'some of the cases must fire, or little was compared').toBeGreaterThan(RUNS / 20);
    },
    60_000,
  );
});
