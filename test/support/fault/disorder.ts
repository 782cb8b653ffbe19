/** Deliveries as they come from a source that sends again, out of order, and late. */
import type { Random } from '../../../pipelines/simulate/random.ts';

/** Records among which the order is lost. */
const WINDOW = 24;
const TWICE = 0.1;
const LATE = 0.04;

export interface Disorder<Item> {
  readonly items: readonly Item[];
  readonly twice: number;
  readonly late: number;
}

/** Every item at least once: some twice, each anywhere within a window, some behind all others. */
export function disordered<Item>(items: readonly Item[], random: Random): Disorder<Item> {
  const now: Item[] = [];
  const late: Item[] = [];
  let twice = 0;
  for (const item of items) {
    const isTwice = random.chance(TWICE);
    if (isTwice) twice++;
    (random.chance(LATE) ? late : now).push(item);
    if (isTwice) (random.chance(LATE) ? late : now).push(item);
  }
  const out: Item[] = [];
  for (let from = 0; from < now.length; from += WINDOW) {
    const some = now.slice(from, from + WINDOW);
    for (let left = some.length; left > 0; left--) {
      const pick = random.int(0, left - 1);
      out.push(some[pick] as Item);
      some[pick] = some[left - 1] as Item;
    }
  }
  return { items: [...out, ...late], twice, late: late.length };
}
