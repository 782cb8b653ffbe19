/** `rastro rules test [--watch]` and `rastro rules coverage`: the cases of rules and composites, and what of these they have shown. */
import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import type { CheckedComposite } from '../../../pipelines/compose/index.ts';
import {
  type CompositeTrial,
  compositeCaseLines,
  compositeTrialOf,
} from '../../../pipelines/compose/trial/index.ts';
import { type CheckedRule, catalogueOf } from '../../../rules/compiler/index.ts';
import { caseLines, coverageOf, type RuleTrial, trialOf } from '../../../rules/trial/index.ts';
import { errorHint, errorMessage, RastroError } from '../../../schemas/errors/index.ts';
import { knownNames } from '../../workbench/known-names.ts';
import { trialByBoth } from '../../workbench/production-trial.ts';
import { type Knowledge, loadKnowledge } from '../../workspace/knowledge.ts';
import { EXIT } from '../exit.ts';
import { watchYaml } from '../folder-watch.ts';
import { handle } from '../handle.ts';
import { startProgress } from '../progress.ts';
import { count, counted, type Terminal, tableText } from '../terminal.ts';
import { rulesFolder } from '../trial-options.ts';

interface TestOptions {
  readonly rules?: string;
  readonly filter?: string;
  readonly watch?: boolean;
  readonly verbose?: boolean;
}

interface CoverageOptions {
  readonly rules?: string;
  readonly filter?: string;
  readonly least: string;
}

/** Writes to a file come in bursts: one run answers them together. */
const QUIET_MS = 150;

interface Chosen {
  readonly knowledge: Knowledge;
  readonly rules: readonly CheckedRule[];
  readonly composites: readonly CheckedComposite[];
}

async function chosen(options: { readonly rules?: string; readonly filter?: string }): Promise<Chosen> {
  const knowledge = await loadKnowledge({
    cases: true,
    ...(options.rules === undefined ? {} : { rulesDir: options.rules }),
  });
  const wanted = options.filter?.toLowerCase() ?? '';
  const isWanted = (id: string) => id.toLowerCase().includes(wanted);
  const all = catalogueOf(knowledge.ruleSet);
  const rules = all.filter(({ id }) => isWanted(id));
  const composites = knowledge.composites.filter(({ file }) => isWanted(file.id));
  if (rules.length + composites.length === 0) {
    const name = options.filter ?? '';
    const ids = [...all.map(({ id }) => id), ...knowledge.composites.map(({ file }) => file.id)];
    const known = knownNames(name, ids);
    throw new RastroError('RAS-CLI-UNKNOWN-NAME', { what: 'rule or composite', name, known });
  }
  return { knowledge, rules, composites };
}

const triedComposites = ({ knowledge, composites }: Chosen): CompositeTrial[] =>
  composites.map((composite) => compositeTrialOf(composite, knowledge.ruleSet, knowledge));

/** `2 rules and 1 composite`. */
function countText({ rules, composites }: Chosen): string {
  return `${counted(rules.length, 'rule')} and ${counted(composites.length, 'composite')}`;
}

/** A trial as it is printed: of a rule or of a composite. */
interface Printed {
  readonly id: string;
  readonly path: string;
  readonly cases: readonly {
    readonly kind: string;
    readonly name: string;
    readonly problems: readonly string[];
    readonly lines: readonly string[];
  }[];
}

const printedRule = ({ rule: id, path, cases }: RuleTrial): Printed => ({
  id,
  path,
  cases: cases.map((each) => ({ ...each, lines: caseLines(each) })),
});
const printedComposite = ({ composite: id, path, cases }: CompositeTrial): Printed => ({
  id,
  path,
  cases: cases.map((each) => ({
    ...each,
    name: each.assumes.length === 0 ? each.name : `${each.name} (as if live: ${each.assumes.join(', ')})`,
    lines: compositeCaseLines(each),
  })),
});

