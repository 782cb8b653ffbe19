import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, expect, test } from 'vitest';
import {
  problem,
  type Receipt,
  receipt as receiptShape,
  submissionReport,
  submissionStatus,
} from '../../../schemas/submission.ts';
import { TOPIC_NAMES } from '../../../schemas/topics.ts';
import { makeKey } from '../../../services/ingest/api-keys.ts';
import { line, publishedIds, recordsOf, startTestRole, type TestRole } from '../../support/ingest-role.ts';

let open: TestRole | undefined;
const start = async (...args: Parameters<typeof startTestRole>) => {
  open = await startTestRole(...args);
  return open;
};
afterEach(async () => {
  await open?.role.stop(0);
  open = undefined;
});

const receiptOf = async (answer: Response): Promise<Receipt> => {
  expect(answer.status).toBe(202);
  return receiptShape.parse(await answer.json());
};
const refusal = async (answer: Response) => {
  expect(answer.headers.get('content-type')).toContain('application/problem+json');
  const { status, code } = problem.parse(await answer.json());
  expect(status).toBe(answer.status);
  return [status, code];
};

test('a file goes in, its rows are on the log, and the report says what did not', async () => {
  const { submit, status, report, get, bus, problems } = await start();
  const body =
    line('t1') + line('t2') + line('t1') + line('t3', { kind: 'nonsense' }) + line('t2', { kind: 'fee' });
  const answer = await submit(body, { headers: { 'idempotency-key': 'k1' } });
  const receipt = await receiptOf(answer);
  expect(answer.headers.get('location')).toBe(receipt.statusUrl);
  expect(receipt).toMatchObject({
    replayed: false,
    bytes: body.length,
    sha256: createHash('sha256').update(body).digest('hex'),
  });
  const settled = submissionStatus.parse(await status(receipt));
  expect(problems).toEqual([]);
  expect(settled).toMatchObject({
    state: 'partially_accepted',
    counts: { read: 5, accepted: 2, rejected: 2, duplicates: 1 },
    totals: [{ ccy: 'MXN', rows: 2, amount: '3000.00' }],
    rejectsByCode: { 'RAS-FEED-CONFLICT': 1 },
  });
  expect(await publishedIds(bus)).toEqual(['t1', 't2']);
  const { lines, linesCut } = submissionReport.parse(await report(receipt));
  expect(linesCut).toBe(false);
  expect(lines.map((each) => [each.line, each.field])).toEqual([
    [4, 'kind'],
    [5, 'id'],
  ]);
  expect(lines[0]?.value).not.toContain('nonsense');

  const spanish = submissionReport.parse(await (await get(`${receipt.statusUrl}/report?lang=es`)).json());
  expect(spanish.lines[0]?.message).not.toBe(lines[0]?.message);
  const csv = await get(`${receipt.statusUrl}/report?format=csv`);
  expect(csv.headers.get('content-disposition')).toContain(`${receipt.submissionId}.csv`);
  expect((await csv.text()).trim().split('\r\n')).toHaveLength(3);
  const ndjson = await (await get(`${receipt.statusUrl}/report?format=ndjson`)).text();
  expect(
    ndjson
      .trim()
      .split('\n')
      .map((each) => JSON.parse(each)),
  ).toEqual(lines);

  expect(await receiptOf(await submit(body, { headers: { 'idempotency-key': 'k1' } }))).toEqual({
    ...receipt,
    replayed: true,
  });
  expect(await refusal(await submit(`${body}\n`, { headers: { 'idempotency-key': 'k1' } }))).toEqual([
    409,
    'RAS-HTTP-KEY-REUSED',
  ]);
  expect(await (await get('/v1/feeds/bank-a/submissions')).json()).toMatchObject({
    submissions: [{ submissionId: receipt.submissionId }],
  });
});

