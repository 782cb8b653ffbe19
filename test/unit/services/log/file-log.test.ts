import { appendFile, mkdtemp, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { BlockLog } from '../../../../pipelines/log/port.ts';
import { openFileLog } from '../../../../services/log/file/file-log.ts';

const folder = () => mkdtemp(join(tmpdir(), 'rastro-log-'));
const bytes = (text: string) => Buffer.from(text, 'utf8');

async function texts(log: BlockLog, from = 0): Promise<string[]> {
  const out: string[] = [];
  for await (const record of log.read(from))
    out.push(`${record.offset}:${record.kind}:${Buffer.from(record.payload)}`);
  return out;
}

async function threeRecords(path: string): Promise<string> {
  const log = await openFileLog(path, 'transactions');
  await log.append('transactions', bytes('one'));
  await log.append('reference', bytes(''));
  await log.append('reference', bytes('three'));
  await log.close();
  return join(path, (await readdir(path))[0] as string);
}

test('what was appended is read back in order, across a reopen', async () => {
  const path = await folder();
  await threeRecords(path);
  const log = await openFileLog(path, 'transactions');
  expect(log.end).toBe(3);
  expect(await log.append('transactions', bytes('four'))).toBe(3);
  expect(await texts(log)).toEqual([
    '0:transactions:one',
    '1:reference:',
    '2:reference:three',
    '3:transactions:four',
  ]);
  expect(await texts(log, 2)).toEqual(['2:reference:three', '3:transactions:four']);
  await log.close();
});

test('reading from an offset touches nothing before it', async () => {
  const path = await folder();
  const file = await threeRecords(path);
  const log = await openFileLog(path, 'transactions');
  await log.append('transactions', bytes('four'));
  const changed = await readFile(file);
  changed.fill(0, 0, 24 + 'one'.length + 24);
  await writeFile(file, changed);
  expect(await texts(log, 2)).toEqual(['2:reference:three', '3:transactions:four']);
  expect(await texts(log, 4)).toEqual([]);
  await expect(texts(log, 1)).rejects.toMatchObject({ code: 'RAS-ENGINE-LOG-CORRUPT' });
  await log.close();
});

test('a reading that has begun ends where the log ended then', async () => {
  const path = await folder();
  await threeRecords(path);
  const log = await openFileLog(path, 'transactions');
  const seen: number[] = [];
  for await (const { offset } of log.read(1)) {
    seen.push(offset);
    await log.append('reference', bytes('later'));
  }
  expect(seen).toEqual([1, 2]);
  expect(log.end).toBe(5);
  await log.close();
});

test('every torn tail, whatever its length, is cut off and the log goes on after the last whole record', async () => {
  const path = await folder();
  const file = await threeRecords(path);
  const whole = await readFile(file);
  const beforeLast = whole.length - 24 - 'three'.length;
  for (let size = beforeLast; size < whole.length; size++) {
    await writeFile(file, whole);
    await truncate(file, size);
    const log = await openFileLog(path, 'transactions');
    expect(log.end).toBe(2);
    await log.append('reference', bytes('again'));
    expect(await texts(log, 2)).toEqual(['2:reference:again']);
    await log.close();
  }
});

test('garbage after the last record is a torn tail too', async () => {
  const path = await folder();
  const file = await threeRecords(path);
  await appendFile(file, Buffer.alloc(100, 7));
  const log = await openFileLog(path, 'transactions');
  expect(log.end).toBe(3);
  await log.close();
});

test('damage in a segment that is not the last refuses to open, with its code', async () => {
  const path = await folder();
  const file = await threeRecords(path);
  const damaged = await readFile(file);
  damaged[25] = (damaged[25] as number) ^ 0xff;
  await writeFile(file, damaged);
  await writeFile(join(path, '0000000000000003.log'), '');
  await expect(openFileLog(path, 'transactions')).rejects.toMatchObject({ code: 'RAS-ENGINE-LOG-CORRUPT' });
});

test('damage with whole records after it is never taken for a torn tail', async () => {
  const path = await folder();
  const file = await threeRecords(path);
  const whole = await readFile(file);
  for (const position of [1, 6, 9, 17, 21, 25]) {
    const damaged = Buffer.from(whole);
    damaged[position] = (damaged[position] as number) ^ 0xff;
    await writeFile(file, damaged);
    await expect(openFileLog(path, 'transactions')).rejects.toMatchObject({ code: 'RAS-ENGINE-LOG-CORRUPT' });
    expect(await readFile(file)).toEqual(damaged);
  }
});

test('a record over the limit is refused and leaves the log as it was', async () => {
  const path = await folder();
  const log = await openFileLog(path, 'transactions');
  await expect(log.append('transactions', new Uint8Array(65 * 1024 * 1024))).rejects.toMatchObject({
    code: 'RAS-ENGINE-LOG-RECORD-TOO-LARGE',
  });
  expect(log.end).toBe(0);
  await log.close();
});
