/** `rastro rules diff OLD NEW --on FILE`: what two sets of rules, or two files of one rule, say about the same data. */
import { stat } from 'node:fs/promises';
import type { Command } from 'commander';
import type { Alert } from '../../../schemas/alert.ts';
import { RastroError } from '../../../schemas/errors/index.ts';
import type { Signal } from '../../../schemas/signal.ts';
import { type Change, compareAlerts, compareSignals } from '../../workbench/comparison.ts';
import { oneRule } from '../../workbench/one-rule.ts';
import type { Knowledge } from '../../workspace/knowledge.ts';
import { differenceOf } from '../../workspace/rule-difference.ts';
import { EXIT } from '../exit.ts';
import { handle } from '../handle.ts';
import { samplesOf } from '../options.ts';
import { count, type Terminal, tableText } from '../terminal.ts';
import {
  addTrialOptions,
  knowledgeOf,
  printTaken,
  TRIAL_NOTES,
  type TrialOptions,
  withTrials,
} from '../trial-options.ts';
import { printDifference } from './rules-difference.ts';
import { alertSample, printSignals, signalSample } from './rules-samples.ts';

interface DiffOptions extends TrialOptions {
  readonly on?: string[];
  readonly samples: string;
}

/** A folder of rules, or one rule file; `shipped` for what comes with the command. */
async function rulesAt(path: string, options: DiffOptions): Promise<Knowledge> {
  if (path === 'shipped') return knowledgeOf(undefined, options);
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) throw new RastroError('RAS-CLI-NO-FILE', { pattern: path });
  return found.isDirectory() ? knowledgeOf(path, options) : oneRule(path, options.rates);
}

function printChanges<T extends Signal | Alert>(
  terminal: Terminal,
  what: string,
  changes: readonly Change<T>[],
): void {
  terminal.print(terminal.paint.bold(`\n${what}`));
  if (changes.length === 0) {
    terminal.print('none on either side');
    return;
  }
  terminal.print(
    tableText(
      changes,
      [
        { title: '', value: ({ name }) => name },
        { title: 'only old', value: ({ onlyOld }) => count(onlyOld.length), align: 'right' },
        { title: 'both', value: ({ both }) => count(both), align: 'right' },
        { title: 'only new', value: ({ onlyNew }) => count(onlyNew.length), align: 'right' },
      ],
      terminal,
    ),
  );
}

export function addRulesDiff(rules: Command): void {
  const command = addTrialOptions(
    rules
      .command('diff <old> <new>')
      .description('what two sets of rules, or two files of one rule, say about the same data'),
  )
    .option('--on <file...>', 'the files of the feed')
    .option('--samples <n>', 'signals shown of each rule and side', '1')
    .addHelpText(
      'after',
      `
Examples:
  rastro rules diff shipped ./our-rules --on payments.csv --parties parties.ndjson
  rastro rules diff old/LAB-21-x.yaml new/LAB-21-x.yaml --on payments.csv --samples 3
  rastro rules diff shipped ./our-rules --from-store --json

\`shipped\` is the catalogue that comes with the command. Two signals are the same finding if rule and subject are the same and
their episodes overlap in time. Exit code 1 if anything is found by one side only.
${TRIAL_NOTES}`,
    );
  handle<DiffOptions>(command, async (context, options, [oldPath = '', newPath = '']) => {
    const { terminal } = context;
    const samples = samplesOf(options.samples);
    const [old, now] = [await rulesAt(oldPath, options), await rulesAt(newPath, options)];
    // Two files of one rule each are two versions of one rule, whatever they are called.
    const [oldRules, newRules] = [old, now].map(({ ruleSet }) => ruleSet.rules);
    const isOne = oldRules?.length === 1 && newRules?.length === 1;
    const name = newRules?.[0]?.id ?? '';
    return withTrials(context, options, options.on ?? [], async ({ run }) => {
      const before = await run(old, 'running the old rules');
      const after = await run(now, 'running the new rules');
      const signals = compareSignals(before.signals, after.signals, isOne ? () => name : undefined);
      const alerts = compareAlerts(before.alerts, after.alerts);
      const differs = [...signals, ...alerts].some(
        ({ onlyOld, onlyNew }) => onlyOld.length + onlyNew.length > 0,
      );
      const sides = { rows: [before.rows, after.rows], stopped: [before.stopped, after.stopped] };
      if (terminal.json) {
        const shown = <T>(changes: readonly Change<T>[], sampleOf: (item: T) => object) =>
          changes.map(({ name: of, both, onlyOld, onlyNew }) => ({
            name: of,
            both,
            onlyOld: onlyOld.length,
            onlyNew: onlyNew.length,
            samples: {
              onlyOld: onlyOld.slice(0, samples).map(sampleOf),
              onlyNew: onlyNew.slice(0, samples).map(sampleOf),
            },
          }));
        terminal.printJson({
          ...sides,
          difference: differenceOf(old, now),
          cpuNsPerRow: [before, after].map(({ cpuNs, rows }) =>
            rows === 0 ? null : Math.round(cpuNs / rows),
          ),
          signals: shown(signals, signalSample),
          alerts: shown(alerts, alertSample),
        });
        return differs ? EXIT.FAILURE : EXIT.FINE;
      }
      terminal.print(terminal.paint.bold(`${count(after.rows)} rows of ${count(after.accounts)} accounts`));
      for (const side of [before, after]) printTaken(terminal, side);
      printDifference(terminal, differenceOf(old, now));
      printChanges(terminal, 'Alerts', alerts);
      printChanges(terminal, 'Signals', signals);
      for (const { onlyOld, onlyNew } of signals) {
        printSignals(terminal, 'only old', onlyOld.slice(0, samples));
        printSignals(terminal, 'only new', onlyNew.slice(0, samples));
      }
      return differs ? EXIT.FAILURE : EXIT.FINE;
    });
  });
}
