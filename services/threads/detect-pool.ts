/**
 * Worker threads, one partition each, sharing nothing: starts them, brings them records and their answers back, and says when
 * one of them is lost. What the records mean is between `pool-detection.ts` and `detect-worker.ts`.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { serialize } from 'node:v8';
import { Worker } from 'node:worker_threads';
import { RastroError } from '../../schemas/errors/index.ts';
import { packageRoot } from '../../schemas/package-root.ts';
import { CLOSE_GRACE_MS, RING_BYTES, WORKERS_MAX } from './limits.ts';
import { type FromWorker, type Question, RECORD, type ToWorker, type WorkerSetup } from './messages.ts';
import { allocateRing, RingWriter } from './ring.ts';

/** Of what is different for every worker its number. */
export interface DetectPoolOptions extends Omit<WorkerSetup, 'ring' | 'index' | 'count' | 'state'> {
  /** 1 .. WORKERS_MAX. */
  readonly workers: number;
  readonly stateOf: (index: number) => WorkerSetup['state'];
  /** Bytes of the ring to each worker; default RING_BYTES. */
  readonly ringBytes?: number | undefined;
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
    const { workers: count, stateOf, ringBytes = RING_BYTES, ...setup } = options;
    if (!Number.isInteger(count) || count < 1 || count > WORKERS_MAX)
      throw new RangeError(`${count} workers`);
    const threads = Array.from(
      { length: count },
      (_, index) =>
        new DetectThread({ ...setup, ring: allocateRing(ringBytes), index, count, state: stateOf(index) }),
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

  get workers(): number {
    return this.#threads.length;
  }

  /** @throws as `send`, where a worker is known to have failed, or the pool was closed */
  requireWhole(): void {
    if (this.#isClosed) throw new Error('the pool is closed');
    for (const { failure } of this.#threads) if (failure !== undefined) throw failure;
  }

  /**
   * Hands bytes to every worker as a record of this kind; resolves when they are in the rings, later where one is full. One
   * call at a time.
   * @throws RastroError of a worker that failed, over this record or one before it.
   */
  async send(kind: number, bytes: Uint8Array): Promise<void> {
    await this.#alone(() => this.#write(kind, () => bytes));
  }

  /** Tells every worker. One call at a time; throws as `send`. */
  async tell(message: ToWorker): Promise<void> {
    await this.send(RECORD.MESSAGE, serialize(message));
  }

  /** Tells each worker what is for it; undefined for nothing. One call at a time; throws as `send`. */
  async tellEach(messages: readonly (ToWorker | undefined)[]): Promise<void> {
    await this.#alone(() => this.#writeEach(messages));
  }

  /** The answer of each worker that was asked, once it has come to the question. One call at a time; throws as `send`. */
  async ask(questions: readonly (Question | undefined)[]): Promise<(FromWorker | undefined)[]> {
    return this.#alone(async () => {
      // Waited for before it can come: a worker may be done before the last ring has taken its record.
      const answers = Promise.all(
        this.#threads.map((thread, i) => (questions[i] === undefined ? undefined : thread.next())),
      );
      const [found] = await Promise.all([answers, this.#writeEach(questions)]);
      return found;
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

  async #writeEach(messages: readonly (ToWorker | undefined)[]): Promise<void> {
    await this.#write(RECORD.MESSAGE, (i) => {
      const message = messages[i];
      return message === undefined ? undefined : serialize(message);
    });
  }

  async #write(kind: number, bytesFor: (index: number) => Uint8Array | undefined): Promise<void> {
    await Promise.all(
      this.#threads.map(({ ring }, index) => {
        const bytes = bytesFor(index);
        return bytes === undefined ? true : ring.write(kind, bytes);
      }),
    );
    this.requireWhole();
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
