/** What a column's values look like: dates in which form, amounts with which marks. Judged on a sample, all or nothing. */
import type { AmountSpec } from '../../schemas/mapping.ts';
import { amountReader } from './amount-text.ts';
import { isClabe } from './clabe.ts';
import { formatHasOffset, formatHasTime, timeReader } from './time-text.ts';

/** Day before month first where both could be meant: the corridor's banks outside the US write it so. */
const FORMATS = [
  'iso',
  "yyyy-MM-dd'T'HH:mm:ss",
  'yyyy-MM-dd HH:mm:ss',
  'yyyy-MM-dd HH:mm',
  'yyyy-MM-dd',
  'yyyy/MM/dd HH:mm:ss',
  'yyyy/MM/dd HH:mm',
  'yyyy/MM/dd',
  'dd/MM/yyyy HH:mm:ss',
  'dd/MM/yyyy HH:mm',
  'dd/MM/yyyy',
  'MM/dd/yyyy HH:mm:ss',
  'MM/dd/yyyy hh:mm:ss a',
  'MM/dd/yyyy HH:mm',
  'MM/dd/yyyy',
  'd/M/yyyy',
  'M/d/yyyy',
  'dd-MM-yyyy HH:mm:ss',
  'dd-MM-yyyy',
  'dd-MMM-yyyy HH:mm:ss',
  'dd-MMM-yyyy',
  'dd MMM yyyy',
  'dd.MM.yyyy',
  'yyyyMMdd',
  'HH:mm:ss',
  'HH:mm',
] as const;

const AMOUNTS: readonly AmountSpec[] = [
  { decimal: '.', thousands: '', sign: 'keep', impliedDecimals: 0 },
  { decimal: '.', thousands: ',', sign: 'keep', impliedDecimals: 0 },
  { decimal: ',', thousands: '', sign: 'keep', impliedDecimals: 0 },
  { decimal: ',', thousands: '.', sign: 'keep', impliedDecimals: 0 },
  { decimal: ',', thousands: ' ', sign: 'keep', impliedDecimals: 0 },
  { decimal: '.', thousands: "'", sign: 'keep', impliedDecimals: 0 },
];

/** Forms that read every filled value, in order of preference; more than one means the sample leaves it open. */
export function timeFormatsOf(values: readonly string[]): string[] {
  const filled = values.map((value) => value.trim()).filter((value) => value !== '');
  if (filled.length === 0) return [];
  return FORMATS.filter((format) => {
    const isClock = !/[yd]/i.test(format) && format !== 'iso';
    const read = timeReader(
      {
        formats: [isClock ? `yyyy-MM-dd ${format}` : format],
        zone: 'UTC',
        gap: 'reject',
        overlap: 'earlier',
      },
      false,
    );
    return filled.every((value) => read(isClock ? `2000-01-01 ${value}` : value, 'UTC').fault === null);
  });
}

export function hasTimeOfDay(format: string): boolean {
  return formatHasTime(format);
}

export function needsZone(format: string): boolean {
  return formatHasTime(format) && !formatHasOffset(format);
}

/** Marks that read every filled value, in order of preference. */
export function amountFormsOf(values: readonly string[]): AmountSpec[] {
  const filled = values.map((value) => value.trim()).filter((value) => value !== '');
  if (filled.length === 0) return [];
  return AMOUNTS.filter((form) => {
    const reader = amountReader(form);
    return filled.every((value) => reader.read(value) !== null);
  });
}

export const isNegativeSomewhere = (values: readonly string[]): boolean =>
  values.some((value) => /^\s*(-|\()|-\s*$/.test(value) && /[1-9]/.test(value));

export function looksLikeClabe(values: readonly string[]): boolean {
  const filled = values.map((value) => value.replace(/\D/g, '')).filter((value) => value !== '');
  return filled.length > 0 && filled.every(isClabe);
}

/** Distinct filled values, or null when there are too many to be a code. */
export function codesOf(values: readonly string[], most: number): string[] | null {
  const codes = new Set(values.map((value) => value.trim()).filter((value) => value !== ''));
  return codes.size > most ? null : [...codes].sort();
}
