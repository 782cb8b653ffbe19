/**
 * What a detector must offer to be measured, and how its answer becomes a digest: two detectors that give the same
 * signals with the same evidence give the same digest.
 */
import { createHash } from 'node:crypto';
import type { FactDictionary } from '../../pipelines/facts/dictionary.ts';
import type { LogRecord } from '../../pipelines/log/port.ts';
import type { SignalVersion } from '../../rules/compiler/index.ts';
import type { Knowledge, StreamBlock } from '../stream/stream.ts';

/** All versions of one rule's signals on one subject. */
export interface SubjectSignals {
  /** `kind:key`, as signals name it. */
  readonly subjectKey: string;
  readonly rule: string;
  readonly versions: readonly SignalVersion[];
}

export interface SubjectCounts {
  /** Rows for which an exact evaluation was done: those past a gate. */
  readonly survivors: number;
  /** Bytes held for subjects, histories apart; undefined where nobody knows. */
  readonly stateBytes?: number;
  readonly historyBytes?: number;
  /** Anything else worth a line. */
  readonly details?: Readonly<Record<string, number>>;
}

export interface MeasuredDetector {
  /** Takes a block in. What is in order is evaluated; what is not marks its subjects. */
  feed(block: StreamBlock): void;
  /** Brings in order again what late and corrected rows disturbed, where that is a step of its own. */
  repair?(): void;
  /** Evaluates, so that signals stand for everything fed and not held back. */
  flush(): void;
  /** Feeds what is held back to be put in order, where something is. */
  drain?(): void;
  counts(): SubjectCounts;
  /** What stands after a flush. */
  signals(): Iterable<SubjectSignals>;
}

export interface DetectorSetup {
  readonly knowledge: Knowledge;
  readonly dictionary: FactDictionary;
  readonly accounts: number;
  readonly rows: number;
  /** Old rows and idle subjects stay in memory: not what ships. */
  readonly inMemory?: boolean;
  /** These stream, each row at most so much behind the others: default nobody. */
  readonly streaming?: { readonly institutions: Iterable<string>; readonly latenessMs: number };
}

/** A detector that reads records of the log. */
export interface LogDetector {
  feed(record: LogRecord): void;
  flush(): void;
  counts(): SubjectCounts;
  signals(): Iterable<SubjectSignals>;
}

export type LogDetectorFactory = (knowledge: Knowledge) => LogDetector;

export type DetectorFactory = (setup: DetectorSetup) => MeasuredDetector;

const plainValue = (_name: string, value: unknown): unknown =>
  typeof value === 'bigint' ? `${value}n` : value;

/** Every version of every signal as a line: all that a signal's document is made of. */
function signalLines({ subjectKey, rule, versions }: SubjectSignals): string[] {
  return versions.map(({ evaluation, evidence, ...version }) => {
    const { index: _place, ...said } = evaluation;
    return JSON.stringify([subjectKey, rule, version, said, evidence], plainValue);
  });
}

export interface Answer {
  readonly lines: readonly string[];
  readonly hash: string;
  /** Signals, their versions not counted, by rule. */
  readonly byRule: ReadonlyMap<string, number>;
  readonly signals: number;
}

/** The answer of a detector, over the subjects that `includes` accepts. */
export function answerOf(signals: Iterable<SubjectSignals>, includes: (key: string) => boolean): Answer {
  const lines: string[] = [];
  const byRule = new Map<string, number>();
  let count = 0;
  for (const found of signals) {
    if (!includes(found.subjectKey.slice(found.subjectKey.indexOf(':') + 1))) continue;
    lines.push(...signalLines(found));
    const ids = new Set(found.versions.map((version) => version.id)).size;
    if (ids === 0) continue;
    count += ids;
    byRule.set(found.rule, (byRule.get(found.rule) ?? 0) + ids);
  }
  lines.sort();
  const hash = createHash('sha256').update(lines.join('\n')).digest('hex').slice(0, 32);
  return { lines, hash, byRule, signals: count };
}
