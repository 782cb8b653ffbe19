/** When, judging by the columns of an event, an expression may be true of it, false, or unknown. */
import { FALSE, type Test, TRUE } from './event-test.ts';

/** Each test holds wherever the outcome is possible; where the columns decide, exactly one of the three holds. */
export interface Outcome {
  readonly true: Test;
  readonly false: Test;
  readonly unknown: Test;
}

/** Nothing in the columns decides; `known` must hold for the value to be known at all. */
export function undecided(known: Test): Outcome {
  return { true: known, false: known, unknown: TRUE };
}

export function decided(value: boolean | null): Outcome {
  return {
    true: value === true ? TRUE : FALSE,
    false: value === false ? TRUE : FALSE,
    unknown: value === null ? TRUE : FALSE,
  };
}
