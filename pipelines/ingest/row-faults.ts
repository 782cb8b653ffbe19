/**
 * What is wrong with a row that has the right shape: amounts that do not fit their currency, times that cannot be.
 * Every fault is found, not only the first, and before any identifier is keyed: a rejected row leaves nothing in the vault.
 */
import type { ErrorCode, ErrorParams } from '../../schemas/errors/index.ts';
import type { MoneyInput } from '../../schemas/identity.ts';
import { parseAmount } from '../../schemas/money.ts';
import type { TransactionInput } from '../../schemas/transaction.ts';
import { parseMoment } from './event-time.ts';
import { maskValue } from './mask.ts';

/** One reason why a row is rejected. `params` fill the code's message and are masked. */
export interface Fault {
  readonly field: string;
  readonly code: ErrorCode;
  readonly params: ErrorParams;
  readonly masked: string;
}

export function fault(field: string, code: ErrorCode, value: string, params: ErrorParams = {}): Fault {
  const masked = maskValue(value, code);
  return { field, code, params: { value: masked, ...params }, masked };
}

const CODE = /^[A-Z][A-Z0-9]{2,9}$/;

/** Checks one amount. Only a balance may be negative: direction is said by debtor and creditor. */
function checkMoney(
  faults: Fault[],
  field: string,
  money: MoneyInput | undefined,
  mayBeNegative = false,
): void {
  if (money === undefined) return;
  const parsed = parseAmount(money.amount, money.ccy);
  const params = { ccy: CODE.test(money.ccy) ? money.ccy : maskValue(money.ccy) };
  if (!parsed.ok) {
    const unknown = parsed.code === 'RAS-FEED-CURRENCY-UNKNOWN';
    faults.push(
      fault(
        unknown ? `${field}.ccy` : `${field}.amount`,
        parsed.code,
        unknown ? money.ccy : money.amount,
        params,
      ),
    );
  } else if (parsed.minor < 0n && !mayBeNegative) {
    faults.push(fault(`${field}.amount`, 'RAS-FEED-AMOUNT-NEGATIVE', money.amount, params));
  }
}

function checkMoment(faults: Fault[], field: string, text: string | undefined): void {
  if (text !== undefined && parseMoment(text) === null)
    faults.push(fault(field, 'RAS-FEED-TIME-INVALID', text));
}

/** Every fault of the row's amounts and times but that of its event time. */
export function rowFaults(row: TransactionInput): Fault[] {
  const faults: Fault[] = [];
  checkMoney(faults, 'settled', row.settled);
  checkMoney(faults, 'instructed', row.instructed);
  checkMoney(faults, 'balanceAfter', row.balanceAfter, true);
  row.fees?.forEach((fee, i) => {
    checkMoney(faults, `fees.${i}.money`, fee.money, true);
  });
  checkMoney(faults, 'reverses.amount', row.reverses?.amount);
  checkMoney(faults, 'payroll.gross', row.payroll?.gross);
  checkMoney(faults, 'payroll.net', row.payroll?.net);
  row.payroll?.deductions?.forEach((deduction, i) => {
    checkMoney(faults, `payroll.deductions.${i}.amount`, deduction.amount, true);
  });
  checkMoney(faults, 'loan.principal', row.loan?.principal);
  checkMoney(faults, 'loan.outstanding', row.loan?.outstanding, true);
  checkMoney(faults, 'va.fee', row.va?.fee);
  checkMoment(faults, 'occurredAt', row.occurredAt);
  checkMoment(faults, 'postedAt', row.postedAt);
  checkMoment(faults, 'valueDate', row.valueDate);
  checkMoment(faults, 'mto.sentAt', row.mto?.sentAt);
  checkMoment(faults, 'mto.paidAt', row.mto?.paidAt);
  return faults;
}
