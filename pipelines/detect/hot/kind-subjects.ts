/** What is known of the subjects of one kind beside their records and histories: what other rules take over. */
import type { KindTier } from './kind-tier.ts';
import type { SubjectRuns } from './subject-runs.ts';

/** One kind of subject under the rules. */
export interface KindSubjects {
  readonly tier: KindTier;
  /** Subjects that have signals, by line. */
  readonly runs: Map<number, SubjectRuns>;
  /** Subjects with an hour of an open episode that waits for its end, and when that is. */
  readonly waitingHours: Map<number, number>;
  /** Lines of subjects with rules that changed on the way: they are reported whatever they have now. */
  readonly moved: Set<number>;
}

export function noSubjects(tier: KindTier): KindSubjects {
  return { tier, runs: new Map(), waitingHours: new Map(), moved: new Set() };
}
