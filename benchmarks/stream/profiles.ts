/** The banks of the stream and the kinds of customers they have; all of it invented. */
import type { Rail } from '../../schemas/enumerations.ts';
import type { Side } from '../../schemas/transaction.ts';

export type Country = 'MX' | 'US' | 'CA';

export interface Bank {
  readonly institution: string;
  /** The bank on the other side of an interbank transfer. */
  readonly other: string;
  readonly country: Country;
}

export const BANK_LIST: readonly Bank[] = [
  { institution: 'mx-norte', other: 'mx-sur', country: 'MX' },
  { institution: 'mx-sur', other: 'mx-norte', country: 'MX' },
  { institution: 'us-east', other: 'us-west', country: 'US' },
  { institution: 'us-west', other: 'us-east', country: 'US' },
  { institution: 'ca-lakes', other: 'ca-plains', country: 'CA' },
  { institution: 'ca-plains', other: 'ca-lakes', country: 'CA' },
];

export interface CountryFacts {
  readonly ccy: string;
  readonly onUs: Rail;
  readonly interbank: Rail;
  readonly personal: Rail;
  readonly payroll: Rail;
  readonly offsetMin: number;
  readonly regions: readonly [string, string, string];
  readonly municipality: string;
  readonly borderRegion: string;
  /** Minor units of the currency in a US dollar, in a day's minimum wage: round figures, only their size matters. */
  readonly perUsd: number;
  readonly dailyWageMinor: number;
}

export const COUNTRY_FACTS: Readonly<Record<Country, CountryFacts>> = {
  MX: {
    ccy: 'MXN',
    onUs: 'mx_on_us',
    interbank: 'spei',
    personal: 'codi',
    payroll: 'mx_on_us',
    offsetMin: -360,
    regions: ['MX-JAL', 'MX-PUE', 'MX-NLE'],
    municipality: '14039',
    borderRegion: 'TAM',
    perUsd: 18.2,
    dailyWageMinor: 31_504,
  },
  US: {
    ccy: 'USD',
    onUs: 'us_on_us',
    interbank: 'rtp',
    personal: 'zelle',
    payroll: 'ach',
    offsetMin: -300,
    regions: ['US-NY', 'US-TX', 'US-IL'],
    municipality: '36061',
    borderRegion: 'TX',
    perUsd: 1,
    dailyWageMinor: 5_800,
  },
  CA: {
    ccy: 'CAD',
    onUs: 'ca_on_us',
    interbank: 'lynx',
    personal: 'interac_etransfer',
    payroll: 'ca_on_us',
    offsetMin: -300,
    regions: ['CA-ON', 'CA-AB', 'CA-QC'],
    municipality: '3520005',
    borderRegion: 'ON',
    perUsd: 1.37,
    dailyWageMinor: 14_080,
  },
};

/** What is on record of a customer, by profile (`PROFILES` of them). */
export function customerSide(bank: Bank, profile: number): Side {
  const { regions, municipality } = COUNTRY_FACTS[bank.country];
  const home = {
    country: bank.country,
    admin1: regions[profile % regions.length] as string,
    municipality: `${bank.country}-${municipality}`,
  };
  const person: Side = {
    bank: bank.institution,
    kind: 'person',
    product: 'checking',
    coverage: 'full_account',
  };
  switch (profile) {
    case 2:
      return { ...person, ...home, occupationNight: true };
    case 3:
      return { ...person, ...home, product: 'youth', ageBand: '18_20' };
    case 4:
      return { ...person, ...home, product: 'payroll', ageBand: '25_plus' };
    case 5:
      return { ...person, ...home, kind: 'sole_trader', product: 'business', sector: 'NAICS:722' };
    case 6:
      return { ...person, country: bank.country };
    default:
      return { ...person, ...home };
  }
}
