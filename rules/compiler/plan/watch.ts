/**
 * Watches: of each gate some counters of which one must have come so far before the gate can open. Whoever raises a counter to
 * where a watch has it notes the rule in the record, and no gate is asked of which nothing is noted. What was noted stays until
 * the gate is asked and finds none of them there any more: counters only fall when their pane goes by.
 */
import type { Gate, Term } from './gate.ts';
import type { Tally } from './record-part.ts';

/** A counter, by its place among those of the record, and the sum of its panes from which the gate may be open. */
export interface Watched {
  readonly counter: number;
  readonly least: number;
}

/** What asks for many events is seldom reached; a sum of amounts may be reached by one event. */
const TALLY_RANK = 2;

/** Counters of which one has come so far wherever the gate is open; null where the gate asks of none. */
export function watchOf(
  gate: Gate,
  counterOf: (asked: Term['count'] | Tally) => number,
  needed: (gate: Gate & { op: 'atLeast' | 'tally' }) => number,
): readonly Watched[] | null {
  return chosen(gate)?.watched ?? null;

  function chosen(part: Gate): Choice | null {
    switch (part.op) {
      case 'constant':
        return part.value ? null : { watched: [], rank: Number.POSITIVE_INFINITY };
      case 'values':
        return null;
      case 'tally':
        return { watched: [{ counter: counterOf(part.tally), least: needed(part) }], rank: TALLY_RANK };
      case 'atLeast': {
        // If all terms lay below it, so would their sum.
        const all = part.terms.reduce((sum, { coefficient }) => sum + coefficient, 0);
        const least = Math.ceil(needed(part) / all);
        return {
          watched: part.terms.map(({ count }) => ({ counter: counterOf(count), least })),
          rank: least,
        };
      }
      case 'all':
        return part.parts
          .map(chosen)
          .reduce((best, each) => (each !== null && each.rank > (best?.rank ?? 0) ? each : best), null);
      case 'any': {
        const parts = part.parts.map(chosen);
        if (parts.includes(null)) return null;
        const choices = parts as Choice[];
        return {
          watched: choices.flatMap(({ watched }) => watched),
          rank: Math.min(...choices.map(({ rank }) => rank)),
        };
      }
    }
  }
}

interface Choice {
  readonly watched: readonly Watched[];
  /** The higher, the seldomer it is reached. */
  readonly rank: number;
}
