/** A broker, a store and workers on this machine, each a process of its own, for measuring the whole way of a row. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import kafkajs from 'kafkajs';
import { type KafkaConfig, kafkaConfig } from '../../schemas/config.ts';
import { packageRoot } from '../../schemas/package-root.ts';
import { type Embedded, startEmbedded } from '../../services/embedded/start.ts';
import { KafkaBus } from '../../services/log/kafka/bus.ts';
import { applyTopics } from '../../services/log/kafka/topics.ts';
import { openStore, type Store } from '../../services/store/client.ts';
import { migrate } from '../../services/store/migrate.ts';
import { MARKED_LOG } from '../../services/worker/store-outputs.ts';
import { freePorts } from '../../test/support/kafka/broker.ts';
import { KafkaCluster } from '../../test/support/kafka/cluster.ts';
import { KAFKA_MAJORS, type KafkaMajor, whyNoKafka } from '../../test/support/kafka/jars.ts';
import { type Benchmark, type RunContext, sizeOf } from '../harness/benchmark.ts';
import { cpuSecondsOf, hasProcessTimes, peakMibOf, processOf } from './processes.ts';

/** The command as compiled with this file; from sources, as built. */
const CLI = import.meta.url.endsWith('.js')
  ? fileURLToPath(new URL('../../services/cli/main.js', import.meta.url))
  : join(packageRoot(), 'dist/services/cli/main.js');

const SECRET_BYTES = 32;
const WAIT_MS = 600_000;

export interface CpuSeconds {
  readonly worker: number;
  readonly broker: number;
  readonly store: number;
}

export interface SceneOptions {
  readonly version: KafkaMajor;
  readonly partitions: number;
  /** Flags of Node for the workers. */
  readonly nodeFlags: readonly string[];
}

interface Worker {
  readonly child: ChildProcess;
  readonly metricsPort: number;
  log: string;
  /** By `performance.now()`, when its first partition was ready. */
  assignedMs: number | undefined;
}

export class Scene {
  readonly kafka: KafkaConfig;
  readonly bus: KafkaBus;
  readonly store: Store;
  readonly cluster: KafkaCluster;
  readonly #options: SceneOptions;
  readonly #embedded: Embedded;
  readonly #folder: string;
  readonly #brokerPid: number;
  readonly #workers: Worker[] = [];
  #versionRows = 0;

  private constructor(
    options: SceneOptions,
    parts: {
      kafka: KafkaConfig;
      bus: KafkaBus;
      cluster: KafkaCluster;
      embedded: Embedded;
      store: Store;
      folder: string;
      brokerPid: number;
    },
  ) {
    this.#options = options;
    this.kafka = parts.kafka;
    this.bus = parts.bus;
    this.cluster = parts.cluster;
    this.store = parts.store;
    this.#embedded = parts.embedded;
    this.#folder = parts.folder;
    this.#brokerPid = parts.brokerPid;
  }

  static async open(options: SceneOptions): Promise<Scene> {
    const folder = mkdtempSync(join(tmpdir(), 'rastro-bench-'));
    const cluster = await KafkaCluster.start({ version: options.version, javaOptions: [] });
    const kafka = kafkaConfig.parse({
      brokers: cluster.brokers,
      partitions: options.partitions,
      replicationFactor: 1,
      minInsyncReplicas: 1,
    });
    const brokerPid = processOf('java', 'kafka.Kafka', cluster.settingsFiles[0] as string);
    await applyTopics(kafka);
    const embedded = await startEmbedded({ dataDir: join(folder, 'store') });
    const store = openStore({ url: embedded.url, key: embedded.key });
    await migrate(store);
    mkdirSync(join(folder, 'keys'));
    writeFileSync(join(folder, 'keys', 'secret'), randomBytes(SECRET_BYTES).toString('base64url'), {
      mode: 0o600,
    });
    writeFileSync(join(folder, 'password'), embedded.key, { mode: 0o600 });
    const bus = await KafkaBus.open(kafka);
    return new Scene(options, { kafka, bus, cluster, embedded, store, folder, brokerPid });
  }

