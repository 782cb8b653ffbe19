/** `rastro rules lint`: what is wrong with rules before anybody runs them, each finding with its place and what to do. */
import type { Command } from 'commander';
import { CHECKS } from '../../../rules/lint/checks.ts';
import { lintCatalogue } from '../../workbench/lint.ts';
import { EXIT } from '../exit.ts';
import { handle } from '../handle.ts';
import { count, tableText } from '../terminal.ts';
import { rulesFolder } from '../trial-options.ts';

interface LintOptions {
  readonly rules?: string;
  readonly filter?: string;
  readonly listChecks?: boolean;
}

export function addRulesLint(rules: Command): void {
  const lint = rules
    .command('lint')
    .description('what is wrong with rules and composites: file, line, column, check, and what to do')
    .option('--rules <folder>', 'another catalogue')
    .option('--filter <text>', 'only files whose path contains this')
    .option('--list-checks', 'list the checks beside what the compiler refuses')
    .addHelpText(
      'after',
      `
Examples:
  rastro rules lint --rules ./our-rules
  rastro rules lint --filter LAB-21 --json
  rastro rules lint --list-checks

A file allows a check with \`lint: [{allow: gate, reason: '...'}]\`. Exit code 1 if anything is found.`,
    );
  handle<LintOptions>(lint, async ({ terminal }, options) => {
    if (options.listChecks === true) {
      const checks = Object.entries(CHECKS).map(([check, hint]) => ({ check, hint }));
      if (terminal.json) terminal.printJson(checks);
      else
        terminal.print(
          tableText(
            checks,
            [
              { title: 'check', value: (row) => row.check },
              { title: 'what to do', value: (row) => row.hint },
            ],
            terminal,
          ),
        );
      return EXIT.FINE;
    }
    const found = await lintCatalogue(rulesFolder(options.rules));
    const findings = found.filter(({ path }) => path.includes(options.filter ?? ''));
    if (terminal.json) terminal.printJson({ findings });
    else {
      const { bold, red, dim } = terminal.paint;
      for (const { check, path, line, col, message, hint } of findings)
        terminal.print(`${bold(`${path}:${line}:${col}`)} ${red(check)} ${message}\n  ${dim(hint)}`);
      terminal.print(findings.length === 0 ? 'Nothing is found.' : `\n${count(findings.length)} findings.`);
    }
    return findings.length === 0 ? EXIT.FINE : EXIT.FAILURE;
  });
}
