/**
 * Every closed list of values, once. Values are the canonical names on the wire, in rules and in ClickHouse.
 * `SHORT_NAMES` maps the mixed short names of the red-flag catalogue's source tables (`ch = cash_dep`, ...) to them.
 */

export const KINDS = [
  'transfer',
  'cash_deposit',
  'cash_withdrawal',
  'cash_exchange',
  'card_purchase',
  'card_refund',
  'bill_payment',
  'top_up',
  'load',
  'cheque_deposit',
  'instrument_purchase',
  'loan_disbursement',
  'loan_repayment',
  'fee',
  'interest',
  'va_buy',
  'va_sell',
  'va_transfer',
  'va_swap',
  'reversal',
  'return',
  'adjustment',
] as const;

export const RAILS = [
  'spei',
  'tef',
  'domi',
  'codi',
  'dimo',
  'mx_on_us',
  'ach',
  'fedwire',
  'chips',
  'rtp',
  'fednow',
  'zelle',
  'us_on_us',
  'aft',
  'lynx',
  'rtr',
  'interac_etransfer',
  'ca_on_us',
  'swift',
  'card_visa',
  'card_mc',
  'card_amex',
  'card_domestic',
  'mto',
  'wallet',
  'cheque',
  'cash',
  'chain',
  'book',
  'other',
] as const;

export const CHANNELS = [
  'branch',
  'atm',
  'night_drop',
  'correspondent',
  'mto_agent',
  'online',
  'mobile',
  'phone',
  'pos',
  'ecommerce',
  'kiosk',
  'batch',
  'armoured',
  'other',
] as const;

export const INSTRUMENTS = [
  'cash',
  'account',
  'card',
  'cheque',
  'money_order',
  'cashiers_cheque',
  'travellers_cheque',
  'prepaid',
  'gift_card',
  'metal_coin',
  'va',
] as const;

export const STATUSES = [
  'completed',
  'attempted',
  'declined',
  'pending',
  'returned',
  'recalled',
  'cancelled',
  'expired',
] as const;

/** Finest first: a rule that needs `hour` is served by `second`, `minute` and `hour`. */
export const PRECISIONS = ['second', 'minute', 'hour', 'day', 'batch'] as const;

export const OFFSET_SOURCES = ['terminal', 'branch', 'place', 'institution', 'assumed'] as const;

/** What a feed shows of an account; `counterparty_view` is an account seen only through another institution's rows. */
export const COVERAGES = [
  'full_account',
  'product_only',
  'outbound_only',
  'international_only',
  'threshold_reports',
  'suspicious_reports',
  'counterparty_view',
] as const;

export const ACCOUNT_SCHEMES = [
  'clabe',
  'iban',
  'us_aba',
  'ca_transit',
  'pan_token',
  'phone',
  'email',
  'zelle',
  'interac',
  'codi',
  'wallet',
  'chain',
  'loan',
  'mto_ref',
  'institution',
  'none',
] as const;

export const ACCOUNT_PRODUCTS = [
  'checking',
  'savings',
  'payroll',
  'basic',
  'youth',
  'business',
  'merchant',
  'pay_card',
  'nivel_1',
  'nivel_2',
  'nivel_3',
  'nivel_4',
  'unknown',
] as const;

export const REF_SCHEMES = [
  'customer',
  'curp',
  'rfc',
  'tin',
  'document',
  'name_dob',
  'phone',
  'email',
  'none',
] as const;

export const REF_STRENGTHS = ['strong', 'medium', 'weak'] as const;

export const PARTY_KINDS = [
  'person',
  'sole_trader',
  'entity',
  'government_benefit',
  'tax_or_social_security',
  'msb',
  'psp',
  'vasp',
  'bank_own',
  'lender',
  'landlord',
  'merchant',
  'utility',
  'charity',
  'unknown',
] as const;

export const LICENCE_KINDS = [
  'msb',
  'psp',
  'vasp',
  'p2p_va_dealer',
  'lender',
  'platform',
  'late_venue',
  'recruitment_agency',
  'travel_agency',
  'school',
  'law_firm',
  'charity',
  'lodging',
  'payroll_firm',
  'union',
  'other',
  'adoption_body',
  'medical_provider',
  'home_for_minors',
  'notary',
  'shelter',
  'placement_agency',
] as const;

export const PLACE_ROLES = [
  'terminal',
  'branch',
  'merchant',
  'agent_send',
  'agent_pay',
  'kiosk',
  'registered',
] as const;

export const PLACE_PRECISIONS = ['exact', 'branch', 'municipality', 'admin1', 'country'] as const;

export const AGE_BANDS = ['under_14', '14_15', '16_17', '18_20', '21_24', '25_plus'] as const;

export const RELATIONSHIPS = [
  'self',
  'kin',
  'spouse',
  'guardian',
  'employer',
  'employee',
  'introducer',
  'friend',
  'business',
  'unknown',
] as const;

export const PURPOSES = [
  'wage',
  'pension',
  'benefit',
  'family_support',
  'rent',
  'loan',
  'goods',
  'services',
  'education',
  'medical',
  'tax',
  'travel',
  'savings',
  'donation',
  'other',
  'adoption',
  'bail',
] as const;

