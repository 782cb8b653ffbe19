/** `rastro retention run`: deletes what the policy says is due. */
import { userInfo } from 'node:os';
import type { Command } from 'commander';
import { loadConfig } from '../../config/load.ts';
import { runRetention, type StepCount } from '../../stewardship/retention.ts';
import { EXIT } from '../exit.ts';
import { handle } from '../handle.ts';
import { SERVER_OPTION, type ServerOption, withChosenStore } from '../server-store.ts';
import { count, tableText } from '../terminal.ts';

export function addRetention(program: Command): void {
  const run = program
    .command('retention')
    .description('how long rows are kept')
    .command('run')
    .description('delete what is due and not held; to be run every day')
    .option('--dry-run', 'only count')
    .option(...SERVER_OPTION)
    .addHelpText('after', '\nExample:\n  rastro retention run --config rastro.yaml --dry-run');
  handle<ServerOption & { dryRun?: boolean }>(
    run,
    async ({ terminal, dataDir }, { dryRun = false, config }) => {
      const { config: loaded } = await loadConfig({ file: config, environment: process.env });
      const result = await withChosenStore(dataDir, config, (store, cluster) =>
        runRetention(store, {
          config: loaded.retention,
          nowMs: Date.now(),
          actor: userInfo().username,
          dryRun,
          cluster,
        }),
      );
      if (terminal.json) {
        terminal.printJson(result);
        return EXIT.FINE;
      }
      terminal.print(
        tableText<StepCount>(
          result.steps,
          [
            { title: 'step', value: (each) => each.step },
            {
              title: dryRun ? 'would delete' : 'deleted',
              value: (each) => count(each.deleted),
              align: 'right',
            },
            { title: 'held', value: (each) => count(each.held), align: 'right' },
          ],
          terminal,
        ),
      );
      return EXIT.FINE;
    },
  );
}
