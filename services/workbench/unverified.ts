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
}

interface Entry {
  readonly verified?: boolean;
  readonly official?: boolean;
  readonly id?: string;
  readonly from?: string;
  readonly value?: unknown;
  readonly daily?: unknown;
  readonly hourly?: unknown;
}

/** Where rules read it: entries of a file that as a whole is unverified are listed one by one only where they say so themselves. */
export function unverifiedOf({ files }: Pick<Knowledge, 'files'>): Unverified[] {
  const found: Unverified[] = [];
  const walk = (file: string, node: unknown, where: readonly string[]): void => {
    if (node === null || typeof node !== 'object') return;
    const { verified, official, from, value, daily, hourly } = node as Entry;
    const stated = value ?? daily ?? hourly;
    if (verified === false || official === false)
      found.push({
        file,
        where: where.join('.'),
        from: from === undefined ? null : String(from),
        value: stated === undefined ? null : String(stated),
      });
    for (const [key, child] of Object.entries(node)) {
      const id = child !== null && typeof child === 'object' ? (child as Entry).id : undefined;
      const name = Array.isArray(node) ? (id === undefined ? [] : [String(id)]) : [key];
      walk(file, child, [...where, ...name]);
    }
  };
  const rates = files.rates === null ? [] : [[files.rates.name, files.rates.text] as const];
  for (const [path, text] of [...Object.entries(files.texts), ...rates]) {
    if (/^(catalogue|composites)\//.test(path)) continue;
    if (files.rates !== null && path === 'lists/rates.yaml') continue;
    walk(path, parse(text), []);
  }
  return found;
}
