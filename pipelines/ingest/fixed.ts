/** Fixed-width lines: which kind of line it is, and its columns. Context lines lend theirs to the rows after them. */
import type { FixedRecord } from '../../schemas/mapping.ts';

export class FixedLines {
  /** Names of all columns, in the order of the rows. */
  readonly header: readonly string[];
  readonly #records: readonly FixedRecord[];
  readonly #context = new Map<string, string>();

  constructor(records: readonly FixedRecord[]) {
    this.#records = records;
    this.header = [...new Set(records.flatMap((record) => record.columns.map((column) => column.name)))];
  }

  /** The row of a line; null for a context line, an ignored one, or one that no `match` knows. */
  row(text: string): string[] | null {
    const record = this.#records.find(({ match }) => text.startsWith(match.text, match.from - 1));
    if (record === undefined || record.use === 'ignore') return null;
    const own = new Map(
      record.columns.map((column) => [
        column.name,
        text.slice(column.from - 1, column.from - 1 + column.width),
      ]),
    );
    if (record.use === 'context') {
      for (const [name, value] of own) this.#context.set(name, value);
      return null;
    }
    return this.header.map((name) => own.get(name) ?? this.#context.get(name) ?? '');
  }
}
