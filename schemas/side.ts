/** One side of a row as ingest resolved it. */
import { z } from 'zod';
import { ACCOUNT_PRODUCTS, AGE_BANDS, COVERAGES, LICENCE_KINDS, PARTY_KINDS } from './enumerations.ts';
import { OCCUPATIONS } from './group-values.ts';
import { country, epochMs, identifier, LIMITS, money, pseudonym } from './identity.ts';
import { openingHours } from './party.ts';

const list = <T extends z.ZodType>(item: T) => z.array(item).max(LIMITS.LIST_ITEMS);
/** Of several records that add up. */
const parties = z.array(pseudonym).max(LIMITS.LIST_ITEMS ** 2);

/** The city in which a side acted, and how far its centre is from that of the city of the holder's home. */
const actedIn = z.strictObject({
  city: identifier,
  homeM: z.int().min(0).max(20_100_000).optional().describe('Whole metres; 0 within one city'),
});

/** Where the sides of a row acted, of those that acted in a city. */
export const actedIns = z.strictObject({ debtor: actedIn.optional(), creditor: actedIn.optional() });

/** Facts about one side of the row as of the event, resolved by ingest from the directory and the row itself. */
export const side = z.strictObject({
  accountKey: pseudonym.optional(),
  bank: identifier.optional(),
  holderKey: pseudonym
    .optional()
    .describe('Directory holder; else the keyed reference in the row; else the account'),
  resolvedBy: z.enum(['directory', 'row', 'account']).optional(),
  kind: z.enum(PARTY_KINDS).optional(),
  product: z.enum(ACCOUNT_PRODUCTS).optional(),
  country: country.optional(),
  admin1: identifier.optional().describe('Home, COUNTRY-ADMIN1'),
  municipality: identifier.optional().describe('Home, COUNTRY-CODE'),
  workAdmin1: identifier.optional().describe('Work place, COUNTRY-ADMIN1'),
  licences: list(z.enum(LICENCE_KINDS)).optional(),
  sector: identifier.optional().describe('SCHEME:CODE, e.g. SCIAN:5613'),
  ageBand: z.enum(AGE_BANDS).optional(),
  kinTokens: list(pseudonym).optional().describe('Keyed surname tokens; compared for equality only'),
  relatedKeys: list(pseudonym).optional().describe('Declared relations of this party: kin, spouse, guardian'),
  openedAt: epochMs.optional(),
  coverage: z.enum(COVERAGES).optional(),
  occupationNight: z.boolean().optional().describe('Occupation or licence that explains night activity'),
  survivorSafe: z.boolean().optional(),
  occupation: z.enum(OCCUPATIONS).optional(),
  pep: z.boolean().optional().describe('A public official, or close family of one'),
  monthlyIn: money.optional().describe('Declared monthly income'),
  openingHours: openingHours.optional(),
  incorporatedAt: epochMs.optional(),
  nameChanges: z.int().min(0).optional().describe('Changes of name in the 24 months before the event'),
  employerKeys: parties.optional().describe('Declared employers'),
  employerOwnerKeys: parties.optional().describe('Beneficial owners of the declared employers'),
  ownerKeys: parties.optional().describe('Beneficial owners of this party'),
});
