/**
 * How any client of the cluster is made: addresses, TLS, log-in, bounds, from the configuration. kafkajs 2.2.4 is pinned, and
 * what it would do wrong is put right here, once, before anything connects.
 */
import { type ConnectionOptions, createSecureContext, type SecureContextOptions } from 'node:tls';
import kafkajs from 'kafkajs';
import Cluster from 'kafkajs/src/cluster/index.js';
import RequestQueue from 'kafkajs/src/network/requestQueue/index.js';
import socketFactory from 'kafkajs/src/network/socketFactory.js';
import type { KafkaConfig } from '../../../schemas/config.ts';
import { RastroError } from '../../../schemas/errors/index.ts';
import { readCertificateFile, readKeyFile, readSecretFile } from '../../config/secret-file.ts';
import { guardBatches } from './batch-guard.ts';
import { checkWritable, registerCodecs } from './codecs.ts';
import type { BusContext } from './errors.ts';
import { BUS_LIMITS } from './limits.ts';
import { repairTrust } from './trust.ts';

/** Shortest wait before a queue is looked at again. */
const QUEUE_CHECK_MS = 10;

/**
 * kafkajs looks at an empty queue every millisecond for as long as a connection lives, with a negative delay, which Node 24
 * warns of. Only a queue with something in it needs a timer.
 */
function repairRequestQueue(): void {
  RequestQueue.prototype.scheduleCheckPendingRequests = function schedule(this: RequestQueue): void {
    if (this.pending.length === 0 || this.throttleCheckTimeoutId !== null) return;
    this.throttleCheckTimeoutId = setTimeout(
      () => {
        this.throttleCheckTimeoutId = null;
        this.checkPendingRequests();
      },
      Math.max(QUEUE_CHECK_MS, this.throttledUntil - Date.now()),
    );
  };
}

let isPrepared = false;

function prepare(): void {
  if (isPrepared) return;
  registerCodecs();
  guardBatches();
  repairRequestQueue();
  repairTrust();
  isPrepared = true;
}

/** Options of `new kafkajs.Kafka(...)`. */
export type ClientOptions = kafkajs.KafkaConfig;

/** Reads one file, and has OpenSSL look at it with those read before: what it cannot use would look like a broker that is away. */
async function tlsOptions({ caFile, certFile, keyFile }: NonNullable<KafkaConfig['tls']>) {
  const options: Pick<SecureContextOptions, 'ca' | 'cert' | 'key'> = {};
  const add = (part: keyof typeof options, file: string, path: string, text: string) => {
    options[part] = text;
    try {
      createSecureContext(options);
    } catch (error) {
      const detail = (error as NodeJS.ErrnoException).code ?? 'no PEM';
      throw new RastroError('RAS-CONFIG-SECRET-UNREADABLE', { file, path, detail }, { cause: error });
    }
  };
  const read = { ca: readCertificateFile, cert: readCertificateFile, key: readKeyFile };
  for (const [part, file] of [
    ['ca', caFile],
    ['cert', certFile],
    ['key', keyFile],
  ] as const) {
    const path = `kafka.tls.${part}File`;
    if (file !== undefined) add(part, file, path, await read[part](file, path));
  }
  return options;
}

async function saslOptions(sasl: NonNullable<KafkaConfig['sasl']>): Promise<kafkajs.SASLOptions> {
  const password = await readSecretFile(sasl.passwordFile, 'kafka.sasl.passwordFile');
  const { username, mechanism } = sasl;
  return { mechanism, username, password } as kafkajs.SASLOptions;
}

/**
 * Reads the secrets and certificates that the configuration names.
 * @throws RastroError RAS-CONFIG-SECRET-UNREADABLE, RAS-BUS-CODEC-MISSING
 */
export async function clientOptions(config: KafkaConfig): Promise<ClientOptions> {
  prepare();
  checkWritable(config.compression);
  return {
    brokers: [...config.brokers],
    clientId: config.clientId,
    connectionTimeout: BUS_LIMITS.CONNECT_TIMEOUT_MS,
    requestTimeout: BUS_LIMITS.REQUEST_TIMEOUT_MS,
    retry: {
      initialRetryTime: BUS_LIMITS.RETRY_FIRST_MS,
      maxRetryTime: BUS_LIMITS.RETRY_LONGEST_MS,
      retries: BUS_LIMITS.CONNECT_RETRIES,
    },
    // Its lines name hosts and, of failed requests, whatever the broker said; errors come as values instead.
    logLevel: kafkajs.logLevel.NOTHING,
    ...(config.tls === undefined ? {} : { ssl: (await tlsOptions(config.tls)) as ConnectionOptions }),
    ...(config.sasl === undefined ? {} : { sasl: await saslOptions(config.sasl) }),
  };
}

const SILENT = {
  namespace: () => SILENT,
  error: () => undefined,
  warn: () => undefined,
  info: () => undefined,
  debug: () => undefined,
};

/** Connections and metadata below the public interface of kafkajs, with the same options. */
export function openCluster(options: ClientOptions): Cluster {
  const { retry, ...rest } = options;
  return new Cluster({
    ...rest,
    retry,
    logger: SILENT,
    socketFactory: socketFactory(),
    enforceRequestTimeout: true,
    // kafkajs' default; leaders that moved are learnt of from the errors of requests.
    metadataMaxAge: 300_000,
    // Topics are made by `rastro topics apply`, with what they need.
    allowAutoTopicCreation: false,
    maxInFlightRequests: null,
    // Ends of partitions as `read` sees them: no role of ours writes in transactions, and one of others that hangs must not hide them.
    isolationLevel: 0,
    reauthenticationThreshold: 10_000,
  });
}

/** For errors: whom was asked, as whom. */
export function contextOf(config: KafkaConfig, what: string, topic?: string): BusContext {
  const { brokers, sasl } = config;
  return {
    brokers,
    what,
    ...(topic === undefined ? {} : { topic }),
    ...(sasl === undefined ? {} : { user: sasl.username, mechanism: sasl.mechanism }),
  };
}
