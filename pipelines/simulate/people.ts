/**
 * Parties and accounts of the simulated world, and how they look in a row: `own` is what the account's institution
 * knows, `seen` what any other institution knows of it, `handle` what a pay-by-address rail shows instead.
 *
 * These views are shared by all rows of an account and must not be changed by a reader.
 */
import type {
  ACCOUNT_PRODUCTS,
  AccountScheme,
  LicenceKind,
  PartyKind,
  RefScheme,
} from '../../schemas/enumerations.ts';
import type { PartyRecordInput } from '../../schemas/party.ts';
import type { PartyInput } from '../../schemas/transaction.ts';
import type { Institution } from './institutions.ts';
import { drawFirstName, drawSurnames } from './names.ts';
import { POPULATION } from './parameters.ts';
import type { Town } from './places.ts';
import type { Random } from './random.ts';
import { dateText } from './time.ts';

type AccountProduct = (typeof ACCOUNT_PRODUCTS)[number];

/** Hands out numbers of a reserved block, so that adding a case never renumbers another. */
export class IdBlock {
  private next: number;

  constructor(base: number) {
    this.next = base;
  }

  take(): number {
    return this.next++;
  }
}

/** What else a bank may have on record about somebody. */
export type OnRecord = Pick<PartyRecordInput, 'occupation' | 'pep' | 'declaredMonthlyIn' | 'openingHours'>;

export interface Party {
  readonly ref: string;
  readonly refScheme: RefScheme;
  readonly kind: PartyKind;
  readonly town: Town;
  readonly name: string;
  readonly surnames: readonly string[];
  readonly birthYear?: number;
  readonly sector?: string;
  readonly licence?: LicenceKind;
  readonly nightWork?: boolean;
  readonly workTown?: Town;
  readonly incorporated?: number;
  readonly relationships: NonNullable<PartyRecordInput['relationships']>;
  readonly employer?: Party;
  readonly owners?: readonly Party[];
  readonly onRecord: OnRecord;
  readonly accounts: Account[];
}

export interface Account {
  readonly institution: Institution;
  readonly scheme: AccountScheme;
  readonly token: string;
  readonly product: AccountProduct;
  readonly opened: number;
  readonly owner: Party;
  /** Address on Zelle or Interac. */
  readonly handle?: { readonly scheme: AccountScheme; readonly token: string };
  /** The handle was issued for another account; only that one lists it. */
  readonly borrowsHandle: boolean;
  /** Default: the owner's own. */
  readonly device: string;
  readonly own: PartyInput;
  readonly seen: PartyInput;
  readonly byHandle: PartyInput;
}

const pad = (value: number, digits: number): string => String(value).padStart(digits, '0');

/** Spreads consecutive numbers over eleven digits without collisions: the factor shares no divisor with the modulus. */
const scatter = (number: number): number => (number * 61_803_399) % 100_000_000_000;

/** CLABE: bank, plaza and account, closed by the check digit that the rail's validators compute. */
function clabe(bank: string, town: Town, number: number): string {
  const body = `${bank}${town.code.slice(0, 2)}0${pad(scatter(number), 11)}`;
  let sum = 0;
  for (let i = 0; i < body.length; i++) sum += (Number(body[i]) * [3, 7, 1][i % 3]!) % 10;
  return body + String((10 - (sum % 10)) % 10);
}

function accountNumber(
  institution: Institution,
  town: Town,
  number: number,
): { scheme: AccountScheme; token: string } {
  if (institution.kind === 'mto')
    return { scheme: 'mto_ref', token: `${institution.code}-${pad(scatter(number), 11)}` };
  if (institution.kind === 'vasp')
    return { scheme: 'wallet', token: `${institution.code}-${pad(scatter(number), 11)}` };
  if (institution.country === 'MX') return { scheme: 'clabe', token: clabe(institution.code, town, number) };
  if (institution.country === 'CA')
    return {
      scheme: 'ca_transit',
      token: `${town.code.slice(-5)}-${institution.code}-${pad(scatter(number), 11)}`,
    };
  return { scheme: 'us_aba', token: `${institution.code}-${pad(scatter(number), 11)}` };
}

/** Bounds of a person's birth year. */
export type BirthYears = readonly [number, number];

