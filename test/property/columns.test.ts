/**
 * Ingest into columns against ingest through documents: the same rejects, the same blocks byte for byte (documents, hashes,
 * facts, members), and the same vault entries in the same order; on feeds of every shipped mapping of transactions, whole and
 * broken, and on simulated ones with everything a bank knows of its customers. Mappings of parties make no blocks.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { FactDictionary } from '../../pipelines/facts/dictionary.ts';
import { canonicaliseParty } from '../../pipelines/ingest/party-record.ts';
import { csvLines, ndjsonLines, TRANSACTION_COLUMNS } from '../../pipelines/simulate/formats.ts';
import { simulate } from '../../pipelines/simulate/simulate.ts';
import { decodeBlock } from '../../schemas/arrow.ts';
import { decodeFacts } from '../../schemas/block-facts.ts';
import { SPARSE_NAMES } from '../../schemas/facts.ts';
import { isNullColumn } from '../../schemas/null-columns.ts';
import type { PartyRecord, PartyRecordInput } from '../../schemas/party.ts';
import type { TransactionInput } from '../../schemas/transaction.ts';
import { loadMapping, shippedMappings } from '../../services/feeds/mappings.ts';
import { broken, bytesOf, chunkBytes, FILES, fixture, picks } from '../support/broken-feeds.ts';
import { type Feed, type Ingested, ingestColumns, ingestDocuments } from '../support/column-ingest.ts';
import { testContext } from '../support/ingest.ts';

const BLOCK_ROWS = 7;

function expectSame(columns: Ingested, documents: Ingested): void {
  expect(columns.others).toEqual(documents.others);
  expect(columns.vault).toEqual(documents.vault);
  expect(columns.blocks.length).toBe(documents.blocks.length);
  columns.blocks.forEach((block, i) => {
    const other = documents.blocks[i] as Uint8Array;
    if (Buffer.compare(block, other) === 0) return;
    // Rows say more than bytes do.
    expect(decodeBlock(block)).toEqual(decodeBlock(other));
    expect.fail(`block ${i} has the same documents and other columns`);
  });
}

async function expectBoth(feed: Feed, blockRows = BLOCK_ROWS): Promise<Ingested> {
  const documents = await ingestDocuments(feed, blockRows);
  const columns = await ingestColumns(feed, blockRows);
  expectSame(columns, documents);
  expectSame(await ingestColumns(feed, blockRows, { inputs: true }), documents);
  const early = await ingestColumns(feed, blockRows, { early: true });
  const rowsOf = ({ blocks }: Ingested) =>
    blocks.flatMap((block) => decodeBlock(block)).map(({ tx, hash }) => JSON.stringify([tx, hash]));
  expect(rowsOf(early)).toEqual(rowsOf(documents));
  return columns;
}

/** Lines of a fixed width have no scanner: every row comes as an edge row. */
const NACHA: (typeof FILES)[number] = [
  'nacha.txt',
  () => loadMapping('nacha'),
  [],
  fixture('nacha.txt').trimEnd().split('\n'),
];

const TESTED: string[] = [];

for (const [name, mappingOf, head, lines] of [...FILES, NACHA]) {
  if (name.includes('parties')) continue;
  it(`makes of ${name} what its documents make, whatever happens to its bytes`, async () => {
    const mapping = await mappingOf();
    TESTED.push(mapping.id);
    const top = head.map((line) => `${line}\n`).join('');
    const whole = `${top}${Array.from({ length: 4 }, () => lines.join('\n')).join('\n')}\n`;
    const good = await expectBoth({ content: bytesOf(whole), mapping, chunkBytes: 64 });
    expect(good.composed).toBeGreaterThan(good.rows / 2);
    await fc.assert(
      fc.asyncProperty(picks, chunkBytes, async (chosen, size) => {
        const content = bytesOf(top + broken(lines, chosen));
        await expectBoth({ content, mapping, chunkBytes: size });
      }),
      { numRuns: 30 },
    );
  });
}

it('leaves out no shipped mapping of transactions', async () => {
  for (const id of await shippedMappings())
    if ((await loadMapping(id)).kind !== 'parties') expect(TESTED).toContain(id);
});

