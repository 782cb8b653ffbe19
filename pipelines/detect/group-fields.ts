/**
 * What groups of a row say: the fields of events that are read from one group alone, and those that hold it against the amount.
 * Documents and columns are read by the same functions, once a row and once a different group.
 */
import { civilDay } from '../../rules/reference/civil-day.ts';
import type { FieldValue } from '../../schemas/event-fields.ts';
import type { SparseColumnName } from '../../schemas/sparse-facts.ts';
import type { Transaction } from '../../schemas/transaction.ts';

type Group<K extends keyof Transaction> = NonNullable<Transaction[K]>;
type Readers<K extends keyof Transaction> = Readonly<
  Partial<Record<SparseColumnName, (group: Group<K>) => FieldValue>>
>;
type Money = NonNullable<Transaction['instructed']>;
type Counted = NonNullable<NonNullable<Transaction['cash']>['in']>[number];

const or = <T>(value: T | undefined): T | null => value ?? null;
const dayOf = (date: string | undefined): number | null => (date === undefined ? null : civilDay(date));

/** Notes and coins that are small and large, in major units, by currency. */
const SIZES: Readonly<Record<string, { readonly small: number; readonly large: number }>> = {
  USD: { small: 20, large: 50 },
  CAD: { small: 20, large: 50 },
  MXN: { small: 100, large: 500 },
};
const FACE = /^\d{1,9}(\.\d{1,3})?$/;
/** Faces are counted in thousandths of a major unit. */
const FACE_UNITS = 1_000;

/** Share of the value that the pieces have which `counts` is true of, in thousandths; null where it cannot be said. */
function shareOf(
  pieces: readonly Counted[] | undefined,
  counts: (piece: Counted, face: number, sizes: { small: number; large: number }) => boolean,
): number | null {
  const ccy = pieces?.[0]?.ccy;
  const sizes = ccy === undefined || !Object.hasOwn(SIZES, ccy) ? undefined : SIZES[ccy];
  if (pieces === undefined || sizes === undefined) return null;
  let [all, part] = [0n, 0n];
  for (const piece of pieces) {
    if (piece.ccy !== ccy || !FACE.test(piece.face)) return null;
    const face = Math.round(Number(piece.face) * FACE_UNITS);
    const value = BigInt(face) * BigInt(piece.count);
    all += value;
    if (counts(piece, face / FACE_UNITS, sizes)) part += value;
  }
  return all === 0n ? null : Number((1_000n * part) / all);
}

const safe = (value: bigint): number | null => {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : null;
};

/** The floor of a quotient whose divisor is above 0. */
export function floorOver(dividend: bigint, divisor: bigint): number | null {
  const quotient = dividend / divisor;
  return safe(dividend % divisor < 0n ? quotient - 1n : quotient);
}

