/** Facts say what the rows say: every field from every standpoint, every membership, through store and segments. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { eventView } from '../../pipelines/detect/event-view.ts';
import { membershipsOf } from '../../pipelines/detect/subjects.ts';
import { factsOf } from '../../pipelines/facts/batch.ts';
import { FactDictionary } from '../../pipelines/facts/dictionary.ts';
import { factEvent } from '../../pipelines/facts/event.ts';
import { OWNER_LEGS, ownerLegs } from '../../pipelines/facts/owner-legs.ts';
import { FactStore } from '../../pipelines/facts/store.ts';
import { SUBJECT_KINDS, type SubjectKind } from '../../schemas/enumerations.ts';
import { EVENT_FIELDS, type EventFieldName, type FieldValue } from '../../schemas/event-fields.ts';
import { allocateFacts, FACT_FLAGS, standpointOf } from '../../schemas/facts.ts';
import { compareRefs, compareUtf8 } from '../../schemas/order.ts';
import type { Transaction } from '../../schemas/transaction.ts';
import { anyRow, type ProvidedRow, simulatedRows } from '../support/fact-rows.ts';
import { transaction } from '../support/transactions.ts';

const SIDES = ['debtor', 'creditor'] as const;
const FIELDS = (Object.keys(EVENT_FIELDS) as EventFieldName[]).filter(
  (field) => field !== 'pairAgeMs' && field !== 'pairOrdinal',
);
const SEED = [0x1234_5678, 0x9abc_def0] as const;

/** Null and absent are one to a rule, and so are two lists with the same members. */
function meaning(value: FieldValue | undefined): FieldValue {
  if (value === undefined) return null;
  return Array.isArray(value) ? [...new Set(value as string[])].sort(compareUtf8) : value;
}

function storeOf(rows: readonly ProvidedRow[]): FactStore {
  const dictionary = new FactDictionary(SEED);
  const store = new FactStore(dictionary);
  store.append(factsOf(rows, dictionary));
  return store;
}

/** Every field of both legs from every subject kind. */
function expectSameFields(store: FactStore, first: number, rows: readonly ProvidedRow[]): void {
  rows.forEach(({ tx, provided }, i) => {
    SIDES.forEach((side, parity) => {
      for (const subjectKind of ['account', 'holder', 'conductor', 'onBehalfOf', 'beneficiary'] as const) {
        const expected = eventView({ tx, side, subjectKind, provided });
        const event = factEvent(store, 2 * (first + i) + parity, standpointOf(subjectKind));
        const { time, institution, id, version, reversals } = event;
        expect({ time, institution, id, version }).toEqual({
          time: expected.time,
          institution: expected.institution,
          id: expected.id,
          version: expected.version,
        });
        expect(reversals).toBeUndefined();
        for (const field of FIELDS) {
          const value = meaning(event.fields[field]);
          const wanted = meaning(expected.fields[field]);
          if (Array.isArray(wanted) ? String(value) !== String(wanted) : value !== wanted)
            expect({ field, subjectKind, side, value }).toEqual({ field, subjectKind, side, value: wanted });
        }
      }
    });
  });
}

/** The memberships of a row as the store tells them. */
function membershipsOfRow(store: FactStore, row: number): string[] {
  const out: string[] = [];
  const columns = store.columns(row);
  const place = row & 65_535;
  const legs = ownerLegs(columns, place);
  const owner = (bit: number, kind: SubjectKind, side: 0 | 1) => {
    if ((legs & bit) === 0) return;
    const ids = kind === 'account' ? columns.account : columns.party;
    out.push(`${kind} ${store.dictionary.text(ids[2 * place + side] ?? -1)} ${side}`);
  };
  owner(OWNER_LEGS.accountOut, 'account', 0);
  owner(OWNER_LEGS.accountIn, 'account', 1);
  owner(OWNER_LEGS.holderOut, 'holder', 0);
  owner(OWNER_LEGS.holderIn, 'holder', 1);
  store.eachMember(row, (kind, key, side) => {
    out.push(`${SUBJECT_KINDS[kind]} ${store.dictionary.text(key)} ${side}`);
  });
  return out;
}

const expectedMemberships = (tx: Transaction): string[] =>
  membershipsOf(tx, new Set(SUBJECT_KINDS)).map(
    ({ kind, key, side }) => `${kind} ${key} ${side === 'debtor' ? 0 : 1}`,
  );

