import { readFileSync } from 'node:fs';
import { tableFromIPC } from 'apache-arrow';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { factsOf } from '../../pipelines/facts/batch.ts';
import { blockBytes } from '../../pipelines/facts/block.ts';
import { FactDictionary } from '../../pipelines/facts/dictionary.ts';
import { decodeBlock } from '../../schemas/arrow.ts';
import { decodeFacts } from '../../schemas/block-facts.ts';
import { SHORT_DICTIONARY, TABLE_COLUMNS } from '../../schemas/block-layout.ts';
import { BlockReader } from '../../schemas/block-reader.ts';
import { RastroError } from '../../schemas/errors/index.ts';
import {
  type ColumnArray,
  FACT_COLUMNS,
  type FactBatch,
  type FactColumn,
  type FactColumnName,
} from '../../schemas/facts.ts';
import { isNullColumn } from '../../schemas/null-columns.ts';
import { anyRow, type ProvidedRow, simulatedRows } from '../support/fact-rows.ts';
import { key, transaction } from '../support/transactions.ts';

const SEED = [7, 11] as const;
const OFFSET = 4_321;

const encode = (rows: readonly ProvidedRow[], revision = 0) =>
  blockBytes(rows.map((row) => ({ ...row, revision, blockOffset: OFFSET })));

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView) =>
  Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);

/** The facts of a block are those of its rows: the same numbers, given the same dictionary. */
function expectSameFacts(rows: readonly ProvidedRow[], bytes: Uint8Array): void {
  const dictionary = new FactDictionary(SEED);
  // Taken ids, so that a code that passes for an id shows.
  for (const text of ['x', 'y', 'z']) {
    dictionary.textId(text);
    dictionary.wordId(`word ${text}`);
  }
  const decoded = decodeFacts(bytes, dictionary);
  const size = dictionary.interner.size;
  const expected = factsOf(rows, dictionary);
  for (const name of Object.keys(FACT_COLUMNS) as FactColumnName[]) {
    const length = (FACT_COLUMNS[name].per === 'row' ? 1 : 2) * expected.rows;
    const [column, wanted] = [decoded, expected].map((batch) => ofRows(batch.columns[name], length));
    if (column === undefined || wanted === undefined || !bytesOf(column).equals(bytesOf(wanted)))
      expect([name, column]).toEqual([name, wanted]);
  }
  const { columns: _, idBytes, idEnds, hash, ...rest } = decoded;
  const {
    columns: __,
    idBytes: expectedIds,
    idEnds: expectedEnds,
    hash: expectedHash,
    ...expectedRest
  } = expected;
  expect(rest).toEqual(expectedRest);
  expect(bytesOf(idEnds)).toEqual(bytesOf(expectedEnds));
  expect(bytesOf(hash)).toEqual(bytesOf(expectedHash));
  expect(Buffer.from(idBytes).subarray(0, expectedIds.length)).toEqual(Buffer.from(expectedIds));
  // The rows' facts have no text that the block did not bring.
  expect(dictionary.interner.size).toBe(size);
}

/** The column that says nothing is shared, and longer than a batch. */
function ofRows(column: ColumnArray, length: number): ColumnArray {
  return isNullColumn(column) ? column.subarray(0, length) : column;
}

/** Every number of a batch leads somewhere. */
function expectInBounds(batch: FactBatch, dictionary: FactDictionary): void {
  const isText = (id: number) => id === -1 || dictionary.interner.text(id) !== '';
  for (const name of Object.keys(FACT_COLUMNS) as FactColumnName[]) {
    const { per, type, values = [] }: FactColumn = FACT_COLUMNS[name];
    const length = per === 'row' ? batch.rows : 2 * batch.rows;
    const column = [...ofRows(batch.columns[name], length)];
    expect(column.length).toBe(length);
    if (type === 'text') expect(column.every(isText)).toBe(true);
    if (type === 'set') expect(column.every((id) => id >= 0 && id < dictionary.sets)).toBe(true);
    if (type === 'enum') expect(column.every((code) => code === 255 || code < values.length)).toBe(true);
    if (type === 'bool') expect(column.every((value) => value === 255 || value < 2)).toBe(true);
  }
  expect([...batch.sharedRef].every(isText)).toBe(true);
  expect([...batch.idEnds]).toEqual([...batch.idEnds].sort((a, b) => a - b));
  expect(batch.idEnds.at(-1) ?? 0).toBeLessThanOrEqual(batch.idBytes.length);
  expect([...batch.members.key].every((id) => id >= 0 && isText(id))).toBe(true);
  expect([...batch.members.row].every((row) => row >= 0 && row < batch.rows)).toBe(true);
}

const codeOf = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    return RastroError.is(error) ? error.code : String(error);
  }
  return 'none';
};

