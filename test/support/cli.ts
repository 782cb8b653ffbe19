/** The built command as a user starts it: a process of its own, without a terminal. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from './project.ts';

export const CLI = join(ROOT, 'dist/services/cli/main.js');

export interface CliResult {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A process that ends within seconds spends a third of its time optimising code for later. */
const SHORT = ['--no-opt', '--single-threaded-gc'];

export interface CliOptions {
  /** It has thousands of rows to read. Default false. */
  readonly isLong?: boolean;
  readonly input?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** Runs `rastro` with the arguments and waits for its end. */
export function rastro(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const { NO_COLOR: _, FORCE_COLOR: __, ...environment } = process.env;
  const child = spawn(process.execPath, [...(options.isLong === true ? [] : SHORT), CLI, ...args], {
    cwd: options.cwd,
    env: { ...environment, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  // Who does not read its input ends before it is written.
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out, err }));
  });
}
