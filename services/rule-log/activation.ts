/** A set put in force on the log, and what that changes of the sets that it finds there. */
import { setAt } from '../../rules/compiler/index.ts';
import { compileKnowledge, type Knowledge } from '../workspace/knowledge.ts';
import { differenceOf, type SetDifference } from '../workspace/rule-difference.ts';
import { encodeRules } from '../workspace/rule-record.ts';
import { RecordedSets, RuleTimeline } from '../workspace/rule-timeline.ts';
import type { RuleLog } from './rule-log.ts';

export interface LogActivation {
  /** Place of the set among all; null where it was not recorded. */
  readonly ordinal: number | null;
  /** The sets of the log already say the same. */
  readonly known: boolean;
  readonly difference: SetDifference;
  /** Records that partitions of `transactions` got, of this set and of earlier ones that were broken off. */
  readonly placed: number;
}

export interface Activation {
  /** Recorded first where the log holds no set yet. */
  readonly own: Knowledge;
  readonly knowledge: Knowledge;
  /** Says what would change, and changes nothing. */
  readonly dryRun: boolean;
}

/**
 * Records the set unless the log's sets say the same already, and completes what is not on every partition.
 * @throws RastroError RAS-RULES-SETS, RAS-RULES-RECORD-SIZE; nothing is recorded then
 */
export async function activate(log: RuleLog, activation: Activation): Promise<LogActivation> {
  const { own, knowledge, dryRun } = activation;
  await log.catchUp();
  const recorded = new RecordedSets();
  if (log.sets.length === 0) recorded.read(encodeRules(own));
  for (const { payload } of log.sets) recorded.read(payload);
  const { timeline } = recorded;
  const after = timeline?.with(knowledge);
  const known = timeline !== undefined && after?.differsFrom(timeline) === Number.POSITIVE_INFINITY;
  const before = timeline === undefined ? undefined : setAt(timeline.sets, knowledge.activeFrom);
  const difference = differenceOf(before, knowledge);
  if (dryRun) return { ordinal: null, known, difference, placed: 0 };
  if (log.sets.length === 0) await log.record(own);
  const ordinal = known ? null : (await log.record(knowledge)).ordinal;
  return { ordinal, known, difference, placed: await log.place() };
}

/**
 * Records the sets that follow from those in force, one after the other until `next` knows of no more, and completes what is not on every
 * partition. Each is asked for when all that others recorded has been read. Returns what it recorded; where the log holds no set yet, and
 * there is one to record, `own` is put in front.
 * @throws RastroError as `activate`, and of a set in force that does not compile
 */
export async function activateEach(
  log: Pick<RuleLog, 'sets' | 'catchUp' | 'record' | 'place'>,
  own: Knowledge,
  next: (timeline: RuleTimeline) => Knowledge | undefined,
): Promise<Knowledge[]> {
  const done: Knowledge[] = [];
  const recorded = new RecordedSets(
    ({ sha256, activeFrom, files }) =>
      [own, ...done].find((set) => set.hash === sha256 && set.activeFrom === activeFrom) ??
      compileKnowledge(files, { activeFrom }),
  );
  let read = 0;
  for (;;) {
    await log.catchUp();
    for (const { payload } of log.sets.slice(read)) recorded.read(payload);
    read = log.sets.length;
    recorded.requireWhole();
    const timeline = recorded.timeline ?? new RuleTimeline([own]);
    const knowledge = next(timeline);
    if (knowledge === undefined) break;
    // Says whether there is room for it.
    timeline.with(knowledge);
    if (read === 0) await log.record(own);
    await log.record(knowledge);
    done.push(knowledge);
  }
  await log.place();
  return done;
}
