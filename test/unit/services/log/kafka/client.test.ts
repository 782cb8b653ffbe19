import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import RequestQueue from 'kafkajs/src/network/requestQueue/index.js';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { kafkaConfig } from '../../../../../schemas/config.ts';
import { clientOptions } from '../../../../../services/log/kafka/client.ts';
import { busError, mayPass } from '../../../../../services/log/kafka/errors.ts';

const folder = mkdtempSync(join(tmpdir(), 'rastro-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const KEY = generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey.export({
  format: 'pem',
  type: 'pkcs8',
}) as string;
const config = kafkaConfig.parse({ brokers: ['one:9092', 'two:9092'] });

describe('options', () => {
  const written = (name: string, text: string, mode: number) => {
    const path = join(folder, name);
    writeFileSync(path, text, { mode });
    chmodSync(path, mode);
    return path;
  };
  const refusal = (path: string, file: string, detail: string) => ({
    code: 'RAS-CONFIG-SECRET-UNREADABLE',
    params: { path, file, detail },
  });

  test('a secret is what its file holds, without the newline at its end', async () => {
    const sasl = {
      mechanism: 'scram-sha-512',
      username: 'worker',
      passwordFile: written('password', ' a b\n', 0o600),
    } as const;
    const options = await clientOptions({ ...config, sasl });
    expect(options.sasl).toEqual({ mechanism: 'scram-sha-512', username: 'worker', password: ' a b' });
    expect(await clientOptions(config)).not.toHaveProperty('ssl');
  });

  test('certificates may be read by everybody, keys and passwords may not', async () => {
    const keyFile = written('key.pem', KEY, 0o640);
    const caFile = written('ca.pem', rootCertificates[0] ?? '', 0o644);
    // One without the other is refused by the configuration; what is asked here is how files are read.
    expect((await clientOptions({ ...config, tls: { caFile, keyFile } })).ssl).toEqual({
      ca: rootCertificates[0],
      key: KEY,
    });
    expect(kafkaConfig.safeParse({ ...config, tls: { caFile, keyFile } }).success).toBe(false);
    const open = written('open', KEY, 0o644);
    await expect(clientOptions({ ...config, tls: { caFile, keyFile: open } })).rejects.toMatchObject(
      refusal('kafka.tls.keyFile', open, 'everybody may read it (mode 644)'),
    );
    const sasl = { mechanism: 'plain', username: 'worker', passwordFile: open } as const;
    await expect(clientOptions({ ...config, sasl })).rejects.toMatchObject(
      refusal('kafka.sasl.passwordFile', open, 'everybody may read it (mode 644)'),
    );
  });

  test('what is no key or certificate is said to be none, before anybody is asked', async () => {
    const file = written('none.pem', 'PEM', 0o600);
    const caFile = written('root.pem', rootCertificates[0] ?? '', 0o644);
    for (const tls of [{ certFile: file }, { caFile, keyFile: file }])
      await expect(clientOptions({ ...config, tls })).rejects.toMatchObject({
        code: 'RAS-CONFIG-SECRET-UNREADABLE',
        params: { file, detail: expect.stringMatching(/^ERR_OSSL_/) },
      });
  });

  test('a file that is not there, or empty, is named, with the setting', async () => {
    const caFile = join(folder, 'nowhere');
    await expect(clientOptions({ ...config, tls: { caFile } })).rejects.toMatchObject(
      refusal('kafka.tls.caFile', caFile, 'ENOENT'),
    );
    const empty = written('empty.pem', '\n', 0o600);
    await expect(clientOptions({ ...config, tls: { caFile: empty } })).rejects.toMatchObject(
      refusal('kafka.tls.caFile', empty, 'it is empty'),
    );
  });
});

