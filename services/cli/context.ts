/** What every command gets: a terminal, where the data is, and a way to open the store that is always closed again. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { RastroError } from '../../schemas/errors/index.ts';
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

/** Where `rastro db serve` says that it serves the data folder, for other commands to go through it. */
function servedFile(dataDir: string): string {
  return join(dataDir, 'served.json');
}

/** Says, until the returned function is called, that the folder is served at `url`. */
export async function announceServed(dataDir: string, url: string): Promise<() => Promise<void>> {
  await writeFile(servedFile(dataDir), JSON.stringify({ url, pid: process.pid }), { mode: 0o600 });
  return () => rm(servedFile(dataDir), { force: true });
}

/** The store of a folder that another process of this command serves; undefined where none does. */
async function servedStore(dataDir: string): Promise<Store | undefined> {
  let url: string;
  try {
    url = (JSON.parse(await readFile(servedFile(dataDir), 'utf8')) as { url: string }).url;
  } catch {
    return undefined;
  }
  const store = openStore({ url, key: (await readFile(join(dataDir, 'key'), 'utf8')).trim() });
  try {
    await store.ping();
    return store;
  } catch {
    await store.close();
    return undefined;
  }
}

/**
 * Runs `work` against the data folder's store, migrated, and stops the store whatever happens. A folder that
 * `rastro db serve` holds is read through it.
 */
export async function withStore<T>(dataDir: string, work: (store: Store) => Promise<T>): Promise<T> {
  let embedded: Embedded | undefined;
  let store: Store | undefined;
  try {
    embedded = await startEmbedded({ dataDir });
    store = openStore({ url: embedded.url, key: embedded.key });
  } catch (error) {
    if (!RastroError.is(error) || error.code !== 'RAS-STORE-LOCKED') throw error;
    store = await servedStore(dataDir);
    if (store === undefined) throw error;
  }
  try {
    await migrate(store);
    return await work(store);
  } finally {
    await store.close();
    await embedded?.stop();
  }
}
