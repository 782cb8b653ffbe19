/**
 * Facts of a composed row. What each means is said by `detect/event-view.ts` and `detect/subjects.ts`; this is the same, read
 * from fragments, and the comparison of both paths (`test/property/columns.test.ts`) holds it to that, column by column.
 */

import type { Cities } from '../../../rules/reference/cities.ts';
import { weekdayOf } from '../../../schemas/derived-facts.ts';
import { PRECISIONS, SUBJECT_KINDS, type SubjectKind } from '../../../schemas/enumerations.ts';
import { BYTE_NULL, type FactColumns, SMALL_NULL, TEXT_NULL } from '../../../schemas/facts.ts';
import type { SparseColumnName } from '../../../schemas/sparse-facts.ts';
import {
  GROUP_READERS,
  otherPassenger,
  payDayWageMilli,
  type ReadGroup,
  type Settled,
  settledMinor,
} from '../../detect/group-fields.ts';
import { incomeMilli, isEmployedBy, isOutOfHours } from '../../detect/side-fields.ts';
import type { BareTransaction } from '../row-tree.ts';
import { type Fragment, GROUP, type SparseFact } from './fragment.ts';
import type { Head } from './head.ts';
import type { OpenBlock } from './open-block.ts';
import type { LegPlace, ListFacts, PlacesFacts } from './place-facts.ts';
import type { SideFacts } from './side-facts.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const NIGHT_FROM_MINUTE = 22 * 60;
const NIGHT_UNTIL_MINUTE = 6 * 60;
const MINUTES_PER_HOUR = 60;
const DAY = PRECISIONS.indexOf('day');
const BATCH = PRECISIONS.indexOf('batch');
const DEBTOR = 0;
const CREDITOR = 1;

/** Groups that sparse columns are read from. */
const READ_GROUPS: readonly number[] = (Object.keys(GROUP_READERS) as ReadGroup[]).map(
  (group) => GROUP[group],
);

const KIND = Object.fromEntries(SUBJECT_KINDS.map((kind, i) => [kind, i])) as Readonly<
  Record<SubjectKind, number>
>;

/** A row as the composer hands it on; one object, filled again and again. */
export interface ComposedRow {
  /** Event time in ms, and its place in `PRECISIONS`. */
  time: number;
  precision: number;
  offsetMin: number;
  hasOffset: boolean;
  head: Head;
  /** Minor units; NaN where unknown. */
  minor: number;
  usd: number;
  mxn: number;
  cad: number;
  wageMilli: number;
  debtor: SideFacts;
  creditor: SideFacts;
  places: PlacesFacts;
  lists: ListFacts;
  readonly fragments: readonly (Fragment | null)[];
}

export class FactWriter {
  readonly #block: OpenBlock;
  readonly #columns: FactColumns;
  readonly #cities: Cities;
  readonly #hasTravel: boolean;

  constructor(block: OpenBlock, cities: Cities, hasTravel: boolean) {
    this.#block = block;
    this.#cities = cities;
    this.#columns = block.columns;
    this.#hasTravel = hasTravel;
  }

  write(row: ComposedRow): void {
    const c = this.#columns;
    const r = this.#block.rows;
    const { head, debtor, creditor, places, fragments } = row;
    this.#block.sparse.begin(r);
    c.time[r] = row.time;
    c.kind[r] = head.kind;
    c.rail[r] = head.rail;
    c.channel[r] = head.channel;
    c.instrument[r] = head.instrument;
    c.status[r] = head.status;
    c.precision[r] = row.precision;
    c.purpose[r] = head.purpose;
    c.railPurpose[r] = head.railPurpose;
    c.institution[r] = head.space.institutionId;
    c.ccy[r] = head.ccyId;
    c.amount[r] = row.minor;
    c.amountUsd[r] = row.usd;
    c.amountMxn[r] = row.mxn;
    c.amountCad[r] = row.cad;
    c.wageMilli[r] = row.wageMilli;
    c.nightNormMilli[r] = head.nightNorm;
    this.#times(row, r);
    c.isKin[r] = isKin(debtor, creditor) ? 1 : 0;
    c.isOwn[r] = debtor.party !== TEXT_NULL && debtor.party === creditor.party ? 1 : 0;
    c.placeLists[r] = row.lists.set;
    c.textClasses[r] = fragments[GROUP.purposeText]?.text?.set ?? 0;
    c.payPlaceAdmin1[r] = places.payAdmin1;
    c.sendPlaceAdmin1[r] = places.sendAdmin1;
    c.sendCountry[r] = places.sendCountry === TEXT_NULL ? debtor.country : places.sendCountry;
    this.#groups(row, r);
    this.#leg(row, 2 * r, debtor, creditor, DEBTOR);
    this.#leg(row, 2 * r + 1, creditor, debtor, CREDITOR);
    this.#sparse(row, r);
    this.#members(row);
  }

