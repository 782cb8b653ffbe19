/**
 * One transaction as seen from one subject: the fields that rules read (`schemas/event-fields.ts`), computed on demand.
 *
 * A view holds two references and no copies: the evaluator asks for a field once and caches what it derives, while a
 * subject with many events would otherwise hold sixty values for each. A field that the feed does not provide is
 * `undefined`, a provided empty one is null.
 */

import { monthOfDay, roundToOf, weekdayOf } from '../../schemas/derived-facts.ts';
import type { Coverage, SubjectKind } from '../../schemas/enumerations.ts';
import {
  EVENT_FIELDS,
  type EventFieldName,
  type FieldValue,
  type RuleEvent,
} from '../../schemas/event-fields.ts';
import type { Side, Transaction } from '../../schemas/transaction.ts';
import {
  GROUP_READERS,
  otherPassenger,
  payDayWageMilli,
  type ReadGroup,
  type Settled,
  settledMinor,
} from './group-fields.ts';
import { incomeMilli, isEmployedBy, isOutOfHours } from './side-fields.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** Night is 22:00 up to 06:00 local (FINTRAC 2016, Project Protect). */
const NIGHT_FROM_MINUTE = 22 * 60;
const NIGHT_UNTIL_MINUTE = 6 * 60;

/** Which side of the row the subject stands on; a conductor or terminal stands on the side of the account it acts on. */
export type Standpoint = 'debtor' | 'creditor';

export interface ViewContext {
  readonly tx: Transaction;
  readonly subjectKind: SubjectKind;
  readonly side: Standpoint;
  /** `needs` that the row's feed provides. */
  readonly provided: ReadonlySet<string>;
}

/** Known prefix of the fields of a place: COUNTRY-ADMIN1, COUNTRY-ADMIN1-MUNICIPALITY. */
function placeKey(...parts: readonly (string | undefined)[]): string | null {
  return parts.every((part) => part !== undefined) ? parts.join('-') : null;
}

type Place = NonNullable<Transaction['places']>[number];

function placeOf(tx: Transaction, roles: readonly Place['role'][]): Place | undefined {
  for (const role of roles) {
    const found = tx.places?.find((place) => place.role === role);
    if (found !== undefined) return found;
  }
  return undefined;
}

const ACTING_ROLES = ['terminal', 'branch', 'kiosk', 'merchant', 'registered'] as const;

/** Where the subject acted: a remittance is sent at one agent and paid out at another. */
function actingPlace({ tx, side }: ViewContext): Place | undefined {
  const agent = side === 'debtor' ? 'agent_send' : 'agent_pay';
  return placeOf(tx, tx.rail === 'mto' ? [agent, ...ACTING_ROLES] : ACTING_ROLES);
}

const own = ({ tx, side }: ViewContext): Side => tx.stamp[side];
const other = ({ tx, side }: ViewContext): Side => tx.stamp[side === 'debtor' ? 'creditor' : 'debtor'];
const partyKey = (side: Side): string | null => side.holderKey ?? side.accountKey ?? null;

/** Local milliseconds of the event, or null where the row does not say at which offset it happened. */
function localMs({ tx }: ViewContext): number | null {
  const { eventTime, localOffsetMin, precision } = tx.stamp;
  // A date-only row carries the local date at 00:00 UTC: its day is known although no offset is.
  if (precision === 'day') return eventTime;
  return localOffsetMin === null ? null : eventTime + localOffsetMin * MINUTE_MS;
}

function localMinute(view: ViewContext): number | null {
  const { precision } = view.tx.stamp;
  const local = localMs(view);
  if (local === null || precision === 'day' || precision === 'batch') return null;
  return Math.floor((((local % DAY_MS) + DAY_MS) % DAY_MS) / MINUTE_MS);
}

function isNight(view: ViewContext): boolean | null {
  const minute = localMinute(view);
  return minute === null ? null : minute >= NIGHT_FROM_MINUTE || minute < NIGHT_UNTIL_MINUTE;
}

function nightOf(view: ViewContext): number | null {
  const minute = localMinute(view);
  const local = localMs(view);
  if (minute === null || local === null || !isNight(view)) return null;
  return Math.floor(local / DAY_MS) - (minute < NIGHT_UNTIL_MINUTE ? 1 : 0);
}

