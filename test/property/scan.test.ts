/**
 * Scanners against the libraries: the same outcomes for the same bytes, rows and rejects, however the bytes are cut into
 * chunks. Lines come from real feeds in miniature, repeated so that their layouts are learned, and then broken.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodeFeed, decodeParties } from '../../pipelines/ingest/decode.ts';
import type { Outcome } from '../../pipelines/ingest/outcome.ts';
import { CELL, hashOf } from '../../pipelines/ingest/scan/cells.ts';
import { learnLayout } from '../../pipelines/ingest/scan/json-layout.ts';
import { lineScan, objectScan, type Step } from '../../pipelines/ingest/scan/scan-code.ts';
import { programOf, runProgram } from '../../pipelines/ingest/scan/step-program.ts';
import type { Mapping } from '../../schemas/mapping.ts';
import { packageRoot } from '../../schemas/package-root.ts';
import { loadMapping } from '../../services/feeds/mappings.ts';
import { plainMapping, sourceOf } from '../support/feed-text.ts';

const fixture = (name: string): string =>
  readFileSync(join(packageRoot(), 'test', 'fixtures', 'feeds', name), 'latin1');
/** Texts of this file are bytes, one character each: feeds come in several encodings, and broken ones. */
const bytesOf = (text: string): Buffer => Buffer.from(text, 'latin1');

async function outcomes(
  text: Uint8Array,
  mapping: Mapping,
  decoding: 'scanners' | 'libraries',
  chunkBytes: number,
): Promise<string[]> {
  const options = { source: sourceOf(text, chunkBytes), mapping, decoding, institution: 'bank-1' };
  const batches = mapping.kind === 'parties' ? decodeParties(options) : decodeFeed(options);
  const all: Outcome<unknown>[] = [];
  for await (const batch of batches) all.push(...batch);
  // As text, so that the order of members counts too.
  return all.map((outcome) =>
    JSON.stringify(outcome, (_key, value: unknown) =>
      value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value,
    ),
  );
}

async function expectSame(
  text: string | Uint8Array,
  mapping: Mapping,
  chunkBytes: number,
): Promise<string[]> {
  const bytes = typeof text === 'string' ? bytesOf(text) : text;
  const fast = await outcomes(bytes, mapping, 'scanners', chunkBytes);
  expect(fast).toEqual(await outcomes(bytes, mapping, 'libraries', 1_000_000));
  return fast;
}

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

const change = fc.record({
  at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  drop: fc.integer({ min: 0, max: 3 }),
  put: fc.oneof(fc.constantFrom(...PIECES), fc.constant('')),
});

function changed(line: string, { at, drop, put }: Change): string {
  const from = Math.floor(at * (line.length + 1));
  return line.slice(0, from) + put + line.slice(from + drop);
}

/** A file in which every line comes twice unharmed, then changed ones among good ones. */
function broken(lines: readonly string[], picks: readonly (readonly [number, readonly Change[]])[]): string {
  const out = [...lines, ...lines];
  for (const [pick, changes] of picks) {
    const line = lines[pick % lines.length] as string;
    out.push(changes.reduce(changed, line));
    if (pick % 3 === 0) out.push(line);
  }
  return `${out.join('\n')}\n`;
}

const picks = fc.array(fc.tuple(fc.nat(1_000), fc.array(change, { minLength: 1, maxLength: 2 })), {
  minLength: 1,
  maxLength: 25,
});
const chunkBytes = fc.oneof(fc.integer({ min: 1, max: 300 }), fc.constant(1_000_000));

