/** `rastro config print|check`: what the roles would run with, and where each value came from. */
import type { Command } from 'commander';
import { checkConfig, loadConfig } from '../../config/load.ts';
import { printedSettings } from '../../config/print.ts';
import { EXIT } from '../exit.ts';
import { handle } from '../handle.ts';
import { tableText } from '../terminal.ts';

interface ConfigOptions {
  readonly config?: string;
}

const CONFIG_OPTION = ['--config <file>', 'YAML or JSON (default: RASTRO_CONFIG, or none)'] as const;

export function addConfig(program: Command): void {
  const config = program
    .command('config')
    .description('the configuration of the roles: a file, and over it the environment')
    .addHelpText(
      'after',
      `
Example:
  RASTRO_KAFKA__BROKERS=10.0.0.1:9092,10.0.0.2:9092 rastro config print --config rastro.yaml

A field of the file is a variable: kafka.clientId is RASTRO_KAFKA__CLIENT_ID. Secrets lie in files that it names.`,
    );

  handle<ConfigOptions>(
    config
      .command('print')
      .description('the merged result, with where each value came from; secrets are left out')
      .option(...CONFIG_OPTION),
    async ({ terminal }, options) => {
      const loaded = await loadConfig({ file: options.config, environment: process.env });
      const settings = printedSettings(loaded);
      const columns = [
        { title: 'setting', value: (row: (typeof settings)[number]) => row.path },
        { title: 'value', value: (row: (typeof settings)[number]) => textOf(row.value) },
        { title: 'from', value: (row: (typeof settings)[number]) => row.from },
      ];
      if (terminal.json) terminal.printJson({ file: loaded.file ?? null, settings });
      else terminal.print(tableText(settings, columns, terminal));
      return EXIT.FINE;
    },
  );

  handle<ConfigOptions>(
    config
      .command('check')
      .description('every mistake, with file, line and path')
      .option(...CONFIG_OPTION),
    async ({ terminal }, options) => {
      const { issues } = await checkConfig({ file: options.config, environment: process.env });
      if (terminal.json) terminal.printJson({ valid: issues.length === 0, issues });
      else if (issues.length === 0) terminal.print('The configuration is valid.');
      else
        for (const { where, path, detail } of issues)
          terminal.print([where, path, detail].filter((part) => part !== '').join(': '));
      return issues.length === 0 ? EXIT.FINE : EXIT.FAILURE;
    },
  );
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
