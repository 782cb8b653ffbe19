import fc from 'fast-check';
import { expect, test } from 'vitest';
import { membershipsOf } from '../../../../pipelines/detect/subjects.ts';
import type { FactRow } from '../../../../pipelines/facts/batch.ts';
import { blockBytes } from '../../../../pipelines/facts/block.ts';
import { canonicalise, transactionHash } from '../../../../pipelines/ingest/canonical.ts';
import { PROVIDABLE } from '../../../../pipelines/ingest/provided.ts';
import { ROUTER_LIMITS, type RoutedBlock, Router } from '../../../../pipelines/partition/router.ts';
import { partitionsOfSlots, slotOfKey } from '../../../../pipelines/partition/slots.ts';
import { decodeBlock } from '../../../../schemas/arrow.ts';
import type { SubjectKind } from '../../../../schemas/enumerations.ts';
import type { Transaction } from '../../../../schemas/transaction.ts';
import { testContext, testOrigin } from '../../../support/ingest.ts';
import { shuffled, smallRows } from '../../../support/small-world.ts';

const provided = new Set<string>(PROVIDABLE);

function rowsOf(seed: number, movements: number): FactRow[] {
  const context = testContext();
  return shuffled(smallRows(seed, movements, 60), seed).map((input) => {
    const canonical = canonicalise(input, testOrigin, context);
    if (!canonical.ok) throw new Error(JSON.stringify(canonical.rejects));
    return { tx: canonical.tx, hash: transactionHash(canonical.tx), provided };
  });
}

const blockOf = (rows: readonly FactRow[]): Uint8Array =>
  blockBytes(rows.map((row) => ({ ...row, revision: 0, blockOffset: 0 })));

/** The same said plainly, a document at a time. */
function plain(tx: Transaction, partitions: number, kinds: ReadonlySet<SubjectKind>) {
  const of = (key: string) => partitionsOfSlots(partitions)[slotOfKey(key)] as number;
  const { debtor, creditor } = tx.stamp;
  const primary = of(debtor.accountKey ?? creditor.accountKey ?? tx.id);
  const isPlain = tx.version === 1 && tx.op === 'put' && tx.reverses === undefined;
  const reached = isPlain
    ? membershipsOf(tx, kinds).map(({ key }) => of(key))
    : Array.from({ length: partitions }, (_, p) => p);
  return { primary, copies: new Set(reached.filter((p) => p !== primary)) };
}

const nameOf = (tx: Transaction) => `${tx.institution} ${tx.id} ${tx.version} ${transactionHash(tx)}`;

test('every row reaches the partitions of its subjects once, one of them as the primary one', () => {
  let copies = 0;
  fc.assert(
    fc.property(
      fc.record({
        seed: fc.nat(),
        movements: fc.integer({ min: 1, max: 40 }),
        partitions: fc.constantFrom(1, 2, 5, 16),
        kinds: fc.subarray<SubjectKind>(['account', 'holder', 'conductor', 'beneficiary'], { minLength: 1 }),
        cut: fc.integer({ min: 1, max: 50 }),
        blockRows: fc.constantFrom(3, 64, 4_096),
        closes: fc.boolean(),
      }),
      ({ seed, movements, partitions, kinds, cut, blockRows, closes }) => {
        const rows = rowsOf(seed, movements);
        const router = new Router({ partitions, kinds: new Set(kinds), blockRows });
        const blocks: RoutedBlock[] = [];
        for (let from = 0; from < rows.length; from += cut) {
          const { blocks: full, tooLarge } = router.route(blockOf(rows.slice(from, from + cut)));
          expect(tooLarge).toEqual([]);
          blocks.push(...full);
          if (closes) blocks.push(...router.close(from % partitions));
        }
        blocks.push(...router.close());
        expect(router.open.every((open) => open === 0)).toBe(true);
        const found = blocks.flatMap(({ partition, kind, rows: count, bytes }) => {
          const decoded = decodeBlock(bytes);
          expect(decoded.length).toBe(count);
          expect(count).toBeLessThanOrEqual(blockRows);
          return decoded.map(({ tx, hash }) => {
            expect(hash).toBe(transactionHash(tx));
            return `${kind} ${partition} ${nameOf(tx)}`;
          });
        });
        const wanted = rows.flatMap(({ tx }) => {
          const { primary, copies: others } = plain(tx, partitions, new Set(kinds));
          return [
            `transactions ${primary} ${nameOf(tx)}`,
            ...[...others].map((partition) => `copies ${partition} ${nameOf(tx)}`),
          ];
        });
        expect(found.sort()).toEqual(wanted.sort());
        expect(router.counts.rows).toBe(rows.length);
        expect(router.counts.rows + router.counts.copies).toBe(wanted.length);
        copies += router.counts.copies;
      },
    ),
    { numRuns: 30 },
  );
  expect(copies).toBeGreaterThan(100);
});

test('a partition gets its rows as the block that they would have been', () => {
  const rows = rowsOf(5, 40);
  const router = new Router({ partitions: 1, kinds: new Set<SubjectKind>(['account', 'conductor']) });
  router.route(blockOf(rows.slice(0, 20)));
  router.route(blockOf(rows.slice(20)));
  const [block] = router.close();
  expect(Buffer.from(block?.bytes ?? []).equals(Buffer.from(blockOf(rows)))).toBe(true);
});

test('no block is larger than a record, and a row that would be is handed back', () => {
  const rows = rowsOf(7, 60);
  const blockBytesMax = 48 * 1024;
  const router = new Router({
    partitions: 2,
    kinds: new Set<SubjectKind>(['account', 'holder']),
    blockBytes: blockBytesMax,
  });
  const blocks = [...router.route(blockOf(rows)).blocks, ...router.close()];
  expect(blocks.length).toBeGreaterThan(2);
  for (const { bytes } of blocks) expect(bytes.length).toBeLessThanOrEqual(blockBytesMax);
  const [first] = rows as [FactRow];
  const huge = {
    ...first,
    tx: { ...first.tx, id: 'huge', crypto: { price: 'x'.repeat(ROUTER_LIMITS.DOC_BYTES) } },
  } as FactRow;
  expect(router.route(blockOf([first, huge])).tooLarge).toEqual([1]);
});