function printTrials(terminal: Terminal, trials: readonly Printed[], verbose: boolean): void {
  const { green, red, dim, bold } = terminal.paint;
  for (const { id, path, cases } of trials) {
    for (const each of cases) {
      const holds = each.problems.length === 0;
      if (holds && !verbose) continue;
      terminal.print(`${holds ? green('ok  ') : red('FAIL')} ${bold(id)} ${each.kind}: ${each.name}`);
      if (!holds) terminal.print(dim(`     ${path}`));
      for (const line of each.lines) terminal.print(`     ${line}`);
    }
  }
}

const failedOf = (trials: readonly Printed[]) =>
  trials.flatMap(({ cases }) => cases).filter(({ problems }) => problems.length > 0).length;

/** The trial of each rule; of a whole catalogue they take seconds. */
function tried(
  terminal: Terminal,
  rules: readonly CheckedRule[],
  trialIn: (rule: CheckedRule) => RuleTrial,
): RuleTrial[] {
  const progress = startProgress(terminal, 'running cases', rules.length, 'rules');
  try {
    return rules.map((rule, i) => {
      const trial = trialIn(rule);
      progress.update(i + 1);
      return trial;
    });
  } finally {
    progress.stop();
  }
}

async function runOnce(terminal: Terminal, options: TestOptions): Promise<number> {
  const picked = await chosen(options);
  const { knowledge, rules } = picked;
  const startMs = performance.now();
  const trials = tried(terminal, rules, (rule) => trialByBoth(rule, knowledge.evaluation));
  const compositeTrials = triedComposites(picked);
  const printed = [...trials.map(printedRule), ...compositeTrials.map(printedComposite)];
  const failed = failedOf(printed);
  const all = printed.flatMap(({ cases }) => cases).length;
  if (terminal.json)
    terminal.printJson({
      passed: all - failed,
      failed,
      rules: trials.map(({ rule, status, path, cases }) => ({ rule, status, path, cases })),
      composites: compositeTrials.map(({ branches: _, ...trial }) => trial),
    });
  else {
    printTrials(terminal, printed, options.verbose === true || printed.length === 1);
    const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
    terminal.print(
      `${count(all - failed)} of ${counted(all, 'case')} of ${countText(picked)} hold, in ${seconds} s.`,
    );
  }
  return failed === 0 ? EXIT.FINE : EXIT.FAILURE;
}

/** Runs again whenever a file of the folder changes, until the process is told to stop. */
async function runWatching(terminal: Terminal, options: TestOptions): Promise<number> {
  const again = async () => {
    try {
      await runOnce(terminal, options);
    } catch (error) {
      // A file that is half written: the author sees what is wrong, and the next save is looked at.
      if (!RastroError.is(error)) throw error;
      terminal.note(
        `${error.code}: ${errorMessage(error.code, error.params)}\n  ${errorHint(error.code, error.params)}`,
      );
    }
    terminal.note(terminal.paint.dim('waiting for a change; end with Ctrl-C'));
  };
  const folder = rulesFolder(options.rules);
  // Nothing to watch: what a single run says of it.
  if (!existsSync(folder)) return runOnce(terminal, options);
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined;
    let last = Promise.resolve();
    const signals = ['SIGINT', 'SIGTERM'] as const;
    const end = () => {
      clearTimeout(timer);
      unwatch();
      for (const signal of signals) process.off(signal, stop);
    };
    const stop = () => {
      end();
      void last.then(() => resolve(EXIT.FINE));
    };
    const fail = (error: unknown) => {
      end();
      reject(error);
    };
    const changed = () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        last = last.then(again).catch(fail);
      }, QUIET_MS);
    };
    const unwatch = watchYaml(folder, changed, fail);
    for (const signal of signals) process.once(signal, stop);
    // Only now: who reads that Ctrl-C ends it, or saves while it runs, is heard.
    last = again().catch(fail);
  });
}

