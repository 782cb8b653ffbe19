import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { canonicalise, transactionHash } from '../../../../pipelines/ingest/canonical.ts';
import { Directory } from '../../../../pipelines/ingest/directory.ts';
import { restamp } from '../../../../pipelines/ingest/stamp.ts';
import { openVaultEntry } from '../../../../pipelines/ingest/vault.ts';
import { canonicalJson } from '../../../../schemas/ids.ts';
import { type PartyRecord, partyRecord } from '../../../../schemas/party.ts';
import {
  type Transaction,
  type TransactionInput,
  transaction,
  transactionInput,
} from '../../../../schemas/transaction.ts';
import { testContext, testKeys, testOrigin, testRow } from '../../../support/ingest.ts';

function accepted(row: TransactionInput, context = testContext()): Transaction {
  const result = canonicalise(row, testOrigin, context);
  if (!result.ok) throw new Error(JSON.stringify(result.rejects));
  return result.tx;
}

function rejected(row: TransactionInput): string[] {
  const result = canonicalise(row, testOrigin, testContext());
  return result.ok ? [] : result.rejects.map((each) => `${each.field} ${each.code}`);
}

interface JsonSchema {
  type?: string;
  enum?: unknown[];
  anyOf?: JsonSchema[];
  properties?: Record<string, JsonSchema>;
  items?: JsonSchema;
  pattern?: string;
  format?: string;
  minimum?: number;
}

/** A value for every field that the contract knows: the largest possible row. Text carries its path, to be found again. */
function full(schema: JsonSchema, path: string): unknown {
  if (schema.anyOf?.[0] !== undefined) return full(schema.anyOf[0], path);
  if (schema.enum !== undefined) return schema.enum[0];
  if (schema.properties !== undefined) {
    return Object.fromEntries(
      Object.entries(schema.properties).map(([k, v]) => [k, full(v, `${path}.${k}`)]),
    );
  }
  if (schema.items !== undefined) return [full(schema.items, path)];
  if (schema.type === 'boolean') return true;
  if (schema.type === 'integer' || schema.type === 'number') return Math.max(1, schema.minimum ?? 1);
  if (schema.format === 'date-time') return '2025-03-07T22:30:00-06:00';
  if (schema.format === 'date') return '2025-03-07';
  if (path.endsWith('.amount')) return '12.30';
  if (path.endsWith('ccy')) return 'MXN';
  if (path.endsWith('ountry')) return 'MX';
  if (path.endsWith('.tz')) return 'America/Tijuana';
  if (path.endsWith('.mcc')) return '7011';
  if (path.endsWith('fxRate')) return '1.5';
  return `secret${path}`;
}

const fullRow = transactionInput.parse(
  full(z.toJSONSchema(transactionInput, { io: 'input' }) as JsonSchema, ''),
);

/** Fields that end at the edge: they become tokens, classes or parts of the stamp. */
const EDGE_ONLY = /\.(name|surnames|purposeText|occurredPrecision|offsetSource)$/;

function paths(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((each) => paths(each, path));
  if (value === null || typeof value !== 'object') return [path];
  return [path, ...Object.entries(value).flatMap(([key, member]) => paths(member, `${path}.${key}`))];
}

