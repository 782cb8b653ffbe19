/** What a partition says on `signals`, as records. */
import {
  SIGNAL_MESSAGE_LIMITS,
  type SignalMessageKind,
  type ToldMessage,
} from '../../schemas/signal-messages.ts';
import { TOPIC_VALUE_BYTES } from '../../schemas/topics.ts';
import type { NewRecord } from '../log/bus.ts';
import type { Partition } from '../partition/owned-keys.ts';
import { partitionsOfSlots, slotOfKey } from '../partition/slots.ts';
import { fitting, type LeftOut } from './fitting.ts';
import { encodeTold, MessageWriter } from './message-writer.ts';
import type { Attributed, Observed } from './messages.ts';
import { digestOf, recordsOf } from './parts.ts';

export interface SignalRecordsOptions {
  readonly partition: Partition;
  /** Name of this run, unlike that of any other run of the partition. */
  readonly writer: string;
  /** Bytes of one part of a message; default `TOPIC_VALUE_BYTES`. */
  readonly partBytes?: number;
  /** Parts of one message; default and at most `SIGNAL_MESSAGE_LIMITS.PARTS`. */
  readonly parts?: number;
  /** A message says less than there is, for it would be too large. */
  readonly onShortened?: (kind: SignalMessageKind, leftOut: LeftOut) => void;
}

export const attributedKey = ({ subject, holder }: Pick<Attributed, 'subject' | 'holder'>) =>
  `attributed ${subject} ${holder}`;

export class SignalRecords {
  readonly #options: SignalRecordsOptions;
  readonly #partitionOf: Int16Array;
  readonly #writer = new MessageWriter();
  /** Digests of what was attributed last, by key; nothing is sent again that says the same. */
  readonly #sent = new Map<string, string>();

  constructor(options: SignalRecordsOptions) {
    this.#options = options;
    this.#partitionOf = partitionsOfSlots(options.partition.count);
  }

  /** Nothing counts as sent. */
  forgetSent(): void {
    this.#sent.clear();
  }

  async observed(message: Observed): Promise<NewRecord[]> {
    const { holder, source, asOf } = message;
    const value = await this.#valueOf('observed', message);
    return this.#recordsOf(
      'observed',
      `observed ${holder} ${source}`,
      asOf,
      value,
      this.#partitionFor(holder),
    );
  }

  /** None where the last one said the same. */
  async attributed(message: Attributed): Promise<NewRecord[]> {
    const key = attributedKey(message);
    const value = await this.#valueOf('attributed', message);
    const digest = digestOf(value);
    if (this.#sent.get(key) === digest) return [];
    if (message.signals.length > 0) this.#sent.set(key, digest);
    else this.#sent.delete(key);
    return this.#recordsOf('attributed', key, message.asOf, value, this.#partitionFor(message.subject));
  }

  /** A message of this partition, once more, under its key. */
  async again(key: string, message: Observed | Attributed): Promise<NewRecord[]> {
    const kind = 'source' in message ? 'observed' : 'attributed';
    return this.#recordsOf(kind, key, message.asOf, await this.#valueOf(kind, message));
  }

  /** Sources in messages of so many: each is heard on its own. */
  told(key: string, asOf: number, sources: ToldMessage['sources']): NewRecord[] {
    const { writer } = this.#options;
    const records: NewRecord[] = [];
    for (let from = 0; from < sources.length || from === 0; from += SIGNAL_MESSAGE_LIMITS.TOLD_SOURCES) {
      const some = sources.slice(from, from + SIGNAL_MESSAGE_LIMITS.TOLD_SOURCES);
      const value = encodeTold({ writer, sources: some });
      records.push(...this.#recordsOf('told', `${key} ${writer} ${from}`, asOf, value));
    }
    return records;
  }

  /** A rule set, recorded at `asOf` of `transactions`. */
  rules(payload: Uint8Array, asOf: number): NewRecord[] {
    return this.#recordsOf('rules', `rules ${asOf}`, asOf, payload);
  }

  async #valueOf(kind: SignalMessageKind, message: Observed | Attributed): Promise<Uint8Array> {
    const { parts = SIGNAL_MESSAGE_LIMITS.PARTS, partBytes = TOPIC_VALUE_BYTES, onShortened } = this.#options;
    const { value, leftOut } = await fitting(this.#writer, message, parts * partBytes);
    if (leftOut !== undefined) onShortened?.(kind, leftOut);
    return value;
  }

  #partitionFor(key: string): number {
    return this.#partitionOf[slotOfKey(key)] as number;
  }

  #recordsOf(
    kind: SignalMessageKind,
    key: string,
    asOf: number,
    value: Uint8Array,
    partition = this.#options.partition.index,
  ): NewRecord[] {
    return recordsOf({ partition, key, kind, asOf, value }, this.#options.partBytes);
  }
}
