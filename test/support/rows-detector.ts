/**
 * The way of blocks as a detector: rows as facts, many at a time, through the columnar effective set to hot cores of one
 * partition each, whose reports are united. Beside them the effective set of documents, which must say the same of every row.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Detector, DetectorOptions, RuleSignals } from '../../pipelines/detect/detector.ts';
import { type Admission, createEffectiveSet } from '../../pipelines/detect/effective-set.ts';
import { EffectiveRows, ROW_OUTCOMES } from '../../pipelines/detect/hot/effective-rows.ts';
import { HotCore } from '../../pipelines/detect/hot/hot-core.ts';
import { factsOf } from '../../pipelines/facts/batch.ts';
import { FactDictionary } from '../../pipelines/facts/dictionary.ts';
import { FactStore } from '../../pipelines/facts/store.ts';
import type { OrderCounts } from '../../pipelines/order/ordering.ts';
import type { Cadence } from '../../schemas/cadence.ts';
import type { SubjectKind } from '../../schemas/enumerations.ts';
import type { Transaction } from '../../schemas/transaction.ts';

/** The rows that count are compared again when there are so many times as many. */
const COMPARED_AGAIN = 1.2;

export interface RowsDetectorOptions {
  /** Rows of a block, in turn; a block ends at the latest where signals are asked for. */
  readonly blockRows: readonly number[];
  /** Each has a core, a store and a dictionary of its own; default 1. */
  readonly partitions?: number;
  /** Some institutions stream: rows wait, and signals are asked for before they are in. */
  readonly order?: OrderOptions;
}

export interface OrderOptions {
  readonly cadences: readonly {
    readonly institution: string;
    readonly fromMs: number;
    readonly cadence: Cadence;
  }[];
  readonly heldRowsMax?: number;
  /** Blocks between two evaluations of what has gone on so far. */
  readonly evaluateEvery: number;
  /** After so many blocks an empty one comes, this long behind or ahead of the newest row. */
  readonly tell?: { readonly every: number; readonly aheadMs: readonly number[] };
}

interface Waiting {
  readonly tx: Transaction;
  readonly hash: string;
  readonly kind: Admission['kind'];
}

class Lane {
  readonly store: FactStore;
  readonly core: HotCore;
  readonly rows: EffectiveRows;
  readonly #dictionary: FactDictionary;
  readonly #providedBy: DetectorOptions['providedBy'];

