/**
 * Sealing: AES-256-GCM of what must not travel, each entry bound to its place by additional data.
 *
 * The nonce is a keyed digest of the content (as in SIV modes, RFC 5297 gives the argument), so equal content under an
 * equal name has equal bytes: sealing the same identifier again adds no new row to the store, no nonce is ever used for
 * two contents, and nothing here needs a source of randomness. What it reveals is only that two entries of one name are
 * equal, and a pseudonym says that already.
 */
import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto';
import { RastroError } from '../../schemas/errors/index.ts';
import { KeyedHash } from './keyed-hash.ts';
import { deriveKey } from './keys.ts';

/** Sealed bytes: version, nonce, tag, ciphertext. */
const FORMAT = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEAD_BYTES = 1 + NONCE_BYTES + TAG_BYTES;

/** What the vault table keeps of one identifier, name or free text. */
export interface VaultEntry {
  readonly pseudonym: string;
  readonly kind: string;
  /** Base64 of the sealed bytes. */
  readonly ciphertext: string;
}

/** Seals bytes under a name; opening asks for the same key and name. */
function seal(key: Uint8Array, name: string, content: Uint8Array): Buffer {
  const nonce = createHmac('sha256', key)
    .update(`nonce\0${name}\0`)
    .update(content)
    .digest()
    .subarray(0, NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(Buffer.from(name, 'utf8'));
  const sealed = cipher.update(content);
  cipher.final();
  return Buffer.concat([Buffer.of(FORMAT), nonce, cipher.getAuthTag(), sealed]);
}

/** Opens sealed bytes. Throws `RAS-FEED-VAULT-OPEN` where the key, the name or a byte differs. */
function open(key: Uint8Array, name: string, sealed: Uint8Array): Buffer {
  if (sealed.length < HEAD_BYTES || sealed[0] !== FORMAT) {
    throw new RastroError('RAS-FEED-VAULT-OPEN', { detail: 'unknown format' });
  }
  const nonce = sealed.subarray(1, 1 + NONCE_BYTES);
  const decipher = createDecipheriv('aes-256-gcm', key, nonce);
  decipher.setAAD(Buffer.from(name, 'utf8'));
  decipher.setAuthTag(sealed.subarray(1 + NONCE_BYTES, HEAD_BYTES));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(HEAD_BYTES)), decipher.final()]);
  } catch (cause) {
    throw new RastroError('RAS-FEED-VAULT-OPEN', { detail: 'wrong key or changed content' }, { cause });
  }
}

const entryName = (kind: string, pseudonym: string) => `vault\0${kind}\0${pseudonym}`;

/** The vault entry of a value. */
export function sealVaultEntry(key: Uint8Array, kind: string, pseudonym: string, value: string): VaultEntry {
  const sealed = seal(key, entryName(kind, pseudonym), Buffer.from(value, 'utf8'));
  return { pseudonym, kind, ciphertext: sealed.toString('base64') };
}

/** Longest name and value, in UTF-16 units, for which there is room in the buffers of a sealer. */
const SEALED_UNITS = 512;
/** UTF-8 bytes of one UTF-16 unit at most. */
const UNIT_BYTES = 3;

/** Seals entries under one key, as `sealVaultEntry` does each, in buffers of its own: that halves what one costs. */
export class VaultSealer {
  readonly #key: Uint8Array;
  readonly #hash: KeyedHash;
  readonly #name = Buffer.alloc(UNIT_BYTES * SEALED_UNITS);
  readonly #content = Buffer.alloc(UNIT_BYTES * SEALED_UNITS);
  readonly #sealed = Buffer.alloc(HEAD_BYTES + UNIT_BYTES * SEALED_UNITS);

  constructor(key: Uint8Array) {
    this.#key = key;
    this.#hash = new KeyedHash(key);
  }

  entry(kind: string, pseudonym: string, value: string): VaultEntry {
    if (value.length > SEALED_UNITS) return sealVaultEntry(this.#key, kind, pseudonym, value);
    const name = entryName(kind, pseudonym);
    const sealed = this.#sealed;
    sealed[0] = FORMAT;
    sealed.write(this.#hash.digest(`nonce\0${name}\0${value}`), 1, NONCE_BYTES, 'latin1');
    const cipher = createCipheriv('aes-256-gcm', this.#key, sealed.subarray(1, 1 + NONCE_BYTES));
    cipher.setAAD(this.#name.subarray(0, this.#name.write(name, 0, 'utf8')));
    const content = cipher.update(this.#content.subarray(0, this.#content.write(value, 0, 'utf8')));
    cipher.final();
    sealed.set(cipher.getAuthTag(), 1 + NONCE_BYTES);
    sealed.set(content, HEAD_BYTES);
    return { pseudonym, kind, ciphertext: sealed.toString('base64', 0, HEAD_BYTES + content.length) };
  }
}

/** The value of a vault entry. Throws `RAS-FEED-VAULT-OPEN`. */
export function openVaultEntry(key: Uint8Array, entry: VaultEntry): string {
  const sealed = Buffer.from(entry.ciphertext, 'base64');
  return open(key, entryName(entry.kind, entry.pseudonym), sealed).toString('utf8');
}

const originalKey = (rawKey: Uint8Array, institution: string) => deriveKey(rawKey, `original/${institution}`);

/** Seals the original bytes of a rejected line, or a raw submission, with its institution's own key. */
export function sealOriginal(rawKey: Uint8Array, institution: string, bytes: Uint8Array): Buffer {
  return seal(originalKey(rawKey, institution), `original\0${institution}`, bytes);
}

/** Opens what `sealOriginal` sealed for that institution. Throws `RAS-FEED-VAULT-OPEN`. */
export function openOriginal(rawKey: Uint8Array, institution: string, sealed: Uint8Array): Buffer {
  return open(originalKey(rawKey, institution), `original\0${institution}`, sealed);
}

/**
 * Seals pieces of what one institution hands in, each under its place, so that none can be put elsewhere, left out or swapped
 * without notice. As `sealOriginal`, with the key derived once.
 */
export class PieceSealer {
  readonly #key: Buffer;

  constructor(rawKey: Uint8Array, institution: string) {
    this.#key = deriveKey(rawKey, `piece/${institution}`);
  }

  seal(place: string, bytes: Uint8Array): Buffer {
    return seal(this.#key, `piece\0${place}`, bytes);
  }

  /** @throws RastroError RAS-FEED-VAULT-OPEN */
  open(place: string, sealed: Uint8Array): Buffer {
    return open(this.#key, `piece\0${place}`, sealed);
  }
}
