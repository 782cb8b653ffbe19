/**
 * From the events in which a rule's cases are written to transactions whose view, from the case's subject, shows the
 * same fields. Rows are sketched as fields, so that a test can change one, and only then written as transactions.
 */
import { createHash } from 'node:crypto';
import { eventsOf } from '../../rules/compiler/cases.ts';
import type { CheckedRule } from '../../rules/compiler/index.ts';
import type { FieldValue, RuleEvent } from '../../schemas/event-fields.ts';
import type { RuleCase } from '../../schemas/rule.ts';
import type { Side, Stamp, Transaction } from '../../schemas/transaction.ts';
import { groupsOf, otherRecord, ownRecord, partyKey, wageBehind } from './stream-groups.ts';
import { FEEDS, given, keyOf, nameKey, type Setting, type Sketch } from './stream-values.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;
const MINUTES_PER_DAY = 1_440;
/** Largest offset that a stamp may carry, in minutes, and the steps in which another one is looked for. */
const OFFSET_MAX = 1_080;
const OFFSET_STEP = 30;

/** The bank of every case, and the one on the other side of some transfers. */
export const BANK = 'bank';
export const OTHER_BANK = 'bank_b';

export function subjectKeyOf({ kind, subject }: Setting): string {
  return `${kind}:${kind === 'account' ? keyOf('acc', subject) : keyOf('par', subject)}`;
}

const CALENDAR = [
  'localDay',
  'localMinute',
  'isNight',
  'nightOf',
  'sendHour',
  'weekday',
  'localMonth',
] as const;

/**
 * The offset at which the event shows the calendar fields that the rule reads. A case may say `isNight` of an hour that is
 * not one at the offset written: the nearest offset at which it is, on the same local day, stands for it.
 */
function offsetOf({ time, fields }: RuleEvent, read: readonly string[]): number | null {
  const { precision, localDay, localMinute } = fields;
  const isNight = read.includes('isNight') ? fields.isNight : null;
  const sendHour = read.includes('sendHour') ? fields.sendHour : null;
  if (precision === 'day' || precision === 'batch') return null;
  if (typeof localDay !== 'number' || typeof localMinute !== 'number') return null;
  const written = localDay * MINUTES_PER_DAY + localMinute - Math.floor(time / MINUTE);
  const shows = (offset: number) => {
    const minutes = Math.floor(time / MINUTE) + offset;
    const minute = ((minutes % MINUTES_PER_DAY) + MINUTES_PER_DAY) % MINUTES_PER_DAY;
    const night = minute >= 22 * 60 || minute < 6 * 60;
    return (
      Math.floor(minutes / MINUTES_PER_DAY) === localDay &&
      (isNight === null || isNight === night) &&
      (sendHour === null || sendHour === Math.floor(minute / 60))
    );
  };
  for (let apart = 0; apart <= MINUTES_PER_DAY; apart += OFFSET_STEP) {
    for (const offset of [written + apart, written - apart]) {
      if (Math.abs(offset) <= OFFSET_MAX && shows(offset)) return offset;
    }
  }
  return written;
}

/** The events of a case as sketches. */
export function sketchesOf(rule: CheckedRule, given: RuleCase): Sketch[] {
  return eventsOf(rule, given).map((event) => {
    const fields: Record<string, FieldValue | undefined> = { ...event.fields };
    const offsetMin = offsetOf(event, rule.fieldsRead);
    for (const name of [...CALENDAR, 'time', 'institution']) delete fields[name];
    const [reversal] = event.reversals ?? [];
    return {
      id: event.id,
      time: event.time,
      offsetMin,
      fields,
      ...(reversal === undefined ? {} : { reversedAfterMs: reversal.time - event.time }),
    };
  });
}

const textOf = (value: FieldValue | undefined): string | undefined =>
  typeof value === 'string' ? value : undefined;
const flagOf = (value: FieldValue | undefined): boolean | undefined =>
  typeof value === 'boolean' ? value : undefined;
const intOf = (value: FieldValue | undefined): number | null => (typeof value === 'number' ? value : null);
const kindOf = (value: FieldValue | undefined): Side['kind'] =>
  value === 'unknown' ? undefined : (textOf(value) as Side['kind']);
const listOf = (value: FieldValue | undefined): string[] | undefined =>
  Array.isArray(value) && value.length > 0 ? [...(value as string[])] : undefined;

const KIN = ['a', 'b'].map((name) => keyOf('kin', name));