/** Kin: two equal surname tokens (one is common to whole towns), or a declared relation either way. */
function isKin(view: ViewContext): boolean {
  const a = own(view);
  const b = other(view);
  const shared = new Set(a.kinTokens?.filter((token) => b.kinTokens?.includes(token)));
  if (shared.size >= 2) return true;
  const declares = (from: Side, to: Side) =>
    to.holderKey !== undefined && (from.relatedKeys?.includes(to.holderKey) ?? false);
  return declares(a, b) || declares(b, a);
}

function minorInt(minor: string): number | bigint {
  const value = Number(minor);
  return Number.isSafeInteger(value) ? value : BigInt(minor);
}

/** A conductor's counterparty is the holder whose account is moved; everybody else's is the other side. */
function counterpartySide(view: ViewContext): Side {
  return view.subjectKind === 'conductor' || view.subjectKind === 'onBehalfOf' ? own(view) : other(view);
}

function coverage(view: ViewContext): Coverage {
  const { tx, subjectKind } = view;
  const side = own(view);
  const readsAccount = subjectKind === 'account' || subjectKind === 'holder';
  if (readsAccount && side.bank !== undefined && side.bank !== tx.institution) return 'counterparty_view';
  return side.coverage ?? 'product_only';
}

function payoutDelay(tx: Transaction): number | null {
  const { sentAt, paidAt } = tx.mto ?? {};
  return paidAt === undefined ? null : paidAt - (sentAt ?? tx.stamp.eventTime);
}

/** Lodging: the stay group, or hotels and short lets by merchant category (ISO 18245: 3501-3999, 7011). */
function isLodging(tx: Transaction): boolean | null {
  if (tx.lodging !== undefined) return true;
  const mcc = tx.card?.mcc;
  return mcc === undefined
    ? tx.kind === 'card_purchase'
      ? null
      : false
    : mcc === '7011' || (mcc >= '3501' && mcc <= '3999');
}

function source(view: ViewContext): string | null {
  const { tx } = view;
  const counterparty = partyKey(other(view));
  if (counterparty !== null) return counterparty;
  const conductor = tx.conductors?.find(
    (person) => person.isHolder !== true && person.ref !== own(view).holderKey,
  );
  const place = actingPlace(view);
  return (
    conductor?.ref ?? tx.terminal?.id ?? placeKey(place?.country, place?.admin1, place?.municipalityCode)
  );
}

type Reader = (view: ViewContext) => FieldValue;

/** Fields that an event holds as plain properties. */
type Plain = 'direction' | 'kind' | 'status' | 'rail' | 'channel' | 'precision' | 'coverage' | 'amountUsd';

type GroupField = { [G in ReadGroup]: keyof (typeof GROUP_READERS)[G] }[ReadGroup];

/** A group that is not there says nothing. */
const OF_GROUPS = Object.fromEntries(
  (Object.keys(GROUP_READERS) as ReadGroup[]).flatMap((group) =>
    Object.entries(GROUP_READERS[group]).map(([field, read]): [string, Reader] => [
      field,
      ({ tx }) => (tx[group] === undefined ? null : (read as (given: unknown) => FieldValue)(tx[group])),
    ]),
  ),
) as Readonly<Record<GroupField, Reader>>;

function settledOf({ stamp }: Transaction): Settled {
  const { ccy, usdMinor: usd, mxnMinor: mxn, cadMinor: cad, wageMilli } = stamp;
  return { minor: minorInt(stamp.amountMinor), ccy, usd, mxn, cad, wageMilli };
}

function localDay(view: ViewContext): number | null {
  const local = localMs(view);
  return local === null || view.tx.stamp.precision === 'batch' ? null : Math.floor(local / DAY_MS);
}

function weekday(view: ViewContext): number | null {
  const day = localDay(view);
  return day === null ? null : weekdayOf(day);
}

const daysSince = ({ tx }: ViewContext, moment: number | undefined): number | null =>
  moment === undefined ? null : Math.floor((tx.stamp.eventTime - moment) / DAY_MS);

