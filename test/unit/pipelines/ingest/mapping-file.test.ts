import { describe, expect, it } from 'vitest';
import { parseMapping, readMapping } from '../../../../pipelines/ingest/mapping-file.ts';

const lines = (text: string): string => text.replace(/^\n/, '');
const HEAD = lines(`
id: bank
version: 1
source: { format: csv }
institution: { const: b }
`);
const FIELDS = lines(`
fields:
  id: { column: id }
  kind: { const: transfer }
  rail: { const: spei }
  channel: { const: online }
  instrument: { const: account }
  valueDate: { column: day, time: { formats: [dd/MM/yyyy] } }
  settled.amount: { column: amount, amount: {} }
  settled.ccy: { const: MXN }
`);

const issuesOf = (text: string): string[] =>
  readMapping(text).issues.map(({ line, col, detail }) => `${line}:${col} ${detail}`);

it('takes a whole mapping', () => {
  expect(issuesOf(HEAD + FIELDS)).toEqual([]);
});

describe('points at the place of what is wrong', () => {
  const cases: [string, string, RegExp][] = [
    ['bad YAML', 'id: [1', /^1:\d+ /],
    ['a key twice', `${HEAD}version: 2\n${FIELDS}`, /^5:1 Map keys must be unique/],
    ['an unknown key', `${HEAD}colour: red\n${FIELDS}`, /Unrecognized key: "colour"/],
    ['a wrong type', HEAD.replace('version: 1', 'version: one') + FIELDS, /^2:10 version: /],
    [
      'an unknown field',
      `${HEAD}${FIELDS}  debtor.colour: { const: red }\n`,
      /^14:18 fields\.debtor\.colour: debtor\.colour is no canonical field/,
    ],
    [
      'a group as a field',
      `${HEAD}${FIELDS}  debtor.account: { const: red }\n`,
      /debtor\.account is a group/,
    ],
    [
      'a value outside the list',
      HEAD + FIELDS.replace('spei', 'pigeon'),
      /^8:18 fields\.rail\.const: "pigeon" is no value/,
    ],
    ['own without direction', `${HEAD}${FIELDS}  own.account.token: { column: a }\n`, /needs `direction`/],
    ['two sources', `${HEAD}${FIELDS}  purposeText: { column: a, const: b }\n`, /exactly one of column/],
    ['a bad format', HEAD + FIELDS.replace('dd/MM/yyyy', 'dd of MM'), /"dd of MM" is no time format/],
    [
      'a bad zone',
      `${HEAD}${FIELDS}  occurredAt: { column: a, time: { formats: ["yyyy-MM-dd HH:mm"], zone: Mars/Base } }\n`,
      /"Mars\/Base" is no IANA time zone/,
    ],
    [
      'no zone',
      `${HEAD}${FIELDS}  occurredAt: { column: a, time: { formats: ["yyyy-MM-dd HH:mm"] } }\n`,
      /needs `zone`/,
    ],
    [
      'precision without a time of day',
      `${HEAD}precision: minute\n${FIELDS}  occurredAt: { column: a, time: { formats: [yyyy-MM-dd] } }\n`,
      /precision says minute/,
    ],
    [
      'a time that is none',
      HEAD + FIELDS.replace('amount: {}', 'time: { formats: [iso] }'),
      /settled\.amount is no time/,
    ],
    [
      'an amount that is none',
      HEAD + FIELDS.replace('id: { column: id }', 'id: { column: id, amount: {} }'),
      /id is no amount/,
    ],
    [
      'a required field',
      HEAD + FIELDS.replace('  kind: { const: transfer }\n', ''),
      /the required field kind is not mapped/,
    ],
    [
      'no time at all',
      HEAD + FIELDS.replace(/ {2}valueDate.*\n/, ''),
      /one of occurredAt, postedAt, valueDate/,
    ],
    ['an unknown provided name', `${HEAD}provides: [luck]\n${FIELDS}`, /"luck" is none of/],
    [
      'a field given twice',
      `${HEAD}tables:\n  - { column: t, rows: { A: { kind: fee } } }\n${FIELDS}`,
      /kind is also given by a table/,
    ],
    [
      'a table value',
      `${HEAD}tables:\n  - { column: t, rows: { A: { statusReason: x, status: eaten } } }\n${FIELDS}`,
      /^6:56 tables\.0\.rows\.A\.status: "eaten"/,
    ],
    [
      'columns of a file without header',
      HEAD.replace('format: csv', 'format: csv, header: false') + FIELDS,
      /needs `columns`/,
    ],
    ['records of a fixed-width file', HEAD.replace('csv', 'fixed') + FIELDS, /needs `records`/],
  ];
  it.each(cases)('%s', (_name, text, expected) => {
    expect(issuesOf(text).join('\n')).toMatch(expected);
  });
});

it('throws file:line:col, and refuses what is far too long or expands without end', () => {
  expect(() => parseMapping('id: 1\n', 'dir/bank.yaml')).toThrow(
    /RAS-FEED-MAPPING-INVALID: .* at dir\/bank\.yaml:1:\d+/,
  );
  expect(issuesOf('#'.repeat(300_000))).toEqual(['1:1 a mapping has at most 262144 bytes']);
  const bomb = [
    'a0: &a0 [x, x, x, x, x, x, x, x, x]',
    ...Array.from({ length: 9 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i}, `.repeat(9)}]`),
  ].join('\n');
  expect(issuesOf(bomb)[0]).toMatch(/alias/i);
});
