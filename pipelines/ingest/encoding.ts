/** Bytes of a feed to text: the encodings banks really send, and what is no text at all. */
import { isAscii, isUtf8 } from 'node:buffer';
import iconv from 'iconv-lite';

export type Encoding = 'utf-8' | 'latin1' | 'cp1252';

export type TextFault = 'RAS-FEED-NUL-BYTE' | 'RAS-FEED-ENCODING-INVALID';

/** What the decoder writes for a byte that cp1252 leaves undefined (81, 8D, 8F, 90, 9D). */
const REPLACEMENT = '\uFFFD';

/** Length of a UTF-8 byte order mark at the start of `bytes`: 3 or 0. */
export function byteOrderMark(bytes: Uint8Array): number {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
}

/** Whether the first bytes are a UTF-16 byte order mark. Without one, its NUL bytes give it away line by line. */
export function isUtf16(bytes: Uint8Array): boolean {
  return (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
}

export type RecordText =
  | { readonly text: string; readonly fault: null }
  | { readonly text: null; readonly fault: TextFault };

const fault = (code: TextFault): RecordText => ({ text: null, fault: code });

/**
 * Reads slices of buffers as text. What can be said of a whole buffer is asked once per buffer, not per record: that it
 * holds no NUL, that it is ASCII, that it is valid UTF-8.
 */
export class TextReader {
  readonly #encoding: Encoding;
  #buffer: Buffer | null = null;
  #hasNul = false;
  #isAscii = false;
  #isUtf8 = false;

  constructor(encoding: Encoding) {
    this.#encoding = encoding;
  }

  /** The text of a slice, or why there is none. */
  read(buffer: Buffer, start: number, stop: number): RecordText {
    if (buffer !== this.#buffer) this.#inspect(buffer);
    if (this.#hasNul && buffer.subarray(start, stop).includes(0)) return fault('RAS-FEED-NUL-BYTE');
    if (this.#isAscii) return { text: buffer.toString('latin1', start, stop), fault: null };
    if (this.#encoding === 'utf-8') {
      if (!this.#isUtf8 && !isUtf8(buffer.subarray(start, stop))) return fault('RAS-FEED-ENCODING-INVALID');
      return { text: buffer.toString('utf8', start, stop), fault: null };
    }
    if (this.#encoding === 'latin1') return { text: buffer.toString('latin1', start, stop), fault: null };
    const text = iconv.decode(buffer.subarray(start, stop), 'win1252');
    return text.includes(REPLACEMENT) ? fault('RAS-FEED-ENCODING-INVALID') : { text, fault: null };
  }

  #inspect(buffer: Buffer): void {
    this.#buffer = buffer;
    this.#hasNul = buffer.includes(0);
    this.#isAscii = isAscii(buffer);
    // A buffer cut inside a character fails here although its records are good; they are then asked one by one.
    this.#isUtf8 = this.#isAscii || isUtf8(buffer);
  }
}
