/** Reading a log that another process may be writing. */
import { appendFile, mkdtemp, readdir, readFile, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openFileLog, readFileLog } from '../../../../services/log/file/file-log.ts';

async function texts(folder: string): Promise<string[]> {
  const out: string[] = [];
  for await (const { offset, kind, payload } of readFileLog(folder))
    out.push(`${offset}:${kind}:${Buffer.from(payload)}`);
  return out;
}

test('gives the whole records up to a torn one, and leaves the files as they are', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rastro-log-'));
  const log = await openFileLog(folder, 'transactions');
  await log.append('rules', Buffer.from('one'));
  await log.append('transactions', Buffer.from('two'));
  const [name = ''] = await readdir(folder);
  const path = join(folder, name);
  const head = (await readFile(path)).subarray(0, 20);
  await appendFile(path, head);
  const before = await stat(path);
  expect(await texts(folder)).toEqual(['0:rules:one', '1:transactions:two']);
  expect((await stat(path)).size).toBe(before.size);
  await log.close();
});

test('gives nothing where there is no log', async () => {
  expect(await texts(join(tmpdir(), 'rastro-log-that-is-not-there'))).toEqual([]);
});
