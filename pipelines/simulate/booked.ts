/**
 * What a bank books when an account is used in another currency: money of the account's own currency, with what was asked for
 * at the machine or the till beside it. Amounts are minor units of currencies with two decimals.
 */
import type { Institution } from './institutions.ts';
import { CARD_ABROAD } from './parameters.ts';
import { CURRENCY } from './places.ts';

interface Money {
  readonly amount: number;
  readonly ccy: string;
}

export interface Booked {
  readonly settled: Money;
  /** Only where it is in another currency than what was settled. */
  readonly instructed?: Money;
}

/** Of money taken out of an account of the institution; it is booked as it is where the institution's country is not known. */
export function bookedBy({ country }: Institution, taken: Money): Booked {
  const ccy = (CURRENCY as Readonly<Record<string, string>>)[country];
  const per: Readonly<Record<string, number>> = CARD_ABROAD.unitsPerUsd;
  const from = per[taken.ccy];
  const to = ccy === undefined ? undefined : per[ccy];
  if (ccy === undefined || ccy === taken.ccy || from === undefined || to === undefined)
    return { settled: taken };
  const amount = Math.round((taken.amount / from) * to * (1 + CARD_ABROAD.surcharge));
  return { settled: { amount, ccy }, instructed: taken };
}
