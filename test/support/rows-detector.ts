/**
 * The way of blocks as a detector: rows as facts, many at a time, through the columnar effective set to hot cores of one
 * partition each, whose reports are united. Beside them the effective set of documents, which must say the same of every row.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Detector, DetectorOptions, RuleSignals } from '../../pipelines/detect/detector.ts';
import { type Admission, createEffectiveSet, rowsOfKeys } from '../../pipelines/detect/effective-set.ts';
import { HotDetector, type HotDetectorOptions } from '../../pipelines/detect/hot/hot-detector.ts';
import { ROW_OUTCOMES } from '../../pipelines/detect/hot/row-ledger.ts';
import { factsOf } from '../../pipelines/facts/batch.ts';
import type { OrderCounts } from '../../pipelines/order/ordering.ts';
import type { EvaluationContext, RuleSet } from '../../rules/compiler/index.ts';
import type { Cadence } from '../../schemas/cadence.ts';
import type { FactBatch } from '../../schemas/facts.ts';
import type { Transaction } from '../../schemas/transaction.ts';
import { imageOf, restarted } from './checkpoints.ts';

/** The rows that count are compared again when there are so many times as many. */
const COMPARED_AGAIN = 1.2;

export interface RowsDetectorOptions {
  /** Rows of a block, in turn; a block ends at the latest where signals are asked for. */
  readonly blockRows: readonly number[];
  /** Each has a core, a store and a dictionary of its own; default 1. */
  readonly partitions?: number;
  /** What the evaluators are made with. */
  readonly hot?: Partial<HotDetectorOptions>;
  /** Steps towards other rules after a block, in turn; default none: all of them are done when signals are asked for. */
  readonly reloadSteps?: readonly number[];
  /** Some institutions stream: rows wait, and signals are asked for before they are in. */
  readonly order?: OrderOptions;
  /** Asked whenever signals were asked for: whether the process ends here and another one goes on from its checkpoint. */
  readonly restarts?: () => boolean;
  /** Gets the image of the first lane whenever signals were asked for. */
  readonly image?: (image: Uint8Array) => void;
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
  /** After so many blocks an empty one comes, this long behind or ahead of the newest row: of an institution, or of all. */
  readonly tell?: {
    readonly every: number;
    readonly aheadMs: readonly number[];
    readonly institutions?: readonly (string | null)[];
  };
}

interface Hashed {
  readonly tx: Transaction;
  readonly hash: string;
}

interface Waiting extends Hashed {
  readonly kind: Admission['kind'];
}

class Lane {
  hot: HotDetector;
  #options: HotDetectorOptions;
  readonly #providedBy: DetectorOptions['providedBy'];

  constructor(options: DetectorOptions, index: number, count: number, given: RowsDetectorOptions) {
    this.#providedBy = options.providedBy;
    const { ruleSet, evaluation, horizonMs } = options;
    this.#options = {
      ruleSet,
      evaluation,
      horizonMs,
      seed: [index + 1, count],
      partition: { index, count },
      heldRowsMax: given.order?.heldRowsMax,
      ...given.hot,
    };
    this.hot = new HotDetector(this.#options);
    for (const { institution, fromMs, cadence } of given.order?.cadences ?? [])
      this.hot.setCadence(institution, fromMs, cadence);
  }

  useRules(ruleSet: RuleSet, evaluation: EvaluationContext, fromMs: number): void {
    this.hot.useRules(ruleSet, evaluation, fromMs);
    this.#options = { ...this.#options, ruleSet, evaluation };
  }

