/**
 * The events of cases as the columns that the production engine reads. A case says what a rule reads of an event, not what a
 * bank sent: each value goes where the engine reads that field, and what a column cannot hold is left empty, which
 * `production-trial.ts` finds out.
 */
import { createHash } from 'node:crypto';
import type { ReversedBy } from '../../pipelines/detect/hot/effective-rows.ts';
import type { FactDictionary } from '../../pipelines/facts/dictionary.ts';
import { SUBJECT_KINDS, type SubjectKind } from '../../schemas/enumerations.ts';
import type { FieldValue, RuleEvent } from '../../schemas/event-fields.ts';
import {
  allocateFacts,
  BYTE_NULL,
  FACT_COLUMNS,
  FACT_FLAGS,
  type FactBatch,
  type FactColumn,
  type FactColumnName,
  FIELD_FACTS,
  SMALL_NULL,
  standpointOf,
  TEXT_NULL,
} from '../../schemas/facts.ts';

const HASH_WORDS = 4;
const WORD_BYTES = 4;
const EMPTY: Readonly<Record<FactColumn['type'], number>> = {
  int: Number.NaN,
  small: SMALL_NULL,
  bool: BYTE_NULL,
  enum: BYTE_NULL,
  text: TEXT_NULL,
  set: 0,
};

/** A row of a case: an event of its subject, or a reversal of one. */
export interface CaseRow {
  readonly subjectKey: string;
  readonly event: Pick<RuleEvent, 'time' | 'institution' | 'id' | 'version' | 'fields'>;
  readonly reverses: ReversedBy | null;
}

/** The side of a row on which its subject stands: 1 takes, 0 gives. */
export function sideOf({ event }: CaseRow): 0 | 1 {
  return event.fields.direction === 'in' ? 1 : 0;
}

function held(name: FactColumnName, value: FieldValue, dictionary: FactDictionary): number {
  const { type, values = [] }: FactColumn = FACT_COLUMNS[name];
  if (value === null) return EMPTY[type];
  switch (type) {
    case 'int':
    case 'small':
      return typeof value === 'number' ? value : EMPTY[type];
    case 'bool':
      return Number(value);
    case 'enum': {
      const code = values.indexOf(String(value));
      return code < 0 ? BYTE_NULL : code;
    }
    case 'text':
      return dictionary.textId(String(value));
    case 'set':
      return dictionary.setId(value as readonly string[]);
  }
}

/** Rows about subjects of one kind, as one block. Where two fields are one read, one of `fieldsRead` is written last. */
export function factsOfCases(
  kind: SubjectKind,
  rows: readonly CaseRow[],
  fieldsRead: readonly string[],
  dictionary: FactDictionary,
): FactBatch {
  const columns = allocateFacts(rows.length);
  for (const [name, { type }] of Object.entries(FACT_COLUMNS))
    columns[name as FactColumnName].fill(EMPTY[type]);
  const reads = Object.entries(FIELD_FACTS[standpointOf(kind)]).sort(
    ([a], [b]) => Number(fieldsRead.includes(a)) - Number(fieldsRead.includes(b)),
  );
  const hash = new Uint32Array(HASH_WORDS * rows.length);
  rows.forEach((row, i) => {
    const { subjectKey, event } = row;
    const leg = 2 * i + sideOf(row);
    const fields: Readonly<Record<string, FieldValue | undefined>> = event.fields;
    for (const [field, { column, at }] of reads) {
      const value = fields[field];
      if (value === undefined) continue;
      columns[column][at === 'row' ? i : at === 'own' ? leg : leg ^ 1] = held(column, value, dictionary);
    }
    columns.time[i] = event.time;
    columns.institution[i] = dictionary.textId(event.institution);
    if (kind === 'account') columns.account[leg] = dictionary.textId(subjectKey);
    if (kind === 'holder') columns.party[leg] = dictionary.textId(subjectKey);
    const digest = createHash('sha256')
      .update(JSON.stringify([subjectKey, event.id]))
      .digest();
    for (let word = 0; word < HASH_WORDS; word++)
      hash[HASH_WORDS * i + word] = digest.readUInt32BE(WORD_BYTES * word);
  });
  // Accounts and holders are read from the columns; other subjects are listed.
  const members = kind === 'account' || kind === 'holder' ? [] : rows;
  const ids = rows.map(({ event }) => Buffer.from(event.id, 'utf8'));
  let end = 0;
  return {
    rows: rows.length,
    columns,
    members: {
      count: members.length,
      row: Int32Array.from(members, (_, i) => i),
      kind: new Uint8Array(members.length).fill(SUBJECT_KINDS.indexOf(kind)),
      key: Int32Array.from(members, ({ subjectKey }) => dictionary.textId(subjectKey)),
      side: Uint8Array.from(members, sideOf),
    },
    idBytes: Buffer.concat(ids),
    idEnds: Int32Array.from(ids, ({ length }) => {
      end += length;
      return end;
    }),
    version: Uint32Array.from(rows, ({ event }) => event.version),
    hash,
    flags: Uint8Array.from(rows, ({ reverses }) => (reverses === null ? 0 : FACT_FLAGS.reverses)),
    sharedRef: new Int32Array(rows.length).fill(TEXT_NULL),
    wide: new Map(),
  };
}