/** Where the customer acted. A country alone is neither at home nor away: a state of it stands for who says so. */
function actingText(fields: Sketch['fields']): string | undefined {
  const country = textOf(fields['placeCountry']);
  const somewhere =
    typeof fields['atHome'] === 'boolean' && country !== undefined ? `${country}-YY` : country;
  return textOf(fields['place']) ?? textOf(fields['placeAdmin1']) ?? somewhere;
}

function ownSide(sketch: Sketch, setting: Setting): Side {
  const { fields, time } = sketch;
  const { kind, subject, scope, isNamed } = setting;
  const isSubject = kind === 'account' || kind === 'holder' || (kind === 'beneficiary' && !isNamed);
  const account = fields['account'] === null ? null : (textOf(fields['account']) ?? 'account');
  const holder = fields['holder'] === null ? null : (textOf(fields['holder']) ?? 'holder');
  const subjectAccount = account === 'second' ? `${subject}#2` : subject;
  const place = actingText(fields)?.split('-').slice(0, 2).join('-');
  const home = textOf(fields['holderAdmin1']);
  const atHome = fields['atHome'];
  const away = atHome === false ? 'US-ZZ' : undefined;
  const age = intOf(fields['accountAgeDays']);
  return given<Side>({
    accountKey:
      account === null ? undefined : keyOf('acc', isSubject ? subjectAccount : `${scope}/${account}`),
    holderKey: holder === null ? undefined : isSubject ? keyOf('par', subject) : nameKey(scope, holder),
    bank: textOf(fields['accountBank']),
    kind: kindOf(fields['holderKind']),
    product:
      fields['accountProduct'] === 'unknown'
        ? undefined
        : (textOf(fields['accountProduct']) as Side['product']),
    admin1: home ?? (atHome === true ? place : away),
    workAdmin1: atHome === true && home !== undefined ? place : undefined,
    licences: listOf(fields['holderLicences']) as Side['licences'],
    sector: textOf(fields['holderSector']),
    ageBand: textOf(fields['holderAgeBand']) as Side['ageBand'],
    occupationNight: fields['holderNightWork'] === true ? true : undefined,
    openedAt: age === null ? undefined : time - age * DAY,
    coverage: textOf(fields['coverage']) as Side['coverage'],
    kinTokens: fields['isKin'] === true ? KIN : undefined,
    ...ownRecord(sketch),
  });
}

function otherSide(sketch: Sketch, setting: Setting, own: Side): Side {
  const { fields, otherBank } = sketch;
  const name = textOf(fields['counterparty']);
  const isOwn = fields['isOwn'] === true && own.holderKey !== undefined;
  const party = name === undefined ? undefined : nameKey(setting.scope, name);
  return given<Side>({
    accountKey:
      party === undefined
        ? undefined
        : keyOf('acc', isOwn ? `${setting.subject}#3` : `${setting.scope}/${name}`),
    holderKey: isOwn ? own.holderKey : party,
    bank: party === undefined ? undefined : otherBank,
    kind: kindOf(fields['counterpartyKind']),
    licences: listOf(fields['counterpartyLicences']) as Side['licences'],
    sector: textOf(fields['counterpartySector']),
    country: textOf(fields['counterpartyCountry']),
    admin1: textOf(fields['counterpartyAdmin1']),
    municipality: textOf(fields['counterpartyMunicipality']),
    coverage: otherBank === undefined ? undefined : 'full_account',
    kinTokens: fields['isKin'] === true ? KIN : undefined,
    employerKeys: fields['isWorker'] === true && own.holderKey !== undefined ? [own.holderKey] : undefined,
    ...otherRecord(sketch),
  });
}

type Place = NonNullable<Transaction['places']>[number];

function placeOf(role: Place['role'], text: string | undefined): Place[] {
  if (text === undefined) return [];
  const [country, admin1, municipalityCode] = text.split('-');
  return [given<Place>({ role, country, admin1, municipalityCode })];
}

function placesOf({ fields }: Sketch, isCredit: boolean): Place[] | undefined {
  const isRemittance = fields['rail'] === 'mto';
  const role = isRemittance ? (isCredit ? 'agent_pay' : 'agent_send') : 'branch';
  const acting = placeOf(role, actingText(fields));
  const actsAs = (other: Place['role']) => acting.length > 0 && role === other;
  const sent = textOf(fields['sendPlaceAdmin1']) ?? textOf(fields['sendCountry']);
  const places = [
    ...acting,
    ...(actsAs('agent_send') ? [] : placeOf('agent_send', sent)),
    ...(actsAs('agent_pay') ? [] : placeOf('agent_pay', textOf(fields['payPlaceAdmin1']))),
  ];
  return places.length === 0 ? undefined : places;
}

