/**
 * The party and account reference (KYC), valid-from: who holds which account and what is on record about them.
 * A bank submits it as a party file; ingest resolves rows against it as of the event.
 */
import { z } from 'zod';
import {
  ACCOUNT_PRODUCTS,
  ACCOUNT_SCHEMES,
  COVERAGES,
  LICENCE_KINDS,
  PARTY_KINDS,
  REF_SCHEMES,
  RELATIONSHIPS,
} from './enumerations.ts';
import { OCCUPATIONS } from './group-values.ts';
import {
  country,
  date,
  epochMs,
  identifier,
  LIMITS,
  money,
  moneyInput,
  pseudonym,
  text,
} from './identity.ts';

const list = <T extends z.ZodType>(item: T) => z.array(item).max(LIMITS.LIST_ITEMS);

const home = z.strictObject({ country, admin1: identifier.optional(), municipality: identifier.optional() });

const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/);

/** When a business is open, local time, an entry for each stretch; one that closes at or before it opens goes past midnight. */
export const openingHours = list(
  z.strictObject({
    weekday: z.int().min(0).max(6).describe('0 Monday .. 6 Sunday'),
    opens: timeOfDay,
    closes: timeOfDay,
  }),
);

function shape<I extends z.ZodType, M extends z.ZodType>(id: I, amount: M) {
  return {
    institution: identifier.describe('The institution that vouches for the record'),
    kind: z.enum(PARTY_KINDS).optional(),
    homePlace: home.optional(),
    workPlace: home.optional(),
    residenceCountry: country.optional(),
    birthYear: z.int().min(1880).max(2100).optional(),
    sector: z
      .string()
      .regex(/^(SCIAN|NAICS|CNBV):[0-9A-Za-z]{2,8}$/)
      .optional(),
    nightWork: z
      .boolean()
      .optional()
      .describe('Declared occupation or licence that explains activity at night'),
    licences: list(
      z.strictObject({
        kind: z.enum(LICENCE_KINDS),
        register: identifier.optional(),
        validTo: date.optional(),
      }),
    ).optional(),
    employers: list(id).optional(),
    relationships: list(
      z.strictObject({ ref: id, refScheme: z.enum(REF_SCHEMES).optional(), kind: z.enum(RELATIONSHIPS) }),
    ).optional(),
    beneficialOwners: list(
      z.strictObject({ ref: id, share: z.number().min(0).max(1).optional() }),
    ).optional(),
    incorporated: date.optional(),
    occupation: z.enum(OCCUPATIONS).optional(),
    pep: z.boolean().optional().describe('A public official, or close family of one'),
    declaredMonthlyIn: amount.optional().describe('Income a month that the party declared'),
    openingHours: openingHours.optional(),
    nameChanges: list(date).optional().describe('Days on which the name on record became another one'),
    survivorSafe: z.boolean().optional().describe('Set by authorised staff only'),
  };
}

function accountShape<I extends z.ZodType>(id: I) {
  return {
    scheme: z.enum(ACCOUNT_SCHEMES),
    token: id,
    bank: identifier.optional(),
    product: z.enum(ACCOUNT_PRODUCTS).optional(),
    opened: date.optional(),
    closed: date.optional(),
    coverage: z.enum(COVERAGES).optional(),
  };
}

/** A line of a party file: a party, its accounts, and from when this is so. */
export const partyRecordInput = z.strictObject({
  ref: identifier,
  refScheme: z.enum(REF_SCHEMES).default('customer'),
  validFrom: date.optional().describe('Default: always'),
  name: text.optional(),
  surnames: list(text).optional(),
  ...shape(identifier, moneyInput),
  accounts: list(z.strictObject(accountShape(identifier))).default([]),
});
export type PartyRecordInput = z.infer<typeof partyRecordInput>;

/** The same inside: keyed references only. */
export const partyRecord = z.strictObject({
  partyKey: pseudonym,
  validFromMs: epochMs.describe('Start of validity; -8640000000000000 for always'),
  kinTokens: list(pseudonym).optional(),
  ...shape(pseudonym, money),
  accounts: list(z.strictObject(accountShape(pseudonym))),
});
export type PartyRecord = z.infer<typeof partyRecord>;
