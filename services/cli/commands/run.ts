/** `rastro run FILE...`: a bank's files in, signals and alerts out. */
import { createWriteStream } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import { errorHint, errorMessage } from '../../../schemas/errors/index.ts';
import { makeFolder } from '../../config/folder.ts';
import { isAlive } from '../../embedded/alive.ts';
import { loadMapping } from '../../feeds/mappings.ts';
import { openSources } from '../../feeds/sources.ts';
import { emptyReport, type FeedReport } from '../../workspace/feed-report.ts';
import {
  compileKnowledge,
  type Knowledge,
  type KnowledgeOptions,
  loadKnowledge,
} from '../../workspace/knowledge.ts';
import { FeedReader } from '../../workspace/run-feed.ts';
import { openWorkspace, type Workspace } from '../../workspace/workspace.ts';
import type { WriteCounts } from '../../workspace/writer.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit.ts';
import { handle } from '../handle.ts';
import { addFeedOptions, type FeedOptions, threadsOf } from '../options.ts';
import { startProgress } from '../progress.ts';
import { count, type Terminal, tableText } from '../terminal.ts';

export interface RunRequest {
  readonly files: readonly string[];
  readonly mapping: string;
  readonly parties: readonly string[];
  readonly partiesMapping: string;
  readonly institution?: string;
  readonly knowledge: KnowledgeOptions;
  /** Threads to work with; default 1. */
  readonly threads?: number;
}

export interface RunResult {
  readonly report: FeedReport;
  /** Rows written by this run. */
  readonly written: WriteCounts;
  /** Signals and alerts that stand now. */
  readonly signals: number;
  readonly alerts: number;
  readonly seconds: number;
  readonly knowledge: Knowledge;
}

/** Folder of the data folder for standard input while it is read. */
const INCOMING = 'incoming';

/** Rejects shown one by one without `--json`. */
const REJECTS_SHOWN = 10;

/** Standard input, kept in the data folder while it is read: a submission is hashed before its rows are. */
async function spoolInput(dataDir: string): Promise<string> {
  const folder = join(dataDir, INCOMING, String(process.pid));
  makeFolder(folder);
  const path = join(folder, 'stdin');
  await pipeline(process.stdin, createWriteStream(path, { mode: 0o600 }));
  return path;
}

/** Raw input outlives no run: what this process kept goes, and what a killed one left behind. */
async function clearIncoming(dataDir: string): Promise<void> {
  const folder = join(dataDir, INCOMING);
  for (const name of await readdir(folder).catch(() => []))
    if (Number(name) === process.pid || !isAlive(Number(name)))
      await rm(join(folder, name), { recursive: true, force: true });
}

async function filesOf(patterns: readonly string[], dataDir: string): Promise<string[]> {
  const files: string[] = [];
  for (const pattern of patterns) {
    if (pattern === '-') files.push(await spoolInput(dataDir));
    else files.push(...(await openSources([pattern])).map((source) => source.name));
  }
  return files;
}

/** Runs files into the data folder and hands over what came of it, with the workspace still open. */
export async function runFiles<T>(
  context: CommandContext,
  request: RunRequest,
  then: (result: RunResult, workspace: Workspace) => Promise<T>,
): Promise<T> {
  await clearIncoming(context.dataDir);
  try {
    return await runResolved(context, request, then);
  } finally {
    await clearIncoming(context.dataDir);
  }
}

/**
 * Where the folder's own rules stay in force, says so, and gives them the rate file of this run: rows are stamped with
 * it.
 */
async function keepRecorded(workspace: Workspace, given: Knowledge, terminal: Terminal): Promise<void> {
  const { newest } = workspace.state.timeline;
  if (newest.hash === given.hash) return;
  terminal.note('The rules activated in this data folder are in force; `rastro rules history` lists them.');
  const { rates } = given.files;
  if (rates === null || rates.text === newest.files.rates?.text) return;
  const { activeFrom } = newest;
  await workspace.appendRules(compileKnowledge({ ...newest.files, rates }, { activeFrom }));
}

async function runResolved<T>(
  { terminal, dataDir }: CommandContext,
  request: RunRequest,
  then: (result: RunResult, workspace: Workspace) => Promise<T>,
): Promise<T> {
  const startedMs = performance.now();
  const mapping = await loadMapping(request.mapping);
  const partiesMapping = await loadMapping(request.partiesMapping);
  const knowledge = await loadKnowledge(request.knowledge);
  const files = await filesOf(request.files, dataDir);
  const parties = await filesOf(request.parties, dataDir);
  let totalBytes = 0;
  for (const file of files) totalBytes += (await stat(file)).size;

  const recovery = startProgress(terminal, 'reading back what is known', 0, 'records');
  const workspace = await openWorkspace({
    dataDir,
    knowledge,
    // Rules that were activated stay in force until other ones are named.
    ...(request.knowledge.rulesDir === undefined ? { keepRules: 'activated' as const } : {}),
    ...(request.threads === undefined ? {} : { threads: request.threads }),
    onRecovery: (done) => recovery.update(done),
  });
  recovery.stop();
  try {
    await keepRecorded(workspace, knowledge, terminal);
    const written: WriteCounts = { signals: 0, alerts: 0, transactions: 0 };
    const report = emptyReport();
    const progress = startProgress(terminal, 'running', totalBytes, 'bytes');
    const reader = new FeedReader({
      workspace,
      mapping,
      counts: written,
      report,
      ...(request.institution === undefined ? {} : { institution: request.institution }),
      onProgress: (_rows, bytes) => progress.update(bytes),
    });
    for (const file of parties) await reader.parties(file, partiesMapping);
    for (const file of files) await reader.transactions(file);
    await workspace.writeGroup(written);
    progress.stop();
    const { signals, alerts } = workspace.writer;
    const { newest } = workspace.state.timeline;
    const seconds = (performance.now() - startedMs) / 1000;
    return await then(
      { report, written, signals: signals.standing, alerts: alerts.standing, seconds, knowledge: newest },
      workspace,
    );
  } finally {
    await workspace.close();
  }
}

