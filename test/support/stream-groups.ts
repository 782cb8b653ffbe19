/**
 * The groups of a sketched row that few feeds have, written so that its event shows the fields of the sketch: each the other way
 * round of what ingest reads from the group.
 */
import type { FieldValue } from '../../schemas/event-fields.ts';
import type { Side, Transaction } from '../../schemas/transaction.ts';
import { given, keyOf, nameKey, type Setting, type Sketch } from './stream-values.ts';

const DAY = 86_400_000;
const MILLI = 1_000;
/** Days that a payment is for where a case does not say. */
const DAYS_PAID = 7;
/** Larger than any small note and no smaller than any large one. */
const LARGE_FACE = '1000';

type Fields = Sketch['fields'];
type Group<K extends keyof Transaction> = NonNullable<Transaction[K]>;

const textOf = (value: FieldValue | undefined) => (typeof value === 'string' ? value : undefined);
const intOf = (value: FieldValue | undefined) => (typeof value === 'number' ? value : undefined);
const flagOf = (value: FieldValue | undefined) => (typeof value === 'boolean' ? value : undefined);
const dateOf = (day: number) => new Date(day * DAY).toISOString().slice(0, 10);
const hasOne = (fields: Fields, names: readonly string[]) =>
  names.some((name) => fields[name] !== undefined && fields[name] !== null);

/** Pieces of which `milli` thousandths of the value are coins, the rest large notes; or the other way round. */
function pieces(ccy: string, coinMilli: number): NonNullable<Group<'cash'>['in']> {
  return [
    { ccy, face: '1', note: 'coin', count: coinMilli * Number(LARGE_FACE) },
    { ccy, face: LARGE_FACE, note: 'note', count: MILLI - coinMilli },
  ];
}

function cashOf(fields: Fields): Transaction['cash'] {
  const small = intOf(fields['cashSmallMilli']);
  const large = intOf(fields['cashLargeOutMilli']);
  if (small === undefined && large === undefined) return undefined;
  const ccy = textOf(fields['ccy']) ?? 'USD';
  return given<Group<'cash'>>({
    in: small === undefined ? undefined : pieces(ccy, small),
    out: large === undefined ? undefined : pieces(ccy, MILLI - large),
  });
}

/** The key of whom a case names, the holder included. */
export function partyKey(fields: Fields, { kind, subject, scope }: Setting, name: string): string {
  const holds = kind === 'account' || kind === 'holder';
  return name === fields['holder'] && holds ? keyOf('par', subject) : nameKey(scope, name);
}

const PAYROLL = ['employer', 'employee', 'payNetMilli', 'payDayWageMilli', 'payPeriodDays'];

/** Amount over the daily wage where a case says only what a day was paid: a week's pay. */
export function wageBehind(fields: Fields): number | null {
  const perDay = intOf(fields['payDayWageMilli']);
  return perDay === undefined ? null : DAYS_PAID * perDay;
}

function payrollOf({ fields, time }: Sketch, setting: Setting): Transaction['payroll'] {
  if (!hasOne(fields, PAYROLL)) return undefined;
  const ccy = textOf(fields['ccy']) ?? 'USD';
  const gross = Math.max(intOf(fields['amount']) ?? 0, MILLI);
  const net = intOf(fields['payNetMilli']);
  const perDay = intOf(fields['payDayWageMilli']);
  const wage = intOf(fields['wageMilli']) ?? wageBehind(fields);
  const period = intOf(fields['payPeriodDays']);
  const from = Math.floor(time / DAY) - (period ?? 0);
  return given<Group<'payroll'>>({
    employer: partyKey(fields, setting, textOf(fields['employer']) ?? 'employer'),
    employee: partyKey(fields, setting, textOf(fields['employee']) ?? 'employee'),
    payDate: dateOf(Math.floor(time / DAY)),
    periodFrom: period === undefined ? undefined : dateOf(from),
    periodTo: period === undefined ? undefined : dateOf(from + period - 1),
    days:
      perDay === undefined || wage === null
        ? undefined
        : perDay === 0
          ? DAYS_PAID
          : Math.round((MILLI * wage) / perDay) / MILLI,
    gross: net === undefined ? undefined : { minor: String(gross), ccy },
    net: net === undefined ? undefined : { minor: String(Math.ceil((net * gross) / MILLI)), ccy },
  });
}

