/** Reference data that nobody has read again at its source: marked `verified: false` in its file, or a rate table that is not official. */
import { parse } from 'yaml';
import type { Knowledge } from '../workspace/knowledge.ts';

export interface Unverified {
  readonly file: string;
  /** Where in the file, as `thresholds.mx.relevante_cash.periods`; empty for the file as a whole. */
  readonly where: string;
  /** From when on it is in force; null where it does not say. */
  readonly from: string | null;
  /** What it states. */
  readonly value: string | null;
  /** Of the value: a currency, a legal unit, by the day or hour; null where it has none. */
  readonly unit: string | null;
  /** False of a period of a threshold that is proposed, or of which nobody knows whether it is in force: no rule reads it. */
  readonly isUsed: boolean;
}

interface Entry {
  readonly verified?: boolean;
  readonly official?: boolean;
  readonly id?: string;
  readonly from?: string;
  readonly value?: unknown;
  readonly daily?: unknown;
  readonly hourly?: unknown;
  readonly status?: string;
  readonly unit?: string;
  readonly ccy?: string;
}

/** Of the legal units of account, whose tables stand in a file by country. */
const CCY_OF: Readonly<Record<string, string>> = { MX: 'MXN', US: 'USD', CA: 'CAD' };

/** The unit of a stated value: what its surroundings are in, and over what time. */
function unitOf({ value, daily, hourly }: Entry, around: string | undefined): string | null {
  if (around === undefined || (value ?? daily ?? hourly ?? null) === null) return null;
  if (daily !== undefined) return `${around} a day`;
  return hourly === undefined ? around : `${around} an hour`;
}

/** Where rules read it: entries of a file that as a whole is unverified are listed one by one only where they say so themselves. */
export function unverifiedOf({ files }: Pick<Knowledge, 'files'>): Unverified[] {
  const found: Unverified[] = [];
  const walk = (file: string, node: unknown, where: readonly string[], around?: string): void => {
    if (node === null || typeof node !== 'object') return;
    const { verified, official, from, value, daily, hourly, status } = node as Entry;
    const { unit = around, ccy = unit } = node as Entry;
    const stated = value ?? daily ?? hourly;
    if (verified === false || official === false)
      found.push({
        file,
        where: where.join('.'),
        from: from === undefined ? null : String(from),
        value: stated === undefined || stated === null ? null : String(stated),
        unit: unitOf(node as Entry, ccy),
        isUsed: status === undefined || status === 'in_force',
      });
    for (const [key, child] of Object.entries(node)) {
      const id = child !== null && typeof child === 'object' ? (child as Entry).id : undefined;
      const name = Array.isArray(node) ? (id === undefined ? [] : [String(id)]) : [key];
      walk(file, child, [...where, ...name], ccy);
    }
  };
  const rates = files.rates === null ? [] : [[files.rates.name, files.rates.text] as const];
  for (const [path, text] of [...Object.entries(files.texts), ...rates]) {
    if (/^(catalogue|composites)\//.test(path)) continue;
    if (files.rates !== null && path === 'lists/rates.yaml') continue;
    const root = parse(text) as { readonly jurisdiction?: string } | null;
    walk(path, root, [], CCY_OF[root?.jurisdiction ?? '']);
  }
  return found;
}
