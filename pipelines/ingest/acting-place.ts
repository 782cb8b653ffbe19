/**
 * Which place of a row says where, and so at what local time, the customer acted.
 *
 * A terminal or counter was touched; a merchant's shop only if the card was there; a remittance is sent before it is
 * paid. A `registered` place is where a firm is written down (a ride-hailing firm's head office) and says nothing.
 */
import type { Transaction, TransactionInput } from '../../schemas/transaction.ts';

const ROLES = ['terminal', 'branch', 'kiosk', 'merchant', 'agent_send', 'agent_pay'] as const;

type Row = Pick<TransactionInput | Transaction, 'places' | 'channel' | 'card'>;
export type Place = NonNullable<Transaction['places']>[number];

/** The place where the customer acted, or undefined where the row names none. */
export function actingPlace(row: Row): Place | undefined {
  const { places } = row;
  if (places === undefined || places.length === 0) return undefined;
  const wasThere = row.channel !== 'ecommerce' && row.card?.present !== false;
  for (const role of ROLES) {
    if (role === 'merchant' && !wasThere) continue;
    const found = places.find((place) => place.role === role);
    if (found !== undefined) return found;
  }
  return undefined;
}