  constructor(options: DetectorOptions, index: number, count: number, order: OrderOptions | undefined) {
    const seed = [index + 1, count] as const;
    this.#providedBy = options.providedBy;
    this.#dictionary = new FactDictionary(seed);
    this.store = new FactStore(this.#dictionary);
    this.core = new HotCore({
      ruleSet: options.ruleSet,
      evaluation: options.evaluation,
      store: this.store,
      dictionary: this.#dictionary,
      partition: { index, count },
      ...(order?.heldRowsMax === undefined ? {} : { heldRowsMax: order.heldRowsMax }),
    });
    for (const { institution, fromMs, cadence } of order?.cadences ?? [])
      this.core.setCadence(institution, fromMs, cadence);
    const { horizonMs } = options;
    this.rows = new EffectiveRows({
      store: this.store,
      core: this.core,
      seed,
      ...(horizonMs === undefined ? {} : { horizonMs }),
    });
  }

  admit(block: readonly Waiting[]): void {
    const facts = block.map(({ tx, hash }) => ({ tx, hash, provided: this.#providedBy(tx.stamp.provided) }));
    const outcomes = this.rows.admit(factsOf(facts, this.#dictionary), (place) => {
      const { institution, id, amount } = block[place]!.tx.reverses!;
      return { institution, id, amountMinor: amount === undefined ? null : BigInt(amount.minor) };
    });
    const found = Array.from(outcomes, (outcome) => ROW_OUTCOMES[outcome]);
    const expected = block.map(({ kind }) => kind);
    if (!isDeepStrictEqual(found, expected))
      throw new Error(`outcomes of a block: ${found.join()} | ${expected.join()}`);
  }

  /** `institution NUL id NUL version` of the rows that are events. */
  effective(): string[] {
    const out: string[] = [];
    for (let row = 0; row < this.store.rows; row++) {
      if (this.core.isDead(row)) continue;
      const sender = this.store.columns(row).institution[row & 0xffff]!;
      out.push(
        `${this.#dictionary.text(sender)}\u0000${this.store.rowId(row)}\u0000${this.store.versionOf(row)}`,
      );
    }
    return out.sort();
  }
}

export interface RowsDetector extends Detector {
  /** What became of rows of institutions that stream, in the first partition. */
  readonly orderCounts: Readonly<OrderCounts>;
}

/** A detector that takes no restamps, which blocks do not have. */
export function createRowsDetector(
  options: DetectorOptions,
  { blockRows, partitions = 1, order }: RowsDetectorOptions,
): RowsDetector {
  const set = createEffectiveSet(options.horizonMs);
  const lanes = Array.from({ length: partitions }, (_, index) => new Lane(options, index, partitions, order));
  /** Reported before everything was in. */
  const early = new Map<string, readonly RuleSignals[]>();
  let waiting: Waiting[] = [];
  let blocks = 0;
  let compareFrom = 0;

  function takeIn(): void {
    while (waiting.length > 0) {
      const size = blockRows[blocks++ % blockRows.length]!;
      const block = waiting.slice(0, size);
      waiting = waiting.slice(size);
      for (const lane of lanes) lane.admit(block);
      if (order !== undefined) keepOrder(order);
    }
  }

  function keepOrder({ evaluateEvery, tell }: OrderOptions): void {
    if (tell !== undefined && blocks % tell.every === 0) {
      const aheadMs = tell.aheadMs[blocks % tell.aheadMs.length]!;
      for (const { core, store } of lanes) core.watermark(store.newestMs + aheadMs);
    }
    if (blocks % evaluateEvery > 0) return;
    for (const { core } of lanes) core.evaluate((key, signals) => early.set(key, signals));
  }

  /** Every row is looked at: often while there are few, then ever more seldom. */
  function compareRows(): void {
    if (set.size < compareFrom) return;
    compareFrom = Math.ceil(COMPARED_AGAIN * set.size);
    const expected = [...set.rows()]
      .filter(({ reverses }) => reverses === undefined)
      .map(({ institution, id, version }) => `${institution}\u0000${id}\u0000${version}`)
      .sort();
    for (const lane of lanes) {
      const found = lane.effective();
      if (!isDeepStrictEqual(found, expected))
        throw new Error(`effective rows: ${found.join()} | ${expected.join()}`);
    }
  }

  return {
    set,
    orderCounts: lanes[0]!.core.orderCounts,
    get dirtyCount() {
      takeIn();
      return lanes.reduce((count, { core }) => count + core.waiting, 0);
    },
    admit(tx, hash) {
      const admission = set.admit(tx, hash, () => {});
      waiting.push({ tx, hash, kind: admission.kind });
      return admission;
    },
    declare(institution, fromMs) {
      takeIn();
      for (const { core } of lanes) core.declare(institution, fromMs);
    },
    touch(kind, key) {
      takeIn();
      for (const { core } of lanes) core.touch(kind, key);
    },
    useRules(ruleSet, evaluation) {
      takeIn();
      for (const { core } of lanes) core.useRules(ruleSet, evaluation);
    },
    restamp() {
      throw new Error('rows of blocks are not stamped anew');
    },
    settle() {
      takeIn();
      for (const { core } of lanes) core.settle();
    },
    silentReadings(subjectKey, untilMs) {
      takeIn();
      const separator = subjectKey.indexOf(':');
      const kind = subjectKey.slice(0, separator) as SubjectKind;
      return lanes.flatMap(({ core }) => core.silentReadings(kind, subjectKey.slice(separator + 1), untilMs));
    },
    evaluate(report) {
      takeIn();
      compareRows();
      const reported = new Set<string>();
      if (order !== undefined) for (const { core } of lanes) core.drain();
      for (const { core } of lanes) {
        core.evaluate((subjectKey, signals) => {
          if (reported.has(subjectKey)) throw new Error(`two partitions report ${subjectKey}`);
          reported.add(subjectKey);
          report(subjectKey, signals);
        });
      }
      for (const [subjectKey, signals] of early) if (!reported.has(subjectKey)) report(subjectKey, signals);
      early.clear();
    },
  };
}
