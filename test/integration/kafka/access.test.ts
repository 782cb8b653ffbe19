/** TLS and log-in against a broker that wants both: what works, and the code of each way in which it does not. */
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type KafkaConfig, kafkaConfig } from '../../../schemas/config.ts';
import { KafkaBus } from '../../../services/log/kafka/bus.ts';
import { applyTopics } from '../../../services/log/kafka/topics.ts';
import { codeOf } from '../../support/bus-contract.ts';
import { type Certificate, makeCertificate } from '../../support/kafka/certificates.ts';
import { KafkaCluster } from '../../support/kafka/cluster.ts';
import { codesOf, everywhere } from '../../support/kafka/codes.ts';
import { kafkaVersions } from '../../support/kafka/shared.ts';

const START_MS = 180_000;
const PASSWORDS = { worker: 'w 4711', reader: 'r-0815', wrong: 'not-it' } as const;
type User = keyof typeof PASSWORDS;
type Mechanism = 'plain' | 'scram-sha-512';

describe.each(await kafkaVersions())('Kafka %i', (version) => {
  const folder = mkdtempSync(join(tmpdir(), 'rastro-test-'));
  let cluster: KafkaCluster;
  let own: Certificate;
  let other: Certificate;

  const configOf = (mechanism: Mechanism, user: User, password: User = user, ca = own): KafkaConfig =>
    kafkaConfig.parse({
      brokers: cluster.brokers,
      partitions: 1,
      replicationFactor: 1,
      minInsyncReplicas: 1,
      tls: { caFile: ca.caFile },
      sasl: { mechanism, username: user, passwordFile: join(folder, password) },
    });
  beforeAll(async () => {
    for (const [user, password] of Object.entries(PASSWORDS))
      writeFileSync(join(folder, user), `${password}\n`, { mode: 0o600 });
    [own, other] = await Promise.all([makeCertificate(folder, 'broker'), makeCertificate(folder, 'another')]);
    const users = (['worker', 'reader'] as const).map((name) => ({
      name,
      password: PASSWORDS[name],
      mayDoAll: name === 'worker',
    }));
    cluster = await KafkaCluster.start({ version, sasl: { users }, tls: own });
    await applyTopics(configOf('plain', 'worker'), ['transactions']);
  }, START_MS);
  afterAll(async () => {
    await cluster?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test.each(['plain', 'scram-sha-512'] as const)('%s: the right password works', async (mechanism) => {
    expect(await codesOf(configOf(mechanism, 'worker'))).toEqual(everywhere('none'));
  });

  test.each(['plain', 'scram-sha-512'] as const)('%s: a wrong password', async (mechanism) => {
    expect(await codesOf(configOf(mechanism, 'worker', 'wrong'))).toEqual(
      everywhere('RAS-BUS-LOGIN-REFUSED'),
    );
  });

  test('a certificate of somebody else', async () => {
    expect(await codesOf(configOf('plain', 'worker', 'worker', other))).toEqual(
      everywhere('RAS-BUS-UNTRUSTED'),
    );
  });

  test('one of those that are named is none to be trusted: the next one is asked', async () => {
    const stranger = createServer((socket) => socket.once('data', () => socket.end('no TLS\r\n')));
    stranger.listen(0, '127.0.0.1');
    await once(stranger, 'listening');
    const config = configOf('plain', 'worker');
    const brokers = [`127.0.0.1:${(stranger.address() as AddressInfo).port}`, ...config.brokers];
    expect(await codesOf({ ...config, brokers })).toEqual(everywhere('none'));
    stranger.close();
  });

  test('a user without rights', async () => {
    const { appended, read } = await codesOf(configOf('plain', 'reader'));
    expect([appended, read]).toEqual(['RAS-BUS-NOT-AUTHORISED', 'RAS-BUS-NOT-AUTHORISED']);
  });

  test('no TLS where the broker wants it', async () => {
    const { tls: _, ...plain } = configOf('plain', 'worker');
    const bus = await KafkaBus.open(plain);
    expect(await codeOf(bus.partitionsOf('transactions'))).toBe('RAS-BUS-UNREACHABLE');
    await bus.close();
  });

  test('a secret that is not there; no secret in what is said', async () => {
    const config = configOf('plain', 'worker', 'wrong');
    const sasl = { mechanism: 'plain' as const, username: 'worker', passwordFile: join(folder, 'nowhere') };
    expect(await codeOf(KafkaBus.open({ ...config, sasl }))).toBe('RAS-CONFIG-SECRET-UNREADABLE');
    const bus = await KafkaBus.open(config);
    const said = await bus
      .partitionsOf('transactions')
      .catch((error: Error) => `${error.stack} ${error.cause}`);
    await bus.close();
    expect(said).toContain('RAS-BUS-LOGIN-REFUSED');
    expect(said).not.toContain(PASSWORDS.wrong);
  });
});
