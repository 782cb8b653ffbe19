/** `rastro rules lint`: what is wrong with rules before anybody runs them, each finding with its place and what to do. */
import { basename } from 'node:path';
import type { Command } from 'commander';
import { CHECKS } from '../../../rules/lint/checks.ts';
import { RastroError } from '../../../schemas/errors/index.ts';
import { knownNames } from '../../workbench/known-names.ts';
import { lintCatalogue } from '../../workbench/lint.ts';
import { EXIT } from '../exit.ts';
import { handle } from '../handle.ts';
import { counted, tableText } from '../terminal.ts';
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
    .option('--filter <text>', 'only rules and composites whose path contains this')
    .option('--list-checks', 'list the checks beside what the compiler refuses')
    .addHelpText(
      'after',
      `
Examples:
  rastro rules lint --rules ./our-rules
  rastro rules lint --filter LAB-21 --json
  rastro rules lint --list-checks

A file allows a check with \`lint: [{allow: gate, reason: '...'}]\`. Exit code 1 if anything is found, 2 if no file is
there to be looked at.`,
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
              { title: 'what to do', value: (row) => row.hint, wraps: true },
            ],
            terminal,
          ),
        );
      return EXIT.FINE;
    }
    const { findings: found, everywhere, paths } = await lintCatalogue(rulesFolder(options.rules));
    const wanted = options.filter ?? '';
    const isWanted = (path: string) => path.includes(wanted);
    const files = paths.filter(isWanted).length;
    if (files === 0) {
      const names = paths.map((path) => basename(path, '.yaml'));
      const known = knownNames(wanted, names);
      throw new RastroError('RAS-CLI-UNKNOWN-NAME', { what: 'file', name: wanted, known });
    }
    const findings = [...everywhere, ...found.filter(({ path }) => isWanted(path))];
    if (terminal.json) terminal.printJson({ findings });
    else {
      const { bold, red, dim } = terminal.paint;
      for (const { check, path, line, col, message, hint } of findings)
        terminal.print(`${bold(`${path}:${line}:${col}`)} ${red(check)} ${message}\n  ${dim(hint)}`);
      const where = `in ${counted(files, 'file')}`;
      if (findings.length === 0) terminal.print(`Nothing is found ${where}.`);
      else terminal.print(`\n${counted(findings.length, 'finding')} ${where}.`);
    }
    return findings.length === 0 ? EXIT.FINE : EXIT.FAILURE;
  });
}
