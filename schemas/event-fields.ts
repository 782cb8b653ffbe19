/**
 * The fields of an event that a rule may read: one transaction as seen from one subject.
 *
 * This table is the whole vocabulary of `where` expressions: the type checker, the mapping report ("which rules can
 * this feed evaluate") and the documentation read it. `needs` names the canonical field that a feed must provide.
 * A value is `null` when a provided field is empty and absent (`undefined`) when the feed does not provide it; both
 * make an expression that reads it unknown (SEMANTICS "Unknown").
 */
import type { EventField } from './field.ts';
import { GROUP_FIELDS } from './group-fields.ts';
import type { PropertyName } from './properties.ts';

export const EVENT_FIELDS = {
  time: { type: 'int', needs: null, unit: 'ms', note: 'Event time' },
  direction: { type: 'string', needs: null, note: 'in | out | self, relative to the subject' },
  kind: { type: 'string', needs: null, note: 'What happened' },
  rail: { type: 'string', needs: null, note: 'How it travelled' },
  channel: { type: 'string', needs: null, note: 'Where the customer acted' },
  instrument: { type: 'string', needs: null, note: 'What was moved' },
  purpose: { type: 'string', needs: 'purpose', note: 'Normalised purpose' },
  railPurpose: { type: 'string', needs: 'railPurpose', note: 'ACH SEC, CPA-005, SPEI tipo de pago' },
  institution: { type: 'string', needs: null, note: 'Who reported the row' },

  amount: { type: 'int', needs: null, unit: 'minor', note: 'Settled amount in minor units of ccy' },
  ccy: { type: 'string', needs: null, note: 'Settled currency' },
  amountUsd: { type: 'int', needs: null, unit: 'minor', note: 'US cents, stamped' },
  amountMxn: { type: 'int', needs: null, unit: 'minor', note: 'Mexican centavos, stamped' },
  amountCad: { type: 'int', needs: null, unit: 'minor', note: 'Canadian cents, stamped' },
  wageMilli: {
    type: 'int',
    needs: null,
    unit: 'milli',
    note: 'Amount over the local daily minimum wage, thousandths',
  },

  localDay: {
    type: 'int',
    needs: 'occurredAt',
    precision: 'day',
    unit: 'day',
    note: 'Local calendar day, days since 1970',
  },
  localMinute: {
    type: 'int',
    needs: 'occurredAt',
    precision: 'minute',
    unit: 'minute',
    note: 'Minute of the local day, 0..1439',
  },
  isNight: {
    type: 'bool',
    needs: 'occurredAt',
    precision: 'hour',
    note: 'Local time from 22:00 up to 06:00',
  },
  nightOf: {
    type: 'int',
    needs: 'occurredAt',
    precision: 'hour',
    unit: 'day',
    note: 'Local day on which the night began; null by day',
  },
  nightNormMilli: {
    type: 'int',
    needs: null,
    unit: 'milli',
    note: "The rail's own share of events at night, thousandths",
  },

  account: { type: 'string', needs: null, note: "The subject's account in this row" },
  holder: { type: 'string', needs: null, note: "The subject's resolved holder in this row" },
  accountBank: { type: 'string', needs: null, note: "Institution that keeps the subject's account" },
  accountProduct: {
    type: 'string',
    needs: null,
    note: "Product of the subject's account; unknown when nothing says so",
  },
  holderKind: {
    type: 'string',
    needs: null,
    note: "Kind of the subject's holder; unknown when nothing says so",
  },
  holderLicences: {
    type: 'set',
    needs: null,
    note: "Licences on record of the subject's holder; empty when none",
  },
  holderSector: { type: 'string', needs: 'party.sector', note: "SCHEME:CODE of the subject's holder" },
  holderAdmin1: { type: 'string', needs: 'party.homePlace', note: "COUNTRY-ADMIN1 of the subject's home" },
  holderAgeBand: { type: 'string', needs: 'party.birthYear', note: 'Age band at the event' },
  holderNightWork: {
    type: 'bool',
    needs: null,
    note: 'Occupation or licence on record explains night activity',
  },
  accountAgeDays: {
    type: 'int',
    needs: 'party.openedAt',
    unit: 'day',
    note: 'Days since the account was opened',
  },

  counterparty: {
    type: 'string',
    needs: 'counterparty',
    note: 'Resolved party of the other side; null for cash',
  },
  counterpartyAccount: { type: 'string', needs: 'counterparty', note: 'Account of the other side' },
  counterpartyBank: { type: 'string', needs: 'counterparty.bank', note: 'Institution of the other side' },
  counterpartyKind: {
    type: 'string',
    needs: null,
    note: 'Kind of the other side; unknown when nothing says so',
  },
  counterpartyLicences: {
    type: 'set',
    needs: null,
    note: 'Licences on record of the other side; empty when none',
  },
  counterpartyCountry: {
    type: 'string',
    needs: 'counterparty.country',
    note: "Country of the other side's account or agent",
  },
  counterpartyAdmin1: {
    type: 'string',
    needs: 'counterparty.place',
    note: 'COUNTRY-ADMIN1 of the other side',
  },
  counterpartyMunicipality: {
    type: 'string',
    needs: 'counterparty.place',
    note: 'COUNTRY-CODE home municipality of the other side',
  },
  counterpartySector: { type: 'string', needs: 'party.sector', note: 'SCHEME:CODE of the other side' },
  isKin: {
    type: 'bool',
    needs: null,
    note: 'Two equal surname tokens, or a declared kin relation; false when nothing says so',
  },
  isOwn: { type: 'bool', needs: null, note: 'Both sides resolve to one holder' },

  source: {
    type: 'string',
    needs: null,
    note: 'Where an inflow comes from: counterparty, else a conductor who is not the holder, else terminal, else place',
  },
  conductor: { type: 'string', needs: 'conductor', note: 'Who acted; the first conductor' },
  conductorIsHolder: { type: 'bool', needs: 'conductor', note: 'The conductor is a holder of the account' },

  place: { type: 'string', needs: 'place', note: 'COUNTRY-ADMIN1-MUNICIPALITY of the acting place' },
  placeCountry: { type: 'string', needs: 'place', note: 'Country of the acting place' },
  placeAdmin1: { type: 'string', needs: 'place', note: 'COUNTRY-ADMIN1 of the acting place' },
  placeLists: {
    type: 'set',
    needs: 'place',
    note: 'Lists that the acting or pay-out place is on: border_municipality, tourist_zone',
  },
  placeCity: {
    type: 'string',
    needs: 'place',
    note: 'City of rules/lists/cities.yaml in which the acting place lies; null in none',
  },
  terminal: { type: 'string', needs: 'terminal', note: 'Terminal, branch counter or agent location' },
  atHome: {
    type: 'bool',
    needs: 'place',
    note: "The acting place lies in the admin1 of the holder's home or work",
  },
  homeDistanceM: {
    type: 'int',
    needs: 'place',
    unit: 'metres',
    note: "From the centre of the acting place's city to that of the city of the holder's home; 0 within one city",
  },
  payPlaceAdmin1: { type: 'string', needs: 'place', note: 'COUNTRY-ADMIN1 where a remittance is paid out' },
  sendPlaceAdmin1: { type: 'string', needs: 'place', note: 'COUNTRY-ADMIN1 where a remittance was sent' },
  sendCountry: { type: 'string', needs: 'place', note: 'Country where a remittance was sent' },
  sendHour: {
    type: 'int',
    needs: 'occurredAt',
    precision: 'hour',
    unit: 'count',
    note: 'Local hour of the sender, 0..23',
  },
  payoutCash: { type: 'bool', needs: 'mto.payoutMethod', note: 'A remittance paid out in cash' },
  payoutDelayMs: {
    type: 'int',
    needs: 'mto.paidAt',
    precision: 'hour',
    unit: 'ms',
    note: 'From sending to pay-out',
  },

  mcc: { type: 'string', needs: 'card.mcc', note: 'Merchant category, ISO 18245' },
  cardPresent: { type: 'bool', needs: 'card.present', note: 'The card was there' },
  isTicket: { type: 'bool', needs: 'travel', note: 'A ticket: the row says where a journey goes' },
  travelTo: {
    type: 'string',
    needs: 'travel',
    note: "COUNTRY-ADMIN1 of the ticket's destination; null when not a ticket",
  },
  isLodging: { type: 'bool', needs: 'card.mcc', note: 'A stay: lodging group or lodging category' },
  toVasp: { type: 'bool', needs: null, note: 'The other side is a licensed or listed VASP' },

  textClasses: { type: 'set', needs: 'purposeText', note: 'Lexicon classes of the purpose text' },

  pairAgeMs: {
    type: 'int',
    needs: 'counterparty',
    unit: 'ms',
    note: "Since the first event with this counterparty in the rule's lookback; 0 for the first",
  },
  pairOrdinal: {
    type: 'int',
    needs: 'counterparty',
    unit: 'count',
    note: 'How many events with this counterparty so far in the lookback, this one included',
  },
  coverage: { type: 'string', needs: null, note: "What the reporting feed shows of the subject's account" },
  precision: { type: 'string', needs: null, note: 'Precision of the event time' },
  status: { type: 'string', needs: null, note: 'completed unless a rule says otherwise' },
  ...GROUP_FIELDS,
} as const satisfies Readonly<Record<string, EventField>>;