function shareOf(option: string, text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= 0 && value <= 100) return value;
  throw new RastroError('RAS-CLI-BAD-OPTION', { option, value: text, expected: '0..100' });
}

export function addRulesTest(rules: Command): void {
  const test = rules
    .command('test')
    .description(
      'run every rule and composite over its own cases: the engine that defines what rules mean, and the composer',
    )
    .option('--rules <folder>', 'another catalogue')
    .option('--filter <text>', 'only rules and composites whose id contains this')
    .option('--verbose', 'show the cases that hold, too')
    .option('--watch', 'run again whenever a file changes')
    .addHelpText(
      'after',
      `
Examples:
  rastro rules test
  rastro rules test --rules ./our-rules --filter LAB-21 --watch

Of a case that does not hold it shows what the rule saw: every feature with its value against its bar, and the conditions that were
not true; of a composite, which clause lacks what and which part gave how many points. No store is needed and nothing is sent. Exit code 1 if a case does not hold, 2 if no rule or composite was found.`,
    );
  handle<TestOptions>(test, async ({ terminal }, options) => {
    if (options.watch !== true) return runOnce(terminal, options);
    if (terminal.json)
      throw new RastroError('RAS-CLI-BAD-OPTION', {
        option: '--watch',
        value: '--json',
        expected: 'one of them: watching has no end, one JSON value has',
      });
    return runWatching(terminal, options);
  });

  const coverage = rules
    .command('coverage')
    .description('which branches of rules and composites no case has shown, and those of which no case fires')
    .option('--rules <folder>', 'another catalogue')
    .option('--filter <text>', 'only rules and composites whose id contains this')
    .option('--least <percent>', 'exit code 1 below so many percent of the branches', '95')
    .addHelpText(
      'after',
      `
Examples:
  rastro rules coverage
  rastro rules coverage --rules ./our-rules --filter LAB-21 --least 100

Each part of a condition has two branches, true and false. A branch that no case shows may be wrong without anybody noticing: write a
case in which this part alone decides. A clause of a composite is shown true where its alternative alone makes an alert, false where it
alone is missing. Exit code 1 below --least, or where no case of a rule fires.`,
    );
  handle<CoverageOptions>(coverage, async ({ terminal }, options) => {
    const least = shareOf('--least', options.least);
    const picked = await chosen(options);
    const { knowledge, rules: wanted } = picked;
    const found = coverageOf([
      ...tried(terminal, wanted, (rule) => trialOf(rule, knowledge.evaluation)),
      ...triedComposites(picked).map((trial) => ({ ...trial, rule: trial.composite })),
    ]);
    const percent = found.branches === 0 ? 100 : (100 * found.seen) / found.branches;
    const isEnough = percent >= least && found.neverFired.length === 0;
    if (terminal.json) terminal.printJson({ ...found, percent, least, ok: isEnough });
    else {
      const open = found.rules.flatMap(({ rule, missing }) => missing.map((branch) => ({ rule, ...branch })));
      const missed = tableText(
        open,
        [
          { title: 'rule', value: (row) => row.rule },
          { title: 'in', value: (row) => row.where },
          { title: 'never', value: (row) => String(row.never) },
          { title: 'condition', value: (row) => row.condition, wraps: true },
        ],
        terminal,
      );
      if (open.length > 0) terminal.print(`${missed}\n`);
      if (found.neverFired.length > 0)
        terminal.print(terminal.paint.red(`No case fires: ${found.neverFired.join(', ')}\n`));
      // Rounded down: what is missing is never rounded away.
      const shown = (Math.floor(10 * percent) / 10).toFixed(1);
      terminal.print(
        `${count(found.seen)} of ${count(found.branches)} branches of ${countText(picked)} are shown by a case: ${shown} %${percent >= least ? '' : `, at least ${least} % are asked for`}.`,
      );
    }
    return isEnough ? EXIT.FINE : EXIT.FAILURE;
  });
}
