/** Changes of rules are noticed however an editor saves them. */
import { mkdirSync, mkdtempSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { watchYaml } from '../../../../services/cli/folder-watch.ts';

test('a file that is replaced again and again, one in a new folder, and none of another sort', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'watch-'));
  mkdirSync(join(folder, 'composites'));
  const file = join(folder, 'composites/K-X.yaml');
  writeFileSync(file, 'a');
  let seen = 0;
  const failed = vi.fn();
  const stop = watchYaml(folder, () => seen++, failed);
  const noticed = async (act: () => void) => {
    const before = seen;
    act();
    await vi.waitFor(() => expect(seen).toBeGreaterThan(before), { timeout: 10_000, interval: 20 });
    // What belongs to one save comes in a burst.
    await new Promise((resolve) => setTimeout(resolve, 100));
  };
  for (const text of ['b', 'c', 'd'])
    await noticed(() => {
      writeFileSync(join(folder, 'saved'), text);
      renameSync(join(folder, 'saved'), file);
    });
  await noticed(() => writeFileSync(file, 'e'));
  await noticed(() => mkdirSync(join(folder, 'catalogue/servitude'), { recursive: true }));
  await noticed(() => writeFileSync(join(folder, 'catalogue/servitude/DEB-90-x.yaml'), 'f'));
  const before = seen;
  writeFileSync(join(folder, 'composites/notes.txt'), 'g');
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(seen).toBe(before);
  stop();
  writeFileSync(file, 'h');
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(seen).toBe(before);
  expect(failed).not.toHaveBeenCalled();
});
