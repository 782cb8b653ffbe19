/**
 * The effective set: accepted transactions, of each (institution, id) the highest version, without withdrawn ones.
 *
 * It answers for every row that comes in what it is (`ok | duplicate | late | reject`), and tells what of the set
 * changed. Invariant: apart from conflicts and the horizon, the set after any sequence of admissions depends only on
 * which rows were admitted, never on their order (SEMANTICS §1).
 */
import type { ErrorCode, ErrorParams } from '../../schemas/errors/index.ts';
import type { Transaction } from '../../schemas/transaction.ts';

const DAY_MS = 86_400_000;

/** A row further than this behind the highest event time seen is stored and counted, not evaluated. */
export const REEVALUATION_HORIZON_MS = 400 * DAY_MS;

export type Admission =
  | { readonly kind: 'ok' }
  | { readonly kind: 'duplicate' }
  | { readonly kind: 'late' }
  | { readonly kind: 'reject'; readonly code: ErrorCode; readonly params: ErrorParams };

/** What an admission did to the set: the row that left it and the row that came in, if any. */
export interface SetChange {
  readonly removed: Transaction | undefined;
  readonly added: Transaction | undefined;
}

interface VersionedRow {
  /** Content hash by version: a repeat is recognised for every version ever seen. */
  readonly hashes: Map<number, string>;
  /** The row of the highest version. */
  highest: Transaction;
  /** It is part of the set: put, not withdrawn, not beyond the horizon. */
  effective: boolean;
}

export function rowKey(institution: string, id: string): string {
  return `${institution}\u0000${id}`;
}

export interface EffectiveSet {
  /** Highest event time admitted so far, or -Infinity. */
  readonly highestTime: number;
  readonly size: number;
  /** What `admit` would answer for a row of this identity and content, without admitting it. */
  seen(institution: string, id: string, version: number, hash: string): 'new' | 'duplicate' | 'conflict';
  admit(tx: Transaction, hash: string, report: (change: SetChange) => void): Admission;
  /** The effective row of an identity. */
  get(institution: string, id: string): Transaction | undefined;
  /** Every effective row. */
  rows(): Iterable<Transaction>;
  /** Puts another form of the same version in place (its stamps were renewed). */
  restamp(tx: Transaction): void;
}

/** An empty set. `horizonMs` may be raised by a bulk load to the load's span. */
export function createEffectiveSet(horizonMs: number = REEVALUATION_HORIZON_MS): EffectiveSet {
  const rows = new Map<string, VersionedRow>();
  let highestTime = Number.NEGATIVE_INFINITY;

  function seen(institution: string, id: string, version: number, hash: string) {
    const known = rows.get(rowKey(institution, id))?.hashes.get(version);
    if (known === undefined) return 'new';
    return known === hash ? 'duplicate' : 'conflict';
  }

  function admit(tx: Transaction, hash: string, report: (change: SetChange) => void): Admission {
    const { institution, id, version } = tx;
    const known = seen(institution, id, version, hash);
    if (known === 'duplicate') return { kind: 'duplicate' };
    if (known === 'conflict')
      return { kind: 'reject', code: 'RAS-ENGINE-CONFLICT', params: { institution, id, version } };

    const late = tx.stamp.eventTime < highestTime - horizonMs;
    highestTime = Math.max(highestTime, tx.stamp.eventTime);
    const key = rowKey(institution, id);
    const row = rows.get(key);
    const effective = tx.op === 'put' && !late;
    if (row === undefined) {
      rows.set(key, { hashes: new Map([[version, hash]]), highest: tx, effective });
      if (effective) report({ removed: undefined, added: tx });
    } else {
      row.hashes.set(version, hash);
      if (version > row.highest.version) {
        const removed = row.effective ? row.highest : undefined;
        row.highest = tx;
        row.effective = effective;
        report({ removed, added: effective ? tx : undefined });
      }
    }
    return late ? { kind: 'late' } : { kind: 'ok' };
  }

  return {
    get highestTime() {
      return highestTime;
    },
    get size() {
      return rows.size;
    },
    seen,
    admit,
    get(institution, id) {
      const row = rows.get(rowKey(institution, id));
      return row?.effective === true ? row.highest : undefined;
    },
    *rows() {
      for (const row of rows.values()) if (row.effective) yield row.highest;
    },
    restamp(tx) {
      const row = rows.get(rowKey(tx.institution, tx.id));
      if (row !== undefined && row.highest.version === tx.version) row.highest = tx;
    },
  };
}

/** Rows in which an account or a party among `keys` stands on either side. */
export function rowsOfKeys(set: EffectiveSet, keys: ReadonlySet<string>): Transaction[] {
  const found: Transaction[] = [];
  for (const tx of set.rows()) {
    const { debtor, creditor } = tx.stamp;
    const hit = [debtor.accountKey, creditor.accountKey, debtor.holderKey, creditor.holderKey].some(
      (key) => key !== undefined && keys.has(key),
    );
    if (hit) found.push(tx);
  }
  return found;
}
