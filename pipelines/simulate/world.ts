/**
 * The stage: employers, landlords, utilities, tax offices, payment firms, operators' settlement accounts and shops.
 * Infrastructure is in the party file with its kind and licence and must never become a subject.
 */
import type { LicenceKind, PartyKind } from '../../schemas/enumerations.ts';
import type { PartyInput } from '../../schemas/transaction.ts';
import { INSTITUTIONS, type Institution, silentBank, submittingBanks } from './institutions.ts';
import type { Merchant } from './movements.ts';
import { POPULATION } from './parameters.ts';
import { type Account, createEntity, IdBlock, openAccount, type Party } from './people.ts';
import { type CountryCode, residentTowns, TOWNS, type Town } from './places.ts';
import type { Random } from './random.ts';
import { nodeView } from './rows.ts';

export const COUNTRIES: readonly CountryCode[] = ['MX', 'US', 'CA'];

/** Rails of ordinary payments: between accounts of one bank, between banks, person to person, pay, bills. */
export const RAILS_OF = {
  MX: { onUs: 'mx_on_us', between: 'spei', person: 'spei', pay: 'mx_on_us' },
  US: { onUs: 'us_on_us', between: 'ach', person: 'zelle', pay: 'ach' },
  CA: { onUs: 'ca_on_us', between: 'aft', person: 'interac_etransfer', pay: 'aft' },
} as const;

export interface CountryStage {
  readonly employers: readonly Account[];
  readonly landlords: readonly Account[];
  readonly utility: Account;
  readonly tax: Account;
  readonly benefit: Account;
  readonly payrollFirm: Account;
  readonly processor: Account;
  readonly walletIssuer: Account;
  readonly operatorSettlement: Account;
  /** Passes remittances between operators and payers-out. */
  readonly aggregator: Account;
  readonly lender: Account;
  readonly exchange: Account;
  readonly correspondent: Account;
}

/** Number blocks: cases first, then the population, then infrastructure. */
const CASE_BLOCK = 2_000;
const CASES_BASE = 1_000_000;
const POPULATION_BASE = 40_000_000;
export const POPULATION_BLOCK = 12;
const NODES_BASE = 98_000_000;

export const caseIds = (index: number): IdBlock => new IdBlock(CASES_BASE + index * CASE_BLOCK);
export const residentIds = (index: number): IdBlock =>
  new IdBlock(POPULATION_BASE + index * POPULATION_BLOCK);

const MCCS = ['5411', '5411', '5411', '5541', '5542', '5812', '5814', '5912', '5311', '4121', '4814', '5651'];
const SHOPS_PER_TOWN = 12;

export class World {
  readonly stages: Readonly<Record<CountryCode, CountryStage>>;
  readonly parties: Party[] = [];
  /** First accounts of the residents by country; friends are picked from them. */
  readonly residents: Record<CountryCode, Account[]> = { MX: [], US: [], CA: [] };
  /** Pays to many sellers and performers: 'platform' licence. */
  readonly platform: Account;
  readonly from: number;
  private readonly shops = new Map<string, readonly Merchant[]>();
  private readonly ids = new IdBlock(NODES_BASE);

  constructor(rng: Random, from: number, people: number) {
    this.from = from;
    const stage = (country: CountryCode) => this.buildStage(rng, country, people);
    this.stages = { MX: stage('MX'), US: stage('US'), CA: stage('CA') };
    this.platform = this.node(
      TOWNS.losAngeles,
      INSTITUTIONS.mesa,
      'entity',
      'Plaza Creator Payouts',
      'platform',
    );
  }

  /** The shops of a town. */
  shopsOf(town: Town): readonly Merchant[] {
    let shops = this.shops.get(town.code);
    if (shops === undefined) {
      shops = Array.from({ length: SHOPS_PER_TOWN }, (_, i) => shop(town, MCCS[i % MCCS.length]!, i));
      this.shops.set(town.code, shops);
    }
    return shops;
  }

