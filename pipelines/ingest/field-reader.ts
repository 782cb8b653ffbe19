/** One entry of a mapping's `fields`, compiled: from a row of texts to one canonical value, or to why there is none. */
import type { ErrorCode, ErrorParams } from '../../schemas/errors/index.ts';
import type { Transform, ValueSpec } from '../../schemas/mapping.ts';
import { amountReader } from './amount-text.ts';
import { isClabe } from './clabe.ts';
import type { LeafShape } from './shape.ts';
import { formatHasTime, timeReader } from './time-text.ts';

export type Row = readonly string[];
export type Scalar = string | number | boolean;

/** What the readers of one row share: the side of the statement's own account, and the first problem met. */
export interface RowState {
  /** True when money left the statement's own account; null for feeds that name debtor and creditor themselves. */
  isDebit: boolean | null;
  problem: RowProblem | null;
}

export interface RowProblem {
  readonly field: string;
  readonly code: ErrorCode;
  readonly params: ErrorParams;
  readonly value: unknown;
}

/** A canonical value, or undefined where the row has none. Problems go to the state. */
export type FieldReader = (row: Row, state: RowState) => Scalar | undefined;

/** Index of a column; -1 where the file lacks it and the mapping allows that. */
export type ColumnIndex = (column: string) => number;

function problem(
  state: RowState,
  field: string,
  code: ErrorCode,
  value: unknown,
  params: ErrorParams = {},
): undefined {
  state.problem ??= { field, code, params, value };
  return undefined;
}

function compileTransform(step: Transform): (text: string) => string {
  if (typeof step === 'object') {
    if ('pad' in step) {
      const { length, with: filler, side } = step.pad;
      return side === 'left'
        ? (text) => (text === '' ? '' : text.padStart(length, filler))
        : (text) => (text === '' ? '' : text.padEnd(length, filler));
    }
    if ('slice' in step) return (text) => text.slice(step.slice[0], step.slice[1]);
    if ('prefix' in step) return (text) => (text === '' ? '' : step.prefix + text);
    return (text) => text.split(step.part.by)[step.part.index] ?? '';
  }
  switch (step) {
    case 'trim':
      return (text) => text.trim();
    case 'upper':
      return (text) => text.toUpperCase();
    case 'lower':
      return (text) => text.toLowerCase();
    case 'digits':
      return (text) => text.replace(/\D/g, '');
    case 'squeeze':
      return (text) => text.replace(/\s+/g, ' ');
    case 'length':
      return (text) => (text === '' ? '' : String(text.length));
  }
}

/** The steps one after another, blanks around the text cut off first. */
export function compileTransforms(steps: readonly Transform[] = []): (text: string) => string {
  const compiled = steps.map(compileTransform);
  return (text) => {
    let out = text.trim();
    for (const step of compiled) out = step(out);
    return out;
  };
}

/** Text as the leaf wants it: booleans and numbers only in their one plain spelling. */
function convert(text: string, leaf: LeafShape, field: string, state: RowState): Scalar | undefined {
  if (leaf.type === 'string') return text;
  if (leaf.type === 'boolean') {
    const lower = text.toLowerCase();
    if (lower === 'true' || lower === 'false') return lower === 'true';
    return problem(state, field, 'RAS-FEED-VALUE-TYPE', text, { field, expected: 'boolean' });
  }
  if (!/^-?\d{1,15}(\.\d{1,15})?$/.test(text)) {
    return problem(state, field, 'RAS-FEED-VALUE-TYPE', text, { field, expected: leaf.type });
  }
  return Number(text);
}

function compileSource(spec: ValueSpec, indexOf: ColumnIndex): (row: Row, state: RowState) => string {
  if (spec.column !== undefined) {
    const index = indexOf(spec.column);
    return (row) => row[index] ?? '';
  }
  if (spec.byDirection !== undefined) {
    const debit = indexOf(spec.byDirection.debit);
    const credit = indexOf(spec.byDirection.credit);
    return (row, state) => row[state.isDebit === true ? debit : credit] ?? '';
  }
  const indices = (spec.columns ?? []).map(indexOf);
  return (row) => {
    const parts: string[] = [];
    for (const index of indices) {
      const part = (row[index] ?? '').trim();
      if (part !== '') parts.push(part);
    }
    return parts.join(spec.join);
  };
}

function compileZone(spec: ValueSpec, indexOf: ColumnIndex): (row: Row) => string | null {
  const zone = spec.time?.zone;
  if (zone === undefined) return () => null;
  if (typeof zone === 'string') return () => zone;
  const index = indexOf(zone.column);
  const table = new Map(Object.entries(zone.table));
  return (row) => table.get((row[index] ?? '').trim()) ?? zone.otherwise ?? null;
}