type Mto = NonNullable<Transaction['mto']>;

function remittanceOf(
  { fields, time }: Sketch,
  { kind, subject, scope }: Setting,
  isCredit: boolean,
): Transaction['mto'] {
  if (fields['rail'] !== 'mto') return undefined;
  const cash = fields['payoutCash'];
  const delay = intOf(fields['payoutDelayMs']);
  const terminal = textOf(fields['terminal']);
  const named = terminal === undefined ? undefined : nameKey(scope, terminal);
  const agent = kind === 'agentLocation' ? keyOf('par', subject) : named;
  return given<Mto>({
    operator: textOf(fields['mtoOperator']) ?? 'operator',
    sendAgent: isCredit ? undefined : agent,
    payAgent: isCredit ? agent : undefined,
    payoutMethod: cash === true ? 'cash' : cash === false ? 'account' : undefined,
    declaredRelationshipClass: textOf(fields['declaredRelationship']) as Mto['declaredRelationshipClass'],
    declaredPurposeClass: textOf(fields['declaredPurpose']) as Mto['declaredPurposeClass'],
    sentAt: delay === null ? undefined : time,
    paidAt: delay === null ? undefined : time + delay,
  });
}

type Conductor = NonNullable<Transaction['conductors']>[number];

function conductorsOf({ fields }: Sketch, setting: Setting): Transaction['conductors'] {
  const { kind, subject, scope } = setting;
  const principal = textOf(fields['onBehalfOf']);
  const of = (ref: string) =>
    given<Conductor>({
      ref,
      isHolder: flagOf(fields['conductorIsHolder']),
      idRefused: flagOf(fields['idRefused']),
      ageBandAtEvent: textOf(fields['conductorAgeBand']) as Conductor['ageBandAtEvent'],
      onBehalfOf: principal === undefined ? undefined : [{ ref: nameKey(scope, principal) }],
    });
  if (kind === 'conductor') return [of(keyOf('par', subject))];
  if (kind === 'onBehalfOf')
    return [{ ...of(nameKey(scope, 'agent')), onBehalfOf: [{ ref: keyOf('par', subject) }] }];
  const name = textOf(fields['conductor']);
  if (name !== undefined) return [of(partyKey(fields, setting, name))];
  const isSomebody = ['conductorIsHolder', 'idRefused', 'conductorAgeBand', 'onBehalfOf'].some(
    (field) => fields[field] !== null && fields[field] !== undefined,
  );
  return isSomebody ? [of(nameKey(scope, 'conductor'))] : undefined;
}

const LODGING = '7011';

/** A stay is told by its category, where its group says nothing. */
function mccOf(fields: Sketch['fields']): string | undefined {
  const isStay = fields['isLodging'] === true;
  const mcc = textOf(fields['mcc']);
  return mcc ?? (fields['kind'] === 'card_purchase' || isStay ? (isStay ? LODGING : '5411') : undefined);
}

function cardOf({ fields }: Sketch, { kind, subject, scope }: Setting): Transaction['card'] {
  type Card = NonNullable<Transaction['card']>;
  const merchant = textOf(fields['merchant']);
  const token = textOf(fields['cardToken']);
  const card = given<Card>({
    mcc: mccOf(fields),
    present: flagOf(fields['cardPresent']),
    recurring: flagOf(fields['recurring']),
    merchantDescriptorClass: textOf(fields['merchantClass']),
    merchantId:
      kind === 'merchant'
        ? keyOf('par', subject)
        : merchant === undefined
          ? undefined
          : nameKey(scope, merchant),
    token: kind === 'card' ? keyOf('par', subject) : token === undefined ? undefined : nameKey(scope, token),
  });
  return Object.keys(card).length === 0 ? undefined : card;
}

function beneficiariesOf({ fields }: Sketch, { kind, subject, scope, isNamed }: Setting) {
  if (kind === 'beneficiary') return isNamed ? [{ ref: keyOf('par', subject) }] : undefined;
  const name = textOf(fields['beneficiary']);
  return name === undefined ? undefined : [{ ref: nameKey(scope, name) }];
}