describe('blocks', () => {
  test('come back as they went in, whole and as facts, wherever their bytes lie', () => {
    fc.assert(
      fc.property(
        fc.array(anyRow, { maxLength: 12 }),
        fc.nat(7),
        fc.maxSafeNat(),
        (rows, shift, revision) => {
          const bytes = encode(rows, revision);
          const moved = new Uint8Array(bytes.length + shift).subarray(shift);
          moved.set(bytes);
          expect(decodeBlock(moved)).toEqual(
            rows.map(({ tx, hash }) => ({ tx, hash, revision, blockOffset: OFFSET })),
          );
          expectSameFacts(rows, moved);
        },
      ),
      { numRuns: 150 },
    );
  });

  test('carry a simulated feed', () => {
    const rows = simulatedRows(21, 1_000, 28);
    expectSameFacts(rows, encode(rows));
  });

  test('carry more texts than 16 bits count', () => {
    const rows = Array.from({ length: 8_200 }, (_, i) => {
      const side = (name: string) => ({
        accountKey: key('acc', `${name}${i}`),
        holderKey: key('par', `${name}${i}`),
        municipality: `m-${name}-${i}`,
        sector: `s-${name}-${i}`,
        admin1: `a-${name}-${i}`,
        bank: `b-${name}-${i}`,
      });
      const tx = transaction({
        id: `t${i}`,
        at: '2026-01-01T00:00:00Z',
        debtor: side('d'),
        creditor: side('c'),
        row: {
          terminal: { id: key('ter', `${i}`) },
          conductors: [{ ref: key('par', `p${i}`) }],
          refs: { endToEndId: key('ref', `${i}`) },
          card: { token: key('crd', `${i}`), merchantId: key('mer', `${i}`) },
        },
      });
      return { tx, hash: '0123456789abcdef'.repeat(4), provided: new Set<string>() };
    });
    const bytes = encode(rows);
    const reader = new BlockReader(bytes);
    expect(reader.dictionary('institution', 0).offsets.length - 1).toBeGreaterThan(SHORT_DICTIONARY);
    expect(reader.dictionary('debtor_account', 1).offsets.length - 1).toBeGreaterThan(SHORT_DICTIONARY);
    expectSameFacts(rows, bytes);
  });

  test('carry in the columns of the table what the documents say', () => {
    fc.assert(
      fc.property(fc.array(anyRow, { minLength: 1, maxLength: 8 }), (rows) => {
        const table = tableFromIPC(encode(rows, 5));
        rows.forEach(({ tx, hash }, i) => {
          const cell = (name: string) => table.getChild(name)?.get(i) as unknown;
          const { stamp } = tx;
          for (const name of [
            'institution',
            'id',
            'version',
            'kind',
            'rail',
            'channel',
            'instrument',
            'status',
          ] as const)
            expect(cell(name)).toBe(tx[name]);
          expect(cell('revision')).toBe(5n);
          expect(cell('block_offset')).toBe(BigInt(OFFSET));
          expect(cell('line')).toBe(BigInt(stamp.line));
          expect(cell('withdrawn')).toBe(tx.op === 'withdraw' ? 1 : 0);
          expect(cell('event_time')).toBe(stamp.eventTime);
          expect(cell('precision')).toBe(stamp.precision);
          expect(cell('amount_minor')).toBe(stamp.amountMinor);
          expect(cell('ccy')).toBe(stamp.ccy);
          expect(cell('rate_id')).toBe(stamp.rateId ?? '');
          expect(cell('ref_usd_minor')).toBe(stamp.usdMinor === null ? null : BigInt(stamp.usdMinor));
          expect(cell('ref_cad_minor')).toBe(stamp.cadMinor === null ? null : BigInt(stamp.cadMinor));
          expect(cell('debtor_account')).toBe(stamp.debtor.accountKey ?? '');
          expect(cell('creditor_holder')).toBe(stamp.creditor.holderKey ?? '');
          expect(cell('submission_id')).toBe(stamp.submissionId);
          expect(cell('content_hash')).toBe(hash);
          expect(JSON.parse(cell('doc') as string)).toEqual(tx);
        });
      }),
      { numRuns: 50 },
    );
  });

  test('have the columns of the store’s table, in its order, before their own', () => {
    const sql = readFileSync(
      new URL('../../schemas/clickhouse/0001-transactions.sql', import.meta.url),
      'utf8',
    );
    const table = sql.slice(sql.indexOf('EXISTS transactions ('), sql.indexOf(') ENGINE'));
    const names = [...table.matchAll(/^ {2}(\w+) /gm)].map((match) => match[1] ?? '');
    expect(names.length).toBeGreaterThan(20);
    expect(Object.keys(TABLE_COLUMNS)).toEqual(names);
    const { names: written } = tableFromIPC(encode(fc.sample(anyRow, 20))).schema;
    expect(written.slice(0, names.length)).toEqual(names);
    expect(written.length).toBeGreaterThan(names.length + 20);
    expect(new Set(written).size).toBe(written.length);
  });

  test('may be empty', () => {
    expect(decodeBlock(encode([]))).toEqual([]);
    expectSameFacts([], encode([]));
  });
});

