/**
 * The measured stream: transactions of many accounts over more than 120 days, as blocks of facts, in order of arrival.
 *
 * Nearly every row is in order of time; one in a hundred comes hours or days late; some are reversed, amended, withdrawn or
 * reported by both banks. Blocks are written over and over: memory holds one of them, whatever the number of rows. The same
 * options give the same bytes.
 */
import type { FactDictionary } from '../../pipelines/facts/dictionary.ts';
import { deriveSeed, Random } from '../../pipelines/simulate/random.ts';
import type { EvaluationContext, RuleSet } from '../../rules/compiler/index.ts';
import { KINDS } from '../../schemas/enumerations.ts';
import { FACT_FLAGS, type FactBatch, TEXT_NULL } from '../../schemas/facts.ts';
import type { Transaction } from '../../schemas/transaction.ts';
import { ACTIONS } from './actions.ts';
import { BlockWriter, idText } from './block.ts';
import { StreamClock } from './clock.ts';
import { BETWEEN_BANKS_IN, KEYS_DRAWN, RowDraws } from './draws.ts';
import { BANKS, mixed, type Population, PROFILES, populate, pseudonymOf } from './identity.ts';
import { DAY_MS, STREAM, type StreamOptions, type StreamPart, type StreamPhase } from './options.ts';
import { internHistories, PlantedRows } from './plant.ts';
import { buildHistories, type History, plantedMsMax, stageHistories } from './planted.ts';
import { emptyRecord, kept, type RowRecord, transactionOfRecord } from './row-record.ts';
import { buildTemplates, type Templates } from './templates.ts';

/** Rows among which one to be reversed, amended or withdrawn is drawn. */
const RECENT = 1_024;
const RECENT_EVERY = 7;
const REVERSAL_KIND = KINDS.indexOf('reversal');
const ACTION_TEMPLATES = ACTIONS.length * BANKS * PROFILES;
/** Rows whose members do not depend on the kind, so that a reversal of one names the same people. */
const REVERSIBLE = new Set(['transfer', 'card_purchase', 'bill_payment']);

const USUAL = {
  skew: 0,
  hotMilli: 0,
  hotCycle: 0,
  hotRows: STREAM.BLOCK_ROWS as number,
  days: STREAM.DAYS as number,
  plantedMilli: STREAM.PLANTED_MILLI as number,
};

/** The original of a reversal in a block, which the columns do not name. */
export interface ReversedRow {
  readonly institution: string;
  readonly id: string;
}

export interface StreamBlock {
  readonly batch: FactBatch;
  readonly part: StreamPart;
  /** By row of the block. */
  readonly reversed: ReadonlyMap<number, ReversedRow>;
  /** 1 where the row came behind the watermark. */
  readonly late: Uint8Array;
  transactionOf(row: number): Transaction;
  /** Content hash, hex, 128 bits. */
  hashOf(row: number): string;
}

/** What the stream was, known when it has ended. */
export interface StreamTally {
  rows: number;
  lateRows: number;
  reversals: number;
  amendments: number;
  withdrawals: number;
  pairs: number;
  plantedRows: number;
  plantedHistories: number;
  /** Sides of rows on which a customer's account stands; businesses and planted people are not among them. */
  accountEvents: number;
  firstMs: number;
  lastMs: number;
  /** Signals that the histories planted to their end give by themselves, by rule. */
  readonly plantedSignals: Map<string, number>;
}

export interface Knowledge {
  readonly ruleSet: RuleSet;
  readonly evaluation: EvaluationContext;
}

export class MeasuredStream {
  readonly options: Required<Omit<StreamOptions, 'phases'>>;
  readonly population: Population;
  readonly tally: StreamTally;
  readonly #dictionary: FactDictionary;
  readonly #templates: Templates;
  readonly #offsets: Int32Array;
  readonly #dayOnly: Uint8Array;
  readonly #draws: RowDraws;
  readonly #random: Random;
  readonly #planted: PlantedRows;
  #clock: StreamClock;
  readonly #phases: readonly StreamPhase[];
  #phase = -1;
  /** Row with which the phase at hand began, and where it ends. */
  #phaseRow = 0;
  #phaseEnd = 0;
  #phaseEndMs: number = STREAM.FIRST_MS;
  readonly #writer: BlockWriter;
  readonly #records: RowRecord[];
  /** For the keys of each record that is drawn. */
  readonly #keys: readonly Int32Array[];
  readonly #hash = new Uint32Array(4);
  readonly #recent: RowRecord[] = [];
  /** The same, of the hot account. */
  readonly #recentHot: RowRecord[] = [];
  #part: StreamPart = 'everybody';
  #blocks = 0;
  #number = 0;
  /** The other bank's report of the last row, to follow it. */
  #second: RowRecord | null = null;
  #watermark = Number.NEGATIVE_INFINITY;

