/**
 * Up to where the evidence of an episode is known. A window that moves on brings only what came after it was looked at last:
 * whoever takes evidence again and again reads each event of a window once.
 */

export interface EvidenceMarks {
  /** By feature the columns that were read; undefined where every event is looked at again. */
  readonly columns: readonly (object | undefined)[];
  /** By feature the position before which the events of these columns are known. */
  readonly upTo: readonly number[];
}

/** Nothing is known. */
export const NO_MARKS: EvidenceMarks = { columns: [], upTo: [] };
