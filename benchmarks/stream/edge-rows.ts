/** Rows of the stream as a bank would hand them in: the canonical NDJSON line, one object a row. */
import type { Side, Transaction } from '../../schemas/transaction.ts';

const MINUTE_MS = 60_000;
const MINOR_DIGITS = 2;

function decimal(minor: string): string {
  const digits = minor.padStart(MINOR_DIGITS + 1, '0');
  return `${digits.slice(0, -MINOR_DIGITS)}.${digits.slice(-MINOR_DIGITS)}`;
}

function momentText({ eventTime, localOffsetMin, precision }: Transaction['stamp']): string {
  const offset = localOffsetMin ?? 0;
  const local = new Date(eventTime + offset * MINUTE_MS).toISOString();
  if (precision === 'day') return new Date(eventTime).toISOString().slice(0, 10);
  const minutes = Math.abs(offset);
  const two = (value: number): string => String(value).padStart(2, '0');
  const zone = `${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
  return `${local.slice(0, -1)}${zone}`;
}

function partyOf(side: Side): object | undefined {
  if (side.accountKey === undefined && side.kind === undefined) return undefined;
  const { accountKey, holderKey, bank, product, kind, country } = side;
  return {
    ...(accountKey === undefined
      ? {}
      : {
          account: {
            scheme: 'institution',
            token: accountKey,
            ...(bank === undefined ? {} : { bank }),
            ...(product === undefined ? {} : { product }),
          },
        }),
    ...(holderKey === undefined ? {} : { holders: [{ ref: holderKey, refScheme: 'document' }] }),
    ...(kind === undefined ? {} : { kind }),
    ...(country === undefined ? {} : { country }),
  };
}

/** The row as a line, without its line end. Keys are in one order, as an export writes them. */
export function edgeLine(tx: Transaction): string {
  const { stamp, mto } = tx;
  const moment = (time: number): string => new Date(time).toISOString();
  return JSON.stringify({
    institution: tx.institution,
    id: tx.id,
    version: tx.version,
    op: tx.op,
    kind: tx.kind,
    rail: tx.rail,
    channel: tx.channel,
    instrument: tx.instrument,
    status: tx.status,
    occurredAt: momentText(stamp),
    settled: { amount: decimal(stamp.amountMinor), ccy: stamp.ccy },
    debtor: partyOf(stamp.debtor),
    creditor: partyOf(stamp.creditor),
    purpose: tx.purpose,
    refs: tx.refs,
    reverses: tx.reverses,
    conductors: tx.conductors,
    places: tx.places,
    terminal: tx.terminal,
    card: tx.card,
    mto: mto && {
      ...mto,
      ...(mto.sentAt === undefined ? {} : { sentAt: moment(mto.sentAt) }),
      ...(mto.paidAt === undefined ? {} : { paidAt: moment(mto.paidAt) }),
    },
    lodging: tx.lodging,
    travel: tx.travel,
  });
}
