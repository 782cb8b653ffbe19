/** A simulation through the engine in this process, and everything that it raised. */
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

export interface Evaluation {
  readonly rows: number;
  /** The last version of every alert. */
  readonly alerts: readonly Alert[];
  readonly signals: readonly Signal[];
  readonly pseudonyms: Pseudonymiser;
}

/**
 * Reads everything and asks once, at the end, for what stands: alerts say themselves when they opened, and what stands is a
 * function of the rows, not of when it is asked for.
 */
export async function evaluate(simulation: Simulation, knowledge: Knowledge): Promise<Evaluation> {
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

  let pending: FactRow[] = [];
  const close = async (): Promise<void> => {
    if (pending.length === 0) return;
    const offset = log.end;
    const block = blockBytes(pending.map((row) => ({ ...row, revision: 0, blockOffset: offset })));
    await log.append('transactions', block);
    await state.engine.step({ kind: 'transactions', block, offset });
    pending = [];
  };
  let rows = 0;
  for (const row of simulation.transactions) {
    const origin = {
      submissionId: 'sub',
      line: ++rows,
      provided: PROVIDED,
      coverage: coverageOf(row.institution),
    };
    const canonical = canonicalise(row, origin, context);
    if (!canonical.ok) throw new Error(JSON.stringify(canonical.rejects));
    pending.push(state.rowOf(canonical.tx));
    if (pending.length === BLOCK_ROWS) await close();
  }
  await close();
  // Of every version the last one stays.
  const alerts = new Map<string, Alert>();
  const signals = new Map<string, Signal>();
  for (const change of await state.engine.flush()) {
    for (const signal of change.signals) signals.set(signal.id, signal);
    for (const alert of change.alerts) alerts.set(alert.id, alert);
  }
  return {
    rows,
    alerts: [...alerts.values()],
    signals: [...signals.values()],
    pseudonyms: context.pseudonyms,
  };

  function coverageOf(institution: string) {
    return submitting.find(({ id }) => id === institution)?.coverage;
  }
}
