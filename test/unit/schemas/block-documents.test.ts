import { describe, expect, test } from 'vitest';
import { blockBytes } from '../../../pipelines/facts/block.ts';
import { documentAt, documentPlaces, parseDocument } from '../../../schemas/block-documents.ts';
import { simulatedRows } from '../../support/fact-rows.ts';

const corrupt = expect.objectContaining({ code: 'RAS-ENGINE-BLOCK-CORRUPT' });
const rows = simulatedRows(3, 60, 28);
const block = blockBytes(rows.map((row) => ({ ...row, revision: 0, blockOffset: 4 })));
const partOf =
  (bytes: Uint8Array) =>
  (start: number, length: number): Uint8Array =>
    bytes.slice(start, start + length);
const documentsOf = (bytes: Uint8Array) => {
  const places = documentPlaces(bytes);
  return rows.map((_, row) => documentAt(row, places, partOf(bytes)));
};
const all = JSON.parse(JSON.stringify(rows.map(({ tx }) => tx)));

describe('documents lie', () => {
  test('where the places of their block say', () => {
    expect(rows.length).toBeGreaterThan(50);
    expect(documentsOf(block)).toEqual(all);
  });

  test.each([1, 4, 7])('there also if the block begins %d bytes into what holds it', (shift) => {
    const held = new Uint8Array(block.length + shift);
    held.set(block, shift);
    expect(documentsOf(held.subarray(shift))).toEqual(all);
  });

  test('and two small parts are read for one', () => {
    const places = documentPlaces(block);
    const lengths: number[] = [];
    documentAt(7, places, (start, length) => {
      lengths.push(length);
      return partOf(block)(start, length);
    });
    expect(lengths).toEqual([8, Buffer.byteLength(JSON.stringify(rows[7]?.tx))]);
  });
});

describe('refused as corrupt', () => {
  test.each([
    ['nothing', new Uint8Array(0)],
    ['bytes that are no block', new Uint8Array(256).fill(0xff)],
    ['half a block', block.slice(0, block.length >>> 1)],
  ])('%s', (_what, bytes) => {
    expect(() => documentPlaces(bytes)).toThrow(corrupt);
  });

  test.each([
    ['before the texts', -8, 20],
    ['nowhere', 20, 20],
    ['backwards', 40, 20],
  ])('offsets that lead %s', (_where, start, end) => {
    const offsets = new Uint8Array(Int32Array.of(start, end).buffer);
    expect(() => documentAt(0, { offsetsAt: 0, textsAt: 8 }, () => offsets)).toThrow(corrupt);
  });

  test('a document that is no JSON', () => {
    expect(() => parseDocument(Buffer.from('{"id":'))).toThrow(corrupt);
    const places = documentPlaces(block);
    const shifted = { ...places, textsAt: places.textsAt + 1 };
    expect(() => documentAt(0, shifted, partOf(block))).toThrow(corrupt);
  });
});
