/**
 * A mapping file: how one bank's file becomes canonical rows. Data only, no code: a mapping can be reviewed by someone
 * who does not program, and can do nothing but read columns.
 *
 * `fields` maps canonical paths (`debtor.account.token`, `places.0.role`) to values. In a statement, which shows one
 * account's side, `own.*` and `other.*` stand for debtor or creditor according to `direction`. A nested group appears in
 * a row when at least one of its columns is filled; constants alone do not make a creditor.
 */
import { z } from 'zod';
import { COVERAGES, PRECISIONS } from './enumerations.ts';
import { identifier, LIMITS } from './identity.ts';

/** Named limits of a mapping. */
export const MAPPING_LIMITS = {
  FIELDS: 256,
  TABLES: 32,
  TABLE_ROWS: 4_096,
  COLUMNS: 512,
  FORMATS: 16,
  TRANSFORMS: 8,
} as const;

const columnName = z.string().min(1).max(LIMITS.IDENTIFIER_CHARS);
const scalar = z.union([z.string().max(LIMITS.TEXT_CHARS), z.number(), z.boolean()]);

export const transform = z.union([
  z.enum(['trim', 'upper', 'lower', 'digits', 'squeeze', 'length']),
  z.strictObject({
    pad: z.strictObject({
      length: z.int().min(1).max(64),
      with: z.string().length(1).default('0'),
      side: z.enum(['left', 'right']).default('left'),
    }),
  }),
  z.strictObject({ slice: z.tuple([z.int().min(-1_000).max(1_000), z.int().min(-1_000).max(1_000)]) }),
  z.strictObject({ prefix: z.string().max(32) }),
  z.strictObject({ part: z.strictObject({ by: z.string().min(1).max(4), index: z.int().min(0).max(16) }) }),
]);
export type Transform = z.infer<typeof transform>;

/** A condition on the raw text of a column. */
const condition = z.strictObject({
  column: columnName,
  is: z.array(z.string().max(LIMITS.IDENTIFIER_CHARS)).max(256).optional(),
  isNot: z.array(z.string().max(LIMITS.IDENTIFIER_CHARS)).max(256).optional(),
});

const zone = z.union([
  z.string().min(1).max(64),
  z.strictObject({
    column: columnName,
    table: z.record(z.string(), z.string().min(1).max(64)),
    otherwise: z.string().min(1).max(64).optional(),
  }),
]);

/** How text becomes a moment. `formats` are tried in order; see `pipelines/ingest/mappings/README.md` for the tokens. */
export const timeSpec = z.strictObject({
  formats: z.array(z.string().min(1).max(64)).min(1).max(MAPPING_LIMITS.FORMATS),
  zone: zone.optional().describe('IANA name; needed where the text has no offset'),
  gap: z.enum(['reject']).default('reject').describe('A local time that never happened'),
  overlap: z
    .enum(['earlier', 'later', 'reject'])
    .default('reject')
    .describe('A local time that happened twice'),
  from: z.iso.date().optional().describe('With the formats step-hours and step-days: the day of step 0'),
});
export type TimeSpec = z.infer<typeof timeSpec>;

export const amountSpec = z.strictObject({
  decimal: z.enum(['.', ',']).default('.'),
  thousands: z.enum(['', ',', '.', ' ', "'"]).default(''),
  sign: z
    .enum(['none', 'drop', 'keep'])
    .default('none')
    .describe('none: a minus is an error; drop: `direction` has read it; keep: a balance'),
  impliedDecimals: z.int().min(0).max(18).default(0).describe('Digits after an unwritten decimal mark'),
});
export type AmountSpec = z.infer<typeof amountSpec>;

const value = {
  column: columnName.optional(),
  columns: z.array(columnName).min(1).max(16).optional().describe('Joined by `join`; empty ones left out'),
  join: z.string().max(8).default(' '),
  byDirection: z.strictObject({ debit: columnName, credit: columnName }).optional(),
  const: scalar.optional(),
  constByDirection: z.strictObject({ debit: scalar, credit: scalar }).optional(),
  table: z.record(z.string(), scalar).optional(),
  otherwise: scalar
    .optional()
    .describe('For a text that the table does not hold; without it the row is rejected'),
  default: scalar.optional().describe('For an empty column'),
  empty: z.array(z.string()).max(32).optional().describe('Texts that mean nothing was filled in, e.g. ND'),
  transforms: z.array(transform).max(MAPPING_LIMITS.TRANSFORMS).optional(),
  time: timeSpec.optional(),
  amount: amountSpec.optional(),
  check: z.enum(['clabe']).optional().describe('clabe: a text of 18 digits must carry the right check digit'),
  when: condition.optional(),
  optional: z.boolean().default(false).describe('A file without this column is still good'),
};