  /** Starts workers, and resolves when all partitions are ready for the first time: by `performance.now()`, the first of them. */
  async startWorkers(count: number): Promise<number> {
    const ports = await freePorts(count);
    for (const port of ports) this.#workers.push(this.#startWorker(port));
    await this.#until('partitions to be assigned', () =>
      this.#workers.every(({ assignedMs }) => assignedMs !== undefined),
    );
    return Math.min(...this.#workers.map(({ assignedMs }) => assignedMs as number));
  }

  #startWorker(metricsPort: number): Worker {
    const place = join(this.#folder, `worker-${metricsPort}`);
    mkdirSync(place);
    const config = join(place, 'rastro.json');
    writeFileSync(
      config,
      JSON.stringify({
        kafka: this.kafka,
        clickhouse: { url: this.#embedded.url, passwordFile: join(this.#folder, 'password') },
        keys: { folder: join(this.#folder, 'keys') },
        worker: { checkpointFolder: join(place, 'checkpoints') },
        observe: { port: metricsPort },
        logging: { format: 'json' },
      }),
    );
    const { nodeFlags } = this.#options;
    const child = spawn(process.execPath, [...nodeFlags, CLI, 'worker', '--config', config], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const worker: Worker = { child, metricsPort, log: '', assignedMs: undefined };
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      worker.log += text;
      if (worker.assignedMs === undefined && worker.log.includes('"partition.assigned"'))
        worker.assignedMs = performance.now();
    });
    return worker;
  }

  /** Of all workers, of the broker and of the store, since each began. */
  cpuSeconds(): CpuSeconds {
    return {
      worker: this.#workers.reduce((sum, { child }) => sum + cpuSecondsOf(child.pid as number), 0),
      broker: cpuSecondsOf(this.#brokerPid),
      store: cpuSecondsOf(this.#embedded.pid),
    };
  }

  /** Of the largest worker, MiB. */
  get workerPeakMib(): number {
    return Math.max(...this.#workers.map(({ child }) => peakMibOf(child.pid as number)));
  }

  get storePeakMib(): number {
    return peakMibOf(this.#embedded.pid);
  }

  /** Sums of a worker's metric over its labels but one, of all workers. */
  async metric(name: string, label: string): Promise<Map<string, number>> {
    const sums = new Map<string, number>();
    for (const { metricsPort } of this.#workers) {
      const page = await textOf(`http://127.0.0.1:${metricsPort}/metrics`);
      for (const line of page.split('\n')) {
        if (!line.startsWith(`${name}{`)) continue;
        const key = new RegExp(`${label}="([^"]*)"`).exec(line)?.[1] ?? '';
        sums.set(key, (sums.get(key) ?? 0) + Number(line.slice(line.lastIndexOf(' '))));
      }
    }
    return sums;
  }

  /** By partition of `transactions`, the last offset of any marker; -1 for none. */
  async marked(): Promise<number[]> {
    const rows = await this.store.queryRows<{ partition: number; last: string }>(
      'SELECT partition, max(offset_to) AS last FROM block_markers WHERE log = {log:String} GROUP BY partition',
      { log: MARKED_LOG },
    );
    const marked = new Array<number>(this.#options.partitions).fill(-1);
    for (const { partition, last } of rows) marked[partition] = Number(last);
    return marked;
  }

  /**
   * Versions of signals and alerts in the store, with the ids of the transactions that each rests on; none where there are as many rows
   * as at the last call.
   */
  async versions(): Promise<{ readonly key: string; readonly evidence: readonly string[] }[]> {
    const rows = (await this.count('signals')) + (await this.count('alert_versions'));
    if (rows === this.#versionRows) return [];
    this.#versionRows = rows;
    return this.store.queryRows(
      ['signals', 'alert_versions']
        .map(
          (table) =>
            `SELECT concat('${table} ', id, ' ', content_hash) AS key,
             arrayMap(ref -> JSONExtractString(ref, 'id'), JSONExtractArrayRaw(doc, 'evidence', 'transactions')) AS evidence
             FROM ${table} WHERE status = 'standing'`,
        )
        .join(' UNION ALL '),
    );
  }

  async count(table: string): Promise<number> {
    const [row] = await this.store.queryRows<{ n: string }>(`SELECT count() AS n FROM ${table}`);
    return Number(row?.n);
  }

  /** Resolves when every record of `transactions` has its marker; by `performance.now()`. */
  async allMarked(everyMs: number): Promise<number> {
    const ends = (await this.bus.ranges('transactions')).map(({ end }) => end - 1);
    await this.#until(
      'markers',
      async () => (await this.marked()).every((last, partition) => last >= (ends[partition] as number)),
      everyMs,
    );
    return performance.now();
  }

  /** Resolves when the group has told that it answered all of `signals` too, whatever followed from what. */
  async allAnswered(everyMs: number): Promise<number> {
    const admin = new kafkajs.Kafka({
      brokers: this.kafka.brokers,
      logLevel: kafkajs.logLevel.NOTHING,
    }).admin();
    await admin.connect();
    try {
      const topic = `${this.kafka.prefix}signals`;
      await this.#until(
        'signals to be answered',
        async () => {
          const told = await admin.fetchOffsets({ groupId: `${this.kafka.prefix}worker`, topics: [topic] });
          const partitions = told[0]?.partitions ?? [];
          return (await this.bus.ranges('signals')).every(
            ({ end }, partition) =>
              Math.max(0, Number(partitions.find((one) => one.partition === partition)?.offset ?? 0)) >= end,
          );
        },
        everyMs,
      );
      return performance.now();
    } finally {
      await admin.disconnect();
    }
  }

  async #until(what: string, isSo: () => boolean | Promise<boolean>, everyMs = 20): Promise<void> {
    const giveUpAt = performance.now() + WAIT_MS;
    while (!(await isSo())) {
      const ended = this.#workers.find(({ child }) => child.exitCode !== null);
      if (ended !== undefined || performance.now() > giveUpAt)
        throw new Error(
          `waited for ${what}: ${this.#workers.map(({ log }) => log.slice(-2_000)).join('---')}`,
        );
      await pause(everyMs);
    }
  }

  async stopWorkers(): Promise<void> {
    await Promise.all(
      this.#workers.map(async ({ child }) => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        const ended = once(child, 'close');
        child.kill('SIGTERM');
        await ended;
      }),
    );
  }

  async close(): Promise<void> {
    await this.stopWorkers();
    await this.bus.close();
    await this.store.close();
    await this.#embedded.stop();
    await this.cluster.stop();
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

/** What every benchmark on a scene says of itself; its options are `version` and `partitions`, and its own. */
export const ON_SCENE = {
  nodeFlags: () => ['--max-old-space-size=4096'],
  async whyNot() {
    return hasProcessTimes() ? await whyNoKafka(4) : 'CPU times of processes are read from /proc';
  },
} satisfies Partial<Benchmark>;

/** Opens a scene as the options say, and closes it whatever happens. `nodeFlags`: of the workers. */
export async function onScene<T>(
  context: RunContext,
  { nodeFlags = [] }: { readonly nodeFlags?: readonly string[] },
  work: (scene: Scene) => Promise<T>,
): Promise<T> {
  const version = KAFKA_MAJORS.find((major) => major === sizeOf(context, 'version'));
  if (version === undefined) throw new Error('there is no such version of Kafka');
  context.progress('starting Kafka and the store');
  const scene = await Scene.open({ version, partitions: sizeOf(context, 'partitions'), nodeFlags });
  try {
    return await work(scene);
  } finally {
    await scene.close();
  }
}

/** A connection of its own: one that is kept may be closed by the other side while this one is busy. */
async function textOf(url: string): Promise<string> {
  const [response] = (await once(get(url, { agent: false }), 'response')) as [IncomingMessage];
  return text(response);
}
