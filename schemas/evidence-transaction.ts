/**
 * A transaction as evidence: what an alert tells of it, and nothing else. It travels with the signals that rest on it, so that
 * whoever composes need not hold the row (`signal-messages.ts`).
 */
import { z } from 'zod';
import { CHANNELS, INSTRUMENTS, KINDS, PARTY_KINDS, PRECISIONS, RAILS, STATUSES } from './enumerations.ts';
import { epochMs, identifier, LIMITS, money } from './identity.ts';
import type { Side, Transaction } from './transaction.ts';

const list = <T extends z.ZodType>(item: T) => z.array(item).max(LIMITS.LIST_ITEMS);

const side = z.strictObject({
  accountKey: z.string().optional(),
  holderKey: z.string().optional(),
  bank: identifier.optional(),
  kind: z.enum(PARTY_KINDS).optional(),
  country: z.string().optional(),
  survivorSafe: z.boolean().optional(),
});

const party = z.strictObject({ holders: list(z.strictObject({ ref: z.string() })).optional() });

export const evidenceTransaction = z.strictObject({
  institution: identifier,
  id: identifier,
  version: z.int(),
  op: z.enum(['put', 'withdraw']),
  kind: z.enum(KINDS),
  rail: z.enum(RAILS),
  channel: z.enum(CHANNELS),
  instrument: z.enum(INSTRUMENTS),
  status: z.enum(STATUSES),
  balanceAfter: money.optional(),
  refs: z.strictObject({ endToEndId: z.string().optional(), uetr: z.string().optional() }).optional(),
  conductors: list(z.strictObject({ ref: z.string(), isHolder: z.boolean().optional() })).optional(),
  beneficiaries: list(z.strictObject({ ref: z.string() })).optional(),
  card: z.strictObject({ merchantId: z.string().optional() }).optional(),
  places: list(z.strictObject({ country: z.string().optional() })).optional(),
  debtor: party.optional(),
  creditor: party.optional(),
  stamp: z.strictObject({
    eventTime: epochMs,
    precision: z.enum(PRECISIONS),
    amountMinor: z.string(),
    ccy: z.string(),
    provided: z.string(),
    debtor: side,
    creditor: side,
  }),
});
export type EvidenceTransaction = z.infer<typeof evidenceTransaction>;
export type EvidenceSide = EvidenceTransaction['stamp']['debtor'];

function sideOf({ accountKey, holderKey, bank, kind, country, survivorSafe }: Side): EvidenceSide {
  return {
    ...(accountKey === undefined ? {} : { accountKey }),
    ...(holderKey === undefined ? {} : { holderKey }),
    ...(bank === undefined ? {} : { bank }),
    ...(kind === undefined ? {} : { kind }),
    ...(country === undefined ? {} : { country }),
    ...(survivorSafe === undefined ? {} : { survivorSafe }),
  };
}

function partyOf(given: Transaction['debtor']): EvidenceTransaction['debtor'] {
  if (given?.holders === undefined) return undefined;
  return { holders: given.holders.map(({ ref }) => ({ ref })) };
}

function referencesOf({ refs }: Transaction): EvidenceTransaction['refs'] {
  if (refs?.endToEndId === undefined && refs?.uetr === undefined) return undefined;
  return {
    ...(refs.endToEndId === undefined ? {} : { endToEndId: refs.endToEndId }),
    ...(refs.uetr === undefined ? {} : { uetr: refs.uetr }),
  };
}

/** What of a transaction is evidence. */
export function evidenceTransactionOf(tx: Transaction): EvidenceTransaction {
  const { institution, id, version, op, kind, rail, channel, instrument, status, stamp } = tx;
  const refs = referencesOf(tx);
  const places = tx.places?.flatMap(({ country }) => (country === undefined ? [] : [{ country }]));
  const debtor = partyOf(tx.debtor);
  const creditor = partyOf(tx.creditor);
  const merchantId = tx.card?.merchantId;
  return {
    institution,
    id,
    version,
    op,
    kind,
    rail,
    channel,
    instrument,
    status,
    ...(tx.balanceAfter === undefined ? {} : { balanceAfter: tx.balanceAfter }),
    ...(refs === undefined ? {} : { refs }),
    ...(tx.conductors === undefined
      ? {}
      : {
          conductors: tx.conductors.map(({ ref, isHolder }) => ({
            ref,
            ...(isHolder === undefined ? {} : { isHolder }),
          })),
        }),
    ...(tx.beneficiaries === undefined
      ? {}
      : { beneficiaries: tx.beneficiaries.map(({ ref }) => ({ ref })) }),
    ...(merchantId === undefined ? {} : { card: { merchantId } }),
    ...(places === undefined ? {} : { places }),
    ...(debtor === undefined ? {} : { debtor }),
    ...(creditor === undefined ? {} : { creditor }),
    stamp: {
      eventTime: stamp.eventTime,
      precision: stamp.precision,
      amountMinor: stamp.amountMinor,
      ccy: stamp.ccy,
      provided: stamp.provided,
      debtor: sideOf(stamp.debtor),
      creditor: sideOf(stamp.creditor),
    },
  };
}
