/** The store that a command works on: that of the data folder, or with `--config` a ClickHouse server or cluster. */
import { loadConfig, sectionOf } from '../config/load.ts';
import type { Store } from '../store/client.ts';
import { connectStore } from '../store/connect.ts';
import { withStore } from './context.ts';

export const SERVER_OPTION = [
  '--config <file>',
  'the ClickHouse server or cluster of this configuration, not the data folder',
] as const;

export interface ServerOption {
  readonly config?: string;
}

/** Does `work` on the server of `config`; `cluster` where its tables are spread over one. */
export async function withServer<T>(
  config: string,
  work: (store: Store, cluster: string | undefined) => Promise<T>,
): Promise<T> {
  const loaded = await loadConfig({ file: config, environment: process.env });
  const clickhouse = sectionOf(loaded.config, 'clickhouse');
  const store = await connectStore(clickhouse);
  return work(store, clickhouse.cluster).finally(() => store.close());
}

/** Does `work` on the server of `config`, without one on the store of the data folder. */
export function withChosenStore<T>(
  dataDir: string,
  config: string | undefined,
  work: (store: Store, cluster: string | undefined) => Promise<T>,
): Promise<T> {
  return config === undefined
    ? withStore(dataDir, (store) => work(store, undefined))
    : withServer(config, work);
}
