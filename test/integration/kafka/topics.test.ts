/** Topics made and compared, and `rastro topics` and `rastro tail` as a user starts them, against Kafka itself. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import kafkajs from 'kafkajs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type KafkaConfig, kafkaConfig } from '../../../schemas/config.ts';
import { TOPIC_NAMES } from '../../../schemas/topics.ts';
import { KafkaBus } from '../../../services/log/kafka/bus.ts';
import { applyTopics, topicStates } from '../../../services/log/kafka/topics.ts';
import { codeOf } from '../../support/bus-contract.ts';
import { CLI, rastro } from '../../support/cli.ts';
import type { KafkaMajor } from '../../support/kafka/jars.ts';
import { kafkaVersions, ownPrefix, sharedKafka } from '../../support/kafka/shared.ts';

const versions = await kafkaVersions();

async function freshConfig(version: KafkaMajor): Promise<KafkaConfig> {
  const { brokers } = await sharedKafka(version);
  const copies = { replicationFactor: 1, minInsyncReplicas: 1 };
  return kafkaConfig.parse({ brokers, prefix: ownPrefix(), partitions: 3, ...copies });
}

describe.each(versions)('Kafka %i', (version) => {
  let config: KafkaConfig;
  let admin: kafkajs.Admin;
  const setting = async (topic: string, name: string) => {
    const resource = {
      type: kafkajs.ConfigResourceTypes.TOPIC,
      name: config.prefix + topic,
      configNames: [name],
    };
    const { resources } = await admin.describeConfigs({ resources: [resource], includeSynonyms: false });
    return resources[0]?.configEntries[0]?.configValue;
  };
  const differences = async () =>
    (await topicStates(config)).flatMap(({ topic, differences: found }) =>
      found.map(({ setting: name, is, wanted }) => `${topic}: ${name} ${is} -> ${wanted}`),
    );

  beforeAll(async () => {
    config = await freshConfig(version);
    admin = new kafkajs.Kafka({ brokers: config.brokers, logLevel: kafkajs.logLevel.NOTHING }).admin();
    await admin.connect();
  }, 180_000);
  afterAll(async () => {
    await admin?.disconnect();
  });

  test('missing ones are made, and then all is as it should be', async () => {
    expect((await topicStates(config)).every(({ isMissing }) => isMissing)).toBe(true);
    const all = [...TOPIC_NAMES];
    expect(await applyTopics(config)).toEqual({ created: all, altered: [], unchanged: [] });
    expect(await applyTopics(config)).toEqual({ created: [], altered: [], unchanged: all });
    expect(await differences()).toEqual([]);
    const names = ['signals', 'feeds'].map((topic) => config.prefix + topic);
    const { topics } = await admin.fetchTopicMetadata({ topics: names });
    expect(topics.map(({ partitions }) => partitions.length).sort()).toEqual([3, 8]);
  });

  test('a setting that differs is shown and put right; what others set stays', async () => {
    const configEntries = [
      { name: 'retention.ms', value: '1000' },
      { name: 'segment.bytes', value: '2000000' },
    ];
    const name = `${config.prefix}transactions`;
    const resources = [{ type: kafkajs.ConfigResourceTypes.TOPIC, name, configEntries }];
    await admin.alterConfigs({ validateOnly: false, resources });
    await expect.poll(() => setting('transactions', 'retention.ms'), { timeout: 60_000 }).toBe('1000');
    // Altering replaces: what was set before and is not named now is back at the default of the broker.
    expect(await differences()).toContain('transactions: retention.ms 1000 -> 1209600000');
    expect((await applyTopics(config)).altered).toEqual(['transactions']);
    await expect.poll(() => setting('transactions', 'retention.ms'), { timeout: 60_000 }).toBe('1209600000');
    expect(await setting('transactions', 'segment.bytes')).toBe('2000000');
    expect(await differences()).toEqual([]);
  });

  test('a number of partitions is not changed, nor anything else in that call', async () => {
    const other = { ...config, partitions: 4 };
    expect(await codeOf(applyTopics(other))).toBe('RAS-BUS-PARTITIONS-FIXED');
    expect((await topicStates(other)).filter((state) => state.differences.length > 0)).toHaveLength(3);
    expect(await differences()).toEqual([]);
  });
});

describe.runIf(versions.length > 0)('the command', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rastro-test-'));
  const file = join(folder, 'rastro.yaml');
  let config: KafkaConfig;
  /** JSON is YAML. */
  const configure = (change: object) =>
    writeFileSync(file, JSON.stringify({ kafka: { ...config, ...change } }));
  const topics = (what: 'apply' | 'status', ...more: string[]) =>
    rastro(['topics', what, '--config', file, ...more]);

  beforeAll(async () => {
    config = await freshConfig(versions.at(-1) ?? 4);
    configure({});
  }, 180_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('says what it found and did, and ends with 1 where something is not as it should be', async () => {
    expect(await topics('status')).toMatchObject({ code: 1, out: expect.stringContaining('missing') });
    const { code, out } = await topics('apply', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual({ created: TOPIC_NAMES, altered: [], unchanged: [] });
    expect(await topics('status')).toMatchObject({
      code: 0,
      out: expect.stringContaining('as it should be'),
    });
    configure({ partitions: 4 });
    const refused = await topics('apply', '--json');
    expect({ code: refused.code, said: JSON.parse(refused.err) }).toMatchObject({
      code: 1,
      said: { error: { code: 'RAS-BUS-PARTITIONS-FIXED', params: { is: '3', wanted: '4' } } },
    });
    configure({});
  });

  test('tells a wrong call from a failure', async () => {
    expect((await rastro(['topics', 'status'])).code).toBe(2);
    expect((await rastro(['tail', 'nosuch', '--config', file])).code).toBe(2);
    configure({ brokers: [] });
    expect(await topics('status')).toMatchObject({
      code: 2,
      err: expect.stringContaining('RAS-CONFIG-INVALID'),
    });
    configure({ brokers: ['127.0.0.1:1'] });
    expect(await topics('status')).toMatchObject({
      code: 1,
      err: expect.stringContaining('RAS-BUS-UNREACHABLE'),
    });
    configure({});
  });

  test('tail shows what is there and what comes, and Ctrl-C ends it', async () => {
    const bus = await KafkaBus.open(config);
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
    await expect.poll(keys, { timeout: 60_000 }).toEqual(['first']);
    await append('second');
    await expect.poll(keys, { timeout: 60_000 }).toEqual(['first', 'second']);
    child.kill('SIGINT');
    expect(await once(child, 'exit')).toEqual([0, null]);
    await bus.close();
  });
});
