/**
 * Which of the fields that rules may need (`needs` in `schemas/event-fields.ts`) a feed can carry, judged from the
 * canonical paths that its mapping fills. Having a column is not having a value: the check report counts those.
 */

type Carries = (has: (pattern: RegExp) => boolean) => boolean;

const onBothSides = (rest: string): Carries => {
  const debtor = new RegExp(`^debtor\\.${rest}`);
  const creditor = new RegExp(`^creditor\\.${rest}`);
  return (has) => has(debtor) && has(creditor);
};
const anyOf =
  (...patterns: readonly RegExp[]): Carries =>
  (has) =>
    patterns.some(has);

const CARRIERS: Readonly<Record<string, Carries>> = {
  occurredAt: anyOf(/^occurredAt$/),
  purpose: anyOf(/^purpose$/),
  railPurpose: anyOf(/^railPurpose$/),
  purposeText: anyOf(/^purposeText$/),
  'account.product': anyOf(/^(debtor|creditor)\.account\.product$/, /^accounts\.\d+\.product$/),
  'party.kind': anyOf(/^(debtor|creditor)\.kind$/, /^kind$/),
  'party.sector': anyOf(/^sector$/),
  'party.homePlace': anyOf(/^homePlace\./),
  'party.birthYear': anyOf(/^birthYear$/),
  'party.openedAt': anyOf(/^accounts\.\d+\.opened$/),
  counterparty: onBothSides('(account\\.token|holders\\.\\d+\\.ref)$'),
  'counterparty.bank': onBothSides('account\\.bank$'),
  'counterparty.country': anyOf(/^(debtor|creditor)\.(country|account\.branchPlace\.country)$/),
  'counterparty.place': anyOf(/^homePlace\.admin1$/, /^(debtor|creditor)\.account\.branchPlace\.admin1$/),
  conductor: anyOf(/^conductors\.\d+\.ref$/),
  place: anyOf(/^places\.\d+\.(country|admin1|municipalityCode)$/),
  terminal: anyOf(/^terminal\.id$/),
  'mto.payoutMethod': anyOf(/^mto\.payoutMethod$/),
  'mto.paidAt': anyOf(/^mto\.paidAt$/),
  'card.mcc': anyOf(/^card\.mcc$/),
  'card.present': anyOf(/^card\.present$/),
  travel: anyOf(/^travel\.to$/),
};

/** Every name a mapping may list under `provides`. */
export const PROVIDABLE: readonly string[] = Object.keys(CARRIERS);

/** Kind is a required field of every transaction; on its own it says nothing about a party. */
export function providedBy(paths: readonly string[], of: 'transactions' | 'parties'): string[] {
  const has = (pattern: RegExp): boolean => paths.some((path) => pattern.test(path));
  return PROVIDABLE.filter((name) => {
    if (name === 'party.kind' && of === 'transactions') {
      return has(/^(debtor|creditor)\.kind$/);
    }
    return CARRIERS[name]?.(has) ?? false;
  });
}
