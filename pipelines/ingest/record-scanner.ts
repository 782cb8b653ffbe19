/**
 * Cuts a byte stream into records and knows where each one lies: physical line, byte offset, length.
 *
 * The CSV library gives neither, and it would hold an endless line in memory. So this scanner finds the record
 * boundaries by the library's own rules (a quote opens a field only at its start, a doubled quote is a quote, LF, CRLF
 * and a lone CR end a record) and hands on slices. Memory is bounded by one chunk and one record of the allowed length.
 *
 * A quote that never closes would swallow the rest of the file. Once a record spans `RECORD_LINES` lines, or the input
 * ends, only its first physical line is given up and scanning starts again on the next one. Worst case: every byte is
 * looked at `RECORD_LINES` times.
 */
import { FEED_LIMITS } from './limits.ts';

const LF = 10;
const CR = 13;
const EMPTY = Buffer.alloc(0);

export type RecordFault = 'RAS-FEED-LINE-TOO-LONG' | 'RAS-FEED-LINE-TRUNCATED' | 'RAS-FEED-QUOTE-UNCLOSED';

/** One record without its line end: `buffer` from `start` to `stop`, valid until the scanner is fed again. */
export interface ScannedRecord {
  readonly buffer: Buffer;
  readonly start: number;
  readonly stop: number;
  /** Physical line on which it starts, from 1. */
  readonly line: number;
  /** Of its first byte in the decompressed stream, from 0. */
  readonly byteOffset: number;
  /** Whole length in bytes; more than the slice holds when it was too long. */
  readonly length: number;
  /** It holds a quote, or begins with a space: to be parsed by the CSV library. */
  readonly odd: boolean;
  readonly fault: RecordFault | null;
}

export interface ScannerOptions {
  /** Byte of the quote; null where quotes mean nothing (NDJSON, fixed width) and only LF or CRLF ends a record. */
  readonly quote: number | null;
  /** Byte of the delimiter; a space-like delimiter is no blank. */
  readonly delimiter: number | null;
}

const isBlankByte = (byte: number): boolean => byte === 32 || (byte >= 9 && byte <= 12);

/** The library skips every Unicode blank before a quote, U+2028 and the no-break space among them. */
const isUnicodeBlank = (buffer: Buffer, start: number, stop: number): boolean =>
  (buffer[stop - 1] as number) >= 0x80 && buffer.toString('utf8', start, stop).trim() === '';

export class RecordScanner {
  readonly #quote: number | null;
  readonly #delimiter: number | null;
  #carry: Buffer = EMPTY;
  /** Offset in the stream of the first byte of `#carry`. */
  #base = 0;
  #line = 1;
  #skipping: { prefix: Buffer; line: number; byteOffset: number; length: number } | null = null;
  #blankLines = 0;

  constructor(options: ScannerOptions) {
    this.#quote = options.quote;
    this.#delimiter = options.delimiter;
  }

  /** Lines without content so far. */
  get blankLines(): number {
    return this.#blankLines;
  }

  /** Physical line on which the next record starts. */
  get line(): number {
    return this.#line;
  }

  /** Stream offset of the next unread byte. */
  get byteOffset(): number {
    return this.#base + this.#carry.length;
  }

  push(chunk: Uint8Array): ScannedRecord[] {
    const fresh = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    if (this.#carry.length === 0) return this.#scan(fresh, false);
    // What was cut is put together from the first line alone: the chunk is not copied for it.
    const firstLine = fresh.indexOf(LF) + 1;
    const records = this.#scan(Buffer.concat([this.#carry, fresh.subarray(0, firstLine)]), false);
    const rest = fresh.subarray(firstLine);
    const more = this.#scan(this.#carry.length === 0 ? rest : Buffer.concat([this.#carry, rest]), false);
    return records.length === 0 ? more : records.concat(more);
  }

  /** The last records. `cut` says that the input broke off, so that what has no line end may be half a record. */
  end(cut: boolean): ScannedRecord[] {
    const records = this.#scan(this.#carry, true);
    this.#carry = EMPTY;
    const skipped = this.#finishSkipping();
    if (skipped !== null) records.push(skipped);
    const last = records.at(-1);
    if (cut && last !== undefined)
      records[records.length - 1] = { ...last, fault: 'RAS-FEED-LINE-TRUNCATED' };
    return records;
  }

  #scan(buffer: Buffer, final: boolean): ScannedRecord[] {
    const records: ScannedRecord[] = [];
    let at = 0;
    if (this.#skipping !== null) {
      at = this.#skipTo(buffer, records);
      if (at === -1) return records;
    }
    const size = buffer.length;
    let nextQuote = -2;
    let nextReturn = -2;
    while (at < size) {
      const newline = buffer.indexOf(LF, at);
      if (this.#quote !== null) {
        if (nextQuote !== -1 && nextQuote < at) nextQuote = buffer.indexOf(this.#quote, at);
        if (nextReturn !== -1 && nextReturn < at) nextReturn = buffer.indexOf(CR, at);
      }
      const plain =
        newline !== -1 &&
        (this.#quote === null ||
          ((nextQuote === -1 || nextQuote > newline) && (nextReturn === -1 || nextReturn >= newline - 1)));
      if (plain) {
        const stop = newline > at && buffer[newline - 1] === CR ? newline - 1 : newline;
        this.#emit(records, buffer, at, stop, 1, false);
        at = newline + 1;
        continue;
      }
      const found = this.#quote === null ? this.#tail(buffer, final) : this.#walk(buffer, at, final);
      if (found === null) {
        if (size - at > FEED_LIMITS.LINE_BYTES) {
          this.#startSkipping(buffer, at);
          at = size;
        }
        break;
      }
      this.#emit(records, buffer, at, found.stop, found.lines, found.odd, found.fault);
      at = found.next;
    }
    // A copy, so that the chunk itself can be freed while its tail waits.
    this.#carry = at >= size ? EMPTY : Buffer.from(buffer.subarray(at));
    this.#base += Math.min(at, size);
    return records;
  }

  #emit(
    records: ScannedRecord[],
    buffer: Buffer,
    start: number,
    stop: number,
    lines: number,
    odd: boolean,
    fault: RecordFault | null = null,
  ): void {
    const line = this.#line;
    this.#line += lines;
    if (fault === null && this.#isBlank(buffer, start, stop)) {
      this.#blankLines += 1;
      return;
    }
    const length = stop - start;
    const tooLong = length > FEED_LIMITS.LINE_BYTES;
    const first = buffer[start] as number;
    records.push({
      buffer,
      start,
      stop: tooLong ? start + FEED_LIMITS.REJECT_ORIGINAL_BYTES : stop,
      line,
      byteOffset: this.#base + start,
      length,
      odd: odd || (this.#quote !== null && isBlankByte(first) && first !== this.#delimiter),
      fault: tooLong ? 'RAS-FEED-LINE-TOO-LONG' : fault,
    });
  }

  #isBlank(buffer: Buffer, start: number, stop: number): boolean {
    for (let i = start; i < stop; i++) {
      const byte = buffer[i] as number;
      if (byte === this.#delimiter || !(isBlankByte(byte) || byte === CR)) return false;
    }
    return true;
  }

  /** The rest of a line-based input that has no line end. */
  #tail(buffer: Buffer, final: boolean) {
    if (!final) return null;
    return { stop: buffer.length, next: buffer.length, lines: 1, odd: false, fault: null };
  }

