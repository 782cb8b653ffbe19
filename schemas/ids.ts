/**
 * Ids and hashes that depend on content alone: never on clock, partition, offset or cluster.
 */
import { createHash } from 'node:crypto';

const ALPHABET = Buffer.from('0123456789abcdefghjkmnpqrstvwxyz', 'latin1');

/** Length of the text part of an id: 26 characters of 5 bits hold 130 bits of the digest. */
export const ID_CHARS = 26;

/** Of the text being made: one built character by character would be a chain of as many strings. */
const characters = Buffer.alloc(ID_CHARS);

/** First 26 base32 characters (Crockford's alphabet, lower case) of a digest of at least 17 bytes. */
export function base32(digest: Uint8Array): string {
  let size = 0;
  let bits = 0;
  let value = 0;
  for (let i = 0; size < ID_CHARS; i++) {
    value = (value << 8) | (digest[i] ?? 0);
    bits += 8;
    while (bits >= 5 && size < ID_CHARS) {
      bits -= 5;
      characters[size++] = ALPHABET[(value >>> bits) & 31] as number;
    }
    value &= (1 << bits) - 1;
  }
  return characters.toString('latin1');
}

/** A list of strings as one text, each prefixed by its length in bytes, so that no two lists have the same text. */
export function listText(parts: readonly string[]): string {
  let text = '';
  for (const part of parts) text += `${Buffer.byteLength(part)}:${part}`;
  return text;
}

/** SHA-256 over a list of strings. */
export function hashList(parts: readonly string[]): Buffer {
  return createHash('sha256').update(listText(parts)).digest();
}

/** `<prefix>_<26 base32 characters>` of the list. */
export function contentId(prefix: string, parts: readonly string[]): string {
  return `${prefix}_${base32(hashList(parts))}`;
}

/** JSON with object keys in byte order, so that equal content has equal text. `undefined` members are left out. */
export function canonicalJson(value: unknown): string {
  if (typeof value === 'bigint') return JSON.stringify(value.toString());
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const record = value as Record<string, unknown>;
  const members: string[] = [];
  for (const key of Object.keys(record).sort()) {
    if (record[key] !== undefined) members.push(`${JSON.stringify(key)}:${canonicalJson(record[key])}`);
  }
  return `{${members.join(',')}}`;
}

/** Hex SHA-256 of the canonical JSON of a value. */
export function contentHash(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}
