/**
 * Detection in several threads, one partition each: every worker takes in every row and evaluates the subjects that it owns.
 * What stands is the union of what the workers say, and the same for any number of them. Messages go in the order of the
 * calls, behind the blocks that they are about.
 */
import type { Detection, SilentQuestion, SubjectSignals } from '../../pipelines/detect/detection.ts';
import type { SilentReading } from '../../pipelines/detect/detector.ts';
import type { RowLedger } from '../../pipelines/detect/hot/row-ledger.ts';
import { partitionsOfSlots, slotOfKey } from '../../pipelines/partition/slots.ts';
import type { ColdFile } from '../../pipelines/state/cold-file.ts';
import {
  type CheckedRule,
  type EvaluationContext,
  type RuleSet,
  ruleVersionKey,
} from '../../rules/compiler/index.ts';
import type { Cadence } from '../../schemas/cadence.ts';
import { compareUtf8 } from '../../schemas/order.ts';
import type { Knowledge } from '../workspace/knowledge.ts';
import { encodeRules } from '../workspace/rule-record.ts';
import { setsBehind } from '../workspace/rule-timeline.ts';
import { DetectPool, type DetectPoolOptions } from './detect-pool.ts';
import { KnownRows } from './known-rows.ts';
import { KEYS_PER_MESSAGE, QUESTIONS_PER_MESSAGE } from './limits.ts';
import { type FromWorker, RECORD, ruleSetName, type SubjectReport } from './messages.ts';

export interface PoolDetectionOptions
  extends Pick<DetectPoolOptions, 'workers' | 'seed' | 'ringBytes' | 'subjects' | 'rows'> {
  /** The set in force at the start. */
  readonly knowledge: Knowledge;
  /** Where each worker keeps what is not worth memory; default nowhere. */
  readonly stateOf?: DetectPoolOptions['stateOf'] | undefined;
  /** Where this thread keeps which rows are known; without it they stay in memory. */
  readonly cold?: ColdFile | undefined;
  /** Optimise the generated code before the first block, a second of work; default false: worth it for many rows alone. */
  readonly warmUp?: boolean | undefined;
}

const nameOf = ({ hash, activeFrom }: Knowledge): string => ruleSetName({ sha256: hash, activeFrom });

function unexpected(message: FromWorker): never {
  throw new Error(`${message.type} is no answer`);
}

function* parts<T>(items: readonly T[], size: number): Generator<T[]> {
  for (let from = 0; from < items.length; from += size) yield items.slice(from, from + size);
}

export class PoolDetection implements Detection {
  readonly #pool: DetectPool;
  readonly #rows: KnownRows;
  readonly #cold: ColdFile | undefined;
  readonly #partitionOf: Int16Array;
  #rules: ReadonlyMap<string, CheckedRule>;
  /** Names of the sets that the workers hold. */
  #sent: ReadonlySet<string>;

  private constructor(pool: DetectPool, { knowledge, seed, cold, rows }: PoolDetectionOptions) {
    this.#pool = pool;
    this.#rows = new KnownRows({ seed, cold, rows });
    this.#cold = cold;
    this.#partitionOf = partitionsOfSlots(pool.workers);
    this.#rules = rulesByKey(knowledge.ruleSet);
    this.#sent = new Set([nameOf(knowledge)]);
  }

  /** Resolves when all workers have compiled the rules. Throws as `DetectPool.start`. */
  static async start(options: PoolDetectionOptions): Promise<PoolDetection> {
    const { knowledge, workers, seed, ringBytes, subjects, rows, warmUp = false } = options;
    const pool = await DetectPool.start({
      workers,
      stateOf: options.stateOf ?? (() => undefined),
      rules: { files: knowledge.files, activeFrom: knowledge.activeFrom },
      seed,
      ringBytes,
      subjects,
      rows,
      warmUp,
    });
    return new PoolDetection(pool, options);
  }

  get ledger(): RowLedger {
    return this.#rows.ledger;
  }

  /** Says what became of the rows; resolves when the workers have the block in their rings. */
  async admit(block: Uint8Array): Promise<Uint8Array> {
    this.#pool.requireWhole();
    const outcomes = this.#rows.admit(block);
    await this.#pool.send(RECORD.BLOCK, block);
    return outcomes;
  }

  async renew(block: Uint8Array): Promise<void> {
    this.#pool.requireWhole();
    this.#rows.renew(block);
    await this.#pool.send(RECORD.RENEWED, block);
  }

  /** Every worker knows all rows; the first one is asked. */
  async rowsOfKeys(keys: ReadonlySet<string>): Promise<readonly number[]> {
    const found = new Set<number>();
    for (const part of parts([...keys], KEYS_PER_MESSAGE)) {
      const [answer] = await this.#pool.ask([{ type: 'rowsOfKeys', keys: new Set(part) }]);
      if (answer?.type !== 'rows') unexpected(answer as FromWorker);
      for (const row of answer.rows) found.add(row);
    }
    return [...found].sort((a, b) => a - b);
  }

