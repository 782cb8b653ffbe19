/** Folders that cannot be what they are to be. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { standingWrite } from '../../../pipelines/recovery/standing.ts';
import { openDataFolder } from '../../../services/embedded/data-folder.ts';
import { writeKeys } from '../../../services/ingest/api-keys.ts';
import { openFileLog } from '../../../services/log/file/file-log.ts';
import { Checkpoints } from '../../../services/state/checkpoints.ts';
import { openColdFile } from '../../../services/state/disk-cold-file.ts';
import { FolderLock } from '../../../services/worker/folder-lock.ts';
import { ownStateFolder } from '../../../services/worker/state-folder.ts';
import { compileKnowledge, readKnowledgeFiles } from '../../../services/workspace/knowledge.ts';
import { openSecret } from '../../../services/workspace/secret.ts';
import { signal } from '../../support/compose.ts';

const folder = mkdtempSync(join(tmpdir(), 'rastro-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = join(folder, 'a-file');
writeFileSync(file, '');
const code = (value: string) => expect.objectContaining({ code: value });

test('a data folder below a file', () => {
  expect(() => openDataFolder(join(file, 'data'))).toThrow(code('RAS-STORE-FOLDER'));
});

test('a secret in a data folder below a file', async () => {
  await expect(openSecret(join(file, 'data'))).rejects.toThrow(code('RAS-STORE-FOLDER'));
});

describe('a folder that is to be made below a file', () => {
  const below = join(file, 'state');
  const makers: Readonly<Record<string, () => unknown>> = {
    'for what memory is too dear for': () => openColdFile(below, 'rows'),
    'for checkpoints': () => new Checkpoints(below),
    'for a partition that one process has': () => FolderLock.take(below),
    'for what a process keeps beside memory': () => ownStateFolder(below),
    'for a log': () => openFileLog(below, 'main'),
    'for keys of institutions': () => writeKeys(join(below, 'keys.json'), []),
  };

  test.each(Object.entries(makers))('%s: which one, and why', async (_what, make) => {
    const error = await Promise.resolve()
      .then(make)
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'RAS-CONFIG-FOLDER',
      params: { folder: below, detail: 'ENOTDIR' },
    });
  });
});

test('a set of rules without one', async () => {
  const files = await readKnowledgeFiles();
  const texts = Object.fromEntries(
    Object.entries(files.texts).filter(([path]) => !path.startsWith('catalogue/')),
  );
  expect(() => compileKnowledge({ ...files, texts })).toThrow(code('RAS-RULES-NONE'));
});

test('more versions of one signal than a revision has room for', () => {
  const one = signal({ rule: 'SEX-07', family: 'FLW', weight: 3, on: 'par_a' });
  expect(() => standingWrite({ ...one, version: 2 ** 20 }, undefined)).toThrow(code('RAS-ENGINE-VERSIONS'));
});
