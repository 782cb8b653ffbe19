import { describe, expect, it } from 'vitest';
import { decodeFeed } from '../../../../pipelines/ingest/decode.ts';
import { guardCell } from '../../../../pipelines/ingest/formula-guard.ts';
import { FEED_LIMITS } from '../../../../pipelines/ingest/limits.ts';
import { parseMapping } from '../../../../pipelines/ingest/mapping-file.ts';
import { codesOf, outcomesOf, plainMapping, rejectsOf, rowsOf } from '../../../support/feed-text.ts';

const HEADER = 'id,at,from,to,amount,text';
const AT = '2026-03-02T10:00:00-06:00';
const row = (id: string, changes: Partial<Record<'at' | 'amount' | 'text', string>> = {}): string =>
  `${id},${changes.at ?? AT},a-1,a-2,${changes.amount ?? '10.00'},${changes.text ?? ''}`;
const file = (...rows: string[]): string => `${[HEADER, ...rows].join('\n')}\n`;

describe('bytes and lines', () => {
  it('skips a byte order mark and counts it in offsets', async () => {
    const outcomes = await outcomesOf(`\uFEFF${file(row('1'))}`, plainMapping());
    expect(rowsOf(outcomes)).toMatchObject([
      { line: 2, byteOffset: 3 + HEADER.length + 1, input: { id: '1' } },
    ]);
  });

  it('reads CRLF, lone CR and a missing last line end alike', async () => {
    for (const end of ['\r\n', '\r', '\n']) {
      const outcomes = await outcomesOf([HEADER, row('1'), row('2')].join(end), plainMapping());
      expect(rowsOf(outcomes).map(({ line, input }) => [line, input.id])).toEqual([
        [2, '1'],
        [3, '2'],
      ]);
    }
  });

  it('reads latin1 and cp1252 when the mapping says so, and rejects their bytes as UTF-8', async () => {
    const bytes = Buffer.from(file(row('1', { text: 'nómina de peña' })), 'latin1');
    for (const encoding of ['latin1', 'cp1252']) {
      const outcomes = await outcomesOf(
        bytes,
        plainMapping({ source: `{ format: csv, encoding: ${encoding} }` }),
      );
      expect(rowsOf(outcomes)[0]?.input.purposeText).toBe('nómina de peña');
    }
    expect(codesOf(await outcomesOf(bytes, plainMapping()))).toEqual(['RAS-FEED-ENCODING-INVALID']);
    const euro = Buffer.concat([Buffer.from(`${HEADER}\n1,${AT},a-1,a-2,1,`), Buffer.from([0x80, 10])]);
    const outcomes = await outcomesOf(euro, plainMapping({ source: '{ format: csv, encoding: cp1252 }' }));
    expect(rowsOf(outcomes)[0]?.input.purposeText).toBe('€');
  });

  it('rejects the bytes that cp1252 leaves undefined', async () => {
    const bytes = Buffer.concat([Buffer.from(`${HEADER}\n1,${AT},a-1,a-2,1,`), Buffer.from([0x81, 10])]);
    const outcomes = await outcomesOf(bytes, plainMapping({ source: '{ format: csv, encoding: cp1252 }' }));
    expect(codesOf(outcomes)).toEqual(['RAS-FEED-ENCODING-INVALID']);
  });

  it('refuses UTF-16 as a file', async () => {
    const bytes = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(file(row('1')), 'utf16le')]);
    expect(codesOf(await outcomesOf(bytes, plainMapping()))).toEqual(['RAS-FEED-ENCODING-UTF16']);
  });

  it('keeps embedded newlines and quotes, and right places after them', async () => {
    const outcomes = await outcomesOf(
      file(row('1', { text: '"first\nsecond, ""quoted""\r\nthird"' }), row('2'), row('3', { text: '""' })),
      plainMapping(),
    );
    expect(rowsOf(outcomes).map(({ line, input }) => [line, input.purposeText])).toEqual([
      [2, 'first\nsecond, "quoted"\r\nthird'],
      [5, undefined],
      [6, undefined],
    ]);
    const text = file(row('1', { text: '"first\nsecond, ""quoted""\r\nthird"' }), row('2'));
    expect(rowsOf(outcomes)[1]?.byteOffset).toBe(text.indexOf('2,2026'));
  });

  it('costs one line when a quote never closes', async () => {
    const outcomes = await outcomesOf(
      file(row('1'), row('2', { text: '"open' }), row('3'), row('4')),
      plainMapping(),
    );
    expect(rejectsOf(outcomes)).toMatchObject([{ line: 3, code: 'RAS-FEED-QUOTE-UNCLOSED' }]);
    expect(rowsOf(outcomes).map(({ line, input }) => [line, input.id])).toEqual([
      [2, '1'],
      [4, '3'],
      [5, '4'],
    ]);
  });

  it('rejects text after a closing quote and nothing else', async () => {
    const outcomes = await outcomesOf(
      file(
        row('1', { text: '"good"' }),
        row('2', { text: '"half" quoted' }),
        row('3', { text: '"good, too"' }),
      ),
      plainMapping(),
    );
    expect(rejectsOf(outcomes)).toMatchObject([{ line: 3, code: 'RAS-FEED-QUOTE-MALFORMED' }]);
    expect(rowsOf(outcomes).map(({ input }) => input.purposeText)).toEqual(['good', 'good, too']);
  });

  it('rejects a record with NUL bytes', async () => {
    const outcomes = await outcomesOf(file(row('1', { text: 'a\0b' }), row('2')), plainMapping());
    expect(rejectsOf(outcomes)).toMatchObject([{ line: 2, code: 'RAS-FEED-NUL-BYTE' }]);
    expect(rowsOf(outcomes)).toHaveLength(1);
  });

  it('rejects a wrong column count and says both', async () => {
    const outcomes = await outcomesOf(file(`${row('1')},extra`, row('2').slice(0, -1)), plainMapping());
    expect(rejectsOf(outcomes).map(({ code, params }) => [code, params['got'], params['expected']])).toEqual([
      ['RAS-FEED-COLUMN-COUNT', 7, 6],
      ['RAS-FEED-COLUMN-COUNT', 5, 6],
    ]);
  });

  it('ends a file whose last record broke off with the reject of that record', async () => {
    const mapping = plainMapping();
    async function* chunks(): AsyncGenerator<Uint8Array> {
      yield Buffer.from(file(row('1')) + row('2').slice(0, -3));
      const { RastroError } = await import('../../../../schemas/errors/index.ts');
      throw new RastroError('RAS-FEED-GZIP-TRUNCATED');
    }
    const outcomes = [];
    for await (const batch of decodeFeed({ source: { name: 'cut', chunks: chunks() }, mapping }))
      outcomes.push(...batch);
    expect(rowsOf(outcomes)).toHaveLength(1);
    expect(codesOf(outcomes)).toEqual(['RAS-FEED-LINE-TRUNCATED', 'RAS-FEED-GZIP-TRUNCATED']);
  });
});

