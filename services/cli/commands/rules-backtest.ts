/** `rastro rules backtest`: what rules would have said over a feed or over history, how often, of whom, and at what cost. */
import type { Command } from 'commander';
import { type AsOf, asOfOf } from '../../workbench/as-of.ts';
import { type Figures, figuresOf, type Rate } from '../../workbench/figures.ts';
import { firstRecords } from '../../workbench/log-records.ts';
import { onlyOf } from '../../workbench/only.ts';
import { type RuleCost, ruleCosts } from '../../workbench/rule-cost.ts';
import type { TrialRun } from '../../workbench/trial-data.ts';
import { EXIT } from '../exit.ts';
import { handle } from '../handle.ts';
import { moment, samplesOf } from '../options.ts';
import { startProgress } from '../progress.ts';
import { count, counted, paragraph, type Terminal, tableText } from '../terminal.ts';
import {
  addTrialOptions,
  knowledgeOf,
  printTaken,
  rulesFolder,
  TRIAL_NOTES,
  type TrialOptions,
  withTrials,
} from '../trial-options.ts';
import { alertSample, printSignals, signalSample } from './rules-samples.ts';

interface BacktestOptions extends TrialOptions {
  readonly rules?: string;
  readonly only?: string;
  readonly samples: string;
  readonly cost: boolean;
}

/** Rows over which rules are measured one by one: some fifty milliseconds a rule. */
const COST_ROWS = 10_000;

function backtestJson(
  run: TrialRun,
  figures: Figures,
  about: { readonly costs: readonly RuleCost[]; readonly asOf: AsOf },
): object {
  const costOf = new Map(about.costs.map(({ rule, ns }) => [rule, ns]));
  return {
    rows: run.rows,
    accounts: run.accounts,
    days: figures.days,
    from: run.firstMs === null ? null : new Date(run.firstMs).toISOString(),
    to: run.lastMs === null ? null : new Date(run.lastMs).toISOString(),
    stopped: run.stopped,
    rejected: run.report?.rejected ?? 0,
    cpuNsPerRow: run.rows === 0 ? null : Math.round(run.cpuNs / run.rows),
    signals: figures.signals,
    alerts: figures.alerts,
    composites: figures.composites.map(({ samples, ...rest }) => ({
      ...rest,
      samples: samples.map(alertSample),
    })),
    rules: figures.rules.map(({ samples, ...rest }) => ({
      ...rest,
      costNs: costOf.get(rest.rule) ?? null,
      samples: samples.map(signalSample),
    })),
    asOf: about.asOf,
  };
}

const number = (value: number | null): string =>
  value === null
    ? ''
    : value === 0
      ? '0'
      : value < 0.01
        ? '<0.01'
        : value < 10
          ? value.toFixed(2)
          : count(Math.round(value));
const perDay = { title: 'a day', value: ({ perDay: rate }: Rate) => number(rate), align: 'right' } as const;
const perThousand = {
  title: 'per 1,000 acc.',
  value: ({ perThousandAccounts: rate }: Rate) => number(rate),
  align: 'right',
} as const;

function print(terminal: Terminal, run: TrialRun, figures: Figures, costs: readonly RuleCost[]): void {
  const { bold, dim } = terminal.paint;
  const span =
    run.firstMs === null || run.lastMs === null ? '' : `, ${moment(run.firstMs)} to ${moment(run.lastMs)}`;
  terminal.print(
    bold(
      `${count(run.rows)} rows of ${count(run.accounts)} accounts over ${count(figures.days)} days${span}`,
    ),
  );
  printTaken(terminal, run);
  if (run.rows > 0)
    terminal.print(
      `engine: ${count(Math.round(run.cpuNs / run.rows))} ns of CPU a row, reading the data included`,
    );
  const isComposed = figures.composites.length > 0;
  const alerts = isComposed
    ? `\nAlerts: ${count(figures.alerts.total)}`
    : '\nAlerts: none, for no composite is run';
  terminal.print(bold(alerts));
  const alerting = figures.composites.filter(({ total }) => total > 0);
  if (alerting.length > 0)
    terminal.print(
      tableText(
        alerting,
        [
          { title: 'composite', value: (row) => row.composite },
          { title: 'alerts', value: (row) => count(row.total), align: 'right' },
          perDay,
          perThousand,
          { title: 'busiest day', value: (row) => count(row.busiestDay), align: 'right' },
          { title: 'high', value: (row) => count(row.high), align: 'right' },
          { title: 'people', value: (row) => count(row.subjects), align: 'right' },
        ],
        terminal,
      ),
    );
  const costOf = new Map(costs.map(({ rule, ns }) => [rule, ns]));
  const fired = figures.rules.filter(({ total }) => total > 0).sort((a, b) => b.total - a.total);
  terminal.print(
    bold(
      `\nSignals: ${count(figures.signals.total)}, of ${fired.length} of ${counted(figures.rules.length, 'rule')}`,
    ),
  );
  if (fired.length > 0)
    terminal.print(
      tableText(
        fired,
        [
          { title: 'rule', value: (row) => row.rule },
          { title: 'status', value: (row) => row.status },
          { title: 'signals', value: (row) => count(row.total), align: 'right' },
          perDay,
          perThousand,
          { title: 'holders', value: (row) => count(row.subjects), align: 'right' },
          {
            title: 'ns/row',
            value: (row) => (costOf.has(row.rule) ? count(costOf.get(row.rule) as number) : ''),
            align: 'right',
          },
          {
            title: 'same holders as',
            value: (row) =>
              row.overlaps.map((each) => `${each.with} ${Math.round(each.shareMilli / 10)}%`).join(', '),
            wraps: true,
          },
        ],
        terminal,
      ),
    );
  const silent = [...figures.rules, ...figures.composites].flatMap((each) =>
    each.total > 0 ? [] : ['rule' in each ? each.rule : each.composite],
  );
  if (silent.length > 0 && run.rows > 0)
    terminal.print(`\n${paragraph(`Never true here: ${silent.join(', ')}`, terminal)}`);
  // What alerts are made of is in them; where there are none, the rules speak for themselves.
  if (!isComposed) for (const { samples } of fired) printSignals(terminal, '', samples);
  for (const { composite, samples } of figures.composites)
    for (const alert of samples) {
      terminal.print(
        `\n${bold(composite)} ${alert.level}, score ${(alert.scoreMilli / 1000).toFixed(2)}, ${moment(alert.eventTime)}, ${alert.subject}`,
      );
      terminal.print(`  ${paragraph(alert.why.en, terminal)}`);
      terminal.print(
        dim(
          `  rows: ${alert.transactions
            .slice(0, 5)
            .map((ref) => `${ref.institution} ${ref.id}`)
            .join(', ')}`,
        ),
      );
    }
}

