/**
 * What a checkpoint is of. It is taken of the state of one partition when everything up to an offset of its log is evaluated;
 * whoever goes on from it must be about to do just what its writer would have done, or it is refused.
 */

/** Rises with every change of what is saved, or of what is made of it. */
export const CHECKPOINT_FORMAT = 1;

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

/** Why a checkpoint is not gone on from: the first member that is another one, or what befell it. */
export type RefusalReason = keyof CheckpointIdentity | 'offset' | 'damaged';

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