describe('limits', () => {
  it('skips a line beyond the limit while it streams by, in flat memory', async () => {
    const mapping = plainMapping();
    const block = Buffer.alloc(1_048_576, 0x61);
    const blocks = 300;
    async function* chunks(): AsyncGenerator<Uint8Array> {
      yield Buffer.from(`${HEADER}\n${row('1')}\n2,`);
      for (let i = 0; i < blocks; i++) yield block;
      yield Buffer.from(`\n${row('3')}\n`);
    }
    let peak = 0;
    const outcomes = [];
    const before = process.memoryUsage.rss();
    for await (const batch of decodeFeed({ source: { name: 'long', chunks: chunks() }, mapping })) {
      peak = Math.max(peak, process.memoryUsage.rss() - before);
      outcomes.push(...batch);
    }
    expect(rowsOf(outcomes).map(({ line, input }) => [line, input.id])).toEqual([
      [2, '1'],
      [4, '3'],
    ]);
    const [reject] = rejectsOf(outcomes);
    expect(reject).toMatchObject({ line: 3, code: 'RAS-FEED-LINE-TOO-LONG' });
    expect(reject?.params['bytes']).toBe(2 + blocks * block.length);
    expect(reject?.original.length).toBe(FEED_LIMITS.REJECT_ORIGINAL_BYTES);
    // 300 MiB went by; what stays is a chunk, a record and the collector's slack.
    expect(peak).toBeLessThan(120 * 1_048_576);
  });

  it('rejects a field beyond the limit', async () => {
    const outcomes = await outcomesOf(
      file(row('1', { text: 'x'.repeat(FEED_LIMITS.FIELD_BYTES + 1) })),
      plainMapping(),
    );
    expect(codesOf(outcomes)).toEqual(['RAS-FEED-FIELD-TOO-LONG']);
  });

  it('refuses a header with too many columns', async () => {
    const wide = Array.from({ length: FEED_LIMITS.COLUMNS + 1 }, (_, i) => `c${i}`).join(',');
    expect(codesOf(await outcomesOf(`${wide}\n`, plainMapping()))).toEqual(['RAS-FEED-COLUMNS-TOO-MANY']);
  });
});

