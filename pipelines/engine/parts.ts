/**
 * Values of any size as records of bounded size: cut into parts, and put together again in whatever order the log has them. The
 * parts of a message may lie between others, may be there twice, and some of an older message may be left over in a compacted
 * log.
 */
import { createHash } from 'node:crypto';
import { RastroError } from '../../schemas/errors/index.ts';
import {
  SIGNAL_MESSAGE_LIMITS,
  SIGNAL_MESSAGES_VERSION,
  type SignalMessageKind,
  signalHeaders,
} from '../../schemas/signal-messages.ts';
import { TOPIC_VALUE_BYTES } from '../../schemas/topics.ts';
import type { NewRecord, TopicRecord } from '../log/bus.ts';

const DIGEST_CHARS = 32;

/** A message before it is cut. */
export interface WholeMessage {
  readonly partition: number;
  readonly key: string;
  readonly kind: SignalMessageKind;
  readonly asOf: number;
  readonly value: Uint8Array;
}

export function digestOf(value: Uint8Array): string {
  return createHash('sha256').update(value).digest('hex').slice(0, DIGEST_CHARS);
}

/** Key of the record of a part. */
export function partKey(key: string, part: number): string {
  return `${key}#${part}`;
}

/** @throws RastroError RAS-ENGINE-MESSAGE-SIZE */
export function recordsOf(message: WholeMessage, partBytes = TOPIC_VALUE_BYTES): NewRecord[] {
  const { partition, key, kind, asOf, value } = message;
  const parts = Math.max(1, Math.ceil(value.length / partBytes));
  if (parts > SIGNAL_MESSAGE_LIMITS.PARTS) {
    const limit = SIGNAL_MESSAGE_LIMITS.PARTS * partBytes;
    throw new RastroError('RAS-ENGINE-MESSAGE-SIZE', { kind, bytes: value.length, limit });
  }
  const digest = digestOf(value);
  return Array.from({ length: parts }, (_, part) => ({
    partition,
    key: partKey(key, part),
    headers: {
      version: String(SIGNAL_MESSAGES_VERSION),
      kind,
      asOf: String(asOf),
      part: String(part),
      parts: String(parts),
      digest,
    },
    value: value.subarray(part * partBytes, (part + 1) * partBytes),
  }));
}

/** What a record is of. */
export interface Part {
  /** Of the message, without the number of the part. */
  readonly key: string;
  readonly kind: SignalMessageKind;
  readonly asOf: number;
  /** Records that the message is in. */
  readonly parts: number;
  /** All of the message, where this was the part that lacked. */
  readonly value: Uint8Array | undefined;
}

interface Pending {
  readonly asOf: number;
  /** Offset of the first part that is here. */
  readonly from: number;
  readonly parts: (Uint8Array | undefined)[];
  missing: number;
}

export class PartAssembler {
  /** By key, by digest. */
  readonly #pending = new Map<string, Map<string, Pending>>();

  /** Offset before which no record is needed any more; undefined where nothing waits. */
  get from(): number | undefined {
    let from: number | undefined;
    for (const messages of this.#pending.values())
      for (const pending of messages.values()) from = Math.min(from ?? pending.from, pending.from);
    return from;
  }

  /** Undefined for a deletion. @throws RastroError RAS-ENGINE-MESSAGE, -RECORD-SIZE where the record is no part of a message. */
  take({ offset, key: recordKey, headers, value }: TopicRecord): Part | undefined {
    if (value === null) return undefined;
    if (value.length > TOPIC_VALUE_BYTES)
      throw new RastroError('RAS-ENGINE-RECORD-SIZE', { bytes: value.length, limit: TOPIC_VALUE_BYTES });
    const read = signalHeaders.safeParse(headers);
    const end = recordKey?.lastIndexOf('#') ?? -1;
    if (!read.success || recordKey === null || end < 0 || read.data.part >= read.data.parts)
      throw new RastroError('RAS-ENGINE-MESSAGE', { kind: headers['kind'] ?? '?', detail: 'headers' });
    const { version, kind, asOf, part, parts, digest } = read.data;
    if (version !== SIGNAL_MESSAGES_VERSION)
      throw new RastroError('RAS-ENGINE-MESSAGE', { kind, detail: `version ${version}` });
    const key = recordKey.slice(0, end);
    const messages = this.#pending.get(key) ?? new Map<string, Pending>();
    const known = messages.get(digest);
    const pending = known?.parts.length === parts ? known : undefined;
    const open: Pending = pending ?? {
      asOf,
      from: offset,
      parts: new Array(parts).fill(undefined),
      missing: parts,
    };
    if (open.parts[part] === undefined) open.missing--;
    open.parts[part] = value;
    if (open.missing > 0) {
      this.#pending.set(key, messages.set(digest, open));
      return { key, kind, asOf, parts, value: undefined };
    }
    messages.delete(digest);
    // What is older will not come any more, or does not matter.
    for (const [other, { asOf: before }] of messages) if (before <= asOf) messages.delete(other);
    if (messages.size === 0) this.#pending.delete(key);
    const whole = parts === 1 ? value : Buffer.concat(open.parts as Uint8Array[]);
    if (digestOf(whole) !== digest) throw new RastroError('RAS-ENGINE-MESSAGE', { kind, detail: 'digest' });
    return { key, kind, asOf, parts, value: whole };
  }
}
