/**
 * What a checkpoint is of. It is taken of the state of one partition when everything up to an offset of its log is evaluated;
 * whoever goes on from it must be about to do just what its writer would have done, or it is refused.
 */

/** Rises with every change of what is saved, or of what is made of it. */
export const CHECKPOINT_FORMAT = 8;

export interface CheckpointIdentity {
  readonly format: number;
  /** Log, or topic, whose records were read. */
  readonly log: string;
  readonly partition: number;
  readonly partitions: number;
  /** Hash of the rule sets recorded up to the offset. */
  readonly rules: string;
  /** Id of the key of the pseudonyms. */
  readonly keyId: string;
}

/**
 * Where a log is gone on with. What lay there says whether it is still the log that was read: a topic that was deleted and made anew
 * has the same name.
 */
export interface LogPlace {
  /** The first record that is to be read; what comes before it is in the state. */
  readonly from: number;
  /** A record that was read, the last one; null where there was none. */
  readonly last: { readonly offset: number; readonly digest: string } | null;
  /** Whatever lies at `from` or behind it was appended after this (epoch ms). */
  readonly sinceMs: number;
}

/**
 * Why a checkpoint is not gone on from: the first member that is another one, or what befell it or the logs. `offset`: what follows is
 * not in the log; `store`: the store knows less than the checkpoint; `age`: what followed may have been compacted since.
 */
export const REFUSAL_REASONS = [
  'format',
  'log',
  'partition',
  'partitions',
  'rules',
  'keyId',
  'offset',
  'store',
  'age',
  'damaged',
] as const;
export type RefusalReason = (typeof REFUSAL_REASONS)[number];

export interface Refusal {
  /** Number of the checkpoint: a later one has a higher one. */
  readonly number: number;
  readonly reason: RefusalReason;
  /** For whoever looks for the cause; names no data. */
  readonly detail: string;
}

const MEMBERS: readonly (keyof CheckpointIdentity)[] = [
  'format',
  'log',
  'partition',
  'partitions',
  'rules',
  'keyId',
];

/** The first member in which a checkpoint is not what is wanted; undefined where it fits. */
export function misfit(
  found: CheckpointIdentity,
  wanted: CheckpointIdentity,
): keyof CheckpointIdentity | undefined {
  return MEMBERS.find((member) => found[member] !== wanted[member]);
}
