/** Parts of records: every log gives the same ones, and refuses what a record does not hold. */
import { mkdtemp, readdir, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { BlockLog } from '../../../../pipelines/log/port.ts';
import { openFileLog } from '../../../../services/log/file/file-log.ts';
import { memoryLog } from '../../../support/memory-log.ts';

const folder = () => mkdtemp(join(tmpdir(), 'rastro-log-'));
const bytes = (text: string) => Buffer.from(text, 'utf8');
const part = (log: BlockLog, offset: number, start: number, length: number) =>
  Buffer.from(log.readPart(offset, start, length)).toString('utf8');

let open: BlockLog[] = [];
afterEach(async () => {
  for (const log of open) await log.close();
  open = [];
});

function opened(log: BlockLog): BlockLog {
  open.push(log);
  return log;
}

async function fill(log: BlockLog): Promise<BlockLog> {
  await log.append('transactions', bytes('one'));
  await log.append('reference', bytes(''));
  await log.append('transactions', bytes('three and more'));
  return log;
}

describe.each([
  ['a file log', async () => openFileLog(await folder(), 'transactions')],
  ['a memory log', async () => memoryLog()],
])('%s', (_name, make) => {
  test('gives any part of any record, what is appended later too', async () => {
    const log = opened(await fill(await make()));
    expect(part(log, 0, 0, 3)).toBe('one');
    expect(part(log, 0, 1, 1)).toBe('n');
    expect(part(log, 2, 6, 8)).toBe('and more');
    expect(part(log, 2, 14, 0)).toBe('');
    expect(part(log, 1, 0, 0)).toBe('');
    await log.append('transactions', bytes('four'));
    expect(part(log, 3, 0, 4)).toBe('four');
  });

  test('hands over bytes that are the caller’s to change', async () => {
    const log = opened(await fill(await make()));
    log.readPart(0, 0, 3).fill(0);
    expect(part(log, 0, 0, 3)).toBe('one');
  });

  test.each([
    [-1, 0, 1],
    [3, 0, 1],
    [0.5, 0, 1],
  ])('has no record at %d', async (offset, start, length) => {
    const log = opened(await fill(await make()));
    expect(() => log.readPart(offset, start, length)).toThrow(RangeError);
  });

  test.each([
    [0, 0, 4],
    [0, 3, 1],
    [0, -1, 2],
    [0, 2, -1],
    [1, 0, 1],
    [2, 0, 15],
  ])('does not read past record %d: %d, %d', async (offset, start, length) => {
    const log = opened(await fill(await make()));
    expect(() => log.readPart(offset, start, length)).toThrow(RangeError);
  });
});

describe('a file log on disk', () => {
  test('gives the same parts after it was opened again, of several segments', async () => {
    const path = await folder();
    const first = await fill(await openFileLog(path, 'transactions'));
    await first.close();
    // As if the first segment had been full.
    await writeFile(join(path, '0000000000000003.log'), '');
    const second = await openFileLog(path, 'transactions');
    await second.append('transactions', bytes('four'));
    await second.append('transactions', bytes('five'));
    const parts = (log: BlockLog) => [0, 2, 3, 4].map((offset) => part(log, offset, 1, 2));
    expect(parts(second)).toEqual(['ne', 'hr', 'ou', 'iv']);
    expect(() => second.readPart(2, 0, 15)).toThrow(RangeError);
    await second.close();
    expect(parts(opened(await openFileLog(path, 'transactions')))).toEqual(['ne', 'hr', 'ou', 'iv']);
  });

  test('a record that was torn before it was opened is not there, one that is torn since is corruption', async () => {
    const path = await folder();
    await (await fill(await openFileLog(path, 'transactions'))).close();
    const file = join(path, (await readdir(path))[0] as string);
    const whole = 3 * 24 + 'one'.length + 'three and more'.length;
    await truncate(file, whole - 1);
    const log = opened(await openFileLog(path, 'transactions'));
    expect(log.end).toBe(2);
    expect(() => log.readPart(2, 0, 5)).toThrow(RangeError);
    expect(part(log, 0, 0, 3)).toBe('one');
    await truncate(file, 24 + 2);
    expect(part(log, 0, 0, 2)).toBe('on');
    expect(() => log.readPart(0, 0, 3)).toThrow(expect.objectContaining({ code: 'RAS-ENGINE-LOG-CORRUPT' }));
  });
});
