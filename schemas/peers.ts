/**
 * Peers: what is measured of an account, of whom, and tables of exact quantiles of one complete UTC day. Rules read them as of an
 * event (SEMANTICS §13); `rules/reference/peers.ts` has the lookup, `rastro rules peers` makes tables.
 */
import { z } from 'zod';
import { date } from './identity.ts';
import { feature, localized, PEER_UNITS, param, peerName, quantileMilli } from './rule.ts';

/**
 * Fields that may make a group: closed vocabularies of business, product and place. What a person is (age, origin, whatever a
 * licence may tell of belief) is none of them, and nationality, ethnicity, religion and migration status are no fields at all.
 */
export const PEER_GROUP_FIELDS = [
  'holderKind',
  'holderSector',
  'holderAdmin1',
  'accountProduct',
  'ccy',
] as const;

/** Fewest accounts that a definition may ask of a group: below it a quantile would tell of single accounts. */
export const PEER_ACCOUNTS_LEAST = 20;
/** Quantiles of one definition. */
const QUANTILES_MAX = 16;
/** Characters of a value that makes a group. */
const VALUE_CHARS_MAX = 64;
/** Groups of one table: sectors times currencies are some hundreds, and a file of rules has 256 KiB. */
export const PEER_GROUPS_MAX = 2_000;
/** Tables of one definition in a set, one a day. */
export const PEER_TABLES_MAX = 400;
/** A table is in force for this long from its first day on; then nobody knows. */
export const PEER_TABLE_DAYS = 35;

const expression = z.string().min(1).max(2_000);
const name = z.string().regex(/^[a-z][a-zA-Z0-9_]*$/);

/** `peers/<name>.yaml`: what is measured of an account, in the language of rules, and who is compared with whom. */
export const peerFile = z.strictObject({
  kind: z.literal('peers'),
  name: peerName,
  version: z.string().regex(/^\d+\.\d+\.\d+$/),
  title: localized,
  sources: z
    .array(z.strictObject({ document: z.string(), year: z.int(), section: z.string().optional() }))
    .min(1),
  by: z
    .array(z.enum(PEER_GROUP_FIELDS))
    .min(1)
    .max(3)
    .refine((fields) => new Set(fields).size === fields.length, 'each field once')
    .describe('An account is compared with those that have the same values of these fields'),
  minAccounts: z.int().min(PEER_ACCOUNTS_LEAST).max(1_000_000).describe('A smaller group has no quantile'),
  quantiles: z
    .array(quantileMilli)
    .min(1)
    .max(QUANTILES_MAX)
    .refine((all) => all.every((each, i) => i === 0 || each > (all[i - 1] as number)), 'ascending')
    .describe('Thousandths: 500 is the median'),
  unit: z.enum(PEER_UNITS),
  params: z.record(name, param).default({}),
  let: z.record(name, expression).default({}),
  features: z.record(name, feature),
  among: expression
    .optional()
    .describe('Over features: accounts of which it is true are peers; default all. Unknown is not true'),
  measure: name.describe('The feature whose value is compared'),
});
export type PeerFile = z.infer<typeof peerFile>;

/** An exact integer beyond 2^53 is written as its digits. */
const quantile = z.union([z.number(), z.string().regex(/^-?\d{16,40}$/)]);

/** `peers/<name>.<day>.yaml`: the quantiles of one complete UTC day, group by group, and nothing of any account. */
export const peerTableFile = z.strictObject({
  kind: z.literal('peer_table'),
  name: peerName,
  day: date.describe('The complete UTC day; the table holds from the day after it on'),
  version: z.string().describe('Version of the definition that it was made by'),
  definition: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .describe('Hash of what that definition measures'),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .describe('Hash of all of this file but this line'),
  /** Accounts that had a value and a group, and groups that were too small to be here. */
  accounts: z.int().min(0),
  groupsTooSmall: z.int().min(0),
  quantiles: z.array(quantileMilli).min(1).max(QUANTILES_MAX),
  groups: z
    .array(
      z.strictObject({
        of: z
          .array(z.string().min(1).max(VALUE_CHARS_MAX))
          .min(1)
          .max(3)
          .describe('Values of the fields, in the order of the definition'),
        accounts: z.int().min(PEER_ACCOUNTS_LEAST),
        values: z.array(quantile).min(1).describe('In the order of `quantiles`'),
      }),
    )
    .max(PEER_GROUPS_MAX),
});
export type PeerTableFile = z.infer<typeof peerTableFile>;