/** Rejected lines of all files, party files included. */
const rejectedOf = (report: FeedReport): number => report.rejected + report.parties.rejected;

/** The object that `run --json` ends with. */
export function runJson({ report, written, signals, alerts, seconds }: RunResult): object {
  return {
    read: report.read,
    accepted: report.accepted,
    rejected: report.rejected,
    duplicates: report.duplicates,
    late: report.late,
    parties: report.parties,
    signals,
    alerts,
    written,
    seconds: Number(seconds.toFixed(3)),
    rejectsByCode: Object.fromEntries(report.rejectsByCode),
    rejects: report.rejects.map(({ params, ...reject }) => ({
      ...reject,
      message: errorMessage(reject.code, params),
      hint: errorHint(reject.code, params),
    })),
    faults: report.faults,
  };
}

export function printRun(terminal: Terminal, result: RunResult): void {
  const { report, written, signals, alerts, seconds } = result;
  terminal.print(
    `${count(report.read)} read = ${count(report.accepted)} accepted + ${count(report.rejected)} rejected + ${count(report.duplicates)} duplicates, in ${seconds.toFixed(1)} s`,
  );
  const { parties } = report;
  if (parties.read > 0)
    terminal.print(
      `${count(parties.read)} party records read = ${count(parties.accepted)} accepted + ${count(parties.rejected)} rejected + ${count(parties.duplicates)} duplicates`,
    );
  if (report.late > 0)
    terminal.print(
      `${count(report.late)} accepted rows lie behind the re-evaluation horizon: stored, not evaluated`,
    );
  const rejected = rejectedOf(report);
  if (rejected > 0) {
    const codes = [...report.rejectsByCode].sort((a, b) => b[1] - a[1]);
    terminal.print(
      tableText(
        codes,
        [
          { title: 'code', value: ([code]) => code },
          { title: 'rows', value: ([, n]) => count(n), align: 'right' },
        ],
        terminal,
      ),
    );
    for (const reject of report.rejects.slice(0, REJECTS_SHOWN)) {
      terminal.print(
        `  line ${reject.line}, byte ${reject.byteOffset}, ${reject.field || 'whole line'}: ${errorMessage(reject.code, reject.params)} ${errorHint(reject.code, reject.params)}`,
      );
    }
    if (rejected > REJECTS_SHOWN)
      terminal.print(`  … \`rastro feed check\` lists them, --json the first 1,000`);
  }
  for (const fault of report.faults) {
    terminal.print(
      terminal.paint.red(
        `${fault.file}: ${fault.code} at line ${fault.line}: ${errorMessage(fault.code, fault.params)}`,
      ),
    );
  }
  if (report.idsDerived)
    terminal.print('Ids were derived from the rows: send this file whole if you send it again.');
  const changed = written.transactions + written.signals + written.alerts;
  terminal.print(
    `${count(signals)} signals and ${count(alerts)} alerts stand${changed === 0 ? '; nothing changed' : ` (${count(written.signals)} and ${count(written.alerts)} written now)`}`,
  );
  if (alerts > 0) terminal.print(terminal.paint.dim('`rastro alerts list` shows them'));
}

interface RunFlags extends FeedOptions {
  readonly rules?: string;
  readonly rates?: string;
  readonly threads: string;
}

export function addRun(program: Command): void {
  const command = addFeedOptions(
    program
      .command('run <file...>')
      .description(
        'read files (CSV or NDJSON, plain or gzip, globs, - for standard input); write signals and alerts',
      ),
  )
    .option('--rules <folder>', 'other rules, in the place of all that the data folder has recorded')
    .option('--rates <file>', 'official daily rates instead of the shipped sample')
    .option('--threads <n>', 'threads to work with: one reads and composes, the others detect', '1')
    .addHelpText(
      'after',
      `
Examples:
  rastro run payments.csv --mapping spei-statement --institution bank-1
  rastro run 'feed/*.ndjson.gz' --parties parties.ndjson
  zcat march.csv.gz | rastro run - --mapping my-bank.yaml --json

Running the same file again changes nothing. Exit code 1 if a row was rejected or a file was cut off.`,
    );
  handle<RunFlags>(command, async (context, options, files) => {
    const request: RunRequest = {
      files,
      mapping: options.mapping,
      parties: options.parties ?? [],
      partiesMapping: options.partiesMapping,
      threads: threadsOf(options.threads),
      ...(options.institution === undefined ? {} : { institution: options.institution }),
      knowledge: {
        ...(options.rules === undefined ? {} : { rulesDir: options.rules }),
        ...(options.rates === undefined ? {} : { ratesFile: options.rates }),
      },
    };
    return runFiles(context, request, async (result) => {
      if (context.terminal.json) context.terminal.printJson(runJson(result));
      else printRun(context.terminal, result);
      return rejectedOf(result.report) === 0 && result.report.faults.length === 0 ? EXIT.FINE : EXIT.FAILURE;
    });
  });
}
