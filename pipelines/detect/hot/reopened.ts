/** What of a subject is evaluated again after its history was rebuilt: the hour in which it changed, and what follows. */
import { candidatesFrom, type SubjectCandidates } from './candidate-list.ts';
import type { KindTier } from './kind-tier.ts';

const HOUR_MS = 3_600_000;

/**
 * Of subjects that were rebuilt, from which hour and position on each is evaluated again. What could be said as of earlier
 * events is known: their candidates are dropped.
 */
export function reopenedOf(
  tier: KindTier,
  rebuilt: ReadonlyMap<number, number>,
  candidates: Map<number, SubjectCandidates>,
): Map<number, { readonly fromMs: number; readonly position: number }> {
  const reopened = new Map<number, { fromMs: number; position: number }>();
  for (const [line, changedMs] of rebuilt) {
    const fromMs = Math.floor(changedMs / HOUR_MS) * HOUR_MS;
    const position = tier.positionAt(line, fromMs);
    reopened.set(line, { fromMs, position });
    const found = candidates.get(line);
    if (found === undefined) continue;
    const left = candidatesFrom(found, position, tier.plan.maskWords);
    if (left.positions.length === 0) candidates.delete(line);
    else candidates.set(line, left);
  }
  return reopened;
}