export type EventFieldName = keyof typeof EVENT_FIELDS;

export type FieldValue = string | number | bigint | boolean | readonly string[] | null;

/**
 * One transaction seen from one subject. `ref` identifies it; `fields` holds what the feed provided. An absent key is
 * an unprovided field.
 */
export interface RuleEvent {
  readonly time: number;
  readonly institution: string;
  readonly id: string;
  readonly version: number;
  readonly fields: Readonly<Partial<Record<EventFieldName | SignalFieldName | PropertyName, FieldValue>>>;
  /**
   * Reversals of this transaction in the effective set, in total order. From its own place in the order on, each takes
   * `amountMinor` (of the original's settled currency) away from the original (SEMANTICS "Corrections").
   */
  readonly reversals?: readonly Reversal[];
}

export interface Reversal {
  readonly time: number;
  readonly institution: string;
  readonly id: string;
  readonly version: number;
  readonly amountMinor: bigint;
}

/** Fields of a signal that a rule with `input: signals` may read; its subject is the attributed subject. */
export const SIGNAL_FIELDS = {
  time: { type: 'int', needs: null, unit: 'ms', note: 'Event time of the signal version' },
  'signal.id': { type: 'string', needs: null, note: 'Signal id: the same for all versions of one episode' },
  'signal.rule': { type: 'string', needs: null, note: 'Rule id' },
  'signal.observedOn': { type: 'string', needs: null, note: 'Subject whose history fired' },
  'signal.observedHolder': { type: 'string', needs: null, note: 'Holder of the subject whose history fired' },
  'signal.observedBank': {
    type: 'string',
    needs: null,
    note: 'Institution of the subject whose history fired',
  },
  'signal.isOwn': { type: 'bool', needs: null, note: "The history that fired is the subject's own" },
  'signal.payee': {
    type: 'string',
    needs: null,
    note: "The one other party that a signal of the subject's own history names; null where it names none or several, and of others' histories",
  },
  'signal.role': { type: 'string', needs: null, note: 'Role that the signal attributes to the subject' },
  'signal.strengthMilli': { type: 'int', needs: null, unit: 'milli', note: 'Strength, 500 at the threshold' },
  'signal.family': { type: 'string', needs: null, note: 'Evidence family' },
} as const satisfies Readonly<Record<string, EventField>>;

export type SignalFieldName = keyof typeof SIGNAL_FIELDS;
