/** Commands that try rules on data: what data, under which limits, in a folder that goes with the process. */
import { existsSync } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { RastroError } from '../../schemas/errors/index.ts';
import { packageRoot } from '../../schemas/package-root.ts';
import { loadMapping } from '../feeds/mappings.ts';
import { openSources } from '../feeds/sources.ts';
import { readFileLog } from '../log/file/file-log.ts';
import { storeHistory } from '../workbench/store-history.ts';
import type { TrialLimits } from '../workbench/trial.ts';
import { TrialData, type TrialRun, type TrialSource } from '../workbench/trial-data.ts';
import { type Knowledge, loadKnowledge } from '../workspace/knowledge.ts';
import type { CommandContext } from './context.ts';
import { addFeedOptions, type FeedOptions } from './options.ts';
import { type Progress, startProgress } from './progress.ts';
import { SERVER_OPTION, withServer } from './server-store.ts';
import { makeTemporaryFolder } from './temporary-folder.ts';
import { count, type Terminal } from './terminal.ts';

export interface TrialOptions extends FeedOptions {
  readonly fromStore?: boolean;
  readonly config?: string;
  readonly rates?: string;
  readonly limitRows: string;
  readonly limitSeconds: string;
  readonly limitMemory: string;
}

const MIB = 1_048_576;

export function addTrialOptions(command: Command): Command {
  return addFeedOptions(command)
    .option('--rates <file>', 'official daily rates instead of the shipped sample')
    .option(
      '--from-store',
      'history of the data folder, or with --config of a ClickHouse server, instead of files',
    )
    .option(...SERVER_OPTION)
    .option('--limit-rows <n>', 'take in at most so many rows', '5000000')
    .option('--limit-seconds <n>', 'stop after so many seconds', '900')
    .option('--limit-memory <mib>', 'stop when the process has so many MiB', '4096');
}

export const TRIAL_NOTES = `
A trial runs the production engine in a temporary folder; the data folder and the store are only read. Where a limit ends it early,
the output says so, and counts what was taken in until then. Limits are looked at after each block of up to 4,096 rows, and what is
in memory by then is still evaluated: a trial may go on for some seconds after its limit.`;

function wholeOf(option: string, text: string, most: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new RastroError('RAS-CLI-BAD-OPTION', { option, value: text, expected: `1..${most}` });
}

export function limitsOf(options: TrialOptions): TrialLimits {
  return {
    rows: wholeOf('--limit-rows', options.limitRows, 1_000_000_000),
    ms: 1_000 * wholeOf('--limit-seconds', options.limitSeconds, 604_800),
    bytes: MIB * wholeOf('--limit-memory', options.limitMemory, 1_048_576),
  };
}

/** The rules of a folder, or the shipped ones; with the rate file of the options. */
export function knowledgeOf(
  folder: string | undefined,
  options: Pick<TrialOptions, 'rates'>,
): Promise<Knowledge> {
  return loadKnowledge({
    ...(folder === undefined ? {} : { rulesDir: folder }),
    ...(options.rates === undefined ? {} : { ratesFile: options.rates }),
  });
}

/** Where findings show the files of a folder of rules. */
export function rulesFolder(folder: string | undefined): string {
  return folder ?? join(packageRoot(), 'rules');
}

/** Sees the trial before it is closed. */
export type TrialInspection = Parameters<TrialData['run']>[2];

export interface TrialBench {
  readonly data: TrialData;
  readonly isHistory: boolean;
  /** As `TrialData.run`, with progress. */
  run(knowledge: Knowledge, label: string, inspect?: TrialInspection): Promise<TrialRun>;
}

async function namesOf(patterns: readonly string[]): Promise<string[]> {
  const names: string[] = [];
  for (const pattern of patterns) {
    // A trial goes over its data more than once.
    if (pattern === '-')
      throw new RastroError('RAS-CLI-BAD-OPTION', { option: '<file>', value: '-', expected: 'a file' });
    names.push(...(await openSources([pattern])).map(({ name }) => name));
  }
  return names;
}

/** Lets `work` try rules on the data that the options name. */
export async function withTrials<T>(
  { terminal, dataDir }: CommandContext,
  options: TrialOptions,
  patterns: readonly string[],
  work: (bench: TrialBench) => Promise<T>,
): Promise<T> {
  const limits = limitsOf(options);
  const isHistory = options.fromStore === true || options.config !== undefined;
  const expected = 'files of a feed, or --from-store, or --config of a server; not both';
  if (!isHistory && patterns.length === 0)
    throw new RastroError('RAS-CLI-OPTION-MISSING', { option: 'the data', expected });
  if (isHistory && patterns.length > 0) {
    const option = options.config === undefined ? '--from-store' : '--config';
    throw new RastroError('RAS-CLI-BAD-OPTION', { option, value: patterns.join(' '), expected });
  }
  const withSource = async (source: TrialSource): Promise<T> => {
    const folder = await makeTemporaryFolder('rastro-trial-');
    const data = new TrialData(folder, source, limits);
    const run = async (knowledge: Knowledge, label: string, inspect?: TrialInspection) => {
      let progress: Progress | undefined;
      try {
        const onProgress = (done: number, all: number, unit: 'bytes' | 'records') => {
          progress ??= startProgress(terminal, label, all, unit);
          progress.update(done);
        };
        return await data.run(knowledge, onProgress, inspect);
      } finally {
        progress?.stop();
      }
    };
    try {
      return await work({ data, isHistory, run });
    } finally {
      await data.close();
      await rm(folder, { recursive: true, force: true });
    }
  };
  if (!isHistory) {
    const files = await namesOf(patterns);
    let bytes = 0;
    for (const file of files) bytes += (await stat(file)).size;
    return withSource({
      kind: 'feed',
      files,
      bytes,
      mapping: await loadMapping(options.mapping),
      parties: await namesOf(options.parties ?? []),
      partiesMapping: await loadMapping(options.partiesMapping),
      ...(options.institution === undefined ? {} : { institution: options.institution }),
    });
  }
  if (options.config !== undefined)
    return withServer(options.config, (store) =>
      withSource({ kind: 'history', records: () => storeHistory(store) }),
    );
  const log = join(dataDir, 'log');
  if (!existsSync(log)) throw new RastroError('RAS-RULES-NO-HISTORY', { where: dataDir });
  return withSource({ kind: 'history', records: () => readFileLog(log) });
}

/** What became of the data, where not all of it counts. */
export function printTaken(terminal: Terminal, run: TrialRun): void {
  const { report, stopped } = run;
  if (report !== null && report.rejected + report.duplicates > 0)
    terminal.print(
      `${count(report.rejected)} lines rejected, ${count(report.duplicates)} duplicates: \`rastro feed check\` says why`,
    );
  for (const fault of report?.faults ?? [])
    terminal.print(terminal.paint.red(`${fault.file}: cut off at line ${fault.line}`));
  if (run.rows === 0) terminal.print('Not one row was taken in: what follows says nothing about the rules.');
  if (stopped !== null)
    terminal.print(
      terminal.paint.red(`Stopped by --limit-${stopped}: everything below counts what was read until then.`),
    );
}