describe('headers', () => {
  it('refuses an ambiguous duplicate, reads a numbered one, and ignores one that it does not read', async () => {
    const twice = `${HEADER.replace('to', 'from')}\n${row('1')}\n`;
    expect(codesOf(await outcomesOf(twice, plainMapping()))).toEqual(['RAS-FEED-HEADER-DUPLICATE']);
    const mapping = plainMapping();
    const fields = { ...mapping.fields };
    fields['debtor.account.token'] = {
      ...mapping.fields['debtor.account.token'],
      column: 'from#1',
      join: ' ',
      optional: false,
    };
    fields['creditor.account.token'] = {
      ...mapping.fields['creditor.account.token'],
      column: 'from#2',
      join: ' ',
      optional: false,
    };
    const [first] = rowsOf(await outcomesOf(twice, { ...mapping, fields }));
    expect([first?.input.debtor?.account?.token, first?.input.creditor?.account?.token]).toEqual([
      'a-1',
      'a-2',
    ]);
    const unread = `${HEADER},note,note\n${row('1')},x,y\n`;
    expect(rowsOf(await outcomesOf(unread, plainMapping()))).toHaveLength(1);
  });

  it('names a missing column, and does without an optional one', async () => {
    const [fault] = (await outcomesOf('id,at,from,to,text\n', plainMapping())).filter(
      (one) => one.kind === 'fault',
    );
    expect(fault).toMatchObject({ code: 'RAS-FEED-COLUMN-MISSING', params: { column: 'amount' } });
    const outcomes = await outcomesOf(`id,at,from,to,amount\n1,${AT},a-1,a-2,5\n`, plainMapping());
    expect(rowsOf(outcomes)).toHaveLength(1);
    expect(outcomes[0]).toMatchObject({ kind: 'feed', provided: ['occurredAt', 'counterparty'] });
  });

  it('calls a file without bytes empty, and a header alone a feed without rows', async () => {
    expect(codesOf(await outcomesOf('', plainMapping()))).toEqual(['RAS-FEED-FILE-EMPTY']);
    expect(codesOf(await outcomesOf('\n\n', plainMapping()))).toEqual(['RAS-FEED-FILE-EMPTY']);
    expect((await outcomesOf(`${HEADER}\n`, plainMapping())).map(({ kind }) => kind)).toEqual(['feed']);
  });
});

