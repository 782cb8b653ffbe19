/** Which subjects a row has, tier by tier. */
import { SUBJECT_KINDS, type SubjectKind } from '../../../schemas/enumerations.ts';
import type { FactStore } from '../../facts/store.ts';
import type { KindTier } from './kind-tier.ts';

export interface TiersByLeg {
  readonly accounts: KindTier | undefined;
  readonly holders: KindTier | undefined;
  /** Tiers of the other kinds, by index in `SUBJECT_KINDS`. */
  readonly others: (KindTier | undefined)[];
}

export function tiersByLeg(tierOf: ReadonlyMap<SubjectKind, KindTier>): TiersByLeg {
  return {
    accounts: tierOf.get('account'),
    holders: tierOf.get('holder'),
    others: SUBJECT_KINDS.map((kind) =>
      kind === 'account' || kind === 'holder' ? undefined : tierOf.get(kind),
    ),
  };
}

export function eachSubjectOf(
  store: FactStore,
  row: number,
  { accounts, holders, others }: TiersByLeg,
  visit: (tier: KindTier, key: number) => void,
): void {
  const { columns, rowMask } = store.home(row);
  const out = 2 * (row & rowMask);
  const owners = [out, out + 1].map((leg) => [columns.account[leg]!, columns.party[leg]!] as const);
  for (const [account, holder] of owners) {
    if (accounts !== undefined) visit(accounts, account);
    if (holders !== undefined) visit(holders, holder);
  }
  store.eachMember(row, (kind, key) => {
    const tier = others[kind];
    if (tier !== undefined) visit(tier, key);
  });
}
