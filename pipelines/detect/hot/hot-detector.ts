/**
 * The detector over the hot evaluator: rows as documents in, the same reports as the reference's (`../detector.ts`).
 *
 * Rows wait until something is asked, and go to the evaluator as facts, many at a time.
 */
import type { SubjectKind } from '../../../schemas/enumerations.ts';
import type { Reversal } from '../../../schemas/event-fields.ts';
import { compareRefs } from '../../../schemas/order.ts';
import type { Transaction } from '../../../schemas/transaction.ts';
import { factsOf } from '../../facts/batch.ts';
import { FactDictionary } from '../../facts/dictionary.ts';
import { FactStore } from '../../facts/store.ts';
import type { Detector, DetectorOptions } from '../detector.ts';
import { createEffectiveSet, rowKey, type SetChange } from '../effective-set.ts';
import { HotCore } from './hot-core.ts';
import type { HotCounts } from './rule-tiers.ts';

/** Rows that wait at most before they are turned into facts. */
const WAITING_ROWS = 4_096;

export interface HotDetectorOptions extends DetectorOptions {
  /** Seeds the hash of identifiers, so that nobody can choose ones that collide. Any two 32-bit integers. */
  readonly seed: readonly [number, number];
}

export interface HotDetector extends Detector {
  readonly counts: HotCounts;
}

/** Builds an empty detector over the rules that read events. */
export function createHotDetector(options: HotDetectorOptions): HotDetector {
  const set = createEffectiveSet(options.horizonMs);
  const dictionary = new FactDictionary(options.seed);
  const store = new FactStore(dictionary);
  const core = new HotCore({ ruleSet: options.ruleSet, evaluation: options.evaluation, store, dictionary });
  /** Row of the store by (institution, id), of effective rows that are events. */
  const rowOf = new Map<string, number>();
  /** Keys of the rows that reverse a row, by the key of the reversed one. */
  const reversedBy = new Map<string, Set<string>>();
  let waiting: { key: string; tx: Transaction }[] = [];

  function reversalsOf(key: string, tx: Transaction): Reversal[] {
    const out: Reversal[] = [];
    for (const by of reversedBy.get(key) ?? []) {
      const [institution = '', id = ''] = by.split('\u0000');
      const row = set.get(institution, id);
      if (row?.reverses === undefined || row.status !== 'completed') continue;
      out.push({
        time: row.stamp.eventTime,
        institution,
        id,
        version: row.version,
        amountMinor: BigInt(row.reverses.amount?.minor ?? tx.stamp.amountMinor),
      });
    }
    return out.sort(compareRefs);
  }

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
      if (reversedBy.has(key)) core.setReversals(first + i, reversalsOf(key, tx));
    });
  }

  function add(tx: Transaction): void {
    waiting.push({ key: rowKey(tx.institution, tx.id), tx });
    if (waiting.length >= WAITING_ROWS) feed();
  }

  function remove(tx: Transaction): void {
    feed();
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
    if (original !== undefined && row !== undefined) core.setReversals(row, reversalsOf(key, original));
  }

  function apply({ removed, added }: SetChange): void {
    if (removed !== undefined) {
      remove(removed);
      if (removed.reverses !== undefined) {
        const { institution, id } = removed.reverses;
        reversedBy.get(rowKey(institution, id))?.delete(rowKey(removed.institution, removed.id));
        touchReversed(removed);
      }
    }
    if (added === undefined) return;
    if (added.reverses === undefined) {
      add(added);
      return;
    }
    const key = rowKey(added.reverses.institution, added.reverses.id);
    reversedBy.set(key, (reversedBy.get(key) ?? new Set()).add(rowKey(added.institution, added.id)));
    touchReversed(added);
  }

  return {
    set,
    counts: core.counts,
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
      const touched = new Map<string, Transaction>();
      for (const tx of set.rows()) {
        const { debtor, creditor } = tx.stamp;
        const hit = [debtor.accountKey, creditor.accountKey, debtor.holderKey, creditor.holderKey].some(
          (key) => key !== undefined && keys.has(key),
        );
        if (hit) touched.set(rowKey(tx.institution, tx.id), tx);
      }
      for (const before of touched.values()) {
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
