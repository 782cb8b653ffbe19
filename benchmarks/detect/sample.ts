/**
 * A seeded sample of subjects whose every row is kept, to be given to the reference evaluator in the same run. Of the
 * planted keys more are taken than of the others, so that every rule is among them.
 */
import type { FactDictionary } from '../../pipelines/facts/dictionary.ts';
import type { Transaction } from '../../schemas/transaction.ts';
import { mixed } from '../stream/identity.ts';
import { referenceDetector } from '../stream/planted.ts';
import type { Knowledge, StreamBlock } from '../stream/stream.ts';
import { type Answer, answerOf, type SubjectSignals } from './subject.ts';

const SAMPLE_RANGE = { MIN_ROWS: 200_000, MIN_SIGNALS: 100 } as const;
/** Rows aimed at: twice the least for the ordinary ones, since keys take part in more or fewer rows than the mean. */
const ORDINARY_ROWS = 240_000;
const PLANTED_ROWS = 60_000;
/** Keys by which a row may be drawn into the sample: two accounts and two parties. */
const KEYS_PER_ROW = 4;

export class SubjectSample {
  readonly #rows: { readonly tx: Transaction; readonly hash: string }[] = [];
  readonly #keys = new Set<number>();
  readonly #firstPlanted: number;
  readonly #oneIn: number;
  readonly #oneInPlanted: number;
  readonly #seed: number;

  /** Keys from `firstPlanted` on belong to planted histories. */
  constructor(of: {
    readonly rows: number;
    readonly plantedRows: number;
    readonly firstPlanted: number;
    readonly seed: number;
  }) {
    this.#firstPlanted = of.firstPlanted;
    this.#seed = of.seed;
    this.#oneIn = Math.max(1, Math.floor((of.rows * KEYS_PER_ROW) / ORDINARY_ROWS));
    this.#oneInPlanted = Math.max(1, Math.floor((of.plantedRows * KEYS_PER_ROW) / PLANTED_ROWS));
  }

  get rows(): number {
    return this.#rows.length;
  }

  has(key: number): boolean {
    return (
      key >= 0 && mixed(key, this.#seed) % (key < this.#firstPlanted ? this.#oneIn : this.#oneInPlanted) === 0
    );
  }

  /** Keeps the rows of sampled subjects. */
  take(block: StreamBlock): void {
    const { rows, columns, members } = block.batch;
    const { account, party } = columns;
    let member = 0;
    for (let row = 0; row < rows; row++) {
      let isIn = false;
      const note = (key: number): void => {
        if (!this.has(key)) return;
        this.#keys.add(key);
        isIn = true;
      };
      for (let leg = 2 * row; leg < 2 * row + 2; leg++) {
        note(account[leg] as number);
        note(party[leg] as number);
      }
      for (; member < members.count && members.row[member] === row; member++) {
        note(members.key[member] as number);
      }
      if (isIn) this.#rows.push({ tx: block.transactionOf(row), hash: block.hashOf(row) });
    }
  }

  /** What the reference evaluator says of the sampled subjects, and what `signals` says of them. */
  compare(
    signals: Iterable<SubjectSignals>,
    knowledge: Knowledge,
    dictionary: FactDictionary,
  ): { readonly expected: Answer; readonly found: Answer } {
    const texts = new Set([...this.#keys].map((key) => dictionary.text(key)));
    const detector = referenceDetector(knowledge.ruleSet, knowledge.evaluation);
    for (const { tx, hash } of this.#rows) detector.admit(tx, hash);
    const reference: SubjectSignals[] = [];
    detector.evaluate((subjectKey, groups) => {
      for (const { rule, versions } of groups) {
        if (versions.length > 0) reference.push({ subjectKey, rule: rule.id, versions });
      }
    });
    const includes = (key: string): boolean => texts.has(key);
    return { expected: answerOf(reference, includes), found: answerOf(signals, includes) };
  }
}

/** What a sample must hold before its agreement says something: rows, signals, and every rule over events of the set. */
export function sampleFaults(sample: SubjectSample, expected: Answer, { ruleSet }: Knowledge): string[] {
  const faults: string[] = [];
  const rules = ruleSet.rules.filter((rule) => rule.input === 'events').map((rule) => rule.id);
  const unseen = rules.filter((rule) => !expected.byRule.has(rule));
  if (unseen.length > 0) faults.push(`rules without a signal in the sample: ${unseen.join(', ')}`);
  if (sample.rows < SAMPLE_RANGE.MIN_ROWS) faults.push(`${sample.rows} rows in the sample`);
  if (expected.signals < SAMPLE_RANGE.MIN_SIGNALS) faults.push(`${expected.signals} signals in the sample`);
  return faults;
}