/** Levels of the rules' windows: who the events are grouped by. */
export const SUBJECT_KINDS = [
  'account',
  'holder',
  'counterparty',
  'conductor',
  'beneficiary',
  'onBehalfOf',
  'card',
  'terminal',
  'agentLocation',
  'merchant',
  'kiosk',
  'device',
  'employee',
  'wallet',
] as const;

/** Evidence families; see `rules/SEMANTICS.md` "Levels". */
export const FAMILIES = [
  'CTL',
  'COL',
  'FLW',
  'TIM',
  'GEO',
  'SPD',
  'ATT',
  'TXT',
  'LST',
  'PRF',
  'CSH',
] as const;

/**
 * The eleven forms of Mexico's general law on trafficking (Ley General, art. 10), and what stands beside them.
 * `laundering` holds the generic AML and crypto indicators.
 */
export const FORMS = [
  'slavery',
  'servitude',
  'sexual_exploitation',
  'labour_exploitation',
  'forced_labour',
  'forced_begging',
  'minors_in_crime',
  'illegal_adoption',
  'forced_marriage',
  'organ_removal',
  'biomedical_experimentation',
  'child_sex_tourism',
  'online_child_exploitation',
  'armed_recruitment',
  'smuggling',
  'complicity',
  'state_imposed_labour',
  'laundering',
] as const;

export const RULE_STATUSES = ['live', 'leg', 'experimental', 'waiting', 'manual'] as const;

/** What a rule of status `waiting` waits for: the engines that supply the properties it reads. */
export const ENGINES = ['graph', 'crypto'] as const;

export const ROLES = [
  'suspected_controller',
  'facilitator',
  'suspected_buyer',
  'potential_victim',
  'victim_family_payer',
  'unknown',
] as const;

/** Roles of persons to protect: no weight falls on them, no restraint touches them. Who has several is told by the first. */
export const ROLES_TO_PROTECT = [
  'potential_victim',
  'victim_family_payer',
] as const satisfies readonly (typeof ROLES)[number][];
export const PROTECTED_ROLES: ReadonlySet<string> = new Set(ROLES_TO_PROTECT);

export const ALERT_LEVELS = ['medium', 'high'] as const;

export const STANDINGS = ['standing', 'withdrawn'] as const;

export type Kind = (typeof KINDS)[number];
export type Rail = (typeof RAILS)[number];
export type Channel = (typeof CHANNELS)[number];
export type Instrument = (typeof INSTRUMENTS)[number];
export type Status = (typeof STATUSES)[number];
export type Precision = (typeof PRECISIONS)[number];
export type OffsetSource = (typeof OFFSET_SOURCES)[number];
export type Coverage = (typeof COVERAGES)[number];
export type AccountScheme = (typeof ACCOUNT_SCHEMES)[number];
export type RefScheme = (typeof REF_SCHEMES)[number];
export type PartyKind = (typeof PARTY_KINDS)[number];
export type LicenceKind = (typeof LICENCE_KINDS)[number];
export type PlaceRole = (typeof PLACE_ROLES)[number];
export type AgeBand = (typeof AGE_BANDS)[number];
export type Relationship = (typeof RELATIONSHIPS)[number];
export type Purpose = (typeof PURPOSES)[number];
export type SubjectKind = (typeof SUBJECT_KINDS)[number];
export type Family = (typeof FAMILIES)[number];
export type Form = (typeof FORMS)[number];
export type RuleStatus = (typeof RULE_STATUSES)[number];
export type Role = (typeof ROLES)[number];
export type AlertLevel = (typeof ALERT_LEVELS)[number];
export type Standing = (typeof STANDINGS)[number];

/** Canonical selectors behind one short name of the catalogue's source tables. */
export interface ShortName {
  readonly kind?: readonly Kind[];
  readonly rail?: readonly Rail[];
  readonly channel?: readonly Channel[];
  readonly instrument?: readonly Instrument[];
  readonly purpose?: readonly Purpose[];
  readonly direction?: 'in' | 'out';
}

export const SHORT_NAMES: Readonly<Record<string, ShortName>> = {
  cash_dep: { kind: ['cash_deposit'] },
  cash_wd: { kind: ['cash_withdrawal'] },
  atm_dep: { kind: ['cash_deposit'], channel: ['atm'] },
  atm_wd: { kind: ['cash_withdrawal'], channel: ['atm'] },
  wire_dom: { kind: ['transfer'], rail: ['spei', 'fedwire', 'chips', 'lynx', 'rtp', 'fednow', 'tef'] },
  wire_intl: { kind: ['transfer'], rail: ['swift'] },
  remit: { kind: ['transfer'], rail: ['mto'] },
  p2p: { kind: ['transfer'], rail: ['zelle', 'interac_etransfer', 'codi', 'dimo', 'spei', 'wallet'] },
  card_pos: { kind: ['card_purchase'], channel: ['pos'] },
  card_cnp: { kind: ['card_purchase'], channel: ['ecommerce'] },
  payroll: { kind: ['transfer'], purpose: ['wage'] },
  check: { kind: ['cheque_deposit'], instrument: ['cheque'] },
  prepaid: { instrument: ['prepaid', 'gift_card'] },
  va_in: { kind: ['va_transfer'], direction: 'in' },
  va_out: { kind: ['va_transfer'], direction: 'out' },
  va_onramp: { kind: ['va_buy'] },
  va_offramp: { kind: ['va_sell'] },
  kiosk: { channel: ['kiosk'] },
};
