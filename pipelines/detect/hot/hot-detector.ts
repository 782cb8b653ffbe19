/**
 * The detector over the hot evaluator: rows as documents in, the same reports as the reference's (`../detector.ts`).
 *
 * Rows wait until something is asked, and go to the evaluator as facts, many at a time.
 */
import { decodeFacts } from '../../../schemas/block-facts.ts';
import type { SubjectKind } from '../../../schemas/enumerations.ts';
import type { Transaction } from '../../../schemas/transaction.ts';
import { factsOf } from '../../facts/batch.ts';
import { FactDictionary } from '../../facts/dictionary.ts';
import { FactStore, type FactStoreOptions } from '../../facts/store.ts';
import type { Detector, DetectorOptions } from '../detector.ts';
import { type Admission, createEffectiveSet, rowKey, rowsOfKeys, type SetChange } from '../effective-set.ts';
import { Reversals } from '../reversals.ts';
import { HotCore } from './hot-core.ts';
import type { IdleOptions } from './idle-sweep.ts';
import type { HotCounts } from './rule-tiers.ts';

/** Rows that wait at most before they are turned into facts. */
const WAITING_ROWS = 4_096;

export interface HotDetectorOptions extends DetectorOptions {
  /** Seeds the hash of identifiers, so that nobody can choose ones that collide. Any two 32-bit integers. */
  readonly seed: readonly [number, number];
  /** Where old rows go; without it all stay in memory. */
  readonly coldRows?: FactStoreOptions;
  /** Where the state of idle subjects goes; without it all stay in memory. */
  readonly idle?: IdleOptions;
}

export interface HotDetector extends Detector {
  readonly counts: HotCounts;
  /** As `admit` of each row in order; `block` is the log's record of these very rows, and spares making their facts anew. */
  admitBlock(rows: readonly HashedRow[], block: Uint8Array): Admission[];
}

/** A row with the hash of its content. */
export interface HashedRow {
  readonly tx: Transaction;
  readonly hash: string;
}

/** Builds an empty detector over the rules that read events. */
export function createHotDetector(options: HotDetectorOptions): HotDetector {
  const set = createEffectiveSet(options.horizonMs);
  const dictionary = new FactDictionary(options.seed);
  const store = new FactStore(dictionary, options.coldRows);
  const core = new HotCore({
    ruleSet: options.ruleSet,
    evaluation: options.evaluation,
    store,
    dictionary,
    ...(options.idle === undefined ? {} : { idle: options.idle }),
  });
  /** Row of the store by (institution, id), of effective rows that are events. */
  const rowOf = new Map<string, number>();
  const reversals = new Reversals(set);
  let waiting: { key: string; tx: Transaction }[] = [];

  /** Hands the rows that wait to the evaluator. */
  function feed(): void {
    if (waiting.length === 0) return;
    const rows = waiting;
    waiting = [];
    const batch = factsOf(
      rows.map(({ tx }) => ({ tx, hash: '', provided: options.providedBy(tx.stamp.provided) })),
      dictionary,
    );
    const first = store.append(batch);
    core.feed(first, batch.rows, batch.members);
    rows.forEach(({ key, tx }, i) => {
      rowOf.set(key, first + i);
      attachReversals(key, tx, first + i);
    });
  }

  /** Reversals that came before the row that they reverse. */
  function attachReversals(key: string, tx: Transaction, row: number): void {
    if (reversals.concerns(tx) && rowOf.get(key) === row) core.setReversals(row, reversals.of(tx));
  }

  function add(tx: Transaction): void {
    waiting.push({ key: rowKey(tx.institution, tx.id), tx });
    if (waiting.length >= WAITING_ROWS) feed();
  }

  function remove(tx: Transaction): void {
    feed();
    kill(tx);
  }

  function kill(tx: Transaction): void {
    const key = rowKey(tx.institution, tx.id);
    const row = rowOf.get(key);
    if (row === undefined) return;
    rowOf.delete(key);
    core.kill(row);
  }

  /** The row that `tx` reverses says less from now on, or again more. */
  function touchReversed(tx: Transaction): void {
    if (tx.reverses === undefined) return;
    feed();
    const { institution, id } = tx.reverses;
    const key = rowKey(institution, id);
    const original = set.get(institution, id);
    const row = rowOf.get(key);
    if (original !== undefined && row !== undefined) core.setReversals(row, reversals.of(original));
  }

  function apply({ removed, added }: SetChange): void {
    if (removed !== undefined) {
      remove(removed);
      if (removed.reverses !== undefined) {
        reversals.forget(removed);
        touchReversed(removed);
      }
    }
    if (added === undefined) return;
    if (added.reverses === undefined) {
      add(added);
      return;
    }
    reversals.note(added);
    touchReversed(added);
  }

  function admitBlock(rows: readonly HashedRow[], block: Uint8Array): Admission[] {
    feed();
    const batch = decodeFacts(block, dictionary);
    const first = store.append(batch);
    // What concerns rows that others reverse comes when the block's own rows are in.
    const reversing: Transaction[] = [];
    const admissions = rows.map(({ tx, hash }, i) => {
      let counts = false;
      const admission = set.admit(tx, hash, ({ removed, added }) => {
        if (removed !== undefined) {
          kill(removed);
          if (removed.reverses !== undefined) {
            reversals.forget(removed);
            reversing.push(removed);
          }
        }
        if (added === undefined) return;
        if (added.reverses !== undefined) {
          reversals.note(added);
          reversing.push(added);
        } else {
          counts = true;
          rowOf.set(rowKey(added.institution, added.id), first + i);
        }
      });
      if (!counts) core.bury(first + i);
      return admission;
    });
    core.feed(first, batch.rows, batch.members);
    for (const [i, { tx }] of rows.entries()) attachReversals(rowKey(tx.institution, tx.id), tx, first + i);
    for (const tx of reversing) touchReversed(tx);
    return admissions;
  }

  return {
    set,
    counts: core.counts,
    admitBlock,
    get dirtyCount() {
      feed();
      return core.waiting;
    },
    admit: (tx, hash) => set.admit(tx, hash, apply),
    declare(institution, fromMs) {
      feed();
      core.declare(institution, fromMs);
    },
    touch(kind, key) {
      feed();
      core.touch(kind, key);
    },
    useRules(ruleSet, evaluation) {
      feed();
      core.useRules(ruleSet, evaluation);
    },
    restamp(keys, restamp) {
      feed();
      for (const before of rowsOfKeys(set, keys)) {
        const after = restamp(before);
        if (after === before) continue;
        set.restamp(after);
        if (before.reverses !== undefined) continue;
        remove(before);
        add(after);
      }
    },
    settle() {
      feed();
      core.settle();
    },
    silentReadings(subjectKey, untilMs) {
      feed();
      const separator = subjectKey.indexOf(':');
      const kind = subjectKey.slice(0, separator) as SubjectKind;
      return core.silentReadings(kind, subjectKey.slice(separator + 1), untilMs);
    },
    evaluate(report) {
      feed();
      core.evaluate(report);
    },
  };
}
