/**
 * Where the command writes, and how: colour and progress only on a terminal, never with `--json` or `NO_COLOR`.
 * Results go to standard output, everything else (progress, notes, errors) to standard error.
 */
import Table from 'cli-table3';
import pc from 'picocolors';

export interface Terminal {
  readonly json: boolean;
  readonly colour: boolean;
  /** Standard error is a terminal, and `NO_COLOR` is not said: a progress line may be redrawn. */
  readonly live: boolean;
  /** Columns of the terminal; 100 where there is none, or it does not know. */
  readonly width: number;
  /** A line of the result. */
  print(line?: string): void;
  /** One JSON object or array, the only thing on standard output with `--json`. */
  printJson(value: unknown): void;
  /** A note beside the result. */
  note(line: string): void;
  /** Paints, or not. */
  readonly paint: ReturnType<typeof pc.createColors>;
}

export interface TerminalStreams {
  readonly out: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };
  readonly err: NodeJS.WritableStream & { readonly isTTY?: boolean };
}

/** `environment` is `process.env`: `NO_COLOR` (no-color.org) and `FORCE_COLOR` decide before the terminal does. */
export function openTerminal(
  options: { readonly json: boolean },
  streams: TerminalStreams,
  environment: Readonly<Record<string, string | undefined>>,
): Terminal {
  const forbidden = environment['NO_COLOR'] !== undefined && environment['NO_COLOR'] !== '';
  const forced = environment['FORCE_COLOR'] !== undefined && environment['FORCE_COLOR'] !== '0';
  const colour = !options.json && !forbidden && (forced || streams.out.isTTY === true);
  return {
    json: options.json,
    colour,
    live: !options.json && !forbidden && streams.err.isTTY === true && environment['CI'] === undefined,
    // A serial line and some terminals in containers say that they have none.
    width: streams.out.columns || 100,
    paint: pc.createColors(colour),
    print: (line = '') => void streams.out.write(`${line}\n`),
    printJson: (value) => void streams.out.write(`${JSON.stringify(value, bigintAsString, 2)}\n`),
    note: (line) => void streams.err.write(`${line}\n`),
  };
}

function bigintAsString(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}

export interface Column<T> {
  readonly title: string;
  readonly value: (row: T) => string;
  readonly align?: 'left' | 'right';
  /** Texts that are broken into lines where the table would be wider than the terminal; one column of a table. */
  readonly wraps?: boolean;
}

const GAP = '  ';
/** No column that wraps is narrower: a line a word is no text. */
const WRAPPED_MIN = 18;

/** Words in lines of at most `width` characters; a word that is longer has a line of its own. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 1 + word.length <= width)
      lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** A sentence on the terminal: lines after the first are indented. */
export function paragraph(text: string, terminal: Pick<Terminal, 'width'>, indent = '  '): string {
  return wrapped(text, terminal.width - indent.length).join(`\n${indent}`);
}

/** The headings; where the table would be wider than the terminal each in lines that are no wider than what stands below. */
function headsOf<T>(cells: readonly string[][], columns: readonly Column<T>[], width: number): string[] {
  const below = columns.map((_, i) =>
    Math.max(0, ...cells.flatMap((row) => row[i]!.split('\n').map(({ length }) => length))),
  );
  const all = columns.reduce(
    (sum, { title }, i) => sum + Math.max(title.length, below[i]!) + (i === 0 ? 0 : GAP.length),
    0,
  );
  return columns.map(({ title }, i) => (all <= width ? title : wrapped(title, below[i]!).join('\n')));
}

/** The texts of a table, those of a column that wraps in lines that leave the other columns their room. */
function cellsOf<T>(rows: readonly T[], columns: readonly Column<T>[], width: number): string[][] {
  const cells = rows.map((row) => columns.map((column) => column.value(row)));
  const at = columns.findIndex(({ wraps }) => wraps === true);
  if (at < 0) return cells;
  const widths = columns.map(({ title }, i) =>
    Math.max(title.length, ...cells.map((row) => row[i]?.length ?? 0)),
  );
  const others = widths.reduce((sum, each, i) => sum + (i === at ? 0 : each + GAP.length), 0);
  const room = Math.max(WRAPPED_MIN, width - others);
  return cells.map((row) => row.map((text, i) => (i === at ? wrapped(text, room).join('\n') : text)));
}

/** Rows as aligned columns without borders; the empty text for an empty list. */
export function tableText<T>(rows: readonly T[], columns: readonly Column<T>[], terminal: Terminal): string {
  if (rows.length === 0) return '';
  const bare = {
    top: '',
    'top-mid': '',
    'top-left': '',
    'top-right': '',
    bottom: '',
    'bottom-mid': '',
    'bottom-left': '',
    'bottom-right': '',
    left: '',
    'left-mid': '',
    mid: '',
    'mid-mid': '',
    right: '',
    'right-mid': '',
    middle: GAP,
  };
  const cells = cellsOf(rows, columns, terminal.width);
  const table = new Table({
    head: headsOf(cells, columns, terminal.width).map((title) => terminal.paint.bold(title)),
    chars: bare,
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
    colAligns: columns.map((column) => column.align ?? 'left'),
  });
  for (const row of cells) table.push(row);
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** `12,345`: digits grouped the same in every locale of the machine. */
export function count(value: number): string {
  return value.toLocaleString('en-US');
}

/** `1 rule`, `2,000 rules`. */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}
