/** The rows of a vector as facts: what an institution sent, columns filled field by field as `FIELD_FACTS` reads them. */
import { createHash } from 'node:crypto';
import type { ReversedBy } from '../../pipelines/detect/hot/effective-rows.ts';
import type { FactDictionary } from '../../pipelines/facts/dictionary.ts';
import type { SubjectKind } from '../../schemas/enumerations.ts';
import type { RuleEvent } from '../../schemas/event-fields.ts';
import { FACT_FLAGS, type FactBatch } from '../../schemas/facts.ts';
import { type CaseRow, factsOfCases } from '../../services/workbench/case-facts.ts';
import type { Row, Vector } from './vectors.ts';

const HASH_WORDS = 4;
function contentHash(row: Row): Buffer {
  const text = JSON.stringify(row, (_name, value) => (typeof value === 'bigint' ? `${value}n` : value));
  return createHash('sha256').update(text).digest();
}

/** Rows of a vector as one block, the subject on the side that `direction` says: what differs from rows of cases is said here. */
export function factsOfRows(
  { subjectKind, subjectKey }: Vector,
  rows: readonly Row[],
  fieldsRead: readonly string[],
  dictionary: FactDictionary,
): FactBatch {
  const cases = rows.map(
    (row): CaseRow => ({
      subjectKey,
      event: { ...row, fields: row.fields as RuleEvent['fields'] },
      reverses: row.reverses === null ? null : reversalOf(row),
    }),
  );
  const facts = factsOfCases(subjectKind as SubjectKind, cases, fieldsRead, dictionary);
  const wide = new Map<number, bigint>();
  const hash = new Uint32Array(HASH_WORDS * rows.length);
  rows.forEach((row, i) => {
    const { amount } = row.fields;
    if (typeof amount === 'bigint') wide.set(i, amount);
    const digest = contentHash(row);
    for (let word = 0; word < HASH_WORDS; word++) hash[HASH_WORDS * i + word] = digest.readUInt32BE(4 * word);
  });
  const flags = facts.flags.map((flag, i) => flag | (rows[i]!.withdrawn ? FACT_FLAGS.withdraw : 0));
  return { ...facts, hash, flags, wide };
}

/** What a row that reverses another one says of it. */
export function reversalOf({ reverses }: Row): ReversedBy {
  if (reverses === null) throw new Error('the row reverses nothing');
  return { institution: reverses.institution, id: reverses.id, amountMinor: reverses.amount };
}
