/**
 * Detection in several threads, one partition each, sharing nothing: every worker sees every block and feeds the subjects
 * that it owns. What stands is the union of what the workers say, and the same for any number of them.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { RastroError } from '../../schemas/errors/index.ts';
import { compareUtf8 } from '../../schemas/order.ts';
import { packageRoot } from '../../schemas/package-root.ts';
import type { SubjectReport } from './block-evaluator.ts';
import { CLOSE_GRACE_MS, FLUSH_BLOCKS_MAX, RING_BYTES, WORKERS_MAX } from './limits.ts';
import { type Declaration, type FromWorker, RECORD, type RuleFiles, type WorkerSetup } from './messages.ts';
import { allocateRing, RingWriter } from './ring.ts';

const NOTHING = new Uint8Array(0);

export interface DetectPoolOptions {
  /** 1 .. WORKERS_MAX. */
  readonly workers: number;
  /** The rule sets in force over time, in the order in which they were recorded; at least one. */
  readonly sets: readonly RuleFiles[];
  /** Seeds the hash of identifiers. Any two 32-bit integers. */
  readonly seed: readonly [number, number];
  /** Bytes of the ring to each worker; default RING_BYTES. */
  readonly ringBytes?: number;
  /** Subjects of a kind, and rows, that each worker makes room for at the start. */
  readonly subjects?: number;
  readonly rows?: number;
  /** Optimise the generated code before the first block, a second of work; default true. Not worth it for few rows. */
  readonly warmUp?: boolean;
}

export interface PoolFlush {
  /** Subjects that have signals, or had, among those touched since the last flush; in byte order of their keys. */
  readonly reports: readonly SubjectReport[];
  /** For each block since the last flush, the index in `ROW_OUTCOMES` of each row. */
  readonly outcomes: readonly Uint8Array[];
}

/** A message is awaited by one caller at most. */
interface Waiter {
  resolve(message: FromWorker): void;
  reject(error: RastroError): void;
}

class DetectThread {
  readonly ring: RingWriter;
  readonly exited: Promise<void>;
  readonly #worker: Worker;
  #waiter: Waiter | undefined;
  #failure: RastroError | undefined;

  constructor(setup: WorkerSetup) {
    this.ring = new RingWriter(setup.ring);
    this.#worker = new Worker(threadFile('detect-worker'), { workerData: setup });
    const lost = (detail: string) =>
      this.#fail(new RastroError('RAS-ENGINE-WORKER-LOST', { worker: setup.index + 1, detail }));
    this.#worker.on('message', (message: FromWorker) => {
      if (message.type === 'failed') {
        if (message.code === null) lost(message.detail);
        else this.#fail(new RastroError(message.code, message.params));
        return;
      }
      const waiter = this.#waiter;
      this.#waiter = undefined;
      waiter?.resolve(message);
    });
    this.#worker.on('error', (error) => lost(error.message));
    this.exited = new Promise((resolve) => {
      this.#worker.on('exit', (code) => {
        lost(`it ended with ${code}`);
        resolve();
      });
    });
  }

  /** Why the worker is of no use any more. */
  get failure(): RastroError | undefined {
    return this.#failure;
  }

  /** The worker's next message. */
  next(): Promise<FromWorker> {
    return new Promise((resolve, reject) => {
      if (this.#failure === undefined) this.#waiter = { resolve, reject };
      else reject(this.#failure);
    });
  }

  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }

  #fail(error: RastroError): void {
    // What failed first says why; the rest follows from it.
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.ring.abandon();
    this.#waiter?.reject(error);
    this.#waiter = undefined;
  }
}

/** A file of this folder as a thread can load it: what was built, also where this runs from the sources. */
export function threadFile(name: string): URL {
  const beside = new URL(`./${name}.js`, import.meta.url);
  return existsSync(beside)
    ? beside
    : pathToFileURL(join(packageRoot(), 'dist/services/threads', `${name}.js`));
}

