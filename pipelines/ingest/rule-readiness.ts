/** Which rules a feed can feed, and what is missing for the others: the page a bank reads first. */

import type { RuleNeeds } from '../../rules/compiler/index.ts';
import { type Coverage, PRECISIONS, type Precision } from '../../schemas/enumerations.ts';

export interface RuleRequirement {
  readonly rule: string;
  readonly title: string;
  readonly needs: RuleNeeds;
}

/** One thing a rule needs and not all rows have. `share` is that of the rows which do, 0 to 1. */
export interface Shortfall {
  readonly what: 'field' | 'precision' | 'coverage';
  readonly name: string;
  readonly share: number;
  /** not_provided: no column is mapped; empty: mapped, and never filled; some: only part of the rows. */
  readonly why: 'not_provided' | 'empty' | 'some';
}

export interface RuleReadiness {
  readonly rule: string;
  readonly title: string;
  /** not: some need is met by no row; partly: some need is met by a part of the rows. */
  readonly verdict: 'evaluable' | 'partly' | 'not';
  readonly shortfalls: readonly Shortfall[];
}

/** What the rows of a feed showed, counted. */
export interface FeedEvidence {
  readonly rows: number;
  /** Rows of files whose mapping provides the name. */
  readonly providing: ReadonlyMap<string, number>;
  /** Rows with a value in the name; absent where only a party file could hold it. */
  readonly filled: ReadonlyMap<string, number>;
  readonly byPrecision: ReadonlyMap<Precision, number>;
  readonly byCoverage: ReadonlyMap<Coverage, number>;
  /** What the party file beside the feed provides. */
  readonly partyProvides: ReadonlySet<string>;
}

function fieldShortfall(name: string, evidence: FeedEvidence): Shortfall | null {
  if (evidence.partyProvides.has(name)) return null;
  const providing = evidence.providing.get(name) ?? 0;
  if (providing === 0) return { what: 'field', name, share: 0, why: 'not_provided' };
  if (evidence.filled.get(name) === 0) return { what: 'field', name, share: 0, why: 'empty' };
  if (providing === evidence.rows) return null;
  return { what: 'field', name, share: providing / evidence.rows, why: 'some' };
}

function shareShortfall(
  what: 'precision' | 'coverage',
  name: string,
  rows: number,
  serving: number,
): Shortfall | null {
  if (rows === 0 || serving === rows) return null;
  return { what, name, share: serving / rows, why: serving === 0 ? 'not_provided' : 'some' };
}

export function ruleReadiness(requirement: RuleRequirement, evidence: FeedEvidence): RuleReadiness {
  const { fields, precision, coverage } = requirement.needs;
  const shortfalls = fields
    .map((name) => fieldShortfall(name, evidence))
    .filter((shortfall) => shortfall !== null);
  if (precision !== null) {
    const serving = PRECISIONS.slice(0, PRECISIONS.indexOf(precision) + 1).reduce(
      (sum, finer) => sum + (evidence.byPrecision.get(finer) ?? 0),
      0,
    );
    const found = shareShortfall('precision', precision, evidence.rows, serving);
    if (found !== null) shortfalls.push(found);
  }
  if (coverage !== null) {
    const serving = coverage.reduce((sum, kind) => sum + (evidence.byCoverage.get(kind) ?? 0), 0);
    const found = shareShortfall('coverage', coverage.join(' | '), evidence.rows, serving);
    if (found !== null) shortfalls.push(found);
  }
  const verdict = shortfalls.some(({ share }) => share === 0)
    ? 'not'
    : shortfalls.length > 0
      ? 'partly'
      : 'evaluable';
  return { rule: requirement.rule, title: requirement.title, verdict, shortfalls };
}
