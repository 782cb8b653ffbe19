/** The HTTP interface against the real engine: what clients send, what they get, what is refused. */
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { createClient } from '@clickhouse/client';
import { tableFromArrays, tableFromIPC, tableToIPC } from 'apache-arrow';
import { afterAll, describe, expect, test } from 'vitest';
import { ENGINES_ALLOWED, TABLE_FUNCTIONS_ALLOWED } from '../../../services/embedded/guard/names.ts';
import { ask, startSuite } from './harness.ts';

const suite = await startSuite();
afterAll(() => suite?.cleanUp());

describe.skipIf(suite === undefined)('the HTTP interface', () => {
  const { server, dataDir } = suite!;
  const write = (query: string, body?: NonNullable<RequestInit['body']>, headers?: Record<string, string>) =>
    ask(server, query, {
      withKey: true,
      ...(body === undefined ? {} : { body }),
      ...(headers ? { headers } : {}),
    });

  /** A raw request, for headers that fetch does not let through. */
  function raw(
    headers: Record<string, string>,
    path = '/?query=SELECT+1',
  ): Promise<{ status: number; text: string }> {
    return new Promise((resolve, reject) => {
      const request = httpRequest({ host: '127.0.0.1', port: server.port, path, headers }, (response) => {
        let text = '';
        response
          .on('data', (piece) => (text += piece))
          .on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      });
      request.on('error', reject).end();
    });
  }

  test('curl with the query in the URL', () => {
    const out = execFileSync('curl', ['-s', `${server.url}/?query=SELECT+1`], { encoding: 'utf8' });
    expect(out).toBe('1\n');
  });

  test('ping, and paths that do not exist', async () => {
    expect(await (await fetch(`${server.url}/ping`)).text()).toBe('Ok.\n');
    expect(await (await fetch(server.url)).text()).toBe('Ok.\n');
    expect((await fetch(`${server.url}/play`)).status).toBe(404);
  });

  describe('formats round trip byte for byte', () => {
    const every = Buffer.from(Array.from({ length: 256 }, (_, i) => i));

    test('RowBinary with all 256 byte values, newlines first', async () => {
      await write('CREATE TABLE bytes (n UInt16, s String) ENGINE = MergeTree ORDER BY n');
      const rows = [0x0a, 0x0d, 0x00, 0x27, 0x3b].map((first, n) => {
        const text = Buffer.concat([Buffer.from([first]), every, every]);
        return Buffer.concat([
          Buffer.from([n, 0]),
          Buffer.from([0x80 | (text.length & 0x7f), text.length >> 7]),
          text,
        ]);
      });
      // The first byte of the data is a line end, too: only one after the format's name may be dropped.
      const body = Buffer.concat([...rows, Buffer.from([10, 0, 1, 10])]);
      expect((await write('INSERT INTO bytes FORMAT RowBinary', body)).status).toBe(200);
      const back = await ask(server, 'SELECT n, s FROM bytes ORDER BY n FORMAT RowBinary');
      expect(back.bytes.equals(body)).toBe(true);
      expect(back.headers.get('x-clickhouse-format')).toBe('RowBinary');
      const inBody = Buffer.concat([
        Buffer.from('INSERT INTO bytes FORMAT RowBinary\n'),
        Buffer.from([10, 0, 1, 10]),
      ]);
      expect((await ask(server, '', { withKey: true, body: inBody })).status).toBe(200);
      expect((await ask(server, 'SELECT count(), countIf(s = char(10)) FROM bytes WHERE n = 10')).text).toBe(
        '2\t2\n',
      );
    });

    test.each([
      'JSONEachRow',
      'CSV',
      'CSVWithNames',
      'TabSeparated',
      'Native',
      'Parquet',
      'Arrow',
      'ArrowStream',
    ])('%s', async (format) => {
      const source = `SELECT number AS n, concat('é', char(10), char(39), '"', toString(number)) AS s FROM numbers(1000)`;
      const sent = await ask(server, `${source} FORMAT ${format}`);
      expect(sent.status).toBe(200);
      const table = `round_${format}`;
      await write(`CREATE TABLE ${table} (n UInt64, s String) ENGINE = MergeTree ORDER BY n`);
      expect((await write(`INSERT INTO ${table} FORMAT ${format}`, sent.bytes)).text).toBe('');
      const same = await ask(
        server,
        `SELECT (SELECT groupBitXor(cityHash64(n, s)) FROM ${table}) = groupBitXor(cityHash64(n, s)), count() FROM (${source})`,
      );
      expect(same.text).toBe('1\t1000\n');
      const back = await ask(server, `SELECT * FROM ${table} ORDER BY n FORMAT ${format}`);
      if (format !== 'Parquet') expect(back.bytes.equals(sent.bytes)).toBe(true);
    });

    test('Arrow as apache-arrow writes and reads it', async () => {
      await write('CREATE TABLE arrow (a Int32, s String) ENGINE = MergeTree ORDER BY a');
      const bytes = tableToIPC(
        tableFromArrays({ a: Int32Array.from([1, 2, 10]), s: ['x', 'é\n', '\0'] }),
        'stream',
      );
      expect(
        (await write('INSERT INTO arrow FORMAT ArrowStream', bytes as Uint8Array<ArrayBuffer>)).text,
      ).toBe('');
      const sql =
        "SELECT * FROM arrow ORDER BY a FORMAT ArrowStream SETTINGS output_format_arrow_compression_method = 'none', output_format_arrow_string_as_string = 1";
      const back = tableFromIPC((await ask(server, sql)).bytes);
      expect(back.toArray().map((row) => [row?.['a'], row?.['s']])).toEqual([
        [1, 'x'],
        [2, 'é\n'],
        [10, '\0'],
      ]);
    });
  });

  test('gzip both ways', async () => {
    await write('CREATE TABLE zipped (a UInt32) ENGINE = MergeTree ORDER BY a');
    const body = gzipSync(Array.from({ length: 5000 }, (_, a) => JSON.stringify({ a })).join('\n'));
    expect(
      (await write('INSERT INTO zipped FORMAT JSONEachRow', body, { 'Content-Encoding': 'gzip' })).status,
    ).toBe(200);
    expect((await ask(server, 'SELECT count(), sum(a) FROM zipped')).text).toBe('5000\t12497500\n');
    const answer = await new Promise<{ encoding: string | undefined; bytes: Buffer }>((resolve, reject) => {
      const path = '/?enable_http_compression=1&query=SELECT+a+FROM+zipped+ORDER+BY+a+FORMAT+CSV';
      const options = { host: '127.0.0.1', port: server.port, path, headers: { 'Accept-Encoding': 'gzip' } };
      httpRequest(options, (response) => {
        const pieces: Buffer[] = [];
        response.on('data', (piece) => pieces.push(piece));
        response.on('end', () =>
          resolve({ encoding: response.headers['content-encoding'], bytes: Buffer.concat(pieces) }),
        );
      })
        .on('error', reject)
        .end();
    });
    expect(answer.encoding).toBe('gzip');
    expect(gunzipSync(answer.bytes).toString().split('\n')).toHaveLength(5001);
    const broken = await write('INSERT INTO zipped FORMAT JSONEachRow', body.subarray(0, 50), {
      'Content-Encoding': 'gzip',
    });
    expect(broken.status).toBe(500);
    const unknown = await write('INSERT INTO zipped FORMAT CSV', '1', { 'Content-Encoding': 'zstd' });
    expect(unknown.text).toContain('Code: 36.');
  });

  test('parameters keep every character, and are substituted by the engine', async () => {
    const client = createClient({ url: server.url });
    const value = "O'R\\eilly\n\t{x:String} é 😀 \0";
    const query_params = { s: value, a: ["it's", '\\'], n: null, d: new Date(0), t: 'numbers' };
    const query =
      'SELECT {s:String} AS s, {a:Array(String)} AS a, {n:Nullable(UInt8)} AS n, {d:DateTime64(3)} AS d, count() AS c FROM (SELECT * FROM system.{t:Identifier} LIMIT 3)';
    const result = await client.query({ query, query_params, format: 'JSONEachRow' });
    expect(await result.json()).toEqual([
      { s: value, a: ["it's", '\\'], n: null, d: '1970-01-01 00:00:00.000', c: 3 },
    ]);
    await client.close();
  });

  test('settings, parameters and the database do not reach the next query', async () => {
    const probe = "SELECT getSetting('max_threads'), getSetting('max_block_size'), currentDatabase()";
    const before = (await ask(server, probe)).text;
    await write('CREATE DATABASE IF NOT EXISTS other');
    const jobs = Array.from({ length: 40 }, async (_, i) => {
      const url = `max_threads=${1 + (i % 4)}&max_block_size=${1000 + i}&database=other&param_x=${i}`;
      const { text } = await ask(server, `${probe}, {x:UInt8}`, { url });
      expect(text).toBe(`${1 + (i % 4)}\t${1000 + i}\tother\t${i}\n`);
      expect((await ask(server, probe)).text).toBe(before);
    });
    await Promise.all(jobs);
    expect((await ask(server, 'SELECT {x:UInt8}')).text).toContain('Code: 456.');
  });

  test('exceptions: code, status, text; before the first byte and after', async () => {
    const missing = await ask(server, 'SELECT * FROM nosuch');
    expect(missing.status).toBe(404);
    expect(missing.headers.get('x-clickhouse-exception-code')).toBe('60');
    expect(missing.text).toMatch(/^Code: 60\. DB::Exception: .*\(UNKNOWN_TABLE\) \(version 26\.\d/);
    expect((await ask(server, 'SELEC 1')).status).toBe(403);
    expect((await ask(server, 'SELECT 1 +')).status).toBe(400);
    const client = createClient({ url: server.url });
    const query = "SELECT number, throwIf(number = 900000, 'late') FROM numbers(1000000)";
    const result = await client.query({
      query,
      format: 'JSONEachRow',
      clickhouse_settings: { max_threads: 1 },
    });
    await expect(result.json()).rejects.toMatchObject({ code: '395' });
    await client.close();
    const waited = await ask(server, query, { url: 'wait_end_of_query=1' });
    expect(waited.status).toBe(500);
    expect(waited.headers.get('x-clickhouse-exception-code')).toBe('395');
  });

  test('a bad row rejects the whole insert; nothing of it stays', async () => {
    await write('CREATE TABLE strict (a UInt8) ENGINE = MergeTree ORDER BY a');
    const answer = await write('INSERT INTO strict FORMAT JSONEachRow', '{"a":1}\n{"a":"x"}\n');
    expect(answer.headers.get('x-clickhouse-exception-code')).toBe('27');
    expect((await ask(server, 'SELECT count() FROM strict')).text).toBe('0\n');
    expect((await write('INSERT INTO strict FORMAT JSONEachRow', '')).status).toBe(200);
  });

  test('summary and query id', async () => {
    await write('CREATE TABLE counted (a UInt8) ENGINE = MergeTree ORDER BY a');
    const answer = await ask(server, 'INSERT INTO counted VALUES (1), (plus(1, 1))', {
      withKey: true,
      url: 'query_id=my-id',
    });
    expect(answer.headers.get('x-clickhouse-query-id')).toBe('my-id');
    expect(JSON.parse(answer.headers.get('x-clickhouse-summary') ?? '')).toMatchObject({ written_rows: '2' });
  });

  test('progress headers come while the statement runs', async () => {
    const url = 'send_progress_in_http_headers=1&max_block_size=1';
    const answer = await ask(server, 'SELECT count(), sum(sleepEachRow(0.1)) FROM numbers(6)', {
      url,
    });
    expect(answer.text).toBe('6\t0\n');
    expect(answer.headers.get('x-clickhouse-progress')).toMatch(/"read_rows":"\d+".*"read_rows":"\d+"/);
  });

  test('KILL QUERY by the id of the request', async () => {
    const slow = ask(server, 'SELECT sleepEachRow(1) FROM numbers(60)', {
      url: 'query_id=slow&max_block_size=1',
    });
    await expect
      .poll(
        async () =>
          (
            await ask(server, "SELECT count() FROM system.processes WHERE Settings['log_comment'] = 'slow'", {
              withKey: true,
            })
          ).text,
      )
      .toBe('1\n');
    const twin = await ask(server, 'SELECT 1', { url: 'query_id=slow' });
    expect(twin.headers.get('x-clickhouse-exception-code')).toBe('216');
    await write("KILL QUERY WHERE query_id = 'slow'");
    expect((await slow).text).toContain('394');
  });

  test('a reader that leaves stops its query', async () => {
    const abort = new AbortController();
    const url = `${server.url}/?query_id=left&max_block_size=1&query=SELECT+sleepEachRow(1)+FROM+numbers(60)`;
    const gone = fetch(url, { signal: abort.signal }).catch(() => 'gone');
    const running = async () =>
      (
        await ask(server, "SELECT count() FROM system.processes WHERE Settings['log_comment'] = 'left'", {
          withKey: true,
        })
      ).text;
    await expect.poll(running).toBe('1\n');
    abort.abort();
    expect(await gone).toBe('gone');
    await expect.poll(running, { timeout: 60_000 }).toBe('0\n');
  });

  test('pages and foreign hosts are refused', async () => {
    expect((await raw({ Origin: 'http://localhost:8123' })).status).toBe(403);
    expect((await raw({ Host: 'evil.example' })).status).toBe(403);
    expect((await raw({ 'Sec-Fetch-Site': 'cross-site' })).status).toBe(403);
    expect((await raw({ Host: 'evil.example' }, '/ping')).status).toBe(403);
    expect(await raw({ Host: `localhost:${server.port}` })).toEqual({ status: 200, text: '1\n' });
  });

  test('writes and the vault need the key; GET never writes', async () => {
    await write('CREATE TABLE vault (pseudonym String) ENGINE = MergeTree ORDER BY pseudonym');
    await write("INSERT INTO vault VALUES ('x')");
    expect((await ask(server, 'SELECT * FROM vault')).status).toBe(403);
    expect((await ask(server, 'SELECT * FROM vault', { withKey: true })).text).toBe('x\n');
    expect((await ask(server, "INSERT INTO vault VALUES ('y')")).status).toBe(403);
    const wrong = await ask(server, 'SELECT 1', { headers: { 'X-ClickHouse-Key': 'wrong' } });
    expect(wrong.headers.get('x-clickhouse-exception-code')).toBe('516');
    const get = await ask(server, 'DROP TABLE vault', { withKey: true, method: 'GET' });
    expect(get.headers.get('x-clickhouse-exception-code')).toBe('164');
    const identifier = await ask(server, 'SELECT * FROM {t:Identifier}', { url: 'param_t=vault' });
    expect(identifier.status).toBe(403);
  });

  test('no table function or engine of this build is open but the listed ones', async () => {
    const names = (await ask(server, 'SELECT name FROM system.table_functions')).text.trim().split('\n');
    expect(names.length).toBeGreaterThan(50);
    for (const name of names.filter((n) => !TABLE_FUNCTIONS_ALLOWED.has(n.toLowerCase()))) {
      const answer = await ask(server, `SELECT * FROM ${name}('x', 'CSV', 'a String')`, { withKey: true });
      expect([name, answer.headers.get('x-clickhouse-exception-code')]).toEqual([name, '497']);
    }
    const engines = (await ask(server, 'SELECT name FROM system.table_engines')).text.trim().split('\n');
    for (const name of engines.filter((n) => !ENGINES_ALLOWED.has(n))) {
      const answer = await write(`CREATE TABLE e_${name} (a String) ENGINE = ${name}('x')`);
      expect([name, answer.headers.get('x-clickhouse-exception-code')]).toEqual([name, '497']);
    }
  });

  test('no setting of this build that names a place may be changed', async () => {
    const { text } = await ask(
      server,
      "SELECT name FROM system.settings WHERE match(name, '_(path|schema|url|host|dir)$|dialect')",
    );
    const names = text.trim().split('\n');
    expect(names.length).toBeGreaterThan(5);
    for (const name of names) {
      const inUrl = await ask(server, 'SELECT 1', { url: `${name}=x` });
      const inText = await ask(server, `SELECT 1 SETTINGS ${name} = 'x'`);
      const codes = [inUrl, inText].map(({ headers }) => headers.get('x-clickhouse-exception-code'));
      expect([name, ...codes]).toEqual([name, '115', '497']);
    }
  });

  test('a statement beyond the limit is refused, and the connection lives on', async () => {
    const answer = await ask(server, '', { body: `SELECT '${'x'.repeat(1024 * 1024)}'` });
    expect(answer.status).toBe(413);
    expect((await ask(server, 'SELECT 1')).text).toBe('1\n');
  });

  test('the spool is empty when nothing runs', () => {
    expect(readdirSync(join(dataDir, 'spool'))).toEqual([]);
  });
});
