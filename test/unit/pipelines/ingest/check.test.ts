import { describe, expect, it } from 'vitest';
import { FeedCheck, type FeedReport } from '../../../../pipelines/ingest/check.ts';
import { decodeFeed } from '../../../../pipelines/ingest/decode.ts';
import { rejectCsv } from '../../../../pipelines/ingest/reject-csv.ts';
import type { RuleRequirement } from '../../../../pipelines/ingest/rule-readiness.ts';
import type { Mapping } from '../../../../schemas/mapping.ts';
import { plainMapping, sourceOf } from '../../../support/feed-text.ts';

const HEADER = 'id,at,from,to,amount,text';
const row = (id: string, at = '2026-03-02T10:00:00-06:00', amount = '10.00'): string =>
  `${id},${at},a-1,a-2,${amount},`;

async function check(
  files: readonly (readonly [string, readonly string[], Mapping?])[],
  rules: readonly RuleRequirement[] = [],
  partyProvides: readonly string[] = [],
): Promise<FeedReport> {
  const report = new FeedCheck(rules, partyProvides);
  for (const [name, rows, mapping = plainMapping()] of files) {
    const source = sourceOf(`${[HEADER, ...rows].join('\n')}\n`);
    await report.addFile(name, decodeFeed({ source, mapping }));
  }
  return report.report();
}

