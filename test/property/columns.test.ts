/**
 * Ingest into columns against ingest through documents: the same rejects, the same blocks byte for byte (documents, hashes,
 * facts, members), and the same vault entries in the same order; on feeds of every shipped mapping of transactions, whole and
 * broken, and on simulated ones with everything a bank knows of its customers. Mappings of parties make no blocks.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { canonicaliseParty } from '../../pipelines/ingest/party-record.ts';
import { csvLines, ndjsonLines, TRANSACTION_COLUMNS } from '../../pipelines/simulate/formats.ts';
import { simulate } from '../../pipelines/simulate/simulate.ts';
import { decodeBlock } from '../../schemas/arrow.ts';
import type { PartyRecord } from '../../schemas/party.ts';
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

/** A month of a small town, and what its banks know. */
function simulated(seed: number) {
  const { transactions, parties } = simulate({ seed, days: 28, transactions: 1_000 });
  const { pseudonyms } = testContext();
  const records: PartyRecord[] = [];
  for (const party of parties) {
    const result = canonicaliseParty(party, pseudonyms);
    if (result.ok) records.push(result.record);
  }
  return { rows: [...transactions], parties: records };
}

for (const [format, lines] of [
  ['NDJSON', (rows: readonly object[]) => [...ndjsonLines(rows)]],
  ['CSV', (rows: readonly object[]) => [...csvLines(rows, TRANSACTION_COLUMNS)]],
] as const) {
  it(`makes of a simulated feed in ${format} what its documents make`, async () => {
    const mapping = await loadMapping('canonical');
    const { rows, parties } = simulated(1);
    const feed = { content: lines(rows).join(''), mapping, parties };
    const columns = await expectBoth(feed, 500);
    expect(columns.rows).toBeGreaterThan(500);
    expect(columns.composed).toBeGreaterThan(columns.rows * 0.9);
  }, 180_000);
}
