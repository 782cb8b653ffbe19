/** The store of a configuration: a ClickHouse server or cluster, its password and its authorities out of files. */
import type { ClickhouseConfig } from '../../schemas/config.ts';
import { readCertificateFile, readSecretFile } from '../config/secret-file.ts';
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
    ...(config.caFile === undefined
      ? {}
      : { caPem: Buffer.from(await readCertificateFile(config.caFile, 'clickhouse.caFile')) }),
  });
}
