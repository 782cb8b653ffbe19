/** A cluster's topics, a store, workers over them, and what has become of the rows that were sent. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import kafkajs from 'kafkajs';
import { expect } from 'vitest';
import type { NewRecord } from '../../../pipelines/log/bus.ts';
import { type KafkaConfig, kafkaConfig } from '../../../schemas/config.ts';
import { RastroError } from '../../../schemas/errors/index.ts';
import { type Embedded, startEmbedded } from '../../../services/embedded/start.ts';
import { KafkaBus } from '../../../services/log/kafka/bus.ts';
import { applyTopics } from '../../../services/log/kafka/topics.ts';
import { openStore, type Store } from '../../../services/store/client.ts';
import { markedUntil } from '../../../services/store/markers.ts';
import { migrate } from '../../../services/store/migrate.ts';
import { WORKER_TOPICS } from '../../../services/worker/open-partition.ts';
import { MARKED_LOG } from '../../../services/worker/store-outputs.ts';
import { ownPrefix } from '../kafka/shared.ts';
import { type RolePlace, RoleProcess, roleConfig } from '../role-process.ts';
import { type Standing, standingOf } from '../workspace.ts';
import type { FaultFeed, SpooledRecord } from './feed.ts';
import { type Paced, pace } from './pacer.ts';

const LOOK_MS = 250;
const GROUP = 'worker';

export interface SceneOptions {
  readonly folder: string;
  readonly name: string;
  readonly brokers: readonly string[];
  readonly partitions: number;
  readonly replicas?: number;
  readonly keysFolder: string;
  readonly patienceMs: number;
  /** Of the ingest role. */
  readonly port?: number;
  /** Rules in place of the shipped ones. */
  readonly rulesDir?: string;
}

const OVERLOAD_PAUSE_MS = 250;

export class Scene {
  readonly place: RolePlace;
  readonly bus: KafkaBus;
  readonly store: Store;
  readonly #config: string;
  readonly #more: readonly string[];
  readonly #processes: RoleProcess[] = [];
  readonly #admin: kafkajs.Admin;
  readonly #patienceMs: number;
  /** By partition, offset and stored rows of each record that was acknowledged. */
  readonly #sent: { offset: number; rows: number }[][] = [];
  #embedded: Embedded;

  private constructor(
    options: SceneOptions,
    parts: { place: RolePlace; bus: KafkaBus; store: Store; embedded: Embedded; admin: kafkajs.Admin },
  ) {
    this.place = parts.place;
    this.bus = parts.bus;
    this.store = parts.store;
    this.#embedded = parts.embedded;
    this.#admin = parts.admin;
    this.#patienceMs = options.patienceMs;
    this.#config = roleConfig(parts.place);
    this.#more = options.rulesDir === undefined ? [] : ['--rules', options.rulesDir];
  }

  static async open(options: SceneOptions): Promise<Scene> {
    const { brokers, partitions, replicas = 1, keysFolder, port = 0 } = options;
    const kafka: KafkaConfig = kafkaConfig.parse({
      brokers,
      prefix: ownPrefix(),
      partitions,
      replicationFactor: replicas,
      minInsyncReplicas: Math.max(1, replicas - 1),
    });
    await applyTopics(kafka);
    const folder = join(options.folder, options.name);
    mkdirSync(folder);
    const embedded = await startEmbedded({ dataDir: join(folder, 'store') });
    const store = openStore({ url: embedded.url, key: embedded.key });
    await migrate(store);
    const admin = new kafkajs.Kafka({
      brokers: [...brokers],
      logLevel: kafkajs.logLevel.NOTHING,
    }).admin();
    await admin.connect();
    const place = { folder, kafka, store: embedded, keysFolder, port };
    return new Scene(options, { place, embedded, store, admin, bus: await KafkaBus.open(kafka) });
  }

  get config(): string {
    return this.#config;
  }

  get partitions(): number {
    return this.place.kafka.partitions;
  }

