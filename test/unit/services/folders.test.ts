/** Folders that cannot be what they are to be. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { standingWrite } from '../../../pipelines/recovery/standing.ts';
import { openDataFolder } from '../../../services/embedded/data-folder.ts';
import { compileKnowledge, readKnowledgeFiles } from '../../../services/workspace/knowledge.ts';
import { signal } from '../../support/compose.ts';

const folder = mkdtempSync(join(tmpdir(), 'rastro-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = join(folder, 'a-file');
writeFileSync(file, '');
const code = (value: string) => expect.objectContaining({ code: value });

test('a data folder below a file', () => {
  expect(() => openDataFolder(join(file, 'data'))).toThrow(code('RAS-STORE-FOLDER'));
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
