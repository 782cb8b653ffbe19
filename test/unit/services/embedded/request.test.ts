import type { IncomingMessage } from 'node:http';
import { describe, expect, test } from 'vitest';
import { parseRequest, refuseForeign } from '../../../../services/embedded/request.ts';

const KEY = 'k'.repeat(43);

function parse(query: string, headers: Record<string, string> = {}, method = 'POST') {
  const request = { method, headers } as unknown as IncomingMessage;
  return parseRequest(request, new URL(`http://localhost/?${query}`), KEY);
}

describe('who may ask', () => {
  test.each(['localhost', 'localhost:8123', '127.0.0.1:8123', '[::1]:8123', 'LOCALHOST'])(
    'Host %s',
    (host) => {
      expect(() => refuseForeign({ host })).not.toThrow();
    },
  );
  test.each([
    'evil.example',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '10.0.0.1',
    '',
    'localhost:8123@evil',
  ])('Host %j is refused', (host) => {
    expect(() => refuseForeign({ host })).toThrow(/Host/);
  });
  test('pages are refused', () => {
    expect(() => refuseForeign({ host: 'localhost', origin: 'null' })).toThrow(/web pages/);
    expect(() => refuseForeign({ host: 'localhost', 'sec-fetch-site': 'cross-site' })).toThrow(/web pages/);
    expect(() => refuseForeign({ host: 'localhost', 'sec-fetch-site': 'none' })).not.toThrow();
  });
});

describe('the key', () => {
  const basic = (user: string, key: string) => ({ authorization: `Basic ${btoa(`${user}:${key}`)}` });
  test('as password or header', () => {
    expect(parse('', basic('rastro', KEY)).trusted).toBe(true);
    expect(parse('', { 'x-clickhouse-user': 'rastro', 'x-clickhouse-key': KEY }).trusted).toBe(true);
    expect(parse('', basic('rastro', '')).trusted).toBe(false);
    expect(parse('').trusted).toBe(false);
  });
  test('a wrong one is an error, not a reader', () => {
    expect(() => parse('', basic('rastro', 'x'))).toThrow(/Authentication failed/);
    expect(() => parse('', basic('other', KEY))).toThrow(/Authentication failed/);
    expect(() => parse('', { authorization: 'Bearer x' })).toThrow(/Basic/);
  });
});

describe('the URL', () => {
  test('settings, parameters and what speaks to HTTP are told apart', () => {
    const query = parse(
      'param_a=1&max_threads=2&query_id=q&database=d&default_format=CSV&query=SELECT+1&async_insert=1',
    );
    expect([...query.params]).toEqual([['a', '1']]);
    expect(query.settings.get('max_threads')).toBe('2');
    expect(query.settings.has('async_insert')).toBe(false);
    expect(query).toMatchObject({ queryId: 'q', database: 'd', defaultFormat: 'CSV', urlQuery: 'SELECT 1' });
  });
  test.each([
    ['dialect=prql', /setting dialect/],
    ['x%3D1%2Cmax_threads=1', /setting in the URL/],
    ['session_id=1', /Sessions/],
    ['password=x', /headers/],
    ['decompress=1', /gzip/],
    ['database=a%60b', /Names/],
    ['database=system', /system/],
    ['param_a%27=1', /Names/],
  ])('%s is refused', (query, message) => {
    expect(() => parse(query)).toThrow(message);
  });
  test('GET never writes', () => {
    expect(parse('', {}, 'GET').readOnly).toBe(true);
    expect(parse('').readOnly).toBe(false);
  });
});
