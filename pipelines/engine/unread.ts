/**
 * Messages that are whole and not read yet. Each says all that there is under its key, so that of those which come between two
 * answers only the newest counts: the others need not be read at all, and a message is large.
 */
import type { TopicRecord } from '../log/bus.ts';
import type { Part } from './parts.ts';

export interface UnreadMessage {
  readonly part: Part;
  readonly value: Uint8Array;
  /** The record that made it whole. */
  readonly record: TopicRecord;
}

export class UnreadMessages {
  /** By key, oldest (`asOf`) first: where the newest turns out to say nothing, the one before it counts. */
  readonly #byKey = new Map<string, UnreadMessage[]>();
  #bytes = 0;

  /** Bytes of their values. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Position that the newest under a key speaks of. */
  asOf(key: string): number | undefined {
    return this.#byKey.get(key)?.at(-1)?.part.asOf;
  }

  /** It is newer than all that wait under its key. */
  add(message: UnreadMessage): void {
    const { key } = message.part;
    const waiting = this.#byKey.get(key);
    if (waiting === undefined) this.#byKey.set(key, [message]);
    else waiting.push(message);
    this.#bytes += message.value.length;
  }

  /** Hands over all that wait, by key, newest first; they are forgotten. */
  drain(): UnreadMessage[][] {
    const waiting = [...this.#byKey.values()].map((messages) => messages.reverse());
    this.#byKey.clear();
    this.#bytes = 0;
    return waiting;
  }
}
