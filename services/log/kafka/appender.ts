/**
 * Appends to one topic. What is handed in while a request is on its way goes with the next, one batch a partition; one request at
 * a time to each broker, and none before all of the last are answered.
 *
 * Every batch carries a number of its own for its partition, and is tried again with that number and the same bytes: a broker
 * that has it already says so in place of taking it twice. Where it stays unknown whether a batch is there, the sender is given up
 * for a new one: another batch under the number of that one would be taken for it, and lost.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { NewRecord } from '../../../pipelines/log/bus.ts';
import { RastroError } from '../../../schemas/errors/index.ts';
import { TOPIC_VALUE_BYTES, TOPICS } from '../../../schemas/topics.ts';
import type { Compression } from './codecs.ts';
import { mayPass } from './errors.ts';
import { BUS_LIMITS } from './limits.ts';
import { nextWaitMs, type TopicLink } from './link.ts';
import { encodeBatch, recordBytes } from './record-batch.ts';
import { type PartitionFailure, produceRequest } from './requests.ts';

/** Sequence numbers are 31 bits and begin anew behind the last. */
const SEQUENCES = 2 ** 31;
/** A topic may take less than `schemas/topics.ts` says, until it is applied. */
const TOO_LARGE: ReadonlySet<string> = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE']);

interface Call {
  readonly records: readonly NewRecord[];
  readonly sizes: readonly number[];
  readonly offsets: number[];
  /** Records that are not yet in a request. */
  taken: number;
  /** Records whose outcome is not known yet. */
  open: number;
  failure: RastroError | undefined;
  readonly resolve: (offsets: readonly number[]) => void;
  readonly reject: (error: RastroError) => void;
}

/** What goes to one partition in one request. */
interface Bundle {
  readonly partition: number;
  readonly entries: { readonly call: Call; readonly at: number; readonly record: NewRecord }[];
  bytes: number;
  batch: Buffer;
}

interface Sender {
  readonly producerId: bigint;
  readonly producerEpoch: number;
  /** The number of the next record, by partition. */
  readonly sequences: Map<number, number>;
}

export class Appender {
  readonly #link: TopicLink;
  readonly #compression: Compression;
  readonly #waiting: Call[] = [];
  #waitingBytes = 0;
  #sender: Sender | undefined;
  #running: Promise<void> | undefined;
  #isClosed = false;

  constructor(link: TopicLink, compression: Compression) {
    this.#link = link;
    this.#compression = compression;
  }

  append(records: readonly NewRecord[]): Promise<readonly number[]> {
    if (records.length === 0) return Promise.resolve([]);
    const topic = this.#link.name;
    const needsKey = TOPICS[this.#link.topic].cleanup === 'compact';
    const sizes = records.map((record) => {
      if (needsKey && record.key === null) throw new RastroError('RAS-BUS-KEY-MISSING', { topic });
      const bytes = recordBytes(record);
      const isTooLarge = bytes > BUS_LIMITS.BATCH_BYTES || (record.value?.length ?? 0) > TOPIC_VALUE_BYTES;
      if (isTooLarge) throw new RastroError('RAS-BUS-RECORD-TOO-LARGE', { topic, bytes });
      return bytes;
    });
    const bytes = sizes.reduce((sum, size) => sum + size, 0);
    if (this.#isClosed) throw new RastroError('RAS-BUS-CLOSED');
    if (this.#waitingBytes > 0 && this.#waitingBytes + bytes > BUS_LIMITS.WAITING_BYTES)
      throw new RastroError('RAS-BUS-OVERLOADED', { topic, bytes: this.#waitingBytes });
    this.#waitingBytes += bytes;
    return new Promise((resolve, reject) => {
      const offsets = new Array<number>(records.length);
      const open = records.length;
      this.#waiting.push({ records, sizes, offsets, taken: 0, open, failure: undefined, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  /** Lets what is on its way end; what waits is refused. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    // What is handed in one after the other in the same turn goes together.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      if (this.#isClosed) {
        for (const call of this.#waiting.splice(0)) call.reject(new RastroError('RAS-BUS-CLOSED'));
        this.#waitingBytes = 0;
      } else await this.#send(this.#take());
    }
    this.#running = undefined;
  }

  /** The first records that wait, as many as fit, in the order in which they were handed in. */
  #take(): Bundle[] {
    const bundles = new Map<number, Bundle>();
    let bytes = 0;
    for (let [call] = this.#waiting; call !== undefined; [call] = this.#waiting) {
      for (; call.failure === undefined && call.taken < call.records.length; call.taken++) {
        const record = call.records[call.taken] as NewRecord;
        const size = call.sizes[call.taken] as number;
        const bundle = bundles.get(record.partition) ?? emptyBundle(record.partition);
        const isFull =
          bytes + size > BUS_LIMITS.REQUEST_BYTES ||
          bundle.bytes + size > BUS_LIMITS.BATCH_BYTES ||
          bundle.entries.length === BUS_LIMITS.BATCH_RECORDS;
        if (isFull && bytes > 0) return [...bundles.values()];
        bundles.set(record.partition, bundle);
        bundle.entries.push({ call, at: call.taken, record });
        bundle.bytes += size;
        bytes += size;
        this.#waitingBytes -= size;
      }
      this.#waiting.shift();
      this.#drop(call);
    }
    return [...bundles.values()];
  }

  /** Records of a call that failed before they were taken: they are not sent. */
  #drop(call: Call): void {
    for (let at = call.taken; at < call.records.length; at++) this.#waitingBytes -= call.sizes[at] as number;
    const left = call.records.length - call.taken;
    call.taken = call.records.length;
    if (left > 0) settle(call, left);
  }

  /** Until each bundle is there, or has failed for good. */
  async #send(bundles: readonly Bundle[]): Promise<void> {
    let open = bundles;
    const start = performance.now();
    try {
      const sender = await this.#producer();
      for (const bundle of open) this.#encode(bundle, sender);
      for (let waitMs: number = BUS_LIMITS.RETRY_FIRST_MS; open.length > 0; waitMs = nextWaitMs(waitMs)) {
        const failed = await this.#attempt(open, sender);
        const isLate = performance.now() - start + waitMs > BUS_LIMITS.APPEND_RETRY_MS;
        open = [...failed.keys()].filter((bundle) => !isLate && mayPass(failed.get(bundle)));
        for (const [bundle, error] of failed) if (!open.includes(bundle)) this.#fail(bundle, error);
        if (open.length === 0) return;
        await pause(waitMs);
        await this.#link.refresh();
      }
    } catch (error) {
      for (const bundle of open) this.#fail(bundle, error);
    }
  }

  async #producer(): Promise<Sender> {
    this.#sender ??= await this.#link.retry('append', BUS_LIMITS.READ_RETRY_MS, async () => {
      const { producerId, producerEpoch } = await this.#link.newProducer();
      return { producerId: BigInt(producerId), producerEpoch, sequences: new Map<number, number>() };
    });
    return this.#sender;
  }