/** From cleaned text to the canonical value. */
function compileMeaning(
  spec: ValueSpec,
  leaf: LeafShape,
  field: string,
  indexOf: ColumnIndex,
  dateOnly: boolean,
): (text: string, row: Row, state: RowState) => Scalar | undefined {
  const { time, amount } = spec;
  if (time !== undefined) {
    const plain = dateOnly || leaf.meaning === 'date' || !time.formats.some(formatHasTime);
    const read = timeReader(time, plain);
    const zoneOf = compileZone(spec, indexOf);
    return (text, row, state) => {
      const result = read(text, zoneOf(row));
      if (result.fault === null) return result.text;
      return problem(state, field, result.fault, text, { field, zone: result.zone ?? '' });
    };
  }
  if (amount !== undefined) {
    const reader = amountReader(amount);
    return (text, _row, state) => {
      const read = reader.read(text);
      if (read === null) return problem(state, field, 'RAS-FEED-AMOUNT-FORMAT', text);
      if (reader.refusesMinus && read.startsWith('-')) {
        return problem(state, field, 'RAS-FEED-AMOUNT-NEGATIVE', text);
      }
      return read;
    };
  }
  if (spec.check === 'clabe') {
    return (text, _row, state) => {
      if (/^\d{18}$/.test(text) && !isClabe(text))
        return problem(state, field, 'RAS-FEED-CLABE-CHECK', text, { field });
      return text;
    };
  }
  return (text, _row, state) => convert(text, leaf, field, state);
}

/** What a field reads: with one column and no direction, its value is a function of that column's text. */
export interface FieldInputs {
  readonly columns: readonly number[];
  readonly byDirection: boolean;
}

/** The columns that the reader of an entry looks at, those that the file lacks left out. */
export function inputsOf(spec: ValueSpec, indexOf: ColumnIndex): FieldInputs {
  const zone = spec.time?.zone;
  const names = [
    spec.column,
    ...(spec.columns ?? []),
    spec.byDirection?.debit,
    spec.byDirection?.credit,
    spec.when?.column,
    typeof zone === 'object' ? zone.column : undefined,
  ];
  const columns = new Set(names.flatMap((name) => (name === undefined ? [] : [indexOf(name)])));
  columns.delete(-1);
  return {
    columns: [...columns],
    byDirection: spec.byDirection !== undefined || spec.constByDirection !== undefined,
  };
}

const asLeaf = (value: Scalar, leaf: LeafShape): Scalar => (leaf.type === 'string' ? String(value) : value);

/** `dateOnly`: the mapping's precision is day or batch and this field is the event's time. */
export function compileField(
  field: string,
  spec: ValueSpec,
  leaf: LeafShape,
  indexOf: ColumnIndex,
  dateOnly: boolean,
): FieldReader {
  let read: FieldReader;
  if (spec.const !== undefined) {
    const constant = asLeaf(spec.const, leaf);
    read = () => constant;
  } else if (spec.constByDirection !== undefined) {
    const debit = asLeaf(spec.constByDirection.debit, leaf);
    const credit = asLeaf(spec.constByDirection.credit, leaf);
    read = (_row, state) => (state.isDebit === true ? debit : credit);
  } else {
    const source = compileSource(spec, indexOf);
    const clean = compileTransforms(spec.transforms);
    const empty = new Set(spec.empty ?? []);
    const table = spec.table === undefined ? null : new Map(Object.entries(spec.table));
    const meaning = compileMeaning(spec, leaf, field, indexOf, dateOnly);
    const fallback = spec.default === undefined ? undefined : asLeaf(spec.default, leaf);
    read = (row, state) => {
      const raw = source(row, state).trim();
      const text = empty.has(raw) ? '' : clean(raw);
      if (text === '') return fallback;
      if (table === null) return meaning(text, row, state);
      const found = table.get(text) ?? spec.otherwise;
      if (found === undefined) return problem(state, field, 'RAS-FEED-VALUE-UNKNOWN', text, { field });
      return asLeaf(found, leaf);
    };
  }
  const { when } = spec;
  if (when === undefined) return read;
  const index = indexOf(when.column);
  const is = when.is === undefined ? null : new Set(when.is);
  const isNot = new Set(when.isNot ?? []);
  return (row, state) => {
    const text = (row[index] ?? '').trim();
    return (is === null || is.has(text)) && !isNot.has(text) ? read(row, state) : undefined;
  };
}
