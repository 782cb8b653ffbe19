/** What one institution declared about its cadence, valid from a time of events on; before the first of them it sent files. */
import { type Cadence, FILE_CADENCE } from '../../schemas/cadence.ts';

export class CadenceTimeline {
  readonly #fromMs: number[] = [];
  readonly #cadences: Cadence[] = [];

  /** The cadence from `fromMs` of event time up to the next declaration; of two for one time the later one counts. */
  declare(fromMs: number, cadence: Cadence): void {
    let at = this.#fromMs.findLastIndex((from) => from <= fromMs);
    if (this.#fromMs[at] === fromMs) {
      this.#cadences[at] = cadence;
      return;
    }
    at++;
    this.#fromMs.splice(at, 0, fromMs);
    this.#cadences.splice(at, 0, cadence);
  }

  /** What was declared, by time. */
  declared(): [fromMs: number, cadence: Cadence][] {
    return this.#fromMs.map((fromMs, i) => [fromMs, this.#cadences[i] as Cadence]);
  }

  at(timeMs: number): Cadence {
    for (let i = this.#fromMs.length - 1; i >= 0; i--) {
      if ((this.#fromMs[i] as number) <= timeMs) return this.#cadences[i] as Cadence;
    }
    return FILE_CADENCE;
  }
}