  /** Goes on with a detector that was made of a checkpoint of this one, and must give the same checkpoint. */
  restart(): void {
    const { hot, options } = restarted(this.hot, this.#options);
    this.hot = hot;
    this.#options = options;
  }

  #facts(rows: readonly Hashed[]): FactBatch {
    const facts = rows.map(({ tx, hash }) => ({ tx, hash, provided: this.#providedBy(tx.stamp.provided) }));
    return factsOf(facts, this.hot.dictionary);
  }

  admit(block: readonly Waiting[]): void {
    const outcomes = this.hot.admitFacts(this.#facts(block), (place) => {
      const { institution, id, amount } = block[place]!.tx.reverses!;
      return { institution, id, amountMinor: amount === undefined ? null : BigInt(amount.minor) };
    });
    const found = Array.from(outcomes, (outcome) => ROW_OUTCOMES[outcome]);
    const expected = block.map(({ kind }) => kind);
    if (!isDeepStrictEqual(found, expected))
      throw new Error(`outcomes of a block: ${found.join()} | ${expected.join()}`);
  }

  /** `before`: rows of the effective set that stand among `keys`; `after`: some of them, anew. */
  renew(keys: ReadonlySet<string>, before: readonly Transaction[], after: readonly Hashed[]): void {
    const found = this.hot.rowsOfKeys(keys).map((row) => this.#told(row));
    const expected = before.map(told);
    if (!isDeepStrictEqual(found.sort(), expected.sort()))
      throw new Error(`rows of keys: ${found.join()} | ${expected.join()}`);
    if (after.length > 0) this.hot.renewFacts(this.#facts(after));
  }

  #told(row: number): string {
    const { store, dictionary } = this.hot;
    const institution = dictionary.text(store.institutionOf(row));
    return told({ institution, id: store.rowId(row), version: store.versionOf(row) });
  }

  /** The rows that are events. */
  effective(): string[] {
    const out: string[] = [];
    for (let row = 0; row < this.hot.store.rows; row++)
      if (!this.hot.core.isDead(row)) out.push(this.#told(row));
    return out.sort();
  }
}

const told = ({ institution, id, version }: Pick<Transaction, 'institution' | 'id' | 'version'>): string =>
  `${institution}\u0000${id}\u0000${version}`;

export interface RowsDetector extends Detector {
  /** What became of rows of institutions that stream, in the first partition. */
  readonly orderCounts: Readonly<OrderCounts>;
}

export function createRowsDetector(options: DetectorOptions, given: RowsDetectorOptions): RowsDetector {
  const { blockRows, partitions = 1, order } = given;
  const set = createEffectiveSet(options.horizonMs);
  const lanes = Array.from({ length: partitions }, (_, index) => new Lane(options, index, partitions, given));
  /** Reported before everything was in. */
  const early = new Map<string, readonly RuleSignals[]>();
  /** Of every row that was admitted. */
  const hashes = new Map<string, string>();
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
      advance();
    }
  }

  function advance(): void {
    const { reloadSteps = [0] } = given;
    for (const { hot } of lanes)
      for (let left = reloadSteps[blocks % reloadSteps.length]!; left > 0 && hot.advance(); left--);
  }

  function keepOrder({ evaluateEvery, tell }: OrderOptions): void {
    if (tell !== undefined && blocks % tell.every === 0) {
      const aheadMs = tell.aheadMs[blocks % tell.aheadMs.length]!;
      const { institutions = [null] } = tell;
      const institution = institutions[blocks % institutions.length]!;
      for (const { hot } of lanes) hot.watermark(hot.store.newestMs + aheadMs, institution);
    }
    if (blocks % evaluateEvery > 0) return;
    for (const { hot } of lanes)
      for (const { subjectKey, signals } of hot.evaluate()) early.set(subjectKey, signals);
    endProcess();
  }

  function endProcess(): void {
    if (given.restarts?.() === true) for (const lane of lanes) lane.restart();
    given.image?.(imageOf(lanes[0]!.hot));
  }

  /** Every row is looked at: often while there are few, then ever more seldom. */
  function compareRows(): void {
    if (set.size < compareFrom) return;
    compareFrom = Math.ceil(COMPARED_AGAIN * set.size);
    const expected = [...set.rows()]
      .filter(({ reverses }) => reverses === undefined)
      .map(told)
      .sort();
    for (const lane of lanes) {
      const found = lane.effective();
      if (!isDeepStrictEqual(found, expected))
        throw new Error(`effective rows: ${found.join()} | ${expected.join()}`);
    }
  }

  return {
    set,
    get orderCounts() {
      return lanes[0]!.hot.core.orderCounts;
    },
    admit(tx, hash) {
      const admission = set.admit(tx, hash, () => {});
      if (admission.kind !== 'reject') hashes.set(told(tx), hash);
      waiting.push({ tx, hash, kind: admission.kind });
      return admission;
    },
    declare(institution, fromMs) {
      takeIn();
      for (const { hot } of lanes) hot.declare(institution, fromMs);
    },
    useRules(ruleSet, evaluation, fromMs) {
      takeIn();
      for (const lane of lanes) lane.useRules(ruleSet, evaluation, fromMs);
    },
    restamp(keys, restamp) {
      takeIn();
      const before = rowsOfKeys(set, keys);
      const after = before.map(restamp).filter((tx, i) => tx !== before[i]);
      for (const tx of after) set.restamp(tx);
      const hashed = after.map((tx) => ({ tx, hash: hashes.get(told(tx)) as string }));
      for (const lane of lanes) lane.renew(keys, before, hashed);
    },
    silentReadings(subjectKey, untilMs) {
      takeIn();
      return lanes.flatMap(({ hot }) => hot.silentReadings([{ subjectKey, untilMs }]).flat());
    },
    evaluate(report) {
      takeIn();
      compareRows();
      const reported = new Set<string>();
      if (order !== undefined) for (const { hot } of lanes) hot.drain();
      for (const { hot } of lanes) {
        for (const { subjectKey, signals } of hot.evaluate()) {
          if (reported.has(subjectKey)) throw new Error(`two partitions report ${subjectKey}`);
          reported.add(subjectKey);
          report(subjectKey, signals);
        }
      }
      for (const [subjectKey, signals] of early) if (!reported.has(subjectKey)) report(subjectKey, signals);
      early.clear();
      endProcess();
    },
  };
}
