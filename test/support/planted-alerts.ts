/**
 * Canonical rows through the engine as it runs in production (blocks of columns, kernels, signals read together), without the
 * ingest of files: what stands at the end of them.
 */
import { HotDetector } from '../../pipelines/detect/hot/hot-detector.ts';
import { blockBytes } from '../../pipelines/facts/block.ts';
import { PROVIDABLE } from '../../pipelines/ingest/provided.ts';
import { Documents } from '../../pipelines/log/documents.ts';
import type { Alert } from '../../schemas/alert.ts';
import { compareRefs } from '../../schemas/order.ts';
import type { Signal } from '../../schemas/signal.ts';
import type { Transaction } from '../../schemas/transaction.ts';
import type { Knowledge } from '../../services/workspace/knowledge.ts';
import { WorkspaceState } from '../../services/workspace/state.ts';
import { memoryColdFile } from './memory-cold-file.ts';
import { memoryLog } from './memory-log.ts';
import { FEEDS } from './stream-values.ts';

const BLOCK_ROWS = 512;

interface Standing {
  readonly alerts: readonly Alert[];
  readonly signals: readonly Signal[];
}

/** Last versions of all signals and alerts that the rows give, in order of event time. */
export async function standingOf(rows: readonly Transaction[], knowledge: Knowledge): Promise<Standing> {
  const { ruleSet, evaluation } = knowledge;
  const log = memoryLog();
  const state = new WorkspaceState(knowledge, {
    detection: new HotDetector({ ruleSet, evaluation, seed: [1, 2] }),
    documents: new Documents(log, memoryColdFile()),
  });
  const feed = { mapping: FEEDS.full, provided: [...PROVIDABLE], coverage: null, coverageByInstitution: {} };
  await state.applyReference(
    { declarations: [], feeds: [{ providedId: FEEDS.full, ...feed }], parties: [] },
    0,
    () => undefined,
  );
  const inOrder = rows.toSorted((a, b) =>
    compareRefs({ ...a, time: a.stamp.eventTime }, { ...b, time: b.stamp.eventTime }),
  );
  for (let from = 0; from < inOrder.length; from += BLOCK_ROWS) {
    const offset = log.end;
    const part = inOrder.slice(from, from + BLOCK_ROWS);
    const block = blockBytes(part.map((tx) => ({ ...state.rowOf(tx), revision: 0, blockOffset: offset })));
    await log.append('transactions', block);
    await state.engine.step({ kind: 'transactions', block, offset });
  }
  const alerts = new Map<string, Alert>();
  const signals = new Map<string, Signal>();
  for (const change of await state.engine.flush()) {
    for (const signal of change.signals) signals.set(signal.id, signal);
    for (const alert of change.alerts) alerts.set(alert.id, alert);
  }
  return { alerts: [...alerts.values()], signals: [...signals.values()] };
}
