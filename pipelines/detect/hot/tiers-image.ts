/**
 * Tiers in a checkpoint. It is taken when nothing waits to be evaluated; then a tier's state is all there is, but for what was
 * said: that follows from the histories, and only of whom something was said, and by which rules, is written down.
 */
import type { Steps } from '../../../rules/compiler/index.ts';
import type { SubjectKind } from '../../../schemas/enumerations.ts';
import { CheckpointDamage, type CheckpointIn, type CheckpointOut } from '../../recovery/checkpoint-image.ts';
import type { KindSubjects } from './kind-subjects.ts';
import type { RuleTiers } from './rule-tiers.ts';
import type { SavedRun } from './subject-runs.ts';

function subjectsOf(tiers: RuleTiers, kind: SubjectKind): KindSubjects {
  const subjects = tiers.kindOf(kind);
  if (subjects === undefined) throw new Error(`no subjects of kind ${kind}`);
  return subjects;
}

export function* saveTiers(tiers: RuleTiers, out: CheckpointOut): Steps<void> {
  yield* out.list('kinds', tiers.plans.keys());
  for (const kind of tiers.plans.keys()) {
    const { tier, runs, waitingHours } = subjectsOf(tiers, kind);
    yield* tier.state.save(out);
    yield* saveRuns(runs, out);
    yield* out.array('waiting', Int32Array.from(waitingHours.keys()));
    yield* out.array('waiting.until', Float64Array.from(waitingHours.values()));
  }
}

/** Subject by subject, the rules of each behind one another. */
function* saveRuns(runs: KindSubjects['runs'], out: CheckpointOut): Steps<void> {
  const saved = Array.from(runs.values(), (subject) => subject.saved());
  const all = saved.flat();
  yield* out.array('spoken', Int32Array.from(runs.keys()));
  yield* out.array(
    'spoken.rules',
    Int32Array.from(saved, ({ length }) => length),
  );
  yield* out.array(
    'rule.bit',
    Int32Array.from(all, ({ bit }) => bit),
  );
  yield* out.array(
    'rule.fired',
    Float64Array.from(all, ({ firedMs }) => firedMs),
  );
  yield* out.array(
    'rule.waits',
    Float64Array.from(all, ({ waitsUntilMs }) => waitsUntilMs),
  );
}

/** Fills tiers without a subject. */
export function loadTiers(tiers: RuleTiers, image: CheckpointIn): void {
  const kinds = [...image.list('kinds')];
  const expected = [...tiers.plans.keys()];
  if (kinds.length !== expected.length || kinds.some((kind, i) => kind !== expected[i]))
    throw new CheckpointDamage('other kinds of subject');
  for (const kind of expected) {
    const subjects = subjectsOf(tiers, kind);
    subjects.tier.state.load(image);
    loadRuns(tiers, subjects, image);
    const waiting = image.array('waiting', Int32Array);
    const until = image.array('waiting.until', Float64Array);
    waiting.forEach((line, i) => {
      subjects.waitingHours.set(line, until[i] as number);
    });
  }
}

function loadRuns(tiers: RuleTiers, subjects: KindSubjects, image: CheckpointIn): void {
  const lines = image.array('spoken', Int32Array);
  const rules = image.array('spoken.rules', Int32Array);
  const bits = image.array('rule.bit', Int32Array);
  const fired = image.array('rule.fired', Float64Array);
  const waits = image.array('rule.waits', Float64Array);
  const runOf = (at: number): SavedRun => ({
    bit: bits[at] as number,
    firedMs: fired[at] as number,
    waitsUntilMs: waits[at] as number,
  });
  let from = 0;
  lines.forEach((line, i) => {
    const runs = Array.from({ length: rules[i] as number }, (_, at) => runOf(from + at));
    from += runs.length;
    subjects.runs.set(line, tiers.sleeping(subjects, line, runs));
  });
}