  /** `dictionary` must be empty: the stream's keys are runs of it. */
  constructor(options: StreamOptions, knowledge: Knowledge, dictionary: FactDictionary) {
    const { phases = [], ...rest } = options;
    this.#phases = phases;
    const full = { ...USUAL, ...rest };
    this.options = full;
    this.#dictionary = dictionary;
    const { seed, rows, days } = full;
    const histories = buildHistories(knowledge.ruleSet, knowledge.evaluation, plantedMsMax(days));
    this.population = populate(full.accounts, seed, dictionary);
    const planted = internHistories(histories, ACTION_TEMPLATES, dictionary);
    this.#templates = buildTemplates(
      histories.flatMap((history: History) => history.rows),
      dictionary,
    );
    const { transactions } = this.#templates;
    this.#offsets = Int32Array.from(transactions, (tx) => tx.stamp.localOffsetMin ?? Number.NaN);
    this.#dayOnly = Uint8Array.from(transactions, (tx) => (tx.stamp.precision === 'day' ? 1 : 0));
    const random = (label: string) => new Random(deriveSeed(seed, label));
    const plantedRows = Math.floor((rows * full.plantedMilli) / 1_000);
    const stagings = stageHistories(histories, plantedRows, days, random('stagings'));
    this.#planted = new PlantedRows(stagings, planted, dictionary, seed);
    this.#random = random('rows');
    this.#draws = new RowDraws(this.population, random('draws'), this.#templates.firstPlaceholder, full);
    this.#clock = new StreamClock(rows, days);
    this.#writer = new BlockWriter(STREAM.BLOCK_ROWS, this.#templates.facts.columns, this.#templates.members);
    this.#records = Array.from({ length: STREAM.BLOCK_ROWS }, emptyRecord);
    this.#keys = this.#records.map(() => new Int32Array(KEYS_DRAWN));
    this.tally = {
      rows: 0,
      lateRows: 0,
      reversals: 0,
      amendments: 0,
      withdrawals: 0,
      pairs: 0,
      plantedRows: 0,
      plantedHistories: 0,
      accountEvents: 0,
      firstMs: Number.POSITIVE_INFINITY,
      lastMs: Number.NEGATIVE_INFINITY,
      plantedSignals: new Map(),
    };
  }

  /** Who sends rows. */
  get institutions(): ReadonlySet<string> {
    return new Set(this.#templates.transactions.map(({ institution }) => institution));
  }

  /** The stream, once. A block is valid until the next one is asked for. */
  *blocks(): Generator<StreamBlock> {
    const { rows } = this.options;
    const writer = this.#writer;
    const late = new Uint8Array(writer.capacity);
    while (this.tally.rows < rows) {
      writer.clear();
      const reversed = new Map<number, ReversedRow>();
      const capacity = this.#beginBlock();
      while (writer.rows < capacity && this.tally.rows < rows) {
        const record = this.#records[writer.rows] as RowRecord;
        this.#next(record);
        const row = this.#write(record);
        late[row] = this.#count(record, row);
        if (record.reverses >= 0) {
          const { institution } = this.#templates.transactions[record.template] as Transaction;
          reversed.set(row, { institution, id: idText(record.reverses) });
        }
      }
      yield {
        batch: writer.batch(),
        part: this.#part,
        reversed,
        late,
        transactionOf: (row) =>
          transactionOfRecord(this.#records[row] as RowRecord, this.#templates.transactions, (id) =>
            this.#dictionary.text(id),
          ),
        hashOf: (row) => this.#hashText(this.#records[row] as RowRecord),
      };
    }
  }

  /** Decides what the next block holds. Returns how many rows. */
  #beginBlock(): number {
    const { hotCycle, hotRows } = this.options;
    const { capacity } = this.#writer;
    if (hotCycle === 0) return capacity;
    const place = this.#blocks++ % (hotCycle + 1);
    this.#part = place < hotCycle - 1 ? 'everybody' : place < hotCycle ? 'hot' : 'hot-late';
    if (this.#part === 'everybody') return capacity;
    const lateRows = Math.ceil(hotRows * STREAM.HOT_LATE_SHARE);
    return this.#part === 'hot' ? hotRows - lateRows : lateRows;
  }

  #beginPhase(): void {
    const phase = this.#phases[++this.#phase] as StreamPhase;
    const firstMs = this.#phaseEndMs + phase.pauseDays * DAY_MS;
    this.#clock = new StreamClock(phase.rows, phase.days, firstMs);
    this.#phaseRow = this.tally.rows;
    this.#phaseEnd = this.tally.rows + phase.rows;
    this.#phaseEndMs = firstMs + phase.days * DAY_MS;
    this.#draws.restrict(phase);
  }

  #next(record: RowRecord): void {
    if (this.tally.rows >= this.#phaseEnd && this.#phase + 1 < this.#phases.length) this.#beginPhase();
    const now = this.#clock.at(this.tally.rows - this.#phaseRow);
    if (this.#second !== null) {
      Object.assign(record, this.#second, { number: this.#number++ });
      this.#second = null;
      return;
    }
    if (this.#planted.due <= now) {
      const ended = this.#planted.take(record);
      record.number = this.#number++;
      this.tally.plantedRows++;
      if (ended !== null) this.#end(ended.history);
      return;
    }
    const random = this.#random;
    if (this.#part !== 'everybody') {
      this.#nextHot(record, now);
      return;
    }
    const draw = random.float();
    if (
      draw < STREAM.REVERSAL_SHARE + STREAM.AMEND_SHARE + STREAM.WITHDRAW_SHARE &&
      this.#correct(record, this.#recent, draw, now)
    ) {
      return;
    }
    const isLate = random.float() < STREAM.LATE_SHARE;
    const behind = isLate ? this.#lateBy() : random.float() * STREAM.JITTER_MS;
    const time = Math.max(STREAM.FIRST_MS, Math.floor(now - behind));
    const action = this.#draws.draw(record, time, this.#drawnKeys);
    if (this.#dayOnly[record.template] === 1) record.time = Math.floor(time / DAY_MS) * DAY_MS;
    record.number = this.#number++;
    if (ACTIONS[action]!.paired === true && random.float() < STREAM.PAIR_SHARE) this.#pair(record, action);
    this.#remember(record, this.#recent);
  }

  get #drawnKeys(): Int32Array {
    return this.#keys[this.#writer.rows] as Int32Array;
  }

  #lateBy(): number {
    return STREAM.LATE_MIN_MS + this.#random.float() * (STREAM.LATE_MAX_MS - STREAM.LATE_MIN_MS);
  }

  /** A row of the hot account. In order means in order: without what comes by the day, and without jitter. */
  #nextHot(record: RowRecord, now: number): void {
    const random = this.#random;
    const isLate = this.#part === 'hot-late';
    if (isLate && random.float() < STREAM.HOT_CORRECTED_SHARE) {
      const corrections = STREAM.REVERSAL_SHARE + STREAM.AMEND_SHARE + STREAM.WITHDRAW_SHARE;
      if (this.#correct(record, this.#recentHot, random.float() * corrections, now)) return;
    }
    const time = Math.max(STREAM.FIRST_MS, Math.floor(isLate ? now - this.#lateBy() : now));
    let action: number;
    do action = this.#draws.draw(record, time, this.#drawnKeys, true);
    while (this.#dayOnly[record.template] === 1);
    record.number = this.#number++;
    if (ACTIONS[action]!.paired === true && random.float() < STREAM.PAIR_SHARE) this.#pair(record, action);
    this.#remember(record, this.#recentHot);
  }

  /** Both banks report the transfer, under one reference. */
  #pair(record: RowRecord, action: number): void {
    record.sharedRef = this.#dictionary.textId(pseudonymOf('ref', record.number, this.options.seed + 6_000));
    const across = (BETWEEN_BANKS_IN - action) * BANKS * PROFILES;
    this.#second = {
      ...kept(record),
      template: record.template + across,
      debtorTemplate: record.debtorTemplate + across,
      creditorTemplate: record.creditorTemplate + across,
    };
    this.tally.pairs++;
  }

  #remember(record: RowRecord, recent: RowRecord[]): void {
    if (record.number % RECENT_EVERY !== 0 || record.sharedRef !== TEXT_NULL) return;
    if (this.#dayOnly[record.template] === 1) return;
    const { kind, status } = this.#templates.transactions[record.template] as Transaction;
    if (!REVERSIBLE.has(kind) || status !== 'completed') return;
    if (recent.length < RECENT) recent.push(kept(record));
    else recent[this.#random.int(0, RECENT - 1)] = kept(record);
  }

  /** A reversal, a withdrawal or an amendment of one of these rows; false when there is none. Each row is corrected once. */
  #correct(record: RowRecord, recent: RowRecord[], draw: number, now: number): boolean {
    if (recent.length === 0) return false;
    const [original] = recent.splice(this.#random.int(0, recent.length - 1), 1);
    Object.assign(record, original);
    if (draw < STREAM.REVERSAL_SHARE) {
      const age = Math.floor((now - original!.time) / DAY_MS);
      record.reverses = original!.number;
      record.number = this.#number++;
      record.time = Math.max(now, original!.time);
      record.flags = FACT_FLAGS.reverses;
      record.debtorAge += record.debtorAge < 0 ? 0 : Math.max(0, age);
      record.creditorAge += record.creditorAge < 0 ? 0 : Math.max(0, age);
      this.tally.reversals++;
    } else {
      record.version = 2;
      if (draw < STREAM.REVERSAL_SHARE + STREAM.WITHDRAW_SHARE) {
        record.flags = FACT_FLAGS.withdraw;
        this.tally.withdrawals++;
      } else {
        const perBank = PROFILES;
        const action = Math.floor(record.template / (BANKS * PROFILES));
        this.#draws.putAmount(record, action, Math.floor(record.template / perBank) % BANKS);
        this.tally.amendments++;
      }
    }
    return true;
  }

  #write(record: RowRecord): number {
    const writer = this.#writer;
    const { template, debtorTemplate, creditorTemplate } = record;
    const keys = { first: record.firstKey, table: record.keys };
    const row = writer.copy(template, debtorTemplate, creditorTemplate, keys);
    const hasOffset = this.#templates.transactions[template]!.stamp.localOffsetMin !== null;
    writer.putTime(
      row,
      record.time,
      hasOffset ? (this.#offsets[template] as number) : null,
      this.#dayOnly[template] === 1,
    );
    if (!record.isPlanted) writer.putAmounts(row, record);
    const { columns } = writer;
    if (record.debtorAge >= 0) columns.accountAgeDays[2 * row] = record.debtorAge;
    if (record.creditorAge >= 0) columns.accountAgeDays[2 * row + 1] = record.creditorAge;
    if (record.reverses >= 0) columns.kind[row] = REVERSAL_KIND;
    this.#fillHash(record);
    writer.putIdentity(row, record, this.#hash);
    return row;
  }

  #fillHash({ number, version }: RowRecord): void {
    for (let word = 0; word < 4; word++) {
      this.#hash[word] = mixed(Math.imul(number, 8) + version, this.options.seed + 100 + word);
    }
  }

  #hashText(record: RowRecord): string {
    this.#fillHash(record);
    return [...this.#hash].map((word) => word.toString(16).padStart(8, '0')).join('');
  }

  /** Returns 1 for a row behind the watermark. */
  #count(record: RowRecord, row: number): 0 | 1 {
    const { tally } = this;
    tally.rows++;
    const { account } = this.#writer.columns;
    if (this.#isCustomer(account[2 * row] as number)) tally.accountEvents++;
    if (this.#isCustomer(account[2 * row + 1] as number)) tally.accountEvents++;
    tally.firstMs = Math.min(tally.firstMs, record.time);
    tally.lastMs = Math.max(tally.lastMs, record.time);
    const isLate = record.time < this.#watermark;
    if (isLate) tally.lateRows++;
    this.#watermark = Math.max(this.#watermark, record.time - STREAM.LATENESS_MS);
    return isLate ? 1 : 0;
  }

  #isCustomer(account: number): boolean {
    const { firstAccount, accounts } = this.population;
    return account >= firstAccount && account < firstAccount + accounts;
  }

  #end(history: History): void {
    this.tally.plantedHistories++;
    for (const [rule, count] of history.signals) {
      this.tally.plantedSignals.set(rule, (this.tally.plantedSignals.get(rule) ?? 0) + count);
    }
  }
}