export interface PersonOptions {
  readonly town: Town;
  readonly birthYears?: BirthYears;
  readonly surnames?: readonly string[];
  readonly nightWork?: boolean;
  readonly workTown?: Town;
  readonly sector?: string;
  readonly licence?: LicenceKind;
  readonly kind?: PartyKind;
  /** Declared to the banks. */
  readonly employer?: Party;
  readonly onRecord?: OnRecord;
  /** Known to its institutions by a customer number only, so that two of them cannot tell it is one person. */
  readonly byCustomerNumber?: boolean;
}

const BIRTH_YEARS: BirthYears = [1948, 2005];

/** A natural person (or a sole trader) without accounts. */
export function createPerson(rng: Random, ids: IdBlock, options: PersonOptions): Party {
  const { town } = options;
  const number = ids.take();
  const twoSurnames =
    town.country === 'MX' || (town.country === 'US' && rng.chance(POPULATION.usTwoSurnames));
  const surnames = options.surnames ?? drawSurnames(rng, twoSurnames);
  const document =
    town.country === 'MX' ? `SIMC${pad(scatter(number), 14)}` : `SIM${town.country}${pad(number, 9)}`;
  return {
    ref: options.byCustomerNumber === true ? `C${pad(scatter(number), 11)}` : document,
    refScheme: options.byCustomerNumber === true ? 'customer' : town.country === 'MX' ? 'curp' : 'document',
    kind: options.kind ?? 'person',
    town,
    name: `${drawFirstName(rng)} ${surnames.join(' ')}`,
    surnames,
    birthYear: rng.whole(options.birthYears ?? BIRTH_YEARS),
    ...(options.sector === undefined ? {} : { sector: options.sector }),
    ...(options.licence === undefined ? {} : { licence: options.licence }),
    ...(options.nightWork === true ? { nightWork: true } : {}),
    ...(options.workTown === undefined ? {} : { workTown: options.workTown }),
    ...(options.employer === undefined ? {} : { employer: options.employer }),
    onRecord: options.onRecord ?? {},
    relationships: [],
    accounts: [],
  };
}

export interface EntityOptions {
  readonly town: Town;
  readonly kind: PartyKind;
  readonly name: string;
  readonly sector?: string;
  readonly licence?: LicenceKind;
  readonly incorporated?: number;
  /** Beneficial owners on record. */
  readonly owners?: readonly Party[];
  readonly onRecord?: OnRecord;
  /** Known to its bank by a customer number, as the records of its staff name it. */
  readonly byCustomerNumber?: boolean;
}

export function createEntity(ids: IdBlock, options: EntityOptions): Party {
  const { town } = options;
  return {
    ref: `SIME${pad(ids.take(), 9)}`,
    refScheme: options.byCustomerNumber === true ? 'customer' : town.country === 'MX' ? 'rfc' : 'tin',
    kind: options.kind,
    town,
    name: options.name,
    surnames: [],
    ...(options.sector === undefined ? {} : { sector: options.sector }),
    ...(options.licence === undefined ? {} : { licence: options.licence }),
    ...(options.incorporated === undefined ? {} : { incorporated: options.incorporated }),
    ...(options.owners === undefined ? {} : { owners: options.owners }),
    onRecord: options.onRecord ?? {},
    relationships: [],
    accounts: [],
  };
}

/** A bar: every evening but Monday's, until after midnight. */
export const barHours = (): NonNullable<OnRecord['openingHours']> =>
  [1, 2, 3, 4, 5, 6].map((weekday) => ({ weekday, opens: '18:00', closes: '02:30' }));

/** Declares both sides of a relation. */
export function relate(one: Party, other: Party, kind: 'kin' | 'spouse' | 'guardian'): void {
  one.relationships.push({ ref: other.ref, refScheme: other.refScheme, kind });
  other.relationships.push({ ref: one.ref, refScheme: one.refScheme, kind });
}

export interface AccountOptions {
  readonly product?: AccountProduct;
  /** Day of opening. */
  readonly opened: number;
  /** Pays and is paid under this account's address instead of one of its own: a family that shares a handle. */
  readonly handleOf?: Account;
  /** Somebody else's telephone. */
  readonly device?: string;
}

