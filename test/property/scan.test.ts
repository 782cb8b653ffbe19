/**
 * Scanners against the libraries: the same outcomes for the same bytes, rows and rejects, however the bytes are cut into
 * chunks. Lines come from real feeds in miniature, repeated so that their layouts are learned, and then broken.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodeFeed, decodeParties } from '../../pipelines/ingest/decode.ts';
import type { Outcome } from '../../pipelines/ingest/outcome.ts';
import { CELL, hashOf } from '../../pipelines/ingest/scan/cells.ts';
import { learnLayout } from '../../pipelines/ingest/scan/json-layout.ts';
import { lineScan, objectScan, type Step } from '../../pipelines/ingest/scan/scan-code.ts';
import { programOf, runProgram } from '../../pipelines/ingest/scan/step-program.ts';
import type { Mapping } from '../../schemas/mapping.ts';
import { loadMapping } from '../../services/feeds/mappings.ts';
import {
  broken,
  bytesOf,
  CANONICAL,
  change,
  changed,
  chunkBytes,
  FILES,
  picks,
} from '../support/broken-feeds.ts';
import { sourceOf } from '../support/feed-text.ts';

async function outcomes(
  text: Uint8Array,
  mapping: Mapping,
  decoding: 'scanners' | 'libraries',
  chunkBytes: number,
): Promise<string[]> {
  const options = { source: sourceOf(text, chunkBytes), mapping, decoding, institution: 'bank-1' };
  const batches = mapping.kind === 'parties' ? decodeParties(options) : decodeFeed(options);
  const all: Outcome<unknown>[] = [];
  for await (const batch of batches) all.push(...batch);
  // As text, so that the order of members counts too.
  return all.map((outcome) =>
    JSON.stringify(outcome, (_key, value: unknown) =>
      value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value,
    ),
  );
}

async function expectSame(
  text: string | Uint8Array,
  mapping: Mapping,
  chunkBytes: number,
): Promise<string[]> {
  const bytes = typeof text === 'string' ? bytesOf(text) : text;
  const fast = await outcomes(bytes, mapping, 'scanners', chunkBytes);
  expect(fast).toEqual(await outcomes(bytes, mapping, 'libraries', 1_000_000));
  return fast;
}

for (const [name, mappingOf, head, lines] of FILES) {
  it(`reads ${name} as the libraries do, whatever happens to its bytes`, async () => {
    const mapping = await mappingOf();
    const top = head.map((line) => `${line}\n`).join('');
    const good = await expectSame(`${top}${lines.join('\n')}\n${lines.join('\n')}\n`, mapping, 64);
    expect(good.filter((outcome) => outcome.startsWith('{"kind":"row"')).length).toBeGreaterThan(1);
    await fc.assert(
      fc.asyncProperty(picks, chunkBytes, async (chosen, bytes) => {
        await expectSame(top + broken(lines, chosen), mapping, bytes);
      }),
      { numRuns: 120 },
    );
  });
}

it('hands most lines of these files to the scanners', async () => {
  for (const [name, mappingOf, head, lines] of FILES) {
    const mapping = await mappingOf();
    if (mapping.kind === 'parties') continue;
    let scanned = 0;
    let rows = 0;
    const plain = lines.filter(
      (line) => /^[ -~]*$/.test(line) && (line.startsWith('{') || !line.includes('"')),
    );
    const text = [...head, ...Array.from({ length: 50 }, () => plain).flat()].join('\n');
    const source = sourceOf(bytesOf(`${text}\n`));
    const onRecords = (_records: number, byScanners: number): void => {
      scanned = byScanners;
    };
    for await (const batch of decodeFeed({ source, mapping, onRecords, institution: 'bank-1' })) {
      rows += batch.filter((outcome) => outcome.kind === 'row').length;
    }
    expect(rows).toBeGreaterThan(50);
    expect([name, scanned / rows > 0.97]).toEqual([name, true]);
  }
});

it('is cut at every byte with the same result', async () => {
  const mapping = await loadMapping('canonical');
  const text = `${CANONICAL.join('\n')}\n${CANONICAL.join('\r\n')}`;
  for (let bytes = 1; bytes <= 64; bytes++) await expectSame(text, mapping, bytes);
});

it('reads bytes of no encoding as the libraries do', async () => {
  const mapping = await loadMapping('canonical');
  const line = Buffer.from(`${CANONICAL[0]}\n${CANONICAL[0]}\n${CANONICAL[0]}\n`);
  await fc.assert(
    fc.asyncProperty(fc.nat(line.length - 1), fc.nat(255), async (at, byte) => {
      const bytes = Buffer.from(line);
      bytes[at] = byte;
      await expectSame(bytes, mapping, 1_000_000);
    }),
    { numRuns: 300 },
  );
});

/** Any object that JSON can write without an escape. */
const key = fc.stringMatching(/^[a-z]{1,6}$/);
const scalar = fc.oneof(
  fc.stringMatching(/^[ -!#-[\]-~]{0,12}$/),
  fc.integer(),
  fc.boolean(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constant(null),
);
const tree = fc.letrec((tie) => ({
  value: fc.oneof({ depthSize: 'small' }, scalar, tie('object'), fc.array(tie('value'), { maxLength: 3 })),
  object: fc.dictionary(key, tie('value'), { maxKeys: 6 }),
}));

it('finds in any object of a learned layout the cells that are there, generated or run as a program', () => {
  let learned = 0;
  fc.assert(
    fc.property(
      tree.object,
      fc.constantFrom(0, 1, 2),
      fc.array(change, { maxLength: 1 }),
      (object, blanks, changes) => {
        const text = JSON.stringify(object, null, blanks).replaceAll('\n', ' ');
        const bytes = Buffer.from(text);
        const layout = learnLayout(bytes, 0, bytes.length);
        if (layout === null) return;
        learned += 1;
        const steps: Step[] = layout.literals.map((literal, i) => {
          const slot = layout.slots[i];
          return { literal, value: slot === undefined ? null : { kind: slot.kind, cell: i } };
        });
        const other = Buffer.from(changes.reduce(changed, text));
        const view = new DataView(other.buffer, other.byteOffset, other.byteLength);
        const [cells, again] = [new Int32Array(3 * CELL * 512), new Int32Array(3 * CELL * 512)];
        const end = objectScan(steps)(other, view, 0, other.length, cells);
        expect(runProgram(programOf(steps), other, view, 0, other.length, again)).toBe(end);
        if (changes.length === 0)
          expect(end === -1).toBe(/\d{16}/.test(text.replace(/"[^"]*"/g, '').replaceAll('.', '')));
        if (end === -1) return;
        expect(end).toBe(other.length);
        expect(again).toEqual(cells);
        const parsed: unknown = JSON.parse(other.toString());
        for (const { index, path, kind } of layout.slots) {
          const [from, to, hash] = cells.subarray(index * CELL, index * CELL + CELL) as unknown as [
            number,
            number,
            number,
          ];
          const value = path.reduce(
            (at: unknown, part) => (at as Record<string | number, unknown>)[part],
            parsed,
          );
          const read = other.toString('latin1', from, to);
          expect(kind === 'text' ? read : JSON.parse(read)).toBe(value);
          expect(hash).toBe(hashOf(other, from, to));
        }
      },
    ),
    { numRuns: 2_000 },
  );
  expect(learned).toBeGreaterThan(300);
});

it('cuts a line where a split cuts it', () => {
  const line = fc.array(fc.constantFrom('a', 'b1', ',', ',', ' ', ';', '', 'ñ', '\0', '"'), {
    maxLength: 20,
  });
  fc.assert(
    fc.property(line, fc.integer({ min: 1, max: 8 }), (pieces, width) => {
      const bytes = Buffer.from(pieces.join(''));
      const cells = new Int32Array(width * CELL);
      const columns = Array.from({ length: width }, (_, i) => (i % 3 === 2 ? null : i));
      const end = lineScan(44, columns)(bytes, new DataView(new ArrayBuffer(0)), 0, bytes.length, cells);
      const fields = bytes.toString().split(',');
      const plain = bytes.every((byte) => byte > 0 && byte < 128);
      expect(end).toBe(plain && fields.length === width ? bytes.length : -1);
      if (end === -1) return;
      for (const column of columns) {
        if (column === null) continue;
        const [from = 0, to = 0, hash] = cells.subarray(column * CELL, column * CELL + CELL);
        expect(bytes.toString('latin1', from, to)).toBe(fields[column]);
        expect(hash).toBe(hashOf(bytes, from, to));
      }
    }),
    { numRuns: 1_000 },
  );
});
