#!/usr/bin/env node
/** The command `rastro`. Exit codes: 0 fine, 1 findings or failure, 2 wrong usage. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { errorHint, errorMessage, RastroError } from '../../schemas/errors/index.ts';
import { packageRoot } from '../../schemas/package-root.ts';
import { addAlerts } from './commands/alerts.ts';
import { addConfig } from './commands/config.ts';
import { addDb } from './commands/db.ts';
import { addDemo } from './commands/demo.ts';
import { addDoctor } from './commands/doctor.ts';
import { addFeed } from './commands/feed.ts';
import { addHold } from './commands/hold.ts';
import { addIngest } from './commands/ingest.ts';
import { addKeys } from './commands/keys.ts';
import { addRejects } from './commands/rejects.ts';
import { addRetention } from './commands/retention.ts';
import { addRules } from './commands/rules.ts';
import { addRun } from './commands/run.ts';
import { addSchema } from './commands/schema.ts';
import { addSignals } from './commands/signals.ts';
import { addSimulate } from './commands/simulate.ts';
import { addSubmit } from './commands/submit.ts';
import { addSuppress } from './commands/suppress.ts';
import { addTail } from './commands/tail.ts';
import { addTopics } from './commands/topics.ts';
import { addUnmask } from './commands/unmask.ts';
import { addVault } from './commands/vault.ts';
import { addWorker } from './commands/worker.ts';
import { EXIT, ExitError } from './exit.ts';

const version = (JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as { version: string })
  .version;

function buildProgram(): Command {
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
  for (const add of [
    addRun,
    addDemo,
    addSimulate,
    addFeed,
    addRules,
    addSignals,
    addAlerts,
    addUnmask,
    addSuppress,
    addHold,
    addRetention,
    addIngest,
    addWorker,
    addSubmit,
    addKeys,
    addRejects,
    addVault,
    addConfig,
    addDb,
    addTopics,
    addTail,
    addSchema,
    addDoctor,
  ]) {
    add(program);
  }
  return program;
}

/** Errors that say the command was called wrongly. */
const USAGE_CODES: ReadonlySet<string> = new Set([
  'RAS-CLI-BAD-OPTION',
  'RAS-CLI-UNKNOWN-NAME',
  'RAS-CLI-NO-FILE',
  'RAS-CONFIG-FILE-MISSING',
  'RAS-CONFIG-INVALID',
  'RAS-CONFIG-SECTION-MISSING',
  'RAS-FEED-FILE-NOT-FOUND',
  'RAS-FEED-MAPPING-NOT-FOUND',
  'RAS-RULES-FOLDER',
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
  await buildProgram().parseAsync(process.argv);
} catch (error) {
  process.exitCode = reportError(error);
}
