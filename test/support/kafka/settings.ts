/** The settings of a broker for tests: KRaft, loopback, as small as it goes. */
import { LOOPBACK } from './broker.ts';

/** Users whom the broker knows, by both mechanisms. `mayDoAll` false: it may log in and nothing else. */
export interface BrokerUser {
  readonly name: string;
  readonly password: string;
  readonly mayDoAll: boolean;
}

export interface BrokerTls {
  /** PKCS12 with the broker's key and certificate. */
  readonly keyStore: string;
  readonly keyStorePassword: string;
  readonly clients?: ClientTrust;
}

/** Clients log in by certificate. */
export interface ClientTrust {
  /** PKCS12 with the certificates that are taken. */
  readonly trustStore: string;
  readonly trustStorePassword: string;
  /** Names of certificates whose holders may do everything; the others may log in and nothing else. */
  readonly superUsers: readonly string[];
}

export interface BrokerPlace {
  readonly id: number;
  /** Of clients, of the other brokers, of the controllers. */
  readonly ports: { readonly client: number; readonly internal: number; readonly controller: number };
}

export interface BrokerSettings {
  readonly own: BrokerPlace;
  readonly all: readonly BrokerPlace[];
  readonly dataDir: string;
  readonly users?: readonly BrokerUser[];
  readonly tls?: BrokerTls;
}

/** A broker that is gone is replaced after that long. Kafka's default is 9 s. */
const SESSION_TIMEOUT_MS = 6_000;
const CLEANER_BUFFER_BYTES = 4 * 1024 * 1024;

function protocolOf({ users, tls }: BrokerSettings): string {
  if (users !== undefined) return tls === undefined ? 'SASL_PLAINTEXT' : 'SASL_SSL';
  return tls === undefined ? 'PLAINTEXT' : 'SSL';
}

const AUTHORIZER = 'org.apache.kafka.metadata.authorizer.StandardAuthorizer';

function access({ users, tls }: BrokerSettings): Record<string, string> {
  const settings: Record<string, string> = {};
  if (users !== undefined) {
    const plain = users.map(({ name, password }) => `user_${name}="${password}"`).join(' ');
    const login = 'org.apache.kafka.common.security';
    settings['sasl.enabled.mechanisms'] = 'PLAIN,SCRAM-SHA-512';
    settings['listener.name.client.plain.sasl.jaas.config'] =
      `${login}.plain.PlainLoginModule required ${plain};`;
    settings['listener.name.client.scram-sha-512.sasl.jaas.config'] =
      `${login}.scram.ScramLoginModule required;`;
    settings['authorizer.class.name'] = AUTHORIZER;
    const all = users.filter(({ mayDoAll }) => mayDoAll).map(({ name }) => `User:${name}`);
    settings['super.users'] = ['User:ANONYMOUS', ...all].join(';');
  }
  if (tls !== undefined) {
    settings['listener.name.client.ssl.keystore.location'] = tls.keyStore;
    settings['listener.name.client.ssl.keystore.password'] = tls.keyStorePassword;
    settings['listener.name.client.ssl.keystore.type'] = 'PKCS12';
    if (tls.clients !== undefined) Object.assign(settings, byCertificate(tls.clients));
  }
  return settings;
}

function byCertificate({ trustStore, trustStorePassword, superUsers }: ClientTrust): Record<string, string> {
  return {
    'listener.name.client.ssl.client.auth': 'required',
    'listener.name.client.ssl.truststore.location': trustStore,
    'listener.name.client.ssl.truststore.password': trustStorePassword,
    'listener.name.client.ssl.truststore.type': 'PKCS12',
    'authorizer.class.name': AUTHORIZER,
    'super.users': ['User:ANONYMOUS', ...superUsers.map((name) => `User:${name}`)].join(';'),
  };
}

/** As a properties file. */
export function brokerSettings(settings: BrokerSettings): string {
  const { own, all } = settings;
  // A certificate names a host, and an address as a host name is not allowed in a handshake.
  const host = settings.tls === undefined ? LOOPBACK : 'localhost';
  const copies = String(Math.min(3, all.length));
  const inSync = all.length >= 3 ? '2' : '1';
  const { client, internal, controller } = own.ports;
  const properties: Record<string, string> = {
    'process.roles': 'broker,controller',
    'node.id': String(own.id),
    'controller.quorum.voters': all.map(({ id, ports }) => `${id}@${LOOPBACK}:${ports.controller}`).join(','),
    listeners: `CLIENT://${LOOPBACK}:${client},INTERNAL://${LOOPBACK}:${internal},CONTROLLER://${LOOPBACK}:${controller}`,
    'advertised.listeners': `CLIENT://${host}:${client},INTERNAL://${LOOPBACK}:${internal}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'INTERNAL',
    'listener.security.protocol.map': `CLIENT:${protocolOf(settings)},INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT`,
    'log.dirs': settings.dataDir,
    'auto.create.topics.enable': 'false',
    // With one broker the defaults of 3 would leave the topic of offsets unmade, and no group would ever form.
    'offsets.topic.replication.factor': copies,
    'transaction.state.log.replication.factor': copies,
    'transaction.state.log.min.isr': inSync,
    'share.coordinator.state.topic.replication.factor': copies,
    'share.coordinator.state.topic.min.isr': inSync,
    'offsets.topic.num.partitions': '4',
    'transaction.state.log.num.partitions': '4',
    'group.initial.rebalance.delay.ms': '0',
    'broker.session.timeout.ms': String(SESSION_TIMEOUT_MS),
    // The cleaner's buffer of 128 MB comes out of the heap.
    'log.cleaner.dedupe.buffer.size': String(CLEANER_BUFFER_BYTES),
    'log.cleaner.backoff.ms': '200',
    'log.retention.check.interval.ms': '1000',
    ...access(settings),
  };
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}