function printAsOf(terminal: Terminal, asOf: AsOf): void {
  const { bold } = terminal.paint;
  terminal.print(bold('\nAs of the event'));
  const say = (text: string) => terminal.print(paragraph(text, terminal));
  say(`read as they were then: ${asOf.dated.join(', ')}`);
  say(`without a history, the same for every event: ${asOf.undated.join(', ')}`);
  for (const note of asOf.notes) say(note);
}

export function addRulesBacktest(rules: Command): void {
  const command = addTrialOptions(
    rules
      .command('backtest [file...]')
      .description(
        'what the rules would have said over a feed or over history: volume, overlap, cost, samples',
      ),
  )
    .option('--rules <folder>', 'another catalogue')
    .option(
      '--only <ids>',
      'rules and composites by id, separated by commas; without a composite there are no alerts',
    )
    .option(
      '--samples <n>',
      'alerts of each composite; signals of each rule with --json, or where no composite is run',
      '1',
    )
    .option('--no-cost', 'leave out the cost of each rule, which is measured rule by rule')
    .addHelpText(
      'after',
      `
Examples:
  rastro rules backtest payments.csv --mapping my-bank.yaml --parties parties.ndjson
  rastro rules backtest payments.csv --rules ./our-rules --only LAB-21 --samples 5 --json
  rastro rules backtest --from-store --only K-DEBT,SEX-07
  rastro rules backtest --config rastro.yaml --limit-rows 20000000
${TRIAL_NOTES}
Pseudonyms are made for the trial and for nothing else; the rows of a sample are named as the feed names them.
Exit code 1 where not one row was read. Cost is that of a rule alone over the first ${count(COST_ROWS)} rows: rules share work, so together they cost less than the sum.`,
    );
  handle<BacktestOptions>(command, async (context, options, files) => {
    const { terminal } = context;
    const whole = await knowledgeOf(options.rules, options);
    const ids = options.only?.split(',').map((id) => id.trim());
    const knowledge = ids === undefined ? whole : onlyOf(whole, ids, rulesFolder(options.rules));
    const samples = samplesOf(options.samples);
    return withTrials(context, options, files, async ({ data, isHistory, run }) => {
      const untilMs = performance.now() + 1_000 * Number(options.limitSeconds);
      const result = await run(knowledge, 'running');
      const figures = figuresOf(knowledge, result, samples);
      let costs: RuleCost[] = [];
      if (options.cost && data.log !== undefined) {
        const progress = startProgress(terminal, 'measuring rules', knowledge.ruleSet.rules.length, 'rules');
        const records = await firstRecords(data.log, COST_ROWS);
        costs = await ruleCosts(knowledge, records, untilMs, (done) => progress.update(done));
        progress.stop();
      }
      const asOf = asOfOf(knowledge, result, isHistory);
      if (terminal.json) terminal.printJson(backtestJson(result, figures, { costs, asOf }));
      else {
        print(terminal, result, figures, costs);
        printAsOf(terminal, asOf);
      }
      // Nothing was read: that nothing was found says nothing.
      return result.rows > 0 && (result.report?.faults.length ?? 0) === 0 ? EXIT.FINE : EXIT.FAILURE;
    });
  });
}
