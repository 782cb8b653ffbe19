/** `rastro topics` and `rastro tail` as a user starts them, against Kafka itself. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import kafkajs from 'kafkajs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { kafkaConfig } from '../../../schemas/config.ts';
import { TOPIC_NAMES } from '../../../schemas/topics.ts';
import { KafkaBus } from '../../../services/log/kafka/bus.ts';
import type { TopicState } from '../../../services/log/kafka/topics.ts';
import { CLI, rastro } from '../../support/cli.ts';
import { kafkaVersions, ownPrefix, sharedKafka } from '../../support/kafka/shared.ts';

describe.each(await kafkaVersions())('Kafka %i', (version) => {
  const folder = mkdtempSync(join(tmpdir(), 'rastro-test-'));
  const file = join(folder, 'rastro.yaml');
  const prefix = ownPrefix();
  let kafka: Record<string, unknown> & { brokers: readonly string[] };
  let admin: kafkajs.Admin;

  /** JSON is YAML. */
  const configure = (change: object) =>
    writeFileSync(file, JSON.stringify({ kafka: { ...kafka, ...change } }));
  const topics = async (what: 'apply' | 'status') => {
    const { code, out, err } = await rastro(['topics', what, '--config', file, '--json']);
    return { code, said: out === '' ? (JSON.parse(err) as unknown) : (JSON.parse(out) as unknown) };
  };
  const setting = async (topic: string, name: string) => {
    const resources = [
      { type: kafkajs.ConfigResourceTypes.TOPIC, name: prefix + topic, configNames: [name] },
    ];
    const { resources: found } = await admin.describeConfigs({ resources, includeSynonyms: false });
    return found[0]?.configEntries[0]?.configValue;
  };

  beforeAll(async () => {
    const { brokers } = await sharedKafka(version);
    kafka = { brokers, prefix, partitions: 3, replicationFactor: 1, minInsyncReplicas: 1 };
    configure({});
    admin = new kafkajs.Kafka({ brokers: [...brokers], logLevel: kafkajs.logLevel.NOTHING }).admin();
    await admin.connect();
  }, 180_000);
  afterAll(async () => {
    await admin?.disconnect();
    rmSync(folder, { recursive: true, force: true });
  });

  test('missing ones are made, and then all is as it should be', async () => {
    const before = await topics('status');
    expect(before.code).toBe(1);
    expect((before.said as TopicState[]).every(({ isMissing }) => isMissing)).toBe(true);
    const all = [...TOPIC_NAMES];
    expect(await topics('apply')).toEqual({ code: 0, said: { created: all, altered: [], unchanged: [] } });
    expect(await topics('apply')).toEqual({ code: 0, said: { created: [], altered: [], unchanged: all } });
    const after = await topics('status');
    expect(after.code).toBe(0);
    expect((after.said as TopicState[]).flatMap(({ differences }) => differences)).toEqual([]);
    const { topics: made } = await admin.fetchTopicMetadata({
      topics: [`${prefix}signals`, `${prefix}feeds`],
    });
    expect(made.map(({ partitions }) => partitions.length).sort()).toEqual([3, 8]);
  });

  test('a setting that differs is shown and put right; what others set stays', async () => {
    const configEntries = [
      { name: 'retention.ms', value: '1000' },
      { name: 'segment.bytes', value: '2000000' },
    ];
    const name = `${prefix}transactions`;
    const resources = [{ type: kafkajs.ConfigResourceTypes.TOPIC, name, configEntries }];
    await admin.alterConfigs({ validateOnly: false, resources });
    await expect.poll(() => setting('transactions', 'retention.ms'), { timeout: 20_000 }).toBe('1000');
    const { code, out } = await rastro(['topics', 'status', '--config', file]);
    expect(code).toBe(1);
    expect(out).toContain('retention.ms is 1000, not 1209600000');
    const applied = await topics('apply');
    expect(applied).toMatchObject({ code: 0, said: { created: [], altered: ['transactions'] } });
    await expect.poll(() => setting('transactions', 'retention.ms'), { timeout: 20_000 }).toBe('1209600000');
    expect(await setting('transactions', 'segment.bytes')).toBe('2000000');
    expect((await topics('status')).code).toBe(0);
  });

  test('a number of partitions is not changed, nor anything else in that call', async () => {
    configure({ partitions: 4, minInsyncReplicas: 1 });
    const { code, said } = await topics('apply');
    expect({ code, said }).toMatchObject({
      code: 1,
      said: { error: { code: 'RAS-BUS-PARTITIONS-FIXED', params: { is: '3', wanted: '4' } } },
    });
    expect((await topics('status')).code).toBe(1);
    configure({});
    expect((await topics('status')).code).toBe(0);
  });

  test('a wrong call is told from a failure', async () => {
    expect((await rastro(['topics', 'status'])).code).toBe(2);
    expect((await rastro(['tail', 'nosuch', '--config', file])).code).toBe(2);
    configure({ brokers: [] });
    expect(await topics('status')).toMatchObject({ code: 2, said: { error: { code: 'RAS-BUS-CONFIG' } } });
    configure({ brokers: ['127.0.0.1:1'] });
    expect(await topics('status')).toMatchObject({
      code: 1,
      said: { error: { code: 'RAS-BUS-UNREACHABLE' } },
    });
    configure({});
  });

  test('tail shows what is there and what comes, and Ctrl-C ends it', async () => {
    const bus = await KafkaBus.open(kafkaConfig.parse(kafka));
    const append = (key: string) =>
      bus.append('alerts', [
        { partition: 0, key, headers: { kind: 'alert' }, value: Buffer.from('{"n":1}') },
      ]);
    await append('first');
    const child = spawn(
      process.execPath,
      [CLI, 'tail', 'alerts', '--config', file, '--from', 'beginning', '--json'],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    let out = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    const keys = () =>
      out
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => (JSON.parse(line) as { key: string }).key);
    await expect.poll(keys, { timeout: 30_000 }).toEqual(['first']);
    await append('second');
    await expect.poll(keys, { timeout: 30_000 }).toEqual(['first', 'second']);
    child.kill('SIGINT');
    expect(await once(child, 'exit')).toEqual([0, null]);
    await bus.close();
  });
});
