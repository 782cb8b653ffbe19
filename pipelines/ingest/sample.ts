/** The first rows of an unknown CSV file: its encoding and delimiter guessed, for `feed map`. */
import { isUtf8 } from 'node:buffer';
import { RastroError } from '../../schemas/errors/index.ts';
import { oddFields } from './csv.ts';
import { byteOrderMark, type Encoding, TextReader } from './encoding.ts';
import type { FeedSource } from './outcome.ts';
import { RecordScanner } from './record-scanner.ts';

/** Rows that a proposal looks at, and the bytes in which they must come. */
const SAMPLE_ROWS = 500;
const SAMPLE_BYTES = 1_048_576;
const DELIMITERS = [',', ';', '\t', '|'] as const;
const QUOTE = '"';

export interface FeedSample {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly delimiter: string;
  readonly encoding: Encoding;
}

async function headOf(source: FeedSource): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of source.chunks) {
    chunks.push(chunk);
    size += chunk.byteLength;
    if (size >= SAMPLE_BYTES) break;
  }
  const head = Buffer.concat(chunks);
  return head.subarray(byteOrderMark(head));
}

/** The delimiter that the header line holds most often; a comma when there is none. */
function delimiterOf(line: string): string {
  const counts = DELIMITERS.map((mark) => [mark, line.split(mark).length] as const);
  return counts.reduce((best, next) => (next[1] > best[1] ? next : best))[0];
}

/** Throws `RAS-FEED-FILE-EMPTY`, or `RAS-FEED-HEADER-UNREADABLE` where the first line is no CSV. */
export async function readSample(source: FeedSource): Promise<FeedSample> {
  const head = await headOf(source);
  const encoding: Encoding = isUtf8(head.subarray(0, head.lastIndexOf(10) + 1 || head.length))
    ? 'utf-8'
    : 'cp1252';
  const firstLine = head
    .subarray(0, head.indexOf(10) === -1 ? head.length : head.indexOf(10))
    .toString('latin1');
  const delimiter = delimiterOf(firstLine);
  const scanner = new RecordScanner({ quote: QUOTE.charCodeAt(0), delimiter: delimiter.charCodeAt(0) });
  const records = scanner.push(head);
  // The last record of a full sample is cut at an arbitrary byte.
  if (head.length < SAMPLE_BYTES) records.push(...scanner.end(false));
  const reader = new TextReader(encoding);
  const texts = records
    .slice(0, SAMPLE_ROWS + 1)
    .map(({ buffer, start, stop, fault }) => (fault === null ? reader.read(buffer, start, stop).text : null));
  if (texts.length === 0) throw new RastroError('RAS-FEED-FILE-EMPTY');
  const readable = texts.filter((text) => text !== null);
  const [header, ...rows] = await oddFields(readable, { delimiter, quote: QUOTE });
  if (texts[0] === null || header === undefined || header === null) {
    throw new RastroError('RAS-FEED-HEADER-UNREADABLE', { cause: 'RAS-FEED-QUOTE-MALFORMED' });
  }
  return {
    header,
    rows: rows.filter((row) => row !== null && row.length === header.length) as string[][],
    delimiter,
    encoding,
  };
}
