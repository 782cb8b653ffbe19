/** Plays rows and parties through the state of a workspace without a store: what stands afterwards, by source. */
import { canonicalise, type IngestContext } from '../../pipelines/ingest/canonical.ts';
import { ALWAYS_MS, canonicaliseParty } from '../../pipelines/ingest/party-record.ts';
import { PROVIDABLE } from '../../pipelines/ingest/provided.ts';
import { contentHash } from '../../schemas/ids.ts';
import type { PartyRecordInput } from '../../schemas/party.ts';
import type { TransactionInput } from '../../schemas/transaction.ts';
import type { Knowledge } from '../../services/workspace/knowledge.ts';
import { WorkspaceState } from '../../services/workspace/state.ts';
import { testContext } from './ingest.ts';
import { SUBMITTING } from './small-world.ts';

export type Item =
  | { readonly party: PartyRecordInput }
  | { readonly row: TransactionInput }
  | { readonly rules: Knowledge };

const PROVIDED = 'canonical@1';

export class Play {
  readonly #state: WorkspaceState;
  readonly #context: IngestContext;
  readonly #standing = new Map<string, readonly string[]>();
  #line = 0;

  constructor(knowledge: Knowledge, submitting: readonly string[] = SUBMITTING) {
    this.#state = new WorkspaceState(knowledge, [1, 2]);
    this.#context = { ...testContext(this.#state.directory), reference: knowledge.reference };
    this.#state.applyReference({
      parties: [],
      declarations: submitting.map((institution) => ({ institution, fromMs: ALWAYS_MS })),
      feeds: [
        {
          providedId: PROVIDED,
          mapping: PROVIDED,
          provided: [...PROVIDABLE],
          coverage: 'full_account',
          coverageByInstitution: {},
        },
      ],
    });
  }

  apply(item: Item): void {
    if ('rules' in item) {
      const timeline = this.#state.timeline.with(item.rules);
      this.#state.useRules(timeline, timeline.differsFrom(this.#state.timeline));
      return;
    }
    if ('party' in item) {
      const party = canonicaliseParty(item.party, this.#context.pseudonyms);
      if (!party.ok) throw new Error(JSON.stringify(party.rejects));
      this.#state.applyReference({ parties: [party.record], declarations: [], feeds: [] });
      return;
    }
    const origin = {
      submissionId: 'sub_test',
      line: ++this.#line,
      provided: PROVIDED,
      coverage: 'full_account' as const,
    };
    const canonical = canonicalise(item.row, origin, this.#context);
    if (!canonical.ok) throw new Error(JSON.stringify(canonical.rejects));
    const [admission] = this.#state.applyRows([this.#state.rowOf(canonical.tx)]);
    if (admission?.kind === 'reject' || admission?.kind === 'late')
      throw new Error(JSON.stringify(admission));
  }

  /** Brings what stands up to date, as at the end of a group of blocks. */
  flush(): void {
    for (const { source, signals, alerts } of this.#state.engine.flush()) {
      this.#standing.set(source, [
        ...signals.map(
          (signal) => `${source} ${signal.rule} ${signal.id} v${signal.version} ${contentHash(signal)}`,
        ),
        ...alerts.map(
          (alert) => `${source} ${alert.typology} ${alert.id} v${alert.version} ${contentHash(alert)}`,
        ),
      ]);
    }
  }

  /** Every signal and alert that stands, with a hash of all it says. */
  standing(): string[] {
    this.flush();
    return [...this.#standing.values()].flat().sort();
  }
}
