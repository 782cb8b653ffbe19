/**
 * A collector whose partition differs from those of all who feed him, three at two banks, on Kafka: one alert, the same whether one worker
 * has all partitions or four have one each.
 */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadKnowledge } from '../../services/workspace/knowledge.ts';
import { rastro } from '../support/cli.ts';
import { COLLECTOR_PARTITIONS, collectorScene } from '../support/collector.ts';
import { standingIn } from '../support/fault/feed.ts';
import { Scene } from '../support/fault/scene.ts';
import { TEST_SECRET } from '../support/ingest.ts';
import { kafkaVersions, sharedKafka } from '../support/kafka/shared.ts';
import { routedFeed, send } from '../support/routed-feed.ts';
import { writeSmallRules } from '../support/small-world.ts';

const PATIENCE_MS = 300_000;
const WORKERS = [1, COLLECTOR_PARTITIONS];
const linesOf = (items: readonly object[]) => items.map((item) => `${JSON.stringify(item)}\n`).join('');

test.skipIf((await kafkaVersions()).length === 0)(
  'one alert, the same id with one worker and with four',
  async () => {
    const [version] = (await kafkaVersions()).slice(-1);
    const folder = mkdtempSync(join(tmpdir(), 'collector-'));
    const dataDir = join(folder, 'one');
    mkdirSync(dataDir, { mode: 0o700 });
    writeFileSync(join(dataDir, 'secret'), TEST_SECRET.toString('base64url'), { mode: 0o600 });
    const { parties, rows, his, theirs } = collectorScene();
    expect([...theirs].filter((partition) => his.has(partition))).toEqual([]);
    const rulesDir = writeSmallRules(join(folder, 'rules'));
    const [feed, partyFile] = [join(folder, 'rows.ndjson'), join(folder, 'parties.ndjson')];
    writeFileSync(feed, linesOf(rows));
    writeFileSync(partyFile, linesOf(parties));
    const run = ['--data-dir', dataDir, 'run', feed, '--parties', partyFile, '--rules', rulesDir];
    expect(await rastro(run)).toMatchObject({ code: 0 });
    const expected = await standingIn(dataDir);
    expect(expected.alerts).toHaveLength(1);
    const knowledge = await loadKnowledge({ rulesDir });
    const { records } = await routedFeed(dataDir, knowledge, COLLECTOR_PARTITIONS, 8);
    const { brokers } = await sharedKafka(version as 3 | 4);
    for (const count of WORKERS) {
      const scene = await Scene.open({
        folder,
        name: `workers-${count}`,
        brokers,
        partitions: COLLECTOR_PARTITIONS,
        keysFolder: dataDir,
        patienceMs: PATIENCE_MS,
        rulesDir,
      });
      try {
        const workers = Array.from({ length: count }, () => scene.start());
        const share = COLLECTOR_PARTITIONS / count;
        // Given and taken away as they come, until every one has its share.
        const has = (worker: (typeof workers)[number]) =>
          worker.times('partition.assigned') - worker.times('partition.revoked');
        await scene.until(() => workers.every((worker) => has(worker) === share));
        await send(scene.bus, records);
        const { alerts, signals } = await scene.settled();
        console.log(
          `${count} workers: collector in ${[...his]}, feeders in ${[...theirs]}; ${signals.length} signals, alert ${alerts[0]?.['id']}`,
        );
        expect(alerts).toEqual(expected.alerts);
        expect(signals).toEqual(expected.signals);
      } finally {
        await scene.close();
      }
    }
  },
  3 * PATIENCE_MS,
);
