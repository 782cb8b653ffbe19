/** `rastro hold place|release|list`: what retention must leave alone. */
import type { Command } from 'commander';
import { HOLD_SCOPES, listHolds, placeHold, releaseHold } from '../../stewardship/holds.ts';
import { decisionOf } from '../decision.ts';
import { EXIT } from '../exit.ts';
import { handle } from '../handle.ts';
import { oneOf } from '../options.ts';
import { SERVER_OPTION, type ServerOption, withChosenStore } from '../server-store.ts';
import { tableText } from '../terminal.ts';

export function addHold(program: Command): void {
  const hold = program.command('hold').description('legal holds: rows that retention leaves alone');

  const place = hold
    .command('place <key>')
    .description('hold all rows of a subject, an alert, an institution or a submission')
    .option('--scope <scope>', HOLD_SCOPES.join(' | '), 'subject')
    .requiredOption('--reason <text>', 'order or case that asks for it; name nobody')
    .option(...SERVER_OPTION)
    .addHelpText('after', '\nExample:\n  rastro hold place hld_… --reason "order 12/2026 of the court"');
  handle<ServerOption & { scope: string; reason: string }>(
    place,
    async ({ terminal, dataDir }, options, [key = '']) => {
      const scope = oneOf('--scope', options.scope, HOLD_SCOPES);
      const by = decisionOf(options.reason);
      const id = await withChosenStore(dataDir, options.config, (store) => placeHold(store, scope, key, by));
      if (terminal.json) terminal.printJson({ id, scope, key });
      else terminal.print(`${id} holds everything of ${scope} ${key} until it is released.`);
      return EXIT.FINE;
    },
  );

  const release = hold
    .command('release <id>')
    .description('let go what a hold kept')
    .requiredOption('--reason <text>', 'why it may go; name nobody')
    .option(...SERVER_OPTION);
  handle<ServerOption & { reason: string }>(release, async ({ terminal, dataDir }, options, [id = '']) => {
    const by = decisionOf(options.reason);
    await withChosenStore(dataDir, options.config, (store) => releaseHold(store, id, by));
    if (terminal.json) terminal.printJson({ id, released: true });
    else terminal.print(`${id} is released.`);
    return EXIT.FINE;
  });

  const list = hold
    .command('list')
    .description('standing holds')
    .option('--all', 'released ones too')
    .option(...SERVER_OPTION);
  handle<ServerOption & { all?: boolean }>(list, async ({ terminal, dataDir }, { all = false, config }) => {
    const holds = await withChosenStore(dataDir, config, (store) => listHolds(store, all));
    if (terminal.json) terminal.printJson(holds);
    else if (holds.length === 0) terminal.print('No hold stands.');
    else
      terminal.print(
        tableText(
          holds,
          [
            { title: 'scope', value: (each) => each.held_scope },
            { title: 'key', value: (each) => each.held_key },
            { title: 'placed', value: (each) => `${each.placed_at.slice(0, 16)}Z` },
            { title: 'by', value: (each) => each.placed_by },
            { title: 'released by', value: (each) => each.released_by },
            { title: 'reason', value: (each) => each.why },
            { title: 'id', value: (each) => each.hold_id },
          ],
          terminal,
        ),
      );
    return EXIT.FINE;
  });
}
