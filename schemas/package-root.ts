/** Where this package lies on disk, from its sources as well as from `dist/`: YAML and SQL are never compiled. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder that holds this package's package.json. Throws where there is none, which only a broken copy causes. */
export function packageRoot(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const manifest = join(folder, 'package.json');
    if (existsSync(manifest)) {
      const { name } = JSON.parse(readFileSync(manifest, 'utf8')) as { name?: string };
      if (name === 'rastro') return folder;
    }
    if (folder === dirname(folder)) throw new Error('package.json of rastro not found above this module');
  }
}