  private buildStage(rng: Random, country: CountryCode, people: number): CountryStage {
    const banks = submittingBanks(country);
    const { towns, weights } = residentTowns(country);
    const capital = towns[0]!;
    const bank = (i: number): Institution => banks[i % banks.length]!;
    const employers = Array.from(
      {
        length: Math.max(
          4,
          Math.round((people * POPULATION.countryShares[country]) / POPULATION.peoplePerEmployer),
        ),
      },
      (_, i) =>
        this.node(
          towns[rng.weighted(weights)]!,
          rng.chance(POPULATION.silentBankShare) ? silentBank(country) : bank(i),
          'entity',
          `Employer ${country} ${i}`,
          undefined,
          `NAICS:${rng.pick(['2361', '3118', '4451', '7225', '5617', '4841', '6221'])}`,
        ),
    );
    const landlords = Array.from({ length: Math.max(3, Math.round(employers.length / 2)) }, (_, i) =>
      this.node(towns[rng.weighted(weights)]!, bank(i), 'landlord', `Homes ${country} ${i}`),
    );
    return {
      employers,
      landlords,
      utility: this.node(capital, bank(0), 'utility', `Light and Water ${country}`),
      tax: this.node(capital, bank(1), 'tax_or_social_security', `Revenue ${country}`),
      benefit: this.node(capital, bank(0), 'government_benefit', `Benefits ${country}`),
      payrollFirm: this.node(capital, bank(1), 'entity', `Payroll Bureau ${country}`, 'payroll_firm'),
      processor: this.node(capital, bank(0), 'psp', `Card Acquirer ${country}`, 'psp'),
      walletIssuer: this.node(capital, bank(1), 'psp', `Wallet Issuer ${country}`, 'psp'),
      operatorSettlement: this.node(capital, bank(0), 'msb', `Remittance Settlement ${country}`, 'msb'),
      aggregator: this.node(capital, bank(1), 'msb', `Remittance Aggregator ${country}`, 'msb'),
      lender: this.node(capital, bank(1), 'lender', `Credit House ${country}`, 'lender'),
      exchange: this.node(capital, bank(0), 'vasp', `Nodo Exchange ${country}`, 'vasp'),
      correspondent: this.node(capital, bank(1), 'msb', `Corner Store Correspondent ${country}`, 'msb'),
    };
  }

  private node(
    town: Town,
    institution: Institution,
    kind: PartyKind,
    name: string,
    licence?: LicenceKind,
    sector?: string,
  ): Account {
    const party = createEntity(this.ids, {
      town,
      kind,
      name,
      incorporated: this.from - POPULATION.accountAgeDays[1],
      ...(licence === undefined ? {} : { licence }),
      ...(sector === undefined ? {} : { sector }),
    });
    this.parties.push(party);
    return openAccount(this.ids, party, institution, { opened: this.from - POPULATION.accountAgeDays[1] });
  }
}

/** A shop, hotel or station of a town, as its card terminal names it. */
export function shop(town: Town, mcc: string, number: number, descriptorClass?: string): Merchant {
  const id = `m-${town.country}${town.code}-${mcc}-${number}`;
  const view = nodeView(id, 'merchant', town.country);
  return { id, mcc, town, view, ...(descriptorClass === undefined ? {} : { descriptorClass }) };
}

/** Banks that nobody in the simulation speaks for; their customers are seen from the other side only. */
const OTHER_BANKS = 24;

/** Somebody who banks elsewhere, new each time: a payer whom the rows alone describe. */
export function outsider(rng: Random, country: CountryCode, byHandle: boolean): PartyInput {
  const token = `${rng.uint32().toString(36)}${(rng.uint32() & 0xffff).toString(36)}`;
  const bank = `${country.toLowerCase()}-other-${rng.int(1, OTHER_BANKS)}`;
  const account =
    country === 'MX' || !byHandle
      ? { scheme: 'none' as const, token: `x${token}`, bank }
      : {
          scheme: country === 'US' ? ('zelle' as const) : ('interac' as const),
          token: `q${token}@mail.example`,
          bank,
        };
  return { account, kind: 'person', country };
}