  async declare(institution: string, fromMs: number): Promise<void> {
    await this.#pool.tell({ type: 'declare', institution, fromMs });
  }

  async setCadence(institution: string, fromMs: number, cadence: Cadence): Promise<void> {
    await this.#pool.tell({ type: 'cadence', institution, fromMs, cadence });
  }

  async watermark(timeMs: number, institution: string | null): Promise<void> {
    await this.#pool.tell({ type: 'watermark', timeMs, institution });
  }

  async drain(): Promise<void> {
    await this.#pool.tell({ type: 'drain' });
  }

  /** The workers compile the sets from their files; they are sent those that they do not have. */
  async useRules(ruleSet: RuleSet, _evaluation: EvaluationContext, fromMs: number): Promise<void> {
    const sets = setsBehind(ruleSet);
    for (const set of sets)
      if (!this.#sent.has(nameOf(set))) await this.#pool.send(RECORD.RULE_SET, encodeRules(set));
    const names = sets.map(nameOf);
    await this.#pool.tell({ type: 'rules', sets: names, fromMs });
    this.#sent = new Set(names);
    this.#rules = rulesByKey(ruleSet);
  }

  /** Each worker does its own between the records of its ring. */
  advance(): boolean {
    return false;
  }

  async touch(subjectKeys: readonly string[]): Promise<void> {
    const owned = this.#byOwner(subjectKeys, (subjectKey) => subjectKey);
    while (owned.some((keys) => keys.length > 0)) {
      const messages = owned.map((keys) => {
        const part = keys.splice(0, KEYS_PER_MESSAGE);
        return part.length === 0 ? undefined : ({ type: 'touch', subjectKeys: part } as const);
      });
      await this.#pool.tellEach(messages);
    }
  }

  async settle(): Promise<void> {
    await this.#pool.tell({ type: 'settle' });
  }

  /** In the byte order of subjects. */
  async evaluate(): Promise<readonly SubjectSignals[]> {
    const questions = Array.from({ length: this.#pool.workers }, () => ({ type: 'evaluate' }) as const);
    const reports: SubjectReport[] = [];
    for (const answer of await this.#pool.ask(questions)) {
      if (answer?.type !== 'evaluated') unexpected(answer as FromWorker);
      for (const report of answer.reports) reports.push(report);
    }
    reports.sort((a, b) => compareUtf8(a.subjectKey, b.subjectKey));
    return reports.map(({ subjectKey, signals }) => ({
      subjectKey,
      signals: signals.map(({ ruleKey, versions }) => ({ rule: this.#ruleOf(ruleKey), versions })),
    }));
  }

  async silentReadings(questions: readonly SilentQuestion[]): Promise<readonly (readonly SilentReading[])[]> {
    const answers: (readonly SilentReading[])[] = questions.map(() => []);
    const owned = this.#byOwner([...questions.keys()], (i) => questions[i]!.subjectKey);
    while (owned.some((indices) => indices.length > 0)) {
      const asked = owned.map((indices) => indices.splice(0, QUESTIONS_PER_MESSAGE));
      const found = await this.#pool.ask(
        asked.map((indices) =>
          indices.length === 0
            ? undefined
            : { type: 'silentReadings', questions: indices.map((i) => questions[i]!) },
        ),
      );
      asked.forEach((indices, worker) => {
        if (indices.length === 0) return;
        const answer = found[worker];
        if (answer?.type !== 'readings') unexpected(answer as FromWorker);
        indices.forEach((i, at) => {
          answers[i] = answer.readings[at]!;
        });
      });
    }
    return answers;
  }

  async close(): Promise<void> {
    await this.#pool.close();
    this.#cold?.close();
  }

  /** The items of each worker, by the subject that it owns. */
  #byOwner<T>(items: readonly T[], subjectOf: (item: T) => string): T[][] {
    const owned = Array.from({ length: this.#pool.workers }, (): T[] => []);
    for (const item of items) {
      const subjectKey = subjectOf(item);
      const slot = slotOfKey(subjectKey.slice(subjectKey.indexOf(':') + 1));
      owned[this.#partitionOf[slot]!]!.push(item);
    }
    return owned;
  }

  #ruleOf(key: string): CheckedRule {
    const rule = this.#rules.get(key);
    if (rule === undefined) throw new Error('a signal of a rule that is not in force');
    return rule;
  }
}

function rulesByKey({ rules }: RuleSet): ReadonlyMap<string, CheckedRule> {
  return new Map(rules.map((rule) => [ruleVersionKey(rule), rule]));
}
