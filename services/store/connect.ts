/** The store of a configuration: a ClickHouse server or cluster, its password and its authorities out of files. */
import { readFile } from 'node:fs/promises';
import type { ClickhouseConfig } from '../../schemas/config.ts';
import { RastroError } from '../../schemas/errors/index.ts';
import { readSecretFile } from '../config/secret-file.ts';
import { openStore, type Store } from './client.ts';

/**
 * Opens; no request is sent yet. A role that writes while others wait gives a short `timeoutMs`: a store that hangs is down, too.
 * @throws RastroError RAS-CONFIG-SECRET-UNREADABLE
 */
export async function connectStore(config: ClickhouseConfig, timeoutMs?: number): Promise<Store> {
  const key =
    config.passwordFile === undefined
      ? undefined
      : await readSecretFile(config.passwordFile, 'clickhouse.passwordFile');
  return openStore({
    url: config.url,
    user: config.user,
    database: config.database,
    onCluster: config.cluster !== undefined,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(key === undefined ? {} : { key }),
    ...(config.caFile === undefined ? {} : { caPem: await authorities(config.caFile) }),
  });
}

async function authorities(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    const detail = (error as NodeJS.ErrnoException).code ?? 'it cannot be read';
    throw new RastroError(
      'RAS-CONFIG-SECRET-UNREADABLE',
      { file, path: 'clickhouse.caFile', detail },
      { cause: error },
    );
  }
}