test('gzip and CSV are read as they are said to be, and a broken archive as far as it goes', async () => {
  const { submit, status } = await start();
  const rows = Array.from({ length: 3_000 }, (_, i) => line(`g${i}`)).join('');
  const packed = gzipSync(rows);
  const whole = await receiptOf(await submit(packed, { headers: { 'content-encoding': 'gzip' } }));
  expect(await status(whole)).toMatchObject({ state: 'accepted', counts: { accepted: 3_000 } });
  const cut = await receiptOf(await submit(packed.subarray(0, packed.length - 500)));
  const settled = await status(cut);
  expect(settled).toMatchObject({
    state: 'partially_accepted',
    faults: [{ code: 'RAS-FEED-GZIP-TRUNCATED' }],
  });
  expect(settled.counts?.accepted).toBeGreaterThan(0);
});

test('rejectFile takes in all or nothing; a dry run takes in nothing', async () => {
  const { submit, status, report, bus } = await start();
  const good = line('a1', { purposeText: 'renta de marzo' });
  const dry = await receiptOf(await submit(good + line('a2', { kind: '?' }), { query: '?dryRun=true' }));
  expect(await status(dry)).toMatchObject({ dryRun: true, state: 'partially_accepted' });
  expect((await report(dry)).lines).toHaveLength(1);
  const all = await receiptOf(
    await submit(good + line('a2', { kind: '?' }), { query: '?onError=rejectFile' }),
  );
  expect(await status(all)).toMatchObject({ state: 'rejected', counts: { accepted: 0, rejected: 1 } });
  expect((await report(all)).lines).toHaveLength(1);
  expect(await publishedIds(bus)).toEqual([]);
  expect(await recordsOf(bus, 'identities')).toEqual([]);
  const fine = await receiptOf(await submit(good, { query: '?onError=rejectFile' }));
  expect(await status(fine)).toMatchObject({ state: 'accepted', counts: { accepted: 1 } });
  expect(await publishedIds(bus)).toEqual(['a1']);
});

test('rows of another institution are not taken in', async () => {
  const { submit, status, bus } = await start();
  const receipt = await receiptOf(await submit(line('a1') + line('b1', { institution: 'bank-b' })));
  expect(await status(receipt)).toMatchObject({
    counts: { accepted: 1, rejected: 1 },
    rejectsByCode: { 'RAS-SUBMISSION-INSTITUTION': 1 },
  });
  expect(await publishedIds(bus)).toEqual(['a1']);
});

test('amendments and withdrawals are rows with a version', async () => {
  const { submit, status, bus } = await start();
  const body =
    line('a1') +
    line('a1', { version: 2, settled: { amount: '1.00', ccy: 'MXN' } }) +
    line('a1', { version: 3, op: 'withdraw' });
  expect(await status(await receiptOf(await submit(body)))).toMatchObject({
    state: 'accepted',
    counts: { accepted: 3 },
  });
  expect(await publishedIds(bus)).toEqual(['a1', 'a1', 'a1']);
});

test('parties become reference records of every partition, in front of the rows that rest on them', async () => {
  const { submit, status, bus } = await start();
  const party = {
    institution: 'bank-a',
    ref: 'C-1',
    kind: 'person',
    accounts: [{ scheme: 'clabe', token: '002010077777777771' }],
  };
  const parties = await receiptOf(
    await submit(`${JSON.stringify(party)}\n`, { query: '?mapping=canonical-parties' }),
  );
  expect(await status(parties)).toMatchObject({ state: 'processed', counts: { accepted: 1 } });
  await status(await receiptOf(await submit(line('t1'))));
  const kinds: string[][] = [[], [], [], []];
  for (const { partition, headers } of await recordsOf(bus, 'transactions'))
    kinds[partition]?.push(headers['kind'] ?? '');
  // Parties, then the institution, then what its feed provides, then rows, which lie where their account is.
  const references = ['reference', 'reference', 'reference'];
  expect(kinds.toSorted((one, other) => one.length - other.length)).toEqual([
    ...[references, references, references],
    [...references, 'transactions'],
  ]);
  // Told once: another file brings rows only.
  await status(await receiptOf(await submit(line('t2'))));
  const told = (await recordsOf(bus, 'transactions')).filter(
    ({ headers }) => headers['kind'] === 'reference',
  );
  expect(told).toHaveLength(12);
});

