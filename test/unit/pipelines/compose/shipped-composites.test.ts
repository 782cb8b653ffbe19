import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { compileComposites, compilePlaybook } from '../../../../pipelines/compose/index.ts';
import { compileRules, findingText, loadRuleFolder } from '../../../../rules/compiler/index.ts';
import { readReferenceFiles } from '../../../../rules/reference/files.ts';
import { loadReference } from '../../../../rules/reference/reference.ts';

const RULES_FOLDER = path.resolve(import.meta.dirname, '../../../../rules');
const FOLDER = path.join(RULES_FOLDER, 'composites');

const source = (name: string) => ({ path: name, text: readFileSync(path.join(FOLDER, name), 'utf8') });

/** Findings as lines, so that a failure reads like a compiler. */
const linesOf = (result: ReturnType<typeof compilePlaybook> | ReturnType<typeof compileComposites>) =>
  result.ok ? [] : result.findings.map((finding) => findingText(finding));

describe('the composites that ship', () => {
  it('are satisfiable by the live rules, of two families and with one strong rule', async () => {
    const rules = compileRules(await loadRuleFolder(path.join(RULES_FOLDER, 'catalogue')), {
      peers: loadReference(readReferenceFiles()).peers.definitions,
    });
    if (!rules.ok) throw new Error(rules.findings.map((f) => findingText(f)).join('\n'));
    const book = compilePlaybook(source('playbook.yaml'));
    expect(linesOf(book)).toEqual([]);
    if (!book.ok) return;
    const names = readdirSync(FOLDER).filter((name) => /^K-.*\.yaml$/.test(name));
    expect(names.length).toBeGreaterThanOrEqual(4);
    const composites = compileComposites(names.map(source), rules.ruleSet, book.value);
    expect(linesOf(composites)).toEqual([]);
    expect(composites.ok && composites.value.filter((c) => c.file.status === 'live').length).toBeGreaterThan(
      0,
    );
  });
});
