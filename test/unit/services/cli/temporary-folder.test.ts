import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeTemporaryFolder } from '../../../../services/cli/temporary-folder.ts';

const PREFIX = 'rastro-temporary-';

test('what a process left that is gone goes; what another one uses, and what nobody is named for, stays', async () => {
  const { pid: gone } = spawnSync(process.execPath, ['-e', '0']);
  const [left, used, unnamed] = [`${gone}-abc`, `${process.ppid}-abc`, 'abc'].map((name) => {
    const folder = join(tmpdir(), `${PREFIX}${name}`);
    mkdirSync(folder);
    writeFileSync(join(folder, 'file'), '');
    return folder;
  }) as [string, string, string];
  const made = await makeTemporaryFolder(PREFIX);
  try {
    expect([left, used, unnamed, made].map((folder) => existsSync(folder))).toEqual([
      false,
      true,
      true,
      true,
    ]);
    expect(made).toContain(`${PREFIX}${process.pid}-`);
    expect(await makeTemporaryFolder(PREFIX)).not.toBe(made);
    expect(existsSync(made)).toBe(true);
  } finally {
    rmSync(used, { recursive: true });
    rmSync(unnamed, { recursive: true });
  }
});
