/**
 * Facts of rows, the slow and obvious way: every column is a field of `eventView`, and every member is one of
 * `membershipsOf`, so that what a fact means is said in those two places alone. Ingest pays for it once a row; whoever
 * reads a block gets the columns.
 */

import { dictionaryOf } from '../../schemas/block-layout.ts';
import { SUBJECT_KINDS, type SubjectKind } from '../../schemas/enumerations.ts';
import type { RuleEvent } from '../../schemas/event-fields.ts';
import {
  BYTE_NULL,
  FACT_COLUMNS,
  FACT_FLAGS,
  type FactBatch,
  type FactColumn,
  type FactColumnName,
  type FactColumns,
  FIELD_FACTS,
  SMALL_NULL,
  STANDPOINTS,
  type StandpointKind,
  TEXT_NULL,
} from '../../schemas/facts.ts';
import { isNullColumn, openFacts, ownColumn } from '../../schemas/null-columns.ts';
import type { Transaction } from '../../schemas/transaction.ts';
import { eventView, type Standpoint } from '../detect/event-view.ts';
import { membershipsOf } from '../detect/subjects.ts';
import type { FactDictionary } from './dictionary.ts';

export interface FactRow {
  readonly tx: Transaction;
  /** Content hash, hex, at least 32 digits. */
  readonly hash: string;
  /** `needs` that the row's feed provides. */
  readonly provided: ReadonlySet<string>;
}

/** 32-bit words of the content hash that a batch keeps: 128 bits. */
export const HASH_WORDS = 4;
const WORD_DIGITS = 8;

/** Kinds that `FactMembers` lists: what an account or a holder is on, the columns say (`ownerLegs`). */
const MEMBER_KINDS: ReadonlySet<SubjectKind> = new Set(
  SUBJECT_KINDS.filter((kind) => kind !== 'account' && kind !== 'holder'),
);

/** Any subject kind of a standpoint: the view depends on nothing else of it. */
const KIND_OF: Readonly<Record<StandpointKind, SubjectKind>> = {
  owner: 'account',
  actor: 'conductor',
  named: 'terminal',
};

const SIDES: readonly Standpoint[] = ['debtor', 'creditor'];

type Field = keyof (typeof FIELD_FACTS)['owner'];

/** The field of an event in which a column is read at the subject's own place. */
interface Source {
  readonly column: FactColumnName;
  readonly field: Field;
  readonly standpoint: StandpointKind;
}

function sourceOf(column: FactColumnName): Source {
  for (const standpoint of STANDPOINTS) {
    for (const [field, read] of Object.entries(FIELD_FACTS[standpoint])) {
      if (read.column === column && read.at !== 'other') return { column, field: field as Field, standpoint };
    }
  }
  throw new Error(`no field reads the column ${column}`);
}

const SOURCES = (Object.keys(FACT_COLUMNS) as FactColumnName[]).map(sourceOf);

type Value = RuleEvent['fields'][Field];
type Put = (value: Value, place: number, row: number) => void;

/** Writes values of one column, which a sparse one becomes with the first of them. */
function putInto(
  columns: FactColumns,
  name: FactColumnName,
  dictionary: FactDictionary,
  textId: (text: string) => number,
  wide: Map<number, bigint>,
  rows: number,
): Put {
  if (!isNullColumn(columns[name])) return putIntoOwn(columns, name, dictionary, textId, wide);
  const column: FactColumn = FACT_COLUMNS[name];
  const saysNothing = column.none === undefined ? null : column.none === 1;
  let put: Put | undefined;
  return (value, place, row) => {
    if (value === null || value === undefined || value === saysNothing) return;
    if (put === undefined) {
      ownColumn(columns, name, column.per === 'row' ? rows : 2 * rows);
      put = putIntoOwn(columns, name, dictionary, textId, wide);
    }
    put(value, place, row);
  };
}

function putIntoOwn(
  columns: FactColumns,
  name: FactColumnName,
  dictionary: FactDictionary,
  textId: (text: string) => number,
  wide: Map<number, bigint>,
): Put {
  const column = columns[name];
  const { type, values = [] }: FactColumn = FACT_COLUMNS[name];
  switch (type) {
    case 'int':
      return (value, place, row) => {
        if (typeof value === 'bigint') wide.set(row, value);
        column[place] = typeof value === 'number' ? value : Number.NaN;
      };
    case 'small':
      return (value, place) => {
        column[place] = value === null || value === undefined ? SMALL_NULL : smallOf(name, value);
      };
    case 'bool':
      return (value, place) => {
        column[place] = value === null || value === undefined ? BYTE_NULL : Number(value);
      };
    case 'enum': {
      const codes = new Map<Value, number>(values.map((value, code) => [value, code]));
      return (value, place) => {
        column[place] = value === null || value === undefined ? BYTE_NULL : codeOf(name, codes, value);
      };
    }
    case 'text':
      return (value, place) => {
        column[place] = typeof value === 'string' ? textId(value) : TEXT_NULL;
      };
    case 'set':
      return (value, place) => {
        column[place] = dictionary.setId(value as readonly string[]);
      };
  }
}