const CANONICAL = [
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

const FILES: readonly [string, () => Promise<Mapping>, readonly string[], readonly string[]][] = [
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

for (const [name, mappingOf, head, lines] of FILES) {
  it(`reads ${name} as the libraries do, whatever happens to its bytes`, async () => {
    const mapping = await mappingOf();
    const top = head.map((line) => `${line}\n`).join('');
    const good = await expectSame(`${top}${lines.join('\n')}\n${lines.join('\n')}\n`, mapping, 64);
    expect(good.filter((outcome) => outcome.startsWith('{"kind":"row"')).length).toBeGreaterThan(1);
    await fc.assert(
      fc.asyncProperty(picks, chunkBytes, async (chosen, bytes) => {
        await expectSame(top + broken(lines, chosen), mapping, bytes);
      }),
      { numRuns: 120 },
    );
  });
}

it('hands most lines of these files to the scanners', async () => {
  for (const [name, mappingOf, head, lines] of FILES) {
    const mapping = await mappingOf();
    if (mapping.kind === 'parties') continue;
    let scanned = 0;
    let rows = 0;
    const plain = lines.filter(
      (line) => /^[ -~]*$/.test(line) && (line.startsWith('{') || !line.includes('"')),
    );
    const text = [...head, ...Array.from({ length: 50 }, () => plain).flat()].join('\n');
    const source = sourceOf(bytesOf(`${text}\n`));
    const onRecords = (_records: number, byScanners: number): void => {
      scanned = byScanners;
    };
    for await (const batch of decodeFeed({ source, mapping, onRecords, institution: 'bank-1' })) {
      rows += batch.filter((outcome) => outcome.kind === 'row').length;
    }
    expect(rows).toBeGreaterThan(50);
    expect([name, scanned / rows > 0.97]).toEqual([name, true]);
  }
});

it('is cut at every byte with the same result', async () => {
  const mapping = await loadMapping('canonical');
  const text = `${CANONICAL.join('\n')}\n${CANONICAL.join('\r\n')}`;
  for (let bytes = 1; bytes <= 64; bytes++) await expectSame(text, mapping, bytes);
});

it('reads bytes of no encoding as the libraries do', async () => {
  const mapping = await loadMapping('canonical');
  const line = Buffer.from(`${CANONICAL[0]}\n${CANONICAL[0]}\n${CANONICAL[0]}\n`);
  await fc.assert(
    fc.asyncProperty(fc.nat(line.length - 1), fc.nat(255), async (at, byte) => {
      const bytes = Buffer.from(line);
      bytes[at] = byte;
      await expectSame(bytes, mapping, 1_000_000);
    }),
    { numRuns: 300 },
  );
});

/** Any object that JSON can write without an escape. */
const key = fc.stringMatching(/^[a-z]{1,6}$/);
const scalar = fc.oneof(
  fc.stringMatching(/^[ -!#-[\]-~]{0,12}$/),
  fc.integer(),
  fc.boolean(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constant(null),
);
const tree = fc.letrec((tie) => ({
  value: fc.oneof({ depthSize: 'small' }, scalar, tie('object'), fc.array(tie('value'), { maxLength: 3 })),
  object: fc.dictionary(key, tie('value'), { maxKeys: 6 }),
}));

it('finds in any object of a learned layout the cells that are there, generated or run as a program', () => {
  let learned = 0;
  fc.assert(
    fc.property(
      tree.object,
      fc.constantFrom(0, 1, 2),
      fc.array(change, { maxLength: 1 }),
      (object, blanks, changes) => {
        const text = JSON.stringify(object, null, blanks).replaceAll('\n', ' ');
        const bytes = Buffer.from(text);
        const layout = learnLayout(bytes, 0, bytes.length);
        if (layout === null) return;
        learned += 1;
        const steps: Step[] = layout.literals.map((literal, i) => {
          const slot = layout.slots[i];
          return { literal, value: slot === undefined ? null : { kind: slot.kind, cell: i } };
        });
        const other = Buffer.from(changes.reduce(changed, text));
        const view = new DataView(other.buffer, other.byteOffset, other.byteLength);
        const [cells, again] = [new Int32Array(3 * CELL * 512), new Int32Array(3 * CELL * 512)];
        const end = objectScan(steps)(other, view, 0, other.length, cells);
        expect(runProgram(programOf(steps), other, view, 0, other.length, again)).toBe(end);
        if (changes.length === 0)
          expect(end === -1).toBe(/\d{16}/.test(text.replace(/"[^"]*"/g, '').replaceAll('.', '')));
        if (end === -1) return;
        expect(end).toBe(other.length);
        expect(again).toEqual(cells);
        const parsed: unknown = JSON.parse(other.toString());
        for (const { index, path, kind } of layout.slots) {
          const [from, to, hash] = cells.subarray(index * CELL, index * CELL + CELL) as unknown as [
            number,
            number,
            number,
          ];
          const value = path.reduce(
            (at: unknown, part) => (at as Record<string | number, unknown>)[part],
            parsed,
          );
          const read = other.toString('latin1', from, to);
          expect(kind === 'text' ? read : JSON.parse(read)).toBe(value);
          expect(hash).toBe(hashOf(other, from, to));
        }
      },
    ),
    { numRuns: 2_000 },
  );
  expect(learned).toBeGreaterThan(300);
});

it('cuts a line where a split cuts it', () => {
  const line = fc.array(fc.constantFrom('a', 'b1', ',', ',', ' ', ';', '', 'ñ', '\0', '"'), {
    maxLength: 20,
  });
  fc.assert(
    fc.property(line, fc.integer({ min: 1, max: 8 }), (pieces, width) => {
      const bytes = Buffer.from(pieces.join(''));
      const cells = new Int32Array(width * CELL);
      const columns = Array.from({ length: width }, (_, i) => (i % 3 === 2 ? null : i));
      const end = lineScan(44, columns)(bytes, new DataView(new ArrayBuffer(0)), 0, bytes.length, cells);
      const fields = bytes.toString().split(',');
      const plain = bytes.every((byte) => byte > 0 && byte < 128);
      expect(end).toBe(plain && fields.length === width ? bytes.length : -1);
      if (end === -1) return;
      for (const column of columns) {
        if (column === null) continue;
        const [from = 0, to = 0, hash] = cells.subarray(column * CELL, column * CELL + CELL);
        expect(bytes.toString('latin1', from, to)).toBe(fields[column]);
        expect(hash).toBe(hashOf(bytes, from, to));
      }
    }),
    { numRuns: 1_000 },
  );
});
