/**
 * Work in steps: a generator that is left after each bounded piece of it, so that who drives it can do something else in
 * between. It knows no clock: how much is a piece is a number of things done.
 */

export type Steps<T> = Generator<undefined, T, undefined>;

/** Does all that is left at once. */
export function finished<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
