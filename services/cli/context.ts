/** What every command gets: a terminal, where the data is, and a way to open the store that is always closed again. */
import { join, resolve } from 'node:path';
import { type Embedded, startEmbedded } from '../embedded/start.ts';
import { openStore, type Store } from '../store/client.ts';
import { migrate } from '../store/migrate.ts';
import type { Terminal } from './terminal.ts';

/** Options that every command understands. */
export interface GlobalOptions {
  readonly json?: boolean;
  readonly dataDir?: string;
}

export interface CommandContext {
  readonly terminal: Terminal;
  readonly dataDir: string;
}

/** Where data goes unless told otherwise: a folder of the current directory, so that a trial leaves nothing behind. */
export const DEFAULT_DATA_DIR = '.rastro';

export function dataDirOf(
  options: GlobalOptions,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  return resolve(options.dataDir ?? environment['RASTRO_DATA_DIR'] ?? join(process.cwd(), DEFAULT_DATA_DIR));
}

/** Runs `work` against the data folder's store, migrated, and stops the store whatever happens. */
export async function withStore<T>(
  dataDir: string,
  work: (store: Store, embedded: Embedded) => Promise<T>,
): Promise<T> {
  const embedded = await startEmbedded({ dataDir });
  const store = openStore({ url: embedded.url, key: embedded.key });
  try {
    await migrate(store);
    return await work(store, embedded);
  } finally {
    await store.close();
    await embedded.stop();
  }
}
