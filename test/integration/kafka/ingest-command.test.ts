/** The commands as an operator and a bank use them: a role killed while it reads, another one that ends its work. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { kafkaConfig } from '../../../schemas/config.ts';
import { TOPIC_NAMES } from '../../../schemas/topics.ts';
import { KafkaBus } from '../../../services/log/kafka/bus.ts';
import { applyTopics } from '../../../services/log/kafka/topics.ts';
import { CLI, rastro } from '../../support/cli.ts';
import { INSTITUTION, mappingText, publishedIds } from '../../support/ingest-role.ts';
import { freePorts } from '../../support/kafka/broker.ts';
import { kafkaVersions, ownPrefix, sharedKafka } from '../../support/kafka/shared.ts';
import { writeSmallRules } from '../../support/small-world.ts';

const TIMEOUT_MS = 240_000;
const WAIT_MS = 120_000;
const ROWS = 10_000;
const BAD = ROWS / 1_000;

const running: ChildProcess[] = [];
afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
});

describe.each((await kafkaVersions()).slice(-1))('Kafka %i', (version) => {
  test(
    'a role is killed while it reads; the next one ends it, and what was rejected comes in under a mended mapping',
    async () => {
      const { brokers } = await sharedKafka(version);
      const kafka = {
        brokers,
        prefix: ownPrefix(),
        partitions: 2,
        replicationFactor: 1,
        minInsyncReplicas: 1,
      };
      const config = kafkaConfig.parse(kafka);
      await applyTopics(config, TOPIC_NAMES);
      const folder = await mkdtemp(join(tmpdir(), 'ingest-'));
      const secret = Buffer.alloc(32, 9).toString('base64url');
      await writeFile(join(folder, 'secret'), secret, { mode: 0o600 });
      const [port = 0] = await freePorts(1);
      const file = join(folder, 'rastro.json');
      const institutionsFolder = join(folder, 'institutions');
      await writeFile(
        file,
        JSON.stringify({
          kafka,
          keys: { folder },
          ingest: { port, institutionsFolder },
          observe: { enabled: false },
        }),
      );
      const made = await rastro(['keys', 'new', '--institution', INSTITUTION, '--config', file]);
      expect(made).toMatchObject({ code: 0, out: expect.stringMatching(/^ras_/) });
      await writeFile(join(folder, 'key'), made.out);
      const mappings = join(institutionsFolder, 'mappings');
      await mkdir(mappings);
      await writeFile(join(mappings, 'bank-file.yaml'), mappingText('T: transfer'));
      const feed = join(folder, 'feed.csv');
      const rows = Array.from(
        { length: ROWS },
        (_, i) => `r${i},${i % 1_000 === 0 ? 'W' : 'T'},2025-03-07T12:00:00-06:00,10.00,A${i % 50},B\n`,
      );
      await writeFile(feed, `id,kind,at,amount,from,to\n${rows.join('')}`);

      const start = async () => {
        const child = spawn(process.execPath, [CLI, 'ingest', '--config', file], { stdio: 'inherit' });
        running.push(child);
        const isThere = () =>
          fetch(`http://127.0.0.1:${port}/v1/openapi.json`)
            .then(async (answer) => answer.ok && (await answer.text()).length > 0)
            .catch(() => false);
        await expect.poll(isThere, { timeout: WAIT_MS }).toBe(true);
        return child;
      };
      const submit = (...more: string[]) => {
        const url = `http://127.0.0.1:${port}`;
        const who = [
          ...['--key-file', join(folder, 'key'), '--institution', INSTITUTION],
          ...['--mapping', 'bank-file'],
        ];
        return rastro(['submit', feed, '--url', url, ...who, '--json', ...more]);
      };

      const first = await start();
      const received = await submit('--no-wait');
      expect(received.err).toBe('');
      const [{ receipt }] = JSON.parse(received.out) as [
        { receipt: { submissionId: string; replayed: boolean } },
      ];
      expect(receipt.replayed).toBe(false);
      const bus = await KafkaBus.open(config);
      first.kill('SIGKILL');
      await once(first, 'exit');

      const second = await start();
      // Without a store nobody says `processed`: the result is waited for in the report.
      const rejects = async () => {
        const list = await rastro(['rejects', 'list', '--json', '--config', file]);
        return (JSON.parse(list.out) as { counts: { accepted: number; rejected: number } }[])[0]?.counts;
      };
      await expect
        .poll(rejects, { timeout: WAIT_MS, interval: 1_000 })
        .toMatchObject({ accepted: ROWS - BAD, rejected: BAD });
      expect(new Set(await publishedIds(bus)).size).toBe(ROWS - BAD);
      const again = JSON.parse((await submit('--no-wait')).out) as [{ receipt: { replayed: boolean } }];
      expect(again[0].receipt).toMatchObject({ submissionId: receipt.submissionId, replayed: true });

      const mended = join(folder, 'mended.yaml');
      await writeFile(mended, mappingText('T: transfer, W: cash_withdrawal'));
      const replay = await rastro(['rejects', 'replay', '--mapping', mended, '--json', '--config', file]);
      expect(JSON.parse(replay.out)).toMatchObject([{ rejectedBefore: BAD, rejectedNow: 0 }]);
      expect(new Set(await publishedIds(bus)).size).toBe(ROWS);
      await bus.close();

      // Other rules, on the log that the role has recorded its own on.
      const asked = async (...args: string[]) => {
        const { code, out, err } = await rastro(['rules', ...args, '--json', '--config', file]);
        expect({ code, err }).toEqual({ code: 0, err: '' });
        return JSON.parse(out) as unknown;
      };
      const rules = writeSmallRules(join(folder, 'rules'));
      const from = ['--from', '2025-01-01'];
      expect(await asked('activate', rules, ...from)).toMatchObject({ known: false, placed: 2 });
      const [status, history] = await Promise.all([asked('status'), asked('history')]);
      expect(status).toMatchObject([
        { activeFrom: null, partitions: 2, missing: [] },
        { activeFrom: '2025-01-01T00:00:00.000Z', partitions: 2, missing: [] },
      ]);
      expect(history).toMatchObject([
        { inForce: { from: null, until: '2025-01-01T00:00:00.000Z' } },
        { inForce: { from: '2025-01-01T00:00:00.000Z', until: null } },
      ]);

      second.kill('SIGTERM');
      expect(await once(second, 'exit')).toEqual([0, null]);
    },
    TIMEOUT_MS,
  );
});
