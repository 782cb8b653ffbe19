/**
 * What a workspace holds in memory: the engine, the directory and the feeds, all of it a function of the log. Applying
 * a log record is the same code at recovery and while running.
 */

import { setImmediate } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Detection } from '../../pipelines/detect/detection.ts';
import type { RowLedger } from '../../pipelines/detect/hot/row-ledger.ts';
import { createEngine, type Engine } from '../../pipelines/engine/engine.ts';
import type { RestampStep } from '../../pipelines/engine/step.ts';
import type { FactRow } from '../../pipelines/facts/batch.ts';
import { transactionHash } from '../../pipelines/ingest/canonical.ts';
import { Directory } from '../../pipelines/ingest/directory.ts';
import { restamp } from '../../pipelines/ingest/stamp.ts';
import type { Documents } from '../../pipelines/log/documents.ts';
import { CadenceTimeline } from '../../pipelines/order/cadence-timeline.ts';
import type { Coverage } from '../../schemas/enumerations.ts';
import { canonicalJson, contentHash } from '../../schemas/ids.ts';
import type { Transaction } from '../../schemas/transaction.ts';
import type { Knowledge } from './knowledge.ts';
import type { FeedRecord, ReferenceRecord } from './reference-record.ts';
import { RuleTimeline } from './rule-timeline.ts';

const NOTHING: ReadonlySet<string> = new Set();

export class WorkspaceState {
  readonly engine: Engine;
  /** Which rows are known, and which of them count. */
  readonly rows: RowLedger;
  readonly directory = new Directory();
  #timeline: RuleTimeline;
  readonly #feeds = new Map<string, { record: FeedRecord; provided: ReadonlySet<string> }>();
  readonly #declared = new Map<string, number>();
  readonly #cadences = new Map<string, CadenceTimeline>();
  readonly #parties = new Map<string, string>();

  /** `detection` evaluates under the rules of `knowledge`; both are empty, and the state's from now on. */
  constructor(knowledge: Knowledge, parts: { readonly detection: Detection; readonly documents: Documents }) {
    this.#timeline = new RuleTimeline([knowledge]);
    this.rows = parts.detection.ledger;
    this.engine = createEngine({
      ...parts,
      ruleSet: knowledge.ruleSet,
      compose: knowledge.compose,
      providedBy: (id) => this.#providedBy(id),
      // Signals and timers have their turn between two parts of a change of rules.
      pause: () => setImmediate(),
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
  async useRules(timeline: RuleTimeline, fromMs: number): Promise<void> {
    const { ruleSet, evaluation, compose } = timeline.rules;
    this.#timeline = timeline;
    if (fromMs < Number.POSITIVE_INFINITY)
      await this.engine.step({ kind: 'rules', ruleSet, evaluation, compose, fromMs });
  }

  /** True if the record would change nothing: it is already known word for word. */
  knows(record: Partial<ReferenceRecord>): boolean {
    return (
      (record.declarations ?? []).every(
        ({ institution, fromMs, cadence }) =>
          (this.#declared.get(institution) ?? Number.POSITIVE_INFINITY) <= fromMs &&
          (cadence === undefined || isDeepStrictEqual(this.#cadenceOf(institution).at(fromMs), cadence)),
      ) &&
      (record.feeds ?? []).every((feed) => this.#feeds.has(feed.providedId)) &&
      (record.parties ?? []).every((party) => this.#parties.get(partyId(party)) === contentHash(party))
    );
  }

  /**
   * Applies a reference record, which lies at `offset` of the log. Rows that say something else now are stamped anew, and
   * handed to `renewed`.
   */
  async applyReference(
    record: ReferenceRecord,
    offset: number,
    renewed: RestampStep['renewed'],
  ): Promise<void> {
    for (const feed of record.feeds)
      this.#feeds.set(feed.providedId, { record: feed, provided: new Set(feed.provided) });
    for (const { institution, fromMs, cadence } of record.declarations) {
      this.#declared.set(
        institution,
        Math.min(fromMs, this.#declared.get(institution) ?? Number.POSITIVE_INFINITY),
      );
      await this.engine.step({ kind: 'declare', institution, fromMs });
      if (cadence === undefined) continue;
      this.#cadenceOf(institution).declare(fromMs, cadence);
      await this.engine.step({ kind: 'cadence', institution, fromMs, cadence });
    }
    const keys = new Set<string>();
    for (const party of record.parties) {
      this.#parties.set(partyId(party), contentHash(party));
      const changed = this.directory.apply(party);
      for (const key of [...changed.accounts, ...changed.parties]) keys.add(key);
    }
    if (keys.size === 0 || this.rows.size === 0) return;
    const context = { directory: this.directory, reference: this.#timeline.newest.reference };
    await this.engine.step({
      kind: 'restamp',
      keys,
      offset,
      renewed,
      restamp: (tx) => {
        const after = restamp(tx, this.#coverageOf(tx), context);
        return canonicalJson(after.stamp) === canonicalJson(tx.stamp) ? undefined : this.rowOf(after);
      },
    });
  }

  /** The row with what a block says beside it. Its feed must be known by now. */
  rowOf(tx: Transaction): FactRow {
    return { tx, hash: transactionHash(tx), provided: this.#providedBy(tx.stamp.provided) };
  }

  #cadenceOf(institution: string): CadenceTimeline {
    let timeline = this.#cadences.get(institution);
    if (timeline === undefined) {
      timeline = new CadenceTimeline();
      this.#cadences.set(institution, timeline);
    }
    return timeline;
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