test('processed is told when the rows are evaluated, and not before', async () => {
  const evaluated = new Map<number, number>();
  const { submit, status, bus } = await start({ evaluatedUntil: async () => evaluated });
  const receipt = await receiptOf(await submit(line('t1')));
  expect((await status(receipt)).state).toBe('accepted');
  const rows = (await recordsOf(bus, 'transactions')).find(
    ({ headers }) => headers['kind'] === 'transactions',
  );
  evaluated.set(rows?.partition ?? -1, (rows?.offset ?? 0) - 1);
  await status(await receiptOf(await submit(line('t2'))));
  expect((await status(receipt)).state).toBe('accepted');
  evaluated.set(rows?.partition ?? -1, rows?.offset ?? 0);
  expect(await status(receipt, ['processed'])).toMatchObject({ counts: { accepted: 1 } });
});

test('what must not be said is not on any topic in the clear, and identities come before rows', async () => {
  const order: string[] = [];
  const { submit, status, bus } = await start();
  const append = bus.append.bind(bus);
  bus.append = (topic, records) => {
    order.push(topic === 'transactions' ? `rows ${records[0]?.headers?.['kind']}` : topic);
    return append(topic, records);
  };
  const body =
    line('t1', { purposeText: 'para Juana Secreta' }) +
    line('t2', { purposeText: 'Juana Secreta', settled: { amount: 'Secreta', ccy: 'MXN' } });
  await status(await receiptOf(await submit(body)));
  expect(order.indexOf('identities')).toBeGreaterThan(-1);
  expect(order.indexOf('identities')).toBeLessThan(order.indexOf('rows transactions'));
  for (const topic of TOPIC_NAMES)
    for (const { value, key, headers } of await recordsOf(bus, topic)) {
      const text = `${key}${JSON.stringify(headers)}${Buffer.from(value ?? []).toString('latin1')}`;
      expect(text).not.toMatch(/Secreta|002010077777777771/);
    }
});

test('every refusal is a problem document with its code', async () => {
  const { submit, get, role } = await start({ bodyBytesMax: 10_000 });
  const post = (headers: Record<string, string>, query = '') => submit(line('t1'), { headers, query });
  expect(await refusal(await post({ authorization: 'Bearer nothing' }))).toEqual([
    401,
    'RAS-HTTP-UNAUTHORIZED',
  ]);
  const { key } = makeKey({ institution: 'bank-a', scopes: ['submit'], nowMs: 0, expiresMs: 1e14 });
  expect(await refusal(await post({ authorization: `Bearer ${key}` }))).toEqual([
    401,
    'RAS-HTTP-UNAUTHORIZED',
  ]);
  expect(await refusal(await submit(line('t1'), { institution: 'bank-b' }))).toEqual([
    403,
    'RAS-HTTP-FORBIDDEN',
  ]);
  expect(await refusal(await post({ 'idempotency-key': 'ñ'.repeat(3) }))).toEqual([
    400,
    'RAS-HTTP-BAD-REQUEST',
  ]);
  expect(await refusal(await post({ 'content-encoding': 'br' }))).toEqual([415, 'RAS-HTTP-ENCODING']);
  expect(await refusal(await post({}, '?mapping=../../secret'))).toEqual([400, 'RAS-HTTP-BAD-REQUEST']);
  expect(await refusal(await post({}, '?mapping=nobodys'))).toEqual([400, 'RAS-HTTP-MAPPING-UNKNOWN']);
  expect(await refusal(await post({}, '?mappings=canonical'))).toEqual([400, 'RAS-HTTP-BAD-REQUEST']);
  expect(await refusal(await submit('x'.repeat(10_001)))).toEqual([413, 'RAS-HTTP-BODY-TOO-LARGE']);
  expect(await refusal(await submit(''))).toEqual([400, 'RAS-HTTP-BODY-EMPTY']);
  const digest = createHash('sha256').update('other').digest('base64');
  expect(await refusal(await post({ 'content-digest': `sha-256=:${digest}:` }))).toEqual([
    400,
    'RAS-HTTP-CHECKSUM',
  ]);
  const unknown = `/v1/feeds/bank-a/submissions/sub_${'0'.repeat(26)}`;
  expect(await refusal(await get(unknown))).toEqual([404, 'RAS-HTTP-NOT-FOUND']);
  expect(await refusal(await get('/v1/feeds/bank-a/submissions/nonsense'))).toEqual([
    400,
    'RAS-HTTP-BAD-REQUEST',
  ]);
  expect(await refusal(await get('/elsewhere'))).toEqual([404, 'RAS-HTTP-NOT-FOUND']);

  const answer = await fetch(`${role.url}/v1/openapi.json`, {
    headers: { origin: 'https://elsewhere.example' },
  });
  expect(answer.status).toBe(200);
  expect(answer.headers.get('access-control-allow-origin')).toBeNull();
  expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  expect(answer.headers.get('cache-control')).toBe('no-store');
});