  /** Byte by byte through one record that may hold quotes. Null: more bytes are needed. */
  #walk(buffer: Buffer, start: number, final: boolean) {
    const size = buffer.length;
    const quote = this.#quote;
    let quoted = false;
    let sawQuote = false;
    let fieldStart = true;
    let fieldAt = start;
    let lines = 1;
    for (let i = start; i < size; i++) {
      const byte = buffer[i] as number;
      if (quoted) {
        if (byte === quote) {
          if (i + 1 === size && !final) return null;
          if (buffer[i + 1] === quote) i += 1;
          else quoted = false;
        } else if (byte === LF || (byte === CR && buffer[i + 1] !== LF)) {
          lines += 1;
          if (lines > FEED_LIMITS.RECORD_LINES) return this.#firstLine(buffer, start);
        }
      } else if (byte === LF) {
        return { stop: i, next: i + 1, lines, odd: sawQuote, fault: null };
      } else if (byte === CR) {
        if (i + 1 === size && !final) return null;
        return { stop: i, next: buffer[i + 1] === LF ? i + 2 : i + 1, lines, odd: sawQuote, fault: null };
      } else if (byte === this.#delimiter) {
        fieldStart = true;
        fieldAt = i + 1;
      } else if (byte === quote) {
        sawQuote = true;
        quoted = fieldStart || isUnicodeBlank(buffer, fieldAt, i);
        fieldStart = false;
      } else if (!isBlankByte(byte)) {
        fieldStart = false;
      }
    }
    if (quoted && (final || (lines > 1 && size - start > FEED_LIMITS.LINE_BYTES))) {
      return this.#firstLine(buffer, start);
    }
    if (!final) return null;
    return { stop: size, next: size, lines, odd: sawQuote, fault: null };
  }

  /** Gives up the first physical line of a record whose quote does not close. */
  #firstLine(buffer: Buffer, start: number) {
    let stop = start;
    while (stop < buffer.length && buffer[stop] !== LF && buffer[stop] !== CR) stop += 1;
    const next = buffer[stop] === CR && buffer[stop + 1] === LF ? stop + 2 : stop + 1;
    return { stop, next, lines: 1, odd: true, fault: 'RAS-FEED-QUOTE-UNCLOSED' as const };
  }

  #startSkipping(buffer: Buffer, at: number): void {
    this.#skipping = {
      prefix: Buffer.from(buffer.subarray(at, at + FEED_LIMITS.REJECT_ORIGINAL_BYTES)),
      line: this.#line,
      byteOffset: this.#base + at,
      length: buffer.length - at,
    };
  }

  /** Drops bytes up to the end of the line being skipped; -1 while it goes on. */
  #skipTo(buffer: Buffer, records: ScannedRecord[]): number {
    const skipping = this.#skipping;
    if (skipping === null) return 0;
    const newline = buffer.indexOf(LF);
    if (newline === -1) {
      skipping.length += buffer.length;
      this.#base += buffer.length;
      this.#carry = EMPTY;
      return -1;
    }
    skipping.length += newline;
    const record = this.#finishSkipping();
    if (record !== null) records.push(record);
    return newline + 1;
  }

  #finishSkipping(): ScannedRecord | null {
    const skipping = this.#skipping;
    if (skipping === null) return null;
    this.#skipping = null;
    this.#line += 1;
    return {
      buffer: skipping.prefix,
      start: 0,
      stop: skipping.prefix.length,
      line: skipping.line,
      byteOffset: skipping.byteOffset,
      length: skipping.length,
      odd: false,
      fault: 'RAS-FEED-LINE-TOO-LONG',
    };
  }
}
