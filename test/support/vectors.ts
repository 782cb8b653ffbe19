/**
 * Conformance vectors: rows of one subject in, signals out. A vector is data; it names no evaluator.
 *
 * The loader fills in what a vector leaves out (a whole rule around the interesting part, the usual fields of a row),
 * and builds the effective set of `rules/SEMANTICS.md` §1 the naive way, so that an evaluator of histories can answer.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import type { EventFieldName, FieldValue, Reversal, RuleEvent } from '../../schemas/event-fields.ts';
import { durationText, type RuleFile, ruleFile } from '../../schemas/rule.ts';
import { vectorPeers } from './vector-peers.ts';

/** Offsets in a vector count from here: a Monday, 00:00 UTC. */
export const BASE_MS = Date.UTC(2025, 0, 6);
const DAY_MS = 86_400_000;

const scalar = z.union([z.string(), z.number(), z.bigint(), z.boolean(), z.null()]);
const fieldMap = z.record(z.string(), z.union([scalar, z.array(z.string())]));
/** `90m`, `1d2h30m5s20ms` after the base, `-2h` before it, or an ISO instant. */
const moment = z.string().regex(/^(-?(\d+(d|h|ms|m|s))+|\d{4}-\d{2}-\d{2}T.*Z)$/);
/** `[institution/]id[@version]`; the institution is BANK and the version 1 unless written. */
const refText = z.string().regex(/^([^/@]+\/)?[^/@]+(@\d+)?$/);
const reading = z.union([
  z.string(),
  z.number(),
  z.bigint(),
  z.boolean(),
  z.null(),
  z.strictObject({ ratio: z.tuple([z.number(), z.number()]) }),
  z.strictObject({ sqrt: z.tuple([z.number(), z.number()]) }),
]);

const vectorRow = z.strictObject({
  id: z.string(),
  at: moment,
  institution: z.string().optional(),
  version: z.int().optional(),
  /** Copies, spaced by `every`; `{i}` in a string is the copy's number from 0. */
  times: z.int().min(1).max(70_000).optional(),
  every: durationText.optional(),
  set: fieldMap.optional(),
  /** One value per copy; sets the number of copies. */
  each: z.record(z.string(), z.array(scalar)).optional(),
  /** Fields that the feed does not provide. */
  absent: z.array(z.string()).optional(),
  withdrawn: z.boolean().optional(),
  /** This row takes back (part of) another: the whole of it without `amount`. */
  reverses: refText.optional(),
  amount: z.union([z.int(), z.bigint()]).optional(),
});

const expectedAt = z.strictObject({
  event: refText,
  truth: z.boolean().nullable().optional(),
  features: z.record(z.string(), reading).optional(),
  missing: z.record(z.string(), z.int()).optional(),
  strength: z.int().optional(),
  evidence: z.array(refText).optional(),
});

const expectedSignal = z.strictObject({
  opens: refText,
  version: z.int().min(1),
  at: refText,
  /** The tick after the event of `at` as of which the version was made (§9a). */
  tick: moment.optional(),
  evidence: z.array(refText).optional(),
  features: z.record(z.string(), reading).optional(),
  strength: z.int().optional(),
  truncated: z.boolean().optional(),
  attributions: z
    .array(z.strictObject({ subject: z.string(), role: z.string(), weight: z.number() }))
    .optional(),
});

