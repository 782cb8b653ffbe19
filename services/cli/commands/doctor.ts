/** `rastro doctor`: whether this machine and this data folder can do the work, and what to do where they cannot. */
import { statfs } from 'node:fs/promises';
import type { Command } from 'commander';
import { errorHint, errorMessage, RastroError } from '../../../schemas/errors/index.ts';
import { makeFolder } from '../../config/folder.ts';
import { migrationStatus } from '../../store/migrate.ts';
import { loadKnowledge } from '../../workspace/knowledge.ts';
import { type CommandContext, withStore } from '../context.ts';
import { EXIT } from '../exit.ts';
import { handle } from '../handle.ts';

const NODE_MAJOR_MIN = 20;
const NODE_MINOR_MIN = 19;
const FREE_BYTES_MIN = 2 * 1024 ** 3;

interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

async function check(name: string, work: () => Promise<string>): Promise<Check> {
  try {
    return { name, ok: true, detail: await work() };
  } catch (error) {
    const detail = RastroError.is(error)
      ? `${error.code}: ${errorMessage(error.code, error.params)} ${errorHint(error.code, error.params)}`
      : error instanceof Error
        ? error.message
        : String(error);
    return { name, ok: false, detail };
  }
}

async function nodeVersion(): Promise<string> {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const fine = major > NODE_MAJOR_MIN || (major === NODE_MAJOR_MIN && minor >= NODE_MINOR_MIN);
  if (!fine)
    throw new Error(`Node ${process.versions.node}; at least ${NODE_MAJOR_MIN}.${NODE_MINOR_MIN} is needed`);
  return process.versions.node;
}

async function folder({ dataDir }: CommandContext): Promise<string> {
  makeFolder(dataDir);
  const { bavail, bsize } = await statfs(dataDir);
  const free = bavail * bsize;
  if (free < FREE_BYTES_MIN) throw new Error(`${dataDir}: only ${(free / 1024 ** 3).toFixed(1)} GiB free`);
  return `${dataDir}, ${(free / 1024 ** 3).toFixed(0)} GiB free`;
}

export function addDoctor(program: Command): void {
  handle(program.command('doctor').description('check this machine and the data folder'), async (context) => {
    const { terminal, dataDir } = context;
    const checks = [
      await check('node', nodeVersion),
      await check('data folder', () => folder(context)),
      await check('rules', async () => {
        const { ruleSet, composites } = await loadKnowledge();
        const { rules, unevaluated } = ruleSet;
        const live = composites.filter(({ file }) => file.status === 'live').length;
        return `${rules.length} rules (${unevaluated.length} more not evaluated), ${live} of ${composites.length} composites live, set ${ruleSet.hash.slice(0, 12)}`;
      }),
      await check('store', () =>
        withStore(dataDir, async (store) => {
          const [row] = await store.queryRows<{ version: string }>('SELECT version() AS version');
          const states = await migrationStatus(store);
          return `ClickHouse ${row?.version}, ${states.length} migrations applied`;
        }),
      ),
    ];
    if (terminal.json) terminal.printJson(checks);
    else {
      for (const { name, ok, detail } of checks) {
        terminal.print(
          `${ok ? terminal.paint.green('ok  ') : terminal.paint.red('FAIL')} ${name.padEnd(12)} ${detail}`,
        );
      }
    }
    return checks.every((each) => each.ok) ? EXIT.FINE : EXIT.FAILURE;
  });
}
