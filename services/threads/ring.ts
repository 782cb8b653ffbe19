/**
 * Records of bytes from one thread to another through shared memory: one writer, one reader, no lock, nothing copied but
 * the bytes.
 *
 * A ring is a bounded stream of bytes: counters of what was written and read so far, each on a cache line of its own, and
 * the bytes at those counters modulo the capacity. A record is its length, its kind, and its bytes; it wraps around the end
 * where it must, and goes through in parts where it is longer than what is free, so that a small ring is slow and never
 * stuck.
 *
 * The reader is a thread of its own and sleeps on the ring (`Atomics.wait`). The writer may be a main thread, which must
 * never sleep: where there is no room it comes back after `RING_POLL_MS`. It has nothing better to wait for: what makes
 * room is a reader that is busy for longer than that, with more in the ring to go on with; and a thread between the two,
 * only to sleep, would cost a copy and a core.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { RING_BYTES_MAX, RING_BYTES_MIN, RING_POLL_MS, RING_RECORD_BYTES_MAX } from './limits.ts';

/** Words of the control block, 64 bytes apart. Counters of bytes wrap at 2^32, which the capacity divides. */
const WRITTEN = 0;
const READ = 16;
/** Grows with everything that the reader may wait for. */
const SIGNAL = 32;
const CLOSED = 48;
const CONTROL_BYTES = 256;
/** Length and kind of a record, two words. */
const HEADER_BYTES = 8;

export interface RingRecord {
  /** Any 32-bit integer; what it means is between writer and reader. */
  readonly kind: number;
  /** Its own buffer. */
  readonly bytes: Uint8Array;
}

/**
 * Memory for a ring of at least `bytes` of records waiting, RING_BYTES_MIN .. RING_BYTES_MAX.
 * @throws RangeError
 */
export function allocateRing(bytes: number): SharedArrayBuffer {
  if (!(bytes >= RING_BYTES_MIN && bytes <= RING_BYTES_MAX)) throw new RangeError(`A ring of ${bytes} bytes`);
  return new SharedArrayBuffer(CONTROL_BYTES + 2 ** Math.ceil(Math.log2(bytes)));
}

class RingSide {
  protected readonly control: Int32Array;
  protected readonly data: Uint8Array;

  constructor(ring: SharedArrayBuffer) {
    this.control = new Int32Array(ring, 0, CONTROL_BYTES / 4);
    this.data = new Uint8Array(ring, CONTROL_BYTES);
  }

  /** Bytes that were written and not read. */
  protected get waiting(): number {
    return (Atomics.load(this.control, WRITTEN) - Atomics.load(this.control, READ)) >>> 0;
  }
}

export class RingWriter extends RingSide {
  readonly #header = new Uint32Array(HEADER_BYTES / 4);
  #isWriting = false;
  #isAbandoned = false;

  /**
   * Writes one record, in parts if need be; the event loop turns while there is no room. False where the ring was
   * abandoned before the record was in.
   * @throws RangeError on a record over RING_RECORD_BYTES_MAX; Error while another record is under way, or after `close`.
   */
  async write(kind: number, bytes: Uint8Array): Promise<boolean> {
    if (bytes.length > RING_RECORD_BYTES_MAX) throw new RangeError(`A record of ${bytes.length} bytes`);
    if (this.#isWriting) throw new Error('another record is being written');
    if (Atomics.load(this.control, CLOSED) === 1) throw new Error('the ring is closed');
    this.#isWriting = true;
    try {
      this.#header[0] = bytes.length;
      this.#header[1] = kind;
      return (
        (await this.#writeAll(new Uint8Array(this.#header.buffer))) &&
        (bytes.length === 0 || (await this.#writeAll(bytes)))
      );
    } finally {
      this.#isWriting = false;
    }
  }

  /** No record follows. The reader gets what is in the ring, then the end. */
  close(): void {
    Atomics.store(this.control, CLOSED, 1);
    this.#signal();
  }

  /** Nobody reads any more: a write that waits for room ends, and none begins. */
  abandon(): void {
    this.#isAbandoned = true;
  }

  async #writeAll(bytes: Uint8Array): Promise<boolean> {
    for (let from = 0; ; ) {
      if (this.#isAbandoned) return false;
      from += this.#put(bytes, from);
      if (from === bytes.length) return true;
      await delay(RING_POLL_MS);
    }
  }

  /** Writes what there is room for. */
  #put(bytes: Uint8Array, from: number): number {
    const { data, control } = this;
    const count = Math.min(bytes.length - from, data.length - this.waiting);
    if (count === 0) return 0;
    const written = Atomics.load(control, WRITTEN);
    const at = written & (data.length - 1);
    const first = Math.min(count, data.length - at);
    data.set(bytes.subarray(from, from + first), at);
    data.set(bytes.subarray(from + first, from + count), 0);
    Atomics.store(control, WRITTEN, (written + count) | 0);
    this.#signal();
    return count;
  }

  #signal(): void {
    Atomics.add(this.control, SIGNAL, 1);
    Atomics.notify(this.control, SIGNAL);
  }
}

export class RingReader extends RingSide {
  readonly #header = new Uint32Array(HEADER_BYTES / 4);
  readonly #headerBytes = new Uint8Array(this.#header.buffer);
  /** The record that is on its way, once its length is known. */
  #bytes: Uint8Array | undefined;
  #got = 0;

  /** The next record, if all of it is here. Never waits: for a thread that has other things to do. */
  take(): RingRecord | undefined {
    if (this.#bytes === undefined) {
      this.#got += this.#get(this.#headerBytes, this.#got);
      if (this.#got < HEADER_BYTES) return undefined;
      const length = this.#header[0] as number;
      if (length > RING_RECORD_BYTES_MAX) throw new Error(`a record of ${length} bytes in a ring`);
      this.#bytes = new Uint8Array(length);
      this.#got = 0;
    }
    const bytes = this.#bytes;
    this.#got += this.#get(bytes, this.#got);
    if (this.#got < bytes.length) return undefined;
    this.#bytes = undefined;
    this.#got = 0;
    return { kind: (this.#header[1] as number) | 0, bytes };
  }

  /**
   * The next record; sleeps until there is one. Null when the writer has closed and everything was read; what it left
   * half written is dropped. Never to be called on a main thread.
   */
  read(): RingRecord | null {
    for (;;) {
      const signal = Atomics.load(this.control, SIGNAL);
      const isClosed = Atomics.load(this.control, CLOSED) === 1;
      const record = this.take();
      if (record !== undefined) return record;
      if (this.waiting > 0) continue;
      if (isClosed) return null;
      Atomics.wait(this.control, SIGNAL, signal);
    }
  }

  /** Reads what there is, at most what `into` has room for. */
  #get(into: Uint8Array, from: number): number {
    const { data, control } = this;
    const count = Math.min(into.length - from, this.waiting);
    if (count === 0) return 0;
    const read = Atomics.load(control, READ);
    const at = read & (data.length - 1);
    const first = Math.min(count, data.length - at);
    into.set(data.subarray(at, at + first), from);
    into.set(data.subarray(0, count - first), from + first);
    Atomics.store(control, READ, (read + count) | 0);
    return count;
  }
}