  start(role: 'worker' | 'ingest' = 'worker'): RoleProcess {
    const process = new RoleProcess(role, this.#config, this.#more);
    this.#processes.push(process);
    return process;
  }

  /** A worker that has been given all partitions. */
  async startFirst(): Promise<RoleProcess> {
    const worker = this.start();
    await this.until(() => worker.times('partition.assigned') >= this.partitions);
    return worker;
  }

  /** Waits for a condition; says what the processes logged where it does not come, or where one of them failed. */
  async until(isSo: () => boolean | Promise<boolean>): Promise<void> {
    await expect
      .poll(isSo, { timeout: this.#patienceMs, interval: LOOK_MS })
      .toBe(true)
      .catch((error: unknown) => {
        // What they log names no one.
        throw new Error(this.#processes.map(({ log }) => log).join('---\n'), { cause: error });
      });
  }

  /** Sends records at once, in order. */
  async sendAll(feed: Pick<FaultFeed, 'record'>, records: readonly SpooledRecord[]): Promise<void> {
    for (let from = 0; from < records.length; from += 64)
      await this.#append(feed, records.slice(from, from + 64));
  }

  /** Sends them at a rate, whatever happens meanwhile. */
  pace(feed: FaultFeed, records: readonly SpooledRecord[], rowsPerSecond: number): Promise<Paced> {
    return pace(records, rowsPerSecond, (due) => this.#append(feed, due));
  }

  async #append(feed: Pick<FaultFeed, 'record'>, records: readonly SpooledRecord[]): Promise<void> {
    const offsets = await this.#accepted(records.map((record) => feed.record(record)));
    records.forEach(({ partition, rows }, i) => {
      this.#sent[partition] ??= [];
      this.#sent[partition].push({ offset: offsets[i] as number, rows });
    });
  }

  /** As the bus asks of who is told that it has too much: waits, and sends again. What came through already is a duplicate. */
  async #accepted(records: readonly NewRecord[]): Promise<readonly number[]> {
    const giveUpMs = performance.now() + this.#patienceMs;
    for (;;) {
      try {
        return await this.bus.append('transactions', records);
      } catch (error) {
        const isOverload = RastroError.is(error) && error.code === 'RAS-BUS-OVERLOADED';
        if (!isOverload || performance.now() > giveUpMs) throw error;
        await pause(OVERLOAD_PAUSE_MS);
      }
    }
  }

  /** Rows that were acknowledged, and those of them that no marker covers. */
  async rows(): Promise<{ sent: number; inFlight: number }> {
    let sent = 0;
    let inFlight = 0;
    for (const [partition, records] of this.#sent.entries()) {
      const marked = await markedUntil(this.store, MARKED_LOG, partition);
      for (const { offset, rows } of records ?? []) {
        sent += rows;
        if (offset > marked) inFlight += rows;
      }
    }
    return { sent, inFlight };
  }

  /** Rows of the table. */
  async stored(): Promise<number> {
    const [found] = await this.store.queryRows<{ n: string }>('SELECT count() AS n FROM transactions FINAL');
    return Number(found?.n);
  }

  /** Waits until workers have marked some rows and have others before them; how many those are. */
  async midWork(): Promise<number> {
    let inFlight = 0;
    await this.until(async () => {
      const rows = await this.rows();
      inFlight = rows.inFlight;
      return inFlight > 0 && rows.sent > inFlight;
    });
    return inFlight;
  }

  /** Records that the group has not told to have worked off: what follows from a record is there before it is told. */
  async #behind(): Promise<number> {
    const { prefix } = this.place.kafka;
    const told = await this.#admin.fetchOffsets({
      groupId: `${prefix}${GROUP}`,
      topics: WORKER_TOPICS.map((topic) => `${prefix}${topic}`),
    });
    let behind = 0;
    for (const topic of WORKER_TOPICS) {
      const partitions = told.find((of) => of.topic === `${prefix}${topic}`)?.partitions ?? [];
      for (const [partition, { end }] of (await this.bus.ranges(topic)).entries()) {
        const offset = Number(partitions.find((of) => of.partition === partition)?.offset ?? 0);
        behind += end - Math.max(0, offset);
      }
    }
    return behind;
  }

  /** Records of `transactions` that no marker covers. */
  async #unmarked(): Promise<number> {
    let open = 0;
    for (const [partition, { end }] of (await this.bus.ranges('transactions')).entries())
      open += end - 1 - (await markedUntil(this.store, MARKED_LOG, partition));
    return open;
  }

  /** What stands once all records of both topics are worked off, those too that followed from others. */
  async settled(): Promise<Standing> {
    // What follows from a record of `transactions` is on `signals` before it is marked.
    await this.until(
      async () => (await this.#unmarked()) === 0 && (await this.#behind().catch(() => 1)) === 0,
    );
    return standingOf(this.store);
  }

  /** kill -9 of the store. */
  async killStore(): Promise<void> {
    process.kill(this.#embedded.pid, 'SIGKILL');
    await this.#embedded.exited;
  }

  /** The store again, where it was. */
  async restartStore(): Promise<void> {
    const { port } = this.#embedded;
    this.#embedded = await startEmbedded({ dataDir: join(this.place.folder, 'store'), port });
  }

  async close(): Promise<void> {
    await Promise.all(this.#processes.map((role) => role.kill()));
    await this.#admin.disconnect();
    await this.bus.close();
    await this.store.close();
    await this.#embedded.stop();
  }
}