const HANDLE_SCHEMES: Readonly<Record<string, AccountScheme>> = { US: 'zelle', CA: 'interac' };

/** Opens an account for a party at an institution and lists it with the party. */
export function openAccount(
  ids: IdBlock,
  owner: Party,
  institution: Institution,
  options: AccountOptions,
): Account {
  const number = ids.take();
  const { scheme, token } = accountNumber(institution, owner.town, number);
  const product =
    institution.kind === 'mto'
      ? 'unknown'
      : (options.product ?? (owner.kind === 'person' ? 'checking' : 'business'));
  const handleScheme = institution.kind === 'bank' ? HANDLE_SCHEMES[institution.country] : undefined;
  const handle =
    options.handleOf?.handle ??
    (handleScheme === undefined
      ? undefined
      : { scheme: handleScheme, token: `p${number.toString(36)}@mail.example` });
  const common = {
    kind: owner.kind,
    country: institution.kind === 'mto' ? owner.town.country : institution.country,
    ...(owner.licence === undefined ? {} : { licence: { kind: owner.licence } }),
  };
  const own: PartyInput = {
    account: { scheme, token, bank: institution.id, product },
    holders: [{ ref: owner.ref, refScheme: owner.refScheme, refStrength: 'strong' }],
    ...common,
    ...(institution.kind === 'mto' ? { name: owner.name, surnames: [...owner.surnames] } : {}),
  };
  const seen: PartyInput = {
    account: { scheme, token, bank: institution.id },
    ...common,
    ...(institution.submits ? {} : { name: owner.name }),
  };
  const account: Account = {
    institution,
    scheme,
    token,
    product,
    opened: options.opened,
    owner,
    ...(handle === undefined ? {} : { handle }),
    borrowsHandle: options.handleOf?.handle !== undefined,
    device: options.device ?? `d-${owner.ref}`,
    own,
    seen,
    byHandle: handle === undefined ? seen : { ...seen, account: { ...handle, bank: institution.id } },
  };
  owner.accounts.push(account);
  return account;
}

/** The account that a party was given at an institution. */
export function accountAt(party: Party, institution: Institution): Account {
  return party.accounts.find((account) => account.institution === institution)!;
}

/** What each submitting institution's party file says of a party. */
export function recordsOf(party: Party): PartyRecordInput[] {
  const records: PartyRecordInput[] = [];
  const institutions = new Set(party.accounts.map((account) => account.institution));
  for (const institution of institutions) {
    if (!institution.submits) continue;
    const accounts: PartyRecordInput['accounts'] = [];
    for (const account of party.accounts) {
      if (account.institution !== institution) continue;
      const shared = {
        bank: institution.id,
        opened: dateText(account.opened),
        coverage: institution.coverage,
      };
      const { product } = account;
      accounts.push({ scheme: account.scheme, token: account.token, product, ...shared });
      if (account.handle !== undefined && !account.borrowsHandle)
        accounts.push({ ...account.handle, product, ...shared });
    }
    records.push({
      ref: party.ref,
      refScheme: party.refScheme,
      institution: institution.id,
      name: party.name,
      ...(party.surnames.length > 0 ? { surnames: [...party.surnames] } : {}),
      kind: party.kind,
      homePlace: homeOf(party.town),
      residenceCountry: party.town.country,
      ...(party.workTown === undefined ? {} : { workPlace: homeOf(party.workTown) }),
      ...(party.birthYear === undefined ? {} : { birthYear: party.birthYear }),
      ...(party.sector === undefined ? {} : { sector: party.sector }),
      ...(party.nightWork === true ? { nightWork: true } : {}),
      ...(party.licence === undefined ? {} : { licences: [{ kind: party.licence }] }),
      ...(party.relationships.length > 0 ? { relationships: [...party.relationships] } : {}),
      ...(party.incorporated === undefined ? {} : { incorporated: dateText(party.incorporated) }),
      ...(party.employer === undefined ? {} : { employers: [party.employer.ref] }),
      ...party.onRecord,
      ...(party.owners === undefined ? {} : { beneficialOwners: party.owners.map(({ ref }) => ({ ref })) }),
      accounts,
    });
  }
  return records;
}

const homeOf = (town: Town) => ({ country: town.country, admin1: town.admin1, municipality: town.code });
