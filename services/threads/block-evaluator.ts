/** Blocks of the log in, signals out: what one thread holds, its own dictionary, store, and records. */
import { EffectiveRows, type ReversedBy } from '../../pipelines/detect/hot/effective-rows.ts';
import { HotCore } from '../../pipelines/detect/hot/hot-core.ts';
import { FactDictionary } from '../../pipelines/facts/dictionary.ts';
import { FactStore } from '../../pipelines/facts/store.ts';
import type { Partition } from '../../pipelines/partition/owned-keys.ts';
import {
  type EvaluationContext,
  type RuleSet,
  ruleVersionKey,
  type SignalVersion,
  warmUp,
} from '../../rules/compiler/index.ts';
import { documentsOf } from '../../schemas/arrow.ts';
import { decodeFacts } from '../../schemas/block-facts.ts';

/** All versions of one rule's signals on one subject, as plain data. */
export interface RuleReport {
  readonly rule: string;
  readonly ruleVersion: string;
  /** `ruleVersionKey` of the rule: finds it among the rules of the same sets, compiled elsewhere. */
  readonly ruleKey: string;
  readonly versions: readonly SignalVersion[];
}

/** Everything that stands on a subject; nothing where signals were withdrawn. */
export interface SubjectReport {
  readonly subjectKey: string;
  readonly signals: readonly RuleReport[];
}

export interface BlockEvaluatorOptions {
  readonly ruleSet: RuleSet;
  readonly evaluation: EvaluationContext;
  readonly partition: Partition;
  /** Seeds the hash of identifiers, so that nobody can choose ones that collide. Any two 32-bit integers. */
  readonly seed: readonly [number, number];
  /** Subjects of a kind, and rows, to make room for at the start. */
  readonly subjects?: number;
  readonly rows?: number;
}

export class BlockEvaluator {
  readonly #dictionary: FactDictionary;
  readonly #core: HotCore;
  readonly #rows: EffectiveRows;

  constructor(options: BlockEvaluatorOptions) {
    const { ruleSet, evaluation, partition, seed, subjects, rows } = options;
    this.#dictionary = new FactDictionary(seed);
    const store = new FactStore(this.#dictionary);
    this.#core = new HotCore({
      ruleSet,
      evaluation,
      store,
      dictionary: this.#dictionary,
      partition,
      ...(subjects === undefined ? {} : { subjects }),
    });
    this.#rows = new EffectiveRows({
      store,
      core: this.#core,
      seed,
      ...(rows === undefined ? {} : { rows }),
    });
  }

  /** Runs the kernels over made-up events, so that the first real ones find them optimised. */
  warmUp(): void {
    for (const plan of this.#core.plans.values()) warmUp(plan);
  }

  /**
   * Takes in a block (`encodeBlock`); the index in `ROW_OUTCOMES` of each of its rows.
   * @throws RastroError RAS-ENGINE-BLOCK-CORRUPT
   */
  admit(block: Uint8Array): Uint8Array {
    let documents: ReturnType<typeof documentsOf> | undefined;
    return this.#rows.admit(decodeFacts(block, this.#dictionary), (place): ReversedBy => {
      documents ??= documentsOf(block);
      const { reverses } = documents(place);
      if (reverses === undefined) throw new Error('a reversal that does not say of what');
      const { institution, id, amount } = reverses;
      return { institution, id, amountMinor: amount === undefined ? null : BigInt(amount.minor) };
    });
  }

  /** From `fromMs` of event time on, the institution submits a feed of its own. */
  declare(institution: string, fromMs: number): void {
    this.#core.declare(institution, fromMs);
  }

  /** Evaluates what the blocks have touched: every subject that has signals, or had, among those. */
  flush(): SubjectReport[] {
    const reports: SubjectReport[] = [];
    this.#core.evaluate((subjectKey, groups) => {
      const signals = groups
        .filter(({ versions }) => versions.length > 0)
        .map(({ rule, versions }) => ({
          rule: rule.id,
          ruleVersion: rule.version,
          ruleKey: ruleVersionKey(rule),
          versions,
        }));
      reports.push({ subjectKey, signals });
    });
    return reports;
  }
}
