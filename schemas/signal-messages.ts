/**
 * Records of the topic `signals`: what the stages of the engine tell each other across partitions.
 *
 * | kind         | from               | to the partition of       | key                                      |
 * | ------------ | ------------------ | ------------------------- | ---------------------------------------- |
 * | `observed`   | detect, of a source | the holder behind it     | `observed <holder> <source>`             |
 * | `attributed` | holder             | whom weight falls on      | `attributed <subject> <holder>`          |
 * |              | compose, of a rule over signals that names another | the other | `attributed <other> composed:<subject>` |
 * | `told`       | detect             | its own                   | `told <as of> <writer> <place of the first>` |
 * | `rules`      | detect             | its own                   | `rules <as of>`                          |
 *
 * Headers say what a record is (`signalHeaders`). The value is lines of JSON: what did not change since the message before is the same
 * line, so that neither its writer nor its reader does anything for it (`pipelines/engine/message-reader.ts`). `asOf` is the position of the sender's input that the message
 * speaks of: of two records of one key the one with the higher `asOf` holds, wherever it lies in the log.
 *
 * A value above `TOPIC_VALUE_BYTES` travels in parts, each a record of its own with the key `<key>#<part>`; the digest in the
 * headers says which parts belong together.
 */
import { z } from 'zod';
import { LIMITS } from './identity.ts';
import { featureReading, signal, transactionRef } from './signal.ts';

/** Changes with the form of the values; a reader refuses others. */
export const SIGNAL_MESSAGES_VERSION = 2;

export const SIGNAL_MESSAGE_KINDS = ['observed', 'attributed', 'told', 'rules'] as const;
export type SignalMessageKind = (typeof SIGNAL_MESSAGE_KINDS)[number];

export const SIGNAL_MESSAGE_LIMITS = {
  /** Parts of one message: 64 MiB. */
  PARTS: 128,
  /** Transactions that travel with one message; of more, those of the latest versions. */
  TRANSACTIONS: 32_768,
  /** Sources of one message that says what was told. */
  TOLD_SOURCES: 65_536,
} as const;

const count = z.int().min(0);
const counted = z.coerce.number().int().min(0);

/** Headers of a record; headers that others add are let through. */
export const signalHeaders = z.object({
  version: z.coerce.number().int(),
  kind: z.enum(SIGNAL_MESSAGE_KINDS),
  asOf: z.coerce.number().int(),
  part: counted,
  parts: counted.min(1).max(SIGNAL_MESSAGE_LIMITS.PARTS),
  digest: z.string().min(1).max(64),
});

/** A version without the references of its evidence. */
export const bareVersion = signal
  .omit({ evidence: true })
  .extend({ evidence: signal.shape.evidence.omit({ transactions: true }) });
export type BareVersion = z.infer<typeof bareVersion>;

/** A transaction by institution, id and version. */
const packedRef = z.tuple([transactionRef.shape.institution, transactionRef.shape.id, z.int()]);
export type PackedRef = z.infer<typeof packedRef>;

/**
 * Line of a version: what of it differs from the version before (`pipelines/engine/delta.ts`); its evidence as ranges, first place and
 * length in turn, of all references that the versions of its signal brought so far; those that it brings.
 */
export const versionLine = z.tuple([
  z.unknown(),
  z.array(z.int().min(0)).max(2 * LIMITS.EVIDENCE_IDS),
  z.array(packedRef).max(LIMITS.EVIDENCE_IDS),
]);

/** Line of a version that was observed: when its rule fired last and how long it may be quiet, which says whether its episode is open. */
export const heldLine = z.tuple([z.int(), z.int(), versionLine]);

/** Line of what a rule said without firing. */
export const readingLine = z.strictObject({
  rule: z.string(),
  observedOn: z.string(),
  eventTime: z.int(),
  truth: z.literal(false).nullable(),
  features: z.array(featureReading),
});

/** Lines of versions, one signal behind the other: how many each has, by id. */
const versions = z.array(z.tuple([z.string(), count.min(1)]));
export type VersionCounts = z.infer<typeof versions>;

/** What comes with signals: lines of transactions, then of readings. */
const factsHeader = {
  transactions: count.max(SIGNAL_MESSAGE_LIMITS.TRANSACTIONS),
  readings: count,
  /** Fields that the feeds of `transactions` provide, by the id stamped into these. */
  feeds: z.record(z.string(), z.array(z.string())),
};

/** First line of `observed`; lines of versions with when they fired (`heldLine`), of transactions and of readings follow. */
export const observedHeader = z.strictObject({
  source: z.string().min(1),
  holder: z.string().min(1),
  signals: versions,
  ...factsHeader,
});
export type ObservedHeader = z.infer<typeof observedHeader>;

/** First line of `attributed`; lines of versions (`versionLine`), of those of companions, of transactions and of readings follow. */
export const attributedHeader = z.strictObject({
  subject: z.string().min(1),
  holder: z.string().min(1),
  signals: versions,
  companions: versions,
  ...factsHeader,
});
export type AttributedHeader = z.infer<typeof attributedHeader>;

/** Sources that a detect stage is about to tell of, with the holders that it tells: durable before any of it is told. */
export const toldMessage = z.strictObject({
  writer: z.string().min(1),
  sources: z.array(z.tuple([z.string(), z.array(z.string())])),
});
export type ToldMessage = z.infer<typeof toldMessage>;
