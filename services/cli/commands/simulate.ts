/** `rastro simulate`: an invented feed with its party file and its truth. */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { createGzip } from 'node:zlib';
import type { Command } from 'commander';
import { csvLines, ndjsonLines, TRANSACTION_COLUMNS } from '../../../pipelines/simulate/formats.ts';
import {
  DEFAULT_SIMULATION,
  SIMULATION_LIMITS,
  type Simulation,
  simulate,
} from '../../../pipelines/simulate/simulate.ts';
import { LOOKALIKE_KINDS, SCENARIO_KINDS } from '../../../pipelines/simulate/truth.ts';
import { RastroError } from '../../../schemas/errors/index.ts';
import { makeFolder } from '../../config/folder.ts';
import { EXIT } from '../exit.ts';
import { handle } from '../handle.ts';
import { oneOf } from '../options.ts';
import { type Progress, startProgress } from '../progress.ts';
import { count } from '../terminal.ts';

const FORMATS = ['csv', 'ndjson'] as const;
export type SimulationFormat = (typeof FORMATS)[number];
const KINDS = [...SCENARIO_KINDS, ...LOOKALIKE_KINDS];

export interface SimulatedFiles {
  readonly transactions: string;
  readonly parties: string;
  readonly truth: string;
  readonly rows: number;
}

/** Lines gathered before they go to the file: a write a line would cost more than making it. */
const CHUNK_LINES = 1_000;

async function writeLines(
  path: string,
  lines: Iterable<string>,
  gzip: boolean,
  onLine: (lines: number) => void,
): Promise<number> {
  const file = createWriteStream(path, { mode: 0o600 });
  const sink = gzip ? createGzip() : file;
  if (gzip) sink.pipe(file);
  let written = 0;
  let chunk: string[] = [];
  const flush = async () => {
    if (!sink.write(chunk.join(''))) await once(sink, 'drain');
    written += chunk.length;
    chunk = [];
    onLine(written);
  };
  for (const line of lines) {
    chunk.push(line);
    if (chunk.length >= CHUNK_LINES) await flush();
  }
  await flush();
  sink.end();
  await once(file, 'close');
  return written;
}

/** Writes `transactions`, `parties.ndjson` and `truth.json` into `folder`. */
export async function writeSimulation(
  simulation: Simulation,
  folder: string,
  options: { readonly format: SimulationFormat; readonly gzip: boolean },
  progress: Progress,
): Promise<SimulatedFiles> {
  makeFolder(folder);
  const { format, gzip } = options;
  const transactions = join(folder, `transactions.${format}${gzip ? '.gz' : ''}`);
  const parties = join(folder, 'parties.ndjson');
  const truth = join(folder, 'truth.json');
  const lines =
    format === 'csv'
      ? csvLines(simulation.transactions, TRANSACTION_COLUMNS)
      : ndjsonLines(simulation.transactions);
  const written = await writeLines(transactions, lines, gzip, (done) => progress.update(done));
  await writeLines(parties, ndjsonLines(simulation.parties), false, () => undefined);
  await writeLines(truth, [`${JSON.stringify(simulation.truth, null, 2)}\n`], false, () => undefined);
  return { transactions, parties, truth, rows: written - (format === 'csv' ? 1 : 0) };
}

function wholeNumber(option: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value)) return value;
  throw new RastroError('RAS-CLI-BAD-OPTION', { option, value: text, expected: 'a whole number' });
}

export interface SimulateFlags {
  readonly seed: string;
  readonly transactions: string;
  readonly from: string;
  readonly days: string;
  readonly only?: string;
  readonly prevalence: string;
}

/** The simulation that the options describe. @throws RastroError RAS-CLI-BAD-OPTION */
export function simulationOf(flags: SimulateFlags): Simulation {
  const only = flags.only?.split(',').map((kind) => oneOf('--only', kind.trim(), KINDS));
  try {
    return simulate({
      seed: wholeNumber('--seed', flags.seed),
      transactions: wholeNumber('--transactions', flags.transactions),
      from: flags.from,
      days: wholeNumber('--days', flags.days),
      prevalence: oneOf('--prevalence', flags.prevalence, ['demo', 'honest'] as const),
      ...(only === undefined ? {} : { cases: only }),
    });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new RastroError('RAS-CLI-BAD-OPTION', {
      option: 'simulate',
      value: 'the given values',
      expected: error.message,
    });
  }
}

export function addSimulateOptions(command: Command): Command {
  return command
    .option('--seed <n>', 'the same seed gives the same bytes', String(DEFAULT_SIMULATION.seed))
    .option('--transactions <n>', 'how many rows to aim at', String(DEFAULT_SIMULATION.transactions))
    .option('--from <date>', 'first local day', DEFAULT_SIMULATION.from)
    .option(
      '--days <n>',
      `length, ${SIMULATION_LIMITS.MIN_DAYS} to ${SIMULATION_LIMITS.MAX_DAYS}`,
      String(DEFAULT_SIMULATION.days),
    )
    .option('--only <kinds>', `only these scenarios and look-alikes: ${KINDS.join(',')}`)
    .option('--prevalence <p>', 'demo (inflated: a case per some 100 accounts) | honest', 'demo');
}

export function addSimulate(program: Command): void {
  const command = addSimulateOptions(
    program
      .command('simulate')
      .description("write an invented feed, its party file and its truth; never a real person's data"),
  )
    .option('--out <folder>', 'where to', 'simulated')
    .option('--format <format>', 'csv | ndjson', 'csv')
    .option('--gzip', 'compress the transactions')
    .addHelpText(
      'after',
      '\nExample:\n  rastro simulate --transactions 50000 --out feed\n  rastro run feed/transactions.csv --parties feed/parties.ndjson',
    );
  handle<SimulateFlags & { out: string; format: string; gzip?: boolean }>(
    command,
    async ({ terminal }, options) => {
      const format = oneOf('--format', options.format, FORMATS);
      const simulation = simulationOf(options);
      const progress = startProgress(terminal, 'simulating', Number(options.transactions), 'rows');
      const files = await writeSimulation(
        simulation,
        options.out,
        { format, gzip: options.gzip === true },
        progress,
      );
      progress.stop();
      const { truth } = simulation;
      const summary = {
        ...files,
        accounts: truth.accounts,
        cases: truth.cases.length,
        seed: truth.seed,
        note: truth.note,
      };
      if (terminal.json) terminal.printJson(summary);
      else {
        terminal.print(
          `${count(files.rows)} transactions of ${count(truth.accounts)} accounts, ${truth.cases.length} cases, seed ${truth.seed}`,
        );
        for (const path of [files.transactions, files.parties, files.truth]) terminal.print(`  ${path}`);
        terminal.print(truth.note);
      }
      return EXIT.FINE;
    },
  );
}
