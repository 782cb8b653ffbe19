/**
 * The record scanner and the direct split against fast-csv on the whole text: the same rows, whatever the text and
 * however it is cut into chunks.
 */

import fc from 'fast-check';
import { CsvParserStream, ParserOptions } from 'fast-csv';
import { expect, it } from 'vitest';
import { oddFields, plainFields } from '../../pipelines/ingest/csv.ts';
import { RecordScanner, type ScannedRecord } from '../../pipelines/ingest/record-scanner.ts';

const DIALECT = { delimiter: ',', quote: '"' };

function byLibrary(text: string): Promise<string[][] | null> {
  return new Promise((resolve) => {
    const rows: string[][] = [];
    const parser = new CsvParserStream(new ParserOptions({ headers: false, ignoreEmpty: true }));
    parser.on('data', (row: string[]) => rows.push(row));
    parser.on('error', () => resolve(null));
    parser.on('end', () => resolve(rows));
    parser.end(text);
  });
}

interface Read {
  readonly fields: string[] | null;
  readonly record: Omit<ScannedRecord, 'buffer' | 'start' | 'stop'> & { readonly text: string };
}

async function byUs(text: string, chunkBytes: number): Promise<Read[]> {
  const bytes = Buffer.from(text);
  const scanner = new RecordScanner({ quote: 34, delimiter: 44 });
  const records: Read['record'][] = [];
  const keep = (scanned: ScannedRecord[]): void => {
    for (const { buffer, start, stop, ...rest } of scanned) {
      records.push({ ...rest, text: buffer.toString('utf8', start, stop) });
    }
  };
  for (let at = 0; at < bytes.length; at += chunkBytes)
    keep(scanner.push(bytes.subarray(at, at + chunkBytes)));
  keep(scanner.end(false));
  const read: Read[] = [];
  for (const record of records) {
    const fields = record.odd
      ? (await oddFields([record.text], DIALECT))[0]
      : plainFields(record.text, DIALECT.delimiter);
    read.push({ fields: record.fault === null ? (fields ?? null) : null, record });
  }
  return read;
}

/** Pieces that matter to a CSV parser. A byte order mark inside a file is text to us and lost by the library. */
const piece = fc.constantFrom(
  'a',
  'bc',
  'ñ',
  '7',
  ' ',
  '\t',
  ',',
  ',',
  '"',
  '""',
  '\n',
  '\n',
  '\r\n',
  '\r',
  '=1',
  '€',
  '\u2028',
  '\u00a0',
);
/** Texts on which the two once differed, by how they were found. */
const ONCE_WRONG: [string, number][] = [['\u2028"\r"', 1]];
const anyText = fc.array(piece, { maxLength: 60 }).map((pieces) => pieces.join(''));
const cell = fc
  .array(fc.constantFrom('a', 'ñ', ' ', ',', '"', '\n', '\r\n', '0', '.'), { maxLength: 8 })
  .map((pieces) => pieces.join(''));
const quoted = (text: string): string =>
  /[",\r\n]/.test(text) || text !== text.trim() ? `"${text.replaceAll('"', '""')}"` : text;

/** Cells of blanks only: the library drops the first of a row, and every reader of fields trims anyway. */
const tidy = (rows: readonly (readonly string[])[]): string[][] =>
  rows.map((row) => row.map((field) => field.trim()));

it('gives the rows that the library gives wherever the library accepts the text', async () => {
  await fc.assert(
    fc.asyncProperty(anyText, fc.integer({ min: 1, max: 40 }), async (text, chunkBytes) => {
      const library = await byLibrary(text);
      if (library === null) return;
      const ours = await byUs(text, chunkBytes);
      expect(ours.every(({ fields }) => fields !== null)).toBe(true);
      const rows = ours.map(({ fields }) => fields as string[]);
      // The library ignores rows of blanks and bare delimiters too; a row of empty fields is a row to us.
      const filled = tidy(rows).filter((row) => row.join('') !== '');
      expect(filled).toEqual(tidy(library).filter((row) => row.join('') !== ''));
    }),
    { numRuns: 400, examples: ONCE_WRONG },
  );
});

it('gives back written cells, with line numbers and offsets that point at them', async () => {
  const table = fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(
      table,
      fc.constantFrom('\n', '\r\n'),
      fc.integer({ min: 1, max: 64 }),
      async (rows, end, chunkBytes) => {
        const lines = rows.map((row) => row.map(quoted).join(','));
        const text = lines.map((line) => line + end).join('');
        const ours = await byUs(text, chunkBytes);
        const kept = rows.flatMap((row, index) => (lines[index]?.trim() === '' ? [] : [{ row, index }]));
        expect(ours.map(({ fields }) => fields)).toEqual(kept.map(({ row }) => row));
        for (const [i, { record }] of ours.entries()) {
          const index = kept[i]?.index as number;
          const before = lines
            .slice(0, index)
            .map((line) => line + end)
            .join('');
          expect(record.byteOffset).toBe(Buffer.byteLength(before));
          expect(record.line).toBe(before.split(/\r\n|\n|\r/).length);
          expect(record.text).toBe(lines[index]);
        }
      },
    ),
    { numRuns: 300 },
  );
});

it('answers for every byte that is no line end or blank line, whatever the text', async () => {
  await fc.assert(
    fc.asyncProperty(anyText, fc.integer({ min: 1, max: 40 }), async (text, chunkBytes) => {
      const ours = await byUs(text, chunkBytes);
      const whole = await byUs(text, 1_000_000);
      expect(ours).toEqual(whole);
      let at = 0;
      const bytes = Buffer.from(text);
      for (const { record } of ours) {
        expect(
          bytes
            .toString('utf8', at, record.byteOffset)
            .trim()
            .replace(/\u2028/g, ''),
        ).toBe('');
        at = record.byteOffset + record.length;
      }
      expect(bytes.toString('utf8', at).trim()).toBe('');
    }),
    { numRuns: 400 },
  );
});
