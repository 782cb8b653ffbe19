/** `rastro rules list`: the catalogue, or part of it; with `--unverified` the reference data that nobody has read again. */
import type { Command } from 'commander';
import { catalogueOf, explainRule } from '../../../rules/compiler/index.ts';
import { FORMS, RULE_STATUSES } from '../../../schemas/enumerations.ts';
import { unverifiedOf } from '../../workbench/unverified.ts';
import type { Knowledge } from '../../workspace/knowledge.ts';
import { EXIT } from '../exit.ts';
import { handle } from '../handle.ts';
import { oneOf } from '../options.ts';
import { count, type Terminal, tableText } from '../terminal.ts';
import { knowledgeOf } from '../trial-options.ts';

interface ListOptions {
  readonly rules?: string;
  readonly status?: string;
  readonly form?: string;
  readonly unverified?: boolean;
}

function showUnverified(terminal: Terminal, knowledge: Knowledge): number {
  const found = unverifiedOf(knowledge);
  if (terminal.json) terminal.printJson(found);
  else {
    terminal.print(
      tableText(
        found,
        [
          { title: 'file', value: (row) => row.file },
          { title: 'where', value: (row) => row.where || 'the whole file' },
          { title: 'from', value: (row) => row.from ?? '' },
          { title: 'value', value: (row) => row.value ?? '', align: 'right' },
        ],
        terminal,
      ),
    );
    terminal.print(
      `\n${count(found.length)} entries are used and marked unverified: read them again at their sources before evidence rests on them.`,
    );
  }
  return EXIT.FINE;
}

export function addRulesList(rules: Command): void {
  const list = rules
    .command('list')
    .description('every rule and composite of the catalogue')
    .option('--rules <folder>', 'another catalogue')
    .option('--status <status>', RULE_STATUSES.join(' | '))
    .option('--form <form>', FORMS.join(' | '))
    .option(
      '--unverified',
      'instead: thresholds, wages, rates and lists that nobody has read again at their source',
    )
    .addHelpText(
      'after',
      `
Examples:
  rastro rules list --form labour_exploitation
  rastro rules list --status waiting
  rastro rules list --unverified`,
    );
  handle<ListOptions>(list, async ({ terminal }, options) => {
    const status =
      options.status === undefined ? undefined : oneOf('--status', options.status, RULE_STATUSES);
    const form = options.form === undefined ? undefined : oneOf('--form', options.form, FORMS);
    const knowledge = await knowledgeOf(options.rules, {});
    if (options.unverified === true) return showUnverified(terminal, knowledge);
    const isMeant = (each: { readonly status: string; readonly form: string }) =>
      (status === undefined || each.status === status) && (form === undefined || each.form === form);
    const { ruleSet } = knowledge;
    const chosen = catalogueOf(ruleSet).filter(isMeant);
    const composites = knowledge.composites.map(({ file }) => file).filter(isMeant);
    if (terminal.json) {
      terminal.printJson({
        ruleSet: ruleSet.hash,
        rules: chosen.map((rule) => explainRule(rule, 'en')),
        composites,
      });
      return EXIT.FINE;
    }
    if (chosen.length > 0)
      terminal.print(
        tableText(
          chosen,
          [
            { title: 'rule', value: (rule) => rule.id },
            { title: 'version', value: (rule) => rule.version },
            { title: 'status', value: (rule) => rule.status },
            { title: 'family', value: (rule) => rule.family },
            { title: 'W', value: (rule) => String(rule.weight), align: 'right' },
            {
              title: 'per',
              value: (rule) => (rule.input === 'signals' ? 'signals of a subject' : rule.subjects.join(', ')),
            },
            { title: 'title', value: (rule) => rule.file.title.en },
          ],
          terminal,
        ),
      );
    terminal.print();
    for (const file of composites)
      terminal.print(`${file.id} ${file.version}  ${file.status}  ${file.title.en}`);
    terminal.print(
      terminal.paint.dim(
        `\n${count(chosen.length)} rules, ${count(composites.length)} composites; rule set ${ruleSet.hash.slice(0, 16)}; \`rastro rules explain ID\` explains one`,
      ),
    );
    return EXIT.FINE;
  });
}
