/**
 * Which subjects a transaction belongs to, and on which side each stands.
 */
import type { SubjectKind } from '../../schemas/enumerations.ts';
import type { Transaction } from '../../schemas/transaction.ts';
import type { Standpoint } from './event-view.ts';

export interface Membership {
  readonly kind: SubjectKind;
  readonly key: string;
  readonly side: Standpoint;
}

const SIDES = ['debtor', 'creditor'] as const;

/** The side that is moved when somebody acts on an account: a deposit credits, everything else debits. */
function actedSide(tx: Transaction): Standpoint {
  return tx.stamp.debtor.accountKey === undefined && tx.stamp.creditor.accountKey !== undefined
    ? 'creditor'
    : 'debtor';
}

function holderMemberships(tx: Transaction, report: (membership: Membership) => void): void {
  const debtor = tx.stamp.debtor.holderKey ?? tx.stamp.debtor.accountKey;
  const creditor = tx.stamp.creditor.holderKey ?? tx.stamp.creditor.accountKey;
  // A transfer between one's own accounts is neither in nor out for the holder.
  if (debtor !== undefined && debtor === creditor) return;
  if (debtor !== undefined) report({ kind: 'holder', key: debtor, side: 'debtor' });
  if (creditor !== undefined) report({ kind: 'holder', key: creditor, side: 'creditor' });
}

/** The beneficiary named in the row; else, of a remittance or a cash deposit, who is credited. */
function beneficiaryKeys(tx: Transaction): readonly string[] {
  if (tx.beneficiaries !== undefined && tx.beneficiaries.length > 0)
    return tx.beneficiaries.map((person) => person.ref);
  const credited = tx.stamp.creditor.holderKey ?? tx.stamp.creditor.accountKey;
  return credited !== undefined && (tx.rail === 'mto' || tx.kind === 'cash_deposit') ? [credited] : [];
}

type Enumerate = (tx: Transaction, report: (membership: Membership) => void) => void;

const one =
  (kind: SubjectKind, side: Standpoint | 'acted', key: (tx: Transaction) => string | undefined): Enumerate =>
  (tx, report) => {
    const value = key(tx);
    if (value !== undefined) report({ kind, key: value, side: side === 'acted' ? actedSide(tx) : side });
  };

const ENUMERATE: Readonly<Record<SubjectKind, Enumerate>> = {
  account(tx, report) {
    for (const side of SIDES) {
      const key = tx.stamp[side].accountKey;
      if (key !== undefined) report({ kind: 'account', key, side });
    }
  },
  holder: holderMemberships,
  counterparty(tx, report) {
    for (const side of SIDES) {
      const { bank, holderKey, accountKey } = tx.stamp[side];
      const key = holderKey ?? accountKey;
      if (key !== undefined && bank !== tx.institution) report({ kind: 'counterparty', key, side });
    }
  },
  conductor(tx, report) {
    for (const person of tx.conductors ?? [])
      report({ kind: 'conductor', key: person.ref, side: actedSide(tx) });
  },
  onBehalfOf(tx, report) {
    for (const person of tx.conductors ?? []) {
      for (const principal of person.onBehalfOf ?? [])
        report({ kind: 'onBehalfOf', key: principal.ref, side: actedSide(tx) });
    }
  },
  beneficiary(tx, report) {
    for (const key of beneficiaryKeys(tx)) report({ kind: 'beneficiary', key, side: 'creditor' });
  },
  card: one('card', 'acted', (tx) => tx.card?.token),
  terminal: one('terminal', 'acted', (tx) => tx.terminal?.id),
  agentLocation(tx, report) {
    if (tx.mto?.sendAgent !== undefined)
      report({ kind: 'agentLocation', key: tx.mto.sendAgent, side: 'debtor' });
    if (tx.mto?.payAgent !== undefined)
      report({ kind: 'agentLocation', key: tx.mto.payAgent, side: 'creditor' });
  },
  merchant: one('merchant', 'creditor', (tx) => tx.card?.merchantId),
  kiosk: one('kiosk', 'acted', (tx) => tx.va?.kioskId),
  device: one('device', 'acted', (tx) => tx.session?.deviceToken),
  employee: one('employee', 'acted', (tx) => tx.employee?.token),
  wallet(tx, report) {
    for (const key of tx.va?.from ?? []) report({ kind: 'wallet', key, side: 'debtor' });
    for (const key of tx.va?.to ?? []) report({ kind: 'wallet', key, side: 'creditor' });
  },
};

/**
 * The memberships of a transaction among the wanted kinds, each (kind, key) once: who is both sides of a row, or named
 * twice in it, has one event, on the first side named.
 */
export function membershipsOf(tx: Transaction, wanted: ReadonlySet<SubjectKind>): Membership[] {
  const out: Membership[] = [];
  const add = (membership: Membership) => {
    if (!out.some((known) => known.kind === membership.kind && known.key === membership.key))
      out.push(membership);
  };
  for (const kind of wanted) ENUMERATE[kind](tx, add);
  return out;
}

export function subjectKeyText(kind: SubjectKind, key: string): string {
  return `${kind}:${key}`;
}

/** The other way round. */
export function splitSubjectKey(subjectKey: string): [kind: SubjectKind, key: string] {
  const separator = subjectKey.indexOf(':');
  return [subjectKey.slice(0, separator) as SubjectKind, subjectKey.slice(separator + 1)];
}
