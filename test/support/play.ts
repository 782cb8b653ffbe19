/** Plays rows and parties through the state of a workspace without a store: what stands afterwards, by source. */
import { HotDetector } from '../../pipelines/detect/hot/hot-detector.ts';
import { ROW_OUTCOMES } from '../../pipelines/detect/hot/row-ledger.ts';
import type { FactRow } from '../../pipelines/facts/batch.ts';
import { blockBytes } from '../../pipelines/facts/block.ts';
import { canonicalise, type IngestContext } from '../../pipelines/ingest/canonical.ts';
import { ALWAYS_MS, canonicaliseParty } from '../../pipelines/ingest/party-record.ts';
import { PROVIDABLE } from '../../pipelines/ingest/provided.ts';
import { Documents } from '../../pipelines/log/documents.ts';
import { contentHash } from '../../schemas/ids.ts';
import type { PartyRecordInput } from '../../schemas/party.ts';
import type { TransactionInput } from '../../schemas/transaction.ts';
import type { Knowledge } from '../../services/workspace/knowledge.ts';
import type { ReferenceRecord } from '../../services/workspace/reference-record.ts';
import { WorkspaceState } from '../../services/workspace/state.ts';
import { testContext } from './ingest.ts';
import { memoryColdFile } from './memory-cold-file.ts';
import { memoryLog } from './memory-log.ts';
import { SUBMITTING } from './small-world.ts';

export type Item =
  | { readonly party: PartyRecordInput }
  | { readonly row: TransactionInput }
  | { readonly rules: Knowledge };

const PROVIDED = 'canonical@1';
const BLOCK_ROWS = 64;

export class Play {
  readonly #state: WorkspaceState;
  readonly #context: IngestContext;
  readonly #standing = new Map<string, readonly string[]>();
  /** Blocks alone: what lies between them is applied and forgotten. */
  readonly #log = memoryLog();
  /** Rows of the block that is being made. */
  #rows: FactRow[] = [];
  #line = 0;

  private constructor(knowledge: Knowledge) {
    const { ruleSet, evaluation } = knowledge;
    this.#state = new WorkspaceState(knowledge, {
      detection: new HotDetector({
        ruleSet,
        evaluation,
        seed: [1, 2],
        coldRows: { cold: memoryColdFile(), pageRows: 2, cachePages: 4 },
        idle: { file: memoryColdFile() },
      }),
      documents: new Documents(this.#log, memoryColdFile()),
    });
    this.#context = { ...testContext(this.#state.directory), reference: knowledge.reference };
  }

  static async start(knowledge: Knowledge, submitting: readonly string[] = SUBMITTING): Promise<Play> {
    const play = new Play(knowledge);
    await play.#refer({
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
    return play;
  }

  async #refer(record: Partial<ReferenceRecord>): Promise<void> {
    await this.#close();
    const whole = { parties: [], declarations: [], feeds: [], ...record };
    await this.#state.applyReference(whole, this.#log.end, () => undefined);
  }

  async #close(): Promise<void> {
    if (this.#rows.length === 0) return;
    const offset = this.#log.end;
    const block = blockBytes(this.#rows.map((row) => ({ ...row, revision: 0, blockOffset: offset })));
    await this.#log.append('transactions', block);
    const outcomes = await this.#state.engine.step({ kind: 'transactions', block, offset });
    outcomes.forEach((outcome, i) => {
      const said = ROW_OUTCOMES[outcome];
      if (said === 'reject' || said === 'late') throw new Error(`${said}: ${JSON.stringify(this.#rows[i])}`);
    });
    this.#rows = [];
  }

  async apply(item: Item): Promise<void> {
    if ('rules' in item) {
      await this.#close();
      const timeline = this.#state.timeline.with(item.rules);
      await this.#state.useRules(timeline, timeline.differsFrom(this.#state.timeline));
      return;
    }
    if ('party' in item) {
      const party = canonicaliseParty(item.party, this.#context.pseudonyms);
      if (!party.ok) throw new Error(JSON.stringify(party.rejects));
      await this.#refer({ parties: [party.record] });
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
    this.#rows.push(this.#state.rowOf(canonical.tx));
    if (this.#rows.length === BLOCK_ROWS) await this.#close();
  }

  /** Brings what stands up to date, as at the end of a group of blocks. */
  async flush(): Promise<void> {
    await this.#close();
    for (const { source, signals, alerts } of await this.#state.engine.flush()) {
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
  async standing(): Promise<string[]> {
    await this.flush();
    return [...this.#standing.values()].flat().sort();
  }
}

/** Plays all of it, asking for signals after every so many. */
export async function played(play: Play, items: readonly Item[], flushEvery: number): Promise<string[]> {
  for (const [i, item] of items.entries()) {
    await play.apply(item);
    if (i % flushEvery === flushEvery - 1) await play.flush();
  }
  return play.standing();
}