  #times({ time, precision, hasOffset, offsetMin }: ComposedRow, r: number): void {
    const c = this.#columns;
    const isKnown = precision === DAY || hasOffset;
    const local = precision === DAY ? time : time + offsetMin * MINUTE_MS;
    const day = Math.floor(local / DAY_MS);
    const hasMinute = isKnown && precision !== DAY && precision !== BATCH;
    const minute = hasMinute ? Math.floor((local - day * DAY_MS) / MINUTE_MS) : SMALL_NULL;
    const isNight = minute >= NIGHT_FROM_MINUTE || minute < NIGHT_UNTIL_MINUTE;
    c.localDay[r] = isKnown && precision !== BATCH ? day : SMALL_NULL;
    c.localMinute[r] = minute;
    c.isNight[r] = hasMinute ? (isNight ? 1 : 0) : BYTE_NULL;
    c.nightOf[r] = hasMinute && isNight ? day - (minute < NIGHT_UNTIL_MINUTE ? 1 : 0) : SMALL_NULL;
    c.sendHour[r] = hasMinute ? Math.floor(minute / MINUTES_PER_HOUR) : SMALL_NULL;
  }

  /** Facts of the card, the remittance, the journey, the references. */
  #groups({ time, head, fragments }: ComposedRow, r: number): void {
    const c = this.#columns;
    const card = fragments[GROUP.card];
    const cardInner = card?.inner as BareTransaction['card'];
    const mcc = cardInner?.mcc;
    c.mcc[r] = card?.keys[0] ?? TEXT_NULL;
    c.cardPresent[r] = cardInner?.present === undefined ? BYTE_NULL : Number(cardInner.present);
    const hasLodging = fragments[GROUP.lodging]?.inner !== undefined;
    if (hasLodging) c.isLodging[r] = 1;
    else if (mcc === undefined) c.isLodging[r] = head.isCardPurchase ? BYTE_NULL : 0;
    else c.isLodging[r] = mcc === '7011' || (mcc >= '3501' && mcc <= '3999') ? 1 : 0;
    const mto = fragments[GROUP.mto]?.inner as BareTransaction['mto'];
    c.payoutCash[r] = mto?.payoutMethod === undefined ? BYTE_NULL : Number(mto.payoutMethod === 'cash');
    c.payoutDelayMs[r] = mto?.paidAt === undefined ? Number.NaN : mto.paidAt - (mto.sentAt ?? time);
    const to = fragments[GROUP.travel]?.keys[0] ?? TEXT_NULL;
    c.travelTo[r] = to;
    c.isTicket[r] = to !== TEXT_NULL ? 1 : this.#hasTravel ? 0 : BYTE_NULL;
    c.conductor[r] = fragments[GROUP.conductors]?.conductors?.people[0]?.id ?? TEXT_NULL;
    this.#block.sharedRef[r] = fragments[GROUP.refs]?.keys[0] ?? TEXT_NULL;
  }

  #leg(row: ComposedRow, leg: number, own: SideFacts, other: SideFacts, side: 0 | 1): void {
    const c = this.#columns;
    const { fragments, time } = row;
    c.account[leg] = own.account;
    c.party[leg] = own.party;
    c.bank[leg] = own.bank;
    c.product[leg] = own.product;
    c.partyKind[leg] = own.partyKind;
    c.licences[leg] = own.licences;
    c.sector[leg] = own.sector;
    c.country[leg] = own.country;
    c.admin1[leg] = own.admin1;
    c.municipality[leg] = own.municipality;
    c.ageBand[leg] = own.ageBand;
    c.nightWork[leg] = own.nightWork;
    c.accountAgeDays[leg] =
      own.openedAt === undefined ? SMALL_NULL : Math.floor((time - own.openedAt) / DAY_MS);
    c.coverageOfAccount[leg] = own.coverageOfAccount;
    c.coverageOfFeed[leg] = own.coverageOfFeed;
    const at = legPlace(row, side);
    c.place[leg] = at.place;
    c.placeCountry[leg] = at.country;
    c.placeAdmin1[leg] = at.admin1;
    const home = own.side.admin1;
    c.atHome[leg] =
      at.admin1Text === null || home === undefined
        ? BYTE_NULL
        : at.admin1Text === home || at.admin1Text === own.side.workAdmin1
          ? 1
          : 0;
    const terminal = fragments[GROUP.terminal]?.keys[0] ?? TEXT_NULL;
    c.terminal[leg] = terminal !== TEXT_NULL ? terminal : (fragments[GROUP.mto]?.keys[side] ?? TEXT_NULL);
    const conductors = fragments[GROUP.conductors]?.conductors ?? null;
    const first = conductors?.people[0];
    c.conductorIsHolder[leg] =
      first === undefined ? BYTE_NULL : Number(first.isHolder ?? first.id === own.party);
    if (other.party !== TEXT_NULL) c.source[leg] = other.party;
    else {
      const conductor = conductors?.people.find(
        (person) => person.isHolder !== true && person.id !== own.party,
      );
      c.source[leg] = conductor?.id ?? (terminal !== TEXT_NULL ? terminal : at.place);
    }
    c.toVasp[leg] =
      other.isVasp ||
      row.lists.names.includes(side === DEBTOR ? 'creditor:listed_vasp' : 'debtor:listed_vasp')
        ? 1
        : 0;
  }

  /** What few rows say. */
  #sparse(row: ComposedRow, r: number): void {
    const { sparse } = this.#block;
    const { head, fragments, debtor, creditor } = row;
    for (let i = 0; i < READ_GROUPS.length; i++) {
      const fragment = fragments[READ_GROUPS[i] as number];
      if (fragment === null || fragment === undefined) continue;
      const { facts } = fragment;
      for (let fact = 0; fact < facts.length; fact++) {
        const { name, value } = facts[fact] as SparseFact;
        sparse.putRow(name, r, value);
      }
    }
    if (head.statusReason !== TEXT_NULL) sparse.putRow('statusReason', r, head.statusReason);
    const loan = fragments[GROUP.loan]?.inner as BareTransaction['loan'];
    if (loan !== undefined) {
      this.#put('loanPrincipal', r, settledMinor(loan.principal, head.ccy));
      this.#put('loanOutstanding', r, settledMinor(loan.outstanding, head.ccy));
    }
    const payroll = fragments[GROUP.payroll]?.inner as BareTransaction['payroll'];
    if (payroll !== undefined) this.#put('payDayWageMilli', r, payDayWageMilli(payroll, settledOf(row)));
    const travel = fragments[GROUP.travel]?.inner as BareTransaction['travel'];
    if (travel?.passengers !== undefined) {
      this.#putPassenger(2 * r, otherPassenger(travel, debtor.side.holderKey));
      this.#putPassenger(2 * r + 1, otherPassenger(travel, creditor.side.holderKey));
    }
    this.#city(2 * r, legPlace(row, DEBTOR), debtor);
    this.#city(2 * r + 1, legPlace(row, CREDITOR), creditor);
    if (debtor.hasRecord) this.#record(row, 2 * r, debtor, creditor);
    if (creditor.hasRecord) this.#record(row, 2 * r + 1, creditor, debtor);
  }

  #city(leg: number, { city, cityId }: LegPlace, { homeCity }: SideFacts): void {
    if (city < 0) return;
    const { sparse } = this.#block;
    sparse.putLeg('placeCity', leg, cityId);
    if (homeCity >= 0) sparse.putLeg('homeDistanceM', leg, this.#cities.distanceM(city, homeCity));
  }

  #put(name: SparseColumnName, r: number, value: number | null): void {
    if (value !== null) this.#block.sparse.putRow(name, r, value);
  }

  #putPassenger(leg: number, key: string | null): void {
    if (key !== null) this.#block.sparse.putLeg('passenger', leg, this.#block.dictionary.textId(key));
  }

  /** What is on record of one side. */
  #record(row: ComposedRow, leg: number, own: SideFacts, other: SideFacts): void {
    const { sparse } = this.#block;
    const { side } = own;
    const put = (name: SparseColumnName, value: number | null) => {
      if (value !== null) sparse.putLeg(name, leg, value);
    };
    if (own.occupation !== BYTE_NULL) put('occupation', own.occupation);
    if (side.pep !== undefined) put('pep', Number(side.pep));
    if (side.monthlyIn !== undefined) put('incomeMilli', incomeMilli(side, settledOf(row)));
    if (side.incorporatedAt !== undefined)
      put('incorporatedDays', Math.floor((row.time - side.incorporatedAt) / DAY_MS));
    if (side.nameChanges !== undefined) put('nameChanges', side.nameChanges);
    if (isEmployedBy(side, other.side)) put('isEmployed', 1);
    if (side.openingHours === undefined) return;
    const day = this.#columns.localDay[leg >> 1] as number;
    const minute = this.#columns.localMinute[leg >> 1] as number;
    const isOut = isOutOfHours(
      side,
      day === SMALL_NULL ? null : weekdayOf(day),
      minute === SMALL_NULL ? null : minute,
    );
    if (isOut !== null) put('outOfHours', Number(isOut));
  }

  /** Subjects beside accounts and holders, in the order of `SUBJECT_KINDS`. */
  #members({ head, debtor, creditor, fragments }: ComposedRow): void {
    const block = this.#block;
    block.beginMembers();
    const { institutionId } = head.space;
    if (debtor.party !== TEXT_NULL && debtor.bank !== institutionId)
      block.member(KIND.counterparty, debtor.party, DEBTOR);
    if (creditor.party !== TEXT_NULL && creditor.bank !== institutionId)
      block.member(KIND.counterparty, creditor.party, CREDITOR);
    const acted = debtor.account === TEXT_NULL && creditor.account !== TEXT_NULL ? CREDITOR : DEBTOR;
    const conductors = fragments[GROUP.conductors]?.conductors ?? null;
    if (conductors !== null) for (const { id } of conductors.people) block.member(KIND.conductor, id, acted);
    const beneficiaries = fragments[GROUP.beneficiaries]?.keys;
    if (beneficiaries !== undefined && beneficiaries.length > 0) {
      for (const id of beneficiaries) block.member(KIND.beneficiary, id, CREDITOR);
    } else if (creditor.party !== TEXT_NULL && (head.isMto || head.isCashDeposit))
      block.member(KIND.beneficiary, creditor.party, CREDITOR);
    if (conductors !== null) for (const id of conductors.principals) block.member(KIND.onBehalfOf, id, acted);
    this.#one(KIND.card, fragments[GROUP.card], 1, acted);
    this.#one(KIND.terminal, fragments[GROUP.terminal], 0, acted);
    this.#one(KIND.agentLocation, fragments[GROUP.mto], 0, DEBTOR);
    this.#one(KIND.agentLocation, fragments[GROUP.mto], 1, CREDITOR);
    this.#one(KIND.merchant, fragments[GROUP.card], 2, CREDITOR);
    this.#one(KIND.kiosk, fragments[GROUP.va], 0, acted);
    this.#one(KIND.device, fragments[GROUP.session], 0, acted);
    this.#one(KIND.employee, fragments[GROUP.employee], 0, acted);
    const va = fragments[GROUP.va];
    if (va !== null && va !== undefined) {
      // The kiosk, then how many send, then wallets.
      const senders = va.keys[1] ?? 0;
      for (let i = 2; i < va.keys.length; i++)
        block.member(KIND.wallet, va.keys[i] as number, i < 2 + senders ? DEBTOR : CREDITOR);
    }
  }

  #one(kind: number, fragment: Fragment | null | undefined, key: number, side: number): void {
    const id = fragment?.keys[key] ?? TEXT_NULL;
    if (id !== TEXT_NULL) this.#block.member(kind, id, side);
  }
}

/** Where the subject of one side acted. */
export function legPlace({ head, places }: Pick<ComposedRow, 'head' | 'places'>, side: 0 | 1): LegPlace {
  return places.legs[(head.isMto ? 2 : 0) + side] as LegPlace;
}

/** What a composed row settled: an amount that is not known is NaN there. */
function settledOf({ head, minor, usd, mxn, cad, wageMilli }: ComposedRow): Settled {
  const known = (value: number): number | null => (Number.isNaN(value) ? null : value);
  return {
    minor,
    ccy: head.ccy,
    usd: known(usd),
    mxn: known(mxn),
    cad: known(cad),
    wageMilli: known(wageMilli),
  };
}

/** Two equal surname tokens, or a declared relation either way. */
function isKin(a: SideFacts, b: SideFacts): boolean {
  if (!a.hasKin && !b.hasKin) return false;
  const shared = new Set(a.side.kinTokens?.filter((token) => b.side.kinTokens?.includes(token)));
  if (shared.size >= 2) return true;
  const declares = (from: SideFacts, to: SideFacts): boolean =>
    to.side.holderKey !== undefined && (from.side.relatedKeys?.includes(to.side.holderKey) ?? false);
  return declares(a, b) || declares(b, a);
}
