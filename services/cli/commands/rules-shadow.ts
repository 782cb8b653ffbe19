/** `rastro rules shadow`: what experimental rules say beside the live ones, which no analyst sees. */
import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { RastroError } from '../../../schemas/errors/index.ts';
import { shadowOf } from '../../workbench/shadow.ts';
import { EXIT } from '../exit.ts';
import { handle } from '../handle.ts';
import { SERVER_OPTION, type ServerOption, withChosenStore } from '../server-store.ts';
import { count, paragraph, tableText } from '../terminal.ts';
import { knowledgeOf } from '../trial-options.ts';

interface ShadowOptions extends ServerOption {
  readonly rules?: string;
}

export function addRulesShadow(rules: Command): void {
  const command = rules
    .command('shadow')
    .description('what experimental rules found beside the live ones, in the data folder or on a server')
    .option('--rules <folder>', 'the rules that are in force there, if not the shipped ones')
    .option(...SERVER_OPTION)
    .addHelpText(
      'after',
      `
Examples:
  rastro rules shadow
  rastro rules shadow --config rastro.yaml --json

A rule with status experimental runs with the others. Its signals are stored apart: \`rastro signals list\` does not show them, no alert
counts or lists them, and they travel with nobody's signal. An experimental rule LAB-03-NEW is set against the live LAB-03: what only the old
one finds, both, only the new one.`,
    );
  handle<ShadowOptions>(command, async ({ terminal, dataDir }, options) => {
    const { ruleSet } = await knowledgeOf(options.rules, {});
    const idsOf = (status: string) =>
      ruleSet.rules.filter((rule) => rule.status === status).map(({ id }) => id);
    const known = { experimental: idsOf('experimental'), live: new Set(idsOf('live')) };
    // Opening it would make it, and say that nothing was found.
    if (options.config === undefined && !existsSync(dataDir))
      throw new RastroError('RAS-RULES-NO-HISTORY', { where: dataDir });
    const report = await withChosenStore(dataDir, options.config, (store) => shadowOf(store, known));
    if (terminal.json) {
      terminal.printJson(report);
      return EXIT.FINE;
    }
    if (report.length === 0) {
      terminal.print('No rule is experimental.');
      return EXIT.FINE;
    }
    const fired = report.filter(({ signals }) => signals > 0);
    const silent = report.filter(({ signals }) => signals === 0).map(({ rule }) => rule);
    terminal.print(
      fired.length === 0
        ? 'No experimental rule has fired on what is stored here.'
        : tableText(
            fired,
            [
              { title: 'rule', value: (row) => row.rule },
              { title: 'signals', value: (row) => count(row.signals), align: 'right' },
              { title: 'holders', value: (row) => count(row.holders), align: 'right' },
              { title: 'live rule true', value: (row) => count(row.alsoLive), align: 'right' },
              { title: 'alerted', value: (row) => count(row.alerted), align: 'right' },
              { title: 'nobody else', value: (row) => count(row.holders - row.alsoLive), align: 'right' },
              {
                title: 'live rules on the same holders',
                value: (row) => row.with.map((each) => `${each.rule} ${each.holders}`).join(', '),
                wraps: true,
              },
            ],
            terminal,
          ),
    );
    if (silent.length > 0 && fired.length > 0)
      terminal.print(`\n${paragraph(`Never true here: ${silent.join(', ')}`, terminal)}`);
    const replacing = report.flatMap(({ rule: now, against }) =>
      against === null ? [] : [{ ...against, now, old: against.rule }],
    );
    if (replacing.length > 0) {
      terminal.print(terminal.paint.bold('\nOld against new'));
      terminal.print(
        tableText(
          replacing,
          [
            { title: 'old', value: (row) => row.old },
            { title: 'new', value: (row) => row.now },
            { title: 'only old', value: (row) => count(row.onlyOld), align: 'right' },
            { title: 'both', value: (row) => count(row.both), align: 'right' },
            { title: 'only new', value: (row) => count(row.onlyNew), align: 'right' },
          ],
          terminal,
        ),
      );
    }
    return EXIT.FINE;
  });
}