const vectorShape = z.strictObject({
  name: z.string().min(5).max(100),
  page: z.string().regex(/^§\d+$/),
  why: z.string().min(10),
  subject: z.strictObject({ kind: z.string(), key: z.string() }).optional(),
  rule: z.record(z.string(), z.unknown()),
  defaults: fieldMap.optional(),
  /** When the rule is in force; always unless said. */
  inForce: z.strictObject({ from: moment.optional(), until: moment.optional() }).optional(),
  thresholds: z.record(z.string(), z.array(z.strictObject({ from: moment, value: z.int() }))).optional(),
  peers: vectorPeers.optional(),
  holidays: z.record(z.string(), z.array(z.iso.date())).optional(),
  events: z.array(vectorRow).min(1),
  /** The time known, where it is later than every row (§9a). */
  known: moment.optional(),
  expect: z.strictObject({
    at: z.array(expectedAt).optional(),
    signals: z.array(expectedSignal),
  }),
  /** Parts that an evaluator leaves out, with the reason. */
  skip: z.partialRecord(z.enum(['reference', 'hot', 'brute', 'sql']), z.string().min(20)).optional(),
});
export const vectorFile = z.strictObject({ vectors: z.array(vectorShape).min(1) });

export interface Row {
  readonly institution: string;
  readonly id: string;
  readonly version: number;
  readonly time: number;
  readonly withdrawn: boolean;
  readonly reverses: { institution: string; id: string; amount: bigint | null } | null;
  readonly fields: Readonly<Record<string, FieldValue>>;
}

export interface Vector {
  readonly name: string;
  readonly file: string;
  readonly subjectKind: string;
  readonly subjectKey: string;
  readonly ruleText: string;
  readonly rule: RuleFile;
  readonly inForce?: { readonly fromMs: number; readonly untilMs: number };
  readonly rows: readonly Row[];
  readonly knownMs: number;
  readonly thresholds: ReadonlyMap<string, readonly { from: number; value: number }[]>;
  readonly peers: z.infer<typeof vectorPeers>;
  /** Local days (since 1970) that are public holidays, by country. */
  readonly holidays: ReadonlyMap<string, ReadonlySet<number>>;
  readonly expect: z.infer<typeof vectorShape>['expect'];
  readonly skip: Readonly<Record<string, string | undefined>>;
}

export interface History {
  readonly subjectKey: string;
  readonly subjectKind: string;
  readonly events: readonly RuleEvent[];
}

const UNIT_MS = { d: DAY_MS, h: 3_600_000, m: 60_000, s: 1_000, ms: 1 } as const;

export function momentMs(text: string): number {
  if (text.includes('T')) return Date.parse(text);
  let total = 0;
  for (const [, count, unit] of text.matchAll(/(\d+)(d|h|ms|m|s)/g)) {
    total += Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS];
  }
  return BASE_MS + (text.startsWith('-') ? -total : total);
}

export function dayOf(isoDate: string): number {
  return Date.parse(`${isoDate}T00:00:00Z`) / DAY_MS;
}

/** `institution/id@version`, in full. */
export function fullRef(text: string): string {
  const [head, version] = text.split('@') as [string, string | undefined];
  return `${head.includes('/') ? head : `BANK/${head}`}@${version ?? '1'}`;
}

export function refOf(event: { institution: string; id: string; version: number }): string {
  return `${event.institution}/${event.id}@${event.version}`;
}

/** What a complete row provides; a vector overrides it by `defaults`, `set`, `each` and `absent`. */
const USUAL_FIELDS: Readonly<Record<string, FieldValue>> = {
  direction: 'in',
  kind: 'transfer',
  rail: 'spei',
  channel: 'mobile',
  instrument: 'account',
  amount: 1_000,
  ccy: 'MXN',
  account: 'acct',
  holder: 'holder',
  accountBank: 'BANK',
  coverage: 'full_account',
  precision: 'second',
  status: 'completed',
};

const SIGNAL_DEFAULTS: Readonly<Record<string, FieldValue>> = {
  'signal.rule': 'BAS-01',
  'signal.observedOn': 'acct',
  'signal.observedHolder': 'holder',
  'signal.observedBank': 'BANK',
  'signal.role': 'suspected_controller',
  'signal.strengthMilli': 500,
  'signal.family': 'COL',
  'signal.isOwn': false,
  'signal.payee': null,
};

function numbered(value: FieldValue, i: number): FieldValue {
  return typeof value === 'string' ? value.replaceAll('{i}', String(i)) : value;
}

