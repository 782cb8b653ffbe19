/** Canonical transactions for tests: literal, small, with pseudonym-shaped keys. */
import { base32, hashList } from '../../schemas/ids.ts';
import type { Side, Stamp, Transaction } from '../../schemas/transaction.ts';

/** A pseudonym-shaped key that a reader can trace: the same name gives the same key. */
export function key(prefix: string, name: string): string {
  return `${prefix}_${base32(hashList([prefix, name]))}`;
}

export interface TransactionSketch {
  readonly institution?: string;
  readonly id: string;
  readonly version?: number;
  readonly op?: 'put' | 'withdraw';
  readonly at: string;
  readonly from?: string;
  readonly to?: string;
  readonly usdMinor?: number;
  readonly stamp?: Partial<Stamp>;
  readonly debtor?: Side;
  readonly creditor?: Side;
  readonly row?: Partial<Transaction>;
}

/** One completed transfer of `usdMinor` cents between the named accounts, each held by the party of the same name. */
export function transaction(sketch: TransactionSketch): Transaction {
  const { institution = 'bank_a', id, version = 1, op = 'put', from, to, usdMinor = 10_000 } = sketch;
  const eventTime = Date.parse(sketch.at);
  const side = (name: string | undefined, extra: Side | undefined): Side =>
    name === undefined
      ? { ...extra }
      : {
          accountKey: key('acc', name),
          holderKey: key('par', name),
          bank: institution,
          coverage: 'full_account',
          kind: 'person',
          ...extra,
        };
  return {
    institution,
    id,
    version,
    op,
    kind: 'transfer',
    rail: 'us_on_us',
    channel: 'mobile',
    instrument: 'account',
    status: 'completed',
    settled: { minor: String(usdMinor), ccy: 'USD' },
    occurredAt: eventTime,
    ...sketch.row,
    stamp: {
      eventTime,
      precision: 'second',
      localOffsetMin: 0,
      offsetSource: 'institution',
      amountMinor: String(usdMinor),
      ccy: 'USD',
      usdMinor,
      mxnMinor: null,
      cadMinor: null,
      rateId: null,
      wageMilli: null,
      wageTable: null,
      nightNormMilli: null,
      debtor: side(from, sketch.debtor),
      creditor: side(to, sketch.creditor),
      textClasses: [],
      lists: [],
      provided: 'test@1',
      lexiconVersion: '1',
      listVersion: '1',
      submissionId: 'sub_test',
      line: 1,
      pseudonymKeyId: 'test',
      ...sketch.stamp,
    },
  };
}
