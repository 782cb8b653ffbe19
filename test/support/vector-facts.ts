/** The rows of a vector as facts: what an institution sent, columns filled field by field as `FIELD_FACTS` reads them. */
import { createHash } from 'node:crypto';
import type { ReversedBy } from '../../pipelines/detect/hot/effective-rows.ts';
import type { FactDictionary } from '../../pipelines/facts/dictionary.ts';
import { SUBJECT_KINDS, type SubjectKind } from '../../schemas/enumerations.ts';
import type { FieldValue } from '../../schemas/event-fields.ts';
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
import type { Row, Vector } from './vectors.ts';

const HASH_WORDS = 4;
const EMPTY: Readonly<Record<FactColumn['type'], number>> = {
  int: Number.NaN,
  small: SMALL_NULL,
  bool: BYTE_NULL,
  enum: BYTE_NULL,
  text: TEXT_NULL,
  set: 0,
};

/** What the column holds of a value; a value that it cannot hold is left empty, which `vector-hot.ts` finds out. */
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

function contentHash(row: Row): Buffer {
  const text = JSON.stringify(row, (_name, value) => (typeof value === 'bigint' ? `${value}n` : value));
  return createHash('sha256').update(text).digest();
}

/** Rows of a vector as one block, the subject on the side that `direction` says. */
export function factsOfRows(
  { subjectKind, subjectKey }: Vector,
  rows: readonly Row[],
  fieldsRead: readonly string[],
  dictionary: FactDictionary,
): FactBatch {
  const columns = allocateFacts(rows.length);
  for (const [name, { type }] of Object.entries(FACT_COLUMNS)) {
    columns[name as FactColumnName].fill(EMPTY[type]);
  }
  const kind = subjectKind as SubjectKind;
  const wide = new Map<number, bigint>();
  const hash = new Uint32Array(HASH_WORDS * rows.length);
  const ids = rows.map(({ id }) => Buffer.from(id, 'utf8'));
  const sides = rows.map(({ fields }) => (fields['direction'] === 'in' ? 1 : 0));
  // Where two fields are one read, the one that the rule reads is written last.
  const reads = Object.entries(FIELD_FACTS[standpointOf(kind)]).sort(
    ([a], [b]) => Number(fieldsRead.includes(a)) - Number(fieldsRead.includes(b)),
  );
  rows.forEach((row, i) => {
    const leg = 2 * i + sides[i]!;
    for (const [field, { column, at }] of reads) {
      const value = row.fields[field];
      if (value === undefined) continue;
      const place = at === 'row' ? i : at === 'own' ? leg : leg ^ 1;
      columns[column][place] = held(column, value, dictionary);
      if (column === 'amount' && typeof value === 'bigint') wide.set(i, value);
    }
    columns.time[i] = row.time;
    columns.institution[i] = dictionary.textId(row.institution);
    if (kind === 'account') columns.account[leg] = dictionary.textId(subjectKey);
    if (kind === 'holder') columns.party[leg] = dictionary.textId(subjectKey);
    const digest = contentHash(row);
    for (let word = 0; word < HASH_WORDS; word++) hash[HASH_WORDS * i + word] = digest.readUInt32BE(4 * word);
  });
  const isMember = kind !== 'account' && kind !== 'holder';
  const members = isMember ? rows.length : 0;
  let end = 0;
  return {
    rows: rows.length,
    columns,
    members: {
      count: members,
      row: Int32Array.from({ length: members }, (_, i) => i),
      kind: new Uint8Array(members).fill(SUBJECT_KINDS.indexOf(kind)),
      key: new Int32Array(members).fill(dictionary.textId(subjectKey)),
      side: Uint8Array.from(sides.slice(0, members)),
    },
    idBytes: Buffer.concat(ids),
    idEnds: Int32Array.from(ids, ({ length }) => {
      end += length;
      return end;
    }),
    version: Uint32Array.from(rows, ({ version }) => version),
    hash,
    flags: Uint8Array.from(
      rows,
      ({ withdrawn, reverses }) =>
        (withdrawn ? FACT_FLAGS.withdraw : 0) | (reverses === null ? 0 : FACT_FLAGS.reverses),
    ),
    sharedRef: new Int32Array(rows.length).fill(TEXT_NULL),
    wide,
  };
}

/** What a row that reverses another one says of it. */
export function reversalOf({ reverses }: Row): ReversedBy {
  if (reverses === null) throw new Error('the row reverses nothing');
  return { institution: reverses.institution, id: reverses.id, amountMinor: reverses.amount };
}
