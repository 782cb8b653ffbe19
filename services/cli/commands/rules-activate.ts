/** `rastro rules activate [FOLDER] --from TIME`: other rules from an event time on, with everything evaluated again. */
import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { setAt } from '../../../rules/compiler/index.ts';
import { RastroError } from '../../../schemas/errors/index.ts';
import { compileKnowledge, loadKnowledge, readKnowledgeFiles } from '../../workspace/knowledge.ts';
import { differenceOf, type SetDifference } from '../../workspace/rule-difference.ts';
import { openWorkspace, type Workspace } from '../../workspace/workspace.ts';
import type { WriteCounts } from '../../workspace/writer.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit.ts';
import { handle } from '../handle.ts';
import { moment } from '../options.ts';
import { startProgress } from '../progress.ts';
import { count } from '../terminal.ts';
import { printDifference } from './rules-difference.ts';
import { activateOnLog, LOG_OPTION, type LogOption } from './rules-log.ts';

interface ActivateOptions extends LogOption {
  readonly from: string;
  readonly rates?: string;
  readonly dryRun?: boolean;
}

interface Activation {
  readonly ruleSet: string;
  readonly sha256: string;
  readonly activeFrom: string;
  readonly dryRun: boolean;
  /** Offset of the record; null where nothing was recorded. */
  readonly offset: number | null;
  /** The set is in force already from then on: nothing was to be done. */
  readonly known: boolean;
  readonly difference: SetDifference;
  readonly signals: { readonly before: number; readonly after: number; readonly written: number };
  readonly alerts: { readonly before: number; readonly after: number; readonly written: number };
}

const TIME = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2}))?$/;

/** Milliseconds of a date (00:00 UTC) or of a time that says its offset. @throws RastroError RAS-CLI-BAD-OPTION */
export function eventTimeOf(text: string): number {
  const ms = TIME.test(text) ? Date.parse(text) : Number.NaN;
  const isDate = TIME.test(text) && !Number.isNaN(Date.parse(`${text.slice(0, 10)}T00:00:00Z`));
  const sameDay =
    isDate && new Date(`${text.slice(0, 10)}T00:00:00Z`).toISOString().startsWith(text.slice(0, 10));
  if (sameDay && !Number.isNaN(ms)) return ms;
  throw new RastroError('RAS-CLI-BAD-OPTION', {
    option: '--from',
    value: text,
    expected: '2026-01-01 | 2026-01-01T00:00:00Z',
  });
}

async function activateIn(
  workspace: Workspace,
  knowledge: Awaited<ReturnType<typeof loadKnowledge>>,
  dryRun: boolean,
): Promise<Activation> {
  const { timeline } = workspace.state;
  const { signals, alerts } = workspace.writer;
  const before = { signals: signals.standing, alerts: alerts.standing };
  const known = timeline.with(knowledge).differsFrom(timeline) === Number.POSITIVE_INFINITY;
  const counts: WriteCounts = { signals: 0, alerts: 0, transactions: 0 };
  let offset: number | null = null;
  if (!known && dryRun) Object.assign(counts, await workspace.previewRules(knowledge));
  if (!known && !dryRun) {
    offset = workspace.log.end;
    await workspace.appendRules(knowledge);
    await workspace.writeGroup(counts);
  }
  return {
    ruleSet: knowledge.ruleSet.hash,
    sha256: knowledge.hash,
    activeFrom: new Date(knowledge.activeFrom).toISOString(),
    dryRun,
    offset,
    known,
    difference: differenceOf(setAt(timeline.sets, knowledge.activeFrom), knowledge),
    signals: { before: before.signals, after: signals.standing, written: counts.signals },
    alerts: { before: before.alerts, after: alerts.standing, written: counts.alerts },
  };
}

function print({ terminal }: CommandContext, done: Activation): void {
  const { bold, dim } = terminal.paint;
  const from = moment(Date.parse(done.activeFrom));
  if (done.known) {
    terminal.print(`This set is in force from ${from} on already; nothing was done.`);
    return;
  }
  terminal.print(bold(`${done.dryRun ? 'Would be in force' : 'In force'} from ${from} on`));
  printDifference(terminal, done.difference, '  ');
  for (const what of ['signals', 'alerts'] as const) {
    const { before, after, written } = done[what];
    terminal.print(
      `${what}: ${count(before)} stood, ${count(after)} stand${done.dryRun ? ' then' : ''} (${count(written)} ${done.dryRun ? 'to write' : 'written'})`,
    );
  }
  terminal.print(dim(done.dryRun ? 'Nothing was recorded or written.' : `recorded at ${done.offset}`));
}

export function addRulesActivate(rules: Command): void {
  const activate = rules
    .command('activate [folder]')
    .description('put other rules in force from an event time on, and evaluate what that changes')
    .requiredOption(
      '--from <time>',
      'event time from which they are in force: a date, or a time with its offset',
    )
    .option('--rates <file>', 'official daily rates instead of the shipped sample')
    .option('--dry-run', 'say what would change, and change nothing')
    .option(...LOG_OPTION)
    .addHelpText(
      'after',
      `
Examples:
  rastro rules activate ./our-rules --from 2026-01-01 --dry-run
  rastro rules activate ./our-rules --from 2026-01-01T06:00:00Z
  rastro rules activate ./our-rules --from 2026-01-01 --config rastro.yaml

With --config the set is recorded on the log, and ingest and workers follow while they run; again it completes what was
broken off (\`rastro rules status\`). An earlier set is brought back by activating its folder once more.

What lies before that time is judged by the rules of then, on every later run too. The folder holds catalogue/ and
composites/, and what it changes of lists/, lexicons/, thresholds/ and peers/; without one the shipped rules are meant.
Exit code 1 if the rules have findings: nothing was changed then.`,
    );
  handle<ActivateOptions>(activate, async (context, options, [folder]) => {
    const { terminal, dataDir } = context;
    const activeFrom = eventTimeOf(options.from);
    const files = await readKnowledgeFiles({
      ...(folder === undefined ? {} : { rulesDir: folder }),
      ...(options.rates === undefined ? {} : { ratesFile: options.rates }),
    });
    const shownUnder = folder === undefined ? {} : { shownUnder: folder };
    const knowledge = compileKnowledge(files, { activeFrom, ...shownUnder });
    if (options.config !== undefined)
      return activateOnLog(context, knowledge, { ...options, config: options.config });
    // Opening the folder would make it, and nothing was to be changed.
    if (options.dryRun === true && !existsSync(dataDir))
      throw new RastroError('RAS-RULES-NO-HISTORY', { where: dataDir });
    const progress = startProgress(terminal, 'reading back what is known', 0, 'records');
    const workspace = await openWorkspace({
      dataDir,
      knowledge: await loadKnowledge(),
      keepRules: 'any',
      onRecovery: (done) => progress.update(done),
    });
    progress.stop();
    try {
      const done = await activateIn(workspace, knowledge, options.dryRun === true);
      if (terminal.json) terminal.printJson(done);
      else print(context, done);
      return EXIT.FINE;
    } finally {
      await workspace.close();
    }
  });
}
