/** Rows to the tiers of their subjects: accounts and holders by the columns that name them, the others by their members. */
import { type FactBatch, type FactColumns, TEXT_NULL } from '../../../schemas/facts.ts';
import { OWNER_LEGS, ownerLegs } from '../../facts/owner-legs.ts';
import type { FactStore } from '../../facts/store.ts';
import type { OwnedKeys } from '../../partition/owned-keys.ts';
import type { KindTier } from './kind-tier.ts';
import type { Reports } from './reports.ts';
import type { RowQuestions } from './row-questions.ts';

const ROW_MASK = 0xffff;

export interface SubjectFeederOptions {
  readonly accounts: KindTier | undefined;
  readonly holders: KindTier | undefined;
  /** Tiers of the other kinds, by index in `SUBJECT_KINDS`. */
  readonly others: readonly (KindTier | undefined)[];
  readonly store: FactStore;
  readonly rows: RowQuestions;
  readonly reports: Reports;
  /** Keys of the subjects to feed; undefined for all. */
  readonly owned: OwnedKeys | undefined;
}

export class SubjectFeeder {
  readonly #account: KindTier | undefined;
  readonly #holder: KindTier | undefined;
  readonly #others: SubjectFeederOptions['others'];
  readonly #store: FactStore;
  readonly #rows: RowQuestions;
  readonly #reports: Reports;
  readonly #owned: OwnedKeys | undefined;
  readonly #tiers: readonly KindTier[];
  #row = 0;
  /** Of the row at hand. One closure for all rows. */
  readonly #feedMemberOf = (kind: number, key: number, side: number): void => {
    const tier = this.#others[kind];
    if (tier === undefined) return;
    const row = this.#row;
    this.#feedMember(tier, key, 2 * row + side, this.#store.timeOf(row), this.#store.sharedRefOf(row));
  };

  constructor({ accounts, holders, others, store, rows, reports, owned }: SubjectFeederOptions) {
    this.#account = accounts;
    this.#holder = holders;
    this.#others = others;
    this.#store = store;
    this.#rows = rows;
    this.#reports = reports;
    this.#owned = owned;
    this.#tiers = [accounts, holders, ...others].filter((tier) => tier !== undefined);
  }

  #readFrom(columns: FactColumns, origin: number): void {
    for (const tier of this.#tiers) tier.readFrom(columns, origin);
  }

  /**
   * Takes in the rows of a batch, which are in the store from `first` on, are effective and reverse nothing. They are read from
   * the batch: its arrays are of one kind each, and still near. Nothing of it is read afterwards.
   */
  feed(first: number, { rows, columns, sharedRef, members }: FactBatch): void {
    this.#readFrom(columns, first);
    for (let place = 0; place < rows; place++) {
      const row = first + place;
      if (!this.#rows.isDead(row)) this.#feedOwners(columns, place, row, sharedRef[place] as number);
    }
    for (let i = 0; i < members.count; i++) {
      const tier = this.#others[members.kind[i] as number];
      if (tier === undefined) continue;
      const place = members.row[i] as number;
      if (this.#rows.isDead(first + place)) continue;
      const leg = 2 * (first + place) + (members.side[i] as number);
      const timeMs = columns.time[place] as number;
      this.#feedMember(tier, members.key[i] as number, leg, timeMs, sharedRef[place] as number);
    }
    for (const tier of this.#tiers) tier.flush();
  }

  /** As `feed`, of `count` rows in the order in which they are listed; those that do not count are passed over. */
  feedListed(rows: Int32Array, count: number): void {
    for (let i = 0; i < count; i++) this.feedOne(rows[i] as number);
  }

  /** Accounts and holders of the row at `place` of the columns, which is row `row` of the store. */
  #feedOwners(columns: FactColumns, place: number, row: number, reference: number): void {
    const { account, party, bank } = columns;
    const timeMs = columns.time[place] as number;
    const sender = columns.institution[place] as number;
    const accounts = this.#account;
    const holders = this.#holder;
    const leg = 2 * row;
    const out = 2 * place;
    const isPlain =
      reference === TEXT_NULL &&
      this.#isOwnReport(bank[out] as number, sender) &&
      this.#isOwnReport(bank[out + 1] as number, sender);
    const legs = ownerLegs(columns, place);
    if (accounts !== undefined) {
      if ((legs & OWNER_LEGS.accountOut) !== 0) {
        this.#feedOwner(accounts, account[out] as number, leg, timeMs, reference, isPlain);
      }
      if ((legs & OWNER_LEGS.accountIn) !== 0) {
        this.#feedOwner(accounts, account[out + 1] as number, leg + 1, timeMs, reference, isPlain);
      }
    }
    if (holders !== undefined) {
      if ((legs & OWNER_LEGS.holderOut) !== 0) {
        this.#feedOwner(holders, party[out] as number, leg, timeMs, reference, isPlain);
      }
      if ((legs & OWNER_LEGS.holderIn) !== 0) {
        this.#feedOwner(holders, party[out + 1] as number, leg + 1, timeMs, reference, isPlain);
      }
    }
  }

  /** Reported by the institution that keeps the account, or by the only one that could: no declaration can hide it. */
  #isOwnReport(bank: number, sender: number): boolean {
    return bank === TEXT_NULL || bank === sender;
  }

  /** `isPlain`: no other report of the transfer, and no declaration, can change what the subject reads. */
  #feedOwner(
    tier: KindTier,
    key: number,
    leg: number,
    timeMs: number,
    reference: number,
    isPlain: boolean,
  ): void {
    if (this.#owned !== undefined && !this.#owned.has(key)) return;
    if (isPlain) tier.add(key, leg, timeMs);
    else if (reference !== TEXT_NULL) tier.addReported(key, leg, timeMs, reference);
    else if (this.#reports.visibility(leg, true) !== 'gone') tier.addForeign(key, leg, timeMs);
  }

  #feedMember(tier: KindTier, key: number, leg: number, timeMs: number, reference: number): void {
    if (this.#owned !== undefined && !this.#owned.has(key)) return;
    if (reference === TEXT_NULL) tier.add(key, leg, timeMs);
    else tier.addReported(key, leg, timeMs, reference);
  }

  /** As `feed`, of one row of the store. */
  feedOne(row: number): void {
    if (this.#rows.isDead(row)) return;
    this.#feedStoredOwners(row, row + 1);
    this.#feedMembers(row);
  }

  /** As `feed`, of rows of one segment that lie in the store for some time. */
  feedStored(from: number, end: number): void {
    this.#feedStoredOwners(from, end);
    for (let row = from; row < end; row++) if (!this.#rows.isDead(row)) this.#feedMembers(row);
  }

  /** Accounts and holders of rows of one segment of the store. */
  #feedStoredOwners(from: number, end: number): void {
    const columns = this.#store.columns(from);
    const origin = from - (from & ROW_MASK);
    this.#readFrom(columns, origin);
    for (let row = from; row < end; row++) {
      if (this.#rows.isDead(row)) continue;
      this.#feedOwners(columns, row - origin, row, this.#store.sharedRefOf(row));
    }
  }

  #feedMembers(row: number): void {
    this.#row = row;
    this.#store.eachMember(row, this.#feedMemberOf);
  }
}
