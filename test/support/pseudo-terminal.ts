/** The built command on a terminal of its own, which `script` of util-linux makes: questions answered, keys pressed, width known. */
import { spawn, spawnSync } from 'node:child_process';
import { CLI } from './cli.ts';

/** Nothing that is waited for takes longer on a machine that does anything. */
const ANSWER_MS = 60_000;

/** Whether this machine has one: `script` of BSD takes other options. */
export const HAS_PSEUDO_TERMINAL = spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout?.includes(
  'util-linux',
);

/** What is typed once a text has appeared, in order. */
export type Typed = readonly (readonly [appears: string, typed: string])[];

export interface OnTerminal {
  readonly code: number | null;
  /** All that was shown, without the moves of the cursor. */
  readonly shown: string;
}

const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
// biome-ignore lint/suspicious/noControlCharactersInRegex: moves of the cursor begin with escape.
const MOVES = /\u001b\[[0-9;?]*[A-Za-z]|\u001b[78]|\r/g;

/** Runs `rastro` with the arguments on a terminal of so many columns, and waits for its end. */
export function onTerminal(
  args: readonly string[],
  typed: Typed,
  { cwd, columns = 80 }: { readonly cwd: string; readonly columns?: number },
): Promise<OnTerminal> {
  const command = [process.execPath, CLI, ...args].map(quoted).join(' ');
  const child = spawn(
    'script',
    ['-q', '-e', '-f', '-c', `stty cols ${columns} rows 40; exec ${command}`, '/dev/null'],
    { cwd, env: { ...process.env, NO_COLOR: '1', SHELL: '/bin/sh' }, stdio: ['pipe', 'pipe', 'inherit'] },
  );
  let shown = '';
  let from = 0;
  const waiting = [...typed];
  const timer = setTimeout(() => child.kill(), ANSWER_MS);
  child.stdin.on('error', () => undefined);
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    shown += text;
    for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
      const at = shown.indexOf(next[0], from);
      if (at < 0) return;
      from = at + next[0].length;
      waiting.shift();
      child.stdin.write(next[1]);
    }
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ code, shown: shown.replace(MOVES, '') });
    });
  });
}
