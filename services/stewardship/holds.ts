/** Legal holds: rows of a subject, an alert, an institution or a submission that retention leaves alone until released. */
import { randomUUID } from 'node:crypto';
import { RastroError } from '../../schemas/errors/index.ts';
import type { Store } from '../store/client.ts';

export const HOLD_SCOPES = ['subject', 'alert', 'institution', 'submission'] as const;
export type HoldScope = (typeof HOLD_SCOPES)[number];

export interface Hold {
  readonly hold_id: string;
  readonly placed_at: string;
  readonly placed_by: string;
  readonly held_scope: HoldScope;
  readonly held_key: string;
  readonly why: string;
  readonly released: number;
  readonly released_by: string;
  readonly released_why: string;
}

export interface Decision {
  readonly actor: string;
  readonly reason: string;
  readonly nowMs: number;
}

/** Holds of one list. */
const LIST_MAX = 10_000;

const eventOf = ({ actor, reason, nowMs }: Decision) => ({
  event_id: randomUUID(),
  revision: 0,
  at: new Date(nowMs).toISOString(),
  actor,
  reason,
});

/** Returns the id of the hold. */
export async function placeHold(store: Store, scope: HoldScope, key: string, by: Decision): Promise<string> {
  const hold_id = `hold_${randomUUID()}`;
  await store.insertRows('hold_events', [
    { ...eventOf(by), hold_id, action: 'place', scope, scope_key: key },
  ]);
  return hold_id;
}

/** @throws RastroError RAS-CLI-NOT-FOUND, RAS-OPS-STATE when it is released already. */
export async function releaseHold(store: Store, id: string, by: Decision): Promise<void> {
  const [hold] = await store.queryRows<Hold>('SELECT * FROM holds_current WHERE hold_id = {id:String}', {
    id,
  });
  const list = 'rastro hold list';
  if (hold === undefined) throw new RastroError('RAS-CLI-NOT-FOUND', { what: 'hold', id, list });
  if (hold.released)
    throw new RastroError('RAS-OPS-STATE', { id, state: 'released', action: 'release', list });
  await store.insertRows('hold_events', [{ ...eventOf(by), hold_id: id, action: 'release' }]);
}

/** Standing ones, or all that ever were. */
export function listHolds(store: Store, all = false): Promise<Hold[]> {
  return store.queryRows<Hold>(
    `SELECT * FROM ${all ? 'holds_current' : 'holds_standing'} ORDER BY placed_at DESC, hold_id LIMIT ${LIST_MAX}`,
  );
}
