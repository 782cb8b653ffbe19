/**
 * Histories that rules are about, and histories that nearly are: the cases of the rules themselves, as templates.
 *
 * A case becomes transactions of invented people; the reference evaluator says what it gives; the stream then repeats it with
 * other people, moved by whole weeks, so that weekdays, hours and business days stay what they were.
 */
import { createDetector } from '../../pipelines/detect/detector.ts';
import type { FactDictionary } from '../../pipelines/facts/dictionary.ts';
import type { Random } from '../../pipelines/simulate/random.ts';
import type { CheckedRule, EvaluationContext, RuleSet } from '../../rules/compiler/index.ts';
import type { SubjectKind } from '../../schemas/enumerations.ts';
import { compareRefs } from '../../schemas/order.ts';
import type { Transaction } from '../../schemas/transaction.ts';
import { rowHash, rowOf, sketchesOf } from '../../test/support/stream-transactions.ts';
import { mixed } from './identity.ts';
import { DAY_MS, STREAM } from './options.ts';
import { EVERYTHING, internRun } from './templates.ts';

const WEEK_MS = 7 * DAY_MS;
/** Accounts, parties, machines; surname tokens are only compared with each other and may stay as they are. */
const KEY = /^(?!kin_)[a-z]{2,4}_[0-9a-z]{26}$/;

export interface History {
  readonly rule: string;
  readonly kind: SubjectKind;
  /** Rows in order of event time. */
  readonly rows: readonly Transaction[];
  readonly durationMs: number;
  /** Signals of each rule that the reference evaluator finds in it; none for a near miss. */
  readonly signals: ReadonlyMap<string, number>;
  /** It cannot be moved by less than a day: a row has a date alone. */
  readonly isDated: boolean;
}

/** A detector with nothing in it, for rows that provide everything. */
export function referenceDetector(ruleSet: RuleSet, evaluation: EvaluationContext) {
  return createDetector({ ruleSet, evaluation, providedBy: () => EVERYTHING });
}

export function signalsOfRows(
  rows: readonly Transaction[],
  ruleSet: RuleSet,
  evaluation: EvaluationContext,
): Map<string, number> {
  const detector = referenceDetector(ruleSet, evaluation);
  for (const tx of rows) detector.admit(tx, rowHash(tx));
  const counts = new Map<string, number>();
  detector.evaluate((_subject, groups) => {
    for (const { rule, versions } of groups) {
      const ids = new Set(versions.map((version) => version.id));
      if (ids.size > 0) counts.set(rule.id, (counts.get(rule.id) ?? 0) + ids.size);
    }
  });
  return counts;
}

const readsEvents = (rule: CheckedRule): boolean =>
  rule.input === 'events' && rule.status !== 'waiting' && rule.status !== 'manual';

/**
 * The cases of every rule that reads events, on every kind of subject it has, first cases first. Left out: what lasts longer
 * than `longestMs`, and a case meant to fire that as rows does not. Throws where none of a rule's fires, however long it lasts.
 */
export function buildHistories(
  ruleSet: RuleSet,
  evaluation: EvaluationContext,
  longestMs: number,
): readonly History[] {
  const key = `${ruleSet.hash} ${longestMs}`;
  const known = built.get(key) ?? historiesOf(ruleSet, evaluation, longestMs);
  built.set(key, known);
  return known;
}

/** How long a history may last in a stream of so many days: it begins on its first or a later day, and ends before its last. */
export const plantedMsMax = (days: number): number => (days - 8) * DAY_MS;

/** Every case through every rule takes seconds, and a run of several benchmarks asks for the same again. */
const built = new Map<string, readonly History[]>();

