/**
 * The survivor-safe set: people whose alerts about what they were coerced into are withheld from the queue. One person proposes,
 * another approves; it has a reason and ends. What happens later than `coversUntil` is alerted on, and life-safety always.
 */
import { randomUUID } from 'node:crypto';
import { RastroError } from '../../schemas/errors/index.ts';
import type { Store } from '../store/client.ts';
import type { Decision } from './holds.ts';

export const SUPPRESSION_STATES = ['proposed', 'active', 'rejected', 'lifted', 'expired'] as const;
export type SuppressionState = (typeof SUPPRESSION_STATES)[number];

export interface Suppression {
  readonly suppression_id: string;
  readonly subject: string;
  readonly state: SuppressionState;
  readonly proposed_by: string;
  readonly proposed_at: string;
  readonly reason: string;
  readonly covers_until: string;
  readonly expires_at: string;
  readonly approved_by: string;
  readonly ended_by: string;
}

export interface Proposal extends Decision {
  readonly subject: string;
  /** Alerts whose last event is later are not withheld. */
  readonly coversUntilMs: number;
  readonly expiresMs: number;
}

export const VERDICTS = ['approve', 'reject', 'lift'] as const;
export type Verdict = (typeof VERDICTS)[number];

/** No suppression lasts longer; it can be proposed again. */
export const SUPPRESSION_DAYS_MAX = 3_653;
const LIST_MAX = 10_000;
const LIST_COMMAND = 'rastro suppress list';

/** In which states a verdict may be given. */
const ALLOWED: Readonly<Record<Verdict, readonly SuppressionState[]>> = {
  approve: ['proposed'],
  reject: ['proposed'],
  lift: ['active'],
};

/** Returns the id of the suppression, which does nothing until somebody else approves it. */
export async function proposeSuppression(store: Store, proposal: Proposal): Promise<string> {
  const suppression_id = `sup_${randomUUID()}`;
  await store.insertRows('suppression_events', [
    {
      suppression_id,
      event_id: randomUUID(),
      revision: 0,
      at: new Date(proposal.nowMs).toISOString(),
      actor: proposal.actor,
      action: 'propose',
      subject: proposal.subject,
      covers_until: new Date(proposal.coversUntilMs).toISOString(),
      expires_at: new Date(proposal.expiresMs).toISOString(),
      reason: proposal.reason,
    },
  ]);
  return suppression_id;
}

/**
 * Whoever proposed may take it back (`reject`) or end it (`lift`), which protects nobody less than an alert does, but not approve.
 * @throws RastroError RAS-CLI-NOT-FOUND, RAS-OPS-SAME-PERSON, RAS-OPS-STATE
 */
export async function decideSuppression(
  store: Store,
  id: string,
  action: Verdict,
  by: Decision,
): Promise<void> {
  const [found] = await store.queryRows<Suppression>(
    'SELECT * FROM suppressions_current WHERE suppression_id = {id:String}',
    { id },
  );
  if (found === undefined)
    throw new RastroError('RAS-CLI-NOT-FOUND', { what: 'suppression', id, list: LIST_COMMAND });
  const { state } = found;
  if (!ALLOWED[action].includes(state))
    throw new RastroError('RAS-OPS-STATE', { id, state, action, list: LIST_COMMAND });
  if (action === 'approve' && found.proposed_by === by.actor)
    throw new RastroError('RAS-OPS-SAME-PERSON', { actor: by.actor, id });
  await store.insertRows('suppression_events', [
    {
      suppression_id: id,
      event_id: randomUUID(),
      revision: 0,
      at: new Date(by.nowMs).toISOString(),
      actor: by.actor,
      action,
      reason: by.reason,
    },
  ]);
}

/** Those that wait or act, or all that ever were. */
export function listSuppressions(store: Store, all = false): Promise<Suppression[]> {
  return store.queryRows<Suppression>(
    `SELECT * FROM suppressions_current ${all ? '' : "WHERE state IN ('proposed', 'active')"}
     ORDER BY proposed_at DESC, suppression_id LIMIT ${LIST_MAX}`,
  );
}

export async function withheldCount(store: Store): Promise<number> {
  const [row] = await store.queryRows<{ n: string }>('SELECT count() AS n FROM alerts_withheld');
  return Number(row?.n);
}
