/** Rule files from a folder: the one place of the compiler that reads the file system. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { RastroError } from '../../schemas/errors/index.ts';
import { compareUtf8 } from '../../schemas/order.ts';
import { RULE_FILE_BYTES_MAX, type RuleSource } from './compile.ts';

/** Rule files of one folder tree. */
const RULE_FILES_MAX = 2_000;

/**
 * All `*.yaml` files under `folder`, in byte order of their paths.
 *
 * @throws RastroError RAS-RULES-FOLDER when the folder or a file of it cannot be read is too large, or would be overlooked.
 */
export async function loadRuleFolder(folder: string): Promise<RuleSource[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const misnamed = entries.find((entry) => entry.isFile() && entry.name.endsWith('.yml'));
    if (misnamed !== undefined)
      throw new Error(`${join(misnamed.parentPath, misnamed.name)} would not be read: name it .yaml`);
    const paths = entries
      .filter((entry) => entry.isFile() && entry.name.endsWith('.yaml'))
      .map((entry) => join(entry.parentPath, entry.name))
      .sort(compareUtf8);
    if (paths.length > RULE_FILES_MAX) throw new Error(`${paths.length} files > ${RULE_FILES_MAX}`);
    const sources: RuleSource[] = [];
    for (const path of paths) {
      const { size } = await stat(path);
      if (size > RULE_FILE_BYTES_MAX) throw new Error(`${path}: ${size} bytes > ${RULE_FILE_BYTES_MAX}`);
      sources.push({ path, text: await readFile(path, 'utf8') });
    }
    return sources;
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new RastroError('RAS-RULES-FOLDER', { detail }, { cause });
  }
}
