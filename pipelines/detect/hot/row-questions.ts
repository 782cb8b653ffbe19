import type { Reversal } from '../../../schemas/event-fields.ts';

/** What tiers ask about rows outside their own state. */
export interface RowQuestions {
  /** The row was replaced or withdrawn. */
  isDead(row: number): boolean;
  /** A reversal leaves a part of the row's amount: what was asked of the amount may be true of the rest. */
  isPartlyReversed(row: number): boolean;
  /** What reverses the row, in total order; undefined for nothing. */
  reversalsOf(row: number): readonly Reversal[] | undefined;
}
