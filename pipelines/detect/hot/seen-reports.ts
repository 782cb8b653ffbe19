/** What a tier has seen of each shared reference: reports that nothing can hide, and such that others may. */

import type { Steps } from '../../../rules/compiler/index.ts';
import type { CheckpointIn, CheckpointOut } from '../../recovery/checkpoint-image.ts';

export const REPORTS_SETTLED = 1;
export const REPORTS_OPEN = 2;
const FIRST_REFERENCES = 1_024;

export class SeenReports {
  /** By id of the reference; 0 is nothing. */
  #seen = new Uint8Array(0);

  /** Notes a report; returns what was seen of the reference before. */
  see(reference: number, report: typeof REPORTS_SETTLED | typeof REPORTS_OPEN): number {
    if (reference >= this.#seen.length) {
      const grown = new Uint8Array(Math.max(reference + 1, FIRST_REFERENCES, 2 * this.#seen.length));
      grown.set(this.#seen);
      this.#seen = grown;
    }
    const before = this.#seen[reference] as number;
    this.#seen[reference] = Math.max(before, report);
    return before;
  }

  *save(out: CheckpointOut): Steps<void> {
    yield* out.array('reports', this.#seen);
  }

  load(image: CheckpointIn): void {
    this.#seen = image.array('reports', Uint8Array);
  }
}
