/** Plays streams through detectors and says where two of them do not give the same signals. */
import { isDeepStrictEqual } from 'node:util';
import type { Detector, DetectorOptions, RuleSignals } from '../../pipelines/detect/detector.ts';
import type { Admission } from '../../pipelines/detect/effective-set.ts';
import type { Reading, SignalVersion } from '../../rules/compiler/index.ts';
import type { Side, Transaction } from '../../schemas/transaction.ts';
import type { Op } from './stream-arrival.ts';
import { rowHash } from './stream-transactions.ts';

/** A way to evaluate streams: a detector and what befalls it between blocks (it evicts, reloads, moves). */
export interface Contender {
  readonly name: string;
  create(options: DetectorOptions): Detector;
  /** Called between two blocks with the number of the first; gives the detector to go on with. */
  between?(detector: Detector, block: number): Detector;
}

/** A signal version without what only its own evaluator can read: positions in a history. */
interface Told {
  readonly rule: string;
  readonly version: Omit<SignalVersion, 'evaluation'>;
  readonly evaluation: Omit<Reading, 'index'>;
}

const told = ({ rule, versions }: RuleSignals): Told[] =>
  versions.map(({ evaluation: { index: _index, ...evaluation }, ...version }) => ({
    rule: rule.id,
    version,
    evaluation,
  }));

/** What is said of subjects: by subject key, every version of every signal, oldest first, rules by id. */
export type Standing = ReadonlyMap<string, readonly Told[]>;

const hashes = new WeakMap<Transaction, string>();
function hashOf(tx: Transaction): string {
  let hash = hashes.get(tx);
  if (hash === undefined) {
    hash = rowHash(tx);
    hashes.set(tx, hash);
  }
  return hash;
}

/** The row stamped with what is known of its accounts; itself where nothing is. */
function stamped(tx: Transaction, links: ReadonlyMap<string, Partial<Side>>): Transaction {
  if (links.size === 0) return tx;
  const { debtor, creditor } = tx.stamp;
  const of = (side: Side): Side => {
    const link = side.accountKey === undefined ? undefined : links.get(side.accountKey);
    return link === undefined || isDeepStrictEqual({ ...side, ...link }, side) ? side : { ...side, ...link };
  };
  const [a, b] = [of(debtor), of(creditor)];
  return a === debtor && b === creditor ? tx : { ...tx, stamp: { ...tx.stamp, debtor: a, creditor: b } };
}

/** One detector on its way through a stream. */
export class Play {
  readonly standing = new Map<string, readonly Told[]>();
  /** Subjects reported since the last block, for the comparison. */
  readonly reported = new Set<string>();
  readonly #contender: Contender;
  readonly #links = new Map<string, Partial<Side>>();
  detector: Detector;
  #block = 0;
  /** A block has ended and the next one not begun. */
  #isBetween = false;

  constructor(contender: Contender, options: DetectorOptions) {
    this.#contender = contender;
    this.detector = contender.create(options);
  }