/** `day:utc` is the UTC day of the row, `day:2025-01-06` that day, both as days since 1970. */
function dayText(value: FieldValue, time: number): FieldValue {
  if (typeof value !== 'string' || !value.startsWith('day:')) return value;
  return value === 'day:utc' ? Math.floor(time / DAY_MS) : dayOf(value.slice(4));
}

function expandRow(
  row: z.infer<typeof vectorRow>,
  defaults: Readonly<Record<string, FieldValue>>,
  signals: boolean,
): Row[] {
  const lists = Object.values(row.each ?? {});
  const times = lists[0]?.length ?? row.times ?? 1;
  if (lists.some((list) => list.length !== times)) throw new Error(`${row.id}: lists of unequal length`);
  const every = row.every === undefined ? 0 : momentMs(row.every) - BASE_MS;
  const institution = row.institution ?? (signals ? 'signal' : 'BANK');
  const out: Row[] = [];
  for (let i = 0; i < times; i++) {
    const time = momentMs(row.at) + i * every;
    const fields: Record<string, FieldValue> = { time, institution };
    const each = Object.entries(row.each ?? {}).map(([name, list]) => [name, list[i] ?? null] as const);
    const layers = [
      signals ? SIGNAL_DEFAULTS : USUAL_FIELDS,
      defaults,
      row.set ?? {},
      Object.fromEntries(each),
    ];
    for (const [name, value] of layers.flatMap((layer) => Object.entries(layer))) {
      fields[name] = dayText(numbered(value, i), time);
    }
    for (const name of row.absent ?? []) delete fields[name];
    if (signals) delete fields['institution'];
    const original = row.reverses === undefined ? null : fullRef(row.reverses.replaceAll('{i}', String(i)));
    out.push({
      institution,
      id: row.id.replaceAll('{i}', String(i)),
      version: row.version ?? 1,
      time,
      withdrawn: row.withdrawn ?? false,
      reverses:
        original === null
          ? null
          : {
              institution: original.slice(0, original.indexOf('/')),
              id: original.slice(original.indexOf('/') + 1, original.indexOf('@')),
              amount: row.amount === undefined ? null : BigInt(row.amount),
            },
      fields,
    });
  }
  return out;
}

const everyLanguage = (text: string) => ({ es: text, en: text, fr: text });

const NO_CASE = [
  { name: 'none', kind: 'silent', fires: false, events: [{ at: '2025-01-06T00:00:00Z', set: {} }] },
];

/** A whole rule file around the parts that a vector cares for. */
export function completeRule(fragment: Readonly<Record<string, unknown>>): unknown {
  const features = (fragment['features'] ?? {}) as Record<string, unknown>;
  const { cases = NO_CASE, ...rest } = fragment;
  return {
    id: 'TST-01',
    version: '1.0.0',
    status: 'live',
    title: everyLanguage('Conformance'),
    form: 'laundering',
    family: 'COL',
    weight: 1,
    holderRole: 'unknown',
    subject: 'account',
    jurisdictions: ['MX'],
    sources: [{ document: 'rules/SEMANTICS.md', year: 2025 }],
    strength: { of: Object.keys(features)[0], at: 1, full: 1_000_000_000 },
    attributions: [{ to: 'holder', role: 'unknown', weight: 1, why: everyLanguage('It fired here') }],
    explain: everyLanguage('It fired'),
    ...rest,
    // The cases are the end of a rule file.
    cases,
  };
}

/** Small integers as numbers, others as bigint: a YAML integer beyond 2^53 keeps its value. */
function narrow(value: unknown): unknown {
  if (typeof value === 'bigint') {
    return Number.isSafeInteger(Number(value)) && BigInt(Number(value)) === value ? Number(value) : value;
  }
  if (Array.isArray(value)) return value.map(narrow);
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, narrow(inner)]));
  }
  return value;
}

