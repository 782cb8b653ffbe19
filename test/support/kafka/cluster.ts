/** Apache Kafka itself on loopback, one broker or three, for tests, benchmarks and developers. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import kafkajs from 'kafkajs';
import { kafkaConfig } from '../../../schemas/config.ts';
import { clientOptions } from '../../../services/log/kafka/client.ts';
import { type BrokerProcess, freePorts, LOOPBACK, QUICK_START, runJava, startBroker } from './broker.ts';
import { type KafkaMajor, kafkaJars, kafkaVersion } from './jars.ts';
import { type BrokerPlace, type BrokerTls, type BrokerUser, brokerSettings } from './settings.ts';

export interface ClusterOptions {
  readonly version: KafkaMajor;
  readonly brokers?: 1 | 3;
  /** Of the first broker's clients; the others follow. Default: free ones. */
  readonly port?: number;
  readonly sasl?: { readonly users: readonly BrokerUser[] };
  readonly tls?: BrokerTls;
  /** In place of those that make a broker start soon; for measurements. */
  readonly javaOptions?: readonly string[];
}

const READY_TIMEOUT_MS = 120_000;
const READY_POLL_MS = 100;
const ANSWER_TIMEOUT_MS = 5_000;
const CLUSTER_ID = 'cmFzdHJvLXRlc3QtY2x1cw';
/** For one broker with blocks of half a MiB; of three, each. */
const HEAP = { 1: '-Xmx512m', 3: '-Xmx384m' } as const;

interface Node {
  readonly place: BrokerPlace;
  readonly settingsFile: string;
  readonly logFile: string;
  process: BrokerProcess | undefined;
}

export class KafkaCluster {
  readonly version: string;
  /** Where clients ask first: every broker. */
  readonly brokers: readonly string[];
  /** The same brokers without TLS and log-in, with all rights. */
  readonly internalBrokers: readonly string[];
  readonly jars: string;
  readonly #nodes: readonly Node[];
  readonly #folder: string;
  readonly #javaOptions: readonly string[];

  private constructor(jars: string, folder: string, nodes: readonly Node[], options: ClusterOptions) {
    this.version = kafkaVersion(options.version);
    this.jars = jars;
    this.#folder = folder;
    this.#nodes = nodes;
    const host = options.tls === undefined ? LOOPBACK : 'localhost';
    this.brokers = nodes.map(({ place }) => `${host}:${place.ports.client}`);
    this.internalBrokers = nodes.map(({ place }) => `${LOOPBACK}:${place.ports.internal}`);
    this.#javaOptions = [HEAP[options.brokers ?? 1], ...(options.javaOptions ?? QUICK_START)];
  }

  /** Resolves when every broker answers. */
  static async start(options: ClusterOptions): Promise<KafkaCluster> {
    const jars = await kafkaJars(options.version);
    const count = options.brokers ?? 1;
    const folder = mkdtempSync(join(tmpdir(), 'rastro-kafka-'));
    const ports = await freePorts(3 * count);
    const places = Array.from({ length: count }, (_, at) => ({
      id: at + 1,
      ports: {
        client: options.port === undefined ? (ports[3 * at] as number) : options.port + at,
        internal: ports[3 * at + 1] as number,
        controller: ports[3 * at + 2] as number,
      },
    }));
    const nodes = places.map((own) => makeNode(folder, own, places, options));
    const cluster = new KafkaCluster(jars, folder, nodes, options);
    try {
      const scram = (options.sasl?.users ?? []).flatMap(({ name, password }) => [
        '--add-scram',
        `SCRAM-SHA-512=[name=${name},password=${password}]`,
      ]);
      for (const { settingsFile } of nodes)
        await runJava(jars, 'kafka.tools.StorageTool', [
          'format',
          '-t',
          CLUSTER_ID,
          '-c',
          settingsFile,
          ...scram,
        ]);
      for (const node of nodes) cluster.#launch(node);
      for (const node of nodes) await cluster.#ready(node);
      return cluster;
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  }

  /** By broker, the file of its settings, which its command line names. */
  get settingsFiles(): readonly string[] {
    return this.#nodes.map(({ settingsFile }) => settingsFile);
  }

  /** Kills whatever runs; data and logs go. */
  async stop(): Promise<void> {
    await Promise.all(this.#nodes.map(({ process }) => process?.kill()));
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }

  /** kill -9. Nodes are counted from 1. */
  async kill(node: number): Promise<void> {
    await this.#node(node).process?.kill();
  }

  /** Stops it in its tracks (`STOP`) or lets it go on (`CONT`): a broker that hangs. */
  signal(node: number, name: 'STOP' | 'CONT'): void {
    this.#node(node).process?.signal(name);
  }

  /** Starts a killed one on what it had on disk; resolves when it answers. */
  async restart(node: number): Promise<void> {
    const found = this.#node(node);
    await found.process?.kill();
    this.#launch(found);
    await this.#ready(found);
  }

  #node(id: number): Node {
    const found = this.#nodes[id - 1];
    if (found === undefined) throw new RangeError(`no broker ${id}`);
    return found;
  }

  #launch(node: Node): void {
    node.process = startBroker(this.jars, node.settingsFile, node.logFile, this.#javaOptions);
  }

  /** Until the broker itself names all brokers that run. */
  async #ready({ place, process }: Node): Promise<void> {
    const giveUpAt = performance.now() + READY_TIMEOUT_MS;
    const running = this.#nodes.filter((node) => node.process?.isRunning());
    const brokers = [`${LOOPBACK}:${place.ports.internal}`];
    const kafka = new kafkajs.Kafka({
      ...(await clientOptions(kafkaConfig.parse({ brokers }))),
      connectionTimeout: ANSWER_TIMEOUT_MS,
      requestTimeout: ANSWER_TIMEOUT_MS,
      retry: { retries: 0 },
    });
    for (;;) {
      if (process === undefined || !process.isRunning())
        throw new Error(`broker ${place.id} ended: ${process?.lastWords()}`);
      const admin = kafka.admin();
      const known = await admin
        .connect()
        .then(() => admin.describeCluster())
        .then(({ brokers }) => brokers.map(({ nodeId }) => nodeId))
        .catch((): number[] => []);
      await admin.disconnect().catch(() => undefined);
      if (running.every((node) => known.includes(node.place.id))) return;
      if (performance.now() > giveUpAt)
        throw new Error(`broker ${place.id} does not answer: ${process.lastWords()}`);
      await pause(READY_POLL_MS);
    }
  }
}

function makeNode(
  folder: string,
  own: BrokerPlace,
  all: readonly BrokerPlace[],
  options: ClusterOptions,
): Node {
  const dataDir = join(folder, `data-${own.id}`);
  mkdirSync(dataDir);
  const settingsFile = join(folder, `broker-${own.id}.properties`);
  const text = brokerSettings({
    own,
    all,
    dataDir,
    ...(options.sasl === undefined ? {} : { users: options.sasl.users }),
    ...(options.tls === undefined ? {} : { tls: options.tls }),
  });
  writeFileSync(settingsFile, text, { mode: 0o600 });
  return { place: own, settingsFile, logFile: join(folder, `broker-${own.id}.log`), process: undefined };
}
