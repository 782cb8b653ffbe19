/** One episode of a rule on a subject: its versions, its evidence, and what an evaluation has changed (SEMANTICS §9). */
import { contentId } from '../../../schemas/ids.ts';
import type { CheckedRule } from '../checked-rule.ts';
import type { Reading, SignalVersion, SubjectHistory } from './evaluation.ts';
import type { RuleEvaluator } from './evaluator.ts';
import { type EvidenceMarks, NO_MARKS } from './evidence-marks.ts';
import { EvidenceSet } from './evidence-set.ts';
import type { HistoryIndex } from './history-index.ts';

/** How many episodes each row has opened, by institution and id. */
export type Openings = Map<string, number>;

interface Version {
  readonly reading: Reading;
  readonly evidence: SignalVersion['evidence'];
  lastFiredAt: number;
  /** As it was last given out. */
  said: SignalVersion | null;
}

export interface Episode {
  readonly id: string;
  /** The row that opened it, and how many episodes that row had opened before. */
  readonly row: string;
  readonly further: number;
  readonly openedAt: number;
  readonly evidence: EvidenceSet;
  /** What of the evidence is known. */
  marks: EvidenceMarks;
  readonly versions: Version[];
  /** Time of the last evaluation that fired. */
  firedAt: number;
}

/** What an evaluation of an open episode at `time` has changed. */
export interface Undo {
  readonly time: number;
  readonly episode: Episode;
  readonly firedAt: number;
  readonly lastFiredAt: number;
  readonly marks: EvidenceMarks;
  readonly added: readonly number[];
}

/** The episode that the evaluation opens that `evaluator` was asked about last, which fired. */
export function opened(
  { id, majorVersion, input }: CheckedRule,
  evaluator: RuleEvaluator,
  { subjectKey }: SubjectHistory,
  index: HistoryIndex,
  openings: Openings | null,
): Episode {
  const reading = evaluator.reading();
  const { eventTime } = reading;
  const opening = index.events[reading.index]!;
  const evidence = new EvidenceSet();
  evidence.add(evaluator.evidence(evidence, NO_MARKS), index.events);
  // Versions of one signal are events of their own and share its id: a further episode that one opens gets a number.
  const row = `${opening.institution}\u0000${opening.id}`;
  const further = openings?.get(row) ?? 0;
  openings?.set(row, further + 1);
  const opener = [opening.institution, opening.id, ...(further > 0 ? [String(further)] : [])];
  return {
    id: contentId('sig', [id, String(majorVersion), subjectKey, ...opener]),
    row,
    further,
    openedAt: eventTime,
    evidence,
    marks: evaluator.marks(NO_MARKS),
    versions: [{ reading, evidence: evidence.snapshot(input), lastFiredAt: eventTime, said: null }],
    firedAt: eventTime,
  };
}

/** The evaluation at `time` that `evaluator` was asked about last has fired: the episode goes on. */
export function grown(
  episode: Episode,
  evaluator: RuleEvaluator,
  time: number,
  index: HistoryIndex,
  input: CheckedRule['input'],
): Undo {
  const standing = episode.versions[episode.versions.length - 1]!;
  const { firedAt, marks } = episode;
  const { lastFiredAt } = standing;
  const added = evaluator.evidence(episode.evidence, marks);
  episode.evidence.add(added, index.events);
  episode.firedAt = time;
  episode.marks = evaluator.marks(marks);
  if (added.length === 0) standing.lastFiredAt = time;
  else {
    const evidence = episode.evidence.snapshot(input);
    episode.versions.push({ reading: evaluator.reading(), evidence, lastFiredAt: time, said: null });
  }
  standing.said = null;
  return { time, episode, firedAt, lastFiredAt, marks, added };
}

/** Takes back what was changed last. */
export function undo({ episode, firedAt, lastFiredAt, marks, added }: Undo): void {
  if (added.length > 0) episode.versions.pop();
  episode.evidence.remove(added);
  episode.firedAt = firedAt;
  episode.marks = marks;
  const standing = episode.versions[episode.versions.length - 1]!;
  standing.lastFiredAt = lastFiredAt;
  standing.said = null;
}

/** Its versions as signals, oldest first. */
export function versionsOf(
  { id, openedAt, versions, evidence }: Episode,
  index: HistoryIndex,
): SignalVersion[] {
  const isReversed = index.reversed.some((position) => evidence.has(position));
  return versions.map((version, i) => {
    const standing = i === versions.length - 1;
    const evidenceReversed = standing && isReversed;
    const { said, reading, lastFiredAt } = version;
    if (said !== null && said.standing === standing && said.evidenceReversed === evidenceReversed)
      return said;
    version.said = {
      id,
      version: i + 1,
      openedAt,
      eventTime: reading.eventTime,
      evaluation: reading,
      evidence: version.evidence,
      lastFiredAt,
      standing,
      evidenceReversed,
    };
    return version.said;
  });
}
