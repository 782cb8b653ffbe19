/**
 * Rule sets as records of the log: the files that make the set, so that a data folder can be read again without the
 * folder that the rules came from, and the event time from which the set is in force.
 */
import { gunzipSync, gzipSync } from 'node:zlib';
import { z } from 'zod';
import { LOG_LIMITS } from '../../pipelines/log/port.ts';
import { ALWAYS_MS } from '../../rules/compiler/index.ts';
import { RastroError } from '../../schemas/errors/index.ts';
import { epochMs } from '../../schemas/identity.ts';
import { canonicalJson, contentHash } from '../../schemas/ids.ts';
import type { KnowledgeFiles } from './knowledge.ts';

const ruleRecord = z.strictObject({
  /** Null: the set has always been in force, and takes the place of all before it. */
  activeFrom: epochMs.nullable(),
  /** Hash of `files`. */
  sha256: z.string(),
  /** Place among the sets of the topic `rules`; none in a log that orders its sets itself. */
  ordinal: z.number().int().nonnegative().optional(),
  files: z.strictObject({
    texts: z.record(z.string(), z.string()),
    rates: z.strictObject({ name: z.string(), text: z.string() }).nullable(),
  }),
});

export interface RuleRecord {
  /** Event time from which the set is in force; `ALWAYS_MS` for always. */
  readonly activeFrom: number;
  /** Hash of `files`, as `Knowledge.hash`. */
  readonly sha256: string;
  readonly files: KnowledgeFiles;
  /**
   * Place among the sets of the topic `rules`: a set is recorded behind those with lower ones, wherever it lies in a log. Undefined in
   * a log that orders its sets itself.
   */
  readonly ordinal: number | undefined;
}

/** What `encodeRules` makes a record of. */
export type NewRules = Omit<RuleRecord, 'sha256' | 'ordinal'> & { readonly ordinal?: number };

/** Bytes that every gzip file begins with; the JSON of records that were written plain begins with a brace. */
const GZIP_MAGIC = [0x1f, 0x8b] as const;

/**
 * Compressed: YAML in three languages packs to a fifth, and a catalogue of hundreds of rules fits a record of the topic `rules`.
 * @throws RastroError RAS-RULES-RECORD-SIZE where the record unpacked is larger than is read again
 */
export function encodeRules({ activeFrom, files, ordinal }: NewRules): Uint8Array {
  const text = Buffer.from(
    canonicalJson({
      activeFrom: activeFrom === ALWAYS_MS ? null : activeFrom,
      sha256: contentHash(files),
      files,
      ...(ordinal === undefined ? {} : { ordinal }),
    }),
    'utf8',
  );
  if (text.byteLength > LOG_LIMITS.RULES_BYTES) {
    throw new RastroError('RAS-RULES-RECORD-SIZE', {
      bytes: text.byteLength,
      limit: LOG_LIMITS.RULES_BYTES,
    });
  }
  return gzipSync(text);
}

/** The record unpacked, which reads as the same record: for places that hold text. */
export function rulesText(payload: Uint8Array): string {
  const isPacked = GZIP_MAGIC.every((byte, at) => payload[at] === byte);
  // The limit of what is written bounds what is unpacked: a record cannot fill the memory.
  const bytes = isPacked ? gunzipSync(payload, { maxOutputLength: LOG_LIMITS.RULES_BYTES }) : payload;
  return Buffer.from(bytes).toString('utf8');
}

/** @throws RastroError RAS-RULES-RECORD-HASH where the files are not those that were recorded. */
export function decodeRules(payload: Uint8Array): RuleRecord {
  const record = ruleRecord.parse(JSON.parse(rulesText(payload)));
  const { activeFrom, sha256, files, ordinal } = record;
  if (contentHash(files) !== sha256) throw new RastroError('RAS-RULES-RECORD-HASH', { sha256 });
  return { activeFrom: activeFrom ?? ALWAYS_MS, sha256, files, ordinal };
}
