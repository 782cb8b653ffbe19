/** What requests may carry: checked here, once, and described by the same shapes in the OpenAPI document. */
import { z } from 'zod';
import { type Lang, RastroError } from '../../schemas/errors/index.ts';
import { identifier } from '../../schemas/identity.ts';
import { ON_ERROR, SUBMISSION_LIMITS, submissionId } from '../../schemas/submission.ts';

const LANGS = ['en', 'es', 'fr'] as const;
const lang = z.enum(LANGS).optional().describe('Of messages; default: what Accept-Language prefers, else en');
const flag = z.enum(['true', 'false']).default('false');

export const feedPath = z.strictObject({ institution: identifier });
export const submissionPath = z.strictObject({ institution: identifier, submissionId });

export const submitQuery = z.strictObject({
  mapping: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,63}$/)
    .default('canonical')
    .describe('How the file is read; the operator adds mappings'),
  onError: z
    .enum(ON_ERROR)
    .default('acceptValid')
    .describe('acceptValid: good lines are taken in beside bad ones. rejectFile: one bad line rejects all'),
  dryRun: flag.describe('true: checked and reported like any other, but nothing is taken in'),
  lang,
});
export const statusQuery = z.strictObject({ lang });
export const reportQuery = z.strictObject({
  lang,
  format: z
    .enum(['json', 'ndjson', 'csv'])
    .default('json')
    .describe('json: the status and the first 1,000 rejected lines. ndjson, csv: all of them, as a file'),
});
export const listQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(SUBMISSION_LIMITS.LISTED).default(50),
  lang,
});

/** @throws RastroError RAS-HTTP-BAD-REQUEST */
export function checked<T extends z.ZodType>(shape: T, value: unknown): z.infer<T> {
  const read = shape.safeParse(value);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const detail = `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`.replace(/^: /, '');
  throw new RastroError('RAS-HTTP-BAD-REQUEST', { detail });
}

/** The language of an answer. */
export function langOf(query: unknown, acceptLanguage: string | undefined): Lang {
  const asked = (query as { lang?: unknown } | null)?.lang;
  const names = [String(asked ?? ''), ...(acceptLanguage ?? '').split(',')].map((name) =>
    name.trim().slice(0, 2),
  );
  return (
    LANGS.find((name) => name === names.find((wish) => (LANGS as readonly string[]).includes(wish))) ?? 'en'
  );
}

const KEY = new RegExp(`^[\\x21-\\x7e]{1,${SUBMISSION_LIMITS.KEY_CHARS}}$`);

/** The idempotency key of a request, null where it has none. @throws RastroError RAS-HTTP-BAD-REQUEST */
export function idempotencyKeyOf(header: string | string[] | undefined): string | null {
  if (header === undefined) return null;
  if (typeof header === 'string' && KEY.test(header)) return header;
  const detail = `Idempotency-Key: 1 to ${SUBMISSION_LIMITS.KEY_CHARS} visible ASCII characters`;
  throw new RastroError('RAS-HTTP-BAD-REQUEST', { detail });
}

/** Hex SHA-256 of a Content-Digest header (RFC 9530), if it names one. */
export function digestOf(header: string | string[] | undefined): string | undefined {
  const [, base64] = /(?:^|,)\s*sha-256=:([A-Za-z0-9+/]{43}=):/.exec(String(header ?? '')) ?? [];
  return base64 === undefined ? undefined : Buffer.from(base64, 'base64').toString('hex');
}
