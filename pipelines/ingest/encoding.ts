/** Bytes of a feed to text: the encodings banks really send, and what is no text at all. */
import { isUtf8 } from 'node:buffer';
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

/** The text of a record, or why there is none. */
export function toText(
  bytes: Buffer,
  encoding: Encoding,
): { readonly text: string; readonly fault: null } | { readonly text: null; readonly fault: TextFault } {
  if (bytes.includes(0)) return { text: null, fault: 'RAS-FEED-NUL-BYTE' };
  if (encoding === 'utf-8') {
    if (!isUtf8(bytes)) return { text: null, fault: 'RAS-FEED-ENCODING-INVALID' };
    return { text: bytes.toString('utf8'), fault: null };
  }
  if (encoding === 'latin1') return { text: bytes.toString('latin1'), fault: null };
  const text = iconv.decode(bytes, 'win1252');
  if (text.includes(REPLACEMENT)) return { text: null, fault: 'RAS-FEED-ENCODING-INVALID' };
  return { text, fault: null };
}