describe('the queue of requests of a connection', () => {
  beforeAll(async () => {
    await clientOptions(config);
  });
  afterEach(() => {
    vi.useRealTimers();
  });
  const queueOf = () =>
    new RequestQueue({
      maxInFlightRequests: 1,
      requestTimeout: 1_000,
      enforceRequestTimeout: false,
      logger: { debug: () => undefined, warn: () => undefined },
    });
  const sent: number[] = [];
  const push = (queue: RequestQueue, correlationId: number) =>
    queue.push({
      entry: { correlationId, resolve: () => undefined, reject: () => undefined },
      expectResponse: true,
      sendRequest: () => sent.push(correlationId),
    });
  const answer = (queue: RequestQueue, correlationId: number) =>
    queue.fulfillRequest({ correlationId, payload: Buffer.alloc(0), size: 0 });

  test('has no timer while nothing waits', () => {
    vi.useFakeTimers();
    const queue = queueOf();
    push(queue, 1);
    answer(queue, 1);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('sends what waits when the one before is answered, or the broker takes requests again', () => {
    vi.useFakeTimers();
    sent.length = 0;
    const queue = queueOf();
    push(queue, 1);
    push(queue, 2);
    expect(sent).toEqual([1]);
    answer(queue, 1);
    expect(sent).toEqual([1, 2]);
    answer(queue, 2);
    queue.maybeThrottle(500);
    push(queue, 3);
    vi.advanceTimersByTime(400);
    expect(sent).toEqual([1, 2]);
    vi.advanceTimersByTime(200);
    expect(sent).toEqual([1, 2, 3]);
    answer(queue, 3);
    vi.runAllTimers();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('errors', () => {
  const context = {
    brokers: ['one:9092'],
    topic: 'rastro.alerts',
    what: 'append',
    user: 'u',
    mechanism: 'plain',
  };
  const failure = (fields: object, cause?: unknown) =>
    Object.assign(new Error('it failed', { cause }), fields);
  const connection = (code: string) => failure({ name: 'KafkaJSConnectionError', code });
  const protocol = (type: string, retriable = false) =>
    failure({ name: 'KafkaJSProtocolError', type, retriable });

  test.each([
    [connection('ECONNREFUSED'), 'RAS-BUS-UNREACHABLE', true],
    [failure({ name: 'KafkaJSRequestTimeoutError' }), 'RAS-BUS-UNREACHABLE', true],
    [connection('DEPTH_ZERO_SELF_SIGNED_CERT'), 'RAS-BUS-UNTRUSTED', false],
    [connection('UNABLE_TO_VERIFY_LEAF_SIGNATURE'), 'RAS-BUS-UNTRUSTED', false],
    [connection('CERT_HAS_EXPIRED'), 'RAS-BUS-UNTRUSTED', false],
    [failure({ name: 'KafkaJSSASLAuthenticationError' }), 'RAS-BUS-LOGIN-REFUSED', false],
    [protocol('TOPIC_AUTHORIZATION_FAILED'), 'RAS-BUS-NOT-AUTHORISED', false],
    [protocol('UNKNOWN_TOPIC_OR_PARTITION', true), 'RAS-BUS-TOPIC-MISSING', true],
    [protocol('NOT_ENOUGH_REPLICAS', true), 'RAS-BUS-NOT-ENOUGH-REPLICAS', true],
    [protocol('NOT_LEADER_FOR_PARTITION', true), 'RAS-BUS-REQUEST-FAILED', true],
    [protocol('INVALID_PRODUCER_EPOCH'), 'RAS-BUS-FENCED', false],
    [protocol('OUT_OF_ORDER_SEQUENCE_NUMBER'), 'RAS-BUS-FENCED', false],
    [new TypeError('a bug'), 'RAS-BUS-REQUEST-FAILED', false],
  ])('%s', (error, code, passes) => {
    expect([busError(error, context).code, mayPass(error)]).toEqual([code, passes]);
    const wrapped = failure({ name: 'KafkaJSNumberOfRetriesExceeded' }, failure({}, error));
    expect([busError(wrapped, context).code, mayPass(wrapped)]).toEqual([code, passes]);
    expect(busError(busError(error, context), context).code).toBe(code);
  });
});