export const valueSpec = z
  .strictObject(value)
  .refine(
    (spec) =>
      [spec.column, spec.columns, spec.byDirection, spec.const, spec.constByDirection].filter(
        (source) => source !== undefined,
      ).length === 1,
    'exactly one of column, columns, byDirection, const, constByDirection is needed',
  );
export type ValueSpec = z.infer<typeof valueSpec>;

/** One code column that settles several fields at once: a type code gives kind, rail, channel and instrument. */
export const tableSpec = z.strictObject({
  column: columnName,
  transforms: z.array(transform).max(MAPPING_LIMITS.TRANSFORMS).optional(),
  rows: z.record(
    z.string(),
    z.record(z.string(), z.union([scalar, z.strictObject({ debit: scalar, credit: scalar })])),
  ),
  otherwise: z
    .record(z.string(), z.union([scalar, z.strictObject({ debit: scalar, credit: scalar })]))
    .optional()
    .describe('For a code that no row names; without it such a line is rejected'),
});
export type TableSpec = z.infer<typeof tableSpec>;

const codes = z.array(z.string().min(1).max(32)).min(1).max(64);

/** Which side of the movement the statement's own account is on. Debit: money left it. */
export const directionSpec = z.union([
  z.strictObject({ sign: columnName, negative: z.enum(['debit', 'credit']).default('debit') }),
  z.strictObject({ debit: columnName, credit: columnName }),
  z.strictObject({ column: columnName, debit: codes, credit: codes }),
  z.strictObject({ const: z.enum(['debit', 'credit']) }),
]);
export type DirectionSpec = z.infer<typeof directionSpec>;

const fixedColumn = z.strictObject({
  name: columnName,
  from: z.int().min(1).max(10_000).describe('First character, from 1'),
  width: z.int().min(1).max(10_000),
});

/** One kind of line in a fixed-width file. `context` lines lend their columns to the rows after them (a batch header). */
const fixedRecord = z.strictObject({
  match: z.strictObject({ from: z.int().min(1).max(10_000), text: z.string().min(1).max(64) }),
  use: z.enum(['row', 'context', 'ignore']),
  columns: z.array(fixedColumn).max(MAPPING_LIMITS.COLUMNS).default([]),
});
export type FixedRecord = z.infer<typeof fixedRecord>;

export const sourceSpec = z.strictObject({
  format: z
    .enum(['csv', 'ndjson', 'fixed', 'auto'])
    .describe('auto: NDJSON when the first byte is {, else CSV'),
  encoding: z.enum(['utf-8', 'latin1', 'cp1252']).default('utf-8'),
  delimiter: z.string().length(1).default(','),
  quote: z.string().length(1).default('"'),
  skipLines: z.int().min(0).max(1_000).default(0).describe('Records before the header'),
  header: z.boolean().default(true),
  columns: z
    .array(columnName)
    .max(MAPPING_LIMITS.COLUMNS)
    .optional()
    .describe('Names, where there is no header'),
  records: z.array(fixedRecord).max(32).optional(),
});

export const mapping = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/),
  version: z.int().min(1).max(1_000_000),
  title: z.string().max(LIMITS.TEXT_CHARS).optional(),
  kind: z.enum(['transactions', 'parties']).default('transactions'),
  source: sourceSpec,
  canonical: z
    .boolean()
    .default(false)
    .describe('Columns are canonical paths and NDJSON objects are canonical; `fields` only fills in'),
  institution: z
    .union([
      z.strictObject({ const: identifier }),
      z.strictObject({ column: columnName }),
      z.strictObject({ given: z.literal(true) }),
    ])
    .optional()
    .describe('given: whoever runs the file says it'),
  idFrom: z
    .enum(['fields', 'content'])
    .default('fields')
    .describe('content: hash of the row and its ordinal among equal rows; such a file must be resent whole'),
  precision: z.enum(PRECISIONS).optional().describe('Of occurredAt; day and batch keep the date only'),
  coverage: z.enum(COVERAGES).optional(),
  coverageByInstitution: z.record(identifier, z.enum(COVERAGES)).optional(),
  provides: z
    .array(z.string())
    .max(64)
    .optional()
    .describe('What rules may rely on; default: what the mapped fields can carry'),
  direction: directionSpec.optional(),
  tables: z.array(tableSpec).max(MAPPING_LIMITS.TABLES).default([]),
  fields: z.record(z.string(), valueSpec).default({}),
});
export type Mapping = z.infer<typeof mapping>;