export const GROUP_READERS = {
  card: {
    merchant: ({ subMerchant, merchantId }) => subMerchant ?? merchantId ?? null,
    merchantClass: (card) => or(card.merchantDescriptorClass),
    cardToken: (card) => or(card.token),
    recurring: (card) => or(card.recurring),
  } satisfies Readers<'card'>,
  cash: {
    cashSmallMilli: (cash) =>
      shareOf(cash.in, ({ note }, face, { small }) => note === 'coin' || face <= small),
    cashLargeOutMilli: (cash) =>
      shareOf(cash.out, ({ note }, face, { large }) => note === 'note' && face >= large),
  } satisfies Readers<'cash'>,
  mto: {
    mtoOperator: (mto) => mto.operator,
    declaredRelationship: (mto) => or(mto.declaredRelationshipClass),
    declaredPurpose: (mto) => or(mto.declaredPurposeClass),
  } satisfies Readers<'mto'>,
  payroll: {
    employer: (payroll) => payroll.employer,
    employee: (payroll) => payroll.employee,
    payNetMilli: ({ gross, net }) =>
      gross === undefined || net === undefined || gross.ccy !== net.ccy || BigInt(gross.minor) <= 0n
        ? null
        : floorOver(1_000n * BigInt(net.minor), BigInt(gross.minor)),
    payPeriodDays: ({ periodFrom, periodTo }) => {
      const [from, to] = [dayOf(periodFrom), dayOf(periodTo)];
      return from === null || to === null || to < from ? null : to - from + 1;
    },
  } satisfies Readers<'payroll'>,
  loan: {
    loanContract: (loan) => loan.contractToken,
    lenderLicensed: (loan) => or(loan.lenderLicensed),
  } satisfies Readers<'loan'>,
  lodging: {
    lodgingNights: (lodging) => lodging.nights,
    lodgingRooms: (lodging) => or(lodging.rooms),
    lodgingDay: (lodging) => dayOf(lodging.checkIn),
  } satisfies Readers<'lodging'>,
  travel: {
    travelFrom: (travel) => or(travel.from),
    travelDay: (travel) => dayOf(travel.depart),
    oneWay: (travel) => or(travel.oneWay),
    passengers: ({ passengers }) => or(passengers?.length),
    bookedBy: (travel) => or(travel.bookedBy),
  } satisfies Readers<'travel'>,
  telecom: { toppedUp: (telecom) => telecom.toppedUpToken } satisfies Readers<'telecom'>,
  session: {
    device: (session) => or(session.deviceToken),
    ip: (session) => or(session.ipToken),
    ipCountry: (session) => or(session.ipCountry),
    ipClass: (session) => or(session.ipClass),
  } satisfies Readers<'session'>,
  va: {
    asset: (va) => va.asset,
    chain: (va) => va.chain,
    custody: (va) => or(va.custody),
    vaspFrom: (va) => or(va.vaspFrom),
    vaspTo: (va) => or(va.vaspTo),
    kiosk: (va) => or(va.kioskId),
    walletFrom: ({ from }) => or(from?.[0]),
    walletTo: ({ to }) => or(to?.[0]),
  } satisfies Readers<'va'>,
  conductors: {
    conductorAgeBand: ([first]) => or(first?.ageBandAtEvent),
    idRefused: ([first]) => or(first?.idRefused),
    onBehalfOf: (people) => people.flatMap(({ onBehalfOf = [] }) => onBehalfOf)[0]?.ref ?? null,
  } satisfies Readers<'conductors'>,
  beneficiaries: { beneficiary: ([first]) => or(first?.ref) } satisfies Readers<'beneficiaries'>,
  employee: { staff: ({ token }) => token } satisfies Readers<'employee'>,
} as const;

export type ReadGroup = keyof typeof GROUP_READERS;

/** What was settled, and what that is in other currencies and in wages; null where it is not known. */
export interface Settled {
  /** A number where it is safe. */
  readonly minor: number | bigint;
  readonly ccy: string;
  readonly usd: number | null;
  readonly mxn: number | null;
  readonly cad: number | null;
  readonly wageMilli: number | null;
}

/** An amount of a group in minor units of what was settled; null in another currency, and where it is no safe integer. */
export function settledMinor(money: Money | undefined, ccy: string): number | null {
  return money === undefined || money.ccy !== ccy ? null : safe(BigInt(money.minor));
}

/** Days worked are stated to the thousandth. */
const DAY_UNITS = 1_000;

/** Pay for a day worked over the daily wage, thousandths: the wage itself is known by the settled amount over it. */
export function payDayWageMilli(
  { gross, net, days }: Group<'payroll'>,
  { minor, ccy, wageMilli }: Settled,
): number | null {
  const worked = BigInt(Math.round((days ?? 0) * DAY_UNITS));
  if (worked === 0n || wageMilli === null) return null;
  const pay = gross ?? net;
  if (pay === undefined) return floorOver(BigInt(wageMilli) * BigInt(DAY_UNITS), worked);
  if (pay.ccy !== ccy || BigInt(minor) <= 0n) return null;
  return floorOver(BigInt(wageMilli) * BigInt(DAY_UNITS) * BigInt(pay.minor), worked * BigInt(minor));
}

/** The first passenger who is not this one. */
export function otherPassenger(
  travel: Group<'travel'> | undefined,
  holderKey: string | undefined,
): string | null {
  return travel?.passengers?.find((passenger) => passenger !== holderKey) ?? null;
}
