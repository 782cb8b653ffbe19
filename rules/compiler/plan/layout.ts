/**
 * The record of a subject: header, then per window the number of its current pane and one byte a counter for the current
 * and for the previous pane, then lots and lists of values. Bytes of one pane stand together and are padded to whole words,
 * so that a pane is rolled by copying words.
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
  readonly panes: number;
  /** Where the counters of each window lie. */
  readonly windows: readonly PaneLayout[];
  readonly counters: number;
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
  /** Byte offsets of the first words of the current and of the previous pane. */
  readonly current: number;
  readonly previous: number;
  readonly words: number;
  /** Counters of the window, by their index in the plan, in the order of their bytes. */
  readonly counters: readonly number[];
}

/** What a record holds: windows of its counters, and how many pairs each list of values has. */
export interface RecordContents {
  readonly windowsMs: readonly number[];
  /** Words of 32 rules that have an open episode or not. */
  readonly maskWords: number;
  readonly lots: readonly string[];
  readonly lists: readonly { readonly slots: number; readonly text: string }[];
}

export function layOut({ windowsMs, maskWords, lots, lists }: RecordContents): RecordLayout {
  let offset = HEADER_BYTES;
  const take = (bytes: number): number => {
    const at = offset;
    offset += bytes;
    return at;
  };
  const openWords = [RECORD_HEADER.open as number];
  while (openWords.length < maskWords) openWords.push(take(WORD_BYTES));
  const byWindow = new Map<number, number[]>();
  windowsMs.forEach((windowMs, i) => {
    const counters = byWindow.get(windowMs);
    if (counters === undefined) byWindow.set(windowMs, [i]);
    else counters.push(i);
  });
  // The windows that most gates read come first, on the line of the header.
  const windows = [...byWindow].sort(([a, m], [b, n]) => n.length - m.length || a - b);
  const panes = windows.map(([windowMs, counters]) => {
    const words = Math.ceil(counters.length / WORD_BYTES);
    const pane = take(WORD_BYTES);
    const current = take(words * WORD_BYTES);
    const previous = take(words * WORD_BYTES);
    return { windowMs, pane, current, previous, words, counters };
  });
  const placedLots = lots.map(() => take(WORD_BYTES + LOTS * PAIR_BYTES));
  const placedLists = lists.map(({ slots }) => ({ at: take(slots * PAIR_BYTES), slots }));
  const bytes = Math.ceil(offset / LINE_BYTES) * LINE_BYTES;
  const rows: LayoutRow[] = [
    ...headerRows(openWords),
    ...panes.flatMap(paneRows),
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
    panes: panes.length,
    windows: panes,
    counters: windowsMs.length,
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

function paneRows({ windowMs, pane, current, previous, words, counters }: PaneLayout): LayoutRow[] {
  const span = spanText(windowMs);
  const what = `${counters.length} counters of ${span}`;
  return [
    [pane, WORD_BYTES, `pane of ${span}`],
    [current, words * WORD_BYTES, `${what}, current pane`],
    [previous, words * WORD_BYTES, `${what}, previous pane`],
  ];
}

function lotsRows(at: number, text: string): LayoutRow[] {
  return [
    [at, WORD_BYTES, `minute of the last outgoing event beside ${text}`],
    [at + WORD_BYTES, LOTS * PAIR_BYTES, `last ${LOTS} lots of ${text}, minute and amount of each`],
  ];
}
