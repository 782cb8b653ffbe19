/** Finding mapping files: the ones that ship with the package by name, any other by its path. */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseMapping } from '../../pipelines/ingest/mapping-file.ts';
import { RastroError } from '../../schemas/errors/index.ts';
import type { Mapping } from '../../schemas/mapping.ts';
import { packageRoot } from '../../schemas/package-root.ts';

const FOLDER = path.join('pipelines', 'ingest', 'mappings');

/** YAML files are not compiled: they lie under the package root. */
const shippedFolder = (): string => path.join(packageRoot(), FOLDER);

/** Names of the mappings that ship. */
export async function shippedMappings(): Promise<string[]> {
  const files = await readdir(shippedFolder());
  return files
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => file.slice(0, -'.yaml'.length))
    .sort();
}

/**
 * The mapping of a shipped name (`amlsim`) or of a path (`./bank.yaml`). Throws `RAS-FEED-MAPPING-NOT-FOUND`, or
 * `RAS-FEED-MAPPING-INVALID` with file:line:col.
 */
export async function loadMapping(nameOrPath: string): Promise<Mapping> {
  const isName = /^[a-z0-9][a-z0-9-]*$/.test(nameOrPath);
  const file = isName ? path.join(shippedFolder(), `${nameOrPath}.yaml`) : nameOrPath;
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const known = (await shippedMappings()).join(', ');
    throw new RastroError('RAS-FEED-MAPPING-NOT-FOUND', { name: nameOrPath, known }, { cause: error });
  }
  return parseMapping(text, isName ? `${nameOrPath}.yaml` : nameOrPath);
}
