/** What fills the columns of one feature, or of one matching of money, and when they may be kept. */
import type { FieldRead } from '../checked-rule.ts';
import { Candidates, type Taker } from './matches.ts';

/** A reader of columns: kept while the conditions it asks depend on each event alone, from one reversal to the next. */
export interface Reader<C> {
  columns: C;
  /** First event that was taken in; none yet: -1. */
  first: number;
  /** How many reversals had come when they were. */
  epoch: number;
  readonly create: () => C;
  readonly take: Taker<C>;
  /** Events that may be taken: one of `gates` is not false on them. */
  readonly candidates: Candidates;
  readonly gates: readonly number[];
  readonly predicates: readonly number[];
  readonly fields: readonly FieldRead[];
}

export function readerOf<C>(
  create: () => C,
  take: Taker<C>,
  gates: readonly number[],
  fields: readonly FieldRead[],
  predicates = gates,
): Reader<C> {
  const candidates = new Candidates();
  return { columns: create(), first: -1, epoch: 0, create, take, candidates, gates, predicates, fields };
}
