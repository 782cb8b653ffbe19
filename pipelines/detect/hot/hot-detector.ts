/** Detection in one thread: blocks of the log in, signals out. What it holds: dictionary, store, effective rows, hot evaluator. */
import type { EvaluationContext, RuleSet } from '../../../rules/compiler/index.ts';
import { warmUp } from '../../../rules/compiler/index.ts';
import { documentsOf } from '../../../schemas/arrow.ts';
import { decodeFacts } from '../../../schemas/block-facts.ts';
import type { Cadence } from '../../../schemas/cadence.ts';
import type { FactBatch } from '../../../schemas/facts.ts';
import { FactDictionary } from '../../facts/dictionary.ts';
import { FactStore, type FactStoreOptions } from '../../facts/store.ts';
import type { Partition } from '../../partition/owned-keys.ts';
import type { Detection, SilentQuestion, SubjectSignals } from '../detection.ts';
import type { SilentReading } from '../detector.ts';
import { splitSubjectKey } from '../subjects.ts';
import { EffectiveRows, type ReversedBy } from './effective-rows.ts';
import { HotCore } from './hot-core.ts';
import type { IdleOptions } from './idle-sweep.ts';
import type { RowLedger } from './row-ledger.ts';
import type { HotCounts } from './rule-tiers.ts';

export interface HotDetectorOptions {
  readonly ruleSet: RuleSet;
  readonly evaluation: EvaluationContext;
  /** Seeds the hash of identifiers, so that nobody can choose ones that collide. Any two 32-bit integers. */
  readonly seed: readonly [number, number];
  /** Rows so far behind the newest are stored and not evaluated; default `REEVALUATION_HORIZON_MS`. */
  readonly horizonMs?: number | undefined;
  /** Where old rows go; without it all stay in memory. */
  readonly coldRows?: FactStoreOptions | undefined;
  /** Where the state of idle subjects goes; without it all stay in memory. */
  readonly idle?: IdleOptions | undefined;
  /** Rows that wait to be put in order at most; default `HELD_ROWS_MAX`. */
  readonly heldRowsMax?: number | undefined;
  /** Only the subjects of this partition are evaluated; default all. */
  readonly partition?: Partition | undefined;
  /** Subjects of a kind, and rows, to make room for at the start. */
  readonly subjects?: number | undefined;
  readonly rows?: number | undefined;
}

export class HotDetector implements Detection {
  /** Ids in the facts that `admitFacts` takes are of this one. */
  readonly dictionary: FactDictionary;
  readonly store: FactStore;
  readonly core: HotCore;
  readonly #rows: EffectiveRows;
  readonly #close: () => void;

  constructor(options: HotDetectorOptions) {
    const { ruleSet, evaluation, seed, horizonMs, coldRows, idle, partition, heldRowsMax } = options;
    const { subjects, rows } = options;
    this.dictionary = new FactDictionary(seed);
    this.store = new FactStore(this.dictionary, coldRows);
    this.core = new HotCore({
      ruleSet,
      evaluation,
      store: this.store,
      dictionary: this.dictionary,
      ...(subjects === undefined ? {} : { subjects }),
      ...(idle === undefined ? {} : { idle }),
      ...(heldRowsMax === undefined ? {} : { heldRowsMax }),
      ...(partition === undefined ? {} : { partition }),
    });
    this.#rows = new EffectiveRows({ store: this.store, core: this.core, seed, horizonMs, rows });
    this.#close = () => {
      coldRows?.cold?.close();
      idle?.file.close();
    };
  }

  get ledger(): RowLedger {
    return this.#rows.ledger;
  }

  get counts(): HotCounts {
    return this.core.counts;
  }

  /** Runs the kernels over made-up events, so that the first real ones find them optimised. */
  warmUp(): void {
    for (const plan of this.core.plans.values()) warmUp(plan);
  }

  /** @throws RastroError RAS-ENGINE-BLOCK-CORRUPT */
  admit(block: Uint8Array): Uint8Array {
    let documents: ReturnType<typeof documentsOf> | undefined;
    return this.admitFacts(decodeFacts(block, this.dictionary), (place): ReversedBy => {
      documents ??= documentsOf(block);
      const { reverses } = documents(place);
      if (reverses === undefined) throw new Error('a reversal that does not say of what');
      const { institution, id, amount } = reverses;
      return { institution, id, amountMinor: amount === undefined ? null : BigInt(amount.minor) };
    });
  }

  /** As `admit`; `reversedBy` is asked for rows that reverse others, by their place. */
  admitFacts(batch: FactBatch, reversedBy: (place: number) => ReversedBy): Uint8Array {
    return this.#rows.admit(batch, reversedBy);
  }

  renew(block: Uint8Array): void {
    this.renewFacts(decodeFacts(block, this.dictionary));
  }

  renewFacts(batch: FactBatch): void {
    this.#rows.renew(batch);
  }

  rowsOfKeys(keys: ReadonlySet<string>): number[] {
    const ids = new Set([...keys].map((key) => this.dictionary.interner.findText(key)));
    ids.delete(-1);
    const found: number[] = [];
    if (ids.size === 0) return found;
    for (let row = 0; row < this.store.rows; row++) {
      if (!this.ledger.counts(row)) continue;
      const { columns, rowMask } = this.store.home(row);
      const { account, party } = columns;
      const out = 2 * (row & rowMask);
      const isAmong =
        ids.has(account[out]!) ||
        ids.has(account[out + 1]!) ||
        ids.has(party[out]!) ||
        ids.has(party[out + 1]!);
      if (isAmong) found.push(row);
    }
    return found;
  }

  declare(institution: string, fromMs: number): void {
    this.core.declare(institution, fromMs);
  }

  setCadence(institution: string, fromMs: number, cadence: Cadence): void {
    this.core.setCadence(institution, fromMs, cadence);
  }

  watermark(timeMs: number, institution: string | null): void {
    this.core.watermark(timeMs, institution);
  }

  drain(): void {
    this.core.drain();
  }

  useRules(ruleSet: RuleSet, evaluation: EvaluationContext, fromMs: number): void {
    this.core.useRules(ruleSet, evaluation, fromMs);
  }

  advance(): boolean {
    return this.core.advance();
  }

  touch(subjectKeys: readonly string[]): void {
    for (const subjectKey of subjectKeys) this.core.touch(...splitSubjectKey(subjectKey));
  }

  settle(): void {
    this.core.settle();
  }

  evaluate(): SubjectSignals[] {
    const reports: SubjectSignals[] = [];
    this.core.evaluate((subjectKey, signals) => {
      reports.push({ subjectKey, signals });
    });
    return reports;
  }

  silentReadings(questions: readonly SilentQuestion[]): SilentReading[][] {
    return questions.map(({ subjectKey, untilMs, position }) =>
      this.core.silentReadings(...splitSubjectKey(subjectKey), untilMs, position),
    );
  }

  close(): void {
    this.#close();
  }
}
