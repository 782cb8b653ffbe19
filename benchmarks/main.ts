/**
 * Runs benchmarks: `npm run bench -- <name> [--rows N ...] [--json]`; without a name it lists them.
 *
 * Every benchmark, and every case of one, runs in a process of its own with the heap and the page size that it asks for:
 * measured after another one, it would pay for the other's types and garbage. That process answers in JSON, this one
 * presents. Exit codes: 0 fine, 1 a goal missed, a figure out of range, a failure, 2 a wrong call.
 */
import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { packageRoot } from '../schemas/package-root.ts';
import { type MeasuredResult, readBaselines, saveBaselines } from './harness/baselines.ts';
import { type Benchmark, type BenchmarkResult, reaches, type Sizes, sizesOf } from './harness/benchmark.ts';
import { HUGE_PAGE_TUNABLE, machineClass } from './harness/machine.ts';
import { jsonLine, markdownPage, textLines } from './harness/report.ts';
import { BENCHMARKS, benchmarkNamed } from './registry.ts';

const EXIT = { FINE: 0, FAILURE: 1, USAGE: 2 } as const;
/** Set in the process that measures, to the case it runs; the sizes follow as JSON. */
const CHILD_FLAG = '--measure-case';

const FLAGS = {
  json: { type: 'boolean', default: false },
  markdown: { type: 'boolean', default: false },
  smoke: { type: 'boolean', default: false },
  'save-baseline': { type: 'boolean', default: false },
  'huge-pages': { type: 'string', default: 'on' },
} as const;

class UsageError extends Error {}

function listBenchmarks(): string {
  const lines = BENCHMARKS.flatMap((benchmark) => [
    `${benchmark.name.padEnd(20)} ${benchmark.what}`,
    ...Object.entries(benchmark.options).map(
      ([name, option]) => `  --${name.padEnd(16)} ${option.what} (${option.default})`,
    ),
  ]);
  return [
    'npm run bench -- <name | all> [options]',
    '  --json --markdown --smoke --save-baseline --huge-pages on|off',
    '',
    ...lines,
  ].join('\n');
}

function parseSize(name: string, text: string): number {
  const value = Number(text.replaceAll('_', ''));
  if (!Number.isFinite(value) || value < 0) throw new UsageError(`--${name} wants a number, not ${text}`);
  return value;
}

/** Sizes from the options of the command line; `all` accepts the options of every benchmark. */
function parse(args: readonly string[]) {
  const name = args[0]?.startsWith('-') === false ? args[0] : undefined;
  const chosen = name === undefined ? [] : name === 'all' ? BENCHMARKS : [benchmarkNamed(name)];
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
  return { benchmarks, values, given };
}

interface Job {
  readonly benchmark: Benchmark;
  readonly case: string;
  readonly sizes: Sizes;
}

/** Measures in a process of its own. Rejects when it fails. */
async function measure(job: Job, tunables: string): Promise<MeasuredResult[]> {
  const flags = job.benchmark.nodeFlags?.(job.sizes) ?? [];
  const script = process.argv[1] as string;
  const child = spawn(
    process.execPath,
    [...flags, '--expose-gc', script, CHILD_FLAG, job.benchmark.name, job.case, JSON.stringify(job.sizes)],
    { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, GLIBC_TUNABLES: tunables } },
  );
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  const results: MeasuredResult[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    results.push({ result: JSON.parse(line) as BenchmarkResult, sizes: job.sizes });
  }
  const code = await ended;
  if (code !== 0) throw new Error(`${job.benchmark.name} ${job.case} ended with ${code}`);
  return results;
}

async function measureHere([name = '', theCase = '', sizes = '{}']: readonly string[]): Promise<void> {
  const benchmark = benchmarkNamed(name);
  if (benchmark === undefined) throw new UsageError(`no benchmark ${name}`);
  const results = await benchmark.run({
    case: theCase,
    sizes: JSON.parse(sizes) as Sizes,
    progress: (text) => process.stderr.write(`${text}\n`),
  });
  for (const result of results) process.stdout.write(`${JSON.stringify(result)}\n`);
}

async function main(args: readonly string[]): Promise<number> {
  if (args[0] === CHILD_FLAG) {
    await measureHere(args.slice(1));
    return EXIT.FINE;
  }
  const { benchmarks, values, given } = parse(args);
  if (benchmarks.length === 0) {
    process.stdout.write(`${listBenchmarks()}\n`);
    return EXIT.FINE;
  }
  const tunables = values['huge-pages'] === 'on' ? HUGE_PAGE_TUNABLE : '';
  const machine = machineClass(tunables);
  const folder = join(packageRoot(), 'benchmarks', 'baselines');
  const stored = await readBaselines(folder, machine);
  const jobs: Job[] = benchmarks.flatMap((benchmark) =>
    (benchmark.cases ?? ['']).map((theCase) => ({
      benchmark,
      case: theCase,
      sizes: sizesOf(benchmark, values['smoke'] === true ? 'smoke' : 'default', given),
    })),
  );
  const measured: MeasuredResult[] = [];
  for (const job of jobs) {
    for (const one of await measure(job, tunables)) {
      measured.push(one);
      const baseline = stored[one.result.name];
      const text =
        values['json'] === true ? jsonLine(one, baseline, machine) : textLines(one, baseline).join('\n');
      process.stdout.write(`${text}\n`);
    }
  }
  if (values['markdown'] === true) {
    await writeFile(join(packageRoot(), 'benchmarks', 'RESULTS.md'), markdownPage(measured, machine));
  }
  if (values['save-baseline'] === true) {
    process.stderr.write(`${await saveBaselines(folder, machine, measured)}\n`);
  }
  return measured.every(({ result }) => reaches(result)) ? EXIT.FINE : EXIT.FAILURE;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof UsageError ? error.message : (error as Error).stack}\n`);
  process.exitCode = error instanceof UsageError ? EXIT.USAGE : EXIT.FAILURE;
}
