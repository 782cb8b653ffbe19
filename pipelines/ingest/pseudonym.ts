/**
 * Pseudonyms: `<kind>_<26 base32 characters>` of HMAC-SHA-256 over kind, name space and normalised identifier.
 *
 * A key is what the engine, signals and alerts know of a person or account. Equal identifiers have equal keys in every
 * feed and file; nothing leads back without the vault. `acc` keys are global, never per institution, and so are the `par`
 * keys of documents; customer numbers and bank-internal tokens are scoped by the institution that gave them. One person
 * seen as holder, conductor or beneficiary under one reference has one `par` key.
 */
import type { AccountScheme, RefScheme } from '../../schemas/enumerations.ts';
import { base32 } from '../../schemas/ids.ts';
import { BoundedCache } from './bounded-cache.ts';
import { KeyedHash } from './keyed-hash.ts';
import type { DataKeys } from './keys.ts';
import { accountIdentifier, type Identifier, normaliseName, partyIdentifier } from './normalise.ts';
import { type VaultEntry, VaultSealer } from './vault.ts';

/** Identifiers remembered per generation; a forgotten one is computed, and handed to the vault, again. */
export const PSEUDONYM_CACHE_ENTRIES = 262_144;
const DIGEST_BYTES = 32;
/** Name spaces whose cache names are remembered. */
const PSEUDONYM_SPACES = 65_536;

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
  readonly #hash: KeyedHash;
  readonly #vault: VaultSealer;
  /** Names of caches, by kind, scheme and scope. */
  readonly #spaces = new Map<string, Map<string, Map<string, string>>>();
  readonly #cache = new BoundedCache<string>(PSEUDONYM_CACHE_ENTRIES);
  #spaceCount = 0;
  #entries: VaultEntry[] = [];
  readonly #digest = Buffer.alloc(DIGEST_BYTES);

  constructor(keys: DataKeys) {
    this.keyId = keys.pseudonymKeyId;
    this.#hash = new KeyedHash(keys.pseudonym);
    this.#vault = new VaultSealer(keys.vault);
  }

  /** Key of an account, wallet or chain address. */
  account(scheme: AccountScheme, token: string): string {
    const space = this.#spaceOf('acc', scheme, '');
    return (
      this.#cache.get(space, token) ?? this.#newKey('acc', space, token, accountIdentifier(scheme, token))
    );
  }

  /** Key of a person or entity by a reference; `institution` scopes customer numbers only. */
  party(scheme: RefScheme | undefined, ref: string, institution: string): string {
    const space = this.#spaceOf('par', scheme ?? '', institution);
    const known = this.#cache.get(space, ref);
    return known ?? this.#newKey('par', space, ref, partyIdentifier(scheme, ref, institution));
  }

  /** Key of any other identifier that is unique within `space`. */
  token(kind: PseudonymKind, space: string, value: string): string {
    const cache = this.#spaceOf(kind, space, '');
    const known = this.#cache.get(cache, value);
    return known ?? this.#newKey(kind, cache, value, { space, value: value.trim() });
  }

  /** Keyed surname, for comparison only: it goes to no vault. Null where the text holds no letter. */
  surname(text: string): string | null {
    const normalised = normaliseName(text);
    if (normalised === '') return null;
    const known = this.#cache.get('kin', normalised);
    if (known !== undefined) return known;
    const key = this.#hmac('kin', '', normalised);
    this.#cache.set('kin', normalised, key);
    return key;
  }

  /** Puts the name of a party into the vault under `nameKey(partyKey)`. */
  name(partyKey: string, name: string): void {
    const seen = `${partyKey}\0${name}`;
    if (this.#cache.get('nam', seen) !== undefined) return;
    const key = this.nameKey(partyKey);
    this.#cache.set('nam', seen, key);
    this.#entries.push(this.#vault.entry('nam', key, name));
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

  #spaceOf(kind: PseudonymKind, scheme: string, scope: string): string {
    const known = this.#spaces.get(kind)?.get(scheme)?.get(scope);
    if (known !== undefined) return known;
    // As many as there are schemes, operators and institutions; a feed of invented ones starts anew.
    if (this.#spaceCount >= PSEUDONYM_SPACES) {
      this.#spaces.clear();
      this.#spaceCount = 0;
    }
    this.#spaceCount += 1;
    const schemes = this.#spaces.get(kind) ?? new Map<string, Map<string, string>>();
    const scopes = schemes.get(scheme) ?? new Map<string, string>();
    const name = `${kind}\0${scheme}\0${scope}`;
    this.#spaces.set(kind, schemes.set(scheme, scopes.set(scope, name)));
    return name;
  }

  #newKey(kind: PseudonymKind, cache: string, raw: string, { space, value }: Identifier): string {
    const key = this.#hmac(kind, space, value);
    this.#cache.set(cache, raw, key);
    this.#entries.push(this.#vault.entry(kind, key, space === '' ? value : `${space}:${value}`));
    return key;
  }

  #hmac(kind: PseudonymKind, space: string, value: string): string {
    this.#digest.write(this.#hash.digest(`${kind}\0${space}\0${value}`), 0, 'latin1');
    return `${kind}_${base32(this.#digest)}`;
  }
}