function loanOf(fields: Fields, scope: string): Transaction['loan'] {
  if (!hasOne(fields, ['loanContract', 'loanPrincipal', 'loanOutstanding', 'lenderLicensed']))
    return undefined;
  const ccy = textOf(fields['ccy']) ?? 'USD';
  const money = (minor: number | undefined) =>
    minor === undefined ? undefined : { minor: String(minor), ccy };
  return given<Group<'loan'>>({
    contractToken: nameKey(scope, textOf(fields['loanContract']) ?? 'loan'),
    lenderLicensed: flagOf(fields['lenderLicensed']),
    principal: money(intOf(fields['loanPrincipal'])),
    outstanding: money(intOf(fields['loanOutstanding'])),
  });
}

function lodgingOf({ fields, time }: Sketch): Transaction['lodging'] {
  const isStay = hasOne(fields, ['lodgingNights', 'lodgingRooms', 'lodgingDay']);
  const isCharge = fields['kind'] === 'card_purchase' || fields['kind'] === 'card_refund';
  if (fields['isLodging'] === false) return undefined;
  if (!isStay && (fields['isLodging'] !== true || isCharge)) return undefined;
  return given<Group<'lodging'>>({
    checkIn: dateOf(intOf(fields['lodgingDay']) ?? Math.floor(time / DAY)),
    nights: intOf(fields['lodgingNights']) ?? 1,
    rooms: intOf(fields['lodgingRooms']),
  });
}

const TRAVEL = ['travelTo', 'travelFrom', 'travelDay', 'oneWay', 'passengers', 'passenger', 'bookedBy'];

function travelOf(fields: Fields, scope: string): Transaction['travel'] {
  if (!hasOne(fields, TRAVEL) && fields['isTicket'] !== true) return undefined;
  const passenger = textOf(fields['passenger']);
  const count = intOf(fields['passengers']) ?? (passenger === undefined ? 0 : 1);
  const names = Array.from({ length: count }, (_, i) =>
    nameKey(scope, i === 0 && passenger !== undefined ? passenger : `passenger-${i}`),
  );
  const day = intOf(fields['travelDay']);
  const booker = textOf(fields['bookedBy']);
  return given<Group<'travel'>>({
    to: textOf(fields['travelTo']) ?? (fields['isTicket'] === true ? 'US-YY' : undefined),
    from: textOf(fields['travelFrom']),
    depart: day === undefined ? undefined : dateOf(day),
    oneWay: flagOf(fields['oneWay']),
    passengers: names.length === 0 ? undefined : names,
    bookedBy: booker === undefined ? undefined : nameKey(scope, booker),
  });
}

function sessionOf(fields: Fields, { kind, subject, scope }: Setting): Transaction['session'] {
  const device = kind === 'device' ? keyOf('par', subject) : textOf(fields['device']);
  const ip = textOf(fields['ip']);
  const session = given<Group<'session'>>({
    deviceToken: device === undefined ? undefined : kind === 'device' ? device : nameKey(scope, device),
    ipToken: ip === undefined ? undefined : nameKey(scope, ip),
    ipCountry: textOf(fields['ipCountry']),
    ipClass: textOf(fields['ipClass']) as Group<'session'>['ipClass'],
  });
  return Object.keys(session).length === 0 ? undefined : session;
}

const VA = ['asset', 'chain', 'custody', 'vaspFrom', 'vaspTo', 'kiosk', 'walletFrom', 'walletTo'];

