/**
 * How the rows of a stream come in: late, twice, amended, withdrawn, reversed (before or after what they reverse), told
 * by two banks, of accounts whose holder becomes known later, from banks declared later; in blocks of any size.
 */
import type { Random } from '../../pipelines/simulate/random.ts';
import type { Side, Transaction } from '../../schemas/transaction.ts';
import { BANK, OTHER_BANK } from './stream-transactions.ts';
import { nameKey, type Sketch } from './stream-values.ts';

const SECOND = 1_000;
const HOUR = 3_600_000;
const DAY = 86_400_000;
const HORIZON = 400 * DAY;
/** Declared before anything that a stream holds. */
const ALWAYS = 0;

export type Op =
  | { readonly kind: 'row'; readonly tx: Transaction }
  /** From `fromMs` of event time on the institution submits a feed. */
  | { readonly kind: 'declare'; readonly institution: string; readonly fromMs: number }
  /** From now on this is known of an account: rows held are stamped anew, rows to come are stamped with it. */
  | { readonly kind: 'link'; readonly account: string; readonly side: Partial<Side> }
  /** The end of a block: subjects that changed are evaluated. */
  | { readonly kind: 'flush' };

/** What happens to rows, as counts over a run say that it happened. */
export const FATES = [
  'late',
  'duplicate',
  'amended',
  'withdrawn',
  'reversed',
  'orphan',
  'reported',
  'declared',
  'linked',
  'conflict',
  'horizon',
] as const;
export type Fate = (typeof FATES)[number];

export interface Arrival {
  readonly ops: readonly Op[];
  readonly fates: ReadonlySet<Fate>;
  /** Another order of arrival may end in other signals: of a conflict the first row stands, of a late row nothing. */
  readonly isOrdered: boolean;
}

/** A row and its place in the order of arrival; the row at place n of the order of time has n. */
interface Placed {
  readonly tx: Transaction;
  readonly at: number;
}

function withAmount(tx: Transaction, minor: string): Transaction {
  return { ...tx, settled: { ...tx.settled, minor }, stamp: { ...tx.stamp, amountMinor: minor } };
}

function at(tx: Transaction, time: number): Transaction {
  return { ...tx, occurredAt: time, stamp: { ...tx.stamp, eventTime: time } };
}

/** The row as its bank had it wrong before. */
function mistaken(random: Random, tx: Transaction): Transaction {
  switch (random.int(0, 4)) {
    case 0:
      return withAmount(tx, String(BigInt(tx.stamp.amountMinor) / 2n));
    case 1:
      return at(tx, tx.stamp.eventTime + random.pick([-1, 1, HOUR, 3 * DAY, -3 * DAY]));
    case 2:
      return { ...tx, status: 'pending' };
    case 3: {
      const { debtor, creditor } = tx.stamp;
      return { ...tx, stamp: { ...tx.stamp, debtor: creditor, creditor: debtor } };
    }
    default:
      return { ...tx, kind: 'card_purchase' };
  }
}

function reversalOf(random: Random, tx: Transaction, afterMs: number): Transaction {
  const whole = BigInt(tx.stamp.amountMinor);
  const minor = random.pick([null, null, whole, whole / 2n, whole / 10n, whole - 1n, whole + 1n]);
  const { ccy } = tx.stamp;
  const amount = minor === null || minor < 0n ? {} : { amount: { minor: String(minor), ccy } };
  return {
    ...at(tx, tx.stamp.eventTime + afterMs),
    id: `${random.chance(0.5) ? 'r' : ''}${tx.id}-back`,
    version: 1,
    kind: 'reversal',
    status: random.chance(0.95) ? 'completed' : 'pending',
    reverses: { institution: tx.institution, id: tx.id, ...amount },
  };
}