const PLAIN_ROWS = 300;
const pay = (amount: string) => ({ amount, ccy: 'MXN' });
/** Groups and records that a simulated feed has seldom or never, laid over its rows and parties in turn. */
const MORE_OF_ROWS: readonly Partial<TransactionInput>[] = [
  {},
  {
    payroll: {
      employer: 'E-1',
      employee: 'W-1',
      payDate: '2026-01-15',
      periodFrom: '2026-01-01',
      periodTo: '2026-01-15',
      days: 12.5,
      gross: pay('3000.00'),
      net: pay('2100.50'),
    },
    statusReason: 'late',
  },
  {
    card: { recurring: true, merchantDescriptorClass: 'dating' },
    loan: {
      contractToken: 'L-1',
      lenderLicensed: false,
      principal: pay('9000.00'),
      outstanding: pay('12.00'),
    },
  },
  {
    cash: {
      in: [
        { ccy: 'MXN', face: '50', note: 'note', count: 7 },
        { ccy: 'MXN', face: '1000', note: 'note', count: 2 },
      ],
      out: [{ ccy: 'MXN', face: '500', note: 'note', count: 1 }],
    },
    telecom: { toppedUpToken: '+526641234567' },
  },
  {
    session: { deviceToken: 'D', ipToken: '10.0.0.1', ipCountry: 'MX', ipClass: 'vpn' },
    travel: {
      from: 'MX-TLA',
      to: 'MX-BCN',
      depart: '2026-01-05',
      passengers: ['P-1', 'P-2'],
      oneWay: true,
      bookedBy: 'P-3',
    },
    lodging: { checkIn: '2026-01-05', nights: 3, rooms: 2 },
  },
  {
    va: {
      chain: 'tron',
      asset: 'USDT',
      from: ['wa'],
      to: ['wb'],
      custody: 'unhosted',
      vaspFrom: 'desk',
      vaspTo: 'exchange',
      kioskId: 'K',
    },
    conductors: [{ ref: 'P-4', idRefused: true, ageBandAtEvent: '16_17', onBehalfOf: [{ ref: 'P-5' }] }],
    beneficiaries: [{ ref: 'P-6' }],
    employee: { token: 'T-1' },
  },
];
const MORE_OF_PARTIES: readonly Partial<PartyRecordInput>[] = [
  {},
  { occupation: 'police', pep: true, nameChanges: ['2024-01-05', '2026-01-10'] },
  {
    declaredMonthlyIn: { amount: '8000.00', ccy: 'MXN' },
    openingHours: [{ weekday: 4, opens: '18:00', closes: '03:00' }],
    incorporated: '2025-06-01',
  },
];

/** A month of a small town, and what its banks know. */
function simulated(seed: number, format: string) {
  const { transactions, parties } = simulate({ seed, days: 28, transactions: 1_000 });
  const { pseudonyms } = testContext();
  const records: PartyRecord[] = [];
  const given = [...parties];
  given.forEach((party, i) => {
    // A bank knows an employer by its own number for it: so whoever shares the owner is the employer here.
    const owned = {
      employers: [party.ref],
      beneficialOwners: [{ ref: 'O' }],
      refScheme: 'customer' as const,
    };
    const result = canonicaliseParty(
      { ...party, ...MORE_OF_PARTIES[i % 3], ...(i % 2 === 0 ? owned : {}) },
      pseudonyms,
    );
    if (!result.ok) throw new Error(JSON.stringify(result.rejects));
    records.push(result.record);
  });
  // The first rows of a feed have nothing of it: some of its blocks have no such column at all.
  const rows = [...transactions].map((row, i) =>
    // The columns of CSV are fewer.
    i < PLAIN_ROWS || format === 'CSV' ? row : { ...row, ...MORE_OF_ROWS[i % MORE_OF_ROWS.length] },
  );
  return { rows, parties: records };
}

for (const [format, lines] of [
  ['NDJSON', (rows: readonly object[]) => [...ndjsonLines(rows)]],
  ['CSV', (rows: readonly object[]) => [...csvLines(rows, TRANSACTION_COLUMNS)]],
] as const) {
  it(`makes of a simulated feed in ${format} what its documents make`, async () => {
    const mapping = await loadMapping('canonical');
    const { rows, parties } = simulated(1, format);
    const feed = { content: lines(rows).join(''), mapping, parties };
    const columns = await expectBoth(feed, 250);
    expect(columns.rows).toBeGreaterThan(500);
    expect(columns.composed).toBeGreaterThan(columns.rows * 0.9);
    // Every sparse column occurs, and not in every block.
    const met = columns.blocks.map((block) => {
      const facts = decodeFacts(block, new FactDictionary([1, 2]));
      return SPARSE_NAMES.filter((name) => !isNullColumn(facts.columns[name]));
    });
    const ever = new Set(met.flat());
    if (format === 'CSV') return;
    expect(SPARSE_NAMES.filter((name) => !ever.has(name))).toEqual([]);
    expect(met.some((names) => !names.includes('loanContract'))).toBe(true);
  }, 180_000);
}