function vaOf(fields: Fields, { kind, subject, scope }: Setting, isCredit: boolean): Transaction['va'] {
  if (!hasOne(fields, VA) && kind !== 'wallet' && kind !== 'kiosk') return undefined;
  const own = keyOf('par', subject);
  const named = (name: string | undefined) => (name === undefined ? undefined : nameKey(scope, name));
  const walletOf = (field: string, isOwn: boolean) => {
    const wallet = kind === 'wallet' && isOwn ? own : named(textOf(fields[field]));
    return wallet === undefined ? undefined : [wallet];
  };
  return given<Group<'va'>>({
    chain: textOf(fields['chain']) ?? 'chain',
    asset: textOf(fields['asset']) ?? 'asset',
    custody: textOf(fields['custody']) as Group<'va'>['custody'],
    vaspFrom: textOf(fields['vaspFrom']),
    vaspTo: textOf(fields['vaspTo']),
    from: walletOf('walletFrom', !isCredit),
    to: walletOf('walletTo', isCredit),
    kioskId: kind === 'kiosk' ? own : named(textOf(fields['kiosk'])),
  });
}

/** The groups of the row beside its core, each where the sketch says something of it. */
export function groupsOf(sketch: Sketch, setting: Setting, isCredit: boolean): Partial<Transaction> {
  const { fields } = sketch;
  const { kind, subject, scope } = setting;
  const line = textOf(fields['toppedUp']);
  const staff = kind === 'employee' ? keyOf('par', subject) : textOf(fields['staff']);
  return given<Partial<Transaction>>({
    cash: cashOf(fields),
    payroll: payrollOf(sketch, setting),
    loan: loanOf(fields, scope),
    lodging: lodgingOf(sketch),
    travel: travelOf(fields, scope),
    telecom: line === undefined ? undefined : { toppedUpToken: nameKey(scope, line) },
    session: sessionOf(fields, setting),
    va: vaOf(fields, setting, isCredit),
    employee:
      staff === undefined ? undefined : { token: kind === 'employee' ? staff : nameKey(scope, staff) },
    statusReason: textOf(fields['statusReason']),
  });
}

/** What is on record of the subject's side beside its core. */
export function ownRecord({ fields, time }: Sketch): Partial<Side> {
  const share = intOf(fields['incomeMilli']);
  const amount = intOf(fields['amount']) ?? 0;
  const out = flagOf(fields['outOfHours']);
  const incorporated = intOf(fields['incorporatedDays']);
  const always = [0, 1, 2, 3, 4, 5, 6].map((weekday) => ({ weekday, opens: '00:00', closes: '00:00' }));
  return given<Partial<Side>>({
    municipality: textOf(fields['holderMunicipality']),
    occupation: textOf(fields['holderOccupation']) as Side['occupation'],
    pep: flagOf(fields['holderPep']),
    monthlyIn:
      share === undefined
        ? undefined
        : {
            minor: String(share === 0 ? MILLI * amount + 1 : Math.floor((MILLI * amount) / share)),
            ccy: textOf(fields['ccy']) ?? 'USD',
          },
    openingHours: out === undefined ? undefined : out ? [] : always,
    incorporatedAt: incorporated === undefined ? undefined : time - incorporated * DAY,
    nameChanges: intOf(fields['nameChanges']),
  });
}

/** ... and of the other side. */
export function otherRecord({ fields, time }: Sketch): Partial<Side> {
  const age = intOf(fields['counterpartyAccountAgeDays']);
  const product = textOf(fields['counterpartyProduct']);
  return given<Partial<Side>>({
    ageBand: textOf(fields['counterpartyAgeBand']) as Side['ageBand'],
    openedAt: age === undefined ? undefined : time - age * DAY,
    product: product === 'unknown' ? undefined : (product as Side['product']),
    occupation: textOf(fields['counterpartyOccupation']) as Side['occupation'],
    pep: flagOf(fields['counterpartyPep']),
  });
}
