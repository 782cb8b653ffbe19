/**
 * Columns of facts that few feeds have. A column that no row of a batch has is the shared one of `null-columns.ts`: it is not
 * written, takes no room, and no row pays for it.
 */
import { AGE_BANDS, PURPOSES, RELATIONSHIPS } from './enumerations.ts';
import { CUSTODIES, IP_CLASSES, OCCUPATIONS } from './group-values.ts';

const text = { per: 'row', type: 'text' } as const;
const int = { per: 'row', type: 'int' } as const;
const small = { per: 'row', type: 'small' } as const;
const bool = { per: 'row', type: 'bool' } as const;

export const SPARSE_COLUMNS = {
  merchant: text,
  merchantClass: text,
  cardToken: text,
  recurring: bool,
  cashSmallMilli: small,
  cashLargeOutMilli: small,
  mtoOperator: text,
  declaredRelationship: { per: 'row', type: 'enum', values: RELATIONSHIPS },
  declaredPurpose: { per: 'row', type: 'enum', values: PURPOSES },
  employer: text,
  employee: text,
  payNetMilli: int,
  payDayWageMilli: int,
  payPeriodDays: small,
  loanContract: text,
  loanPrincipal: int,
  loanOutstanding: int,
  lenderLicensed: bool,
  lodgingNights: small,
  lodgingRooms: small,
  lodgingDay: small,
  travelFrom: text,
  travelDay: small,
  oneWay: bool,
  passengers: small,
  bookedBy: text,
  toppedUp: text,
  device: text,
  ip: text,
  ipCountry: text,
  ipClass: { per: 'row', type: 'enum', values: IP_CLASSES },
  asset: text,
  chain: text,
  custody: { per: 'row', type: 'enum', values: CUSTODIES },
  vaspFrom: text,
  vaspTo: text,
  kiosk: text,
  walletFrom: text,
  walletTo: text,
  conductorAgeBand: { per: 'row', type: 'enum', values: AGE_BANDS },
  idRefused: bool,
  beneficiary: text,
  onBehalfOf: text,
  staff: text,
  statusReason: text,

  passenger: { per: 'leg', type: 'text' },
  /** Where a side acted in a city; metres fit 32 bits. */
  placeCity: { per: 'leg', type: 'text' },
  homeDistanceM: { per: 'leg', type: 'small' },
  occupation: { per: 'leg', type: 'enum', values: OCCUPATIONS },
  pep: { per: 'leg', type: 'bool' },
  incomeMilli: { per: 'leg', type: 'int' },
  outOfHours: { per: 'leg', type: 'bool' },
  /** The other side employs this one; never null. */
  isEmployed: { per: 'leg', type: 'bool', none: 0 },
  incorporatedDays: { per: 'leg', type: 'small' },
  nameChanges: { per: 'leg', type: 'small' },
} as const;

export type SparseColumnName = keyof typeof SPARSE_COLUMNS;

/** Sparse columns whose texts are many: accounts, parties, references. */
export const SPARSE_KEYS: readonly SparseColumnName[] = [
  'merchant',
  'cardToken',
  'employer',
  'employee',
  'loanContract',
  'bookedBy',
  'toppedUp',
  'device',
  'ip',
  'kiosk',
  'walletFrom',
  'walletTo',
  'beneficiary',
  'onBehalfOf',
  'staff',
  'passenger',
];
