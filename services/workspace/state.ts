/**
 * What a workspace holds in memory: the engine, the directory and the feeds, all of it a function of the log. Applying
 * a log record is the same code at recovery and while running.
 */

import type { Admission } from '../../pipelines/detect/effective-set.ts';
import type { HashedRow } from '../../pipelines/detect/hot/hot-detector.ts';
import { createEngine, type Engine } from '../../pipelines/engine/engine.ts';
import type { FactRow } from '../../pipelines/facts/batch.ts';
import { transactionHash } from '../../pipelines/ingest/canonical.ts';
import { Directory } from '../../pipelines/ingest/directory.ts';
import { restamp } from '../../pipelines/ingest/stamp.ts';
import type { Coverage } from '../../schemas/enumerations.ts';
import { canonicalJson, contentHash } from '../../schemas/ids.ts';
import type { Transaction } from '../../schemas/transaction.ts';
import type { Knowledge } from './knowledge.ts';
import type { FeedRecord, ReferenceRecord } from './reference-record.ts';
import { RuleTimeline } from './rule-timeline.ts';

const NOTHING: ReadonlySet<string> = new Set();

export class WorkspaceState {
  readonly engine: Engine;
  readonly directory = new Directory();
  #timeline: RuleTimeline;
  readonly #feeds = new Map<string, { record: FeedRecord; provided: ReadonlySet<string> }>();
  readonly #declared = new Map<string, number>();
  readonly #parties = new Map<string, string>();

  /** `seed` scatters identifiers in memory; what the state says does not depend on it. */
  constructor(knowledge: Knowledge, seed: readonly [number, number]) {
    this.#timeline = new RuleTimeline([knowledge]);
    this.engine = createEngine({
      ruleSet: knowledge.ruleSet,
      evaluation: knowledge.evaluation,
      providedBy: (id) => this.#providedBy(id),
      compose: knowledge.compose,
      seed,
    });
  }

  /** The rule sets recorded so far; until there is one, the set that the state was made with. */
  get timeline(): RuleTimeline {
    return this.#timeline;
  }

  /**
   * Puts other rule sets in force; what is different under them, at the earliest as of `fromMs`, is evaluated with the next
   * flush.
   */
  useRules(timeline: RuleTimeline, fromMs: number): void {
    const { ruleSet, evaluation, compose } = timeline.rules;
    this.#timeline = timeline;
    if (fromMs < Number.POSITIVE_INFINITY)
      this.engine.step({ kind: 'rules', ruleSet, evaluation, compose, fromMs });
  }

  /** True if the record would change nothing: it is already known word for word. */
  knows(record: Partial<ReferenceRecord>): boolean {
    return (
      (record.declarations ?? []).every(
        ({ institution, fromMs }) => (this.#declared.get(institution) ?? Number.POSITIVE_INFINITY) <= fromMs,
      ) &&
      (record.feeds ?? []).every((feed) => this.#feeds.has(feed.providedId)) &&
      (record.parties ?? []).every((party) => this.#parties.get(partyId(party)) === contentHash(party))
    );
  }

  /** Applies a reference record. Rows that say something else now are stamped anew, and handed back. */
  applyReference(record: ReferenceRecord): Transaction[] {
    for (const feed of record.feeds)
      this.#feeds.set(feed.providedId, { record: feed, provided: new Set(feed.provided) });
    for (const { institution, fromMs } of record.declarations) {
      this.#declared.set(
        institution,
        Math.min(fromMs, this.#declared.get(institution) ?? Number.POSITIVE_INFINITY),
      );
      this.engine.step({ kind: 'declare', institution, fromMs });
    }
    const keys = new Set<string>();
    for (const party of record.parties) {
      this.#parties.set(partyId(party), contentHash(party));
      const changed = this.directory.apply(party);
      for (const key of [...changed.accounts, ...changed.parties]) keys.add(key);
    }
    if (keys.size === 0 || this.engine.detector.set.size === 0) return [];
    const renewed: Transaction[] = [];
    const context = { directory: this.directory, reference: this.#timeline.newest.reference };
    this.engine.step({
      kind: 'restamp',
      keys,
      restamp: (tx) => {
        const after = restamp(tx, this.#coverageOf(tx), context);
        if (canonicalJson(after.stamp) === canonicalJson(tx.stamp)) return tx;
        renewed.push(after);
        return after;
      },
    });
    return renewed;
  }

  /** Applies rows; `block` is the log's record of them. */
  applyRows(rows: readonly HashedRow[], block?: Uint8Array): readonly Admission[] {
    return this.engine.step({ kind: 'transactions', rows, ...(block === undefined ? {} : { block }) });
  }

  /** The row with what a block says beside it. Its feed must be known by now. */
  rowOf(tx: Transaction): FactRow {
    return { tx, hash: transactionHash(tx), provided: this.#providedBy(tx.stamp.provided) };
  }

  #providedBy(id: string): ReadonlySet<string> {
    return this.#feeds.get(id)?.provided ?? NOTHING;
  }

  #coverageOf(tx: Transaction): Coverage | undefined {
    const feed = this.#feeds.get(tx.stamp.provided)?.record;
    return feed?.coverageByInstitution[tx.institution] ?? feed?.coverage ?? undefined;
  }
}

/** What a party record is replaced by: another of the same party, institution and beginning. */
export function partyId(party: ReferenceRecord['parties'][number]): string {
  return `${party.partyKey}\u0000${party.institution}\u0000${party.validFromMs}`;
}
