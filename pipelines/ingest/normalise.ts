/**
 * One spelling for each identifier, so that equal things meet under one pseudonym whoever reports them. What cannot be
 * normalised without guessing is only trimmed.
 */
import type { AccountScheme, RefScheme } from '../../schemas/enumerations.ts';

/** An identifier in its one spelling, with the name space in which it is unique. */
export interface Identifier {
  readonly space: string;
  readonly value: string;
}

const PHONE_DIGITS_MIN = 7;

const compact = (text: string) => text.replace(/[\s.\-/]+/g, '').toUpperCase();
const trim = (text: string) => text.trim().normalize('NFC');

/**
 * Digits of an E.164 number. A leading `+` or `00` goes; Mexico's old mobile prefix (521 and ten digits, abolished in
 * August 2019) becomes 52, because feeds still carry both for one telephone. A text without digits is only trimmed.
 */
export function normalisePhone(text: string): string {
  const digits = text.replace(/\D+/g, '').replace(/^00/, '');
  if (digits === '') return trim(text);
  return /^521\d{10}$/.test(digits) ? `52${digits.slice(3)}` : digits;
}

export function normaliseEmail(text: string): string {
  return trim(text).toLowerCase();
}

/** An e-mail address or telephone that stands for an account (Zelle, Interac, CoDi): one name space for each. */
function handle(text: string, otherwise: string): Identifier {
  if (text.includes('@')) return { space: 'email', value: normaliseEmail(text) };
  const digits = text.replace(/\D+/g, '');
  const isPhone = digits.length >= PHONE_DIGITS_MIN && /^[\d\s()+.-]+$/.test(text.trim());
  return isPhone ? { space: 'phone', value: normalisePhone(text) } : { space: otherwise, value: trim(text) };
}

/** Addresses of EVM chains and bech32 ignore case; Base58 does not. */
function chainAddress(text: string): string {
  const address = text.trim();
  return /^0x[0-9a-fA-F]{40}$/.test(address) || /^(bc|tb|ltc)1/i.test(address)
    ? address.toLowerCase()
    : address;
}

/** An account's identifier. Account keys are global: no institution is part of it, whatever the scheme. */
export function accountIdentifier(scheme: AccountScheme, token: string): Identifier {
  switch (scheme) {
    case 'clabe':
    case 'iban':
    case 'us_aba':
    case 'ca_transit':
      return { space: scheme, value: compact(token) };
    case 'phone':
    case 'email':
    case 'zelle':
    case 'interac':
    case 'codi':
      return handle(token, scheme);
    case 'chain':
      return { space: scheme, value: chainAddress(token) };
    default:
      return { space: scheme, value: trim(token) };
  }
}

/** Reference schemes whose values mean one person wherever they appear; the others are an institution's own numbers. */
const GLOBAL_REFS: ReadonlySet<RefScheme> = new Set([
  'curp',
  'rfc',
  'tin',
  'document',
  'name_dob',
  'phone',
  'email',
]);

/** `scheme:value`, the form in which fields without a scheme of their own may carry one. */
const PREFIXED = /^(customer|curp|rfc|tin|document|name_dob|phone|email):(.+)$/s;

/**
 * A party's identifier. Documents, telephones and e-mail addresses are global; a customer number is unique within the
 * institution that gave it. Without a scheme, a value written `scheme:value` says its own; else it is a customer number.
 */
export function partyIdentifier(scheme: RefScheme | undefined, ref: string, institution: string): Identifier {
  const prefixed = scheme === undefined ? PREFIXED.exec(ref) : null;
  const kind = scheme ?? (prefixed?.[1] as RefScheme | undefined) ?? 'customer';
  const value = prefixed?.[2] ?? ref;
  const space = GLOBAL_REFS.has(kind) ? kind : `${kind}@${institution}`;
  switch (kind) {
    case 'curp':
    case 'rfc':
    case 'tin':
    case 'document':
      return { space, value: compact(value) };
    case 'name_dob':
      return { space, value: normaliseName(value) };
    case 'phone':
      return { space, value: normalisePhone(value) };
    case 'email':
      return { space, value: normaliseEmail(value) };
    default:
      return { space, value: trim(value) };
  }
}

/** Upper case without accents, every run of other characters one space: `De la Peña-Ruiz` is `DE LA PENA RUIZ`. */
export function normaliseName(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toUpperCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}
