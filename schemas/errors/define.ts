/**
 * The shape of one row of the error table, and the error that carries such a row.
 *
 * A code is `RAS-<AREA>-<WHAT>`, never reused and never renamed. The message says what happened, the hint what to do.
 * `{placeholders}` are filled by `params`; values of a feed are masked before they get here.
 */

export type Lang = 'en' | 'es' | 'fr';

/** The same sentence in the three languages of the corridor; all three hold the same `{placeholders}`. */
export interface Localized {
  readonly en: string;
  readonly es: string;
  readonly fr: string;
}

export interface ErrorRow {
  /** What happened. */
  readonly message: Localized;
  /** What to do about it. */
  readonly hint: Localized;
}

export type ErrorTable = Readonly<Record<string, ErrorRow>>;

/** Keeps the codes as a literal union while checking every row. */
export function defineErrors<const T extends ErrorTable>(table: T): T {
  return table;
}

export type ErrorParams = Readonly<Record<string, string | number>>;

/** Fills `{name}` in a template; a name without a value stays visible as `{name}`. */
export function fillTemplate(template: string, params: ErrorParams = {}): string {
  return template.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = params[name];
    return value === undefined ? whole : String(value);
  });
}