export function loadVectors(folder: string): Vector[] {
  const out: Vector[] = [];
  for (const file of readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .sort()) {
    const document: unknown = parse(readFileSync(join(folder, file), 'utf8'), { intAsBigInt: true });
    for (const shape of vectorFile.parse(narrow(document), { reportInput: true }).vectors) {
      const whole = completeRule(shape.rule);
      const rule = ruleFile.parse(whole);
      const signals = rule.input === 'signals';
      const rows = shape.events.flatMap((row) => expandRow(row, shape.defaults ?? {}, signals));
      const kinds = Array.isArray(rule.subject) ? rule.subject : [rule.subject];
      out.push({
        name: shape.name,
        file,
        subjectKind: shape.subject?.kind ?? kinds[0] ?? 'account',
        subjectKey: shape.subject?.key ?? 'acct',
        ruleText: stringify(whole),
        rule,
        inForce: {
          fromMs: shape.inForce?.from === undefined ? Number.NEGATIVE_INFINITY : momentMs(shape.inForce.from),
          untilMs:
            shape.inForce?.until === undefined ? Number.POSITIVE_INFINITY : momentMs(shape.inForce.until),
        },
        rows,
        knownMs: Math.max(knownOf(rows), shape.known === undefined ? 0 : momentMs(shape.known)),
        thresholds: new Map(
          Object.entries(shape.thresholds ?? {}).map(([id, steps]) => [
            id,
            steps.map((step) => ({ from: momentMs(step.from), value: step.value })),
          ]),
        ),
        peers: shape.peers ?? {},
        holidays: new Map(
          Object.entries(shape.holidays ?? {}).map(([country, dates]) => [
            country,
            new Set(dates.map(dayOf)),
          ]),
        ),
        expect: shape.expect,
        skip: shape.skip ?? {},
      });
    }
  }
  return out;
}

/** The highest time of the rows, in force or not. */
export function knownOf(rows: readonly Row[]): number {
  return rows.reduce((known, { time }) => Math.max(known, time), Number.NEGATIVE_INFINITY);
}

const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

export function totalOrder(
  a: { time: number; institution: string; id: string; version: number },
  b: { time: number; institution: string; id: string; version: number },
): number {
  return (
    a.time - b.time || byBytes(a.institution, b.institution) || byBytes(a.id, b.id) || a.version - b.version
  );
}

/**
 * The effective set of one subject's rows in total order: of each (institution, id) the highest version, nothing of
 * what was withdrawn, reversals beside the row they take back. Of two rows with equal reference the first one counts.
 */
export function effectiveEvents(rows: readonly Row[]): RuleEvent[] {
  const standing = new Map<string, Row>();
  for (const row of rows) {
    // Of a signal every version is an event of its own (§11).
    const key = row.institution === 'signal' ? refOf(row) : `${row.institution}/${row.id}`;
    const known = standing.get(key);
    if (known === undefined || row.version > known.version) standing.set(key, row);
  }
  const effective = [...standing.values()].filter((row) => !row.withdrawn).sort(totalOrder);
  const reversing = effective.filter((row) => row.reverses !== null);
  return effective
    .filter((row) => row.reverses === null)
    .map((row) => {
      const reversals: Reversal[] = reversing
        .filter((other) => other.reverses?.institution === row.institution && other.reverses.id === row.id)
        .map((other) => ({
          time: other.time,
          institution: other.institution,
          id: other.id,
          version: other.version,
          amountMinor:
            other.reverses?.amount ?? BigInt((row.fields['amount'] as number | bigint | null) ?? 0),
        }));
      return {
        time: row.time,
        institution: row.institution,
        id: row.id,
        version: row.version,
        fields: row.fields as Partial<Record<EventFieldName, FieldValue>>,
        ...(reversals.length === 0 ? {} : { reversals }),
      };
    });
}

export function historyOf(vector: Vector): History {
  return {
    subjectKey: vector.subjectKey,
    subjectKind: vector.subjectKind,
    events: effectiveEvents(vector.rows),
  };
}