function expectSameRow(store: FactStore, row: number, { tx, hash }: ProvidedRow): void {
  expect(store.versionOf(row)).toBe(tx.version);
  expect(store.flagsOf(row)).toBe(
    (tx.op === 'withdraw' ? FACT_FLAGS.withdraw : 0) + (tx.reverses === undefined ? 0 : FACT_FLAGS.reverses),
  );
  const words = Uint32Array.from([0, 8, 16, 24], (at) => Number.parseInt(hash.slice(at, at + 8), 16));
  expect(store.hashEquals(row, words, 0)).toBe(true);
  words[3] = (words[3] ?? 0) ^ 1;
  expect(store.hashEquals(row, words, 0)).toBe(false);
  const reference = tx.refs?.endToEndId ?? tx.refs?.uetr;
  const id = store.sharedRefOf(row);
  expect(id === -1 ? undefined : store.dictionary.text(id)).toBe(reference);
  const exact = BigInt(tx.stamp.amountMinor);
  const isWide = exact !== BigInt(Number(exact)) || !Number.isSafeInteger(Number(exact));
  expect(store.wideAmount(row)).toBe(isWide ? exact : undefined);
  expect(membershipsOfRow(store, row)).toEqual(expectedMemberships(tx));
}

describe('facts', () => {
  test('say what the event view says, of arbitrary rows', () => {
    fc.assert(
      fc.property(fc.array(anyRow, { minLength: 1, maxLength: 6 }), (rows) => {
        const store = storeOf(rows);
        expectSameFields(store, 0, rows);
        rows.forEach((row, i) => {
          expectSameRow(store, i, row);
        });
      }),
      { numRuns: 150 },
    );
  });

  test('say what the event view says, of a simulated feed', () => {
    const rows = simulatedRows(11, 600);
    expect(rows.length).toBeGreaterThan(400);
    const store = storeOf(rows);
    expectSameFields(store, 0, rows);
    rows.forEach((row, i) => {
      expectSameRow(store, i, row);
    });
  });

  test('are the same while their segment grows', () => {
    const rows = simulatedRows(13, 1_200, 28).slice(0, 1_100);
    const dictionary = new FactDictionary(SEED);
    const store = new FactStore(dictionary);
    const batch = factsOf(rows, dictionary);
    store.append(batch);
    const before = factEvent(store, 2 * 100, 'owner');
    const { amount, counterparty } = before.fields;
    for (let i = 0; i < 3; i++) store.append(batch);
    expect(store.bytes).toBeLessThan(8_192 * 400);
    expect([before.fields.amount, before.fields.counterparty]).toEqual([amount, counterparty]);
    for (const first of [0, 1_100, 3_300]) {
      expectSameFields(store, first + 1_000, rows.slice(1_000, 1_060));
      rows.slice(1_000, 1_060).forEach((row, i) => {
        expectSameRow(store, first + 1_000 + i, row);
      });
    }
  });

  test('are the same behind a segment boundary', () => {
    const rows = simulatedRows(12, 1_200, 28).slice(0, 1_000);
    const dictionary = new FactDictionary(SEED);
    const store = new FactStore(dictionary);
    const batch = factsOf(rows, dictionary);
    // 65 batches of 1,000 end 536 rows before the boundary.
    for (let i = 0; i < 65; i++) store.append(batch);
    const first = store.append(batch);
    expect(first).toBe(65_000);
    expect(store.rows).toBe(66_000);
    expect(store.columns(65_535)).not.toBe(store.columns(65_536));
    // The rows on both sides of the boundary.
    const near = rows.slice(500, 580);
    expectSameFields(store, first + 500, near);
    near.forEach((row, i) => {
      expectSameRow(store, first + 500 + i, row);
    });
    // Two segments, in narrow columns: every column lies here, and a batch holds a row in so many bytes.
    const wide = Object.values(allocateFacts(1)).reduce((bytes, { byteLength }) => bytes + byteLength, 0);
    expect(store.bytes / (2 * 65_536)).toBeGreaterThan(60);
    expect(store.bytes / (2 * 65_536)).toBeLessThan(0.75 * wide);
  });

  test('compare as refs do', () => {
    const ref = fc.record({
      time: fc.integer({ min: 0, max: 2 }),
      institution: fc.constantFrom('a', 'ab', 'é', '\u{1f600}', '\uffee'),
      id: fc.oneof(
        fc.constantFrom('a', 'ab', 'b', '\u{1f600}', '\uffee'),
        fc.string({ minLength: 1, maxLength: 3, unit: 'grapheme' }),
      ),
      version: fc.integer({ min: 1, max: 2 }),
    });
    fc.assert(
      fc.property(fc.array(ref, { minLength: 2, maxLength: 12 }), (refs) => {
        const rows = refs.map(({ time, ...rest }) => ({
          tx: transaction({ ...rest, at: new Date(time).toISOString() }),
          hash: '0'.repeat(64),
          provided: new Set<string>(),
        }));
        const store = storeOf(rows);
        refs.forEach((a, i) => {
          refs.forEach((b, j) => {
            expect(Math.sign(store.compareRows(i, j))).toBe(Math.sign(compareRefs(a, b)));
          });
        });
      }),
      { numRuns: 100 },
    );
  });
});
