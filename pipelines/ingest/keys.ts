/**
 * Keys, all derived from the one secret of a data folder (HKDF, RFC 5869) under labels of their own, so that what one key
 * opens says nothing about another. The secret never leaves the folder and never rotates in place: pseudonyms made with
 * another secret would not meet.
 */
import { createHash, hkdfSync } from 'node:crypto';

export const SECRET_BYTES_MIN = 32;
const KEY_BYTES = 32;
const KEY_ID_CHARS = 16;

export interface DataKeys {
  /** HMAC key of pseudonyms. */
  readonly pseudonym: Buffer;
  /** Encryption key of vault entries. */
  readonly vault: Buffer;
  /** Parent of the institutions' keys for raw submissions and originals of rejects. */
  readonly raw: Buffer;
  /** Seeds hash tables of identifiers, so that nobody outside can choose ones that collide. */
  readonly hashSeed: readonly [number, number];
  /** Names the pseudonym key without revealing it; stamped into every row. */
  readonly pseudonymKeyId: string;
}

/** Derives one key of 32 bytes under a label. */
export function deriveKey(parent: Uint8Array, label: string): Buffer {
  return Buffer.from(hkdfSync('sha256', parent, new Uint8Array(0), `rastro/1/${label}`, KEY_BYTES));
}

/** The keys of a data folder. Throws a RangeError on a secret of fewer than 32 bytes. */
export function deriveKeys(secret: Uint8Array): DataKeys {
  if (secret.length < SECRET_BYTES_MIN)
    throw new RangeError(`a secret has at least ${SECRET_BYTES_MIN} bytes`);
  const pseudonym = deriveKey(secret, 'pseudonym');
  const seed = deriveKey(secret, 'hash-seed');
  return {
    pseudonym,
    vault: deriveKey(secret, 'vault'),
    raw: deriveKey(secret, 'raw'),
    hashSeed: [seed.readInt32LE(0), seed.readInt32LE(4)],
    pseudonymKeyId: createHash('sha256')
      .update('rastro/1/key-id')
      .update(pseudonym)
      .digest('hex')
      .slice(0, KEY_ID_CHARS),
  };
}
