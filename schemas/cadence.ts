/**
 * How an institution submits: as a `stream`, rows within moments of what they tell, or by `file`, whenever one is ready.
 *
 * Rows of streams are put in order before they are evaluated: they wait until nothing earlier is expected. Rows of files are
 * evaluated as they come. Which signals stand at the end is the same; what differs is when, and at which cost.
 */
import { z } from 'zod';

/** Named limits of a cadence, in milliseconds of event time. */
export const CADENCE_LIMITS = {
  /** By default a row is expected at most so long after others with its time. */
  LATENESS_MS: 5_000,
  LATENESS_MAX_MS: 3_600_000,
  /** By default an institution that has said nothing for so long is not waited for. */
  SILENCE_MS: 60_000,
  SILENCE_MAX_MS: 86_400_000,
} as const;

const duration = (max: number, fallback: number) => z.int().min(0).max(max).default(fallback);

const timing = {
  /** How far behind the institution's own newest row another of its rows may come and still be in time. */
  latenessMs: duration(CADENCE_LIMITS.LATENESS_MAX_MS, CADENCE_LIMITS.LATENESS_MS),
  /** Without a row for longer than this the others do not wait for the institution any more. */
  silenceMs: duration(CADENCE_LIMITS.SILENCE_MAX_MS, CADENCE_LIMITS.SILENCE_MS),
};

/** Of an institution that streams. */
export const streamTiming = z.strictObject(timing);
export type StreamTiming = z.infer<typeof streamTiming>;

export const cadence = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('file') }),
  z.strictObject({ kind: z.literal('stream'), ...timing }),
]);
export type Cadence = z.infer<typeof cadence>;

export const FILE_CADENCE: Cadence = { kind: 'file' };
