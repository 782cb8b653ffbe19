import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, expect, test } from 'vitest';
import { RastroError } from '../../../schemas/errors/index.ts';
import { SubmissionClient } from '../../../services/ingest/client.ts';
import { INSTITUTION, line, publishedIds, startTestRole, type TestRole } from '../../support/ingest-role.ts';
import { memoryBus } from '../../support/memory-bus.ts';

let open: TestRole | undefined;
afterEach(async () => {
  await open?.role.stop(0);
  open = undefined;
});

const evaluated = async () => new Map([0, 1, 2, 3].map((partition) => [partition, Number.MAX_SAFE_INTEGER]));

async function start(changes: Parameters<typeof startTestRole>[0] = {}) {
  open = await startTestRole({ evaluatedUntil: evaluated, ...changes });
  const { role, key, bus } = open;
  const client = (more: object = {}) =>
    new SubmissionClient({
      url: role.url,
      key,
      institution: INSTITUTION,
      mapping: 'canonical',
      onError: 'acceptValid',
      dryRun: false,
      lang: 'en',
      ...more,
    });
  return { client, bus };
}

async function fileOf(content: string | Buffer): Promise<string> {
  const path = join(await mkdtemp(join(tmpdir(), 'submit-')), 'feed');
  await writeFile(path, content);
  return path;
}

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => '',
    (error) => (RastroError.is(error) ? error.code : error),
  );

test('a file goes out packed, its end is waited for, and sent again it is the same submission', async () => {
  const { client, bus } = await start();
  const rows = Array.from({ length: 500 }, (_, i) => line(`c${i}`)).join('');
  const file = await fileOf(rows);
  let sent = 0;
  const receipt = await client().submit(file, (bytes) => {
    sent = bytes;
  });
  expect(receipt.replayed).toBe(false);
  expect(receipt.bytes).toBeLessThan(rows.length / 5);
  expect(sent).toBe(rows.length);
  const states: string[] = [];
  expect((await client().settled(receipt, 60_000, ({ state }) => states.push(state))).state).toBe(
    'processed',
  );
  expect(await client().submit(file)).toEqual({ ...receipt, replayed: true });
  expect(await client().submit(await fileOf(gzipSync(rows)))).toMatchObject({ replayed: false });
  expect(new Set(await publishedIds(bus)).size).toBe(500);
  expect(await client().report(receipt)).toMatchObject({ lines: [], counts: { accepted: 500 } });
});

test('where the log is away the client tries again with the same key, and the file is taken in once', async () => {
  const bus = memoryBus();
  const append = bus.append.bind(bus);
  let failures = 2;
  bus.append = (topic, records) =>
    topic === 'submissions' && failures-- > 0
      ? append(topic, records).then(() => Promise.reject(new RastroError('RAS-BUS-CLOSED')))
      : append(topic, records);
  const { client } = await start({ bus });
  // The claim is there, only its acknowledgement is not.
  expect(await client().submit(await fileOf(line('t1')))).toMatchObject({ replayed: true });
  await expect.poll(() => publishedIds(bus), { timeout: 30_000 }).toEqual(['t1']);
});

test('what it is told is an error with a code', async () => {
  const { client } = await start();
  const file = await fileOf(line('t1'));
  const large = await fileOf(Buffer.alloc(8_000_000, 65));
  expect(await codeOf(client({ key: 'ras_none' }).submit(large))).toBe('RAS-SUBMISSION-REFUSED');
  expect(await codeOf(client({ mapping: 'nobodys' }).submit(file))).toBe('RAS-SUBMISSION-REFUSED');
  expect(await codeOf(client().submit('nowhere'))).toBe('RAS-FEED-FILE-NOT-FOUND');
});