describe('canonicalise', () => {
  it('carries every field of the contract inside, and nothing else', () => {
    const tx = accepted(fullRow);
    expect(transaction.safeParse(tx).error).toBeUndefined();
    const inside = new Set(paths(tx));
    const missing = paths(fullRow)
      .map((path) =>
        path.replace(
          /(settled|instructed|balanceAfter|money|amount|gross|net|principal|outstanding|fee)\.amount$/,
          '$1.minor',
        ),
      )
      .filter((path) => !inside.has(path) && !EDGE_ONLY.test(path));
    expect(missing).toEqual([]);
  });

  it('lets no identifier, name or text out', () => {
    const context = testContext();
    const result = canonicalise(fullRow, testOrigin, context);
    if (!result.ok) throw new Error('rejected');
    // What is left in clear is declared as open in the contract: institution and row ids, codes, classes, chain facts.
    const leaks = [...JSON.stringify(result.tx).matchAll(/secret\.([\w.]+)/g)].map(
      (match) => match[1] as string,
    );
    const open =
      /(^|\.)(institution|id|statusReason|bank|admin1|municipalityCode|register|purposeCode|railPurpose|owner|kind|entryMode|merchantDescriptorClass|facilitator|operator|carrier|from|to|chain|txHash|leg|asset|contract|memoTag|vaspFrom|vaspTo|tradePair|price|face)$/;
    expect(
      leaks.filter((path) => !open.test(path) || path.startsWith('va.from') || path.startsWith('va.to')),
    ).toEqual([]);
    const letters = (value: string) => value.toLowerCase().replace(/[^a-z]/g, '');
    const stored = result.vaultEntries.map((entry) => letters(openVaultEntry(testKeys.vault, entry)));
    const kept = [
      'debtor.account.token',
      'creditor.name',
      'purposeText',
      'terminal.id',
      'session.ipToken',
      'va.from',
    ];
    for (const path of kept) {
      expect(
        stored.some((value) => value.includes(letters(`secret.${path}`))),
        path,
      ).toBe(true);
    }
    expect(JSON.stringify(result.vaultEntries)).not.toContain('secret');
  });

  it('makes conductor, beneficiary and holder of one person meet', () => {
    const tx = accepted(
      testRow({
        creditor: { holders: [{ ref: 'AB-12', refScheme: 'document' }] },
        conductors: [
          { ref: 'ab12', refScheme: 'document', onBehalfOf: [{ ref: 'AB 12', refScheme: 'document' }] },
        ],
        beneficiaries: [{ ref: 'document:AB12' }],
      }),
    );
    const key = tx.creditor?.holders?.[0]?.ref;
    expect(tx.stamp.creditor).toMatchObject({ holderKey: key, resolvedBy: 'row' });
    expect([
      tx.conductors?.[0]?.ref,
      tx.conductors?.[0]?.onBehalfOf?.[0]?.ref,
      tx.beneficiaries?.[0]?.ref,
    ]).toEqual([key, key, key]);
  });

  it.each(['NOTPROVIDED', ' notprovided '])('takes %j for no reference at all', (endToEndId) => {
    const uetr = 'eb6305c9-1f7f-49de-aed0-16487c27b42d';
    const given = accepted(testRow({ refs: { uetr } }));
    const placeholder = accepted(testRow({ refs: { endToEndId, uetr } }));
    expect(placeholder.refs).toEqual(given.refs);
    expect(transactionHash(placeholder)).toBe(transactionHash(given));
    expect(accepted(testRow({ refs: { endToEndId: 'NOTPROVIDED-1' } })).refs?.endToEndId).toMatch(/^ref_/);
  });

  it('names every fault with a masked value and leaves nothing in the vault', () => {
    expect(
      rejected(
        testRow({
          settled: { amount: '10.001', ccy: 'MXN' },
          instructed: { amount: '-5', ccy: 'USD' },
          balanceAfter: { amount: '-5', ccy: 'USD' },
          fees: [{ money: { amount: '1', ccy: 'XAU' }, payer: 'debtor' }],
          occurredAt: '2025-03-07',
          places: [{ role: 'branch', tz: 'Nowhere/Land' }],
        }),
      ),
    ).toEqual([
      'settled.amount RAS-FEED-AMOUNT-PRECISION',
      'instructed.amount RAS-FEED-AMOUNT-NEGATIVE',
      'fees.0.money.ccy RAS-FEED-CURRENCY-UNKNOWN',
      'places.0.tz RAS-FEED-ZONE-UNKNOWN',
    ]);
    expect(rejected(testRow({ occurredAt: undefined }))).toEqual(['occurredAt RAS-FEED-TIME-MISSING']);
    const context = testContext();
    const result = canonicalise(testRow({ settled: { amount: '10.001', ccy: 'MXN' } }), testOrigin, context);
    expect(!result.ok && result.rejects[0]).toMatchObject({
      masked: '99.999',
      params: { ccy: 'MXN', value: '99.999' },
    });
    expect(context.pseudonyms.takeVaultEntries()).toEqual([]);
  });

  it('takes a zero written as minus zero', () => {
    expect(accepted(testRow({ settled: { amount: '-0.00', ccy: 'MXN' } })).settled).toEqual({
      minor: '0',
      ccy: 'MXN',
    });
  });
});

