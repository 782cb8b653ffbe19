/** Both ends of the process in which a case of a benchmark is measured, and in which the pace of the machine is taken. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Benchmark, BenchmarkResult, Sizes } from './benchmark.ts';
import { measurePace, type Pace, pace } from './pace.ts';

/** Set in the process that measures, to the case it runs; the sizes follow as JSON. */
export const CASE_FLAG = '--measure-case';
const PACE_FLAG = '--measure-pace';

export interface Job {
  readonly benchmark: Benchmark;
  readonly case: string;
  readonly sizes: Sizes;
}

async function linesOf(args: readonly string[], tunables: string): Promise<unknown[]> {
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, GLIBC_TUNABLES: tunables },
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  const lines: unknown[] = [];
  for await (const line of createInterface({ input: child.stdout })) lines.push(JSON.parse(line));
  const code = await ended;
  if (code !== 0) throw new Error(`${args.slice(-3).join(' ')} ended with ${code}`);
  return lines;
}

/** Measures a case in a process of its own. Rejects when that fails. */
export async function measureCase(job: Job, tunables: string): Promise<readonly BenchmarkResult[]> {
  const flags = job.benchmark.nodeFlags?.(job.sizes) ?? [];
  const call = [CASE_FLAG, job.benchmark.name, job.case, JSON.stringify(job.sizes)];
  const lines = await linesOf([...flags, '--expose-gc', process.argv[1] as string, ...call], tunables);
  return lines as BenchmarkResult[];
}

export async function takePace(isSmoke: boolean, tunables: string): Promise<Pace> {
  const [line] = await linesOf([process.argv[1] as string, PACE_FLAG, isSmoke ? 'smoke' : 'usual'], tunables);
  return pace.parse(line);
}

/** In the process that measures: does what it was called for. False where it was not called for that. */
export async function measureHere(
  [flag, ...args]: readonly string[],
  benchmarkNamed: (name: string) => Benchmark | undefined,
): Promise<boolean> {
  if (flag === PACE_FLAG) {
    process.stdout.write(`${JSON.stringify(measurePace(args[0] === 'smoke'))}\n`);
    return true;
  }
  if (flag !== CASE_FLAG) return false;
  const [name = '', theCase = '', sizes = '{}'] = args;
  const results = await benchmarkNamed(name)!.run({
    case: theCase,
    sizes: JSON.parse(sizes) as Sizes,
    progress: (text) => process.stderr.write(`${text}\n`),
  });
  for (const result of results) process.stdout.write(`${JSON.stringify(result)}\n`);
  return true;
}
