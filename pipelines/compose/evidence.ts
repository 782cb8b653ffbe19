/**
 * The transactions behind an alert, and the money they moved between its parties and the world.
 */

import type { Alert } from '../../schemas/alert.ts';
import type { EvidenceSide, EvidenceTransaction } from '../../schemas/evidence-transaction.ts';
import { LIMITS } from '../../schemas/identity.ts';
import { hashList } from '../../schemas/ids.ts';
import { compareUtf8 } from '../../schemas/order.ts';
import type { Signal, TransactionRef } from '../../schemas/signal.ts';

/** Finds a transaction of the effective set; undefined where this process does not hold it. */
export type TransactionLookup = (ref: TransactionRef) => EvidenceTransaction | undefined;

export interface EvidenceSet {
  /** Every known reference in total order; those whose transaction is not at hand come last. */
  readonly refs: readonly TransactionRef[];
  /** Hex SHA-256 over `refs`. */
  readonly hash: string;
  /** Transactions at hand, in total order. */
  readonly transactions: readonly EvidenceTransaction[];
  readonly missing: number;
  /** A signal names more transactions than it carries references of. */
  readonly cut: boolean;
}

/** Node names of the flow for money without a party. */
export const CASH_NODE = 'cash';
export const MERCHANT_NODE = 'merchant';
export const UNKNOWN_NODE = 'unknown';

interface Entry {
  readonly ref: TransactionRef;
  readonly transaction: EvidenceTransaction | undefined;
  /** What the hash reads of the reference. */
  readonly text: string;
  /** Number of the last gathering that took the entry. */
  taken: number;
}

const refKey = (ref: TransactionRef) => `${ref.institution}\u0000${ref.id}\u0000${ref.version}`;

function compareEntries(a: Entry, b: Entry): number {
  if (a.transaction === undefined || b.transaction === undefined) {
    if (a.transaction !== b.transaction) return a.transaction === undefined ? 1 : -1;
  } else if (a.transaction.stamp.eventTime !== b.transaction.stamp.eventTime) {
    return a.transaction.stamp.eventTime - b.transaction.stamp.eventTime;
  }
  return (
    compareUtf8(a.ref.institution, b.ref.institution) ||
    compareUtf8(a.ref.id, b.ref.id) ||
    a.ref.version - b.ref.version
  );
}

/**
 * The evidence of all signals of one subject. The versions of an alert share most of theirs: every reference is looked
 * up and put in order once, and a gathering only marks what it holds.
 */
export class EvidenceBook {
  readonly #transactionOf: TransactionLookup;
  readonly #entries = new Map<string, Entry>();
  readonly #bySignal = new Map<Signal, readonly Entry[]>();
  #sorted: Entry[] = [];
  #gathering = 0;

  constructor(transactionOf: TransactionLookup) {
    this.#transactionOf = transactionOf;
  }

  #entriesOf(signal: Signal): readonly Entry[] {
    const known = this.#bySignal.get(signal);
    if (known !== undefined) return known;
    const entries = signal.evidence.transactions.map((ref) => {
      const key = refKey(ref);
      let entry = this.#entries.get(key);
      if (entry === undefined) {
        const text = key.replaceAll('\u0000', '\t');
        entry = { ref, transaction: this.#transactionOf(ref), text, taken: 0 };
        this.#entries.set(key, entry);
      }
      return entry;
    });
    this.#bySignal.set(signal, entries);
    return entries;
  }

