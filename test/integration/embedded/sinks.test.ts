/** Grouped writes against the embedded server, which goes away and comes back. */
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { blockBytes } from '../../../pipelines/facts/block.ts';
import { startEmbedded } from '../../../services/embedded/start.ts';
import { StoreCircuit } from '../../../services/store/circuit.ts';
import { openStore } from '../../../services/store/client.ts';
import { migrate } from '../../../services/store/migrate.ts';
import { StoreSinks } from '../../../services/store/sinks.ts';
import { anyRow } from '../../support/fact-rows.ts';
import { startSuite } from './harness.ts';

const suite = await startSuite();
let { server } = suite ?? {};
afterAll(async () => {
  await server?.stop();
  await suite?.cleanUp();
});

const PARTITIONS = 16;
const ROWS = 20;

describe.skipIf(suite === undefined)('sinks', () => {
  test('blocks and rows of many partitions are few inserts; what waits while the store is away arrives, once', async () => {
    const port = Number(new URL(server!.url).port);
    const store = openStore({ url: server!.url, key: server!.key });
    await migrate(store);
    const log: string[] = [];
    const circuit = new StoreCircuit(
      store,
      { down: () => log.push('down'), up: () => log.push('up') },
      { retryMs: 1, retryMsMax: 10, probeMs: 20 },
    );
    const inserts: { table: string; rows: number }[] = [];
    const bounds = { rowsMax: 10_000, bytesMax: 1 << 26, lingerMs: 20 };
    const sinks = new StoreSinks(circuit, bounds, {
      inserted: (table, rows) => inserts.push({ table, rows }),
    });
    const rows = fc.sample(anyRow, PARTITIONS * ROWS).map(({ tx, ...rest }, i) => ({
      ...rest,
      tx: { ...tx, id: `t${i}` },
      revision: 1,
      blockOffset: i,
    }));
    const write = async (partition: number, round: number) => {
      const own = rows.slice(partition * ROWS, (partition + 1) * ROWS);
      await sinks.block(`p${partition}`, { bytes: blockBytes(own) }, ROWS);
      // The marker comes after the rows are stored.
      const marker = {
        log: 'transactions',
        partition,
        offset_from: round,
        offset_to: round,
        rows: ROWS,
        revision: 0,
      };
      await sinks.rows(`p${partition}`, 'block_markers', [marker]);
    };
    const partitions = Array.from({ length: PARTITIONS }, (_, i) => i);
    await Promise.all(partitions.map((partition) => write(partition, 0)));
    expect(inserts.filter(({ table }) => table === 'transactions').length).toBeLessThanOrEqual(2);
    const counts = () =>
      store.queryRows(
        'SELECT (SELECT count() FROM transactions) AS stored, (SELECT uniqExact(id) FROM transactions FINAL) AS ids, (SELECT count() FROM block_markers_current) AS markers',
      );
    expect(await counts()).toEqual([{ stored: '320', ids: '320', markers: '16' }]);

    await server?.stop();
    let arrived = 0;
    const waiting = partitions.map((partition) => write(partition, 1).then(() => arrived++));
    const lost = sinks.rows('p99', 'engine_state', [{ key: 'lost', revision: 1, doc: '' }]);
    const refused = expect(lost).rejects.toThrow('revoked');
    sinks.drop('p99', new Error('revoked'));
    await refused;
    await expect.poll(() => circuit.isUp, { timeout: 30_000 }).toBe(false);
    expect(arrived).toBe(0);
    server = await startEmbedded({ dataDir: suite!.dataDir, port });
    await Promise.all(waiting);
    await sinks.flush();
    expect(log).toEqual(['down', 'up']);
    expect(
      await store.queryRows(
        'SELECT uniqExact(id) AS ids, (SELECT count() FROM block_markers_current) AS markers FROM transactions FINAL',
      ),
    ).toEqual([{ ids: '320', markers: '32' }]);
    expect(sinks.waitingRows).toBe(0);
    await store.close();
  });
});
