/** Which columns of facts the evaluation of a rule set reads, so that a store need not keep the others at hand. */
import { type FactColumnName, FIELD_FACTS, standpointOf } from '../../../schemas/facts.ts';
import type { RuleSet } from '../checked-rule.ts';

/**
 * What every rule reads without naming it: when an event was and in which order, whether it counts, what the feed shows, whose
 * it is, who reports it, and what a reversal leaves of it.
 */
const ALWAYS: readonly FactColumnName[] = [
  'time',
  'institution',
  'status',
  'precision',
  'amount',
  'account',
  'party',
  'bank',
  'coverageOfAccount',
  'coverageOfFeed',
];

/** Columns that plan, confirmation and reference program of the rules over events read. */
export function columnsRead({ rules }: RuleSet): ReadonlySet<FactColumnName> {
  const columns = new Set(ALWAYS);
  for (const { input, subjects, fieldsRead } of rules) {
    if (input !== 'events') continue;
    for (const kind of subjects) {
      const reads: Readonly<Record<string, { readonly column: FactColumnName }>> =
        FIELD_FACTS[standpointOf(kind)];
      for (const field of fieldsRead) {
        // Direction is the leg's parity, and the age of a pair comes from who the counterparty is.
        const column = reads[field]?.column;
        if (column !== undefined) columns.add(column);
      }
    }
  }
  return columns;
}
