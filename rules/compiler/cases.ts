/**
 * The cases of a rule file, run through the reference evaluator: what `rastro rules test` and the catalogue's own tests
 * call.
 *
 * A case is a short stream of one subject's events. What it does not say is the ordinary row of a bank that shows
 * everything of one person's account (`ORDINARY`); calendar fields follow from the time and offset of `at`. A field
 * neither said nor ordinary is null: provided and empty.
 */
import { monthOfDay, roundToOf, weekdayOf } from '../../schemas/derived-facts.ts';
import type { FieldValue, RuleEvent } from '../../schemas/event-fields.ts';
import { compareUtf8 } from '../../schemas/order.ts';
import type { RuleCase } from '../../schemas/rule.ts';
import type { CheckedRule } from './checked-rule.ts';
import { fieldTable, isProperty } from './field.ts';
import { evaluateAt, signalsOf } from './reference/episodes.ts';
import type { EvaluationContext, SubjectHistory } from './reference/evaluation.ts';
import { DAY_MS, durationMs, MINUTE_MS } from './window.ts';

type Row = Record<string, FieldValue>;

export interface CaseResult {
  readonly name: string;
  readonly kind: RuleCase['kind'];
  readonly expected: boolean;
  readonly fired: boolean;
  /** Empty when the case holds: otherwise what differs, in words. */
  readonly problems: readonly string[];
}

/** The subject of every case. */
const CASE_SUBJECT = 'subject';

const NIGHT_FROM_MINUTE = 22 * 60;
const NIGHT_UNTIL_MINUTE = 6 * 60;
const MINUTES_PER_HOUR = 60;

const ORDINARY: Readonly<Row> = {
  direction: 'in',
  kind: 'transfer',
  rail: 'other',
  channel: 'mobile',
  instrument: 'account',
  institution: 'bank',
  amount: 10_000,
  ccy: 'USD',
  account: 'account',
  holder: 'holder',
  accountBank: 'bank',
  accountProduct: 'unknown',
  holderKind: 'person',
  holderLicences: [],
  holderNightWork: false,
  counterpartyLicences: [],
  isKin: false,
  isOwn: false,
  toVasp: false,
  isLodging: false,
  isTicket: false,
  isEmployer: false,
  isWorker: false,
  counterpartyProduct: 'unknown',
  placeLists: [],
  textClasses: [],
  coverage: 'full_account',
  precision: 'second',
  status: 'completed',
};

const ORDINARY_SIGNAL: Readonly<Row> = {
  'signal.observedBank': 'bank',
  'signal.strengthMilli': 500,
  'signal.role': 'unknown',
  'signal.isOwn': false,
};

/** What stands for a table in a case. */
const OF_CASE = { day: '1970-01-01', accounts: 0 } as const;

/** Fields that the evaluator works out from the history: a case that sets one would test nothing. */
const FROM_HISTORY: ReadonlySet<string> = new Set(['time', 'pairAgeMs', 'pairOrdinal']);

/** As `context`, with the peers that the case states; where it states none, none is known: a case needs no table of the day. */
export function contextOfCase(context: EvaluationContext, { peers = {} }: RuleCase): EvaluationContext {
  const stated = new Map(Object.entries(peers));
  return {
    ...context,
    peerAt: (table, quantileMilli) => {
      const value = stated.get(`${table}.p${quantileMilli}`);
      return value === undefined ? null : { value, ...OF_CASE };
    },
  };
}

/** Runs every case of the rule. `context` supplies thresholds and business days. */
export function runCases(rule: CheckedRule, context: EvaluationContext): readonly CaseResult[] {
  return rule.file.cases.map((given) => runCase(rule, given, context));
}

/** The subject of a case with its events. */
export function caseHistory(rule: CheckedRule, given: RuleCase): SubjectHistory {
  return {
    subjectKey: CASE_SUBJECT,
    subjectKind: rule.subjects[0] ?? 'account',
    events: eventsOf(rule, given),
  };
}

export function runCase(rule: CheckedRule, given: RuleCase, around: EvaluationContext): CaseResult {
  const context = contextOfCase(around, given);
  const problems = [...unknownFields(rule, given), ...unknownPeers(rule, given)];
  const history = caseHistory(rule, given);
  const knownMs = untilOf(given);
  if (given.until !== undefined && !rule.ticks) problems.push('`until` is for rules that tick');
  const signals = signalsOf(rule, history, context, undefined, knownMs);
  const fired = signals.length > 0;
  if (fired !== given.fires) {
    problems.push(given.fires ? 'the rule does not fire' : 'the rule fires');
  }
  if (given.expect !== undefined) {
    // Of a rule that ticks: as of the last midnight that the case knows of.
    const { features } = evaluateAt(
      rule,
      history,
      history.events.length - 1,
      context,
      lastTick(history, knownMs),
    );
    for (const [name, expected] of Object.entries(given.expect)) {
      const reading = features.find((feature) => feature.name === name);
      if (reading === undefined) problems.push(`no feature ${name}`);
      else if (reading.value !== expected) {
        problems.push(`${name} is ${String(reading.value)} instead of ${String(expected)}`);
      }
    }
  }
  return { name: given.name, kind: given.kind, expected: given.fires, fired, problems };
}

/** The time known of a case; undefined where it is that of its last event. */
export function untilOf({ until }: RuleCase): number | undefined {
  return until === undefined ? undefined : Date.parse(until);
}

