/**
 * Messages between stages from the values of records (`schemas/signal-messages.ts`). Whoever has read a message keeps its lines for a
 * while: of the next one under the same key only the lines that differ are read, and what the others say are the same objects.
 */
import { type EvidenceTransaction, evidenceTransaction } from '../../schemas/evidence-transaction.ts';
import {
  type AttributedHeader,
  attributedHeader,
  heldLine,
  type ObservedHeader,
  observedHeader,
  readingLine,
  type ToldMessage,
  toldMessage,
  type VersionCounts,
} from '../../schemas/signal-messages.ts';
import type { RuleReading } from '../compose/indicators.ts';
import type { HeldSignal } from '../detect/signals.ts';
import { Lines, readSection, type Section } from './lines.ts';
import { type Attributed, identityOf, NO_FACTS, type Observed, type SourceFacts } from './messages.ts';
import { type ReadVersion, readVersion } from './version-lines.ts';

/** Bytes of messages whose lines are kept, those that were read last. */
const LINES_BYTES = 16 * 1024 * 1024;

interface ReadHeld extends ReadVersion {
  readonly held: HeldSignal;
}

/** Versions by the id of their signal. */
type Groups<T> = ReadonlyMap<string, Section<T>>;

interface ReadMessage<T> {
  readonly lines: Lines;
  readonly signals: Groups<T>;
  readonly companions: Groups<ReadVersion>;
  readonly transactions: Section<EvidenceTransaction>;
  readonly readings: Section<RuleReading>;
}

const sum = (counts: VersionCounts): number => counts.reduce((total, [, count]) => total + count, 0);

/** Versions from line `first` on. Each builds on the one before it, so that those behind the first that differs are read anew. */
function readGroups<T extends ReadVersion>(
  lines: Lines,
  first: number,
  counts: VersionCounts,
  before: { readonly lines: Lines; readonly groups: Groups<T> } | undefined,
  read: (json: unknown, before: T | undefined) => T,
): Groups<T> {
  const groups = new Map<string, Section<T>>();
  let line = first;
  for (const [id, count] of counts) {
    const known = before?.groups.get(id);
    const items: T[] = [];
    let isSame = before !== undefined && known !== undefined;
    for (let at = 0; at < count; at++) {
      isSame &&= at < known!.items.length && lines.isSame(line + at, before!.lines, known!.first + at);
      items.push(isSame ? (known!.items[at] as T) : read(lines.json(line + at), items.at(-1)));
    }
    if (groups.has(id)) throw new Error('a signal twice');
    groups.set(id, { first: line, items });
    line += count;
  }
  return groups;
}

function readHeld(json: unknown, before: ReadHeld | undefined): ReadHeld {
  const [lastFiredAt, quietMs, line] = heldLine.parse(json);
  const version = readVersion(line, before);
  return { ...version, held: { signal: version.signal, lastFiredAt, quietMs } };
}

function factsOf({ feeds }: Pick<ObservedHeader, 'feeds'>, message: ReadMessage<unknown>): SourceFacts {
  const { transactions, readings } = message;
  if (transactions.items.length === 0 && readings.items.length === 0) return NO_FACTS;
  const byIdentity = new Map(transactions.items.map((tx) => [identityOf(tx), tx]));
  const provided = new Map(Object.entries(feeds).map(([id, fields]) => [id, new Set(fields)]));
  return {
    transactionOf: (ref) => byIdentity.get(identityOf(ref)),
    providedOf: (tx) => provided.get(tx.stamp.provided) ?? new Set(),
    readings: () => readings.items,
  };
}

const itemsOf = <T>(groups: Groups<T>): T[] => [...groups.values()].flatMap(({ items }) => items);

/** Reads messages. What it throws says that a value is none; the next message is read as if that one had not been. */
export class MessageReader {
  /** By key, in the order in which they were read last. */
  readonly #known = new Map<string, ReadMessage<unknown>>();
  readonly #linesBytes: number;
  #bytes = 0;

  /** `linesBytes`: bytes of messages whose lines are kept. */
  constructor(linesBytes: number = LINES_BYTES) {
    this.#linesBytes = linesBytes;
  }

  /** @throws where the value is none. */
  observed(key: string, value: Uint8Array, asOf: number): Observed {
    const lines = new Lines(value);
    const header = observedHeader.parse(lines.json(0));
    const message = this.#read(key, lines, { ...header, companions: [] }, readHeld);
    const signals = itemsOf(message.signals).map(({ held }) => held);
    return { asOf, source: header.source, holder: header.holder, signals, facts: factsOf(header, message) };
  }

  /** @throws where the value is none. */
  attributed(key: string, value: Uint8Array, asOf: number): Attributed {
    const lines = new Lines(value);
    const header = attributedHeader.parse(lines.json(0));
    const message = this.#read<ReadVersion>(key, lines, header, readVersion);
    return {
      asOf,
      subject: header.subject,
      holder: header.holder,
      signals: itemsOf(message.signals).map(({ signal }) => signal),
      companions: itemsOf(message.companions).map(({ signal }) => signal),
      facts: factsOf(header, message),
    };
  }

  #read<T extends ReadVersion>(
    key: string,
    lines: Lines,
    header: Pick<AttributedHeader, 'signals' | 'companions' | 'transactions' | 'readings'>,
    read: (json: unknown, before: T | undefined) => T,
  ): ReadMessage<T> {
    // A key has messages of one kind.
    const before = this.#known.get(key) as ReadMessage<T> | undefined;
    const companionsAt = 1 + sum(header.signals);
    const transactionsAt = companionsAt + sum(header.companions);
    const readingsAt = transactionsAt + header.transactions;
    if (lines.count !== readingsAt + header.readings) throw new Error('another number of lines');
    const message: ReadMessage<T> = {
      lines: lines.kept(),
      signals: readGroups(
        lines,
        1,
        header.signals,
        before && { lines: before.lines, groups: before.signals },
        read,
      ),
      companions: readGroups(
        lines,
        companionsAt,
        header.companions,
        before && { lines: before.lines, groups: before.companions },
        readVersion,
      ),
      transactions: readSection(
        lines,
        { first: transactionsAt, count: header.transactions },
        before && { lines: before.lines, section: before.transactions },
        (json) => evidenceTransaction.parse(json),
      ),
      readings: readSection(
        lines,
        { first: readingsAt, count: header.readings },
        before && { lines: before.lines, section: before.readings },
        (json) => readingLine.parse(json),
      ),
    };
    this.#keep(key, message);
    return message;
  }

  #keep(key: string, message: ReadMessage<unknown>): void {
    this.#forget(key);
    this.#known.set(key, message);
    this.#bytes += message.lines.bytes;
    for (const oldest of this.#known.keys()) {
      if (this.#bytes <= this.#linesBytes) break;
      this.#forget(oldest);
    }
  }

  #forget(key: string): void {
    this.#bytes -= this.#known.get(key)?.lines.bytes ?? 0;
    this.#known.delete(key);
  }
}

/** @throws where the value is none. */
export function decodeTold(bytes: Uint8Array): ToldMessage {
  return toldMessage.parse(new Lines(bytes).json(0));
}
