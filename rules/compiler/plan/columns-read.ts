/** Which columns of facts many rules of a set read, so that a store need not keep the others at hand. */
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

/** A column that fewer rules read comes back from disk when one of them is asked: most rules are asked of few subjects. */
const RULES_MIN = 4;
/** ... of a set of this many rules for each of them. */
const SMALL_SET = 20;

/** Columns that plan, confirmation and reference program of many of the rules over events read. */
export function columnsRead({ rules }: RuleSet): ReadonlySet<FactColumnName> {
  const readers = new Map<FactColumnName, Set<string>>();
  for (const { id, input, subjects, fieldsRead } of rules) {
    if (input !== 'events') continue;
    for (const kind of subjects) {
      const reads: Readonly<Record<string, { readonly column: FactColumnName }>> =
        FIELD_FACTS[standpointOf(kind)];
      for (const field of fieldsRead) {
        // Direction is the leg's parity, and the age of a pair comes from who the counterparty is.
        const column = reads[field]?.column;
        if (column === undefined) continue;
        const ids = readers.get(column) ?? new Set();
        readers.set(column, ids.add(id));
      }
    }
  }
  // Of a small set every column is kept.
  const min = Math.min(RULES_MIN, Math.ceil(rules.length / SMALL_SET));
  const many = [...readers].flatMap(([column, ids]) => (ids.size >= min ? [column] : []));
  return new Set([...ALWAYS, ...many]);
}
