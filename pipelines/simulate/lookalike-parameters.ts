/** The numbers of the look-alikes, as ranges; what holds for `parameters.ts` holds here. */
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

export const B5 = {
  seasonWeeks: [14, 20],
  weeksBeforeRain: [4, 8],
  rainWeeks: [1, 3],
  workers: [16, 32],
  dayWageMxn: [322, 418],
  bonusShare: [0.2, 0.6],
  taxShare: 0.19,
} as const;

export const B8 = {
  sends: [3, 6],
  sendUsd: [210, 2_940],
  usualUsd: [130, 420],
  wageUsd: [1_040, 1_930],
  historyShare: [0.6, 0.93],
} as const;

export const B9 = {
  stayDays: [62, 117],
  monthlyCad: [2_050, 4_950],
  staff: [3, 7],
  guests: [52, 390],
  bookingUsd: [130, 1_870],
  wageMxn: [9_300, 15_800],
  giftMxn: [210, 1_330],
} as const;

export const B11 = {
  young: [4, 9],
  birthYears: [2003, 2007],
  wageMxn: [1_930, 2_870],
  cashShare: [0.9, 0.99],
  rentMxn: [6_100, 19_700],
  salaryMxn: [17_300, 43_600],
  takingsMxn: [5_200, 18_700],
} as const;

export const H1 = {
  pricesUsd: [47, 86],
  tipShare: [0.05, 0.13],
  firstTimeShare: [0.6, 0.9],
  perNight: [4, 8],
  workMinutes: [1_120, 1_620],
  givenShare: [0.82, 0.94],
  backShare: [0.34, 0.52],
  rentUsd: [1_130, 2_070],
} as const;

export const H2 = {
  employers: [3, 6],
  people: [22, 42],
  wageMxn: [3_300, 6_800],
  cashShare: [0.55, 0.98],
  secondsBetween: [38, 74],
  opensMinute: [545, 905],
} as const;

export const H3 = {
  surnames: [3, 5],
  members: [9, 16],
  giftUsd: [21, 87],
  dayDrift: [2, 11],
  spentShare: [0.86, 0.99],
} as const;
