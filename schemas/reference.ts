/**
 * Files of reference data that ingest stamps into rows: lists of places and institutions, wages, rates, norms, holidays,
 * lexicons. Each names its source and date; all are effective-dated or versioned, so that a replay meets what was known.
 */
import { z } from 'zod';
import { RAILS } from './enumerations.ts';
import { country, currency, date, identifier } from './identity.ts';

const positiveDecimal = z
  .string()
  .regex(/^\d{1,15}(\.\d{1,24})?$/)
  .refine((value) => /[1-9]/.test(value), 'must not be zero');

const head = {
  id: identifier,
  version: date,
  source: z.string().min(1),
  verified: z.boolean().describe('Somebody re-read the source for this project'),
};

/** Municipalities on a named list: country -> admin1 -> national code -> name. */
export const placeListFile = z.strictObject({
  kind: z.literal('places'),
  ...head,
  places: z.record(country, z.record(identifier, z.record(z.string().regex(/^\d{3,7}$/), z.string()))),
});
export type PlaceListFile = z.infer<typeof placeListFile>;

/** Cities by country: the centre in 1e-4 degrees, and the national codes of the municipalities that they spread over, a space between. */
export const cityFile = z.strictObject({
  kind: z.literal('cities'),
  ...head,
  cities: z.record(
    country,
    z.array(
      z.strictObject({
        id: z.string().regex(/^[A-Z]{2}(-[A-Z0-9]+)+$/),
        name: z.string().min(1),
        lat: z.int().min(-900_000).max(900_000),
        lon: z.int().min(-1_800_000).max(1_800_000),
        codes: z.string().regex(/^\d{3,7}( \d{3,7})*$/),
      }),
    ),
  ),
});
export type CityFile = z.infer<typeof cityFile>;

export const institutionListFile = z.strictObject({
  kind: z.literal('institutions'),
  ...head,
  institutions: z.array(z.strictObject({ id: identifier, country: country.optional() })),
});

export const nightNormFile = z.strictObject({
  kind: z.literal('night_norms'),
  ...head,
  provenance: z.enum(['default', 'measured']),
  rails: z.partialRecord(z.enum(RAILS), z.int().min(0).max(1_000).nullable()),
});

/** Zones are `COUNTRY`, `COUNTRY-ADMIN1`, or any name with `list`: the places of that list. */
export const wageFile = z.strictObject({
  kind: z.literal('wages'),
  ...head,
  zones: z.record(
    identifier,
    z.strictObject({
      ccy: currency,
      list: identifier.optional(),
      wages: z.array(z.strictObject({ from: date, daily: positiveDecimal, verified: z.boolean() })).min(1),
    }),
  ),
});
export type WageFile = z.infer<typeof wageFile>;

export const holidayFile = z.strictObject({
  kind: z.literal('holidays'),
  ...head,
  countries: z.record(country, z.record(date, z.string())),
});
export type HolidayFile = z.infer<typeof holidayFile>;

/** Units of each currency that one unit of `base` buys, by date; null where the source was silent that day. */
export const rateFile = z.strictObject({
  kind: z.literal('rates'),
  id: identifier,
  source: z.string().min(1),
  date,
  official: z.boolean(),
  base: z.literal('USD'),
  currencies: z.array(currency).min(1),
  rates: z.record(date, z.array(positiveDecimal.nullable())),
});
export type RateFile = z.infer<typeof rateFile>;

export const lexiconFile = z.strictObject({
  kind: z.literal('lexicon'),
  id: z.enum(['es', 'en', 'fr']),
  version: date,
  source: z.string().min(1),
  classes: z.record(z.string().regex(/^[a-z_]+$/), z.array(z.string().min(2)).min(1)),
});
export type LexiconFile = z.infer<typeof lexiconFile>;
