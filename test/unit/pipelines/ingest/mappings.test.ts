/** Every shipped mapping on a small invented file of its kind. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { decodeFeed, decodeParties } from '../../../../pipelines/ingest/decode.ts';
import type { Outcome, RowOutcome } from '../../../../pipelines/ingest/outcome.ts';
import type { PartyRecordInput } from '../../../../schemas/party.ts';
import { partyRecordInput } from '../../../../schemas/party.ts';
import { type TransactionInput, transactionInput } from '../../../../schemas/transaction.ts';
import { loadMapping, shippedMappings } from '../../../../services/feeds/mappings.ts';
import { openSources } from '../../../../services/feeds/sources.ts';

const FIXTURES = fileURLToPath(new URL('../../../fixtures/feeds/', import.meta.url));
const SHARED = fileURLToPath(new URL('../../../../../shared/data/amlsim/', import.meta.url));

interface Read<T> {
  readonly outcomes: Outcome<T>[];
  readonly inputs: T[];
  readonly codes: string[];
}

async function collect<T>(batches: AsyncIterable<Outcome<T>[]>): Promise<Read<T>> {
  const outcomes: Outcome<T>[] = [];
  for await (const batch of batches) outcomes.push(...batch);
  return {
    outcomes,
    inputs: outcomes.filter((one): one is RowOutcome<T> => one.kind === 'row').map(({ input }) => input),
    codes: outcomes.flatMap((one) => (one.kind === 'reject' || one.kind === 'fault' ? [one.code] : [])),
  };
}

async function read(mapping: string, file: string): Promise<Read<TransactionInput>> {
  const [source] = await openSources([FIXTURES + file]);
  if (source === undefined) throw new Error(`no ${file}`);
  const result = await collect(
    decodeFeed({ source, mapping: await loadMapping(mapping), institution: 'bank-1' }),
  );
  for (const input of result.inputs) expect(transactionInput.parse(input)).toEqual(input);
  return result;
}

async function readParties(mapping: string, file: string): Promise<PartyRecordInput[]> {
  const [source] = await openSources([FIXTURES + file]);
  if (source === undefined) throw new Error(`no ${file}`);
  const { inputs, codes } = await collect(decodeParties({ source, mapping: await loadMapping(mapping) }));
  for (const input of inputs) expect(partyRecordInput.parse(input)).toEqual(input);
  expect(codes).toEqual([]);
  return inputs;
}

it('every shipped mapping is valid', async () => {
  const names = await shippedMappings();
  expect(names).toHaveLength(11);
  for (const name of names) await expect(loadMapping(name)).resolves.toMatchObject({ id: name, version: 1 });
});

describe('canonical', () => {
  it('reads CSV and NDJSON into the same rows', async () => {
    const csv = await read('canonical', 'canonical.csv');
    const ndjson = await read('canonical', 'canonical.ndjson');
    expect([csv.codes, ndjson.codes]).toEqual([[], []]);
    expect(csv.inputs[1]).toEqual(ndjson.inputs[1]);
    expect(csv.inputs[2]).toMatchObject({
      occurredAt: '2026-03-03',
      occurredPrecision: 'day',
      card: { present: true },
    });
    expect(csv.inputs[1]).not.toHaveProperty('debtor');
    expect(ndjson.inputs[2]).toMatchObject({ version: 2, op: 'withdraw', status: 'completed' });
  });

  it('provides what the header of a CSV names, and says so in the id of the set', async () => {
    const [csv] = (await read('canonical', 'canonical.csv')).outcomes;
    const [ndjson] = (await read('canonical', 'canonical.ndjson')).outcomes;
    expect(csv).toMatchObject({
      provided: ['occurredAt', 'purposeText', 'counterparty', 'counterparty.bank', 'place', 'card.present'],
      providedId: expect.stringMatching(/^canonical@1#[0-9a-z]{8}$/),
    });
    expect(ndjson).toMatchObject({ providedId: 'canonical@1' });
  });

  it('reads parties from CSV and NDJSON', async () => {
    const csv = await readParties('canonical-parties', 'canonical-parties.csv');
    const ndjson = await readParties('canonical-parties', 'canonical-parties.ndjson');
    expect(csv[0]).toMatchObject({
      ref: 'c-1',
      refScheme: 'customer',
      surnames: ['Ejemplo', 'Prueba'],
      birthYear: 1999,
    });
    expect(csv[1]?.accounts).toEqual([]);
    expect(ndjson[1]).toMatchObject({ sector: 'SCIAN:7211', licences: [{ kind: 'lodging' }] });
  });
});

describe('public data sets', () => {
  it('amlsim: dates only, cash without a counterparty', async () => {
    const { inputs, codes } = await read('amlsim', 'amlsim.csv');
    expect(codes).toEqual([]);
    expect(inputs[0]).toMatchObject({
      institution: 'amlsim',
      id: '1',
      occurredAt: '2017-01-01',
      occurredPrecision: 'day',
    });
    expect(
      inputs.map(({ kind, debtor, creditor }) => [kind, debtor?.account?.token, creditor?.account?.token]),
    ).toEqual([
      ['transfer', '11', '12'],
      ['transfer', '12', '13'],
      ['cash_deposit', undefined, '13'],
      ['cash_withdrawal', '13', undefined],
    ]);
  });

  it('amlsim accounts: a party each, without the ssn', async () => {
    const parties = await readParties('amlsim-accounts', 'amlsim-accounts.csv');
    expect(parties[0]).toMatchObject({
      kind: 'person',
      birthYear: 1990,
      accounts: [{ token: '11', bank: 'bank_a' }],
    });
    expect(parties[1]).toMatchObject({ kind: 'entity' });
    expect(JSON.stringify(parties)).not.toContain('000-00');
  });

  it('amlworld: two columns of one name, ids from content, yen with decimals refused', async () => {
    const { inputs, codes, outcomes } = await read('amlworld', 'amlworld.csv');
    expect(outcomes[0]).toMatchObject({ idsDerived: true });
    expect(codes).toEqual(['RAS-FEED-AMOUNT-PRECISION']);
    expect(inputs[0]).toMatchObject({
      occurredAt: '2022-09-01T00:20:00+00:00',
      debtor: { account: { token: '010-8000EBD30', bank: '010' } },
      creditor: { account: { token: '03208-8000F4580' } },
    });
    const [first, twin] = [inputs[1]?.id, inputs[2]?.id];
    expect(first?.slice(0, -1)).toBe(twin?.slice(0, -1));
    expect([first?.at(-1), twin?.at(-1)]).toEqual(['1', '2']);
    expect(inputs[3]?.settled).toEqual({ amount: '0.012345', ccy: 'BTC' });
  });

  it('derives the same ids from the same file again', async () => {
    const ids = async (): Promise<string[]> =>
      (await read('amlworld', 'amlworld.csv')).inputs.map(({ id }) => id);
    expect(await ids()).toEqual(await ids());
  });

  it('saml-d: names of currencies and countries, cash one-sided', async () => {
    const { inputs, codes } = await read('saml-d', 'saml-d.csv');
    expect(codes).toEqual([]);
    expect(
      inputs.map(({ kind, settled, debtor, creditor }) => [
        kind,
        settled.ccy,
        debtor?.country,
        creditor?.country,
      ]),
    ).toEqual([
      ['cash_deposit', 'GBP', undefined, 'GB'],
      ['transfer', 'GBP', 'GB', 'AE'],
      ['card_purchase', 'MXN', 'MX', 'MX'],
    ]);
  });

  it('paysim: hours from a first day, the customer on the side the type says', async () => {
    const { inputs, codes } = await read('paysim', 'paysim.csv');
    expect(codes).toEqual([]);
    expect(inputs[2]).toMatchObject({
      kind: 'cash_deposit',
      occurredAt: '2020-01-02T02:00:00+00:00',
      occurredPrecision: 'hour',
      creditor: { account: { token: 'C905080434' } },
      terminal: { id: 'C1912850431' },
    });
    expect(inputs[2]).not.toHaveProperty('debtor');
    expect(inputs[0]).toMatchObject({
      creditor: { kind: 'merchant' },
      balanceAfter: { amount: '160296.36' },
    });
  });
});

describe('rails of the corridor', () => {
  it('spei: cp1252, cargo and abono, CLABE, card and phone, RFC where it is one', async () => {
    const { inputs, codes } = await read('spei-statement', 'spei-statement.csv');
    expect(codes).toEqual([]);
    expect(inputs[0]).toMatchObject({
      institution: 'bank-1',
      occurredAt: '2026-03-02T21:14:05-06:00',
      offsetSource: 'institution',
      settled: { amount: '1850.00', ccy: 'MXN' },
      balanceAfter: { amount: '-12.50' },
      debtor: { account: { scheme: 'clabe', bank: '012' } },
      creditor: { account: { scheme: 'clabe' }, name: 'JOSÉ NÚÑEZ INVENTADO' },
      refs: { speiClaveRastreo: 'MBAN01002603020000000001' },
    });
    expect(inputs[0]?.creditor).not.toHaveProperty('holders');
    expect(inputs[1]).toMatchObject({
      debtor: { account: { scheme: 'phone' }, holders: [{ ref: 'XEXX010101000', refScheme: 'rfc' }] },
      purposeText: 'PAGO "FLORES", SRA',
    });
    expect(inputs[2]).toMatchObject({ status: 'returned', debtor: { account: { scheme: 'pan_token' } } });
  });

  it('nacha: batch headers lend class, description and date; IAT is refused', async () => {
    const { inputs, outcomes } = await read('nacha', 'nacha.txt');
    expect(
      inputs.map(({ occurredAt, railPurpose, purpose, status }) => [
        occurredAt,
        railPurpose,
        purpose,
        status,
      ]),
    ).toEqual([
      ['2026-03-03', 'PPD PAYROLL', 'wage', 'completed'],
      ['2026-03-03', 'PPD PAYROLL', 'wage', 'completed'],
      ['2026-03-04', 'WEB MEMBERSHIP', 'other', 'completed'],
      ['2026-03-04', 'WEB MEMBERSHIP', 'other', 'attempted'],
    ]);
    expect(inputs[0]).toMatchObject({
      occurredPrecision: 'day',
      settled: { amount: '850.00' },
      debtor: { name: 'INVENTED FARM' },
      creditor: { account: { scheme: 'us_aba', token: '099900022-000123456', product: 'checking' } },
    });
    expect(inputs[2]).toMatchObject({ debtor: { name: 'WORKER ONE' }, creditor: { name: 'INVENTED GYM' } });
    expect(outcomes.filter((one) => one.kind === 'reject')).toMatchObject([
      { line: 11, field: 'class code', code: 'RAS-FEED-VALUE-UNKNOWN' },
    ]);
  });

  it('interac: handles on the other side, the first of a repeated hour, formulas as text', async () => {
    const { inputs, codes } = await read('interac-export', 'interac-export.csv');
    expect(codes).toEqual([]);
    expect(inputs[0]).toMatchObject({
      creditor: { account: { scheme: 'email', token: 'somebody@example.org' } },
    });
    expect(inputs[1]).toMatchObject({
      debtor: { account: { scheme: 'phone' } },
      purposeText: '=HYPERLINK("x")',
    });
    expect(inputs[2]).toMatchObject({ occurredAt: '2026-11-01T01:30:00-04:00', status: 'expired' });
  });

  it('remittances: two places, two amounts, pay-out open until it happens', async () => {
    const { inputs, codes, outcomes } = await read('remittance-operator', 'remittance-operator.csv');
    expect(codes).toEqual([]);
    expect(outcomes[0]).toMatchObject({
      coverage: 'product_only',
      provided: expect.arrayContaining(['mto.paidAt', 'place']),
    });
    expect(inputs[0]).toMatchObject({
      instructed: { amount: '300.00', ccy: 'USD' },
      settled: { amount: '5115.00', ccy: 'MXN' },
      places: [
        { role: 'agent_send', admin1: 'TX' },
        { role: 'agent_pay', admin1: 'BCN', municipalityCode: '004' },
      ],
      mto: { payoutMethod: 'cash', paidAt: '2026-03-03T10:12:00-08:00' },
    });
    expect(inputs[1]).toMatchObject({ status: 'pending' });
    expect(inputs[1]?.mto).not.toHaveProperty('paidAt');
  });
});

const isPresent = existsSync(SHARED);
describe.skipIf(!isPresent)(`AMLSim output in ${SHARED}${isPresent ? '' : ' (absent: skipped)'}`, () => {
  let count: (folder: string) => Promise<{ rows: number; parties: number; codes: string[] }>;
  beforeAll(async () => {
    const transactions = await loadMapping('amlsim');
    const accounts = await loadMapping('amlsim-accounts');
    count = async (folder) => {
      const [rows] = await openSources([`${SHARED}${folder}/transactions.csv.gz`]);
      const [parties] = await openSources([`${SHARED}${folder}/accounts.csv`]);
      if (rows === undefined || parties === undefined) throw new Error(`incomplete ${folder}`);
      const read = await collect(decodeFeed({ source: rows, mapping: transactions }));
      const known = await collect(decodeParties({ source: parties, mapping: accounts }));
      return {
        rows: read.inputs.length,
        parties: known.inputs.length,
        codes: [...read.codes, ...known.codes],
      };
    };
  });

  it('accepts all rows and all accounts of both', async () => {
    expect(await count('1k')).toEqual({ rows: 121_457, parties: 1_446, codes: [] });
    expect(await count('typologies')).toEqual({ rows: 9_904, parties: 389, codes: [] });
  });
});