describe('a block that is not what it says', () => {
  const rows = simulatedRows(22, 400, 28).slice(0, 200);
  const decode = (bytes: Uint8Array) => {
    const dictionary = new FactDictionary(SEED);
    expectInBounds(decodeFacts(bytes, dictionary), dictionary);
  };

  test('is refused where a code or an offset leads outside', () => {
    const refused = (change: (block: BlockReader) => void) => {
      const bytes = encode(rows);
      change(new BlockReader(bytes));
      return codeOf(() => decode(bytes));
    };
    expect(refused(() => undefined)).toBe('none');
    const code = (name: string, dictionary: 'words' | 'keys') => (block: BlockReader) => {
      const codes = block.codes(name, dictionary, rows.length);
      if (codes === undefined) throw new Error(name);
      codes[7] = 65_535;
    };
    const numbers = (array: unknown, at: number, value: number) => {
      (array as Int32Array | Uint8Array)[at] = value;
    };
    const changes: Record<string, (block: BlockReader) => void> = {
      word: code('institution', 'words'),
      enumeration: code('kind', 'words'),
      key: code('debtor_account', 'keys'),
      holder: code('creditor_holder', 'keys'),
      side: (block) => numbers(block.pairs('coverageOfFeed')?.values, 9, 65_535),
      set: (block) => numbers(block.column('placeLists')?.values, 9, 65_535),
      otherWord: (block) =>
        numbers(block.column('kind')?.values, 9, block.codes('ccy', 'words', 1)?.[0] ?? 0),
      truth: (block) => numbers(block.column('isKin')?.values, 3, 7),
      id: (block) => numbers(block.utf8('id').offsets, 5, 1_000_000),
      fallingId: (block) => numbers(block.utf8('id').offsets, 5, 1),
      amount: (block) => numbers(block.utf8('amount_minor').bytes, 0, 46),
      hash: (block) => numbers(block.utf8('content_hash').offsets, 1, 31),
      memberRow: (block) => numbers(block.list('members')?.offsets, 4, 60_000),
      memberKey: (block) => numbers(block.list('members')?.child.children[1]?.values, 0, 65_535),
      memberSide: (block) => numbers(block.list('members')?.child.children[2]?.values, 0, 2),
      dictionary: (block) => numbers(block.dictionary('institution', 0).offsets, 2, 1_000_000),
      time: (block) => {
        const times = block.column('event_time')?.values as BigInt64Array;
        times[0] = 2n ** 62n;
      },
    };
    const answers = Object.entries(changes).map(([name, change]) => [name, refused(change)]);
    expect(answers).toEqual(Object.keys(changes).map((name) => [name, 'RAS-ENGINE-BLOCK-CORRUPT']));
  });

  test('is refused when cut short, or no block at all', () => {
    const bytes = encode(rows);
    const ends = fc.integer({ min: 0, max: bytes.length - 9 });
    fc.assert(
      fc.property(ends, (end) => {
        expect(codeOf(() => decode(bytes.slice(0, end)))).toBe('RAS-ENGINE-BLOCK-CORRUPT');
      }),
      { numRuns: 40 },
    );
    expect(codeOf(() => decode(Buffer.from('{"parties":[]}')))).toBe('RAS-ENGINE-BLOCK-CORRUPT');
  });

  test('is refused, or reads nothing outside, when bytes of its columns are others', () => {
    const bytes = encode(rows);
    // Behind the schema and the two dictionaries: the buffers of the columns.
    const from = bytes.length - Math.floor(bytes.length / 2);
    const flips = fc.array(
      fc.record({
        at: fc.integer({ min: from, max: bytes.length - 9 }),
        bits: fc.integer({ min: 1, max: 255 }),
      }),
      {
        minLength: 1,
        maxLength: 20,
      },
    );
    fc.assert(
      fc.property(flips, (changes) => {
        const changed = bytes.slice();
        for (const { at, bits } of changes) changed[at] = (changed[at] ?? 0) ^ bits;
        expect(['none', 'RAS-ENGINE-BLOCK-CORRUPT']).toContain(codeOf(() => decode(changed)));
      }),
      { numRuns: 60 },
    );
  });

  test('is refused, or reads nothing outside, when any of its bytes are others', () => {
    const bytes = encode(rows.slice(0, 4));
    const behindSchema = 8 + new DataView(bytes.buffer, bytes.byteOffset).getInt32(4, true);
    const answers = new Set<string>();
    // Counts and places lie in the schema: whoever took them for granted would be busy for good.
    for (let at = 0; at < bytes.length; at += at < behindSchema ? 3 : 29) {
      for (const bits of [0x01, 0x80, 0xff]) {
        const changed = bytes.slice();
        changed[at] = (changed[at] ?? 0) ^ bits;
        answers.add(codeOf(() => decode(changed)));
      }
    }
    expect([...answers].sort()).toEqual(['RAS-ENGINE-BLOCK-CORRUPT', 'none']);
  });
});
