#!/usr/bin/env node
/** The command `rastro`. Exit codes: 0 fine, 1 findings or failure, 2 wrong usage. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Command, CommanderError } from 'commander';
import { errorHint, errorMessage, RastroError } from '../../schemas/errors/index.ts';
import { packageRoot } from '../../schemas/package-root.ts';
import { EXIT, ExitError } from './exit.ts';

/** By name, in the order of the help. A command is read when it is called: all of them together take a second. */
const COMMANDS: Readonly<Record<string, () => Promise<(program: Command) => void>>> = {
  run: async () => (await import('./commands/run.ts')).addRun,
  demo: async () => (await import('./commands/demo.ts')).addDemo,
  simulate: async () => (await import('./commands/simulate.ts')).addSimulate,
  feed: async () => (await import('./commands/feed.ts')).addFeed,
  rules: async () => (await import('./commands/rules.ts')).addRules,
  signals: async () => (await import('./commands/signals.ts')).addSignals,
  alerts: async () => (await import('./commands/alerts.ts')).addAlerts,
  unmask: async () => (await import('./commands/unmask.ts')).addUnmask,
  suppress: async () => (await import('./commands/suppress.ts')).addSuppress,
  hold: async () => (await import('./commands/hold.ts')).addHold,
  retention: async () => (await import('./commands/retention.ts')).addRetention,
  ingest: async () => (await import('./commands/ingest.ts')).addIngest,
  worker: async () => (await import('./commands/worker.ts')).addWorker,
  submit: async () => (await import('./commands/submit.ts')).addSubmit,
  keys: async () => (await import('./commands/keys.ts')).addKeys,
  rejects: async () => (await import('./commands/rejects.ts')).addRejects,
  vault: async () => (await import('./commands/vault.ts')).addVault,
  config: async () => (await import('./commands/config.ts')).addConfig,
  db: async () => (await import('./commands/db.ts')).addDb,
  topics: async () => (await import('./commands/topics.ts')).addTopics,
  tail: async () => (await import('./commands/tail.ts')).addTail,
  schema: async () => (await import('./commands/schema.ts')).addSchema,
  doctor: async () => (await import('./commands/doctor.ts')).addDoctor,
};

const version = (JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as { version: string })
  .version;

/** Commands that a call needs: the one it names; those that it may have meant, or wants to see; none to say the version. */
function needed(args: readonly string[]): readonly string[] {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { 'data-dir': { type: 'string' }, version: { type: 'boolean', short: 'V' } },
    strict: false,
  });
  const [named] = positionals;
  if (named !== undefined && Object.hasOwn(COMMANDS, named)) return [named];
  return named === undefined && values['version'] === true ? [] : Object.keys(COMMANDS);
}

async function buildProgram(args: readonly string[]): Promise<Command> {
  const program = new Command('rastro')
    .description(
      'Follows the money trail of human trafficking in transaction feeds and explains what it finds.',
    )
    .version(version)
    .option('--json', 'print one JSON value to standard output and nothing else')
    .option('--data-dir <folder>', 'where the data lives (default: .rastro here, or RASTRO_DATA_DIR)')
    .showHelpAfterError('(rastro --help shows every command)')
    .exitOverride()
    .addHelpText(
      'after',
      `
Start here:
  rastro demo                                          simulate, run, compare what was found with the truth
  rastro feed check pay.csv --mapping interac-export   what a file holds, which rules it can feed
  rastro run pay.csv --mapping interac-export          read a file; write signals and alerts
  rastro alerts list                                   what an analyst would look at first

Exit codes: 0 fine, 1 findings or failure, 2 wrong usage. NO_COLOR and --json work everywhere.`,
    );
  for (const command of needed(args)) {
    const add = await COMMANDS[command]?.();
    add?.(program);
  }
  return program;
}

/** Errors that say the command was called wrongly. */
const USAGE_CODES: ReadonlySet<string> = new Set([
  'RAS-CLI-BAD-OPTION',
  'RAS-CLI-OPTION-MISSING',
  'RAS-CLI-UNKNOWN-NAME',
  'RAS-CLI-NOT-WRITTEN',
  'RAS-CLI-NO-FILE',
  'RAS-CONFIG-FILE-MISSING',
  'RAS-CONFIG-INVALID',
  'RAS-CONFIG-SECTION-MISSING',
  'RAS-FEED-FILE-NOT-FOUND',
  'RAS-FEED-MAPPING-NOT-FOUND',
  'RAS-RULES-FOLDER',
  'RAS-RULES-EXISTS',
  'RAS-RULES-HISTORY-FEED',
  'RAS-RULES-NO-HISTORY',
  'RAS-RULES-NONE',
  'RAS-RULES-PLAYBOOK-NONE',
  'RAS-RULES-PACK-KEY',
]);

function reportError(error: unknown): number {
  if (error instanceof ExitError) return error.exitCode;
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.FINE : EXIT.USAGE;
  const asJson = process.argv.includes('--json');
  if (RastroError.is(error)) {
    const { code, params } = error;
    if (asJson)
      process.stderr.write(
        `${JSON.stringify({ error: { code, message: errorMessage(code, params), hint: errorHint(code, params), params } })}\n`,
      );
    else process.stderr.write(`error ${code}: ${errorMessage(code, params)}\n  ${errorHint(code, params)}\n`);
    return USAGE_CODES.has(code) ? EXIT.USAGE : EXIT.FAILURE;
  }
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`error RAS-CLI-INTERNAL: ${errorMessage('RAS-CLI-INTERNAL', { detail })}\n`);
  return EXIT.FAILURE;
}

// A reader that stops early (`| head`) is not a failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT.FINE);
  throw error;
});

try {
  const program = await buildProgram(process.argv.slice(2));
  await program.parseAsync(process.argv);
} catch (error) {
  process.exitCode = reportError(error);
}
