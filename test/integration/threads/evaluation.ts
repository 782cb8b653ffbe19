/** What tests of threads have in common: streams as blocks, and what stands after a run over them. */
import { isDeepStrictEqual } from 'node:util';
import { MeasuredStream } from '../../../benchmarks/stream/stream.ts';
import type { Detection } from '../../../pipelines/detect/detection.ts';
import { type BlockSource, blockBytes } from '../../../pipelines/facts/block.ts';
import { FactDictionary } from '../../../pipelines/facts/dictionary.ts';
import { deriveSeed, Random } from '../../../pipelines/simulate/random.ts';
import { ruleVersionKey } from '../../../rules/compiler/index.ts';
import { encodeBlock } from '../../../schemas/arrow.ts';
import type { Transaction } from '../../../schemas/transaction.ts';
import type { RuleReport, SubjectReport } from '../../../services/threads/messages.ts';
import { openHotDetector } from '../../../services/workspace/hot-detection.ts';
import {
  compileKnowledge,
  type Knowledge,
  type KnowledgeFiles,
} from '../../../services/workspace/knowledge.ts';
import { interleaved, type Op } from '../../support/stream-arrival.ts';
import { MAKER, OPTIONS, SEED } from '../../support/stream-comparison.ts';
import { rowHash } from '../../support/stream-transactions.ts';

export const HASH_SEED: readonly [number, number] = [SEED, 7];

export type Step =
  | { readonly kind: 'block'; readonly bytes: Uint8Array }
  | { readonly kind: 'declare'; readonly institution: string; readonly fromMs: number }
  | { readonly kind: 'flush' };

export interface Flush {
  /** In byte order of subjects. */
  readonly reports: readonly SubjectReport[];
  /** Of the blocks since the last flush. */
  readonly outcomes: readonly Uint8Array[];
}

/** The set with one rule, its cases, and no composite: quick to compile, for tests of what is not about rules. */
export function smallSetOf(files: KnowledgeFiles): Knowledge {
  const texts = Object.entries(files.texts).filter(
    ([path]) => !/^(catalogue|composites)\//.test(path) || /SEX-07|playbook\.yaml$/.test(path),
  );
  return compileKnowledge({ ...files, texts: Object.fromEntries(texts) }, { cases: true });
}

/** The stream that benchmarks measure, flushed every other block and at its end. */
export function measuredSteps(knowledge: Knowledge, accounts: number, rows: number): Step[] {
  const dictionary = new FactDictionary([1, 2]);
  const stream = new MeasuredStream({ accounts, rows, seed: 1, plantedMilli: 300 }, knowledge, dictionary);
  const steps: Step[] = [];
  let blockOffset = 0;
  for (const block of stream.blocks()) {
    const written = Array.from({ length: block.batch.rows }, (_, row) => ({
      tx: block.transactionOf(row),
      hash: block.hashOf(row),
      revision: 0,
      blockOffset,
    }));
    steps.push({ kind: 'block', bytes: encodeBlock(written, block.batch, dictionary) });
    if (blockOffset++ % 2 === 1) steps.push({ kind: 'flush' });
  }
  return [...steps, { kind: 'flush' }];
}

/**
 * Many random streams side by side, as feeds bring them in. Links of accounts are left out: blocks hold rows as they were
 * stamped. Also the steps themselves, for an evaluator of transactions.
 */
export function randomSteps(streams: number): { readonly steps: Step[]; readonly ops: readonly Op[] } {
  const arrivals = Array.from({ length: streams }, (_, number) => MAKER.make(number).arrival);
  const ops = interleaved(new Random(deriveSeed(SEED, 'threads', streams)), arrivals).filter(
    ({ kind }) => kind !== 'link',
  );
  const steps: Step[] = [];
  let waiting: Transaction[] = [];
  const close = () => {
    if (waiting.length === 0) return;
    const rows = waiting.map(
      (tx): BlockSource => ({
        tx,
        hash: rowHash(tx),
        provided: OPTIONS.providedBy(tx.stamp.provided),
        revision: 0,
        blockOffset: steps.length,
      }),
    );
    steps.push({ kind: 'block', bytes: blockBytes(rows) });
    waiting = [];
  };
  for (const op of ops) {
    if (op.kind === 'row') waiting.push(op.tx);
    else {
      close();
      if (op.kind !== 'link') steps.push(op);
    }
  }
  close();
  return { steps: [...steps, { kind: 'flush' }], ops: [...ops, { kind: 'flush' }] };
}

/** By subject, what stands on it. */
type Standing = Map<string, readonly RuleReport[]>;

function apply(standing: Standing, { reports }: Flush): void {
  for (const { subjectKey, signals } of reports) {
    if (signals.length > 0) standing.set(subjectKey, signals);
    else standing.delete(subjectKey);
  }
}

export function standingAfter(flushes: readonly Flush[]): Standing {
  const standing: Standing = new Map();
  for (const flush of flushes) apply(standing, flush);
  return standing;
}

/**
 * Where two runs differ: rows that fared otherwise, subjects of which something else stands after a flush. (A subject of which
 * nothing changed may be reported or not.)
 */
export function differences(a: readonly Flush[], b: readonly Flush[]): string[] {
  if (a.length !== b.length) return [`${a.length} and ${b.length} flushes`];
  const [one, other]: [Standing, Standing] = [new Map(), new Map()];
  return a.flatMap((left, i) => {
    const right = b[i] as Flush;
    apply(one, left);
    apply(other, right);
    const keys = new Set([...left.reports, ...right.reports].map(({ subjectKey }) => subjectKey));
    const subjects = [...keys].filter((key) => !isDeepStrictEqual(one.get(key), other.get(key)));
    const rows = isDeepStrictEqual(left.outcomes, right.outcomes) ? [] : ['outcomes of rows'];
    return [...subjects, ...rows].map((what) => `flush ${i}: ${what}`);
  });
}

/** What stands on the subjects that are evaluated now. */
export async function evaluated(detection: Detection): Promise<SubjectReport[]> {
  const reports = (await detection.evaluate()).map(({ subjectKey, signals }) => ({
    subjectKey,
    signals: signals
      .filter(({ versions }) => versions.length > 0)
      .map(({ rule, versions }) => ({ ruleKey: ruleVersionKey(rule), versions })),
  }));
  return reports.sort((a, b) => (a.subjectKey < b.subjectKey ? -1 : 1));
}

export async function evaluateBy(detection: Detection, steps: readonly Step[]): Promise<Flush[]> {
  const flushes: Flush[] = [];
  let outcomes: Uint8Array[] = [];
  for (const step of steps) {
    if (step.kind === 'block') outcomes.push(await detection.admit(step.bytes));
    else if (step.kind === 'declare') await detection.declare(step.institution, step.fromMs);
    else {
      flushes.push({ reports: await evaluated(detection), outcomes });
      outcomes = [];
    }
  }
  return flushes;
}

/** In this thread, without partitions. */
export function evaluateHere(knowledge: Knowledge, steps: readonly Step[]): Promise<Flush[]> {
  return evaluateBy(openHotDetector({ knowledge, seed: HASH_SEED, state: undefined }), steps);
}