/** The last tick by `knownMs` that lies behind the last event; null where there is none. */
export function lastTick({ events }: SubjectHistory, knownMs: number | undefined): number | null {
  if (knownMs === undefined) return null;
  const tickMs = Math.floor(knownMs / DAY_MS) * DAY_MS;
  return tickMs > events[events.length - 1]!.time ? tickMs : null;
}

/** What no parameter names would test nothing. */
function unknownPeers({ program }: CheckedRule, { peers = {} }: RuleCase): string[] {
  const named = new Set(program.peers.map(({ table, quantileMilli }) => `${table}.p${quantileMilli}`));
  return Object.keys(peers)
    .filter((name) => !named.has(name))
    .map((name) => `the rule names no peers ${name}`);
}

function unknownFields(rule: CheckedRule, given: RuleCase): string[] {
  const table = fieldTable(rule.input);
  // What the rule does not read would test nothing.
  const isUnread = (name: string) => isProperty(name) && rule.status !== 'waiting';
  const named = [given.defaults ?? {}, ...given.events.map(({ set }) => set)].flatMap(Object.keys);
  return [...new Set(named)]
    .filter((name) => !Object.hasOwn(table, name) || FROM_HISTORY.has(name) || isUnread(name))
    .map((name) => `a case cannot set ${name}`);
}

/** The events of a case in total order, every field that is not worked out from the history filled in. */
export function eventsOf(rule: CheckedRule, given: RuleCase): RuleEvent[] {
  const events: RuleEvent[] = [];
  given.events.forEach(({ at, times, every, set, reversedAfter }, entry) => {
    const first = Date.parse(at);
    const step = every === undefined ? 0 : durationMs(every);
    for (let copy = 0; copy < times; copy++) {
      const time = first + copy * step;
      const said = numbered({ ...given.defaults, ...set }, copy);
      const id = `${String(entry).padStart(3, '0')}-${String(copy).padStart(5, '0')}`;
      const fields = rule.input === 'signals' ? signalFields(said, id, time) : rowFields(said, time, at);
      const event = { time, institution: 'bank', id, version: 1, fields };
      if (reversedAfter === undefined) events.push(event);
      else {
        const reversal = {
          time: time + durationMs(reversedAfter),
          institution: 'bank',
          id: `${id}-reversal`,
          version: 1,
          amountMinor: BigInt(fields['amount'] as number),
        };
        events.push({ ...event, reversals: [reversal] });
      }
    }
  });
  return events.sort((a, b) => a.time - b.time || compareUtf8(a.id, b.id));
}

function numbered(row: Row, copy: number): Row {
  const text = String(copy);
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name,
      typeof value === 'string' ? value.replaceAll('{i}', text) : value,
    ]),
  );
}

function signalFields(said: Row, id: string, time: number): Row {
  const holder = said['signal.observedHolder'] ?? CASE_SUBJECT;
  return {
    ...ORDINARY_SIGNAL,
    'signal.id': `signal-${id}`,
    'signal.observedHolder': holder,
    'signal.observedOn': `account:${String(holder)}`,
    ...said,
    time,
  };
}

function rowFields(said: Row, time: number, at: string): Row {
  const row: Row = { ...ORDINARY, ...said };
  const inferred: Row = {
    counterpartyKind: row['counterparty'] === undefined ? 'unknown' : 'person',
    source: row['counterparty'] ?? row['conductor'] ?? row['terminal'] ?? row['place'] ?? null,
    ...(row['ccy'] === 'USD' ? { amountUsd: row['amount'] ?? null } : {}),
    ...(row['ccy'] === 'MXN' ? { amountMxn: row['amount'] ?? null } : {}),
    ...(row['ccy'] === 'CAD' ? { amountCad: row['amount'] ?? null } : {}),
    ...calendarFields(time, at, row['precision']),
    ...roundField(row),
  };
  const complete: Row = {};
  for (const name of Object.keys(fieldTable('events'))) {
    if (FROM_HISTORY.has(name)) continue;
    complete[name] = said[name] !== undefined ? said[name] : (inferred[name] ?? row[name] ?? null);
  }
  return { ...complete, time };
}

function roundField({ amount, ccy }: Row): Row {
  const isKnown = typeof amount === 'number' || typeof amount === 'bigint';
  return isKnown && typeof ccy === 'string' ? { roundTo: roundToOf(amount, ccy) } : {};
}

function calendarFields(time: number, at: string, precision: FieldValue | undefined): Row {
  const local = time + offsetMinutes(at) * MINUTE_MS;
  const day = Math.floor(local / DAY_MS);
  if (precision === 'batch') return {};
  const ofDay = { localDay: day, weekday: weekdayOf(day), localMonth: monthOfDay(day) };
  if (precision === 'day') return ofDay;
  const minute = Math.floor((local - day * DAY_MS) / MINUTE_MS);
  const isNight = minute >= NIGHT_FROM_MINUTE || minute < NIGHT_UNTIL_MINUTE;
  return {
    ...ofDay,
    localMinute: minute,
    sendHour: Math.floor(minute / MINUTES_PER_HOUR),
    isNight,
    nightOf: isNight ? day - (minute < NIGHT_UNTIL_MINUTE ? 1 : 0) : null,
  };
}

function offsetMinutes(at: string): number {
  const offset = /([+-])(\d{2}):(\d{2})$/.exec(at);
  if (offset === null) return 0;
  const minutes = Number(offset[2]) * MINUTES_PER_HOUR + Number(offset[3]);
  return offset[1] === '-' ? -minutes : minutes;
}
