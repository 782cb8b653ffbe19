/** Which accounts and holders a row belongs to, read from its columns alone. */
import { type FactColumns, TEXT_NULL } from '../../schemas/facts.ts';

/** Bits of `ownerLegs`: the account, or the holder, of that leg has an event of the row. */
export const OWNER_LEGS = { accountOut: 1, accountIn: 2, holderOut: 4, holderIn: 8 } as const;

/**
 * The account and holder memberships of a row, as `membershipsOf` gives them: who is the debtor has an event on the
 * debtor's leg, the creditor on the other. An account on both sides counts once, on the first. A transfer between
 * accounts of one holder is neither in nor out for the holder. `place` is the row within the columns. The subject's key
 * is `columns.account[leg]`, `columns.party[leg]`.
 */
export function ownerLegs(columns: FactColumns, place: number): number {
  const out = place << 1;
  const into = out | 1;
  const { account, party } = columns;
  let legs = 0;
  if (account[out] !== TEXT_NULL) legs |= OWNER_LEGS.accountOut;
  if (account[into] !== TEXT_NULL && account[into] !== account[out]) legs |= OWNER_LEGS.accountIn;
  if (party[out] !== party[into]) {
    if (party[out] !== TEXT_NULL) legs |= OWNER_LEGS.holderOut;
    if (party[into] !== TEXT_NULL) legs |= OWNER_LEGS.holderIn;
  }
  return legs;
}