describe('stamp', () => {
  const keys = testContext().pseudonyms;
  const sender = keys.account('clabe', '002010077777777771');
  const partyOf = (changes: Partial<PartyRecord>): PartyRecord =>
    partyRecord.parse({
      partyKey: keys.party('customer', '42', 'bank-a'),
      validFromMs: 0,
      institution: 'bank-a',
      accounts: [
        {
          scheme: 'clabe',
          token: sender,
          bank: 'bank-a',
          product: 'payroll',
          opened: '2024-01-01',
          coverage: 'full_account',
        },
      ],
      ...changes,
    });

  it('resolves the holder from the directory as of the event, else from the row, else to the account', () => {
    const directory = Directory.from([
      partyOf({
        kind: 'person',
        birthYear: 2008,
        homePlace: { country: 'MX', admin1: 'BCN', municipality: '02004' },
        workPlace: { country: 'MX', admin1: 'SON' },
        licences: [{ kind: 'late_venue', validTo: '2025-12-31' }],
        relationships: [
          { ref: keys.party('customer', '43', 'bank-a'), kind: 'spouse' },
          { ref: keys.party('customer', '44', 'bank-a'), kind: 'employer' },
        ],
      }),
    ]);
    const { debtor, creditor } = accepted(testRow(), testContext(directory)).stamp;
    expect(debtor).toEqual({
      accountKey: sender,
      bank: 'bank-a',
      holderKey: keys.party('customer', '42', 'bank-a'),
      resolvedBy: 'directory',
      kind: 'person',
      product: 'payroll',
      country: 'MX',
      admin1: 'MX-BCN',
      municipality: 'MX-02004',
      workAdmin1: 'MX-SON',
      licences: ['late_venue'],
      ageBand: '16_17',
      relatedKeys: [keys.party('customer', '43', 'bank-a')],
      openedAt: Date.UTC(2024, 0, 1),
      coverage: 'full_account',
      occupationNight: true,
    });
    expect(creditor).toMatchObject({ resolvedBy: 'account', country: 'MX', bank: 'bank-b' });
    expect(creditor.holderKey).toBe(creditor.accountKey);
  });

  it('has the amount in three currencies, in daily wages, with the tables used', () => {
    const { stamp } = accepted(testRow());
    expect(stamp).toMatchObject({ amountMinor: '150000', mxnMinor: 150_000, rateId: 'sample-1@2025-03-03' });
    expect(stamp.usdMinor).toBeGreaterThan(7_000);
    expect(stamp.wageMilli).toBe(Math.round(150_000_000 / 27_880));
    expect(stamp.wageTable).toBe('wages@2026-11-21:MX');
    const border = accepted(
      testRow({ places: [{ role: 'terminal', country: 'MX', admin1: 'BCN', municipalityCode: '02004' }] }),
    );
    expect(border.stamp.wageTable).toBe('wages@2026-11-21:MX-border');
    const old = accepted(testRow({ occurredAt: '2017-03-07', settled: { amount: '10', ccy: 'USD' } }));
    expect(old.stamp).toMatchObject({
      usdMinor: 1_000,
      mxnMinor: null,
      cadMinor: null,
      rateId: null,
      wageMilli: null,
    });
    const asset = accepted(testRow({ settled: { amount: '1.000000000000000001', ccy: 'ETH' } }));
    expect(asset.stamp.amountMinor).toBe('1000000000000000001');
  });

  it('puts the acting and the pay-out place on lists, and the sending agent’s only with its role', () => {
    const place = (role: 'agent_send' | 'agent_pay' | 'branch', municipalityCode: string) => ({
      role,
      country: 'MX',
      municipalityCode,
    });
    const lists = (places: TransactionInput['places']) =>
      accepted(testRow({ rail: 'mto', places })).stamp.lists;
    expect(lists([place('branch', '28032')])).toEqual(['border_municipality', 'branch:border_municipality']);
    expect(lists([place('agent_send', '28032'), place('agent_pay', '14067')])).toEqual([
      'agent_pay:tourist_zone',
      'agent_send:border_municipality',
      'tourist_zone',
    ]);
    expect(lists([place('agent_send', '28032')])).toEqual(['agent_send:border_municipality']);
    expect(lists(undefined)).toEqual([]);
    expect(accepted(testRow({ travel: { to: 'MX-ROO' } })).stamp.lists).toEqual(['travel_to:tourist_zone']);
    const vasp = { account: { scheme: 'none' as const, token: '1', bank: 'vasp-example-mx' } };
    expect(accepted(testRow({ creditor: vasp })).stamp.lists).toEqual([
      'creditor:listed_vasp',
      'listed_vasp',
    ]);
  });

  it('says what the reporting feed shows of each side', () => {
    const coverage = (creditor: TransactionInput['creditor']) =>
      accepted(testRow({ creditor })).stamp.creditor.coverage;
    expect(coverage({ account: { scheme: 'none', token: '1', bank: 'bank-a' } })).toBe('full_account');
    expect(coverage({ account: { scheme: 'none', token: '1' } })).toBe('counterparty_view');
    expect(coverage({ holders: [{ ref: 'x', refScheme: 'document' }] })).toBe('full_account');
  });

  it('turns purpose text into classes and an equality token', () => {
    const a = accepted(testRow({ purposeText: 'Renta de marzo' }));
    const b = accepted(testRow({ id: 't2', purposeText: 'Renta de marzo' }));
    expect(a.stamp.textClasses).toEqual(['rent']);
    expect(a.textToken).toBe(b.textToken);
    expect(accepted(testRow()).textToken).toBeUndefined();
  });

  it('equals, when stamped again, the row that arrives after the directory knew', () => {
    const early = testContext();
    const row = testRow({
      purposeText: 'nómina',
      debtor: { ...testRow().debtor, surnames: ['Peña', 'Ruiz'] },
    });
    const before = accepted(row, early);
    const directory = Directory.from([partyOf({ kind: 'sole_trader' })]);
    const after = accepted(row, testContext(directory));
    expect(before.stamp.debtor.resolvedBy).toBe('account');
    expect(restamp(before, testOrigin.coverage, testContext(directory))).toEqual(after);
    expect(after.stamp.debtor.kinTokens).toHaveLength(2);
  });
});

