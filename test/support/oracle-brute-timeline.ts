/** The evaluations (§9) and ticks (§9a) of the brute-force oracle, in order. */
import { AsOf, type BruteSubject } from './oracle-brute.ts';
import type { BruteEvaluation } from './oracle-brute-evaluation.ts';
import { longestWindow } from './oracle-brute-windows.ts';
import { effectiveEvents, refOf } from './vectors.ts';

const DAY_MS = 86_400_000;

/** The evaluation as of every event of the subject, in total order, and of every tick among them that it has by `known`. */
export function bruteEvaluations(subject: BruteSubject, known = Number.NEGATIVE_INFINITY): BruteEvaluation[] {
  const events = effectiveEvents(subject.rows);
  const asOfEvents = events.map((event, i) => new AsOf(subject, events, i).evaluation(refOf(event)));
  if (subject.rule.tick === undefined) return asOfEvents;
  const out = [...asOfEvents];
  const reach = longestWindow(subject.rule);
  const until = Math.max(known, ...events.map(({ time }) => time));
  const first = events[0]?.time ?? 0;
  for (let tick = first - (first % DAY_MS); tick <= until; tick += DAY_MS) {
    const index = events.findLastIndex(({ time }) => time < tick);
    const trigger = asOfEvents.slice(0, index + 1).findLast(({ triggers }) => triggers);
    if (trigger === undefined || tick > trigger.time + reach) continue;
    out.push(new AsOf(subject, events, index, tick).evaluation(refOf(events[index]!)));
  }
  // Of equal times the tick comes first; events keep their order.
  return out.sort((a, b) => a.time - b.time || Number(b.isTick) - Number(a.isTick));
}
