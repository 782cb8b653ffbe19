/** One rule file as a set of its own, with the shipped reference data. */
import { readFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { RastroError } from '../../schemas/errors/index.ts';
import { compileKnowledge, type Knowledge, readKnowledgeFiles } from '../workspace/knowledge.ts';

/** @throws RastroError RAS-RULES-REFUSED, RAS-CLI-NO-FILE */
export async function oneRule(path: string, ratesFile?: string): Promise<Knowledge> {
  const shipped = await readKnowledgeFiles(ratesFile === undefined ? {} : { ratesFile });
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new RastroError('RAS-CLI-NO-FILE', { pattern: path }, { cause });
  });
  const kept = Object.entries(shipped.texts).filter(
    ([name]) => !/^(catalogue|composites)\//.test(name) || name === 'composites/playbook.yaml',
  );
  const own = `catalogue/${basename(dirname(path)) || 'rule'}/${basename(path)}`;
  return compileKnowledge({ ...shipped, texts: { ...Object.fromEntries(kept), [own]: text } });
}
