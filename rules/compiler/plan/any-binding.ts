/** A binding where no rows are: for plans that are looked at, not run. */
import type { EvaluationContext } from '../reference/evaluation.ts';
import type { FactBinding } from './reading.ts';

/** Members of sets that have a bit of their own in the facts of an event. */
const MEMBER_BITS = 31;

/** Numbers texts as they come: only the form of the code depends on them. */
export function anyBinding(thresholdRange: EvaluationContext['thresholdRange']): FactBinding {
  const ids = new Map<string, number>();
  const members = new Map<string, number>();
  const numbered = (numbers: Map<string, number>, text: string) => {
    const number = numbers.get(text) ?? numbers.size;
    numbers.set(text, number);
    return number;
  };
  return {
    textId: (text) => numbered(ids, text),
    memberBit: (text) => {
      const bit = numbered(members, text);
      return bit < MEMBER_BITS ? bit : -1;
    },
    thresholdRange: (id) => thresholdRange?.(id),
  };
}
