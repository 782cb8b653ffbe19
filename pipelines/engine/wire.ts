/** Messages between stages as the values of records, and back (`schemas/signal-messages.ts`). */
import type { EvidenceTransaction } from '../../schemas/evidence-transaction.ts';
import { compareUtf8 } from '../../schemas/order.ts';
import type { Signal, TransactionRef } from '../../schemas/signal.ts';
import {
  type AttributedMessage,
  attributedMessage,
  type ObservedMessage,
  observedMessage,
  type PackedHeld,
  type PackedSignal,
  packedHeld,
  packedSignal,
  SIGNAL_MESSAGE_LIMITS,
  type ToldMessage,
  toldMessage,
} from '../../schemas/signal-messages.ts';
import type { RuleReading } from '../compose/indicators.ts';
import { deltasOf, undelta } from './delta.ts';
import { type Attributed, NO_FACTS, type Observed, type SourceFacts } from './messages.ts';

type Facts = Pick<ObservedMessage, 'refs' | 'transactions' | 'feeds' | 'readings'>;
type Ref = Facts['refs'][number];

const identityOf = ({ institution, id }: { institution: string; id: string }) => `${institution}\u0000${id}`;

function compareSignals(a: Signal, b: Signal): number {
  return compareUtf8(a.id, b.id) || a.version - b.version;
}

function compareReadings(a: RuleReading, b: RuleReading): number {
  return compareUtf8(a.observedOn, b.observedOn) || a.eventTime - b.eventTime || compareUtf8(a.rule, b.rule);
}

/** References of a message, each once. */
class RefTable {
  readonly refs: Ref[] = [];
  readonly #places = new Map<string, number>();
  /** The same, by object: versions of a signal share theirs. */
  readonly #known = new Map<TransactionRef, number>();

  /** Places of references as ranges: versions of a signal mostly share theirs, in the same order. */
  ranges(references: Signal['evidence']['transactions']): number[] {
    const ranges: number[] = [];
    let next = -1;
    for (const ref of references) {
      let place = this.#known.get(ref);
      if (place === undefined) {
        place = this.#placeOf(ref);
        this.#known.set(ref, place);
      }
      if (place === next) (ranges[ranges.length - 1] as number)++;
      else ranges.push(place, 1);
      next = place + 1;
    }
    return ranges;
  }

  #placeOf(ref: TransactionRef): number {
    const key = `${identityOf(ref)}\u0000${ref.version}`;
    const known = this.#places.get(key);
    if (known !== undefined) return known;
    const place = this.refs.push([ref.institution, ref.id, ref.version]) - 1;
    this.#places.set(key, place);
    return place;
  }

  pack(signal: Signal): PackedSignal {
    const { evidence, ...rest } = signal;
    const { transactions, ...counted } = evidence;
    return { ...rest, evidence: { ...counted, ranges: this.ranges(transactions) } };
  }
}

/** References of a message, each one object: hundreds of versions name the same hundreds of transactions. */
const referencesOf = (refs: readonly Ref[]): TransactionRef[] =>
  refs.map(([institution, id, version]) => ({ institution, id, version }));

function referred(ranges: readonly number[], references: readonly TransactionRef[]): TransactionRef[] {
  const out: TransactionRef[] = [];
  for (let i = 0; i < ranges.length; i += 2) {
    const from = ranges[i] as number;
    const until = Math.min(references.length, from + (ranges[i + 1] ?? 0));
    for (let at = from; at < until; at++) out.push(references[at] as TransactionRef);
  }
  return out;
}

/** Of most versions nobody asks for the evidence: it is written out for who does, and takes no memory. */
function unpack({ evidence, ...rest }: PackedSignal, references: readonly TransactionRef[]): Signal {
  const { ranges, ...counted } = evidence;
  return {
    ...rest,
    evidence: {
      get transactions() {
        return referred(ranges, references);
      },
      ...counted,
    },
  };
}

