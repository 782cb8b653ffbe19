/**
 * An empty block of the log: it brings no row and says how far event time has come. Without it rows of streams that wait
 * for one another would wait for the next row.
 */
import { z } from 'zod';
import { epochMs, identifier } from './identity.ts';

/** Only a record of another meaning has another number: a reader refuses one that it does not know. */
export const WATERMARK_VERSION = 1;

export const watermarkRecord = z.strictObject({
  version: z.literal(WATERMARK_VERSION),
  /** Epoch milliseconds of event time. */
  timeMs: epochMs,
  /**
   * Of whose rows nothing earlier comes any more. Null: the writer of the log says that event time has come so far, whoever is
   * silent; how long a silent institution is waited for is its own cadence.
   */
  institution: identifier.nullable(),
});
export type WatermarkRecord = z.infer<typeof watermarkRecord>;
