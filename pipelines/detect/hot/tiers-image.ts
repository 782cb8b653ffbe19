/**
 * Tiers in a checkpoint. It is taken when nothing waits to be evaluated; then a tier's state is all there is, but for what was
 * said: that follows from the histories, and only of whom something was said is written down.
 */
import type { Steps } from '../../../rules/compiler/index.ts';
import type { SubjectKind } from '../../../schemas/enumerations.ts';
import { CheckpointDamage, type CheckpointIn, type CheckpointOut } from '../../recovery/checkpoint-image.ts';
import type { KindSubjects } from './kind-subjects.ts';
import type { RuleTiers } from './rule-tiers.ts';

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
    yield* out.array('spoken', Int32Array.from(runs.keys()));
    yield* out.array('waiting', Int32Array.from(waitingHours.keys()));
    yield* out.array('waiting.until', Float64Array.from(waitingHours.values()));
  }
}

/** Fills tiers without a subject. Hours that had ended by `finishedMs` were evaluated. */
export function loadTiers(tiers: RuleTiers, image: CheckpointIn, finishedMs: number): void {
  const kinds = [...image.list('kinds')];
  const expected = [...tiers.plans.keys()];
  if (kinds.length !== expected.length || kinds.some((kind, i) => kind !== expected[i]))
    throw new CheckpointDamage('other kinds of subject');
  for (const kind of expected) {
    const subjects = subjectsOf(tiers, kind);
    subjects.tier.state.load(image);
    const spoken = image.array('spoken', Int32Array);
    if (!tiers.revive(subjects, spoken, finishedMs)) throw new CheckpointDamage('a signal that is gone');
    const waiting = image.array('waiting', Int32Array);
    const until = image.array('waiting.until', Float64Array);
    waiting.forEach((line, i) => {
      subjects.waitingHours.set(line, until[i] as number);
    });
  }
}
