/**
 * Fields of events that few feeds have: what groups of a row say beside its core (card, payroll, loan ...), what is on record
 * of its parties, and what follows from the calendar or the amount.
 */
import type { EventField } from './field.ts';

type Needs = string | null;
const text = (needs: Needs, note: string) => ({ type: 'string', needs, note }) as const;
const flag = (needs: Needs, note: string) => ({ type: 'bool', needs, note }) as const;
const count = (needs: Needs, note: string) => ({ type: 'int', needs, unit: 'count', note }) as const;
const days = (needs: Needs, note: string) => ({ type: 'int', needs, unit: 'day', note }) as const;
const milli = (needs: Needs, note: string) => ({ type: 'int', needs, unit: 'milli', note }) as const;
const minor = (needs: Needs, note: string) => ({ type: 'int', needs, unit: 'minor', note }) as const;

export const GROUP_FIELDS = {
  weekday: { ...count('occurredAt', 'Local day of the week, 0 Monday .. 6 Sunday'), precision: 'day' },
  localMonth: { ...count('occurredAt', 'Local month, 1..12'), precision: 'day' },
  roundTo: count(
    null,
    'Largest of 1000, 500, 100, 50, 25, 20, 10, 5, 1 major units that divides the settled amount; 0 where none does, or nothing was settled',
  ),

  merchant: text('card.merchantId', 'Who sold: the sub-merchant, else the merchant'),
  merchantClass: text(
    'card.merchantDescriptorClass',
    'Class that the feed gives the merchant: adult_ads, classified_ads, file_hosting, cam_site, gaming, dating, vpn ...',
  ),
  cardToken: text('card.token', 'The card'),
  recurring: flag('card.recurring', 'A standing charge'),

  cashSmallMilli: milli(
    'cash.in',
    'Share of the value handed in that is coins or notes up to 20 USD, 20 CAD or 100 MXN; null in other or several currencies',
  ),
  cashLargeOutMilli: milli(
    'cash.out',
    'Share of the value handed out that is notes from 50 USD, 50 CAD or 500 MXN; null in other or several currencies',
  ),

  mtoOperator: text('mto.operator', 'Who carries the remittance'),
  declaredRelationship: text('mto.declaredRelationshipClass', 'Relation that sender or payee declared'),
  declaredPurpose: text('mto.declaredPurposeClass', 'Purpose that sender or payee declared'),

  employer: text('payroll.employer', 'Employer of a payroll row'),
  employee: text('payroll.employer', 'Employee of a payroll row'),
  payNetMilli: milli('payroll.gross', 'Net over gross pay'),
  payDayWageMilli: milli(
    'payroll.days',
    'Gross (else net, else settled) pay for a day worked over the local daily minimum wage; null in another currency than settled',
  ),
  payPeriodDays: days('payroll.periodFrom', 'Days of the pay period, both ends included'),

  loanContract: text('loan', 'The loan'),
  loanPrincipal: minor('loan.principal', 'Principal in minor units of ccy; null in another currency'),
  loanOutstanding: minor('loan.outstanding', 'Still owed, in minor units of ccy; null in another currency'),
  lenderLicensed: flag('loan.lenderLicensed', 'The lender has a licence'),

  lodgingNights: count('lodging', 'Nights of a stay'),
  lodgingRooms: count('lodging', 'Rooms of a stay'),
  lodgingDay: days('lodging', 'Day of check-in, days since 1970'),
  travelFrom: text('travel', 'COUNTRY-ADMIN1 where a journey begins'),
  travelDay: days('travel.depart', 'Day of departure, days since 1970'),
  oneWay: flag('travel.oneWay', 'A journey without a way back'),
  passengers: count('travel.passengers', 'How many travel'),
  passenger: text('travel.passengers', "First passenger who is not the subject's holder"),
  bookedBy: text('travel.bookedBy', 'Who booked'),
  toppedUp: text('telecom', 'The line that was topped up'),

  device: text('session.deviceToken', 'Device of the session'),
  ip: text('session.ipToken', 'IP address of the session'),
  ipCountry: text('session.ipCountry', 'Country of the IP address'),
  ipClass: text('session.ipClass', 'residential, mobile, vpn, tor or hosting'),

  asset: text('va', 'Virtual asset'),
  chain: text('va', 'Its chain'),
  custody: text('va.custody', 'hosted, unhosted or unknown'),
  vaspFrom: text('va', 'Provider that sends'),
  vaspTo: text('va', 'Provider that receives'),
  kiosk: text('va.kioskId', 'Kiosk that sold or bought'),
  walletFrom: text('va.from', 'First wallet that sends'),
  walletTo: text('va.to', 'First wallet that receives'),

  conductorAgeBand: text('conductor', 'Age band of the first conductor at the event'),
  idRefused: flag('conductor', 'The first conductor was asked for identification and refused'),
  beneficiary: text('beneficiary', 'First beneficiary that the row names'),
  onBehalfOf: text('onBehalfOf', 'First party on whose behalf somebody acts'),
  staff: text('employee', 'Bank employee who handled the row'),
  statusReason: text('statusReason', 'Why the row has its status'),

  holderMunicipality: text(
    'party.homePlace',
    "COUNTRY-CODE of the home municipality of the subject's holder",
  ),
  counterpartyAgeBand: text('party.birthYear', 'Age band of the other side at the event'),
  counterpartyAccountAgeDays: days('party.openedAt', "Days since the other side's account was opened"),
  counterpartyProduct: text(null, "Product of the other side's account; unknown when nothing says so"),
  holderOccupation: text('party.occupation', "Occupation on record of the subject's holder"),
  counterpartyOccupation: text('party.occupation', 'Occupation on record of the other side'),
  holderPep: flag('party.pep', "The subject's holder is a public official, or close family of one"),
  counterpartyPep: flag('party.pep', 'The other side is a public official, or close family of one'),
  incomeMilli: milli(
    'party.declaredMonthlyIn',
    "Amount over the declared monthly income of the subject's holder",
  ),
  outOfHours: {
    ...flag('party.openingHours', "The event lies outside the opening hours of the subject's holder"),
    precision: 'minute',
  },
  isEmployer: flag(
    null,
    'The other side is a declared employer of the holder, or shares a beneficial owner with one; false when nothing says so',
  ),
  isWorker: flag(null, 'The holder is such an employer of the other side; false when nothing says so'),
  incorporatedDays: days('party.incorporated', "Days since the subject's holder was incorporated"),
  nameChanges: count('party.nameChanges', "Changes of the holder's name in the 24 months before the event"),
} as const satisfies Readonly<Record<string, EventField>>;