  #encode(bundle: Bundle, { producerId, producerEpoch, sequences }: Sender): void {
    const firstSequence = sequences.get(bundle.partition) ?? 0;
    const records = bundle.entries.map(({ record }) => record);
    bundle.batch = encodeBatch(
      records,
      { producerId, producerEpoch, firstSequence },
      this.#compression,
      Date.now(),
    );
  }

  /** One request to each leader; the bundles that did not get through, with the reason. */
  async #attempt(bundles: readonly Bundle[], sender: Sender): Promise<Map<Bundle, unknown>> {
    const failed = new Map<Bundle, unknown>();
    const leaders = this.#link.leaders();
    const byLeader = new Map<number | undefined, Bundle[]>();
    for (const bundle of bundles) {
      const leader = leaders.get(bundle.partition);
      byLeader.set(leader, [...(byLeader.get(leader) ?? []), bundle]);
    }
    await Promise.all(
      [...byLeader].map(async ([node, group]) => {
        try {
          if (node === undefined) throw new RastroError('RAS-BUS-TOPIC-MISSING', { topic: this.#link.name });
          const results = await this.#link.send(node, produceRequest(this.#link.name, group));
          for (const bundle of group) {
            const result = results.find(({ partition }) => partition === bundle.partition);
            if (result === undefined || result.failure !== undefined)
              failed.set(bundle, result?.failure ?? new Error('no answer for a partition'));
            else this.#succeed(bundle, result.baseOffset, sender);
          }
        } catch (error) {
          for (const bundle of group) failed.set(bundle, error);
        }
      }),
    );
    return failed;
  }

  #succeed({ partition, entries }: Bundle, baseOffset: number, { sequences }: Sender): void {
    sequences.set(partition, ((sequences.get(partition) ?? 0) + entries.length) % SEQUENCES);
    for (const [delta, { call, at }] of entries.entries()) {
      call.offsets[at] = baseOffset + delta;
      settle(call, 1);
    }
  }

  #fail({ entries, batch }: Bundle, error: unknown): void {
    this.#sender = undefined;
    const { name } = this.#link;
    const isTooLarge = TOO_LARGE.has((error as PartitionFailure | undefined)?.type ?? '');
    const failure = isTooLarge
      ? new RastroError('RAS-BUS-RECORD-TOO-LARGE', { topic: name, bytes: batch.length })
      : this.#link.error(error, 'append');
    for (const { call } of entries) {
      call.failure ??= failure;
      settle(call, 1);
    }
  }
}

function emptyBundle(partition: number): Bundle {
  return { partition, entries: [], bytes: 0, batch: Buffer.alloc(0) };
}

function settle(call: Call, records: number): void {
  call.open -= records;
  if (call.open > 0) return;
  if (call.failure === undefined) call.resolve(call.offsets);
  else call.reject(call.failure);
}
