/** Reads the shipped reference files. The only part of this folder that touches a disk. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../schemas/package-root.ts';
import type { ReferenceFiles } from './reference.ts';

const FOLDERS = ['lists', 'lexicons', 'thresholds', 'peers'] as const;

/** Text of every YAML file of `lists`, `lexicons`, `thresholds` and `peers` under `root` (default: those shipped), by name. */
export function readReferenceFiles(root: string = join(packageRoot(), 'rules')): ReferenceFiles {
  const files = new Map<string, string>();
  for (const folder of FOLDERS) {
    for (const file of readdirSync(join(root, folder)).sort()) {
      if (file.endsWith('.yaml'))
        files.set(`${folder}/${file}`, readFileSync(join(root, folder, file), 'utf8'));
    }
  }
  return files;
}