/** The same transfer as the other bank tells it, and the first report with the reference that both share. */
function twoReports(random: Random, tx: Transaction): readonly [Transaction, Transaction] {
  const shared = nameKey('reference', tx.id);
  const refs = random.chance(0.8) ? { endToEndId: shared } : { uetr: shared };
  const otherSide = tx.stamp.debtor.bank === BANK ? 'creditor' : 'debtor';
  const side: Side = { ...tx.stamp[otherSide], bank: OTHER_BANK, coverage: 'full_account' };
  const told = random.chance(0.6) ? { ...tx.stamp, [otherSide]: side } : tx.stamp;
  const first: Transaction = { ...tx, refs, stamp: told };
  const second = at(first, tx.stamp.eventTime + random.pick([0, 0, SECOND, -SECOND, HOUR]));
  const institution = random.pick([OTHER_BANK, OTHER_BANK, 'abank', tx.institution]);
  return [first, { ...second, institution, id: `x${tx.id}` }];
}

/** A late row: some places, or the whole stream, behind the one it has by time. */
function delay(random: Random, length: number): number {
  return random.chance(0.8) ? random.int(1, 12) : random.int(1, length);
}

/**
 * The rows in an order of arrival, with their corrections. `wildnesses`: one of these is how many; 1 is about a fifth
 * of the rows.
 */
export function arrive(
  random: Random,
  rows: readonly { sketch: Sketch; tx: Transaction }[],
  wildnesses: readonly number[],
): Arrival {
  const inTime = [...rows].sort((a, b) => a.tx.stamp.eventTime - b.tx.stamp.eventTime);
  const { length } = inTime;
  const placed: Placed[] = [];
  const fates = new Set<Fate>();
  const wildness = random.pick(wildnesses);
  const befalls = (fate: Fate, chance: number): boolean => {
    const is = random.chance(chance * wildness);
    if (is) fates.add(fate);
    return is;
  };
  const put = (tx: Transaction, place: number) => placed.push({ tx, at: place + random.float() * 0.9 });

  inTime.forEach(({ sketch, tx: told }, i) => {
    const place = befalls('late', 0.06) ? i + delay(random, length) : i;
    let tx = told;
    if (tx.kind === 'transfer' && befalls('reported', 0.06)) {
      const [first, second] = twoReports(random, tx);
      tx = first;
      put(second, Math.max(0, i + random.int(-2, 6)));
    }
    if (befalls('amended', 0.05)) {
      put(mistaken(random, tx), random.chance(0.8) ? place - 0.5 : place + delay(random, length));
      tx = { ...tx, version: 2 };
    }
    put(tx, place);
    if (befalls('duplicate', 0.05)) put(tx, place + delay(random, length));
    if (befalls('withdrawn', 0.01))
      put({ ...tx, version: tx.version + 1, op: 'withdraw' }, place + random.int(-2, 10));
    if (befalls('withdrawn', 0.03)) {
      const never = { ...tx, id: `${tx.id}-never`, version: 1 };
      put(never, place);
      put({ ...never, version: 2, op: 'withdraw' }, place + delay(random, length));
    }
    if (sketch.reversedAfterMs !== undefined || befalls('reversed', 0.02)) {
      fates.add('reversed');
      const after = sketch.reversedAfterMs ?? random.pick([0, SECOND, HOUR, DAY, 10 * DAY]);
      const isOrphan = random.chance(0.25);
      if (isOrphan) fates.add('orphan');
      const reversal = reversalOf(random, tx, after);
      const back = isOrphan ? place - random.int(1, 3) : place + delay(random, length);
      put(reversal, back);
      if (random.chance(0.15)) put({ ...reversal, version: 2, op: 'withdraw' }, back + delay(random, length));
      if (random.chance(0.2)) put({ ...reversalOf(random, tx, after + 1), id: `${tx.id}-again` }, back + 1);
    }
  });

  const isOrdered = addOrderBound(random, inTime, put, befalls);
  placed.sort((a, b) => a.at - b.at);
  const ops: Op[] = placed.map(({ tx }) => ({ kind: 'row', tx }));
  addReference(random, ops, inTime, fates);
  return { ops: inBlocks(random, ops), fates, isOrdered };
}