  /** Union of the evidence of `signals`. */
  gather(signals: readonly Signal[]): EvidenceSet {
    this.#gathering++;
    let cut = false;
    for (const signal of signals) {
      const { count, transactions } = signal.evidence;
      cut ||= count > transactions.length && transactions.length > 0;
      for (const entry of this.#entriesOf(signal)) entry.taken = this.#gathering;
    }
    if (this.#sorted.length !== this.#entries.size)
      this.#sorted = [...this.#entries.values()].sort(compareEntries);
    const taken = this.#sorted.filter((entry) => entry.taken === this.#gathering);
    const transactions = taken.flatMap(({ transaction }) => (transaction === undefined ? [] : [transaction]));
    return {
      refs: taken.map((entry) => entry.ref),
      hash: hashList([taken.map((entry) => entry.text).join('\n')]).toString('hex'),
      transactions,
      missing: taken.length - transactions.length,
      cut,
    };
  }
}

/** The evidence block of an alert: first references in order, all of them counted and hashed. */
export function evidenceOf(set: EvidenceSet, signals: readonly Signal[]): Alert['evidence'] {
  return {
    transactions: set.refs.slice(0, LIMITS.EVIDENCE_IDS),
    signals: signals
      .map((s) => s.id)
      .sort(compareUtf8)
      .slice(0, LIMITS.EVIDENCE_IDS),
    count: set.refs.length,
    hash: set.hash,
  };
}

/** The parties of an alert: any key of theirs (party, account, card ...) -> their party key. */
export type PartyIndex = ReadonlyMap<string, string>;

/** One movement of money as the alert tells it. */
export interface Flow {
  readonly from: string;
  readonly to: string;
  readonly kind: string;
  readonly time: number;
  readonly ccy: string;
  readonly minor: bigint;
  readonly cash: boolean;
  /** (from, to, kind, currency) as one key. */
  readonly edge: string;
}

const CASH_KINDS: ReadonlySet<string> = new Set(['cash_deposit', 'cash_withdrawal', 'cash_exchange']);

function isCash(transaction: EvidenceTransaction): boolean {
  return CASH_KINDS.has(transaction.kind) || transaction.instrument === 'cash';
}

/** Keys under which one side of a row may be known, the most personal first. */
export function sideKeys(side: EvidenceSide, extra: readonly string[]): string[] {
  const keys: string[] = [];
  if (side.holderKey !== undefined) keys.push(side.holderKey);
  if (side.accountKey !== undefined) keys.push(side.accountKey);
  return [...keys, ...extra];
}

function nodeOf(keys: readonly string[], parties: PartyIndex, fallback: string): string {
  for (const key of keys) {
    const party = parties.get(key);
    if (party !== undefined) return party;
  }
  return keys[0] ?? fallback;
}

/** Both ends of a transaction: a party of the alert where one stands there, else whoever the row names. */
export function endsOf(transaction: EvidenceTransaction, parties: PartyIndex): { from: string; to: string } {
  const { stamp } = transaction;
  const conductors = transaction.conductors?.filter((c) => c.isHolder !== true).map((c) => c.ref) ?? [];
  const beneficiaries = transaction.beneficiaries?.map((b) => b.ref) ?? [];
  const payer = transaction.kind === 'cash_deposit' ? conductors : [];
  const from = nodeOf(sideKeys(stamp.debtor, payer), parties, isCash(transaction) ? CASH_NODE : UNKNOWN_NODE);
  const payee = sideKeys(stamp.creditor, beneficiaries);
  const merchant = transaction.card?.merchantId;
  if (payee.length === 0 && merchant !== undefined) payee.push(merchant);
  const nowhere = transaction.kind === 'card_purchase' ? MERCHANT_NODE : UNKNOWN_NODE;
  const to = nodeOf(payee, parties, isCash(transaction) ? CASH_NODE : nowhere);
  return { from, to };
}

function flowOf(transaction: EvidenceTransaction, parties: PartyIndex): Flow {
  const { from, to } = endsOf(transaction, parties);
  const { kind, stamp } = transaction;
  return {
    from,
    to,
    kind,
    time: stamp.eventTime,
    ccy: stamp.ccy,
    minor: BigInt(stamp.amountMinor),
    cash: isCash(transaction),
    edge: [from, to, kind, stamp.ccy].join('\u0000'),
  };
}

/** Flows of the transactions of one subject; kept while the parties of its alerts are the same. */
export class FlowBook {
  #flows = new Map<EvidenceTransaction, Flow>();
  #parties = '';

  /**
   * Completed movements among `transactions` (in total order). A transfer that both institutions report counts once:
   * the first report in the order.
   */
  flowsOf(transactions: readonly EvidenceTransaction[], parties: PartyIndex): Flow[] {
    const signature = [...parties].map(([key, party]) => `${key}=${party}`).join(' ');
    if (signature !== this.#parties) this.#flows = new Map();
    this.#parties = signature;
    const flows: Flow[] = [];
    const told = new Set<string>();
    for (const transaction of transactions) {
      if (transaction.status !== 'completed' || transaction.op === 'withdraw') continue;
      const shared = transaction.refs?.endToEndId ?? transaction.refs?.uetr;
      if (shared !== undefined) {
        if (told.has(shared)) continue;
        told.add(shared);
      }
      let flow = this.#flows.get(transaction);
      if (flow === undefined) {
        flow = flowOf(transaction, parties);
        this.#flows.set(transaction, flow);
      }
      flows.push(flow);
    }
    return flows;
  }
}

/**
 * Money per currency, as one group of persons sees it: `in` came to the alert's parties from outside, `out` left them
 * for outside (cash included), `cash` changed form at a counter or machine, `netToSubject` is what the subject received
 * less what it passed on.
 */
export function totalsOf(flows: readonly Flow[], parties: PartyIndex, subject: string): Alert['totals'] {
  const members = new Set(parties.values());
  const byCcy = new Map<string, { in: bigint; out: bigint; cash: bigint; net: bigint }>();
  for (const flow of flows) {
    const total = byCcy.get(flow.ccy) ?? { in: 0n, out: 0n, cash: 0n, net: 0n };
    byCcy.set(flow.ccy, total);
    const fromInside = members.has(flow.from);
    const toInside = members.has(flow.to);
    if (toInside && !fromInside) total.in += flow.minor;
    if (fromInside && !toInside) total.out += flow.minor;
    if (flow.cash) total.cash += flow.minor;
    if (flow.to === subject) total.net += flow.minor;
    if (flow.from === subject) total.net -= flow.minor;
  }
  return [...byCcy]
    .sort(([a], [b]) => compareUtf8(a, b))
    .map(([ccy, t]) => ({
      ccy,
      inMinor: t.in.toString(),
      outMinor: t.out.toString(),
      cashMinor: t.cash.toString(),
      netToSubjectMinor: t.net.toString(),
    }));
}

/** Flow edges shown with one alert; the largest stay. */
export const ALERT_EDGES_MAX = 200;

interface OpenEdge {
  from: string;
  to: string;
  kind: string;
  ccy: string;
  minor: bigint;
  count: number;
  firstAt: number;
  lastAt: number;
}

/** Flows added up by (from, to, kind, currency), the largest amount first. */
export function edgesOf(flows: readonly Flow[]): { edges: Alert['edges']; left: number } {
  const byEnds = new Map<string, OpenEdge>();
  for (const { from, to, kind, ccy, minor, time, edge: key } of flows) {
    if (from === to) continue;
    const edge = byEnds.get(key);
    if (edge === undefined) {
      byEnds.set(key, { from, to, kind, ccy, minor, count: 1, firstAt: time, lastAt: time });
    } else {
      edge.minor += minor;
      edge.count++;
      edge.lastAt = time;
    }
  }
  const sorted = [...byEnds].sort(([a, x], [b, y]) =>
    x.minor === y.minor ? compareUtf8(a, b) : x.minor < y.minor ? 1 : -1,
  );
  const edges = sorted
    .slice(0, ALERT_EDGES_MAX)
    .map(([, { minor, ...edge }]) => ({ ...edge, amountMinor: minor.toString() }));
  return { edges, left: sorted.length - edges.length };
}

/**
 * What stood on the subject's accounts after their last row: per currency the sum of the last balances, as of the oldest
 * of them. Only rows of the institution that keeps the account say it, and only where the other side is not kept there
 * too, since the balance would not say whose it is.
 */
export function reachableOf(
  transactions: readonly EvidenceTransaction[],
  parties: PartyIndex,
  subject: string,
): Alert['reachable'] {
  const last = new Map<string, { ccy: string; minor: bigint; asOf: number }>();
  for (const { stamp, balanceAfter, institution } of transactions) {
    if (balanceAfter === undefined) continue;
    const kept = [stamp.debtor, stamp.creditor].filter(
      (side) => side.bank === institution && side.accountKey !== undefined,
    );
    const side = kept[0];
    if (kept.length !== 1 || side?.accountKey === undefined) continue;
    if (nodeOf(sideKeys(side, []), parties, UNKNOWN_NODE) !== subject) continue;
    last.set(side.accountKey, {
      ccy: balanceAfter.ccy,
      minor: BigInt(balanceAfter.minor),
      asOf: stamp.eventTime,
    });
  }
  const byCcy = new Map<string, { minor: bigint; asOf: number }>();
  for (const { ccy, minor, asOf } of last.values()) {
    const sum = byCcy.get(ccy);
    byCcy.set(ccy, { minor: minor + (sum?.minor ?? 0n), asOf: Math.min(asOf, sum?.asOf ?? asOf) });
  }
  return [...byCcy]
    .sort(([a], [b]) => compareUtf8(a, b))
    .map(([ccy, { minor, asOf }]) => ({ ccy, minor: minor.toString(), asOf }));
}
