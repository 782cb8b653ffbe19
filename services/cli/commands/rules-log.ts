/** Rule sets on the log of the distributed form: activated there, and `rastro rules status`, which partitions have which. */
import type { Command } from 'commander';
import { ALWAYS_MS } from '../../../rules/compiler/index.ts';
import { activate, type LogActivation } from '../../rule-log/activation.ts';
import { type LoggedSet, RuleLog } from '../../rule-log/rule-log.ts';
import { type Knowledge, loadKnowledge } from '../../workspace/knowledge.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit.ts';
import { handle } from '../handle.ts';
import { moment } from '../options.ts';
import { addConfigOption, type ConfigOption, configOf, withBus } from '../role-config.ts';
import { count, tableText } from '../terminal.ts';
import { printDifference } from './rules-difference.ts';

export const LOG_OPTION = [
  '--config <file>',
  'the log (Kafka) of this configuration, not the data folder',
] as const;

export interface LogOption {
  readonly config?: string;
}

export async function withRuleLog<T>(options: ConfigOption, work: (log: RuleLog) => Promise<T>): Promise<T> {
  return withBus(await configOf(options), async (bus) => {
    const log = new RuleLog(bus);
    await log.catchUp();
    return work(log);
  });
}

/** The sets recorded on the log, in order. */
export function setsOfLog(config: string): Promise<readonly LoggedSet[]> {
  return withRuleLog({ config }, async ({ sets }) => sets);
}

function print({ terminal }: CommandContext, knowledge: Knowledge, done: LogActivation, dryRun: boolean) {
  const { bold, dim } = terminal.paint;
  const from = moment(knowledge.activeFrom);
  if (done.known) terminal.print(`This set is in force from ${from} on already.`);
  else {
    terminal.print(bold(`${dryRun ? 'Would be in force' : 'In force'} from ${from} on`));
    printDifference(terminal, done.difference, '  ');
  }
  if (dryRun) terminal.print(dim('Nothing was recorded.'));
  else
    terminal.print(
      dim(
        [
          ...(done.ordinal === null ? [] : [`recorded at ${done.ordinal}`]),
          done.placed === 0 ? 'every partition has it' : `${count(done.placed)} records put on partitions`,
        ].join('; '),
      ),
    );
}

/** Puts a compiled set in force on the log of a configuration. What it changes is evaluated by the workers. */
export async function activateOnLog(
  context: CommandContext,
  knowledge: Knowledge,
  { config, dryRun = false }: { readonly config: string; readonly dryRun?: boolean },
): Promise<number> {
  const own = await loadKnowledge();
  const done = await withRuleLog({ config }, (log) => activate(log, { own, knowledge, dryRun }));
  const { terminal } = context;
  if (terminal.json)
    terminal.printJson({
      ruleSet: knowledge.ruleSet.hash,
      sha256: knowledge.hash,
      activeFrom: new Date(knowledge.activeFrom).toISOString(),
      dryRun,
      ...done,
    });
  else print(context, knowledge, done, dryRun);
  return EXIT.FINE;
}

interface SetStatus {
  readonly ordinal: number;
  readonly sha256: string;
  /** ISO time; null for always. */
  readonly activeFrom: string | null;
  readonly partitions: number;
  /** Partitions of `transactions` that are not known to have the set. */
  readonly missing: readonly number[];
}

async function statusOf(log: RuleLog): Promise<SetStatus[]> {
  return Promise.all(
    log.sets.map(async (set): Promise<SetStatus> => {
      const { ordinal, sha256, activeFrom, placed } = set;
      const missing = await log.missing(set);
      return {
        ordinal,
        sha256,
        activeFrom: activeFrom === ALWAYS_MS ? null : new Date(activeFrom).toISOString(),
        partitions: placed.size,
        missing,
      };
    }),
  );
}

export function addRulesStatus(rules: Command): void {
  const status = addConfigOption(
    rules.command('status').description('the rule sets of the log, and which partitions have them'),
  ).addHelpText(
    'after',
    `
Example: rastro rules status --config rastro.yaml

Exit codes: 0 every partition has every set, 1 some lack one: activate the newest set again, which completes all.`,
  );
  handle<ConfigOption>(status, async ({ terminal }, options) => {
    const sets = await withRuleLog(options, statusOf);
    if (terminal.json) terminal.printJson(sets);
    else if (sets.length === 0) terminal.print('The log holds no rule set yet.');
    else
      terminal.print(
        tableText(
          sets,
          [
            { title: 'set', value: ({ ordinal }: SetStatus) => String(ordinal), align: 'right' },
            { title: 'sha256', value: ({ sha256 }: SetStatus) => sha256.slice(0, 16) },
            {
              title: 'from',
              value: ({ activeFrom }: SetStatus) =>
                activeFrom === null ? 'always' : moment(Date.parse(activeFrom)),
            },
            { title: 'partitions', value: ({ partitions }: SetStatus) => String(partitions), align: 'right' },
            { title: 'missing on', value: ({ missing }: SetStatus) => missing.join(', ') },
          ],
          terminal,
        ),
      );
    return sets.every(({ missing }) => missing.length === 0) ? EXIT.FINE : EXIT.FAILURE;
  });
}
