/** One rule file as a set of its own, with the reference data of the folder of rules that it lies in. */
import { readFile } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { RastroError } from '../../schemas/errors/index.ts';
import {
  compileKnowledge,
  type Knowledge,
  readKnowledgeFiles,
  referenceTexts,
} from '../workspace/knowledge.ts';

/** The folder of rules with `catalogue/<form>/<file>`; undefined for a file that lies elsewhere. */
function folderOf(path: string): string | undefined {
  const catalogue = dirname(dirname(resolve(path)));
  return basename(catalogue) === 'catalogue' ? dirname(catalogue) : undefined;
}

/** @throws RastroError RAS-RULES-REFUSED, RAS-CLI-NO-FILE, RAS-RULES-FOLDER */
export async function oneRule(path: string, ratesFile?: string): Promise<Knowledge> {
  const shipped = await readKnowledgeFiles(ratesFile === undefined ? {} : { ratesFile });
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new RastroError('RAS-CLI-NO-FILE', { pattern: path }, { cause });
  });
  const playbook = 'composites/playbook.yaml';
  const texts = {
    ...Object.fromEntries(await referenceTexts(folderOf(path))),
    [playbook]: shipped.texts[playbook]!,
    [`catalogue/${basename(dirname(path)) || 'rule'}/${basename(path)}`]: text,
  };
  return compileKnowledge({ ...shipped, texts });
}
