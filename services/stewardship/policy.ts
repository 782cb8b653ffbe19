/** Days of the configuration as SQL: how long a row is kept, by the institutions or countries that it belongs to. */
import type { Retained, RetentionConfig } from '../../schemas/config.ts';

/** What ClickHouse reads as a text of exactly these characters. */
export function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, (char) => `\\${char}`)}'`;
}

/** Days by country, and for whoever belongs to none; undefined where the table is kept for ever. */
export interface TableDays {
  readonly byCountry: ReadonlyMap<string, number>;
  readonly longest: number;
}

export function daysOf(config: RetentionConfig, table: Retained): TableDays | undefined {
  const otherwise = config.days[table];
  if (otherwise === undefined) return undefined;
  const byCountry = new Map<string, number>();
  for (const [country, days] of Object.entries(config.countries))
    byCountry.set(country, days[table] ?? otherwise);
  for (const country of Object.values(config.institutions))
    if (!byCountry.has(country)) byCountry.set(country, otherwise);
  return { byCountry, longest: Math.max(otherwise, ...byCountry.values()) };
}

/** Days that a row of the institution `column` is kept; of one that is not configured, the longest. */
export function daysOfInstitution(
  config: RetentionConfig,
  { byCountry, longest }: TableDays,
  column: string,
): string {
  const pairs = Object.entries(config.institutions).map(
    ([institution, country]) => [institution, byCountry.get(country) ?? longest] as const,
  );
  return lookup(column, pairs, longest);
}

/** Days of the longest of several: `each` is the name of one of `list` inside `days`; of an empty list the longest there is. */
export function daysOfLongest(list: string, each: string, days: string, longest: number): string {
  return `if(empty(${list}), toUInt32(${longest}), arrayMax(arrayMap(${each} -> ${days}, ${list})))`;
}

/** Days of the country `column`. */
export function daysOfCountry({ byCountry, longest }: TableDays, column: string): string {
  return lookup(column, [...byCountry], longest);
}

function lookup(column: string, pairs: readonly (readonly [string, number])[], otherwise: number): string {
  if (pairs.length === 0) return `toUInt32(${otherwise})`;
  const names = pairs.map(([name]) => quoted(name)).join(', ');
  const days = pairs.map(([, each]) => each).join(', ');
  return `toUInt32(transform(${column}, [${names}], [${days}], ${otherwise}))`;
}
