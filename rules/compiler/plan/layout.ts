/**
 * The record of a subject: header, words of open episodes and of watches, then per window the number of its current pane and its
 * counters, then lots and lists of values. A counter is a byte, four bits for the current pane and four for the previous one, or
 * two bytes where a gate asks for more than four bits hold. Those of one window stand together and are padded to whole words, so
 * that a pane is rolled by shifting words.
 */
import { spanText } from './gate.ts';

/** Records start on cache lines. */
export const LINE_BYTES = 64;
const WORD_BYTES = 4;
/** Bits of one word of predicates or rules. */
export const WORD_BITS = 32;

/** Byte offsets of what every record starts with. */
export const RECORD_HEADER = {
  lastTime: 0,
  tail: 8,
  slot: 12,
  length: 16,
  open: 20,
  flags: 24,
  key: 28,
} as const;
const HEADER_BYTES = 32;

/** Lots of money that a record holds; what came before them is added to the oldest. */
export const LOTS = 3;
/** Times of lots and of values are minutes; both are 32 bits, beside what they are of. */
const PAIR_BYTES = 2 * WORD_BYTES;

export interface RecordLayout {
  /** A multiple of 64. */
  readonly bytes: number;
  readonly header: typeof RECORD_HEADER;
  /** Byte offsets of the words of open episodes, bit i of word w for rule 32 w + i; the first is `header.open`. */
  readonly openWords: readonly number[];
  /** Byte offsets of the words of watches, likewise: the rules whose watch may have been reached (`watch.ts`). */
  readonly watchWords: readonly number[];
  readonly panes: number;
  /** Where the counters of each window lie. */
  readonly windows: readonly PaneLayout[];
  /** Where each counter lies, by its index in the plan. */
  readonly counters: readonly CounterPlace[];
  /** Byte offsets of each block of lots: the minute of the last outgoing event, then minute and amount of each lot. */
  readonly lots: readonly number[];
  /** Byte offset of each list of values and how many pairs of value and minute it has. */
  readonly lists: readonly { readonly at: number; readonly slots: number }[];
  /** Table for people: offset, bytes, what; and the cache lines. */
  readonly text: string;
}

/** Where the counters of one window lie. */
export interface PaneLayout {
  readonly windowMs: number;
  /** Byte offset of the pane number, an Int32. */
  readonly pane: number;
  /** Byte offsets of the first words of the narrow and of the wide counters, and of what comes behind them. */
  readonly narrow: number;
  readonly wide: number;
  readonly end: number;
}

/** A counter: its window, by its place in `windows`; the byte at which it lies. */
export interface CounterPlace {
  readonly window: number;
  readonly at: number;
  /** A byte a pane, the current one first; otherwise four bits a pane, the current one in the lower ones. */
  readonly isWide: boolean;
}

/** What a narrow and a wide counter count to in a pane; there they stay. */
export const NARROW_MAX = 15;
export const WIDE_MAX = 255;

export interface CounterShape {
  readonly windowMs: number;
  readonly isWide: boolean;
}

/** What a record holds: its counters, and how many pairs each list of values has. */
export interface RecordContents {
  readonly counters: readonly CounterShape[];
  /** Words of 32 rules that have an open episode or not. */
  readonly maskWords: number;
  readonly lots: readonly string[];
  readonly lists: readonly { readonly slots: number; readonly text: string }[];
}

export function layOut({ counters, maskWords, lots, lists }: RecordContents): RecordLayout {
  let offset = HEADER_BYTES;
  const take = (bytes: number): number => {
    const at = offset;
    offset += bytes;
    return at;
  };
  const openWords = [RECORD_HEADER.open as number];
  while (openWords.length < maskWords) openWords.push(take(WORD_BYTES));
  const watchWords = openWords.map(() => take(WORD_BYTES));
  const byWindow = new Map<number, number[]>();
  counters.forEach(({ windowMs }, i) => {
    byWindow.set(windowMs, [...(byWindow.get(windowMs) ?? []), i]);
  });
  // The windows that most gates read come first, on the line of the header.
  const sorted = [...byWindow].sort(([a, m], [b, n]) => n.length - m.length || a - b);
  const places = new Array<CounterPlace>(counters.length);
  const windows = sorted.map(([windowMs, all], window): PaneLayout => {
    const pane = take(WORD_BYTES);
    const place = (isWide: boolean, bytes: number): number => {
      const own = all.filter((counter) => counters[counter]!.isWide === isWide);
      const first = take(Math.ceil((own.length * bytes) / WORD_BYTES) * WORD_BYTES);
      for (const [i, counter] of own.entries()) places[counter] = { window, at: first + i * bytes, isWide };
      return first;
    };
    const narrow = place(false, 1);
    const wide = place(true, 2);
    return { windowMs, pane, narrow, wide, end: offset };
  });
  const placedLots = lots.map(() => take(WORD_BYTES + LOTS * PAIR_BYTES));
  const placedLists = lists.map(({ slots }) => ({ at: take(slots * PAIR_BYTES), slots }));
  const bytes = Math.ceil(offset / LINE_BYTES) * LINE_BYTES;
  const rows: LayoutRow[] = [
    ...headerRows(openWords),
    ...watchWords.map((at, i): LayoutRow => [at, WORD_BYTES, `watches, word ${i}`]),
    ...windows.flatMap((window) => paneRows(window)),
    ...placedLots.flatMap((at, i) => lotsRows(at, lots[i]!)),
    ...placedLists.map(({ at, slots }, i): LayoutRow => {
      return [at, slots * PAIR_BYTES, `last ${slots} of ${lists[i]!.text}, each with its minute`];
    }),
    [offset, bytes - offset, 'unused'],
  ];
  const text = rows
    .filter(([, size]) => size > 0)
    .map(([at, size, what]) => `${String(at).padStart(6)}  ${String(size).padStart(5)}  ${what}`);
  return {
    bytes,
    header: RECORD_HEADER,
    openWords,
    watchWords,
    panes: windows.length,
    windows,
    counters: places,
    lots: placedLots,
    lists: placedLists,
    text: ['offset  bytes  what', ...text, `${bytes} bytes, ${bytes / LINE_BYTES} cache lines`].join('\n'),
  };
}

type LayoutRow = readonly [offset: number, bytes: number, what: string];

function headerRows(openWords: readonly number[]): LayoutRow[] {
  const header = Object.entries(RECORD_HEADER);
  const rows = header.map(
    ([name, at], i): LayoutRow => [at, (header[i + 1]?.[1] ?? HEADER_BYTES) - at, name],
  );
  return [...rows, ...openWords.slice(1).map((at, i): LayoutRow => [at, WORD_BYTES, `open, word ${i + 1}`])];
}

function paneRows({ windowMs, pane, narrow, wide, end }: PaneLayout): LayoutRow[] {
  const span = spanText(windowMs);
  return [
    [pane, WORD_BYTES, `pane of ${span}`],
    [narrow, wide - narrow, `counters of ${span}, four bits a pane`],
    [wide, end - wide, `counters of ${span}, a byte a pane`],
  ];
}

function lotsRows(at: number, text: string): LayoutRow[] {
  return [
    [at, WORD_BYTES, `minute of the last outgoing event beside ${text}`],
    [at + WORD_BYTES, LOTS * PAIR_BYTES, `last ${LOTS} lots of ${text}, minute and amount of each`],
  ];
}
