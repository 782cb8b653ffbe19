/** A simulation through the engine in this process: everything that was ever raised, and when it was first there. */
import { HotDetector } from '../../pipelines/detect/hot/hot-detector.ts';
import type { FactRow } from '../../pipelines/facts/batch.ts';
import { blockBytes } from '../../pipelines/facts/block.ts';
import { canonicalise, type IngestContext } from '../../pipelines/ingest/canonical.ts';
import { ALWAYS_MS, canonicaliseParty } from '../../pipelines/ingest/party-record.ts';
import { PROVIDABLE } from '../../pipelines/ingest/provided.ts';
import type { Pseudonymiser } from '../../pipelines/ingest/pseudonym.ts';
import { Documents } from '../../pipelines/log/documents.ts';
import type { Simulation } from '../../pipelines/simulate/simulate.ts';
import type { Alert } from '../../schemas/alert.ts';
import type { Signal } from '../../schemas/signal.ts';
import type { Knowledge } from '../../services/workspace/knowledge.ts';
import { WorkspaceState } from '../../services/workspace/state.ts';
import { testContext } from '../../test/support/ingest.ts';
import { memoryColdFile } from '../../test/support/memory-cold-file.ts';
import { memoryLog } from '../../test/support/memory-log.ts';

const PROVIDED = 'canonical@1';
const BLOCK_ROWS = 512;
const DAY_MS = 86_400_000;

export interface Evaluation {
  readonly rows: number;
  /** The last version of every alert that ever stood, also of those that were taken back. */
  readonly alerts: readonly Alert[];
  readonly signals: readonly Signal[];
  /** Event time up to which rows had been read when the alert first stood, by its id; UTC ms. */
  readonly firstAt: ReadonlyMap<string, number>;
  readonly pseudonyms: Pseudonymiser;
}

/** Reads everything as it arrives and asks for what stands after every so many days. */
export async function evaluate(
  simulation: Simulation,
  knowledge: Knowledge,
  everyDays: number,
): Promise<Evaluation> {
  const { ruleSet, evaluation } = knowledge;
  const log = memoryLog();
  const state = new WorkspaceState(knowledge, {
    detection: new HotDetector({ ruleSet, evaluation, seed: [1, 2] }),
    documents: new Documents(log, memoryColdFile()),
  });
  const context: IngestContext = { ...testContext(state.directory), reference: knowledge.reference };
  const submitting = simulation.institutions.filter(({ submits }) => submits);
  await state.applyReference(
    {
      declarations: submitting.map(({ id }) => ({ institution: id, fromMs: ALWAYS_MS })),
      feeds: [
        {
          providedId: PROVIDED,
          mapping: PROVIDED,
          provided: [...PROVIDABLE],
          coverage: null,
          coverageByInstitution: Object.fromEntries(submitting.map(({ id, coverage }) => [id, coverage])),
        },
      ],
      parties: [...simulation.parties].map((input) => {
        const party = canonicaliseParty(input, context.pseudonyms);
        if (!party.ok) throw new Error(JSON.stringify(party.rejects));
        return party.record;
      }),
    },
    0,
    () => undefined,
  );

  const alerts = new Map<string, Alert>();
  const signals = new Map<string, Signal>();
  const firstAt = new Map<string, number>();
  let newest = Number.NEGATIVE_INFINITY;
  let pending: FactRow[] = [];
  const close = async (): Promise<void> => {
    if (pending.length === 0) return;
    const offset = log.end;
    const block = blockBytes(pending.map((row) => ({ ...row, revision: 0, blockOffset: offset })));
    await log.append('transactions', block);
    await state.engine.step({ kind: 'transactions', block, offset });
    pending = [];
  };
  const flush = async (): Promise<void> => {
    await close();
    for (const change of await state.engine.flush()) {
      for (const signal of change.signals) signals.set(signal.id, signal);
      for (const alert of change.alerts) {
        alerts.set(alert.id, alert);
        if (!firstAt.has(alert.id)) firstAt.set(alert.id, newest);
      }
    }
  };

  let rows = 0;
  let due = Number.NEGATIVE_INFINITY;
  for (const row of simulation.transactions) {
    const origin = {
      submissionId: 'sub',
      line: ++rows,
      provided: PROVIDED,
      coverage: coverageOf(row.institution),
    };
    const canonical = canonicalise(row, origin, context);
    if (!canonical.ok) throw new Error(JSON.stringify(canonical.rejects));
    newest = Math.max(newest, canonical.tx.stamp.eventTime);
    pending.push(state.rowOf(canonical.tx));
    if (pending.length === BLOCK_ROWS) await close();
    if (newest < due) continue;
    if (due > 0) await flush();
    due = newest + everyDays * DAY_MS;
  }
  await flush();
  return {
    rows,
    alerts: [...alerts.values()],
    signals: [...signals.values()],
    firstAt,
    pseudonyms: context.pseudonyms,
  };

  function coverageOf(institution: string) {
    return submitting.find(({ id }) => id === institution)?.coverage;
  }
}
