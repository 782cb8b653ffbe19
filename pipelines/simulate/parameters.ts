/**
 * Every number that shapes the simulated world, as ranges, in one place: a gate compares them with the rule catalogue,
 * because a generator that shares constants with the rules it tests proves nothing.
 *
 * Amounts are in major units of the currency that the name ends with, minutes are local minutes of the day (above 1440:
 * the small hours that follow), shares are of one. Anchors: Banxico's mean remittance of 2025 (USD 397), the calendars
 * and shares of the population notes; all else is field practice and invented.
 */
import * as LOOKALIKES from './lookalike-parameters.ts';
import * as SCENARIOS from './scenario-parameters.ts';

export const NOISE = {
  duplicateShare: 0.003,
  /** A duplicate is sent again after this long. */
  resendHours: [0.1, 47],
  takenBackShare: 0.004,
  takenBackHours: [0.4, 93],
  lateShare: 0.02,
  latenessHours: [1.3, 117],
  /** Cards are posted this long after the purchase. */
  cardPostingHours: [19, 71],
  cardDeclinedShare: 0.011,
  facilitatorShare: 0.05,
  sharedHandleShare: 0.08,
} as const;

export const PREVALENCE = {
  /** Accounts per case, inflated so that a small demonstration shows every scenario. */
  demoAccountsPerCase: 104,
  honestAccountsPerCase: [20_500, 49_000],
  demoLookalikesPerKind: 2,
  honestAccountsPerLookalike: 1_700,
  /** Share of a simulation's rows that cases and look-alikes may take before the extra ones are left out. */
  caseRowShare: 0.42,
} as const;

/** Shares of the variants among the cases beyond the guaranteed clean one. */
export const VARIANT_SHARES = { base: 0.35, evasive: 0.3, truncated: 0.2, missing: 0.15 } as const;

export const POPULATION = {
  countryShares: { MX: 0.52, US: 0.36, CA: 0.12 },
  usTwoSurnames: 0.21,
  byCustomerNumberShare: 0.12,
  silentBankShare: 0.11,
  mx: { payroll: 0.46, informal: 0.35, remittance: 0.09, pension: 0.1, weeklyAmongPayroll: 0.22 },
  us: { biweekly: 0.55, weekly: 0.25, semimonthly: 0.2, remitter: 0.12 },
  ca: { biweekly: 0.54, semimonthly: 0.31, benefit: 0.15 },
  accountAgeDays: [160, 4_400],
  peoplePerEmployer: 35,
  payrollMxn: { median: 10_400, sigma: 0.42 },
  payrollUsd: { median: 3_250, sigma: 0.38 },
  payrollCad: { median: 3_400, sigma: 0.36 },
  pensionMxn: [3_100, 9_300],
  benefitCad: [540, 1_640],
  nightWorkShare: 0.045,
  /** Share of pay taken out in cash on or after pay day. */
  cashOutShareMx: [0.22, 0.97],
  cashOutShareElse: [0.04, 0.21],
  cardPurchasesPerDay: { MX: [0.02, 0.13], US: [0.06, 0.26], CA: [0.06, 0.24] },
  purchaseMedian: { MX: 310, US: 38, CA: 44 },
  friendPaymentsPerDay: [0.004, 0.03],
  friends: [2, 6],
  friendMedian: { MX: 420, US: 46, CA: 52 },
  renterShare: 0.31,
  rent: { MX: [2_700, 9_400], US: [780, 2_150], CA: [840, 1_980] },
  utilityShare: 0.52,
  utility: { MX: [190, 1_050], US: [58, 240], CA: [61, 220] },
  informalDepositsPerDay: [0.05, 0.17],
  informalMxn: [180, 4_300],
  loanShare: 0.09,
  loanBurden: [0.07, 0.19],
  declaredIncomeShare: 0.55,
  taxRefundUsd: [340, 3_900],
} as const;

/** Hours of ordinary life: two humps, and the small share of nights that every rail has. */
export const DAY_RHYTHM = {
  morningMinute: 675,
  eveningMinute: 1_095,
  spreadMin: 130,
  nightShare: 0.055,
  nightMinutes: [1_325, 1_790],
} as const;

export const REMITTANCE = {
  medianUsd: 290,
  sigma: 0.55,
  noise: 0.3,
  everyDays: [7, 14, 30],
  decemberFactor: 1.6,
  mothersDayFactor: 1.3,
  payees: [1, 4],
  visitShare: 0.3,
  payoutMinutes: [25, 2_300],
  accountPayoutShare: 0.5,
} as const;

/** Payment firms, settlement accounts, counters, a hot wallet. */
export const INFRASTRUCTURE = {
  mostPerDay: 6,
  peoplePerDailyEvent: 190,
  walletLoads: { MX: [100, 200, 500], US: [20, 50, 100], CA: [20, 50, 100] },
  counterMxn: [60, 2_400],
  staff: 6,
  wage: { MX: 5_150, US: 1_610, CA: 1_690 },
  settlement: { MX: [31_000, 410_000], US: [4_700, 88_000], CA: [4_100, 61_000] },
} as const;

/** A card used in another currency than its account's is booked at about this rate, the bank's surcharge included. */
export const CARD_ABROAD = {
  unitsPerUsd: { USD: 1, CAD: 1.383, MXN: 18.41 },
  surcharge: 0.024,
} as const;

/** All of them, for the gate that compares them with the catalogue. */
export const PARAMETERS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  NOISE,
  PREVALENCE,
  VARIANT_SHARES,
  POPULATION,
  DAY_RHYTHM,
  REMITTANCE,
  INFRASTRUCTURE,
  CARD_ABROAD,
  ...SCENARIOS,
  ...LOOKALIKES,
};
