/**
 * Seals the vault under another key. Each entry is opened with the new key or the old one, so that an interrupted rotation, and one
 * that is run again for what came in meanwhile, goes on where it was. Pseudonyms do not change.
 */
import { openVaultEntry, sealVaultEntry, type VaultEntry } from '../../pipelines/ingest/vault.ts';
import { RastroError } from '../../schemas/errors/index.ts';
import type { Store } from '../store/client.ts';
import { ownTable } from '../store/cluster-form.ts';

export interface VaultRotation {
  readonly entries: number;
  /** Entries that were under the old key, and are under the new one. */
  readonly rotated: number;
  readonly dryRun: boolean;
}

interface StoredEntry extends VaultEntry {
  readonly revision: string;
}

const INSERT_ROWS = 5_000;

/** @throws RastroError RAS-FEED-VAULT-OPEN when an entry is under neither key; what was done until then stays done. */
export async function rotateVault(
  store: Store,
  oldKey: Uint8Array,
  newKey: Uint8Array,
  { dryRun = false, cluster }: { readonly dryRun?: boolean; readonly cluster?: string | undefined } = {},
): Promise<VaultRotation> {
  let entries = 0;
  let rotated = 0;
  let waiting: object[] = [];
  const write = async () => {
    if (!dryRun) await store.insertRows('vault', waiting);
    waiting = [];
  };
  const stored = store.streamRows<StoredEntry>(
    'SELECT pseudonym, kind, ciphertext, revision FROM vault_current',
  );
  for await (const batch of stored) {
    for (const entry of batch) {
      entries++;
      if (isUnder(newKey, entry)) continue;
      const value = openVaultEntry(oldKey, entry);
      const sealed = sealVaultEntry(newKey, entry.kind, entry.pseudonym, value);
      // The same revision: of equal ones the row that came last stays, and a name that changes later must still come last.
      waiting.push({ ...sealed, revision: entry.revision });
      rotated++;
      if (waiting.length >= INSERT_ROWS) await write();
    }
  }
  await write();
  // What is under the old key leaves the disk too.
  if (!dryRun) await store.command(`OPTIMIZE TABLE ${ownTable('vault', cluster).target} FINAL`);
  return { entries, rotated, dryRun };
}

function isUnder(key: Uint8Array, entry: VaultEntry): boolean {
  try {
    openVaultEntry(key, entry);
    return true;
  } catch (error) {
    if (RastroError.is(error) && error.code === 'RAS-FEED-VAULT-OPEN') return false;
    throw error;
  }
}
