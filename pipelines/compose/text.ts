/**
 * Sentences in three languages: filling templates, and writing amounts, dates and values the way each language does.
 *
 * No `Intl`: an alert is a function of its data, and the tables of a runtime's `Intl` change between releases.
 */
import { fillTemplate, type Lang, type Localized } from '../../schemas/errors/define.ts';
import { exponentOf, formatMinor } from '../../schemas/money.ts';

export const LANGS = ['en', 'es', 'fr'] as const satisfies readonly Lang[];

export type TextValue = string | number | Localized;

/** Builds a text per language. */
export function eachLang(write: (lang: Lang) => string): Localized {
  return { en: write('en'), es: write('es'), fr: write('fr') };
}

/** Fills `{name}` in all three languages; a value may itself be localized. */
export function fill(template: Localized, values: Readonly<Record<string, TextValue>>): Localized {
  return eachLang((lang) => {
    const params: Record<string, string | number> = {};
    for (const [name, value] of Object.entries(values))
      params[name] = typeof value === 'object' ? value[lang] : value;
    return fillTemplate(template[lang], params);
  });
}

const NO_BREAK_SPACE = '\u00a0';
const GROUP: Readonly<Record<Lang, string>> = { en: ',', es: ',', fr: NO_BREAK_SPACE };
/** Mexico writes a decimal point; French Canada a comma. */
const POINT: Readonly<Record<Lang, string>> = { en: '.', es: '.', fr: ',' };

/** A plain decimal string with the separators of the language. */
export function groupDigits(decimal: string, lang: Lang): string {
  const [, sign = '', whole = '', decimals] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(decimal) ?? [];
  if (whole === '') return decimal;
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, GROUP[lang]);
  return decimals === undefined ? sign + grouped : `${sign}${grouped}${POINT[lang]}${decimals}`;
}

/** Minor units as an amount, `1,234.50 USD`; of an unknown currency as minor units. */
export function moneyText(minor: bigint, ccy: string, lang: Lang): string {
  if (exponentOf(ccy) === null) return `${groupDigits(minor.toString(), lang)} ${ccy}`;
  return `${groupDigits(formatMinor(minor, ccy), lang)} ${ccy}`;
}

/** `2026-03-01`, UTC. */
export function dateText(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 10);
}

/** `2026-03-01 23:05`, UTC. */
export function momentText(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 16).replace('T', ' ');
}

const HOUR_MS = 3_600_000;
/** Durations from so many hours on are written in days. */
const HOURS_AS_DAYS = 72;

export function durationText(durationMs: number, lang: Lang): string {
  const hours = durationMs / HOUR_MS;
  if (Math.abs(hours) >= HOURS_AS_DAYS) return `${numberText(hours / 24, lang, 1)} d`;
  if (Math.abs(hours) >= 1) return `${numberText(hours, lang, 1)} h`;
  return `${numberText(durationMs / 60_000, lang, 0)} min`;
}

/** A number with at most `decimals` decimals, no trailing zeros. */
export function numberText(value: number, lang: Lang, decimals = 3): string {
  if (Number.isInteger(value)) return groupDigits(BigInt(value).toString(), lang);
  const fixed = value.toFixed(decimals).replace(/\.?0+$/, '');
  return groupDigits(fixed, lang);
}

/** `a, b and c` in the language. */
export function listText(items: readonly string[], lang: Lang): string {
  const and = { en: ' and ', es: ' y ', fr: ' et ' }[lang];
  return items.length < 2 ? (items[0] ?? '') : `${items.slice(0, -1).join(', ')}${and}${items.at(-1)}`;
}
