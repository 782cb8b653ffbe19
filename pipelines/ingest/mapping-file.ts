/** Reading a mapping file: YAML, the contract, and what only the canonical model knows. Every error says file:line:col. */
import { LineCounter, parseDocument } from 'yaml';
import { RastroError } from '../../schemas/errors/index.ts';
import { type Mapping, mapping as mappingSchema, type ValueSpec } from '../../schemas/mapping.ts';
import { FEED_LIMITS } from './limits.ts';
import { type PlanIssue, type PlannedField, planFields, rootShape } from './mapping-plan.ts';
import { PROVIDABLE } from './provided.ts';
import type { LeafShape } from './shape.ts';
import { ShapeWalk } from './shape-walk.ts';
import { formatHasOffset, formatHasTime, isTimeFormat } from './time-text.ts';
import { ZoneClock } from './zone-time.ts';

export interface MappingIssue {
  readonly line: number;
  readonly col: number;
  readonly detail: string;
}

export interface MappingReading {
  /** Null when there are issues. */
  readonly mapping: Mapping | null;
  readonly issues: readonly MappingIssue[];
}

type DocumentPath = readonly (string | number)[];

/** What a constant or table value must satisfy is what its field must satisfy. */
function constantIssue(value: unknown, leaf: LeafShape, at: DocumentPath): PlanIssue | null {
  const typed = leaf.type === 'string' ? String(value) : value;
  const found = new ShapeWalk().check(leaf, typed);
  return found === null
    ? null
    : { at, detail: `${JSON.stringify(value)} is no value of this field (${found.code})` };
}

function* constantsOf(mapping: Mapping, field: PlannedField): Generator<[unknown, DocumentPath]> {
  const sides = (value: unknown, at: DocumentPath): [unknown, DocumentPath][] =>
    value !== null && typeof value === 'object'
      ? Object.values(value).map((one) => [one, at])
      : [[value, at]];
  if (field.table !== null) {
    const table = mapping.tables[field.table];
    for (const [code, row] of Object.entries(table?.rows ?? {})) {
      const value = row[field.written];
      if (value !== undefined) yield* sides(value, ['tables', field.table, 'rows', code, field.written]);
    }
    const otherwise = table?.otherwise?.[field.written];
    if (otherwise !== undefined) yield* sides(otherwise, ['tables', field.table, 'otherwise', field.written]);
    return;
  }
  const at = ['fields', field.written] as const;
  const { spec } = field;
  if (spec.const !== undefined) yield [spec.const, [...at, 'const']];
  if (spec.constByDirection !== undefined) yield* sides(spec.constByDirection, [...at, 'constByDirection']);
  for (const [code, value] of Object.entries(spec.table ?? {})) yield [value, [...at, 'table', code]];
  if (spec.otherwise !== undefined) yield [spec.otherwise, [...at, 'otherwise']];
  if (spec.default !== undefined) yield [spec.default, [...at, 'default']];
}

function* timeIssues(mapping: Mapping, field: PlannedField): Generator<PlanIssue> {
  const { time } = field.spec;
  if (time === undefined) return;
  const at = ['fields', field.written, 'time'];
  if (
    field.leaf.meaning !== 'date' &&
    field.leaf.meaning !== 'moment' &&
    field.leaf.meaning !== 'date-or-moment'
  ) {
    yield { at, detail: `${field.written} is no time` };
    return;
  }
  for (const format of time.formats) {
    if (!isTimeFormat(format)) yield { at: [...at, 'formats'], detail: `"${format}" is no time format` };
    if (format.startsWith('step-') && time.from === undefined) {
      yield { at, detail: `${format} needs \`from\`` };
    }
  }
  const zones =
    typeof time.zone === 'string'
      ? [time.zone]
      : [
          ...Object.values(time.zone?.table ?? {}),
          ...(time.zone?.otherwise === undefined ? [] : [time.zone.otherwise]),
        ];
  for (const name of zones) {
    if (ZoneClock.of(name) === null) yield { at: [...at, 'zone'], detail: `"${name}" is no IANA time zone` };
  }
  const coarse = mapping.precision === 'day' || mapping.precision === 'batch';
  if (field.leaf.meaning === 'date' || (field.path === 'occurredAt' && coarse)) return;
  if (
    time.zone === undefined &&
    time.formats.some((format) => formatHasTime(format) && !formatHasOffset(format))
  ) {
    yield { at, detail: 'a format without an offset needs `zone`' };
  }
  if (field.path === 'occurredAt' && mapping.precision !== undefined && !time.formats.some(formatHasTime)) {
    yield {
      at,
      detail: `these formats have no time of day; the mapping's precision says ${mapping.precision}`,
    };
  }
}

function* specIssues(spec: ValueSpec, field: PlannedField): Generator<PlanIssue> {
  const at = ['fields', field.written];
  if (spec.amount !== undefined && field.leaf.meaning !== 'amount') {
    yield { at: [...at, 'amount'], detail: `${field.written} is no amount` };
  }
  const readers = [spec.time, spec.amount, spec.check, spec.table].filter((one) => one !== undefined);
  if (readers.length > 1) yield { at, detail: 'only one of time, amount, check, table applies to a field' };
}

