/**
 * Small shapes shared by the contracts: identifiers, moments, money at the edge and inside.
 */
import { z } from 'zod';

/** Named limits of the contracts; nothing that enters may be unbounded. */
export const LIMITS = {
  /** Characters of any identifier in a feed. */
  IDENTIFIER_CHARS: 128,
  /** Characters of a name or a free text in a feed; goes to the vault, never further. */
  TEXT_CHARS: 1_000,
  /** Holders of one account, conductors of one row, and other short lists of a row. */
  LIST_ITEMS: 32,
  /** Digits of an amount at the edge, both sides of the point together. */
  AMOUNT_DIGITS: 60,
  /** Contributing transaction ids kept with one signal; beyond it only their count and hash grow. */
  EVIDENCE_IDS: 1_000,
  /** Events of one subject that an evaluator reads (SEMANTICS §2, history cap). */
  HISTORY_EVENTS: 65_536,
  /** A reversal waits so long for its original, event time; one that comes later stands whole (SEMANTICS §8). */
  ORPHAN_REVERSAL_MS: 90 * 86_400_000,
  /** Companions carried by one signal. */
  COMPANIONS: 64,
} as const;

export const identifier = z.string().min(1).max(LIMITS.IDENTIFIER_CHARS);
export const text = z.string().max(LIMITS.TEXT_CHARS);

/** A keyed pseudonym: `<kind>_<26 base32 characters>`, HMAC-SHA-256 of the normalised identifier (see `pipelines/ingest`). */
export const pseudonym = z.string().regex(/^[a-z]{2,4}_[0-9a-z]{26}$/);

/** ISO 3166-1 alpha-2. */
export const country = z.string().regex(/^[A-Z]{2}$/);

/** ISO 4217 code, or the code of a virtual asset known to `schemas/money`. */
export const currency = z.string().regex(/^[A-Z][A-Z0-9]{2,9}$/);

/** Calendar date, `YYYY-MM-DD`. */
export const date = z.iso.date();

/** Milliseconds since 1970-01-01T00:00:00Z. */
export const epochMs = z.int();

/** Money at the edge: a plain decimal string, never a float. */
export const moneyInput = z.strictObject({
  amount: z
    .string()
    .regex(/^-?\d+(\.\d+)?$/)
    .max(LIMITS.AMOUNT_DIGITS),
  ccy: currency,
});

/** Money inside: an integer number of minor units as a decimal string (18-decimal tokens pass 2^53), and its currency. */
export const money = z.strictObject({ minor: z.string().regex(/^-?\d+$/), ccy: currency });

export type MoneyInput = z.infer<typeof moneyInput>;