describe('values', () => {
  const amountCodes = async (amount: string, spec?: string): Promise<string[]> =>
    codesOf(
      await outcomesOf(
        file(row('1', { amount: `"${amount}"` })),
        plainMapping(spec === undefined ? {} : { amount: spec }),
      ),
    );
  const amountOf = async (amount: string, spec?: string): Promise<string | undefined> =>
    rowsOf(
      await outcomesOf(
        file(row('1', { amount: `"${amount}"` })),
        plainMapping(spec === undefined ? {} : { amount: spec }),
      ),
    )[0]?.input.settled.amount;

  it('reads 1.234,56 only where the mapping names its marks', async () => {
    expect(await amountCodes('1.234,56')).toEqual(['RAS-FEED-AMOUNT-FORMAT']);
    expect(await amountOf('1.234,56', '{ decimal: ",", thousands: "." }')).toBe('1234.56');
    expect(await amountCodes('1.23,456', '{ decimal: ",", thousands: "." }')).toEqual([
      'RAS-FEED-AMOUNT-FORMAT',
    ]);
  });

  it('reads minus zero as zero, and refuses exponents, signs without meaning and odd decimals', async () => {
    expect(await amountOf('-0.00')).toBe('0.00');
    expect(await amountCodes('1e5')).toEqual(['RAS-FEED-AMOUNT-FORMAT']);
    expect(await amountCodes('-5.00')).toEqual(['RAS-FEED-AMOUNT-NEGATIVE']);
    expect(await amountCodes('5.001')).toEqual(['RAS-FEED-AMOUNT-PRECISION']);
    expect(await amountCodes('$5.00')).toEqual(['RAS-FEED-AMOUNT-FORMAT']);
    expect(await amountCodes('')).toEqual(['RAS-FEED-FIELD-MISSING']);
  });

  it('refuses an unknown currency', async () => {
    const outcomes = await outcomesOf(
      file(row('1', { text: 'QQQ' })),
      plainMapping({ ccy: '{ column: text }' }),
    );
    expect(rejectsOf(outcomes)).toMatchObject([{ field: 'settled.ccy', code: 'RAS-FEED-CURRENCY-UNKNOWN' }]);
  });

  it('refuses impossible dates and times', async () => {
    const rows = [
      '2026-02-30T10:00:00Z',
      '2025-02-29T10:00:00Z',
      '2026-03-02T24:00:00Z',
      '2026-13-01T00:00:00Z',
      '0026-03-02T10:00:00Z',
    ];
    const outcomes = await outcomesOf(file(...rows.map((at, i) => row(String(i), { at }))), plainMapping());
    expect(codesOf(outcomes)).toEqual(rows.map(() => 'RAS-FEED-TIME-INVALID'));
    expect(rejectsOf(outcomes)[0]?.masked).toBe('2026-02-30A99:99:99A');
    expect(codesOf(await outcomesOf(file(row('1', { at: 'yesterday' })), plainMapping()))).toEqual([
      'RAS-FEED-TIME-FORMAT',
    ]);
  });

  it('takes formulas as text, and guards them on the way out', async () => {
    const outcomes = await outcomesOf(file(row('1', { text: '"=HYPERLINK(""x"",""y"")"' })), plainMapping());
    const text = rowsOf(outcomes)[0]?.input.purposeText ?? '';
    expect(text).toBe('=HYPERLINK("x","y")');
    expect(guardCell(text)).toBe(`'${text}`);
    for (const cell of ['+1+1', '-1+1', '@SUM(A1)', '\tx', '\rx']) expect(guardCell(cell)).toBe(`'${cell}`);
    for (const cell of ['-12.50', '12', 'plain', '', 'a=b']) expect(guardCell(cell)).toBe(cell);
  });
});

describe('local times where the clocks change', () => {
  const at = async (local: string, zone: string, overlap = 'reject'): Promise<string> => {
    const time = `{ formats: ["yyyy-MM-dd HH:mm:ss"], zone: ${zone}, overlap: ${overlap} }`;
    const outcomes = await outcomesOf(file(row('1', { at: local })), plainMapping({ time }));
    return rowsOf(outcomes)[0]?.input.occurredAt ?? codesOf(outcomes).join();
  };

  it('follows US rules in Tijuana', async () => {
    expect(await at('2026-03-08 02:30:00', 'America/Tijuana')).toBe('RAS-FEED-TIME-GAP');
    expect(await at('2026-03-08 01:59:59', 'America/Tijuana')).toBe('2026-03-08T01:59:59-08:00');
    expect(await at('2026-03-08 03:00:00', 'America/Tijuana')).toBe('2026-03-08T03:00:00-07:00');
    expect(await at('2026-11-01 01:30:00', 'America/Tijuana')).toBe('RAS-FEED-TIME-OVERLAP');
    expect(await at('2026-11-01 01:30:00', 'America/Tijuana', 'earlier')).toBe('2026-11-01T01:30:00-07:00');
    expect(await at('2026-11-01 01:30:00', 'America/Tijuana', 'later')).toBe('2026-11-01T01:30:00-08:00');
  });

  it('knows both Nogales: none of it in Sonora and Arizona', async () => {
    for (const zone of ['America/Hermosillo', 'America/Phoenix']) {
      expect(await at('2026-03-08 02:30:00', zone)).toBe('2026-03-08T02:30:00-07:00');
      expect(await at('2026-11-01 01:30:00', zone)).toBe('2026-11-01T01:30:00-07:00');
    }
  });

  it('knows that the rest of Mexico stopped in October 2022, and not before', async () => {
    expect(await at('2026-04-05 02:30:00', 'America/Mexico_City')).toBe('2026-04-05T02:30:00-06:00');
    expect(await at('2022-04-03 02:30:00', 'America/Mexico_City')).toBe('RAS-FEED-TIME-GAP');
    expect(await at('2022-10-30 01:30:00', 'America/Mexico_City', 'later')).toBe('2022-10-30T01:30:00-06:00');
    expect(await at('2026-07-01 12:00:00', 'America/Cancun')).toBe('2026-07-01T12:00:00-05:00');
    expect(await at('2026-03-08 02:30:00', 'America/Ciudad_Juarez')).toBe('RAS-FEED-TIME-GAP');
  });
});

