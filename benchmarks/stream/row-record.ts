/** What a row of the stream is made of, before it is columns or a transaction; both are drawn from it. */
import type { Transaction } from '../../schemas/transaction.ts';
import { type Amounts, idText } from './block.ts';
import { DAY_MS } from './options.ts';

export interface RowRecord extends Amounts {
  template: number;
  debtorTemplate: number;
  creditorTemplate: number;
  /** First key of the template, and what stands for it and those behind it. */
  firstKey: number;
  keys: Int32Array;
  time: number;
  number: number;
  version: number;
  flags: number;
  /** Text id of the shared reference, or `TEXT_NULL`. */
  sharedRef: number;
  /** Days before `time` on which the accounts were opened; -1 where nothing is on record or the template says it. */
  debtorAge: number;
  creditorAge: number;
  /** A planted row keeps what its template says of amounts. */
  isPlanted: boolean;
  /** Number and institution of the row that this one reverses; -1 of none. */
  reverses: number;
  amount: number;
  usd: number;
  mxn: number;
  cad: number;
  wageMilli: number;
}

export function emptyRecord(): RowRecord {
  return {
    template: 0,
    debtorTemplate: 0,
    creditorTemplate: 0,
    firstKey: 0,
    keys: new Int32Array(0),
    time: 0,
    number: 0,
    version: 1,
    flags: 0,
    sharedRef: -1,
    debtorAge: -1,
    creditorAge: -1,
    isPlanted: false,
    reverses: -1,
    amount: 0,
    usd: 0,
    mxn: 0,
    cad: 0,
    wageMilli: 0,
  };
}

/** The record as it is now: its keys are written over with the next block. */
export const kept = (record: RowRecord): RowRecord => ({ ...record, keys: record.keys.slice() });

function withKeys<T>(value: T, keys: ReadonlyMap<string, string>): T {
  if (typeof value === 'string') return (keys.get(value) ?? value) as T;
  if (Array.isArray(value)) return value.map((item) => withKeys(item, keys)) as T;
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, withKeys(item, keys)])) as T;
}

/** The row as a canonical transaction: what ingest would have put into the log. Slow; for references and files. */
export function transactionOfRecord(
  record: RowRecord,
  templates: readonly Transaction[],
  textOf: (id: number) => string,
): Transaction {
  const of = (template: number): Transaction => templates[template] as Transaction;
  const base = of(record.template);
  const keys = new Map<string, string>();
  record.keys.forEach((id, i) => {
    keys.set(textOf(record.firstKey + i), id < 0 ? '' : textOf(id));
  });
  const opened = (age: number) => (age < 0 ? {} : { openedAt: record.time - age * DAY_MS });
  const minor = record.isPlanted ? base.stamp.amountMinor : String(record.amount);
  const shift = record.time - base.stamp.eventTime;
  const { sentAt, paidAt } = base.mto ?? {};
  const tx: Transaction = {
    ...base,
    id: idText(record.number),
    version: record.version,
    op: (record.flags & 1) === 0 ? 'put' : 'withdraw',
    ...(record.reverses < 0
      ? {}
      : { kind: 'reversal', reverses: { institution: base.institution, id: idText(record.reverses) } }),
    ...(record.sharedRef < 0 ? {} : { refs: { ...base.refs, endToEndId: textOf(record.sharedRef) } }),
    settled: { ...base.settled, minor },
    occurredAt: record.time,
    ...(base.mto === undefined
      ? {}
      : {
          mto: {
            ...base.mto,
            ...(sentAt === undefined ? {} : { sentAt: sentAt + shift }),
            ...(paidAt === undefined ? {} : { paidAt: paidAt + shift }),
          },
        }),
    stamp: {
      ...base.stamp,
      eventTime: record.time,
      amountMinor: minor,
      ...(record.isPlanted
        ? {}
        : {
            usdMinor: record.usd,
            mxnMinor: record.mxn,
            cadMinor: record.cad,
            wageMilli: record.wageMilli,
          }),
      debtor: shifted(of(record.debtorTemplate).stamp.debtor, shift, opened(record.debtorAge)),
      creditor: shifted(of(record.creditorTemplate).stamp.creditor, shift, opened(record.creditorAge)),
    },
  };
  return withKeys(tx, keys);
}

type Side = Transaction['stamp']['debtor'];

/** A planted account was opened as long before its rows as the case says. */
function shifted(side: Side, shift: number, opened: { readonly openedAt?: number }): Side {
  const own = side.openedAt === undefined ? {} : { openedAt: side.openedAt + shift };
  return { ...side, ...own, ...opened };
}
