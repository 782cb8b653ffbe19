/** Which of the events at hand a window takes as of the event of the evaluation (SEMANTICS §2), as code. */
import { LIMITS } from '../../../schemas/identity.ts';
import { literal } from '../plan/literal.ts';
import { type Window, windowReachMs } from '../window.ts';

/** Of `x` missing events and `n` others too many are missing for the feature to be evaluable (SEMANTICS §4). */
export const TOO_MANY_MISSING = '10 * x > n + x';

/** Declares `from` and `to`, half-open; leaves the function with `unknown` where the window is unknown or cut. */
export function windowCode(window: Window, name: string, unknown: string): string[] {
  const lines = ['const time = this.time;'];
  if (window.kind === 'sliding') {
    const end =
      window.skipMs === 0 ? 'this.k + 1' : `firstAfter(time, this.k + 1, this.t - ${literal(window.skipMs)})`;
    lines.push(`const to = ${end};`);
  } else {
    lines.push(
      'const localDays = this.x_localDay; const today = localDays[this.k];',
      `if (today !== today) return ${unknown};`,
      `const days = ${name}.of(today); const firstDay = days[0]; const lastDay = days[1];`,
      `if (firstDay !== firstDay) return ${unknown};`,
      'const to = this.k + 1;',
    );
  }
  lines.push(`const from = firstAfter(time, to, this.t - ${literal(windowReachMs(window))});`);
  lines.push(cutCode('from', 'to', unknown));
  return lines;
}

/** What the history cap leaves out is left to the reference. */
export function cutCode(from: string, to: string, unknown: string): string {
  return `if (${isCutCode(from, to)}) { fail(); return ${unknown}; }`;
}

/** The history cap leaves out the first event of a window. */
export function isCutCode(from: string, to: string): string {
  return `${from} < ${to} && this.pos[${from}] <= this.at - ${literal(LIMITS.HISTORY_EVENTS)}`;
}

/** Passes over event `i` where a calendar window does not take it; `dayless` says that it cannot be placed. */
export function placeCode(window: Window): string[] {
  if (window.kind === 'sliding') return ['const dayless = false;'];
  return [
    'const day = localDays[i]; let dayless = false;',
    `if (day !== day) { if (time[i] > this.t - ${literal(window.lengthMs)}) dayless = true; else continue; }`,
    'else if (day < firstDay || day > lastDay) continue;',
  ];
}
