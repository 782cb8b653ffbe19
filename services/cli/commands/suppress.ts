/** `rastro suppress propose|approve|reject|lift|list`: survivors whose alerts about the past are withheld from the queue. */
import type { Command } from 'commander';
import { RastroError } from '../../../schemas/errors/index.ts';
import {
  decideSuppression,
  listSuppressions,
  proposeSuppression,
  SUPPRESSION_DAYS_MAX,
  VERDICTS,
  type Verdict,
  withheldCount,
} from '../../stewardship/suppressions.ts';
import { decisionOf } from '../decision.ts';
import { EXIT } from '../exit.ts';
import { handle } from '../handle.ts';
import { SERVER_OPTION, type ServerOption, withChosenStore } from '../server-store.ts';
import { tableText } from '../terminal.ts';

const DAY_MS = 86_400_000;
const DAYS_DEFAULT = '365';

const WHAT_IT_DOES: Readonly<Record<Verdict, string>> = {
  approve: 'let a proposal of somebody else act',
  reject: 'turn a proposal down, or take one back',
  lift: 'end one that acts',
};

export function addSuppress(program: Command): void {
  const suppress = program
    .command('suppress')
    .description('survivor-safe set: people whose alerts about the past are withheld from the queue')
    .addHelpText(
      'after',
      `
Two accounts of the operating system are needed: one proposes, another approves. Alerts in which a life may be at risk, and
what happens after --covers-until, are never withheld.`,
    );

  const propose = suppress
    .command('propose <subject>')
    .description('propose to withhold the alerts about a subject; nothing is withheld yet')
    .requiredOption('--reason <text>', 'why; name nobody')
    .option('--covers-until <time>', 'withhold alerts whose last event is not later (default: now)')
    .option('--days <n>', `how long to withhold them, at most ${SUPPRESSION_DAYS_MAX}`, DAYS_DEFAULT)
    .option(...SERVER_OPTION)
    .addHelpText(
      'after',
      '\nExample:\n  rastro suppress propose hld_… --reason "case 7/2026, safe since March" --covers-until 2026-03-01',
    );
  handle<ServerOption & { reason: string; coversUntil?: string; days: string }>(
    propose,
    async ({ terminal, dataDir }, options, [subject = '']) => {
      const by = decisionOf(options.reason);
      const coversUntilMs = momentOf(options.coversUntil, by.nowMs);
      const expiresMs = by.nowMs + daysOf(options.days) * DAY_MS;
      const id = await withChosenStore(dataDir, options.config, (store) =>
        proposeSuppression(store, { ...by, subject, coversUntilMs, expiresMs }),
      );
      if (terminal.json) terminal.printJson({ id, subject, state: 'proposed' });
      else terminal.print(`${id} is proposed. Somebody else lets it act: rastro suppress approve ${id}`);
      return EXIT.FINE;
    },
  );

  for (const verdict of VERDICTS) {
    const command = suppress
      .command(`${verdict} <id>`)
      .description(WHAT_IT_DOES[verdict])
      .requiredOption('--reason <text>', 'why; name nobody')
      .option(...SERVER_OPTION);
    handle<ServerOption & { reason: string }>(command, async ({ terminal, dataDir }, options, [id = '']) => {
      const by = decisionOf(options.reason);
      const withheld = await withChosenStore(dataDir, options.config, async (store) => {
        await decideSuppression(store, id, verdict, by);
        return withheldCount(store);
      });
      if (terminal.json) terminal.printJson({ id, verdict, withheld });
      else terminal.print(`${id}: ${verdict}. Alerts withheld now, of everybody: ${withheld}.`);
      return EXIT.FINE;
    });
  }

  const list = suppress
    .command('list')
    .description('suppressions that wait or act')
    .option('--all', 'rejected, lifted and expired ones too')
    .option(...SERVER_OPTION);
  handle<ServerOption & { all?: boolean }>(list, async ({ terminal, dataDir }, { all = false, config }) => {
    const found = await withChosenStore(dataDir, config, (store) => listSuppressions(store, all));
    if (terminal.json) terminal.printJson(found);
    else if (found.length === 0) terminal.print('Nobody is in the survivor-safe set.');
    else
      terminal.print(
        tableText(
          found,
          [
            { title: 'state', value: (each) => each.state },
            { title: 'subject', value: (each) => each.subject },
            { title: 'covers until', value: (each) => `${each.covers_until.slice(0, 16)}Z` },
            { title: 'expires', value: (each) => `${each.expires_at.slice(0, 16)}Z` },
            { title: 'proposed by', value: (each) => each.proposed_by },
            { title: 'approved by', value: (each) => each.approved_by },
            { title: 'reason', value: (each) => each.reason },
            { title: 'id', value: (each) => each.suppression_id },
          ],
          terminal,
        ),
      );
    return EXIT.FINE;
  });
}

function momentOf(text: string | undefined, nowMs: number): number {
  if (text === undefined) return nowMs;
  const ms = /^\d{4}-\d\d-\d\d(T[\d:.]+Z)?$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms)) {
    throw new RastroError('RAS-CLI-BAD-OPTION', {
      option: '--covers-until',
      value: text,
      expected: '2026-03-01 or 2026-03-01T12:00:00Z',
    });
  }
  return ms;
}

function daysOf(text: string): number {
  const days = Number(text);
  if (Number.isInteger(days) && days >= 1 && days <= SUPPRESSION_DAYS_MAX) return days;
  throw new RastroError('RAS-CLI-BAD-OPTION', {
    option: '--days',
    value: text,
    expected: `1..${SUPPRESSION_DAYS_MAX}`,
  });
}
