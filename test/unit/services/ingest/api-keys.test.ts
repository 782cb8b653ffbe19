import { chmod, mkdtemp, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  ApiKeys,
  makeKey,
  readKeys,
  type StoredKey,
  writeKeys,
} from '../../../../services/ingest/api-keys.ts';
import { INGEST_LIMITS } from '../../../../services/ingest/limits.ts';

const file = async () => join(await mkdtemp(join(tmpdir(), 'keys-')), 'api-keys.json');
const keyFor = (expiresMs: number) =>
  makeKey({ institution: 'bank-a', scopes: ['submit'], nowMs: 0, expiresMs });

async function opened(...stored: StoredKey[]) {
  const path = await file();
  await writeKeys(path, stored);
  const clock = { nowMs: 0 };
  return { path, clock, keys: new ApiKeys(path, () => clock.nowMs) };
}

test('a key counts until it expires or is revoked, and nothing else does', async () => {
  const { key, stored } = keyFor(1_000);
  const { keys, clock } = await opened(stored);
  expect((await keys.find(`Bearer ${key}`))?.institution).toBe('bank-a');
  for (const wrong of [
    undefined,
    '',
    'Bearer ',
    key.slice(0, -1),
    `${key}A`,
    `Bearer ras_${stored.id}_${'A'.repeat(43)}`,
    `Bearer ras_000000000000_${key.slice(-43)}`,
    `Bearer ${stored.secretHash}`,
  ])
    expect(await keys.find(wrong)).toBeUndefined();
  clock.nowMs = 1_000;
  expect(await keys.find(`Bearer ${key}`)).toBeUndefined();
});

test('old and new key overlap, and a changed file counts without a restart', async () => {
  const [old, next] = [keyFor(10_000), keyFor(1e9)];
  const { keys, clock, path } = await opened(old.stored);
  expect(await keys.find(`Bearer ${next.key}`)).toBeUndefined();
  await writeKeys(path, [old.stored, next.stored]);
  clock.nowMs += INGEST_LIMITS.KEYS_LOOK_MS;
  expect(await keys.find(`Bearer ${old.key}`)).toBeDefined();
  expect(await keys.find(`Bearer ${next.key}`)).toBeDefined();
  clock.nowMs = 10_000;
  expect(await keys.find(`Bearer ${old.key}`)).toBeUndefined();
  await writeKeys(path, [{ ...next.stored, revokedMs: 10_000 }]);
  clock.nowMs += INGEST_LIMITS.KEYS_LOOK_MS;
  expect(await keys.find(`Bearer ${next.key}`)).toBeUndefined();
});

test('the file holds no secret, and is refused where others may read it or it is damaged', async () => {
  const { key, stored } = keyFor(1_000);
  const { path } = await opened(stored);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await readFile(path, 'utf8')).not.toContain(key.slice(-43));
  await chmod(path, 0o644);
  await expect(readKeys(path)).rejects.toMatchObject({ code: 'RAS-KEYS-FILE' });
  await chmod(path, 0o640);
  expect(await readKeys(path)).toHaveLength(1);
  await writeFile(path, '{}');
  await expect(readKeys(path)).rejects.toMatchObject({ code: 'RAS-KEYS-FILE' });
  expect(await readKeys(await file())).toEqual([]);
});

test('requests that come while the file is read wait for it', async () => {
  const { key, stored } = keyFor(1_000);
  const { keys } = await opened(stored);
  const found = await Promise.all(Array.from({ length: 20 }, () => keys.find(`Bearer ${key}`)));
  expect(found.every((each) => each !== undefined)).toBe(true);
});
