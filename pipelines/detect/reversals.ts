/** Which rows of an effective set reverse which: a reversal may come before the row that it reverses, or without it. */
import type { Reversal } from '../../schemas/event-fields.ts';
import { compareRefs } from '../../schemas/order.ts';
import type { Transaction } from '../../schemas/transaction.ts';
import { type EffectiveSet, rowKey } from './effective-set.ts';

const keyOf = ({ institution, id }: Transaction): string => rowKey(institution, id);

function keyOfReversed({ reverses }: Transaction): string {
  return rowKey(reverses?.institution ?? '', reverses?.id ?? '');
}

export class Reversals {
  readonly #set: EffectiveSet;
  /** Keys of the rows that reverse a row, by the key of the reversed one. */
  readonly #reversedBy = new Map<string, Set<string>>();

  constructor(set: EffectiveSet) {
    this.#set = set;
  }

  /** `tx`, which has `reverses`, is effective from now on. */
  note(tx: Transaction): void {
    const key = keyOfReversed(tx);
    this.#reversedBy.set(key, (this.#reversedBy.get(key) ?? new Set()).add(keyOf(tx)));
  }

  forget(tx: Transaction): void {
    this.#reversedBy.get(keyOfReversed(tx))?.delete(keyOf(tx));
  }

  /** Some row reverses, or has reversed, this one. */
  concerns(tx: Transaction): boolean {
    return this.#reversedBy.has(keyOf(tx));
  }

  /** Reversals of a row, in total order. */
  of(tx: Transaction): readonly Reversal[] {
    const keys = this.#reversedBy.get(keyOf(tx));
    if (keys === undefined) return [];
    const out: Reversal[] = [];
    for (const key of keys) {
      const [institution = '', id = ''] = key.split('\u0000');
      const row = this.#set.get(institution, id);
      if (row?.reverses === undefined || row.status !== 'completed') continue;
      out.push({
        time: row.stamp.eventTime,
        institution,
        id,
        version: row.version,
        amountMinor: BigInt(row.reverses.amount?.minor ?? tx.stamp.amountMinor),
      });
    }
    return out.sort(compareRefs);
  }
}
