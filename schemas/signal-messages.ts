/**
 * Records of the topic `signals`: what the stages of the engine tell each other across partitions.
 *
 * | kind         | from               | to the partition of       | key                                      |
 * | ------------ | ------------------ | ------------------------- | ---------------------------------------- |
 * | `observed`   | detect, of a source | the holder behind it     | `observed <holder> <source>`             |
 * | `attributed` | holder             | whom weight falls on      | `attributed <subject> <holder>`          |
 * | `told`       | detect             | its own                   | `told <as of> <writer> <place of the first>` |
 * | `rules`      | detect             | its own                   | `rules <as of>`                          |
 *
 * Headers say what a record is (`signalHeaders`), the value is JSON. `asOf` is the position of the sender's input that the message
 * speaks of: of two records of one key the one with the higher `asOf` holds, wherever it lies in the log.
 *
 * A value above `TOPIC_VALUE_BYTES` travels in parts, each a record of its own with the key `<key>#<part>`; the digest in the
 * headers says which parts belong together.
 */
import { z } from 'zod';
import { evidenceTransaction } from './evidence-transaction.ts';
import { LIMITS } from './identity.ts';
import { featureReading, signal, transactionRef } from './signal.ts';

/** Changes with the form of the values; a reader refuses others. */
export const SIGNAL_MESSAGES_VERSION = 1;

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

const count = z.coerce.number().int().min(0);

/** Headers of a record; headers that others add are let through. */
export const signalHeaders = z.object({
  version: z.coerce.number().int(),
  kind: z.enum(SIGNAL_MESSAGE_KINDS),
  asOf: z.coerce.number().int(),
  part: count,
  parts: count.min(1).max(SIGNAL_MESSAGE_LIMITS.PARTS),
  digest: z.string().min(1).max(64),
});

/** A signal whose evidence is named by ranges of the message's `refs`: first place and length, in turn. */
export const packedSignal = signal.omit({ evidence: true }).extend({
  evidence: signal.shape.evidence
    .omit({ transactions: true })
    .extend({ ranges: z.array(z.int().min(0)).max(2 * LIMITS.EVIDENCE_IDS) }),
});
export type PackedSignal = z.infer<typeof packedSignal>;

/** A version that was observed, with what says whether its episode is open at a time. */
export const packedHeld = z.strictObject({ signal: packedSignal, lastFiredAt: z.int(), quietMs: z.int() });
export type PackedHeld = z.infer<typeof packedHeld>;

/**
 * Versions by (id, version), each as what differs from the one before (`pipelines/engine/delta.ts`). Of `observed` each is a
 * `packedHeld`, of `attributed` a `packedSignal`.
 */
const deltas = z.array(z.unknown());

const reading = z.strictObject({
  rule: z.string(),
  observedOn: z.string(),
  eventTime: z.int(),
  truth: z.literal(false).nullable(),
  features: z.array(featureReading),
});

/** What comes with signals. */
const packedFacts = {
  refs: z.array(z.tuple([transactionRef.shape.institution, transactionRef.shape.id, z.int()])),
  transactions: z.array(evidenceTransaction).max(SIGNAL_MESSAGE_LIMITS.TRANSACTIONS),
  /** Fields that the feeds of `transactions` provide, by the id stamped into these. */
  feeds: z.record(z.string(), z.array(z.string())),
  readings: z.array(reading),
};

export const observedMessage = z.strictObject({
  source: z.string().min(1),
  holder: z.string().min(1),
  signals: deltas,
  ...packedFacts,
});
export type ObservedMessage = z.infer<typeof observedMessage>;

export const attributedMessage = z.strictObject({
  subject: z.string().min(1),
  holder: z.string().min(1),
  signals: deltas,
  companions: deltas,
  ...packedFacts,
});
export type AttributedMessage = z.infer<typeof attributedMessage>;

/** Sources that a detect stage is about to tell of, with the holders that it tells: durable before any of it is told. */
export const toldMessage = z.strictObject({
  writer: z.string().min(1),
  sources: z.array(z.tuple([z.string(), z.array(z.string())])),
});
export type ToldMessage = z.infer<typeof toldMessage>;
