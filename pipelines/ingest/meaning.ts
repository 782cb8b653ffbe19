/**
 * What the contract's types cannot say about a transaction: known money that fits its currency, and a time that can be.
 * `row-faults.ts` and `event-time.ts` decide; ordinary rows, in which nothing can be wrong, do not get that far.
 */
import type { MoneyInput } from '../../schemas/identity.ts';
import { exponentOf } from '../../schemas/money.ts';
import type { TransactionInput } from '../../schemas/transaction.ts';
import { eventTimeOf, isTimeFault, YEAR_MAX, YEAR_MIN } from './event-time.ts';
import { type Fault, fault, rowFaults } from './row-faults.ts';
import type { ZoneOffsets } from './zone-offset.ts';

/** Characters of an amount that every currency can hold. */
const ORDINARY_AMOUNT_CHARS = 12;
/** Hours of an offset that need no second look. */
const ORDINARY_OFFSET_HOURS = 14;
const MINUS = 45;

/** Fills the contract's defaults of a party record. */
export function fillPartyDefaults(tree: Record<string, unknown>): void {
  tree['refScheme'] ??= 'customer';
  tree['accounts'] ??= [];
}

/**
 * Fills the contract's defaults: version 1, put, completed; a date has the precision day, a moment second. A date that
 * is called finer than it is becomes what it is.
 */
export function fillDefaults(tree: Record<string, unknown>): void {
  tree['version'] ??= 1;
  tree['op'] ??= 'put';
  tree['status'] ??= 'completed';
  const occurredAt = tree['occurredAt'];
  if (typeof occurredAt !== 'string') return;
  const precision = tree['occurredPrecision'];
  if (occurredAt.length > 10) tree['occurredPrecision'] ??= 'second';
  else if (
    precision === undefined ||
    precision === 'second' ||
    precision === 'minute' ||
    precision === 'hour'
  ) {
    tree['occurredPrecision'] = 'day';
  }
}

function isOrdinaryMoney(money: MoneyInput | undefined): boolean {
  if (money === undefined) return true;
  const { amount, ccy } = money;
  const exponent = exponentOf(ccy);
  if (exponent === null || amount.length > ORDINARY_AMOUNT_CHARS) return false;
  const point = amount.indexOf('.');
  return amount.charCodeAt(0) !== MINUS && (point === -1 || amount.length - point - 1 <= exponent);
}

/** Of a text that has the contract's form. */
function isOrdinaryMoment(text: string | undefined): boolean {
  if (text === undefined) return true;
  const year = Number(text.slice(0, 4));
  if (year < YEAR_MIN || year > YEAR_MAX) return false;
  return text.length === 10 || text.endsWith('Z') || Number(text.slice(-5, -3)) <= ORDINARY_OFFSET_HOURS;
}

/** Rows that have neither the groups nor the values in which something could still be wrong. */
function isOrdinary(row: TransactionInput): boolean {
  const { occurredAt, postedAt, valueDate } = row;
  return (
    isOrdinaryMoney(row.settled) &&
    isOrdinaryMoney(row.instructed) &&
    isOrdinaryMoney(row.balanceAfter) &&
    (occurredAt !== undefined || postedAt !== undefined || valueDate !== undefined) &&
    isOrdinaryMoment(occurredAt) &&
    isOrdinaryMoment(postedAt) &&
    isOrdinaryMoment(valueDate) &&
    row.fees === undefined &&
    row.reverses === undefined &&
    row.payroll === undefined &&
    row.loan === undefined &&
    row.va === undefined &&
    row.mto === undefined &&
    (row.places === undefined || row.places.every((place) => place.tz === undefined))
  );
}

/** The first thing that makes a well-formed transaction impossible, or null. */
export function meaningFault(row: TransactionInput, zones: ZoneOffsets): Fault | null {
  if (isOrdinary(row)) return null;
  const [first] = rowFaults(row);
  if (first !== undefined) return first;
  const time = eventTimeOf(row, zones);
  return isTimeFault(time) ? fault(time.field, time.code, time.value) : null;
}