/** Facts about the references of a table, which must be whole. */
async function packedFacts(table: RefTable, facts: SourceFacts): Promise<Facts> {
  const transactions = new Map<string, EvidenceTransaction>();
  const feeds = new Map<string, string[]>();
  for (const [institution, id, version] of table.refs) {
    const key = identityOf({ institution, id });
    if (transactions.has(key)) continue;
    if (transactions.size === SIGNAL_MESSAGE_LIMITS.TRANSACTIONS) break;
    const found = facts.transactionOf({ institution, id, version });
    if (found === undefined) continue;
    transactions.set(key, found);
    const { provided } = found.stamp;
    if (!feeds.has(provided)) feeds.set(provided, [...facts.providedOf(found)].sort(compareUtf8));
  }
  const readings = [...(await facts.readings())].sort(compareReadings);
  return {
    refs: table.refs,
    transactions: [...transactions.values()],
    feeds: Object.fromEntries([...feeds].sort(([a], [b]) => compareUtf8(a, b))),
    readings: readings.map((reading) => ({ ...reading, features: [...reading.features] })),
  };
}

function factsOf({ refs, transactions, feeds, readings }: Facts): SourceFacts {
  if (refs.length === 0 && readings.length === 0) return NO_FACTS;
  const byIdentity = new Map(transactions.map((tx) => [identityOf(tx), tx]));
  const provided = new Map(Object.entries(feeds).map(([id, fields]) => [id, new Set(fields)]));
  return {
    transactionOf: (ref) => byIdentity.get(identityOf(ref)),
    providedOf: (tx) => provided.get(tx.stamp.provided) ?? new Set(),
    readings: () => readings,
  };
}

const bytesOf = (message: object): Uint8Array => Buffer.from(JSON.stringify(message), 'utf8');
const jsonOf = (bytes: Uint8Array): unknown =>
  JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'));

/** Latest versions first: where a table has an end, these are in it. */
function latestFirst(signals: Iterable<Signal>): Signal[] {
  return [...signals].sort((a, b) => b.eventTime - a.eventTime || compareSignals(b, a));
}

export async function encodeObserved({ source, holder, signals, facts }: Observed): Promise<Uint8Array> {
  const table = new RefTable();
  for (const { evidence } of latestFirst(signals.map(({ signal }) => signal)))
    table.ranges(evidence.transactions);
  const message: ObservedMessage = {
    source,
    holder,
    signals: deltasOf(
      [...signals]
        .sort((a, b) => compareSignals(a.signal, b.signal))
        .map(({ signal, lastFiredAt, quietMs }): PackedHeld => {
          return { signal: table.pack(signal), lastFiredAt, quietMs };
        }),
    ),
    ...(await packedFacts(table, facts)),
  };
  return bytesOf(message);
}

/** @throws where the value is none. */
export function decodeObserved(bytes: Uint8Array, asOf: number): Observed {
  const { source, holder, signals, ...facts } = observedMessage.parse(jsonOf(bytes));
  const references = referencesOf(facts.refs);
  return {
    asOf,
    source,
    holder,
    signals: undelta(signals).map((item) => {
      const { signal, ...held } = packedHeld.parse(item);
      return { ...held, signal: unpack(signal, references) };
    }),
    facts: factsOf(facts),
  };
}

export async function encodeAttributed(attributed: Attributed): Promise<Uint8Array> {
  const { subject, holder, signals, companions, facts } = attributed;
  const table = new RefTable();
  for (const { evidence } of latestFirst([...signals, ...companions])) table.ranges(evidence.transactions);
  const message: AttributedMessage = {
    subject,
    holder,
    signals: deltasOf([...signals].sort(compareSignals).map((signal) => table.pack(signal))),
    companions: deltasOf([...companions].sort(compareSignals).map((signal) => table.pack(signal))),
    ...(await packedFacts(table, facts)),
  };
  return bytesOf(message);
}

/** @throws where the value is none. */
export function decodeAttributed(bytes: Uint8Array, asOf: number): Attributed {
  const { subject, holder, signals, companions, ...facts } = attributedMessage.parse(jsonOf(bytes));
  const references = referencesOf(facts.refs);
  return {
    asOf,
    subject,
    holder,
    signals: undelta(signals).map((signal) => unpack(packedSignal.parse(signal), references)),
    companions: undelta(companions).map((signal) => unpack(packedSignal.parse(signal), references)),
    facts: factsOf(facts),
  };
}

export function encodeTold(message: ToldMessage): Uint8Array {
  return bytesOf(message);
}

/** @throws where the value is none. */
export function decodeTold(bytes: Uint8Array): ToldMessage {
  return toldMessage.parse(jsonOf(bytes));
}
