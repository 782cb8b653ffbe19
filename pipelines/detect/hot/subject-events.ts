/** Events of subjects as the reference program reads them, in lists that grow at their end. */
import type { RuleEvent } from '../../../schemas/event-fields.ts';
import { factEvent } from '../../facts/event.ts';
import type { FactStore } from '../../facts/store.ts';
import type { KindTier } from './kind-tier.ts';
import type { RowQuestions } from './row-questions.ts';

export class SubjectEvents {
  readonly #store: FactStore;
  readonly #rows: Pick<RowQuestions, 'reversalsOf'>;

  constructor(store: FactStore, rows: Pick<RowQuestions, 'reversalsOf'>) {
    this.#store = store;
    this.#rows = rows;
  }

  /** Reads the events of a subject beyond those that `events` holds. */
  read(tier: KindTier, line: number, events: RuleEvent[]): void {
    const from = events.length;
    const length = tier.slab.lengthOf(line);
    if (length === from) return;
    events.length = length;
    const { standpoint } = tier.plan;
    tier.readBack(line, from, (position, leg) => {
      events[position] = factEvent(this.#store, leg, standpoint, this.#rows.reversalsOf(leg >> 1));
      return true;
    });
  }

  /** Reads anew those of `events` whose reversals are others than they were. */
  renew(tier: KindTier, line: number, events: RuleEvent[]): void {
    const { standpoint } = tier.plan;
    tier.readBack(line, 0, (position, leg) => {
      const reversals = this.#rows.reversalsOf(leg >> 1);
      if (position < events.length && (events[position] as RuleEvent).reversals !== reversals) {
        events[position] = factEvent(this.#store, leg, standpoint, reversals);
      }
      return true;
    });
  }
}
