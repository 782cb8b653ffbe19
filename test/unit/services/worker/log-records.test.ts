import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { OUTCOME } from '../../../../pipelines/detect/hot/row-ledger.ts';
import { blockBytes } from '../../../../pipelines/facts/block.ts';
import { canonicaliseParty } from '../../../../pipelines/ingest/party-record.ts';
import type { PartyRecordInput } from '../../../../schemas/party.ts';
import { logRecordRow } from '../../../../services/worker/log-records.ts';
import { encodeReference } from '../../../../services/workspace/reference-record.ts';
import { encodeWatermark } from '../../../../services/workspace/watermark-record.ts';
import { anyRow } from '../../../support/fact-rows.ts';
import { testContext } from '../../../support/ingest.ts';
import { smallParties } from '../../../support/small-world.ts';

const at = (value: Uint8Array | null) => ({ partition: 2, offset: 17, value });
const PLACE = { log: 'transactions', partition: 2, block_offset: 17, revision: 0 };
/** A row with every field is large; what is looked at here are few of them. */
const RUNS = { numRuns: 20 };
const NO_ROWS = { institutions: [], ids: [], versions: [], hashes: [] };

describe('what a record held', () => {
  test('rows that were taken in, late ones among them, in their order; not duplicates, not contradictions', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(anyRow, fc.constantFrom(...Object.values(OUTCOME))), {
          minLength: 1,
          maxLength: 20,
        }),
        (rows) => {
          const block = blockBytes(rows.map(([row]) => ({ ...row, revision: 0, blockOffset: 0 })));
          const kept = rows.filter(([, outcome]) => outcome === OUTCOME.OK || outcome === OUTCOME.LATE);
          const outcomes = Uint8Array.from(rows, ([, outcome]) => outcome);
          expect(logRecordRow('transactions', at(block), 'copies', outcomes)).toEqual({
            ...PLACE,
            kind: 'copies',
            institutions: kept.map(([{ tx }]) => tx.institution),
            ids: kept.map(([{ tx }]) => tx.id),
            versions: kept.map(([{ tx }]) => tx.version),
            hashes: kept.map(([{ hash }]) => hash.slice(0, 16)),
            doc: '',
          });
        },
      ),
      RUNS,
    );
  });

  test('other records as they are, but for parties; nothing of one that could not be read', () => {
    const declarations = [{ institution: 'b', fromMs: 0 }];
    const [input] = smallParties();
    const party = canonicaliseParty(input as PartyRecordInput, testContext().pseudonyms);
    if (!party.ok) throw new Error(JSON.stringify(party.rejects));
    const reference = encodeReference({ declarations, parties: [party.record] });
    expect(logRecordRow('transactions', at(reference), 'reference', undefined)).toEqual({
      ...PLACE,
      ...NO_ROWS,
      kind: 'reference',
      doc: Buffer.from(encodeReference({ declarations })).toString(),
    });
    const watermark = encodeWatermark({ timeMs: 5, institution: null });
    expect(logRecordRow('transactions', at(watermark), 'watermark', undefined).doc).toBe(
      Buffer.from(watermark).toString(),
    );
    for (const [value, kind] of [
      [Buffer.from('?'), undefined],
      [null, 'transactions'],
    ] as const)
      expect(logRecordRow('transactions', at(value), kind, undefined)).toEqual({
        ...PLACE,
        ...NO_ROWS,
        kind: '',
        doc: '',
      });
  });
});