/** Where an inflow comes from when nobody is named: a case that says so means a machine. */
function terminalOf({ fields }: Sketch, { kind, subject, scope }: Setting): Transaction['terminal'] {
  const source =
    fields['counterparty'] === null && (fields['conductor'] === null || fields['conductorIsHolder'] === true)
      ? fields['source']
      : null;
  const name = fields['rail'] === 'mto' ? undefined : textOf(fields['terminal']);
  const id = name ?? textOf(source);
  if (kind === 'terminal') return { id: keyOf('par', subject) };
  return id === undefined ? undefined : { id: nameKey(scope, id) };
}

/** A distance without a city cannot be: a city of its own stands for it. */
function citiesOf({ fields }: Sketch, isCredit: boolean): Stamp['cities'] {
  const homeM = intOf(fields['homeDistanceM']) ?? undefined;
  const city = textOf(fields['placeCity']) ?? (homeM === undefined ? undefined : 'XX-CITY');
  if (city === undefined) return undefined;
  return { [isCredit ? 'creditor' : 'debtor']: homeM === undefined ? { city } : { city, homeM } };
}

function stampOf(sketch: Sketch, own: Side, other: Side, isCredit: boolean): Stamp {
  const { fields, time, offsetMin } = sketch;
  const lists = [...(listOf(fields['placeLists']) ?? [])];
  const isVasp = other.kind === 'vasp' || (other.licences?.includes('vasp') ?? false);
  const cities = citiesOf(sketch, isCredit);
  if (fields['toVasp'] === true && !isVasp) lists.push(`${isCredit ? 'debtor' : 'creditor'}:listed_vasp`);
  return {
    eventTime: time,
    precision: (textOf(fields['precision']) ?? 'second') as Stamp['precision'],
    localOffsetMin: offsetMin,
    offsetSource: offsetMin === null ? null : 'institution',
    amountMinor: String(fields['amount'] ?? 0),
    ccy: textOf(fields['ccy']) ?? 'USD',
    usdMinor: intOf(fields['amountUsd']),
    mxnMinor: intOf(fields['amountMxn']),
    cadMinor: intOf(fields['amountCad']),
    rateId: null,
    wageMilli: intOf(fields['wageMilli']) ?? wageBehind(fields),
    wageTable: null,
    nightNormMilli: intOf(fields['nightNormMilli']),
    debtor: isCredit ? other : own,
    creditor: isCredit ? own : other,
    textClasses: listOf(fields['textClasses']) ?? [],
    lists,
    ...(cities === undefined ? {} : { cities }),
    provided: FEEDS[sketch.feed ?? 'full'],
    lexiconVersion: '1',
    listVersion: '1',
    submissionId: 'sub_test',
    line: 1,
    pseudonymKeyId: 'test',
  };
}

/** The sketch as a canonical transaction. */
export function rowOf(sketch: Sketch, setting: Setting): Transaction {
  const { fields } = sketch;
  const isCredit = fields['direction'] !== 'out';
  const alone = ownSide(sketch, setting);
  const other = otherSide(sketch, setting, alone);
  const isEmployed = fields['isEmployer'] === true && other.holderKey !== undefined;
  const own = isEmployed ? { ...alone, employerKeys: [other.holderKey!] } : alone;
  return given<Transaction>({
    institution: sketch.institution ?? BANK,
    id: sketch.id,
    version: sketch.version ?? 1,
    op: 'put',
    kind: textOf(fields['kind']) as Transaction['kind'],
    rail: textOf(fields['rail']) as Transaction['rail'],
    channel: textOf(fields['channel']) as Transaction['channel'],
    instrument: textOf(fields['instrument']) as Transaction['instrument'],
    status: textOf(fields['status']) as Transaction['status'],
    settled: { minor: String(fields['amount'] ?? 0), ccy: textOf(fields['ccy']) ?? 'USD' },
    occurredAt: sketch.time,
    purpose: textOf(fields['purpose']) as Transaction['purpose'],
    railPurpose: textOf(fields['railPurpose']),
    conductors: conductorsOf(sketch, setting),
    beneficiaries: beneficiariesOf(sketch, setting),
    places: placesOf(sketch, isCredit),
    terminal: terminalOf(sketch, setting),
    card: cardOf(sketch, setting),
    mto: remittanceOf(sketch, setting, isCredit),
    ...groupsOf(sketch, setting, isCredit),
    stamp: stampOf(sketch, own, other, isCredit),
  } as { readonly [K in keyof Transaction]: Transaction[K] | undefined });
}

/** Hash of a row's content; rows of one test are written by the same code, so that equal rows have equal text. */
export function rowHash(tx: Transaction): string {
  return createHash('sha256').update(JSON.stringify(tx)).digest('hex');
}
