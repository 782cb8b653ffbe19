/** What is on record of the parties of a row, held against the event: the same for documents and columns. */
import type { Side } from '../../schemas/transaction.ts';
import { floorOver, type Settled } from './group-fields.ts';

/** Amount over the declared monthly income, thousandths; null where no rate leads from one currency to the other. */
export function incomeMilli({ monthlyIn }: Side, settled: Settled): number | null {
  if (monthlyIn === undefined) return null;
  const amount = settled.ccy === monthlyIn.ccy ? settled.minor : convertedTo(monthlyIn.ccy, settled);
  const income = BigInt(monthlyIn.minor);
  return amount === null || income <= 0n ? null : floorOver(1_000n * BigInt(amount), income);
}

function convertedTo(ccy: string, { usd, mxn, cad }: Settled): number | null {
  if (ccy === 'USD') return usd;
  if (ccy === 'MXN') return mxn;
  return ccy === 'CAD' ? cad : null;
}

const minuteOf = (time: string): number => 60 * Number(time.slice(0, 2)) + Number(time.slice(3));

/** Whether the business is closed at that minute of the local day; null where one of the two is not known. */
export function isOutOfHours(
  { openingHours }: Side,
  weekday: number | null,
  minute: number | null,
): boolean | null {
  if (openingHours === undefined || weekday === null || minute === null) return null;
  const yesterday = (weekday + 6) % 7;
  return !openingHours.some((stretch) => {
    const [opens, closes] = [minuteOf(stretch.opens), minuteOf(stretch.closes)];
    if (opens < closes) return stretch.weekday === weekday && minute >= opens && minute < closes;
    return (
      (stretch.weekday === weekday && minute >= opens) || (stretch.weekday === yesterday && minute < closes)
    );
  });
}

/** Whether `other` is a declared employer of `own`, or shares a beneficial owner with one. */
export function isEmployedBy(own: Side, other: Side): boolean {
  const { employerKeys, employerOwnerKeys } = own;
  if (employerKeys === undefined) return false;
  if (other.holderKey !== undefined && employerKeys.includes(other.holderKey)) return true;
  return other.ownerKeys?.some((owner) => employerOwnerKeys?.includes(owner)) ?? false;
}
