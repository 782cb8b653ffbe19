/**
 * Every number that shapes the simulated world, as ranges, in one place: a gate compares them with the rule catalogue,
 * because a generator that shares constants with the rules it tests proves nothing.
 *
 * Amounts are in major units of the currency that the name ends with, minutes are local minutes of the day (above 1440:
 * the small hours that follow), shares are of one. Anchors: Banxico's mean remittance of 2025 (USD 397), the calendars
 * and shares of the population notes; all else is field practice and invented.
 */
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

export const S1 = {
  weeks: [11, 17],
  women: [2, 4],
  senderFronts: [1, 3],
  receivers: [3, 6],
  workStartMinute: [1_115, 1_180],
  workEndMinute: [1_560, 1_625],
  cashClients: [9, 22],
  cashPriceUsd: [32, 58],
  depositUsd: [420, 1_380],
  p2pClients: [5, 10],
  p2pPricesUsd: [46, 88],
  tipShare: [0.05, 0.13],
  firstTimeShare: [0.77, 0.93],
  nightOffShare: [0.04, 0.13],
  handOverShare: [0.865, 0.965],
  spentShare: [0.72, 1],
  accountAgeDays: [9, 110],
  allowanceUsd: [21, 55],
  circuitDays: [7, 14],
  sendUsd: [310, 1_460],
  sendsPerWeek: [4, 9],
  familyDepositMxn: [9_500, 38_000],
  landPaymentMxn: [21_000, 148_000],
  evasiveHandOverShare: [0.58, 0.64],
} as const;

export const S3 = {
  weeks: [10, 15],
  women: [2, 3],
  birthYears: [2003, 2007],
  receiptsPerWeek: [31, 62],
  pricesCad: [85, 295],
  priceStepCad: 5,
  tipShare: [0.06, 0.14],
  firstTimeShare: [0.75, 0.92],
  startMinute: 735,
  endMinute: 1_665,
  lateShare: [0.52, 0.71],
  handOverShare: [0.875, 0.945],
  spentShare: [0.72, 1],
  accountAgeDays: [9, 90],
  handOverMinutes: [35, 295],
  motelCad: [74, 138],
  circuitDays: [3, 5],
} as const;

export const S4 = {
  workers: [14, 28],
  weeks: [14, 22],
  netWageUsd: [485, 715],
  kickBackShare: [0.535, 0.735],
  withinMinutes: [840, 2_540],
  foremanCashUsd: [2_100, 7_600],
  evasiveShare: [0.43, 0.47],
  cashPaidShare: [0.05, 0.16],
} as const;

export const S6 = {
  payers: [24, 42],
  municipalities: [1, 3],
  feeMxn: [3_100, 10_200],
  feeStepMxn: 100,
  instalments: [1, 3],
  feeJitter: 0.025,
  recruitingDays: [34, 51],
  arrivals: [11, 19],
  wageMxn: [2_450, 3_350],
  wageWeeks: [19, 24],
  drainShare: [0.565, 0.735],
  drainMinutes: [1_090, 2_650],
  cashOutShare: [0.78, 0.93],
  frontShare: [0.2, 0.35],
  cashOutDays: [1, 5],
} as const;

export const S7 = {
  weeks: [9, 13],
  payers: [19, 25],
  states: [5, 8],
  receivers: [3, 4],
  partsPerFee: [3, 4],
  evasivePartsPerFee: [4, 6],
  partUsd: [910, 2_890],
  feeDays: [10, 41],
  twinPayoutHours: [17, 43],
  payoutMinutes: [45, 700],
  depositsPerWeek: [3, 5],
  depositUsd: [1_050, 3_950],
  depositors: [3, 6],
  outShare: [0.93, 0.985],
  outAfterMinutes: [95, 340],
  bigDepositUsd: [7_450, 9_650],
  bigDepositsPerMonth: [3, 5],
  evasivePartUsd: [1_400, 1_890],
  evasiveMules: 6,
} as const;

export const S10 = {
  weeks: [11, 17],
  senders: [9, 18],
  sendsPerMonth: [3, 7],
  sendUsd: [12, 88],
  burst: [2, 4],
  burstMinutes: [9, 54],
  senderNightMinutes: [1_275, 1_655],
  payoutMinutes: [35, 290],
} as const;

export const S12 = {
  weeks: [10, 16],
  credits: [8, 14],
  cashCredits: [1, 3],
  cycleUsd: [4_200, 11_800],
  gatherMinutes: [920, 2_680],
  forwardMinutes: [2_880, 3_680],
  forwardShare: [0.972, 1.006],
  hops: [3, 8],
  hopMinutes: [2, 38],
  peelShare: [0.02, 0.08],
  offRampHours: [12.5, 69],
  offRampShare: [0.91, 0.985],
  evasiveWaitDays: 5,
} as const;

export const B1 = {
  payees: [1, 3],
  netWageUsd: [560, 980],
  retainedShare: [0.62, 0.78],
  houseMoneyUsd: [180, 420],
} as const;

export const B2 = {
  pricesMxn: [50, 790],
  priceCount: [4, 6],
  receiptsPerMonth: [62, 170],
  regulars: [32, 95],
  regularShare: [0.6, 0.85],
  supplierShare: [0.32, 0.58],
  ownUseShare: [0.1, 0.25],
  startMinute: 1_020,
  endMinute: 1_475,
} as const;

export const B3 = {
  clientsPerWeek: [10, 24],
  pricesCad: [120, 390],
  priceStepCad: 10,
  firstTimeShare: [0.35, 0.7],
  rentCad: [1_450, 2_300],
  taxCad: [900, 2_600],
  startMinute: 690,
  endMinute: 1_545,
} as const;

export const B4 = {
  workers: [20, 34],
  weeks: [12, 20],
  netWageUsd: [500, 720],
  cashUsd: [60, 140],
  remitShare: [0.61, 0.79],
  queueMinutes: 29,
  onboardingDays: 3,
  taxShare: 0.153,
} as const;

export const B6 = {
  tandaMembers: [10, 12],
  tandaMxn: [500, 2_000],
  pupils: [14, 40],
  feeMxn: [1_150, 4_900],
  weddingGuests: [12, 24],
  weddingMxn: [600, 2_400],
} as const;

export const B7 = {
  parentUsd: [110, 880],
  studentWithdrawalUsd: [20, 80],
  shopUsd: [3_050, 7_900],
  shopCities: 4,
  repFuelUsd: [28, 74],
  repHotelUsd: [82, 169],
} as const;

export const B10 = {
  clients: [8, 16],
  countries: 6,
  creditUsd: [6, 145],
  creditsPerMonth: [11, 34],
  platformShare: [0.6, 0.74],
  topUpUsd: [9, 95],
  churchGiftsMxn: [50, 600],
} as const;

export const B12 = {
  dcaUsd: [55, 480],
  traderPerMonth: [40, 130],
  tradeUsd: [60, 1_900],
  dealerPartners: [100, 150],
  dealerPerWeek: [18, 40],
} as const;

/** All of them, for the gate that compares them with the catalogue. */
export const PARAMETERS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  NOISE,
  PREVALENCE,
  VARIANT_SHARES,
  POPULATION,
  DAY_RHYTHM,
  REMITTANCE,
  S1,
  S3,
  S4,
  S6,
  S7,
  S10,
  S12,
  B1,
  B2,
  B3,
  B4,
  B6,
  B7,
  B10,
  B12,
};
