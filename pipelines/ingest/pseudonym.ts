/**
 * Pseudonyms: `<kind>_<26 base32 characters>` of HMAC-SHA-256 over kind, name space and normalised identifier.
 *
 * A key is what the engine, signals and alerts know of a person or account. Equal identifiers have equal keys in every
 * feed and file; nothing leads back without the vault. `acc` keys are global, never per institution, and so are the `par`
 * keys of documents; customer numbers and bank-internal tokens are scoped by the institution that gave them. One person
 * seen as holder, conductor or beneficiary under one reference has one `par` key.
 */
import { createHmac } from 'node:crypto';
import type { AccountScheme, RefScheme } from '../../schemas/enumerations.ts';
import { base32 } from '../../schemas/ids.ts';
import { BoundedCache } from './bounded-cache.ts';
import type { DataKeys } from './keys.ts';
import { accountIdentifier, type Identifier, normaliseName, partyIdentifier } from './normalise.ts';
import { sealVaultEntry, type VaultEntry } from './vault.ts';

/** Identifiers remembered per generation; a forgotten one is computed, and handed to the vault, again. */
export const PSEUDONYM_CACHE_ENTRIES = 262_144;

/**
 * acc account or address; par person or entity; kin surname; nam name (of a party key); txt purpose text; crd card;
 * ter terminal; agt agent; mer merchant; emp employee; dev device; ip address; ref reference of a payment; con contract;
 * kio kiosk; tel topped-up telephone; lic licence number.
 */
export type PseudonymKind =
  | 'acc'
  | 'par'
  | 'kin'
  | 'nam'
  | 'txt'
  | 'crd'
  | 'ter'
  | 'agt'
  | 'mer'
  | 'emp'
  | 'dev'
  | 'ip'
  | 'ref'
  | 'con'
  | 'kio'
  | 'tel'
  | 'lic';

export class Pseudonymiser {
  readonly keyId: string;
  readonly #hmacKey: Buffer;
  readonly #vaultKey: Buffer;
  readonly #cache = new BoundedCache<string>(PSEUDONYM_CACHE_ENTRIES);
  #entries: VaultEntry[] = [];

  constructor(keys: DataKeys) {
    this.keyId = keys.pseudonymKeyId;
    this.#hmacKey = keys.pseudonym;
    this.#vaultKey = keys.vault;
  }

  /** Key of an account, wallet or chain address. */
  account(scheme: AccountScheme, token: string): string {
    return this.#keyOf('acc', scheme, token, () => accountIdentifier(scheme, token));
  }

  /** Key of a person or entity by a reference; `institution` scopes customer numbers only. */
  party(scheme: RefScheme | undefined, ref: string, institution: string): string {
    const space = `${scheme ?? ''}@${institution}`;
    return this.#keyOf('par', space, ref, () => partyIdentifier(scheme, ref, institution));
  }

  /** Key of any other identifier that is unique within `space`. */
  token(kind: PseudonymKind, space: string, value: string): string {
    return this.#keyOf(kind, space, value, () => ({ space, value: value.trim() }));
  }

  /** Keyed surname, for comparison only: it goes to no vault. Null where the text holds no letter. */
  surname(text: string): string | null {
    const normalised = normaliseName(text);
    if (normalised === '') return null;
    const name = `kin\0${normalised}`;
    const known = this.#cache.get(name);
    if (known !== undefined) return known;
    const key = this.#hmac('kin', '', normalised);
    this.#cache.set(name, key);
    return key;
  }

  /** Puts the name of a party into the vault under `nameKey(partyKey)`. */
  name(partyKey: string, name: string): void {
    const seen = `nam\0${partyKey}\0${name}`;
    if (this.#cache.get(seen) !== undefined) return;
    const key = this.nameKey(partyKey);
    this.#cache.set(seen, key);
    this.#entries.push(sealVaultEntry(this.#vaultKey, 'nam', key, name));
  }

  /** Where the vault keeps the name of a party. */
  nameKey(partyKey: string): string {
    return this.#hmac('nam', '', partyKey);
  }

  /**
   * Vault entries of everything met for the first time since the last call; the caller stores them before the rows.
   * An identifier is kept as `<name space>:<normalised value>`, a name or text as it was given.
   */
  takeVaultEntries(): VaultEntry[] {
    const entries = this.#entries;
    if (entries.length > 0) this.#entries = [];
    return entries;
  }

  #keyOf(kind: PseudonymKind, rawSpace: string, raw: string, identify: () => Identifier): string {
    const name = `${kind}\0${rawSpace}\0${raw}`;
    const known = this.#cache.get(name);
    if (known !== undefined) return known;
    const { space, value } = identify();
    const key = this.#hmac(kind, space, value);
    this.#cache.set(name, key);
    this.#entries.push(sealVaultEntry(this.#vaultKey, kind, key, space === '' ? value : `${space}:${value}`));
    return key;
  }

  #hmac(kind: PseudonymKind, space: string, value: string): string {
    const digest = createHmac('sha256', this.#hmacKey).update(`${kind}\0${space}\0${value}`, 'utf8').digest();
    return `${kind}_${base32(digest)}`;
  }
}
