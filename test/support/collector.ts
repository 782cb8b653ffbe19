/**
 * A collector who is nobody's neighbour: three people at two banks send him what they earn, and the partitions of all of their
 * accounts are others than his. Pseudonyms are those of `testKeys`.
 */
import { canonicaliseParty } from '../../pipelines/ingest/party-record.ts';
import { partitionsOfSlots, slotOfKey } from '../../pipelines/partition/slots.ts';
import type { PartyRecordInput } from '../../schemas/party.ts';
import { type TransactionInput, transactionInput } from '../../schemas/transaction.ts';
import { testContext } from './ingest.ts';

/** Partitions among which they are apart. */
export const COLLECTOR_PARTITIONS = 4;
const HOUR = 3_600_000;
const START = Date.UTC(2026, 0, 5, 12);

const partitionOf = partitionsOfSlots(COLLECTOR_PARTITIONS);
const partyOf = (name: string, bank: string): PartyRecordInput => ({
  institution: bank,
  ref: name,
  refScheme: 'rfc',
  kind: 'person',
  surnames: ['Prueba', name],
  accounts: [{ scheme: 'none', token: `acc-${name}`, bank, coverage: 'full_account' }],
});

/** Partitions of a person and of the account. */
function placesOf(name: string, bank: string): number[] {
  const { pseudonyms } = testContext();
  const party = canonicaliseParty(partyOf(name, bank), pseudonyms);
  if (!party.ok) throw new Error('not a party');
  const { partyKey, accounts } = party.record;
  return [partyKey, ...accounts.map(({ token }) => token)].map(
    (key) => partitionOf[slotOfKey(key)] as number,
  );
}

/** The first names of a kind whose partitions are as asked for. */
function named(
  prefix: string,
  bank: string,
  count: number,
  fits: (places: readonly number[]) => boolean,
): string[] {
  const found: string[] = [];
  for (let i = 0; found.length < count; i++)
    if (fits(placesOf(`${prefix}${i}`, bank))) found.push(`${prefix}${i}`);
  return found;
}

function transfer(
  id: string,
  from: [string, string],
  to: [string, string],
  at: number,
  amount: string,
): TransactionInput[] {
  const side = ([name, bank]: [string, string]) => ({
    account: { scheme: 'none', token: `acc-${name}`, bank },
  });
  const reporters = [...new Set([from[1], to[1]])];
  return reporters.map((institution) =>
    transactionInput.parse({
      institution,
      id: `${institution}-${id}`,
      kind: 'transfer',
      rail: 'spei',
      channel: 'mobile',
      instrument: 'account',
      occurredAt: new Date(at).toISOString(),
      offsetSource: 'institution',
      settled: { amount, ccy: 'MXN' },
      debtor: side(from),
      creditor: side(to),
      ...(reporters.length > 1 ? { refs: { endToEndId: `e2e-${id}` } } : {}),
    }),
  );
}

export interface CollectorScene {
  readonly parties: readonly PartyRecordInput[];
  readonly rows: readonly TransactionInput[];
  /** Partitions of the collector and his account, and of all of the feeders and theirs. */
  readonly his: ReadonlySet<number>;
  readonly theirs: ReadonlySet<number>;
}

export function collectorScene(): CollectorScene {
  const collector = named('c', 'bank-b', 1, () => true)[0] as string;
  const his = new Set(placesOf(collector, 'bank-b'));
  const away = (places: readonly number[]) => places.every((place) => !his.has(place));
  const feeders: [string, string][] = [
    ...named('f', 'bank-a', 2, away).map((name): [string, string] => [name, 'bank-a']),
    ...named('g', 'bank-b', 1, away).map((name): [string, string] => [name, 'bank-b']),
  ];
  const payers = Array.from({ length: 3 }, (_, i): [string, string] => [`p${i}`, 'bank-a']);
  const people = [...feeders, ...payers, [collector, 'bank-b'] as [string, string]];
  const rows: TransactionInput[] = [];
  feeders.forEach((feeder, f) => {
    payers.forEach((payer, i) => {
      rows.push(...transfer(`in-${f}-${i}`, payer, feeder, START + (24 * f + i) * HOUR, '2000.00'));
      rows.push(
        ...transfer(
          `out-${f}-${i}`,
          feeder,
          [collector, 'bank-b'],
          START + (24 * f + i + 6) * HOUR,
          '1900.00',
        ),
      );
    });
  });
  return {
    parties: people.map(([name, bank]) => partyOf(name, bank)),
    rows,
    his,
    theirs: new Set(feeders.flatMap(([name, bank]) => placesOf(name, bank))),
  };
}
