import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { blockBytes } from '../../../../pipelines/facts/block.ts';
import { CheckpointIn, CheckpointOut } from '../../../../pipelines/recovery/checkpoint-image.ts';
import { finished } from '../../../../rules/compiler/index.ts';
import { documentAt, documentPlaces } from '../../../../schemas/block-documents.ts';
import { type DiskColdFile, openColdFile } from '../../../../services/state/disk-cold-file.ts';
import { BlockSpool } from '../../../../services/worker/block-spool.ts';
import { sourceOf } from '../../../support/checkpoints.ts';
import { simulatedRows } from '../../../support/fact-rows.ts';

const rows = simulatedRows(3, 60, 28);
/** By offset: blocks of different rows, one of them far into what holds it. */
const blocks = new Map(
  [0, 7, 9].map((offset, at) => {
    const some = rows.slice(10 * at, 10 * at + 12);
    const block = blockBytes(some.map((row) => ({ ...row, revision: 0, blockOffset: 0 })));
    const held = new Uint8Array(block.length + at);
    held.set(block, at);
    return [offset, { some, block: held.subarray(at) }] as const;
  }),
);

let folder: string;
let file: DiskColdFile;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rastro-spool-'));
  file = openColdFile(folder, 'blocks', { inParts: true });
});
afterEach(() => {
  file.close();
  rmSync(folder, { recursive: true, force: true });
});

function filled(): BlockSpool {
  const spool = new BlockSpool(file);
  for (const [offset, { block }] of blocks) spool.add(offset, block);
  return spool;
}

function expectAll(spool: BlockSpool): void {
  for (const [offset, { some, block }] of blocks) {
    const places = documentPlaces(block);
    const read = (start: number, length: number) => spool.readPart(offset, start, length);
    expect(some.map((_, row) => documentAt(row, places, read))).toEqual(
      JSON.parse(JSON.stringify(some.map(({ tx }) => tx))),
    );
  }
}

describe('a spool of blocks', () => {
  test('gives back every document, and takes less than the blocks', () => {
    const spool = filled();
    expectAll(spool);
    expect(spool.bytes).toBeLessThan([...blocks.values()].reduce((sum, { block }) => sum + block.length, 0));
    const { bytes } = spool;
    for (const [offset, { block }] of blocks) spool.add(offset, block);
    expect(spool.bytes).toBe(bytes);
  });

  test('goes on from a checkpoint', () => {
    const pieces: Uint8Array[] = [];
    finished(filled().save(new CheckpointOut({ write: (bytes) => pieces.push(bytes.slice()) })));
    const spool = new BlockSpool(file);
    spool.load(new CheckpointIn(sourceOf(Buffer.concat(pieces))));
    expectAll(spool);
  });

  test('knows nothing of a block beside its documents, nor of other blocks', () => {
    const spool = filled();
    const { block } = blocks.get(7) as { block: Uint8Array };
    const { offsetsAt } = documentPlaces(block);
    expect(() => spool.readPart(7, offsetsAt - 1, 4)).toThrow(RangeError);
    expect(() => spool.readPart(7, block.length - 1, 2)).toThrow(RangeError);
    expect(() => spool.readPart(8, offsetsAt, 4)).toThrow(RangeError);
  });

  test('keeps nothing that is no block', () => {
    const spool = new BlockSpool(file);
    expect(() => spool.add(1, new Uint8Array(300).fill(7))).toThrow(
      expect.objectContaining({ code: 'RAS-ENGINE-BLOCK-CORRUPT' }),
    );
    expect(spool.bytes).toBe(0);
  });
});
