/** Episodes and versions (§9) of the brute-force oracle, from its evaluations in order. */
import type { BruteSubject } from './oracle-brute.ts';
import type { BruteEvaluation } from './oracle-brute-evaluation.ts';
import { bruteEvaluations } from './oracle-brute-timeline.ts';
import { duration, HOUR_MS, longestWindow } from './oracle-brute-windows.ts';
import type { AnswerSignal } from './vector-answers.ts';
import type { Vector } from './vectors.ts';

/** Every version of every signal (§9 "Episode", "Versions"). */
export function bruteSignals(
  subject: BruteSubject & Pick<Vector, 'inForce' | 'knownMs'>,
  evaluations = bruteEvaluations(subject, subject.knownMs),
): AnswerSignal[] {
  const quiet = subject.rule.quiet === undefined ? longestWindow(subject.rule) : duration(subject.rule.quiet);
  const { fromMs, untilMs } = subject.inForce ?? { fromMs: -Infinity, untilMs: Infinity };
  const isIn = (time: number) => time >= fromMs && time < untilMs;
  const todo = evaluations.filter(
    ({ triggers, isTick, time, eventTime }) => (triggers || isTick) && isIn(time) && isIn(eventTime),
  );
  const order = [...new Set(evaluations.map((evaluation) => evaluation.event))];
  const out: AnswerSignal[] = [];
  let lastFired: number | null = null;
  let opens = '';
  let version = 0;
  let held = new Set<string>();
  const write = (evaluation: BruteEvaluation) => {
    version++;
    held = new Set([...held, ...evaluation.evidence]);
    out.push({
      opens,
      version,
      at: evaluation.event,
      tick: evaluation.isTick ? evaluation.time : undefined,
      evidence: order.filter((ref) => held.has(ref)),
      features: evaluation.features,
      strength: evaluation.strength,
      truncated: evaluation.truncated,
      attributions: evaluation.attributions,
    });
  };
  for (let i = 0; i < todo.length; i++) {
    const first = todo[i]!;
    if (lastFired === null || first.time - lastFired > quiet) {
      if (!first.fires) continue;
      [opens, version, held, lastFired] = [first.event, 0, new Set<string>(), first.time];
      write(first);
      continue;
    }
    const hour = Math.floor(first.time / HOUR_MS);
    let last = i;
    while (
      !first.isTick &&
      last + 1 < todo.length &&
      Math.floor(todo[last + 1]!.time / HOUR_MS) === hour &&
      todo[last + 1]!.time - lastFired <= quiet
    ) {
      last++;
    }
    i = last;
    const chosen = todo[last]!;
    if (!chosen.fires) continue;
    lastFired = chosen.time;
    if (chosen.evidence.some((ref) => !held.has(ref))) write(chosen);
  }
  return out;
}
