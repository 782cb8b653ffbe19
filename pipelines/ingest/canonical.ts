/**
 * From an edge row to a stamped canonical transaction, or to the reasons why not. The one way in: feeds, HTTP and topics
 * call this with rows that satisfy the contract `transactionInput`.
 */
import { hash } from 'node:crypto';
import type { Reference } from '../../rules/reference/reference.ts';
import type { Stamp, Transaction, TransactionInput } from '../../schemas/transaction.ts';
import { actingPlace } from './acting-place.ts';
import type { Directory } from './directory.ts';
import { eventTimeOf, isTimeFault } from './event-time.ts';
import type { Pseudonymiser } from './pseudonym.ts';
import { type Fault, fault, rowFaults } from './row-faults.ts';
import { type BareTransaction, bareTransaction } from './row-tree.ts';
import { type Origin, stampOf } from './stamp.ts';
import type { VaultEntry } from './vault.ts';
import type { ZoneOffsets } from './zone-offset.ts';

/** What a run of ingest knows; made once and shared by all rows. */
export interface IngestContext {
  readonly pseudonyms: Pseudonymiser;
  readonly directory: Directory;
  readonly reference: Reference;
  readonly zones: ZoneOffsets;
}

export type Canonical =
  | {
      readonly ok: true;
      readonly tx: Transaction;
      /** `transactionHash` of it. */
      readonly hash: string;
      readonly vaultEntries: readonly VaultEntry[];
    }
  | { readonly ok: false; readonly rejects: readonly Fault[] };

/**
 * Canonicalises one row. `vaultEntries` hold what this run meets for the first time; the caller stores them before the row.
 * A rejected row leaves nothing behind.
 */
export function canonicalise(row: TransactionInput, origin: Origin, context: IngestContext): Canonical {
  const faults = rowFaults(row);
  const time = eventTimeOf(row, context.zones);
  if (isTimeFault(time)) {
    if (!faults.some((each) => each.field === time.field))
      faults.push(fault(time.field, time.code, time.value));
    return { ok: false, rejects: faults };
  }
  if (faults.length > 0) return { ok: false, rejects: faults };

  const { pseudonyms, reference } = context;
  const bare = bareTransaction(row, pseudonyms);
  const edge = {
    ...time,
    textClasses: row.purposeText === undefined ? [] : reference.lexicon.classify(row.purposeText),
    pseudonymKeyId: pseudonyms.keyId,
  };
  const stamp = stampOf(bare, edge, origin, context);
  const contentHash = hashOf(bare, stamp);
  // The stamp is the last member of a row; nobody else holds the bare one.
  const tx = Object.assign(bare, { stamp });
  return { ok: true, tx, hash: contentHash, vaultEntries: pseudonyms.takeVaultEntries() };
}

/**
 * Identity of a row's content: hex SHA-256 of the row without what reference data, the directory or the submission added,
 * so that the same row in another file, or stamped again, has the same hash. The precision and a written offset are part
 * of it; an offset that follows from the acting place's zone is not, because the zone is.
 */
export function transactionHash(tx: Transaction): string {
  const { stamp, ...bare } = tx;
  return hashOf(bare, stamp);
}

function hashOf(bare: BareTransaction, stamp: Stamp): string {
  const written = actingPlace(bare)?.tz === undefined ? [stamp.localOffsetMin, stamp.offsetSource] : [];
  // The row tree gives keys in byte order and storage keeps it: this is canonical JSON at the price of plain JSON.
  const content = JSON.stringify([bare, stamp.eventTime, stamp.precision, ...written]);
  return hash('sha256', content, 'hex');
}