export class DetectPool {
  readonly #threads: readonly DetectThread[];
  #blocks = 0;
  #isBusy = false;
  #isClosed = false;

  private constructor(threads: readonly DetectThread[]) {
    this.#threads = threads;
  }

  /**
   * Starts the workers; resolves when all of them have compiled the rules.
   * @throws RastroError RAS-RULES-* where the rules do not compile, RAS-ENGINE-WORKER-LOST; RangeError on the number.
   */
  static async start(options: DetectPoolOptions): Promise<DetectPool> {
    const { workers: count, sets, seed, subjects, rows, ringBytes = RING_BYTES, warmUp = true } = options;
    if (!Number.isInteger(count) || count < 1 || count > WORKERS_MAX)
      throw new RangeError(`${count} workers`);
    const threads = Array.from(
      { length: count },
      (_, index) =>
        new DetectThread({ ring: allocateRing(ringBytes), index, count, sets, seed, subjects, rows, warmUp }),
    );
    const pool = new DetectPool(threads);
    try {
      await Promise.all(threads.map((thread) => thread.next()));
    } catch (error) {
      await pool.close();
      throw error;
    }
    return pool;
  }

  /**
   * Hands a block (`encodeBlock`) to every worker; resolves when it is in their rings, later where one is full. One call
   * at a time.
   * @throws RastroError of a worker that failed, about this block or one before it.
   */
  async admit(block: Uint8Array): Promise<void> {
    if (this.#blocks === FLUSH_BLOCKS_MAX) throw new RangeError(`${FLUSH_BLOCKS_MAX} blocks without a flush`);
    await this.#alone(() => this.#send(RECORD.BLOCK, block));
    this.#blocks++;
  }

  /** From `fromMs` of event time on, the institution submits a feed of its own. One call at a time; throws as `admit`. */
  async declare(institution: string, fromMs: number): Promise<void> {
    const declaration: Declaration = { institution, fromMs };
    const bytes = Buffer.from(JSON.stringify(declaration), 'utf8');
    await this.#alone(() => this.#send(RECORD.DECLARE, bytes));
  }

  /** Evaluates everything handed over so far. One call at a time; throws as `admit`. */
  async flush(): Promise<PoolFlush> {
    return this.#alone(async () => {
      // Asked for before it can come: a worker may be done before the last ring has taken its record.
      const answers = Promise.all(this.#threads.map((thread) => thread.next()));
      const [messages] = await Promise.all([answers, this.#send(RECORD.FLUSH, NOTHING)]);
      this.#blocks = 0;
      const flushed = messages.map((message) => {
        if (message.type !== 'flushed') throw new Error(`${message.type} instead of a flush`);
        return message;
      });
      const reports = flushed.flatMap((message) => message.reports);
      reports.sort((a, b) => compareUtf8(a.subjectKey, b.subjectKey));
      return { reports, outcomes: flushed[0]?.outcomes ?? [] };
    });
  }

  /** Ends the workers, who read to its end what waits in their rings. A call that is under way fails. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { ring } of this.#threads) {
      ring.abandon();
      ring.close();
    }
    const ended = Promise.all(this.#threads.map(({ exited }) => exited));
    const timer = setTimeout(() => {
      for (const thread of this.#threads) void thread.terminate();
    }, CLOSE_GRACE_MS);
    await ended;
    clearTimeout(timer);
  }

  async #send(kind: number, bytes: Uint8Array): Promise<void> {
    await Promise.all(this.#threads.map(({ ring }) => ring.write(kind, bytes)));
    for (const { failure } of this.#threads) if (failure !== undefined) throw failure;
    if (this.#isClosed) throw new Error('the pool was closed');
  }

  async #alone<T>(task: () => Promise<T>): Promise<T> {
    if (this.#isClosed) throw new Error('the pool is closed');
    if (this.#isBusy) throw new Error('a call to the pool is under way');
    this.#isBusy = true;
    try {
      return await task();
    } finally {
      this.#isBusy = false;
    }
  }
}