const headOf = (key: string, bytes: number): string =>
  [
    'POST /v1/feeds/bank-a/submissions HTTP/1.1',
    'Host: x',
    `Authorization: Bearer ${key}`,
    'Content-Type: text/csv',
    `Content-Length: ${bytes}`,
    '\r\n',
  ].join('\r\n');

/** Sends bytes and gives all that comes back until the connection ends. */
function rawExchange(url: string, first: string): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(first));
    let text = '';
    socket.on('data', (part) => {
      text += part.toString('latin1');
    });
    socket.on('close', () => resolve(text));
    socket.on('error', reject);
  });
}

test('who sends headers or a body too slowly is turned away', async () => {
  const { role, key } = await start({ idleMs: 200, headersMs: 200 });
  expect(await rawExchange(role.url, 'POST /v1/feeds/bank-a/submissions HTTP/1.1\r\nHost: x\r\n')).toContain(
    ' 408 ',
  );
  const answer = await rawExchange(role.url, `${headOf(key, 1_000_000)}abc`);
  expect(answer).toContain(' 408 ');
  expect(answer).toContain('RAS-HTTP-BODY-SLOW');
});

test('a body that trickles is given up, however lively it looks', async () => {
  const { role, key } = await start({ graceMs: 50 });
  const { hostname, port } = new URL(role.url);
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(headOf(key, 1_000_000)));
    const trickle = setInterval(() => socket.write('x'), 10);
    let text = '';
    socket.on('data', (part) => {
      text += part.toString('latin1');
    });
    socket.on('close', () => {
      clearInterval(trickle);
      resolve(text);
    });
    // What is written after the answer may find nobody.
    socket.on('error', () => (text === '' ? reject(new Error('no answer')) : undefined));
  });
  expect(answer).toContain(' 408 ');
  expect(answer).toContain('RAS-HTTP-BODY-SLOW');
});

test('a body that says that it is too large is refused before a byte of it', async () => {
  const { role, key } = await start({ bodyBytesMax: 10_000 });
  const answer = await rawExchange(role.url, headOf(key, 10_001));
  expect(answer).toContain(' 413 ');
  expect(answer).toContain('RAS-HTTP-BODY-TOO-LARGE');
});

test('more submissions at a time than there is room for are asked to come back', async () => {
  const { submit, role, key } = await start({ institutionSubmissionsMax: 1, submissionsMax: 2 });
  const { hostname, port } = new URL(role.url);
  const slow = connect(Number(port), hostname);
  slow.write(
    `POST /v1/feeds/bank-a/submissions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key}\r\nContent-Type: text/csv\r\nContent-Length: 9\r\n\r\nabc`,
  );
  slow.on('error', () => undefined);
  try {
    for (;;) {
      const answer = await submit(line('t1'), { headers: { 'idempotency-key': `k${Math.random()}` } });
      if (answer.status === 202) continue;
      expect(await refusal(answer)).toEqual([429, 'RAS-HTTP-TOO-MANY']);
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
      break;
    }
  } finally {
    slow.destroy();
  }
});
