/**
 * The fields of CSV records. fast-csv parses everything that is quoted or odd; a line without quotes is cut at its
 * delimiters directly, which gives the same fields (`test/property/csv.test.ts`) at a fraction of the cost.
 */
import { CsvParserStream, ParserOptions } from 'fast-csv';

/** Fields of one record, or null where the library calls the record malformed. */
export type CsvFields = string[] | null;

export interface CsvDialect {
  readonly delimiter: string;
  readonly quote: string;
}

/** Fields of a record that holds no quote, no line break and does not begin with a blank. */
export function plainFields(text: string, delimiter: string): string[] {
  return text.split(delimiter);
}

/** Rows of one write; null when the library refuses the text. */
function parseText(text: string, dialect: CsvDialect): Promise<string[][] | null> {
  return new Promise((resolve) => {
    const rows: string[][] = [];
    const parser = new CsvParserStream(
      new ParserOptions({ headers: false, delimiter: dialect.delimiter, quote: dialect.quote }),
    );
    parser.on('data', (row: string[]) => rows.push(row));
    parser.on('error', () => resolve(null));
    parser.on('end', () => resolve(rows));
    parser.end(text);
  });
}

/**
 * Parses records one row each. All go to the library in one write; if it refuses, each is tried by itself, so that a
 * malformed record costs nobody else.
 */
export async function oddFields(texts: readonly string[], dialect: CsvDialect): Promise<CsvFields[]> {
  if (texts.length === 0) return [];
  const together = await parseText(`${texts.join('\n')}\n`, dialect);
  if (together !== null && together.length === texts.length) return together;
  const fields: CsvFields[] = [];
  for (const text of texts) {
    const alone = await parseText(`${text}\n`, dialect);
    fields.push(alone !== null && alone.length === 1 ? (alone[0] as string[]) : null);
  }
  return fields;
}
