/**
 * Which place of a row says where, and so at what local time, the customer acted.
 *
 * A terminal or counter was touched; a merchant's shop only if the card was there; a remittance is sent before it is
 * paid. A `registered` place is where a firm is written down (a ride-hailing firm's head office) and says nothing.
 */
import type { Transaction, TransactionInput } from '../../schemas/transaction.ts';

const ROLES = ['terminal', 'branch', 'kiosk', 'merchant', 'agent_send', 'agent_pay'] as const;

/** Where a subject of one side acted; `detect/event-view.ts` has the same roles, and the comparison of both holds them together. */
const ROLES_OF_SIDE = ['terminal', 'branch', 'kiosk', 'merchant', 'registered'] as const;
const AGENTS = { debtor: 'agent_send', creditor: 'agent_pay' } as const;

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

/** The first of `places` in one of `roles`, in their order. */
export function placeInRole(
  places: readonly Place[] | undefined,
  roles: readonly Place['role'][],
): Place | undefined {
  for (const role of roles) {
    const found = places?.find((place) => place.role === role);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The place where a side acted: a remittance is sent at one agent and paid out at another. */
export function sidePlace(
  places: readonly Place[] | undefined,
  isRemittance: boolean,
  side: 'debtor' | 'creditor',
): Place | undefined {
  return placeInRole(places, isRemittance ? [AGENTS[side], ...ROLES_OF_SIDE] : ROLES_OF_SIDE);
}

/** `COUNTRY-CODE`, as homes are written; undefined where a part is not known. */
export function municipalityOf(place: Place | undefined): string | undefined {
  const { country, municipalityCode } = place ?? {};
  return country === undefined || municipalityCode === undefined
    ? undefined
    : `${country}-${municipalityCode}`;
}
