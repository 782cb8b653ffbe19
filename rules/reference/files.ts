/** Reads the shipped reference files. The only part of this folder that touches a disk. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ReferenceFiles } from './reference.ts';

const FOLDERS = ['lists', 'lexicons', 'thresholds'] as const;

/** The package's `rules` folder, from sources and from `dist` alike: YAML is never compiled. */
function rulesFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!readdirSync(folder).includes('package.json')) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error('package.json not found above the compiled sources');
    folder = parent;
  }
  return join(folder, 'rules');
}

/** Text of every YAML file of `lists`, `lexicons` and `thresholds` under `root` (default: those shipped), by name. */
export function readReferenceFiles(root: string = rulesFolder()): ReferenceFiles {
  const files = new Map<string, string>();
  for (const folder of FOLDERS) {
    for (const file of readdirSync(join(root, folder)).sort()) {
      if (file.endsWith('.yaml'))
        files.set(`${folder}/${file}`, readFileSync(join(root, folder, file), 'utf8'));
    }
  }
  return files;
}
