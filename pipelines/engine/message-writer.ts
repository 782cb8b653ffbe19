/**
 * Messages between stages as the values of records (`schemas/signal-messages.ts`). A changed source is told whole, but only what changed
 * is written anew: of a version, of a transaction, the line is kept while somebody holds the object.
 */
import type { EvidenceTransaction } from '../../schemas/evidence-transaction.ts';
import { compareUtf8 } from '../../schemas/order.ts';
import type { Signal, TransactionRef } from '../../schemas/signal.ts';
import {
  type AttributedHeader,
  type ObservedHeader,
  SIGNAL_MESSAGE_LIMITS,
  type ToldMessage,
  type VersionCounts,
} from '../../schemas/signal-messages.ts';
import type { RuleReading } from '../compose/indicators.ts';
import type { HeldSignal } from '../detect/signals.ts';
import { type Attributed, identityOf, type Observed, type SourceFacts } from './messages.ts';
import { VersionWriter } from './version-lines.ts';

function compareReadings(a: RuleReading, b: RuleReading): number {
  return compareUtf8(a.observedOn, b.observedOn) || a.eventTime - b.eventTime || compareUtf8(a.rule, b.rule);
}

/** What is new comes last, so that the lines before it stay where they were. */
function compareTransactions(a: EvidenceTransaction, b: EvidenceTransaction): number {
  return (
    a.stamp.eventTime - b.stamp.eventTime ||
    compareUtf8(a.institution, b.institution) ||
    compareUtf8(a.id, b.id)
  );
}

/** By signal, each signal's versions oldest first. */
function bySignal<T>(items: readonly T[], signalOf: (item: T) => Signal): T[][] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const { id } = signalOf(item);
    const group = groups.get(id);
    if (group === undefined) groups.set(id, [item]);
    else group.push(item);
  }
  const sorted = [...groups].sort(([a], [b]) => compareUtf8(a, b));
  return sorted.map(([, group]) => group.sort((a, b) => signalOf(a).version - signalOf(b).version));
}

/** References, each once. */
class References {
  readonly #known = new Map<string, TransactionRef>();

  add(refs: Iterable<TransactionRef>): void {
    for (const ref of refs) this.#known.set(identityOf(ref), ref);
  }

  /** The transactions that they name, the oldest first; of too many the latest. */
  transactions(facts: SourceFacts): EvidenceTransaction[] {
    const found: EvidenceTransaction[] = [];
    for (const ref of this.#known.values()) {
      const tx = facts.transactionOf(ref);
      if (tx !== undefined) found.push(tx);
    }
    return found.sort(compareTransactions).slice(-SIGNAL_MESSAGE_LIMITS.TRANSACTIONS);
  }
}

const bytesOf = (lines: readonly string[]): Uint8Array => Buffer.from(lines.join('\n'), 'utf8');

export class MessageWriter {
  readonly #signals = new VersionWriter();
  /** The same versions in another order of their own: not all of a signal are companions. */
  readonly #companions = new VersionWriter();
  readonly #transactions = new WeakMap<EvidenceTransaction, string>();

  async observed({ source, holder, signals, facts }: Observed): Promise<Uint8Array> {
    const lines: string[] = [];
    const references = new References();
    const counts: [string, number][] = [];
    for (const held of bySignal(signals, ({ signal }) => signal)) {
      const written = this.#signals.write(held.map(({ signal }) => signal));
      references.add(written.refs);
      counts.push([(held[0] as HeldSignal).signal.id, held.length]);
      for (const [i, { lastFiredAt, quietMs }] of held.entries())
        lines.push(`[${lastFiredAt},${quietMs},${written.lines[i]}]`);
    }
    const header: ObservedHeader = {
      source,
      holder,
      signals: counts,
      ...(await this.#facts(lines, references, facts)),
    };
    return bytesOf([JSON.stringify(header), ...lines]);
  }

  async attributed({ subject, holder, signals, companions, facts }: Attributed): Promise<Uint8Array> {
    const lines: string[] = [];
    const references = new References();
    const header: AttributedHeader = {
      subject,
      holder,
      signals: versionsTo(lines, references, this.#signals, signals),
      companions: versionsTo(lines, references, this.#companions, companions),
      ...(await this.#facts(lines, references, facts)),
    };
    return bytesOf([JSON.stringify(header), ...lines]);
  }

  async #facts(
    lines: string[],
    references: References,
    facts: SourceFacts,
  ): Promise<Pick<ObservedHeader, 'transactions' | 'readings' | 'feeds'>> {
    const transactions = references.transactions(facts);
    const feeds = new Map<string, string[]>();
    for (const tx of transactions) {
      lines.push(this.#lineOf(tx));
      const { provided } = tx.stamp;
      if (!feeds.has(provided)) feeds.set(provided, [...facts.providedOf(tx)].sort(compareUtf8));
    }
    const readings = [...(await facts.readings())].sort(compareReadings);
    for (const reading of readings) lines.push(JSON.stringify(reading));
    return {
      transactions: transactions.length,
      readings: readings.length,
      feeds: Object.fromEntries([...feeds].sort(([a], [b]) => compareUtf8(a, b))),
    };
  }

  #lineOf(tx: EvidenceTransaction): string {
    const known = this.#transactions.get(tx);
    if (known !== undefined) return known;
    const line = JSON.stringify(tx);
    this.#transactions.set(tx, line);
    return line;
  }
}

function versionsTo(
  lines: string[],
  references: References,
  writer: VersionWriter,
  signals: readonly Signal[],
): VersionCounts {
  return bySignal(signals, (signal) => signal).map((versions) => {
    const written = writer.write(versions);
    references.add(written.refs);
    lines.push(...written.lines);
    return [(versions[0] as Signal).id, versions.length];
  });
}

export function encodeTold(message: ToldMessage): Uint8Array {
  return bytesOf([JSON.stringify(message)]);
}
