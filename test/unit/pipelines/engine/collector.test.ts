/**
 * A collector who is nobody's neighbour: three people at two banks send him what they earn, and the partitions of all of their
 * accounts are others than his. One alert, the same in one worker and in four.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { canonicaliseParty } from '../../../../pipelines/ingest/party-record.ts';
import { partitionsOfSlots, slotOfKey } from '../../../../pipelines/partition/slots.ts';
import type { PartyRecordInput } from '../../../../schemas/party.ts';
import { type TransactionInput, transactionInput } from '../../../../schemas/transaction.ts';
import { type Knowledge, loadKnowledge } from '../../../../services/workspace/knowledge.ts';
import { testContext } from '../../../support/ingest.ts';
import { arriving, engineLines, partitionedLines, SOME_FEED } from '../../../support/partition-play.ts';
import type { Item } from '../../../support/play.ts';
import { SUBMITTING, writeSmallRules } from '../../../support/small-world.ts';

const WORKERS = 4;
const HOUR = 3_600_000;
const START = Date.UTC(2026, 0, 5, 12);
const folder = mkdtempSync(join(tmpdir(), 'rastro-test-'));
let knowledge: Knowledge;

beforeAll(async () => {
  knowledge = await loadKnowledge({ rulesDir: writeSmallRules(folder) });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const partitionOf = partitionsOfSlots(WORKERS);
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

test('three feeders at two banks, none in the partition of the collector: one alert, by one worker and by four', async () => {
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
  const items: Item[] = [
    ...people.map(([name, bank]) => ({ party: partyOf(name, bank) })),
    ...rows.map((row) => ({ row })),
  ];
  const arrives = arriving(items, SUBMITTING, knowledge.reference);
  const one = await engineLines(knowledge, SOME_FEED, arrives);
  const alerts = (lines: readonly string[]) => lines.filter((line) => line.includes(' alt_'));
  expect(alerts(one).length).toBe(1);
  for (const partitions of [1, WORKERS]) {
    const tally = { signals: 0, alerts: 0 };
    const play = { knowledge, partitions, deaths: 0, seed: 1, partBytes: 4_096, isRebuilt: false };
    expect(await partitionedLines(play, SOME_FEED, arrives, tally)).toEqual(one);
    expect(tally.alerts).toBe(1);
  }
  // Messages of which not one fits whole: less is said, and nothing stops.
  const tally = { signals: 0, alerts: 0 };
  const small = { knowledge, partitions: WORKERS, deaths: 0, seed: 1, isRebuilt: true };
  await partitionedLines({ ...small, partBytes: 2_048, parts: 1 }, SOME_FEED, arrives, tally);
  expect(tally.signals).toBeGreaterThan(0);
});
