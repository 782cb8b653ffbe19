/** Real feeds in miniature, and ways of breaking them: what tests of readers compare their ways of reading on. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import type { Mapping } from '../../schemas/mapping.ts';
import { packageRoot } from '../../schemas/package-root.ts';
import { loadMapping } from '../../services/feeds/mappings.ts';
import { plainMapping } from './feed-text.ts';

export const fixture = (name: string): string =>
  readFileSync(join(packageRoot(), 'test', 'fixtures', 'feeds', name), 'latin1');
/** Texts of this file are bytes, one character each: feeds come in several encodings, and broken ones. */
export const bytesOf = (text: string): Buffer => Buffer.from(text, 'latin1');

/** Bytes that matter to a scanner, and texts around which parsers differ. */
const PIECES = [
  ...['"', '\\', '\\u0041', '\\"', ',', ':', '{', '}', '[', ']', ' ', '\t', '\r', '\n', '\0', '\x7f', '\x1f'],
  ...[
    'Ã±',
    'ñ',
    '\x81',
    '-',
    '+',
    '.',
    'e',
    'E',
    '0',
    '00',
    '1',
    '9',
    '123456789012345678',
    '1e5',
    '0.10',
    '-0',
  ],
  ...['null', 'true', 'false', 'tru', '"x"', '{}', '[]', ',"id":"twice"', '""', "'", 'NaN', ';', 'A'],
];

interface Change {
  readonly at: number;
  readonly drop: number;
  readonly put: string;
}

export const change = fc.record({
  at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  drop: fc.integer({ min: 0, max: 3 }),
  put: fc.oneof(fc.constantFrom(...PIECES), fc.constant('')),
});

export function changed(line: string, { at, drop, put }: Change): string {
  const from = Math.floor(at * (line.length + 1));
  return line.slice(0, from) + put + line.slice(from + drop);
}

/** A file in which every line comes twice unharmed, then changed ones among good ones. */
export function broken(
  lines: readonly string[],
  picks: readonly (readonly [number, readonly Change[]])[],
): string {
  const out = [...lines, ...lines];
  for (const [pick, changes] of picks) {
    const line = lines[pick % lines.length] as string;
    out.push(changes.reduce(changed, line));
    if (pick % 3 === 0) out.push(line);
  }
  return `${out.join('\n')}\n`;
}

export const picks = fc.array(fc.tuple(fc.nat(1_000), fc.array(change, { minLength: 1, maxLength: 2 })), {
  minLength: 1,
  maxLength: 25,
});
export const chunkBytes = fc.oneof(fc.integer({ min: 1, max: 300 }), fc.constant(1_000_000));

export const CANONICAL = [
  ...fixture('canonical.ndjson').trim().split('\n'),
  '{"institution":"b","id":"t9","version":1,"op":"put","kind":"cash_withdrawal","rail":"cash","channel":"atm","instrument":"card","status":"completed","settled":{"amount":"300.00","ccy":"USD"},"debtor":{"account":{"scheme":"us_aba","token":"99-1","bank":"b"},"holders":[{"ref":"SIM1","refScheme":"tin"}],"kind":"person"},"occurredAt":"2025-11-02T01:30:00-04:00","occurredPrecision":"second","offsetSource":"terminal","places":[{"role":"terminal","country":"US","admin1":"TX","lat":32.25,"lon":-106.5,"tz":"America/Chicago"}],"terminal":{"id":"atm-1","kind":"atm"},"conductors":[{"ref":"SIM1","isHolder":true}]}',
  '{ "institution": "b", "id": "t10", "kind": "card_purchase", "rail": "other", "channel": "pos", "instrument": "card", "occurredAt": "2025-11-02", "settled": { "amount": "12", "ccy": "JPY" }, "lodging": { "checkIn": "2025-11-01", "nights": 3, "rooms": 1 }, "creditor": null }',
  '{"id":"t11","institution":"b","kind":"transfer","rail":"ach","channel":"batch","instrument":"account","postedAt":"2025-11-02T10:00:00Z","occurredPrecision":"minute","valueDate":"2025-11-03","settled":{"ccy":"USD","amount":"-1.00"},"sameAs":[{"institution":"c","id":"1"},{"institution":"d","id":"2"}]}',
];

const MAPPED_NDJSON = [
  '{"id":"1","at":"2026-03-01T10:00:00Z","amount":850.5,"from":"A1","to":"B1","text":"renta","more":{"deep":[1,{"x":"y"}]}}',
  '{"id":2,"at":"2026-03-01T10:00:00-06:00","amount":"12.00","from":111222333,"to":"B1","text":null}',
  '{"at":"2026-03-01T10:00:00Z","id":"3","from":true,"to":"B2","amount":0.25}',
];

/** Lines without quotes, where a fixture has hardly any. */
const MORE: Readonly<Record<string, readonly string[]>> = {
  'spei-statement.csv': [
    '02/03/2026,21:14:05,012320000123456788,1850.00,,12.50,MBAN01002603020000000009,1234567,RENTA,072,072320000987654326,JOSE,ND,1,LIQUIDADO',
    '03/03/2026,08:00:00,012320000123456788,,99.90,112.40,MBAN01002603030000000010,7654321,,002,5512345678,PEPA,XEXX010101000,1,LIQUIDADO',
  ],
};

export const FILES: readonly [string, () => Promise<Mapping>, readonly string[], readonly string[]][] = [
  ['canonical NDJSON', () => loadMapping('canonical'), [], CANONICAL],
  [
    'canonical parties',
    () => loadMapping('canonical-parties'),
    [],
    fixture('canonical-parties.ndjson').trim().split('\n'),
  ],
  ...(
    [
      ['canonical', 'canonical.csv'],
      ['canonical-parties', 'canonical-parties.csv'],
      ['amlsim', 'amlsim.csv'],
      ['amlworld', 'amlworld.csv'],
      ['paysim', 'paysim.csv'],
      ['saml-d', 'saml-d.csv'],
      ['remittance-operator', 'remittance-operator.csv'],
      ['interac-export', 'interac-export.csv'],
      ['spei-statement', 'spei-statement.csv'],
    ] as const
  ).map(([id, name]): (typeof FILES)[number] => {
    const lines = fixture(name).trim().split(/\r?\n/);
    const isHead = (line: string): boolean => !/\d{2}/.test(line);
    const head = Math.max(
      1,
      lines.findIndex((line) => !isHead(line)),
    );
    return [name, () => loadMapping(id), lines.slice(0, head), [...lines.slice(head), ...(MORE[name] ?? [])]];
  }),
  ['mapped NDJSON', async () => plainMapping({ source: '{ format: ndjson }' }), [], MAPPED_NDJSON],
  [
    'a plain bank file',
    async () =>
      plainMapping({
        source: "{ format: csv, delimiter: ';' }",
        time: '{ formats: [dd/MM/yyyy HH:mm], zone: America/Mexico_City }',
        amount: "{ decimal: ',', thousands: '.' }",
      }),
    ['id;at;amount;from;to;text'],
    [
      '1;02/03/2026 10:15;1.250,00;A1;B1;renta',
      '2; 02/03/2026 10:15 ;85;A1;B2;',
      '3;03/03/2026 00:00;0,5;A 2;B1;  x ',
    ],
  ],
];
