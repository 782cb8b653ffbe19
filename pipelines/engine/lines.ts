/**
 * The lines of a message, as bytes. Two messages under one key mostly have the same lines: those are found by comparing bytes, and
 * only what differs is made a text of.
 */

const NEWLINE = 10;
/** Lines of one message: more than a message of `SIGNAL_MESSAGE_LIMITS` can have. */
const LINES_MAX = 1 << 24;

export class Lines {
  readonly #bytes: Buffer;
  /** Where each line ends, its newline not included. */
  readonly #ends: readonly number[];

  /** `ends`: where that is known of the same bytes. @throws RangeError where there are too many. */
  constructor(bytes: Uint8Array, ends?: readonly number[]) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#ends = ends ?? endsOf(this.#bytes);
  }

  get count(): number {
    return this.#ends.length;
  }

  get bytes(): number {
    return this.#bytes.length;
  }

  /** @throws SyntaxError where it is no JSON. */
  json(line: number): unknown {
    return JSON.parse(this.#bytes.toString('utf8', this.#from(line), this.#ends[line]));
  }

  /** The line says the same as that one of another message. */
  isSame(line: number, other: Lines, otherLine: number): boolean {
    const [from, otherFrom] = [this.#from(line), other.#from(otherLine)];
    const [end, otherEnd] = [this.#ends[line] as number, other.#ends[otherLine] as number];
    if (end - from !== otherEnd - otherFrom) return false;
    return this.#bytes.compare(other.#bytes, otherFrom, otherEnd, from, end) === 0;
  }

  /** For who keeps them: alone, where the bytes are part of something larger. */
  kept(): Lines {
    if (this.#bytes.length === this.#bytes.buffer.byteLength) return this;
    return new Lines(new Uint8Array(this.#bytes), this.#ends);
  }

  #from(line: number): number {
    return line === 0 ? 0 : (this.#ends[line - 1] as number) + 1;
  }
}

function endsOf(bytes: Buffer): number[] {
  const ends: number[] = [];
  for (let from = 0; from <= bytes.length; ) {
    const found = bytes.indexOf(NEWLINE, from);
    const end = found === -1 ? bytes.length : found;
    if (ends.push(end) > LINES_MAX) throw new RangeError('too many lines');
    from = end + 1;
  }
  return ends;
}

/** So many lines of a message, and what they say. */
export interface Section<T> {
  readonly first: number;
  readonly items: readonly T[];
}

/**
 * What `count` lines from `first` on say. `before`: a section of another message; of lines that are the same, from its beginning on and
 * from its end on, what they say is taken over.
 */
export function readSection<T>(
  lines: Lines,
  { first, count }: { readonly first: number; readonly count: number },
  before: { readonly lines: Lines; readonly section: Section<T> } | undefined,
  read: (json: unknown) => T,
): Section<T> {
  const known = before?.section.items ?? [];
  const isSame = (at: number, knownAt: number) =>
    before !== undefined && lines.isSame(first + at, before.lines, before.section.first + knownAt);
  const common = Math.min(count, known.length);
  let head = 0;
  while (head < common && isSame(head, head)) head++;
  let tail = 0;
  while (tail < common - head && isSame(count - 1 - tail, known.length - 1 - tail)) tail++;
  const items = known.slice(0, head);
  for (let at = head; at < count - tail; at++) items.push(read(lines.json(first + at)));
  return { first, items: items.concat(known.slice(known.length - tail)) };
}