function* planIssues(mapping: Mapping): Generator<PlanIssue> {
  const { fields, issues } = planFields(mapping);
  yield* issues;
  for (const field of fields) {
    for (const [value, at] of constantsOf(mapping, field)) {
      const found = constantIssue(value, field.leaf, at);
      if (found !== null) yield found;
    }
    if (field.table !== null) continue;
    yield* specIssues(field.spec, field);
    yield* timeIssues(mapping, field);
  }
  const taken = new Map<string, PlannedField>();
  for (const field of fields) {
    const key = `${field.path} ${field.side}`;
    const other = taken.get(key);
    if (other !== undefined && other.table !== field.table) {
      yield { at: ['fields', field.written], detail: `${field.path} is also given by a table` };
    }
    taken.set(key, field);
  }
  for (const name of mapping.provides ?? []) {
    if (!PROVIDABLE.includes(name)) {
      yield { at: ['provides'], detail: `"${name}" is none of ${PROVIDABLE.join(', ')}` };
    }
  }
  if (mapping.source.format === 'fixed' && mapping.source.records === undefined) {
    yield { at: ['source'], detail: 'a fixed-width source needs `records`' };
  }
  if (mapping.source.format === 'csv' && !mapping.source.header && mapping.source.columns === undefined) {
    yield { at: ['source'], detail: 'a file without header needs `columns`' };
  }
  if (!mapping.canonical) yield* missingFields(mapping, new Set(fields.map((field) => field.path)));
}

function* missingFields(mapping: Mapping, given: ReadonlySet<string>): Generator<PlanIssue> {
  for (const name of rootShape(mapping).required) {
    if (name === 'id' && mapping.idFrom === 'content') continue;
    if (name === 'institution' && mapping.institution !== undefined) continue;
    if (given.has(name) || [...given].some((path) => path.startsWith(`${name}.`))) continue;
    yield { at: ['fields'], detail: `the required field ${name} is not mapped` };
  }
  const times = ['occurredAt', 'postedAt', 'valueDate'];
  if (mapping.kind === 'transactions' && !times.some((name) => given.has(name))) {
    yield { at: ['fields'], detail: `one of ${times.join(', ')} must be mapped` };
  }
}

/** Reads and checks; never throws on what a file can hold. */
export function readMapping(text: string): MappingReading {
  const lines = new LineCounter();
  if (text.length > FEED_LIMITS.MAPPING_BYTES) {
    const detail = `a mapping has at most ${FEED_LIMITS.MAPPING_BYTES} bytes`;
    return { mapping: null, issues: [{ line: 1, col: 1, detail }] };
  }
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, merge: true });
  const place = (offset: number, detail: string): MappingIssue => ({ ...lines.linePos(offset), detail });
  if (document.errors.length > 0) {
    const issues = document.errors.map((error) => place(error.pos[0], error.message.split('\n')[0] ?? ''));
    return { mapping: null, issues };
  }
  /** The nearest node that exists on the way to a path, so that a missing key points at its parent. */
  const locate = (path: DocumentPath, detail: string): MappingIssue => {
    for (let depth = path.length; depth >= 0; depth--) {
      const node = depth === 0 ? document.contents : document.getIn(path.slice(0, depth), true);
      const range = (node as { range?: readonly [number, number, number] } | null | undefined)?.range;
      if (range)
        return place(range[0], depth === 0 ? detail : `${path.slice(0, depth).join('.')}: ${detail}`);
    }
    return { line: 1, col: 1, detail };
  };
  let content: unknown;
  try {
    content = document.toJS({ maxAliasCount: 50 });
  } catch (error) {
    return { mapping: null, issues: [{ line: 1, col: 1, detail: (error as Error).message }] };
  }
  const parsed = mappingSchema.safeParse(content);
  if (!parsed.success) {
    const issues = parsed.error.issues.map((issue) => locate(issue.path as DocumentPath, issue.message));
    return { mapping: null, issues };
  }
  const issues = [...planIssues(parsed.data)].map((issue) => locate(issue.at, issue.detail));
  return issues.length > 0 ? { mapping: null, issues } : { mapping: parsed.data, issues: [] };
}

/** The mapping, or a `RAS-FEED-MAPPING-INVALID` that names the first place and counts the rest. */
export function parseMapping(text: string, fileName: string): Mapping {
  const { mapping, issues } = readMapping(text);
  if (mapping !== null) return mapping;
  const [first] = issues;
  const rest = issues.length > 1 ? ` (and ${issues.length - 1} more)` : '';
  throw new RastroError('RAS-FEED-MAPPING-INVALID', {
    where: `${fileName}:${first?.line}:${first?.col}`,
    detail: `${first?.detail}${rest}`,
  });
}
