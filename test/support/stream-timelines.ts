/** Rule sets over time for streams: each says from which event time on it differs from the one before. */
import { type EvaluationContext, mergeRuleSets, type RuleSet } from '../../rules/compiler/index.ts';

export interface RuleStep {
  readonly ruleSet: RuleSet;
  readonly evaluation: EvaluationContext;
  readonly fromMs: number;
}

const ALWAYS = Number.NEGATIVE_INFINITY;
/** Most streams lie around the first days of March. */
const TIMES = [Date.UTC(2026, 2, 1, 5, 20), Date.UTC(2026, 2, 3), Date.UTC(2026, 2, 12, 7, 45, 30)] as const;

/** Thresholds twice as high from a time on. */
function higherFrom(context: EvaluationContext, fromMs: number): EvaluationContext {
  const { thresholdRange: _lower, ...others } = context;
  return {
    ...others,
    thresholdAt(id, timeMs) {
      const value = context.thresholdAt(id, timeMs);
      return value === null || timeMs < fromMs ? value : 2n * BigInt(value);
    },
  };
}

/** Steps to be taken in turn, again and again. */
export function ruleSteps(whole: RuleSet, context: EvaluationContext): readonly RuleStep[] {
  const [early, middle, late] = TIMES;
  const part = (n: number, activeFrom: number): RuleSet => ({
    ...whole,
    activeFrom,
    rules: whole.rules.filter((_, i) => i % 3 !== n),
  });
  const higher = higherFrom(context, middle);
  const step = (sets: readonly RuleSet[], evaluation: EvaluationContext, fromMs: number): RuleStep => ({
    ruleSet: mergeRuleSets(sets),
    evaluation,
    fromMs,
  });
  return [
    // Rules end.
    step([whole, part(0, late)], context, late),
    // And come back, as versions of their own; others end meanwhile.
    step([whole, part(1, middle), { ...whole, activeFrom: late }], context, middle),
    // The same rules under other reference data.
    step([whole, part(1, middle), { ...whole, activeFrom: late }], higher, middle),
    // The intervals of versions become longer and shorter.
    step([whole, part(1, early), { ...whole, activeFrom: late }], higher, early),
    step([whole, part(1, early)], context, middle),
    // Nothing changes.
    step([whole, part(1, early)], context, Number.POSITIVE_INFINITY),
    step([part(2, ALWAYS)], context, ALWAYS),
    step([part(2, ALWAYS), part(2, middle), { ...whole, activeFrom: late }], context, late),
    step([whole], context, ALWAYS),
  ];
}