describe('transactionHash', () => {
  const hash = (changes: Partial<TransactionInput> = {}, line = 1) => {
    const result = canonicalise(
      testRow(changes),
      { ...testOrigin, submissionId: `s${line}`, line },
      testContext(),
    );
    if (!result.ok) throw new Error('rejected');
    return transactionHash(result.tx);
  };

  it('is the same for the same row in another file, after storage, and for padded amounts', () => {
    expect(hash({}, 9)).toBe(hash({}, 1));
    expect(hash({ settled: { amount: '1500.000', ccy: 'MXN' } })).toBe(hash());
    const stored = JSON.parse(JSON.stringify(accepted(testRow()))) as Transaction;
    expect(transactionHash(stored)).toBe(hash());
    const known = Directory.from([
      partyRecord.parse({
        partyKey: `par_${'0'.repeat(26)}`,
        validFromMs: 0,
        institution: 'bank-a',
        accounts: [{ scheme: 'clabe', token: stored.stamp.debtor.accountKey }],
      }),
    ]);
    expect(transactionHash(accepted(testRow(), testContext(known)))).toBe(hash());
  });

  it('reads rows whose plain JSON is canonical, whatever the order of the feed’s keys', () => {
    const { stamp: _, ...bare } = accepted(fullRow);
    expect(JSON.stringify(bare)).toBe(canonicalJson(bare));
    const reversed = Object.fromEntries(Object.entries(fullRow).reverse()) as TransactionInput;
    expect(transactionHash(accepted(reversed))).toBe(transactionHash(accepted(fullRow)));
  });

  it('differs with any content', () => {
    const hashes = [
      hash(),
      hash({ settled: { amount: '1500.01', ccy: 'MXN' } }),
      hash({ occurredAt: '2025-03-07T22:30:01-06:00' }),
      hash({ occurredAt: '2025-03-07T21:30:00-07:00' }),
      hash({ occurredPrecision: 'hour' }),
      hash({ purposeText: 'a' }),
      hash({ purposeText: 'b' }),
      hash({ status: 'declined' }),
      hash({ debtor: { ...testRow().debtor, surnames: ['Peña'] } }),
    ];
    expect(new Set(hashes).size).toBe(hashes.length);
  });
});