  apply(op: Op): Admission | undefined {
    if (this.#isBetween) {
      this.#isBetween = false;
      this.detector = this.#contender.between?.(this.detector, this.#block++) ?? this.detector;
    }
    switch (op.kind) {
      case 'row':
        return this.detector.admit(stamped(op.tx, this.#links), hashOf(op.tx));
      case 'declare':
        this.detector.declare(op.institution, op.fromMs);
        return undefined;
      case 'link':
        this.#links.set(op.account, op.side);
        this.detector.restamp(new Set([op.account]), (tx) => stamped(tx, this.#links));
        return undefined;
      case 'flush':
        this.#flush();
        return undefined;
    }
  }

  #flush(): void {
    this.reported.clear();
    this.detector.evaluate((subjectKey, groups) => {
      this.reported.add(subjectKey);
      const all = groups.flatMap(told).sort((a, b) => (a.rule < b.rule ? -1 : a.rule > b.rule ? 1 : 0));
      if (all.length === 0) this.standing.delete(subjectKey);
      else this.standing.set(subjectKey, all);
    });
    this.#isBetween = true;
  }
}

/** What stands at the end. */
export function standingOf(contender: Contender, options: DetectorOptions, ops: readonly Op[]): Standing {
  const play = new Play(contender, options);
  for (const op of ops) play.apply(op);
  return play.standing;
}

const text = (value: unknown): string =>
  JSON.stringify(value, (_name, member) => (typeof member === 'bigint' ? `${member}n` : member)) ?? 'nothing';

/** The members in which two values differ, as `path: a | b`. */
function differences(a: unknown, b: unknown, path = ''): string[] {
  if (isDeepStrictEqual(a, b)) return [];
  const isOpen = (value: unknown): value is object => typeof value === 'object' && value !== null;
  if (!isOpen(a) || !isOpen(b)) return [`${path}: ${text(a)} | ${text(b)}`];
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].flatMap((name) =>
    differences(
      (a as Record<string, unknown>)[name],
      (b as Record<string, unknown>)[name],
      `${path}/${name}`,
    ),
  );
}

const DIFFERENCES_SHOWN = 12;

/** Where two standings differ among `keys`, in words; null where they do not. */
export function standingDifference(a: Standing, b: Standing, keys: Iterable<string>): string | null {
  const lines: string[] = [];
  for (const key of keys) {
    const [left, right] = [a.get(key), b.get(key)];
    if (!isDeepStrictEqual(left, right)) lines.push(...differences(left, right, key));
  }
  return lines.length === 0 ? null : lines.slice(0, DIFFERENCES_SHOWN).join('\n');
}

/**
 * Plays the stream through both at once and compares after every block; the first difference in words, or null. `standing`
 * gets what stands at the end by `a`.
 */
export function firstDifference(
  a: Contender,
  b: Contender,
  options: DetectorOptions,
  ops: readonly Op[],
  standing?: (standing: Standing) => void,
): string | null {
  const [left, right] = [new Play(a, options), new Play(b, options)];
  for (const [i, op] of ops.entries()) {
    const [x, y] = [left.apply(op), right.apply(op)];
    if (!isDeepStrictEqual(x, y)) return `step ${i}: ${text(x)} | ${text(y)}`;
    if (op.kind !== 'flush') continue;
    const keys = new Set([...left.reported, ...right.reported]);
    const difference = standingDifference(left.standing, right.standing, keys);
    if (difference !== null) return `step ${i}, ${a.name} | ${b.name}:\n${difference}`;
  }
  standing?.(left.standing);
  return silentDifference(left, right);
}

/** What rules said without firing, of the subjects that have signals, halfway and at the end. */
function silentDifference(left: Play, right: Play): string | null {
  const last = left.detector.set.highestTime;
  for (const key of [...left.standing.keys()].slice(0, 2)) {
    for (const until of [last, last - 864_000_000]) {
      const [a, b] = [left, right].map(({ detector }) =>
        detector
          .silentReadings(key, until)
          .map(({ evaluation: { index: _index, evidence, ...evaluation }, ...reading }) => ({
            ...reading,
            evaluation,
            evidenceCount: evidence.length,
          })),
      );
      if (!isDeepStrictEqual(a, b)) return `silent readings of ${key}:\n${differences(a, b).join('\n')}`;
    }
  }
  return null;
}

const SHRINK_ROUNDS_MAX = 400;

/** The stream with as many steps left out as still fails: halves, quarters ... single steps. */
export function shrunk(ops: readonly Op[], fails: (ops: readonly Op[]) => boolean): readonly Op[] {
  let kept = ops;
  let rounds = 0;
  for (let size = Math.ceil(kept.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < kept.length && rounds < SHRINK_ROUNDS_MAX; rounds++) {
      const fewer = [...kept.slice(0, from), ...kept.slice(from + size)];
      if (fails(fewer)) kept = fewer;
      else from += size;
    }
  }
  return kept;
}

/** A stream for people: a step a line, the rows in full. */
export function streamText(ops: readonly Op[]): string {
  return ops.map((op) => (op.kind === 'row' ? `row ${text(op.tx)}` : text(op))).join('\n');
}
