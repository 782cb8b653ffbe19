/**
 * Who takes part: accounts and holders by number, so that nobody is stored.
 *
 * Account i < holders belongs to holder i; every further account to a holder drawn by its number. The lowest four bits
 * of an account, its holder and those it deals with are the same: they say the bank. Keys have the shape of pseudonyms, and
 * their ids are one run of the dictionary each.
 */
import type { FactDictionary } from '../../pipelines/facts/dictionary.ts';
import { STREAM } from './options.ts';

/** Sixteen equal parts of the population, by bank. */
const BANK_OF_PART = [0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 4, 4, 5] as const;
export const PARTS = BANK_OF_PART.length;
export const BANKS = 6;
/** Ways of being a customer of a bank: `profiles.ts`. */
export const PROFILES = 8;

/** 32 bits of a number and a salt, well mixed. */
export function mixed(value: number, salt: number): number {
  let z = (value + Math.imul(salt, 0x9e3779b9)) | 0;
  z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
  return (z ^ (z >>> 15)) >>> 0;
}

const KEY_CHARS = 26;
const KEY_WORDS = 4;
const BASE = 36;

/** `<prefix>_` and 26 characters: of well mixed words, and the number itself at the end, so that no two are equal. */
export function pseudonymOf(prefix: string, number: number, seed: number): string {
  const tail = number.toString(BASE).padStart(6, '0');
  let head = '';
  for (let word = 1; word <= KEY_WORDS; word++) {
    head += mixed(number, seed + word)
      .toString(BASE)
      .padStart(7, '0');
  }
  return `${prefix}_${head.slice(0, KEY_CHARS - tail.length)}${tail}`;
}

/** What businesses are; business j is of trade `(j >> 4) % TRADES.length`. */
export const TRADES = [
  'merchant',
  'utility',
  'landlord',
  'entity',
  'government_benefit',
  'psp',
  'vasp',
  'bank_own',
] as const;
const CUSTOMERS_PER_BUSINESS = 50;

export interface Population {
  readonly accounts: number;
  readonly holders: number;
  /** Businesses that customers pay or are paid by: as many of each trade. */
  readonly businesses: number;
  /** People whose accounts are kept where no stream comes from. */
  readonly outsiders: number;
  /** First id of each run of keys. */
  readonly firstAccount: number;
  readonly firstHolder: number;
  readonly firstBusinessAccount: number;
  readonly firstBusinessParty: number;
  readonly firstOutsiderAccount: number;
  readonly firstOutsiderParty: number;
}

export const bankOf = (account: number): number => BANK_OF_PART[account & (PARTS - 1)] as number;

export function holderOf(population: Population, account: number): number {
  const { holders } = population;
  if (account < holders) return account;
  const rows = holders >>> 4;
  return ((mixed(account, 11) % rows) << 4) | (account & (PARTS - 1));
}

export const profileOf = (holder: number): number => (mixed(holder, 12) >>> 7) % PROFILES;

/** Days before the first row on which the account was opened, 1..2,000; one in forty less than ten. */
export function openedBefore(account: number): number {
  const draw = mixed(account, 13);
  return draw % 40 === 0 ? 1 + (draw % 10) : 1 + (draw % 2_000);
}

/** Gives everybody an id. The dictionary must not know any of the keys. */
export function populate(accounts: number, seed: number, dictionary: FactDictionary): Population {
  const whole = Math.max(PARTS * 4, Math.ceil(accounts / PARTS) * PARTS);
  const holders = Math.max(
    PARTS,
    Math.floor((whole * 1_000) / STREAM.ACCOUNTS_PER_HOLDER_MILLI / PARTS) * PARTS,
  );
  const perTrade = Math.max(1, Math.ceil(whole / CUSTOMERS_PER_BUSINESS / (PARTS * TRADES.length)));
  const businesses = perTrade * PARTS * TRADES.length;
  const outsiders = 4 * businesses;
  const run = (prefix: string, count: number, salt: number): number => {
    let first = -1;
    for (let i = 0; i < count; i++) {
      const id = dictionary.textId(pseudonymOf(prefix, i, seed + salt));
      if (first === -1) first = id;
      if (id !== first + i) throw new Error('the dictionary knows a key of the stream');
    }
    return first;
  };
  return {
    accounts: whole,
    holders,
    businesses,
    outsiders,
    firstAccount: run('acct', whole, 0),
    firstHolder: run('par', holders, 1_000),
    firstBusinessAccount: run('acct', businesses, 2_000),
    firstBusinessParty: run('par', businesses, 3_000),
    firstOutsiderAccount: run('acct', outsiders, 4_000),
    firstOutsiderParty: run('par', outsiders, 5_000),
  };
}
