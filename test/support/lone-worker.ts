/** Workers in the process of the test, over a bus in memory and a database of their own. */
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { blockBytes } from '../../pipelines/facts/block.ts';
import type { NewRecord } from '../../pipelines/log/bus.ts';
import { kindsOfRules, type RoutedBlock, Router } from '../../pipelines/partition/router.ts';
import { loggingConfig, workerConfig } from '../../schemas/config.ts';
import { openLog } from '../../services/observe/log.ts';
import type { Store } from '../../services/store/client.ts';
import { WORKER_TOPICS } from '../../services/worker/open-partition.ts';
import type { WorkerRole } from '../../services/worker/role.ts';
import type { Knowledge } from '../../services/workspace/knowledge.ts';
import { encodeReference } from '../../services/workspace/reference-record.ts';
import { encodeRules } from '../../services/workspace/rule-record.ts';
import type { MemoryBus } from './memory-bus.ts';
import { type Arriving, SOME_FEED } from './partition-play.ts';
import { workerRole } from './worker-role.ts';

const BATCH_RECORDS = 5;
/** Messages go through three stages, and some are said again. */
const ROUNDS_MAX = 200;

const recordOf = ({ partition, kind, bytes }: RoutedBlock): NewRecord => ({
  partition,
  key: null,
  headers: { kind },
  value: bytes,
});

/** Records of `transactions` as ingest would send what arrives; `rules` come into force where they stand in the list. */
export function recordsOf(
  arrives: readonly (Arriving | { readonly rules: Knowledge })[],
  knowledge: Knowledge,
  partitions: number,
  blockRows: number,
): NewRecord[] {
  const router = new Router({ partitions, kinds: kindsOfRules(knowledge.ruleSet) });
  const records: NewRecord[] = [];
  const toAll = (kind: string, value: Uint8Array) => {
    records.push(...router.close().map(recordOf));
    for (let partition = 0; partition < partitions; partition++)
      records.push({ partition, key: null, headers: { kind }, value });
  };
  toAll('rules', encodeRules(knowledge));
  const feeds = [...SOME_FEED].map(([providedId, provided]) => ({
    providedId,
    mapping: 'canonical',
    provided: [...provided],
    coverage: 'full_account' as const,
    coverageByInstitution: {},
  }));
  toAll('reference', encodeReference({ feeds }));
  let waiting = 0;
  for (const each of arrives) {
    if ('rules' in each)
      toAll('rules', each.rules instanceof Uint8Array ? each.rules : encodeRules(each.rules));
    else if ('step' in each) {
      if (each.step.kind !== 'declare') throw new Error(`no record of ${each.step.kind}`);
      const { institution, fromMs } = each.step;
      toAll('reference', encodeReference({ declarations: [{ institution, fromMs }] }));
    } else {
      router.route(blockBytes([{ ...each.row, revision: 0, blockOffset: 0 }]));
      if (++waiting % blockRows === 0) records.push(...router.close().map(recordOf));
    }
  }
  records.push(...router.close().map(recordOf));
  return records;
}

/** A worker that has all partitions. */
export class LoneWorker {
  /** Lines that it logged. */
  readonly log: Record<string, unknown>[] = [];
  readonly #bus: MemoryBus;
  readonly #role: WorkerRole;
  readonly #next = new Map<string, number>();

  private constructor(bus: MemoryBus, role: WorkerRole) {
    this.#bus = bus;
    this.#role = role;
  }

  static async start(
    bus: MemoryBus,
    store: Store,
    knowledge: Knowledge,
    folder: string,
  ): Promise<LoneWorker> {
    const lines: Record<string, unknown>[] = [];
    const stream = { write: (line: string) => lines.push(JSON.parse(line) as Record<string, unknown>) };
    const role = workerRole({
      bus,
      store,
      knowledge,
      config: workerConfig.parse({ insertLingerMs: 1 }),
      // Nobody else's: what another one has written is not gone on from.
      folder: mkdtempSync(join(folder, 'worker-')),
      log: openLog(loggingConfig.parse({ format: 'json' }), { role: 'worker' }, stream),
    });
    const worker = new LoneWorker(bus, role);
    try {
      const partitions = await bus.partitionsOf('transactions');
      const all = WORKER_TOPICS.flatMap((topic) =>
        Array.from({ length: partitions }, (_, partition) => ({ topic, partition })),
      );
      for (const { topic, partition, from } of await role.member.assigned(all))
        worker.#next.set(`${topic} ${partition}`, from);
    } catch (error) {
      await role.close();
      throw error;
    } finally {
      worker.log.push(...lines);
    }
    return worker;
  }

  /** Hands over what is there, and what comes of it, until nothing is left; of `transactions` below the limit of a partition. */
  async work(limits: readonly number[] = []): Promise<void> {
    for (let round = 0, isIdle = false; !isIdle; round++) {
      if (round === ROUNDS_MAX) throw new Error('the worker never comes to rest');
      isIdle = true;
      for (const topic of WORKER_TOPICS)
        for (const [partition, { end }] of (await this.#bus.ranges(topic)).entries()) {
          const until = topic === 'transactions' ? Math.min(end, limits[partition] ?? end) : end;
          if (await this.#handOver(topic, partition, until)) isIdle = false;
        }
    }
  }

  async #handOver(topic: (typeof WORKER_TOPICS)[number], partition: number, until: number): Promise<boolean> {
    const place = `${topic} ${partition}`;
    const from = this.#next.get(place) ?? 0;
    if (from >= until) return false;
    const records = [];
    const most = Math.min(until, from + BATCH_RECORDS);
    for await (const record of this.#bus.read(topic, partition, from, most)) records.push(record);
    await this.#role.member.batch({ topic, partition, records, end: until }, () => true);
    this.#next.set(place, most);
    return true;
  }

  /** Without a word, as if killed between two batches. */
  async kill(): Promise<void> {
    await this.#role.close();
  }
}
