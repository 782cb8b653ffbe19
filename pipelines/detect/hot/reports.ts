/**
 * One transfer, two reports (SEMANTICS §1): which rows a subject reads when several institutions report the same transfer,
 * or when another institution than the one that keeps the account reports it.
 */
import type { Steps } from '../../../rules/compiler/index.ts';
import { TEXT_NULL } from '../../../schemas/facts.ts';
import type { FactDictionary } from '../../facts/dictionary.ts';
import type { FactStore } from '../../facts/store.ts';
import type { CheckpointIn, CheckpointOut } from '../../recovery/checkpoint-image.ts';

/** Visible whatever else is reported, never visible, or a question of the other reports. */
export type Visibility = 'shown' | 'gone' | 'open';

export class Reports {
  readonly #store: FactStore;
  readonly #dictionary: FactDictionary;
  /** Event time from which an institution was declared as submitting, by id of its name. */
  readonly #declaredFrom = new Map<number, number>();

  constructor(store: FactStore, dictionary: FactDictionary) {
    this.#store = store;
    this.#dictionary = dictionary;
  }

  /** From `fromMs` on the institution submits a feed of its own; false if that was known. */
  declare(institution: number, fromMs: number): boolean {
    if ((this.#declaredFrom.get(institution) ?? Number.POSITIVE_INFINITY) <= fromMs) return false;
    this.#declaredFrom.set(institution, fromMs);
    return true;
  }

  /**
   * Of a leg alone. Only accounts and holders (`isOwner`) have an institution that keeps them; declarations are never taken
   * back, so that what is gone stays gone.
   */
  visibility(leg: number, isOwner: boolean): Visibility {
    const keeper = isOwner ? this.#keeperOf(leg) : TEXT_NULL;
    if (keeper === TEXT_NULL) return 'open';
    if (keeper === this.#senderOf(leg)) return 'shown';
    return this.#isDeclared(keeper, leg) ? 'gone' : 'open';
  }

  /** Of the legs of one subject, those that are visible, and those that other reports hide. */
  visible(legs: readonly number[], isOwner: boolean): { shown: number[]; hidden: number[] } {
    const groups = new Map<number, number[]>();
    const shown: number[] = [];
    const hidden: number[] = [];
    for (const leg of legs) {
      const reference = this.#store.sharedRefOf(leg >> 1);
      if (reference === TEXT_NULL) continue;
      const group = groups.get(reference);
      if (group === undefined) groups.set(reference, [this.#senderOf(leg)]);
      else group.push(this.#senderOf(leg));
    }
    for (const leg of legs) {
      const reference = this.#store.sharedRefOf(leg >> 1);
      if (this.#isShown(leg, isOwner, groups.get(reference))) shown.push(leg);
      else if (reference !== TEXT_NULL) hidden.push(leg);
    }
    return { shown, hidden };
  }

  /** `senders`: who reports the transfer to the subject, this leg's own sender among them. */
  #isShown(leg: number, isOwner: boolean, senders: readonly number[] | undefined): boolean {
    const sender = this.#senderOf(leg);
    const keeper = isOwner ? this.#keeperOf(leg) : TEXT_NULL;
    if (senders !== undefined && senders.length > 1 && this.#reporterOf(senders, keeper) !== sender)
      return false;
    return keeper === TEXT_NULL || keeper === sender || !this.#isDeclared(keeper, leg);
  }

  /** Of several reports that of the institution that keeps the account, else of the smallest. */
  #reporterOf(senders: readonly number[], keeper: number): number {
    if (keeper !== TEXT_NULL && senders.includes(keeper)) return keeper;
    return senders.reduce((least, sender) =>
      this.#dictionary.interner.compare(sender, least) < 0 ? sender : least,
    );
  }

  *save(out: CheckpointOut): Steps<void> {
    yield* out.list('declared', this.#declaredFrom);
  }

  load(image: CheckpointIn): void {
    for (const [institution, fromMs] of image.list('declared') as Iterable<[number, number]>)
      this.#declaredFrom.set(institution, fromMs);
  }

  #keeperOf(leg: number): number {
    const row = leg >> 1;
    const { columns, rowMask } = this.#store.home(row);
    return columns.bank[2 * (row & rowMask) + (leg & 1)] as number;
  }

  #senderOf(leg: number): number {
    return this.#store.institutionOf(leg >> 1);
  }

  #isDeclared(institution: number, leg: number): boolean {
    const from = this.#declaredFrom.get(institution);
    return from !== undefined && from <= this.#store.timeOf(leg >> 1);
  }
}