function smallOf(name: string, value: Exclude<Value, null | undefined>): number {
  if (typeof value !== 'number' || (value | 0) !== value || value === SMALL_NULL)
    throw new RangeError(`the column ${name} does not hold ${String(value)}`);
  return value;
}

function codeOf(name: string, codes: ReadonlyMap<Value, number>, value: Value): number {
  const code = codes.get(value);
  if (code === undefined) throw new RangeError(`the column ${name} does not hold ${String(value)}`);
  return code;
}

/** The reference by which two reports of one transfer are known (SEMANTICS §1). */
function sharedReference(tx: Transaction): string | undefined {
  return tx.refs?.endToEndId ?? tx.refs?.uetr;
}

/** Facts of rows, in their order; their texts become ids of `dictionary`. */
export function factsOf(rows: readonly FactRow[], dictionary: FactDictionary): FactBatch {
  const columns = openFacts(rows.length);
  const wide = new Map<number, bigint>();
  // Most texts of a row are those of its neighbours: a look-up by string is cheaper than one by bytes.
  const cached = (idOf: (text: string) => number): ((text: string) => number) => {
    const known = new Map<string, number>();
    return (text) => {
      let id = known.get(text);
      if (id === undefined) {
        id = idOf(text);
        known.set(text, id);
      }
      return id;
    };
  };
  const textId = cached((text) => dictionary.textId(text));
  const wordId = cached((text) => dictionary.wordId(text));
  const puts = SOURCES.map(({ column, field, standpoint }) => ({
    put: putInto(
      columns,
      column,
      dictionary,
      dictionaryOf(column) === 'words' ? wordId : textId,
      wide,
      rows.length,
    ),
    isRow: FACT_COLUMNS[column].per === 'row',
    field,
    standpoint: STANDPOINTS.indexOf(standpoint),
  }));
  const version = new Uint32Array(rows.length);
  const hash = new Uint32Array(HASH_WORDS * rows.length);
  const flags = new Uint8Array(rows.length);
  const sharedRef = new Int32Array(rows.length);
  const ids = rows.map(({ tx }) => Buffer.from(tx.id, 'utf8'));
  const idEnds = new Int32Array(rows.length);
  const members: { row: number; kind: number; key: number; side: number }[] = [];

  rows.forEach(({ tx, hash: hex, provided }, row) => {
    const views = SIDES.map((side) =>
      STANDPOINTS.map(
        (standpoint) => eventView({ tx, side, subjectKind: KIND_OF[standpoint], provided }).fields,
      ),
    );
    for (const { put, isRow, field, standpoint } of puts) {
      put(views[0]![standpoint]![field], isRow ? row : 2 * row, row);
      if (!isRow) put(views[1]![standpoint]![field], 2 * row + 1, row);
    }
    version[row] = tx.version;
    for (let word = 0; word < HASH_WORDS; word++)
      hash[HASH_WORDS * row + word] = Number.parseInt(
        hex.slice(WORD_DIGITS * word, WORD_DIGITS * (word + 1)),
        16,
      );
    flags[row] =
      (tx.op === 'withdraw' ? FACT_FLAGS.withdraw : 0) |
      (tx.reverses === undefined ? 0 : FACT_FLAGS.reverses);
    const reference = sharedReference(tx);
    sharedRef[row] = reference === undefined ? TEXT_NULL : textId(reference);
    idEnds[row] = (row === 0 ? 0 : idEnds[row - 1]!) + ids[row]!.length;
    for (const { kind, key, side } of membershipsOf(tx, MEMBER_KINDS))
      members.push({
        row,
        kind: SUBJECT_KINDS.indexOf(kind),
        key: textId(key),
        side: SIDES.indexOf(side),
      });
  });

  return {
    rows: rows.length,
    columns,
    members: {
      count: members.length,
      row: Int32Array.from(members, (member) => member.row),
      kind: Uint8Array.from(members, (member) => member.kind),
      key: Int32Array.from(members, (member) => member.key),
      side: Uint8Array.from(members, (member) => member.side),
    },
    idBytes: Buffer.concat(ids),
    idEnds,
    version,
    hash,
    flags,
    sharedRef,
    wide,
  };
}
