/**
 * Which of the fields that rules may need (`needs` in `schemas/event-fields.ts`) a feed can carry, judged from the
 * canonical paths that its mapping fills. Having a column is not having a value: the check report counts those.
 */
import type { PartyInput, TransactionInput } from '../../schemas/transaction.ts';

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
  'card.merchantId': anyOf(/^card\.(merchantId|subMerchant)$/),
  'card.merchantDescriptorClass': anyOf(/^card\.merchantDescriptorClass$/),
  'card.token': anyOf(/^card\.token$/),
  'card.recurring': anyOf(/^card\.recurring$/),
  'cash.in': anyOf(/^cash\.in\./),
  'cash.out': anyOf(/^cash\.out\./),
  'mto.operator': anyOf(/^mto\.operator$/),
  'mto.declaredRelationshipClass': anyOf(/^mto\.declaredRelationshipClass$/),
  'mto.declaredPurposeClass': anyOf(/^mto\.declaredPurposeClass$/),
  'payroll.employer': anyOf(/^payroll\.employer$/),
  'payroll.gross': anyOf(/^payroll\.gross\.amount$/),
  'payroll.days': anyOf(/^payroll\.days$/),
  'payroll.periodFrom': anyOf(/^payroll\.periodFrom$/),
  loan: anyOf(/^loan\.contractToken$/),
  'loan.principal': anyOf(/^loan\.principal\.amount$/),
  'loan.outstanding': anyOf(/^loan\.outstanding\.amount$/),
  'loan.lenderLicensed': anyOf(/^loan\.lenderLicensed$/),
  lodging: anyOf(/^lodging\.checkIn$/),
  'travel.depart': anyOf(/^travel\.depart$/),
  'travel.oneWay': anyOf(/^travel\.oneWay$/),
  'travel.passengers': anyOf(/^travel\.passengers\.\d+$/),
  'travel.bookedBy': anyOf(/^travel\.bookedBy$/),
  telecom: anyOf(/^telecom\.toppedUpToken$/),
  'session.deviceToken': anyOf(/^session\.deviceToken$/),
  'session.ipToken': anyOf(/^session\.ipToken$/),
  'session.ipCountry': anyOf(/^session\.ipCountry$/),
  'session.ipClass': anyOf(/^session\.ipClass$/),
  va: anyOf(/^va\.asset$/),
  'va.custody': anyOf(/^va\.custody$/),
  'va.kioskId': anyOf(/^va\.kioskId$/),
  'va.from': anyOf(/^va\.from\.\d+$/),
  'va.to': anyOf(/^va\.to\.\d+$/),
  beneficiary: anyOf(/^beneficiaries\.\d+\.ref$/),
  onBehalfOf: anyOf(/^conductors\.\d+\.onBehalfOf\.\d+\.ref$/),
  employee: anyOf(/^employee\.token$/),
  statusReason: anyOf(/^statusReason$/),
  'party.occupation': anyOf(/^occupation$/),
  'party.pep': anyOf(/^pep$/),
  'party.declaredMonthlyIn': anyOf(/^declaredMonthlyIn\.amount$/),
  'party.openingHours': anyOf(/^openingHours\.\d+\.weekday$/),
  'party.incorporated': anyOf(/^incorporated$/),
  'party.nameChanges': anyOf(/^nameChanges\.\d+$/),
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

type Present = (row: TransactionInput) => boolean;

const bothParties =
  (has: (party: PartyInput) => boolean): Present =>
  (row) =>
    row.debtor !== undefined && row.creditor !== undefined && has(row.debtor) && has(row.creditor);
const eitherParty =
  (has: (party: PartyInput) => boolean): Present =>
  (row) =>
    (row.debtor !== undefined && has(row.debtor)) || (row.creditor !== undefined && has(row.creditor));

