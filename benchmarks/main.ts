/**
 * Runs benchmarks: `npm run bench -- <name> [--rows N ...] [--json] [--save]`; without a name it lists them.
 *
 * Every benchmark, and every case of one, runs in a process of its own with the heap and the page size that it asks for:
 * measured after another one, it would pay for the other's types and garbage. Between two of them the pace of the machine
 * is taken. Exit codes: 0 fine, 1 a goal missed, a figure out of range or worse than its baseline, a failure, 2 a wrong call.
 */
import { writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { packageRoot } from '../schemas/package-root.ts';
import { compareToBaseline, type MeasuredResult, readBaselines, saveBaselines } from './harness/baselines.ts';
import { type Benchmark, type Sizes, sizesOf } from './harness/benchmark.ts';
import { classSlug, HUGE_PAGE_TUNABLE, type MachineClass, machineClass } from './harness/machine.ts';
import { round } from './harness/measure.ts';
import { type Job, measureCase, measureHere, takePace } from './harness/measure-process.ts';
import { between, type Pace } from './harness/pace.ts';
import { textLines } from './harness/report.ts';
import { commandOf, type ResultRecord, readResults, recordOf, saveResults } from './harness/results.ts';
import { resultsPage } from './harness/results-page.ts';
import {
  PLANNED_COMMANDS,
  type PlannedRun,
  plannedBenchmark,
  plannedCommand,
  RUN_LISTS,
} from './planned-runs.ts';
import { BENCHMARKS, benchmarkNamed } from './registry.ts';

const EXIT = { FINE: 0, FAILURE: 1, USAGE: 2 } as const;
const BASELINES = join(packageRoot(), 'benchmarks', 'baselines');
const RESULTS = join(packageRoot(), 'benchmarks', 'results');
const PAGE = join(packageRoot(), 'benchmarks', 'RESULTS.md');

const FLAGS = {
  json: { type: 'boolean', default: false },
  smoke: { type: 'boolean', default: false },
  save: { type: 'boolean', default: false },
  'save-baseline': { type: 'boolean', default: false },
  'huge-pages': { type: 'string', default: 'on' },
} as const;

class UsageError extends Error {}

function listText(): string {
  const lines = BENCHMARKS.flatMap((benchmark) => [
    `${benchmark.name.padEnd(20)} ${benchmark.what}`,
    ...Object.entries(benchmark.options).map(
      ([name, option]) => `  --${name.padEnd(16)} ${option.what} (${option.default})`,
    ),
  ]);
  const lists = Object.entries(RUN_LISTS).flatMap(([name, runs]) => [
    `${name}: about ${Math.ceil(runs.reduce((sum, { minutes }) => sum + minutes, 0))} minutes on two idle cores`,
    ...runs.map((run) => `  ${run.minutes.toFixed(1).padStart(5)}  ${plannedCommand(run)}`),
  ]);
  return [
    `npm run bench -- <name | all | ${Object.keys(RUN_LISTS).join(' | ')} | report> [options]`,
    '  --json           one JSON object per result',
    '  --save           keeps the results, and writes RESULTS.md anew (report: only that)',
    '  --save-baseline  what later runs on this class of machine are compared with',
    '  --smoke          the sizes of the test suite',
    '  --huge-pages off',
    '',
    ...lines,
    '',
    ...lists,
  ].join('\n');
}

function parseSize(name: string, text: string): number {
  const value = Number(text.replaceAll('_', ''));
  if (!Number.isFinite(value) || value < 0) throw new UsageError(`--${name} wants a number, not ${text}`);
  return value;
}

interface Call {
  readonly flags: {
    readonly json: boolean;
    readonly smoke: boolean;
    readonly save: boolean;
    readonly saveBaseline: boolean;
    readonly hugePages: boolean;
  };
  readonly name: string | undefined;
  readonly runs: readonly { readonly benchmark: Benchmark; readonly sizes: Sizes }[];
}

/** Sizes from the options of the command line; `all` accepts the options of every benchmark, a list of runs none. */
function parse(args: readonly string[]): Call {
  const name = args[0]?.startsWith('-') === false ? args[0] : undefined;
  const list = name === undefined ? undefined : RUN_LISTS[name];
  const chosen =
    name === undefined || name === 'report' || list !== undefined
      ? []
      : name === 'all'
        ? BENCHMARKS
        : [benchmarkNamed(name)];
  if (chosen.some((benchmark) => benchmark === undefined)) {
    throw new UsageError(`no benchmark ${name}; call without a name for a list`);
  }
  const benchmarks = chosen as readonly Benchmark[];
  const names = new Set(benchmarks.flatMap((benchmark) => Object.keys(benchmark.options)));
  const sizeOptions = Object.fromEntries([...names].map((option) => [option, { type: 'string' as const }]));
  let values: Record<string, string | boolean | undefined>;
  try {
    values = parseArgs({
      args: args.slice(name === undefined ? 0 : 1),
      options: { ...FLAGS, ...sizeOptions },
    }).values as typeof values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  const given: Sizes = Object.fromEntries(
    [...names]
      .filter((option) => values[option] !== undefined)
      .map((option) => [option, parseSize(option, String(values[option]))]),
  );
  const smoke = values['smoke'] === true;
  const runs =
    list === undefined
      ? benchmarks.map((benchmark) => ({ benchmark, sizes: given }))
      : list.map((run: PlannedRun) => ({ benchmark: plannedBenchmark(run), sizes: smoke ? {} : run.sizes }));
  return {
    name,
    flags: {
      json: values['json'] === true,
      smoke,
      save: values['save'] === true,
      saveBaseline: values['save-baseline'] === true,
      hugePages: values['huge-pages'] === 'on',
    },
    runs: runs.map(({ benchmark, sizes }) => ({
      benchmark,
      sizes: sizesOf(benchmark, smoke ? 'smoke' : 'default', sizes),
    })),
  };
}

async function writePage(): Promise<void> {
  await writeFile(PAGE, resultsPage(await readResults(RESULTS), PLANNED_COMMANDS));
}

/** Runs one job after the other; a failure does not end it. Returns whether everything went well. */
async function runAll({ flags, runs }: Call): Promise<boolean> {
  const tunables = flags.hugePages ? HUGE_PAGE_TUNABLE : '';
  const machine: MachineClass = machineClass(tunables);
  const baselines = await readBaselines(BASELINES, machine);
  const jobs: Job[] = runs.flatMap(({ benchmark, sizes }) =>
    (benchmark.cases ?? ['']).map((theCase) => ({ benchmark, case: theCase, sizes })),
  );
  let isFine = true;
  let before: Pace = await takePace(flags.smoke, tunables);
  for (const job of jobs) {
    const { benchmark, sizes } = job;
    const facts = {
      command: commandOf(benchmark, sizes, flags.hugePages),
      date: new Date().toISOString().slice(0, 10),
      machine: classSlug(machine),
      node: process.version,
      loadPerCore: round((loadavg()[0] as number) / machine.cores, 2),
    };
    try {
      const results = await measureCase(job, tunables);
      const after = await takePace(flags.smoke, tunables);
      const run = { sizes, yardstick: benchmark.yardstick ?? 'json', pace: between(before, after) } as const;
      before = after;
      const measured = results.map((result): MeasuredResult => ({ result, ...run }));
      const records = measured.map((one): ResultRecord => {
        return recordOf(one, facts, compareToBaseline(one, baselines));
      });
      for (const record of records) {
        process.stdout.write(`${flags.json ? JSON.stringify(record) : textLines(record).join('\n')}\n`);
        if (!record.reached || record.baseline?.isRegression === true) isFine = false;
      }
      if (flags.save) {
        await saveResults(RESULTS, records);
        await writePage();
      }
      if (flags.saveBaseline) process.stderr.write(`${await saveBaselines(BASELINES, machine, measured)}\n`);
    } catch (error) {
      process.stderr.write(`${facts.command}: ${(error as Error).message}\n`);
      isFine = false;
    }
  }
  return isFine;
}

async function main(args: readonly string[]): Promise<number> {
  if (await measureHere(args, benchmarkNamed)) return EXIT.FINE;
  const call = parse(args);
  if (call.name === undefined) {
    process.stdout.write(`${listText()}\n`);
    return EXIT.FINE;
  }
  if (call.name === 'report') {
    await writePage();
    return EXIT.FINE;
  }
  return (await runAll(call)) ? EXIT.FINE : EXIT.FAILURE;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof UsageError ? error.message : (error as Error).stack}\n`);
  process.exitCode = error instanceof UsageError ? EXIT.USAGE : EXIT.FAILURE;
}