function historiesOf(ruleSet: RuleSet, evaluation: EvaluationContext, longestMs: number): History[] {
  const found: { readonly order: number; readonly history: History }[] = [];
  for (const rule of ruleSet.rules.filter(readsEvents)) {
    let fires = 0;
    for (const kind of rule.subjects) {
      rule.file.cases.forEach((given, order) => {
        const scope = `${rule.id}/${kind}/${order}`;
        const sketches = sketchesOf(rule, given);
        if (sketches.some((sketch) => sketch.reversedAfterMs !== undefined)) return;
        const rows = sketches
          .map((sketch) => rowOf(sketch, { kind, subject: scope, scope, isNamed: false }))
          .sort((a, b) => compareRefs({ ...a, time: a.stamp.eventTime }, { ...b, time: b.stamp.eventTime }));
        const durationMs = (rows.at(-1)?.stamp.eventTime ?? 0) - (rows[0]?.stamp.eventTime ?? 0);
        const signals = signalsOfRows(rows, ruleSet, evaluation);
        if (signals.has(rule.id) !== given.fires) return;
        if (given.fires) fires++;
        if (durationMs > longestMs) return;
        const isDated = rows.some((tx) => tx.stamp.precision === 'day');
        found.push({ order, history: { rule: rule.id, kind, rows, durationMs, signals, isDated } });
      });
    }
    if (fires === 0) throw new Error(`no case of ${rule.id} fires as rows of a stream`);
  }
  return found.sort((a, b) => a.order - b.order).map(({ history }) => history);
}

/** Pseudonyms of a history in the order in which they occur. */
export function keysOf(rows: readonly Transaction[]): string[] {
  const keys = new Set<string>();
  const visit = (value: unknown): void => {
    if (typeof value === 'string') {
      if (KEY.test(value)) keys.add(value);
    } else if (value !== null && typeof value === 'object') Object.values(value).forEach(visit);
  };
  rows.forEach(visit);
  return [...keys];
}

/** One history, played by people of its own, at its time. */
export interface Staging {
  readonly history: History;
  readonly number: number;
  /** Added to the times of the history's rows. */
  readonly shiftMs: number;
  readonly startMs: number;
}

/** Histories in turn until they hold `rows` rows, in order of their beginning. */
export function stageHistories(
  histories: readonly History[],
  rows: number,
  days: number,
  random: Random,
): Staging[] {
  const stagings: Staging[] = [];
  for (let planned = 0; planned < rows; ) {
    const history = histories[stagings.length % histories.length] as History;
    planned += history.rows.length;
    const first = history.rows[0]?.stamp.eventTime ?? 0;
    const latest = STREAM.FIRST_MS + days * DAY_MS - history.durationMs;
    const lowest = Math.ceil((STREAM.FIRST_MS - first) / WEEK_MS);
    const highest = Math.floor((latest - 60_000 - first) / WEEK_MS);
    const weeks = lowest + Math.floor(random.float() * Math.max(1, highest - lowest + 1));
    const shiftMs = weeks * WEEK_MS + (history.isDated ? 0 : random.int(0, 59_999));
    stagings.push({ history, number: stagings.length, shiftMs, startMs: first + shiftMs });
  }
  return stagings.sort((a, b) => a.startMs - b.startMs || a.number - b.number);
}

const KEY_BASE = 36;

/** The key that stands for key `index` of a history in staging `number`. */
export function stagedKey(key: string, number: number, index: number, seed: number): string {
  const prefix = key.slice(0, key.indexOf('_'));
  const tail = `${number.toString(KEY_BASE).padStart(6, '0')}${index.toString(KEY_BASE).padStart(3, '0')}`;
  const head = [1, 2, 3].map((word) =>
    mixed(Math.imul(number, 1_009) + index, seed + 7_000 + word)
      .toString(KEY_BASE)
      .padStart(7, '0'),
  );
  return `${prefix}_${head.join('').slice(0, 26 - tail.length - 1)}z${tail}`;
}

/** Ids of the keys of a staging: a run as long as the history's own. */
export function internStaging(
  keys: readonly string[],
  number: number,
  seed: number,
  dictionary: FactDictionary,
): Int32Array {
  const first = internRun(
    keys.map((key, index) => stagedKey(key, number, index, seed)),
    dictionary,
  );
  return Int32Array.from(keys, (_, i) => first + i);
}