const READERS: Readonly<Record<Exclude<EventFieldName, Plain | 'pairAgeMs' | 'pairOrdinal'>, Reader>> = {
  ...OF_GROUPS,
  time: ({ tx }) => tx.stamp.eventTime,
  instrument: ({ tx }) => tx.instrument,
  purpose: ({ tx }) => tx.purpose ?? null,
  railPurpose: ({ tx }) => tx.railPurpose ?? null,
  institution: ({ tx }) => tx.institution,

  amount: ({ tx }) => minorInt(tx.stamp.amountMinor),
  ccy: ({ tx }) => tx.stamp.ccy,
  amountMxn: ({ tx }) => tx.stamp.mxnMinor,
  amountCad: ({ tx }) => tx.stamp.cadMinor,
  wageMilli: ({ tx }) => tx.stamp.wageMilli,

  localDay,
  weekday,
  localMonth: (view) => {
    const day = localDay(view);
    return day === null ? null : monthOfDay(day);
  },
  roundTo: ({ tx }) => roundToOf(minorInt(tx.stamp.amountMinor), tx.stamp.ccy),
  localMinute,
  isNight,
  nightOf,
  nightNormMilli: ({ tx }) => tx.stamp.nightNormMilli,

  account: (view) => own(view).accountKey ?? null,
  holder: (view) => partyKey(own(view)),
  accountBank: (view) => own(view).bank ?? null,
  accountProduct: (view) => own(view).product ?? 'unknown',
  holderKind: (view) => own(view).kind ?? 'unknown',
  holderLicences: (view) => own(view).licences ?? [],
  holderSector: (view) => own(view).sector ?? null,
  holderAdmin1: (view) => own(view).admin1 ?? null,
  holderAgeBand: (view) => own(view).ageBand ?? null,
  holderNightWork: (view) => own(view).occupationNight ?? false,
  accountAgeDays: (view) => daysSince(view, own(view).openedAt),
  holderMunicipality: (view) => own(view).municipality ?? null,
  holderOccupation: (view) => own(view).occupation ?? null,
  holderPep: (view) => own(view).pep ?? null,
  incomeMilli: (view) => incomeMilli(own(view), settledOf(view.tx)),
  outOfHours: (view) => isOutOfHours(own(view), weekday(view), localMinute(view)),
  isEmployer: (view) => isEmployedBy(own(view), other(view)),
  isWorker: (view) => isEmployedBy(other(view), own(view)),
  incorporatedDays: (view) => daysSince(view, own(view).incorporatedAt),
  nameChanges: (view) => own(view).nameChanges ?? null,

  counterparty: (view) => partyKey(counterpartySide(view)),
  counterpartyAccount: (view) => counterpartySide(view).accountKey ?? null,
  counterpartyBank: (view) => counterpartySide(view).bank ?? null,
  counterpartyKind: (view) => counterpartySide(view).kind ?? 'unknown',
  counterpartyLicences: (view) => counterpartySide(view).licences ?? [],
  counterpartyCountry: (view) => counterpartySide(view).country ?? null,
  counterpartyAdmin1: (view) => counterpartySide(view).admin1 ?? null,
  counterpartyMunicipality: (view) => counterpartySide(view).municipality ?? null,
  counterpartySector: (view) => counterpartySide(view).sector ?? null,
  counterpartyAgeBand: (view) => counterpartySide(view).ageBand ?? null,
  counterpartyAccountAgeDays: (view) => daysSince(view, counterpartySide(view).openedAt),
  counterpartyProduct: (view) => counterpartySide(view).product ?? 'unknown',
  counterpartyOccupation: (view) => counterpartySide(view).occupation ?? null,
  counterpartyPep: (view) => counterpartySide(view).pep ?? null,
  isKin,
  isOwn: (view) => own(view).holderKey !== undefined && own(view).holderKey === other(view).holderKey,
  source,

  conductor: ({ tx }) => tx.conductors?.[0]?.ref ?? null,
  conductorIsHolder: (view) => {
    const conductor = view.tx.conductors?.[0];
    if (conductor === undefined) return null;
    return conductor.isHolder ?? conductor.ref === own(view).holderKey;
  },

  place: (view) => {
    const place = actingPlace(view);
    return placeKey(place?.country, place?.admin1, place?.municipalityCode);
  },
  placeCountry: (view) => actingPlace(view)?.country ?? null,
  placeAdmin1: (view) => {
    const place = actingPlace(view);
    return placeKey(place?.country, place?.admin1);
  },
  placeLists: ({ tx }) => tx.stamp.lists,
  terminal: ({ tx, side }) =>
    tx.terminal?.id ?? (side === 'debtor' ? tx.mto?.sendAgent : tx.mto?.payAgent) ?? null,
  placeCity: ({ tx, side }) => tx.stamp.cities?.[side]?.city ?? null,
  homeDistanceM: ({ tx, side }) => tx.stamp.cities?.[side]?.homeM ?? null,
  atHome: (view) => {
    const place = actingPlace(view);
    const at = placeKey(place?.country, place?.admin1);
    const home = own(view).admin1;
    return at === null || home === undefined ? null : at === home || at === own(view).workAdmin1;
  },
  payPlaceAdmin1: ({ tx }) => {
    const place = placeOf(tx, ['agent_pay']);
    return placeKey(place?.country, place?.admin1);
  },
  sendPlaceAdmin1: ({ tx }) => {
    const place = placeOf(tx, ['agent_send']);
    return placeKey(place?.country, place?.admin1);
  },
  sendCountry: ({ tx }) => placeOf(tx, ['agent_send'])?.country ?? tx.stamp.debtor.country ?? null,
  sendHour: (view) => {
    const minute = localMinute(view);
    return minute === null ? null : Math.floor((minute * MINUTE_MS) / HOUR_MS);
  },
  payoutCash: ({ tx }) => (tx.mto?.payoutMethod === undefined ? null : tx.mto.payoutMethod === 'cash'),
  payoutDelayMs: ({ tx }) => payoutDelay(tx),

  mcc: ({ tx }) => tx.card?.mcc ?? null,
  cardPresent: ({ tx }) => tx.card?.present ?? null,
  // False, not empty, where a feed that reports journeys reports none: a rule asks every row whether it is a ticket.
  isTicket: ({ tx, provided }) => tx.travel?.to !== undefined || (provided.has('travel') ? false : null),
  travelTo: ({ tx }) => tx.travel?.to ?? null,
  isLodging: ({ tx }) => isLodging(tx),
  toVasp: (view) => {
    const side = other(view);
    const listed = `${view.side === 'debtor' ? 'creditor' : 'debtor'}:listed_vasp`;
    return (
      side.kind === 'vasp' ||
      (side.licences?.includes('vasp') ?? false) ||
      view.tx.stamp.lists.includes(listed)
    );
  },

  textClasses: ({ tx }) => tx.stamp.textClasses,
  statusReason: ({ tx }) => tx.statusReason ?? null,
  payDayWageMilli: ({ tx }) => (tx.payroll === undefined ? null : payDayWageMilli(tx.payroll, settledOf(tx))),
  loanPrincipal: ({ tx }) => settledMinor(tx.loan?.principal, tx.stamp.ccy),
  loanOutstanding: ({ tx }) => settledMinor(tx.loan?.outstanding, tx.stamp.ccy),
  passenger: (view) => otherPassenger(view.tx.travel, own(view).holderKey),
};

