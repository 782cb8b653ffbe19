/**
 * HMAC-SHA-256 (RFC 2104) of short texts, by the library's one-shot hash: the same digests as `createHmac`, which costs
 * three times as much because it makes two objects a call. A new identifier needs two of them.
 */
import { createHmac, hash } from 'node:crypto';

const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;
/** Longest message that the buffer takes; longer ones go to `createHmac`. */
const MESSAGE_BYTES = 1_024;
/** UTF-8 bytes of one UTF-16 unit at most. */
const UNIT_BYTES = 3;

export class KeyedHash {
  readonly #key: Uint8Array;
  readonly #inner = Buffer.alloc(BLOCK_BYTES + MESSAGE_BYTES);
  readonly #outer = Buffer.alloc(BLOCK_BYTES + DIGEST_BYTES);

  /** `key` has at most 64 bytes; a RangeError otherwise. */
  constructor(key: Uint8Array) {
    if (key.length > BLOCK_BYTES) throw new RangeError('a key has at most 64 bytes');
    this.#key = key;
    for (let i = 0; i < BLOCK_BYTES; i++) {
      this.#inner[i] = 0x36 ^ (key[i] ?? 0);
      this.#outer[i] = 0x5c ^ (key[i] ?? 0);
    }
  }

  /** The digest of a text in UTF-8, one character a byte. */
  digest(text: string): string {
    if (text.length * UNIT_BYTES > MESSAGE_BYTES) {
      return createHmac('sha256', this.#key).update(text, 'utf8').digest('binary');
    }
    const size = this.#inner.write(text, BLOCK_BYTES, 'utf8');
    this.#outer.write(
      hash('sha256', this.#inner.subarray(0, BLOCK_BYTES + size), 'binary'),
      BLOCK_BYTES,
      'latin1',
    );
    return hash('sha256', this.#outer, 'binary');
  }
}
