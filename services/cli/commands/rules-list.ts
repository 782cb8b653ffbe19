/** `rastro rules list`: the catalogue, or part of it; with `--unverified` the reference data that nobody has read again. */
import type { Command } from 'commander';
import { type CheckedRule, catalogueOf, explainRule } from '../../../rules/compiler/index.ts';
import { FORMS, RULE_STATUSES } from '../../../schemas/enumerations.ts';
import { RastroError } from '../../../schemas/errors/index.ts';
import { unverifiedOf } from '../../workbench/unverified.ts';
import type { Knowledge } from '../../workspace/knowledge.ts';
import { EXIT } from '../exit.ts';
import { handle } from '../handle.ts';
import { oneOf } from '../options.ts';
import { count, counted, paragraph, type Terminal, tableText } from '../terminal.ts';
import { knowledgeOf } from '../trial-options.ts';

interface ListOptions {
  readonly rules?: string;
  readonly status?: string;
  readonly form?: string;
  readonly unverified?: boolean;
}

/** Whose history a rule reads; of several the first, and how many more. */
function perText({ input, subjects }: CheckedRule): string {
  if (input === 'signals') return 'signals';
  const [first = '', ...more] = subjects;
  return more.length === 0 ? first : `${first} +${more.length}`;
}

function showUnverified(terminal: Terminal, knowledge: Knowledge): number {
  const found = unverifiedOf(knowledge);
  if (terminal.json) terminal.printJson(found);
  else {
    terminal.print(
      tableText(
        found,
        [
          { title: 'file', value: (row) => row.file.replace(/\.yaml$/, '') },
          {
            title: 'where',
            value: (row) => row.where.replace(/^thresholds\.|\.periods$/g, '') || 'the whole file',
          },
          { title: 'from', value: (row) => row.from ?? '' },
          { title: 'value', value: (row) => row.value ?? '', align: 'right' },
          { title: 'unit', value: (row) => row.unit ?? '' },
          { title: '', value: (row) => (row.isUsed ? '' : 'unused') },
        ],
        terminal,
      ),
    );
    const unused = found.filter(({ isUsed }) => !isUsed).length;
    terminal.print(
      `\n${paragraph(
        `${counted(found.length, 'entry is', 'entries are')} marked unverified, ${count(unused)} of them proposed or not known to be in force, which no rule reads; the rest is used: read it again at its sources before evidence rests on it.`,
        terminal,
        '',
      )}`,
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
    if (options.unverified === true && (status ?? form) !== undefined)
      throw new RastroError('RAS-CLI-BAD-OPTION', {
        option: '--unverified',
        value: status === undefined ? '--form' : '--status',
        expected: '--unverified by itself: it lists reference data, which all rules share',
      });
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
              value: (rule) => perText(rule),
            },
            { title: 'title', value: (rule) => rule.file.title.en, wraps: true },
          ],
          terminal,
        ),
      );
    if (chosen.length > 0 && composites.length > 0) terminal.print();
    if (composites.length > 0)
      terminal.print(
        tableText(
          composites,
          [
            { title: 'composite', value: (file) => file.id },
            { title: 'version', value: (file) => file.version },
            { title: 'status', value: (file) => file.status },
            { title: 'title', value: (file) => file.title.en, wraps: true },
          ],
          terminal,
        ),
      );
    const isEmpty = chosen.length + composites.length === 0;
    terminal.print(
      terminal.paint.dim(
        `${isEmpty ? '' : '\n'}${paragraph(
          `${counted(chosen.length, 'rule')}, ${counted(composites.length, 'composite')}; rule set ${ruleSet.hash.slice(0, 16)}; \`rastro rules explain ID\` explains one`,
          terminal,
        )}`,
      ),
    );
    return EXIT.FINE;
  });
}