describe('counts', () => {
  it('reads = accepted + rejected + duplicates, within and across files', async () => {
    const report = await check([
      ['a.csv', [row('1'), row('2'), row('1'), row('2', undefined, '11.00'), row('3', 'never')]],
      ['b.csv', [row('2'), row('4')]],
    ]);
    expect(report).toMatchObject({ read: 7, accepted: 3, rejected: 2, duplicates: 2 });
    expect(report.read).toBe(report.accepted + report.rejected + report.duplicates);
    expect(report.files).toMatchObject([
      { file: 'a.csv', mapping: 'plain@1', format: 'csv', read: 5, accepted: 2, rejected: 2, duplicates: 1 },
      { file: 'b.csv', read: 2, accepted: 1, duplicates: 1 },
    ]);
    expect(report.rejectedByCode.map(({ code, count, line }) => [code, count, line])).toEqual([
      ['RAS-FEED-CONFLICT', 1, 5],
      ['RAS-FEED-TIME-FORMAT', 1, 6],
    ]);
    expect(report.rejects.map(({ line, byteOffset, masked }) => [line, byteOffset, masked])).toEqual([
      [5, HEADER.length + 1 + 3 * (row('1').length + 1), ''],
      [6, HEADER.length + 1 + 4 * (row('1').length + 1), 'aaaaa'],
    ]);
    for (const { message, hint } of report.rejectedByCode) {
      for (const text of [message.en, message.es, message.fr, hint.en, hint.es, hint.fr]) {
        expect(text).not.toMatch(/\{|^$/);
      }
    }
  });

  it('sums each currency exactly', async () => {
    const amounts = ['0.10', '0.20', '9007199254740.99', '9007199254740.99', '90071992547409.90', '5'];
    const report = await check([['a', amounts.map((amount, i) => row(String(i), undefined, amount))]]);
    expect(report.totals).toEqual([{ ccy: 'MXN', rows: 6, amount: '108086391056897.18' }]);
  });

  it('says from when to when, how fine and with what coverage', async () => {
    const report = await check([
      [
        'a',
        [row('1', '2026-03-02T23:59:59-06:00'), row('2', '2026-02-01T00:00:00Z')],
        { ...plainMapping(), coverage: 'product_only' },
      ],
    ]);
    expect(report).toMatchObject({
      firstDay: '2026-02-01',
      lastDay: '2026-03-02',
      byPrecision: { second: 2 },
      byCoverage: { product_only: 2 },
    });
  });

  it('reports a fault with how far it came, and goes on with the next file', async () => {
    const report = new FeedCheck();
    await report.addFile('empty', decodeFeed({ source: sourceOf(''), mapping: plainMapping() }));
    await report.addFile(
      'good',
      decodeFeed({ source: sourceOf(`${HEADER}\n${row('1')}\n`), mapping: plainMapping() }),
    );
    expect(report.report()).toMatchObject({
      accepted: 1,
      faults: [{ file: 'empty', code: 'RAS-FEED-FILE-EMPTY', line: 1 }],
    });
  });
});

describe('times that are a default', () => {
  const at = (minute: number): string =>
    `2026-03-02T${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}:00-06:00`;

  it('reports a channel in which more than a fifth of the rows share one minute', async () => {
    const rows = Array.from({ length: 100 }, (_, i) => row(String(i), at(i < 21 ? 0 : 300 + i)));
    const report = await check([['a', rows]]);
    expect(report.notices).toMatchObject([{ code: 'RAS-FEED-TIME-DEFAULTED' }]);
    expect(report.notices[0]?.message.en).toContain(
      '21 % of the rows of channel online carry the clock minute 00:00',
    );
  });

  it('stays silent at a fifth, on few rows, and where times are dates anyway', async () => {
    const fifth = Array.from({ length: 100 }, (_, i) => row(String(i), at(i < 20 ? 0 : 300 + i)));
    const few = Array.from({ length: 10 }, (_, i) => row(String(i), at(0)));
    const dates = Array.from({ length: 100 }, (_, i) => row(String(i), '2026-03-02'));
    const byDay = { ...plainMapping({ time: '{ formats: [yyyy-MM-dd] }' }), precision: 'day' as const };
    for (const files of [[['a', fifth]], [['a', few]], [['a', dates, byDay]]] as const) {
      expect((await check(files as never)).notices).toEqual([]);
    }
  });
});

describe('which rules a feed can feed', () => {
  const rule = (id: string, needs: Partial<RuleRequirement['needs']>): RuleRequirement => ({
    rule: id,
    title: id,
    needs: { fields: [], precision: null, coverage: null, ...needs },
  });

  it('names the missing field, precision or coverage', async () => {
    const rules = [
      rule('ok', {
        fields: ['counterparty', 'occurredAt'],
        precision: 'minute',
        coverage: ['full_account', 'product_only'],
      }),
      rule('field', { fields: ['counterparty', 'card.mcc'] }),
      rule('empty', { fields: ['purposeText'] }),
      rule('coverage', { coverage: ['full_account'] }),
      rule('party', { fields: ['party.birthYear'] }),
    ];
    const mapping = { ...plainMapping(), coverage: 'product_only' as const };
    const report = await check([['a', [row('1'), row('2')], mapping]], rules, ['party.birthYear']);
    expect(
      report.rules.map(({ rule: id, verdict, shortfalls }) => [
        id,
        verdict,
        shortfalls.map(({ name, why }) => `${name} ${why}`),
      ]),
    ).toEqual([
      ['ok', 'evaluable', []],
      ['field', 'not', ['card.mcc not_provided']],
      ['empty', 'not', ['purposeText empty']],
      ['coverage', 'not', ['full_account not_provided']],
      ['party', 'evaluable', []],
    ]);
    expect(report.provided).toEqual([
      { name: 'counterparty', filled: 2 },
      { name: 'occurredAt', filled: 2 },
      { name: 'purposeText', filled: 0 },
    ]);
  });

  it('says partly where a part of the rows serves', async () => {
    const byDay = { ...plainMapping({ time: '{ formats: [yyyy-MM-dd] }' }), precision: 'day' as const };
    const report = await check(
      [
        ['a', [row('1'), row('2'), row('3')]],
        ['b', [row('4', '2026-03-02')], byDay],
      ],
      [rule('night', { precision: 'hour' })],
    );
    expect(report.rules[0]).toMatchObject({
      verdict: 'partly',
      shortfalls: [{ what: 'precision', name: 'hour', share: 0.75, why: 'some' }],
    });
  });
});

it('says that derived ids ask for whole files', async () => {
  const mapping = plainMapping();
  const { id: _id, ...fields } = mapping.fields;
  const derived: Mapping = { ...mapping, idFrom: 'content', fields };
  const rows = [row('1'), row('1'), row('2')];
  const report = await check([
    ['a', rows, derived],
    ['b', rows.slice(0, 1), derived],
  ]);
  expect(report).toMatchObject({ accepted: 3, duplicates: 1 });
  expect(report.notices).toMatchObject([{ code: 'RAS-FEED-ID-DERIVED' }]);
});

it('writes its rejects as CSV that no spreadsheet can run', async () => {
  const report = await check([['=cmd.csv', [row('1', '=1+1'), row('2', 'no, time')]]]);
  const csv = await rejectCsv(report.rejects, 'es');
  const [header, first, second] = csv.split('\r\n');
  expect(header).toBe('file,line,byteOffset,field,code,value,message');
  expect(first).toMatch(/^'=cmd\.csv,2,\d+,occurredAt,RAS-FEED-TIME-FORMAT,'=9\+9,El campo occurredAt/);
  expect(second).toMatch(/^'=cmd\.csv,3,\d+,,RAS-FEED-COLUMN-COUNT/);
});
