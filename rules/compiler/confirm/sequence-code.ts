/** How many sequences of a feature are complete, as code: its events over one window, matched by the reference's own function. */
import type { FeatureProgram } from '../checked-rule.ts';
import { literal } from '../plan/literal.ts';
import { placeCode, TOO_MANY_MISSING, windowCode } from './window-code.ts';

interface SequenceParts {
  /** What code calls the window where it is one of the calendar. */
  readonly calendar: string;
  /** Holds where `key` is known. */
  readonly keyIsKnown: string;
  /** What a condition says of event `i`: 0 false, 1 true, 2 unknown, 3 undecided. */
  truth(predicate: number): string;
}

/** Body of a method; `f` numbers the feature. */
export function sequenceCode(
  { by, sequence, window }: FeatureProgram,
  f: number,
  { calendar, keyIsKnown, truth }: SequenceParts,
): string[] {
  const { steps, withinMs } = sequence!;
  const each = (join: string, code: (step: string, i: number) => string) =>
    steps.map((_, i) => code(`s${i}`, i)).join(join);
  return [
    ...windowCode(window!, calendar, 'NaN'),
    `const held = this.r${f}; let n = 0; let x = 0;`,
    'for (let i = from; i < to; i++) {',
    ...placeCode(window!),
    ...steps.map((step, i) => `const s${i} = ${truth(step)};`),
    `if (${each(' && ', (step) => `${step} === 0`)}) continue;`,
    `if (${each(' || ', (step) => `${step} === 3`)}) { fail(); return NaN; }`,
    `if (${each(' || ', (step) => `${step} === 2`)} || dayless) { x += 1; continue; }`,
    ...(by === null
      ? []
      : [`const key = this.x_${by.name}[i];`, `if (!(${keyIsKnown})) { x += 1; continue; }`]),
    'held.positions[n] = i; held.timesMs[n] = time[i];',
    `held.does[n] = ${each(' | ', (step, i) => `(${step} === 1 ? ${literal(2 ** i)} : 0)`)};`,
    ...(by === null ? [] : ['held.keys[n] = key;']),
    'n += 1;',
    '}',
    'held.to = n;',
    `if (${TOO_MANY_MISSING}) return NaN;`,
    `return sequencesIn(held, ${literal(steps.length)}, ${literal(withinMs)}).length;`,
  ];
}