/**
 * The fields of one event: the view itself, with one getter a field on the prototype, so that reading `fields.isNight`
 * computes just that. What nearly every condition of every rule asks first is a plain property: a condition that is
 * false on `kind` or `direction` reads nothing else.
 */
class Fields implements ViewContext {
  readonly tx: Transaction;
  readonly subjectKind: SubjectKind;
  readonly side: Standpoint;
  readonly provided: ReadonlySet<string>;
  readonly direction: 'in' | 'out';
  readonly kind: string;
  readonly status: string;
  readonly rail: string;
  readonly channel: string;
  readonly precision: string;
  readonly coverage: string;
  readonly amountUsd: number | null;

  constructor(view: ViewContext) {
    const { tx, side } = view;
    this.tx = tx;
    this.subjectKind = view.subjectKind;
    this.side = side;
    this.provided = view.provided;
    this.direction = side === 'debtor' ? 'out' : 'in';
    this.kind = tx.kind;
    this.status = tx.status;
    this.rail = tx.rail;
    this.channel = tx.channel;
    this.precision = tx.stamp.precision;
    this.coverage = coverage(view);
    this.amountUsd = tx.stamp.usdMinor;
  }
}

function getterOf(reader: Reader, needs: string | null): (this: Fields) => FieldValue | undefined {
  if (needs === null) {
    return function (this: Fields) {
      return reader(this);
    };
  }
  return function (this: Fields) {
    const value = reader(this);
    return value !== null || this.provided.has(needs) ? value : undefined;
  };
}

for (const name of Object.keys(READERS) as (keyof typeof READERS)[]) {
  const get = getterOf(READERS[name], EVENT_FIELDS[name].needs);
  Object.defineProperty(Fields.prototype, name, { enumerable: true, get });
}

/** The row as an event of the subject on `side`. */
export function eventView(context: ViewContext): RuleEvent {
  const { tx } = context;
  return {
    time: tx.stamp.eventTime,
    institution: tx.institution,
    id: tx.id,
    version: tx.version,
    fields: new Fields(context) as unknown as RuleEvent['fields'],
  };
}