/** What makes the order of arrival matter, now and then. */
function addOrderBound(
  random: Random,
  inTime: readonly { tx: Transaction }[],
  put: (tx: Transaction, place: number) => void,
  befalls: (fate: Fate, chance: number) => boolean,
): boolean {
  const { tx } = random.pick(inTime);
  const { length } = inTime;
  let isOrdered = false;
  if (befalls('conflict', 0.06)) {
    put(withAmount(tx, `${tx.stamp.amountMinor}7`), random.int(0, length));
    isOrdered = true;
  }
  if (befalls('horizon', 0.06)) {
    const last = inTime[length - 1]!.tx.stamp.eventTime;
    const early = last - HORIZON + random.pick([-1, 0, 1, HOUR, -HOUR]);
    put({ ...at(tx, early), id: `${tx.id}-old` }, random.int(0, length + 1));
    isOrdered = true;
  }
  return isOrdered;
}

/** Banks declared, and parties that become known, somewhere among the rows. */
function addReference(
  random: Random,
  ops: Op[],
  inTime: readonly { tx: Transaction }[],
  fates: Set<Fate>,
): void {
  const insert = (op: Op) => ops.splice(random.int(0, ops.length), 0, op);
  const time = () => random.pick(inTime).tx.stamp.eventTime;
  if (random.chance(0.7)) ops.unshift({ kind: 'declare', institution: BANK, fromMs: ALWAYS });
  for (const [institution, chance] of [
    [BANK, 0.1],
    [OTHER_BANK, 0.25],
  ] as const) {
    if (!random.chance(chance)) continue;
    fates.add('declared');
    insert({ kind: 'declare', institution, fromMs: random.chance(0.4) ? ALWAYS : time() });
  }
  const accounts = inTime.flatMap(({ tx }) => [tx.stamp.debtor, tx.stamp.creditor]);
  const links = random.pick([0, 0, 0, 1, 2]);
  const linked = new Set<string>();
  for (let i = 0; i < links; i++) {
    const { accountKey } = random.pick(accounts);
    if (accountKey === undefined || linked.has(accountKey)) continue;
    linked.add(accountKey);
    const other = random.pick(accounts).holderKey;
    const holderKey = other === undefined || random.chance(0.5) ? nameKey('linked', String(i)) : other;
    const more = random.pick<Partial<Side>>([
      {},
      {},
      { kind: 'entity' },
      { licences: ['msb'] },
      { kind: 'person' },
    ]);
    fates.add('linked');
    insert({ kind: 'link', account: accountKey, side: { holderKey, ...more } });
  }
}

function inBlocks(random: Random, ops: readonly Op[]): Op[] {
  const size = random.pick([3, 10, 20, 40, 1_000]);
  const out: Op[] = [];
  let left = size;
  for (const op of ops) {
    out.push(op);
    if (--left > 0) continue;
    out.push({ kind: 'flush' });
    left = random.int(1, 2 * size);
  }
  return [...out, { kind: 'flush' }];
}

/** The same stream otherwise cut, and, unless its order matters, in any order. */
export function rearranged(random: Random, { ops, isOrdered }: Arrival): Op[] {
  const steps = ops.filter((op) => op.kind !== 'flush');
  return inBlocks(random, isOrdered ? steps : random.sample(steps, steps.length));
}

/** Streams side by side: each in its own order, all in blocks of their own. */
export function interleaved(random: Random, arrivals: readonly Arrival[]): Op[] {
  const waiting = arrivals.map(({ ops }) => ops.filter((op) => op.kind !== 'flush').reverse());
  const out: Op[] = [];
  for (let left = waiting.filter((ops) => ops.length > 0); left.length > 0; ) {
    const ops = random.pick(left);
    for (let run = random.int(1, 6); run > 0 && ops.length > 0; run--) out.push(ops.pop()!);
    if (ops.length === 0) left = left.filter((other) => other !== ops);
  }
  return inBlocks(random, out);
}