/** Whether one transaction carries a value for a providable name. What only a party file has is not here. */
export const PRESENT: Readonly<Record<string, Present>> = {
  occurredAt: (row) => row.occurredAt !== undefined,
  purpose: (row) => row.purpose !== undefined,
  railPurpose: (row) => row.railPurpose !== undefined,
  purposeText: (row) => row.purposeText !== undefined,
  'account.product': eitherParty((party) => party.account?.product !== undefined),
  'party.kind': eitherParty((party) => party.kind !== undefined),
  counterparty: bothParties((party) => party.account !== undefined || party.holders !== undefined),
  'counterparty.bank': bothParties((party) => party.account?.bank !== undefined),
  'counterparty.country': eitherParty(
    (party) => party.country !== undefined || party.account?.branchPlace?.country !== undefined,
  ),
  'counterparty.place': eitherParty((party) => party.account?.branchPlace?.admin1 !== undefined),
  conductor: (row) => row.conductors !== undefined,
  place: (row) => row.places !== undefined,
  terminal: (row) => row.terminal !== undefined,
  'mto.payoutMethod': (row) => row.mto?.payoutMethod !== undefined,
  'mto.paidAt': (row) => row.mto?.paidAt !== undefined,
  'card.mcc': (row) => row.card?.mcc !== undefined,
  'card.present': (row) => row.card?.present !== undefined,
  travel: (row) => row.travel?.to !== undefined,
  'card.merchantId': ({ card }) => card?.merchantId !== undefined || card?.subMerchant !== undefined,
  'card.merchantDescriptorClass': (row) => row.card?.merchantDescriptorClass !== undefined,
  'card.token': (row) => row.card?.token !== undefined,
  'card.recurring': (row) => row.card?.recurring !== undefined,
  'cash.in': (row) => row.cash?.in !== undefined,
  'cash.out': (row) => row.cash?.out !== undefined,
  'mto.operator': (row) => row.mto !== undefined,
  'mto.declaredRelationshipClass': (row) => row.mto?.declaredRelationshipClass !== undefined,
  'mto.declaredPurposeClass': (row) => row.mto?.declaredPurposeClass !== undefined,
  'payroll.employer': (row) => row.payroll !== undefined,
  'payroll.gross': (row) => row.payroll?.gross !== undefined,
  'payroll.days': (row) => row.payroll?.days !== undefined,
  'payroll.periodFrom': (row) => row.payroll?.periodFrom !== undefined,
  loan: (row) => row.loan !== undefined,
  'loan.principal': (row) => row.loan?.principal !== undefined,
  'loan.outstanding': (row) => row.loan?.outstanding !== undefined,
  'loan.lenderLicensed': (row) => row.loan?.lenderLicensed !== undefined,
  lodging: (row) => row.lodging !== undefined,
  'travel.depart': (row) => row.travel?.depart !== undefined,
  'travel.oneWay': (row) => row.travel?.oneWay !== undefined,
  'travel.passengers': (row) => row.travel?.passengers !== undefined,
  'travel.bookedBy': (row) => row.travel?.bookedBy !== undefined,
  telecom: (row) => row.telecom !== undefined,
  'session.deviceToken': (row) => row.session?.deviceToken !== undefined,
  'session.ipToken': (row) => row.session?.ipToken !== undefined,
  'session.ipCountry': (row) => row.session?.ipCountry !== undefined,
  'session.ipClass': (row) => row.session?.ipClass !== undefined,
  va: (row) => row.va !== undefined,
  'va.custody': (row) => row.va?.custody !== undefined,
  'va.kioskId': (row) => row.va?.kioskId !== undefined,
  'va.from': (row) => row.va?.from !== undefined,
  'va.to': (row) => row.va?.to !== undefined,
  beneficiary: (row) => row.beneficiaries !== undefined,
  onBehalfOf: (row) => row.conductors?.some((person) => person.onBehalfOf !== undefined) ?? false,
  employee: (row) => row.employee !== undefined,
  statusReason: (row) => row.statusReason !== undefined,
};
