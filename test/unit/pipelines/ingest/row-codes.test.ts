/** Codes that depend on which side of a movement a row tells of, and on its whole file. */
import { describe, expect, it } from 'vitest';
import { parseMapping } from '../../../../pipelines/ingest/mapping-file.ts';
import { codesOf, outcomesOf, plainMapping } from '../../../support/feed-text.ts';

const AT = '2026-03-02T10:00:00-06:00';
const mapping = (direction: string, institution = '{ const: bank-1 }') =>
  parseMapping(
    `
id: legs
version: 1
source: { format: csv }
institution: ${institution}
direction: ${direction}
fields:
  id: { column: id }
  kind: { const: transfer }
  rail: { const: spei }
  channel: { const: online }
  instrument: { const: account }
  occurredAt: { column: at, time: { formats: [iso] } }
  settled.amount: { column: amount, amount: {} }
  settled.ccy: { const: MXN }
  own.account.scheme: { const: clabe }
  own.account.token: { column: clabe, check: clabe }
  other.account.scheme: { const: none }
  other.account.token: { column: to }
`,
    'legs.yaml',
  );
const TWO_COLUMNS = '{ debit: out, credit: in }';
const CLABE = '002010077777777771';
const codes = async (values: string, ...given: Parameters<typeof mapping>) =>
  codesOf(
    await outcomesOf(`id,at,to,amount,clabe,dc,out,in\n1,${AT},x,10.00,${values}\n`, mapping(...given)),
  );

describe('the side of a row', () => {
  it('is said by one of two columns: by both or by none is no answer', async () => {
    expect(await codes(`${CLABE},,10.00,`, TWO_COLUMNS)).toEqual([]);
    expect(await codes(`${CLABE},,10.00,10.00`, TWO_COLUMNS)).toEqual(['RAS-FEED-DIRECTION-BOTH']);
    expect(await codes(`${CLABE},,,`, TWO_COLUMNS)).toEqual(['RAS-FEED-DIRECTION-UNKNOWN']);
  });

  it('is a mark that the mapping knows', async () => {
    const marks = '{ column: dc, debit: [D], credit: [C] }';
    expect(await codes(`${CLABE},D,,`, marks)).toEqual([]);
    expect(await codes(`${CLABE},X,,`, marks)).toEqual(['RAS-FEED-DIRECTION-UNKNOWN']);
  });
});

it('a CLABE is checked by its last digit', async () => {
  expect(await codes(`${CLABE.slice(0, -1)}2,,10.00,`, TWO_COLUMNS)).toEqual(['RAS-FEED-CLABE-CHECK']);
});

it('whose file it is must be said by somebody', async () => {
  expect(await codes(`${CLABE},,10.00,`, TWO_COLUMNS, '{ given: true }')).toEqual([
    'RAS-FEED-INSTITUTION-MISSING',
  ]);
});

it('a value has a longest form', async () => {
  const text = `id,at,from,to,amount,text\n${'x'.repeat(2_000)},${AT},a-1,a-2,1.00,\n`;
  expect(codesOf(await outcomesOf(text, plainMapping()))).toEqual(['RAS-FEED-VALUE-FORMAT']);
});
