/** Least coverage and coarsest precision that events show. */
import { COVERAGES, PRECISIONS } from '../../../schemas/enumerations.ts';
import type { Value } from '../checked-rule.ts';
import { slotOf } from '../field-slots.ts';
import type { HistoryIndex } from './history-index.ts';

const COVERAGE = slotOf('coverage');
const PRECISION = slotOf('precision');

function coverageAt(history: HistoryIndex, position: number): number {
  return (COVERAGES as readonly Value[]).indexOf(history.valueAt(COVERAGE, position));
}

function precisionAt(history: HistoryIndex, position: number): number {
  return (PRECISIONS as readonly Value[]).indexOf(history.valueAt(PRECISION, position));
}

/** Ranks in `COVERAGES` and `PRECISIONS`, the worst so far; -1 where no event says. */
export class WorstRanks {
  coverage = -1;
  precision = -1;
  isEmpty = true;

  add(history: HistoryIndex, position: number): void {
    this.isEmpty = false;
    this.coverage = Math.max(this.coverage, coverageAt(history, position));
    this.precision = Math.max(this.precision, precisionAt(history, position));
  }

  addRanks({ coverage, precision }: { readonly coverage: number; readonly precision: number }): void {
    this.isEmpty = false;
    this.coverage = Math.max(this.coverage, coverage);
    this.precision = Math.max(this.precision, precision);
  }
}

/** Where each rank came last among events that are looked at once each: the worst of those from any position on. */
export class RankTail {
  readonly #coverages = COVERAGES.map(() => -1);
  readonly #precisions = PRECISIONS.map(() => -1);

  add(history: HistoryIndex, position: number): void {
    const coverage = coverageAt(history, position);
    const precision = precisionAt(history, position);
    if (coverage >= 0) this.#coverages[coverage] = position;
    if (precision >= 0) this.#precisions[precision] = position;
  }

  since(position: number): { readonly coverage: number; readonly precision: number } {
    const isThere = (last: number) => last >= position;
    return {
      coverage: this.#coverages.findLastIndex(isThere),
      precision: this.#precisions.findLastIndex(isThere),
    };
  }
}
