/** What is sent: values of one size that look like what a topic carries, no two the same. */
import type { NewRecord } from '../../pipelines/log/bus.ts';
import { crc32c } from '../../services/log/kafka/crc32c.ts';

export interface Load {
  readonly name: 'blocks' | 'records';
  readonly count: number;
  readonly valueBytes: number;
  /** Records of one append. */
  readonly atOnce: number;
}

/** Distinct contents; values repeat after that many, but for the number at their beginning. */
const CONTENTS = 16;

export class Payload {
  readonly #contents: readonly Buffer[];

  constructor(valueBytes: number, seed: number) {
    let state = seed;
    this.#contents = Array.from({ length: CONTENTS }, () => {
      const content = Buffer.allocUnsafe(valueBytes);
      for (let at = 0; at < valueBytes; at++) {
        state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
        content[at] = 97 + (state >>> 28);
      }
      return content;
    });
  }

  value(number: number): Buffer {
    const value = Buffer.from(this.#contents[number % CONTENTS] as Buffer);
    value.writeBigInt64BE(BigInt(number));
    return value;
  }
}

/** The calls of a load, one after the other. */
export function* callsOf(load: Load, payload: Payload, partitions: number): Generator<NewRecord[]> {
  for (let from = 0; from < load.count; from += load.atOnce) {
    const length = Math.min(load.atOnce, load.count - from);
    yield Array.from({ length }, (_, at) => ({
      partition: (from + at) % partitions,
      key: null,
      value: payload.value(from + at),
    }));
  }
}

/** Sums of what was read, whatever the order of the partitions. */
export class Digest {
  count = 0;
  bytes = 0;
  #sum = 0;

  add(value: Uint8Array | null): void {
    this.count++;
    this.bytes += value?.length ?? 0;
    this.#sum = (this.#sum + crc32c(value ?? new Uint8Array(0))) % 2 ** 32;
  }

  toString(): string {
    return `${this.count}-${this.bytes}-${this.#sum.toString(16)}`;
  }
}
