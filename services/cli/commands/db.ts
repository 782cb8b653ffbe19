/** `rastro db migrate|status|serve`: the store's tables, and the embedded ClickHouse for anything that speaks HTTP. */
import { once } from 'node:events';
import type { Command } from 'commander';
import { RastroError } from '../../../schemas/errors/index.ts';
import { startEmbedded } from '../../embedded/start.ts';
import { openStore, type Store } from '../../store/client.ts';
import { migrate, migrationStatus } from '../../store/migrate.ts';
import { announceServed, type CommandContext } from '../context.ts';
import { EXIT } from '../exit.ts';
import { handle } from '../handle.ts';
import { SERVER_OPTION, withServer } from '../server-store.ts';
import { tableText } from '../terminal.ts';

/** Where `serve` listens unless told otherwise: ClickHouse's own port. */
const DEFAULT_PORT = '8123';

/** The store of the data folder, or the server of a configuration; `cluster` where its tables are spread over one. */
async function withRawStore<T>(
  { dataDir }: CommandContext,
  config: string | undefined,
  work: (store: Store, cluster: string | undefined) => Promise<T>,
): Promise<T> {
  if (config !== undefined) return withServer(config, work);
  const embedded = await startEmbedded({ dataDir });
  const store = openStore({ url: embedded.url, key: embedded.key });
  try {
    return await work(store, undefined);
  } finally {
    await store.close();
    await embedded.stop();
  }
}

export function addDb(program: Command): void {
  const db = program.command('db').description('the store: migrations, and the embedded ClickHouse');

  handle<{ dryRun?: boolean; config?: string }>(
    db
      .command('migrate')
      .description('bring the tables to this version')
      .option('--dry-run', 'only say what would be applied')
      .option(...SERVER_OPTION),
    async (context, { dryRun = false, config }) => {
      const applied = await withRawStore(context, config, (store, cluster) =>
        migrate(store, { dryRun, cluster }),
      );
      if (context.terminal.json) context.terminal.printJson({ applied, dryRun });
      else if (applied.length === 0) context.terminal.print('Nothing to apply: the tables are up to date.');
      else
        for (const file of applied) context.terminal.print(`${dryRun ? 'would apply' : 'applied'} ${file}`);
      return EXIT.FINE;
    },
  );

  const status = db
    .command('status')
    .description('which migrations the store has')
    .option(...SERVER_OPTION);
  handle<{ config?: string }>(status, async (context, { config }) => {
    const states = await withRawStore(context, config, (store) => migrationStatus(store));
    const columns = [
      { title: 'migration', value: (row: (typeof states)[number]) => row.file },
      { title: 'applied', value: (row: (typeof states)[number]) => (row.applied ? 'yes' : 'no') },
    ];
    if (context.terminal.json) context.terminal.printJson(states);
    else context.terminal.print(tableText(states, columns, context.terminal));
    return states.every((state) => state.applied) ? EXIT.FINE : EXIT.FAILURE;
  });

  const serve = db
    .command('serve')
    .description("serve the data folder over ClickHouse's HTTP interface on loopback until interrupted")
    .option('--port <port>', 'port on 127.0.0.1; 0 takes a free one', DEFAULT_PORT)
    .addHelpText(
      'after',
      "\nExample:\n  rastro db serve &\n  curl 'http://127.0.0.1:8123/?query=SELECT+count()+FROM+alerts_standing'",
    );
  handle<{ port: string }>(serve, async ({ terminal, dataDir }, options) => {
    const port = Number(options.port);
    if (!Number.isInteger(port) || port < 0 || port > 65_535) {
      throw new RastroError('RAS-CLI-BAD-OPTION', {
        option: '--port',
        value: options.port,
        expected: '0..65535',
      });
    }
    const embedded = await startEmbedded({ dataDir, port });
    const store = openStore({ url: embedded.url, key: embedded.key });
    await migrate(store);
    await store.close();
    const withdraw = await announceServed(dataDir, embedded.url);
    if (terminal.json) terminal.printJson({ url: embedded.url });
    else
      terminal.print(
        `ClickHouse answers on ${embedded.url}; reads need no key, writes and the vault do (${dataDir}/key). Ctrl-C ends it.`,
      );
    const keepAlive = setInterval(() => undefined, 60_000);
    const ended = await Promise.race([
      Promise.any([once(process, 'SIGINT'), once(process, 'SIGTERM')]).then(() => 'interrupted' as const),
      embedded.exited.then(() => 'died' as const),
    ]);
    clearInterval(keepAlive);
    await withdraw();
    await embedded.stop();
    return ended === 'interrupted' ? EXIT.FINE : EXIT.FAILURE;
  });
}
