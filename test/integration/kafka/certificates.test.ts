/** Log-in by certificate alone, against a broker that asks for one: what works, and the code of each way in which it does not. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type KafkaConfig, kafkaConfig } from '../../../schemas/config.ts';
import { KafkaBus } from '../../../services/log/kafka/bus.ts';
import { applyTopics } from '../../../services/log/kafka/topics.ts';
import { codeOf } from '../../support/bus-contract.ts';
import {
  type Certificate,
  type ClientCertificate,
  makeCertificate,
  makeClientCertificate,
  trustOf,
} from '../../support/kafka/certificates.ts';
import { KafkaCluster } from '../../support/kafka/cluster.ts';
import { codesOf, everywhere } from '../../support/kafka/codes.ts';
import { kafkaVersions } from '../../support/kafka/shared.ts';

const START_MS = 180_000;

// What is asked here is the client's side: one version will do.
describe.each((await kafkaVersions()).slice(-1))('Kafka %i', (version) => {
  const folder = mkdtempSync(join(tmpdir(), 'rastro-test-'));
  let cluster: KafkaCluster;
  let broker: Certificate;
  let worker: ClientCertificate;
  let reader: ClientCertificate;
  let stranger: ClientCertificate;

  const configOf = (own: Partial<ClientCertificate>): KafkaConfig =>
    kafkaConfig.parse({
      brokers: cluster.brokers,
      partitions: 1,
      replicationFactor: 1,
      minInsyncReplicas: 1,
      tls: { caFile: broker.caFile, ...own },
    });
  beforeAll(async () => {
    [broker, worker, reader, stranger] = await Promise.all([
      makeCertificate(folder, 'broker'),
      makeClientCertificate(folder, 'worker'),
      makeClientCertificate(folder, 'reader'),
      makeClientCertificate(folder, 'stranger'),
    ]);
    const clients = await trustOf(folder, [worker, reader], ['CN=worker']);
    cluster = await KafkaCluster.start({ version, tls: { ...broker, clients } });
    await applyTopics(configOf(worker), ['transactions']);
  }, START_MS);
  afterAll(async () => {
    await cluster?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test('the right certificate works, without a password', async () => {
    expect(await codesOf(configOf(worker))).toEqual(everywhere('none'));
  });

  test('a certificate is a name: one without rights', async () => {
    const { appended, read } = await codesOf(configOf(reader));
    expect([appended, read]).toEqual(['RAS-BUS-NOT-AUTHORISED', 'RAS-BUS-NOT-AUTHORISED']);
  });

  test('no certificate, and one of somebody whom the broker does not know', async () => {
    const asked = async (own: Partial<ClientCertificate>) => {
      const bus = await KafkaBus.open(configOf(own));
      const code = await codeOf(bus.partitionsOf('transactions'));
      await bus.close();
      return code;
    };
    const refused = 'RAS-BUS-CERTIFICATE-REFUSED';
    expect(await Promise.all([asked({}), asked(stranger)])).toEqual([refused, refused]);
  });

  test('a key that is not the certificate’s', async () => {
    const mixed = { certFile: worker.certFile, keyFile: reader.keyFile };
    expect(await codeOf(KafkaBus.open(configOf(mixed)))).toBe('RAS-CONFIG-SECRET-UNREADABLE');
  });
});