describe('NDJSON', () => {
  const canonical = parseMapping(
    'id: c\nversion: 1\nsource: { format: ndjson }\ncanonical: true\n',
    'c.yaml',
  );
  const good = {
    institution: 'b',
    id: '1',
    kind: 'transfer',
    rail: 'spei',
    channel: 'mobile',
    instrument: 'account',
    occurredAt: AT,
    settled: { amount: '1.00', ccy: 'MXN' },
  };

  it('rejects what is no object, with its place', async () => {
    const lines = ['{"a":', '[1]', 'null', '"x"', '[['.repeat(5_000), JSON.stringify(good)];
    const outcomes = await outcomesOf(`${lines.join('\n')}\n`, canonical);
    expect(rejectsOf(outcomes).map(({ line, code }) => [line, code])).toEqual([
      [1, 'RAS-FEED-JSON-SYNTAX'],
      [2, 'RAS-FEED-JSON-NOT-OBJECT'],
      [3, 'RAS-FEED-JSON-NOT-OBJECT'],
      [4, 'RAS-FEED-JSON-NOT-OBJECT'],
      [5, 'RAS-FEED-JSON-SYNTAX'],
    ]);
    expect(rowsOf(outcomes)).toMatchObject([
      { line: 6, byteOffset: lines.slice(0, 5).join('\n').length + 1 },
    ]);
  });

  it('rejects unknown members, __proto__ among them, and names nested ones', async () => {
    const lines = [
      JSON.stringify({ ...good, colour: 'red' }),
      JSON.stringify(good).replace('"id"', '"__proto__"'),
      JSON.stringify({ ...good, debtor: { account: { scheme: 'none', token: 7 } } }),
      JSON.stringify({ ...good, settled: { amount: 1, ccy: 'MXN' } }),
      JSON.stringify({ ...good, kind: 'gift' }),
      JSON.stringify({ ...good, places: [{ role: 'branch' }, { role: 'moon' }] }),
    ];
    expect(
      rejectsOf(await outcomesOf(lines.join('\n'), canonical)).map(({ code, field }) => [code, field]),
    ).toEqual([
      ['RAS-FEED-FIELD-UNKNOWN', 'colour'],
      ['RAS-FEED-FIELD-UNKNOWN', '__proto__'],
      ['RAS-FEED-VALUE-TYPE', 'debtor.account.token'],
      ['RAS-FEED-VALUE-TYPE', 'settled.amount'],
      ['RAS-FEED-VALUE-UNKNOWN', 'kind'],
      ['RAS-FEED-VALUE-UNKNOWN', 'places.1.role'],
    ]);
  });

  it('refuses a JSON number that lost digits', async () => {
    const mapping = plainMapping({ source: '{ format: ndjson }' });
    const line = (amount: string): string => `{"id":1,"at":"${AT}","from":"a","to":"b","amount":${amount}}`;
    const outcomes = await outcomesOf([line('12.5'), line('0.1234567890123456789')].join('\n'), mapping);
    expect(rowsOf(outcomes)[0]?.input.settled.amount).toBe('12.5');
    expect(codesOf(outcomes)).toEqual(['RAS-FEED-NUMBER-UNSAFE']);
  });
});

it('hands over the bytes of a reject and shows only their shape', async () => {
  const line = row('1', { amount: 'Ana Pérez 5512345678' });
  const [reject] = rejectsOf(await outcomesOf(file(line), plainMapping()));
  expect(Buffer.from(reject?.original ?? []).toString()).toBe(line);
  expect(reject?.masked).toBe('Aaa Aaaaa 9999999999');
  expect(JSON.stringify(reject?.params)).not.toContain('Ana');
});
