/** What the contract's types cannot say about a transaction: known money that fits its currency, and a time that can be. */
import type { ErrorCode, ErrorParams } from '../../schemas/errors/index.ts';
import type { MoneyInput } from '../../schemas/identity.ts';
import { exponentOf, parseAmount } from '../../schemas/money.ts';
import type { TransactionInput } from '../../schemas/transaction.ts';
import type { RowProblem } from './field-reader.ts';
import { FEED_LIMITS } from './limits.ts';
import { maskValue } from './mask.ts';

/** Digits below which every currency can hold the whole part. */
const SAFE_DIGITS = 12;

function problem(field: string, code: ErrorCode, value: string, params: ErrorParams = {}): RowProblem {
  return { field, code, params: { field, value: maskValue(value), ...params }, value };
}

function moneyProblem(money: MoneyInput, path: string, mayBeNegative: boolean): RowProblem | null {
  const { amount, ccy } = money;
  const exponent = exponentOf(ccy);
  if (exponent === null) {
    return problem(`${path}.ccy`, 'RAS-FEED-CURRENCY-UNKNOWN', ccy, { ccy: maskValue(ccy) });
  }
  const point = amount.indexOf('.');
  const decimals = point === -1 ? 0 : amount.length - point - 1;
  if (decimals > exponent || amount.length - decimals > SAFE_DIGITS) {
    const parsed = parseAmount(amount, ccy);
    if (!parsed.ok) return problem(`${path}.amount`, parsed.code, amount, { ccy });
  }
  if (!mayBeNegative && amount.charCodeAt(0) === 45 && /[1-9]/.test(amount)) {
    return problem(`${path}.amount`, 'RAS-FEED-AMOUNT-NEGATIVE', amount);
  }
  return null;
}

function yearProblem(field: string, text: string | undefined): RowProblem | null {
  if (text === undefined) return null;
  const year = Number(text.slice(0, 4));
  const { YEAR_MIN: from, YEAR_MAX: to } = FEED_LIMITS;
  return year < from || year > to ? problem(field, 'RAS-FEED-TIME-RANGE', text, { from, to }) : null;
}

function timeProblem(input: TransactionInput): RowProblem | null {
  const { occurredAt, postedAt, valueDate } = input;
  if (occurredAt === undefined && postedAt === undefined && valueDate === undefined) {
    return problem('occurredAt', 'RAS-FEED-TIME-MISSING', '');
  }
  const found =
    yearProblem('occurredAt', occurredAt) ??
    yearProblem('postedAt', postedAt) ??
    yearProblem('valueDate', valueDate);
  if (found !== null) return found;
  if (occurredAt === undefined) return null;
  const isDate = occurredAt.length === 10;
  const precision = input.occurredPrecision;
  if (isDate && precision !== undefined && precision !== 'day' && precision !== 'batch') {
    return problem('occurredPrecision', 'RAS-FEED-TIME-PRECISION', precision, { precision });
  }
  return null;
}

/** Fills the contract's defaults of a party record. */
export function fillPartyDefaults(tree: Record<string, unknown>): void {
  tree['refScheme'] ??= 'customer';
  tree['accounts'] ??= [];
}

/** Fills the contract's defaults: version 1, put, completed; a date has the precision day, a moment second. */
export function fillDefaults(tree: Record<string, unknown>): void {
  tree['version'] ??= 1;
  tree['op'] ??= 'put';
  tree['status'] ??= 'completed';
  const occurredAt = tree['occurredAt'];
  if (typeof occurredAt === 'string') {
    tree['occurredPrecision'] ??= occurredAt.length === 10 ? 'day' : 'second';
  }
}

/** The first thing that makes a well-formed transaction impossible, or null. */
export function meaningProblem(input: TransactionInput): RowProblem | null {
  const settled = moneyProblem(input.settled, 'settled', false);
  if (settled !== null) return settled;
  if (input.instructed !== undefined) {
    const found = moneyProblem(input.instructed, 'instructed', false);
    if (found !== null) return found;
  }
  if (input.balanceAfter !== undefined) {
    const found = moneyProblem(input.balanceAfter, 'balanceAfter', true);
    if (found !== null) return found;
  }
  for (const [index, fee] of input.fees?.entries() ?? []) {
    const found = moneyProblem(fee.money, `fees.${index}.money`, true);
    if (found !== null) return found;
  }
  return timeProblem(input);
}
