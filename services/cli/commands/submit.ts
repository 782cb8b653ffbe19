/** `rastro submit FILE...`: hands files in over HTTP, waits for what becomes of them, and shows it. */
import { readFile, stat } from 'node:fs/promises';
import type { Command } from 'commander';
import { RastroError } from '../../../schemas/errors/index.ts';
import { isFinal, ON_ERROR, type SubmissionReport } from '../../../schemas/submission.ts';
import { expandPattern } from '../../feeds/glob.ts';
import { SubmissionClient } from '../../ingest/client.ts';
import { EXIT } from '../exit.ts';
import { handle } from '../handle.ts';
import { oneOf, timeoutMsOf } from '../options.ts';
import { startProgress } from '../progress.ts';
import { count, type Terminal, tableText } from '../terminal.ts';

interface SubmitOptions {
  readonly url: string;
  readonly keyFile: string;
  readonly institution: string;
  readonly mapping: string;
  readonly onError: string;
  readonly dryRun?: boolean;
  readonly wait: boolean;
  readonly timeout: string;
  readonly lang: string;
}

/** Rejected lines shown without `--json`; the report file has all. */
const LINES_SHOWN = 20;

async function keyOf(file: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (cause) {
    throw new RastroError('RAS-FEED-FILE-NOT-FOUND', { path: file }, { cause });
  }
}

/** Whether everything in the file was taken in, as far as it was waited for. */
const isFine = ({ state, counts, faults }: SubmissionReport): boolean =>
  state !== 'rejected' && (counts?.rejected ?? 0) === 0 && faults.length === 0;

function printReport(terminal: Terminal, file: string, report: SubmissionReport): void {
  const { submissionId, state, counts, totals, faults, lines, rejectsByCode, dryRun } = report;
  terminal.print(`${file}: ${state}${dryRun ? ' (dry run: nothing was taken in)' : ''}, ${submissionId}`);
  if (counts !== null)
    terminal.print(
      `  ${count(counts.read)} read = ${count(counts.accepted)} accepted + ${count(counts.rejected)} rejected + ${count(counts.duplicates)} duplicates`,
    );
  for (const { ccy, rows, amount } of totals) terminal.print(`  ${ccy} ${amount} in ${count(rows)} rows`);
  for (const { line, code, message, hint } of faults)
    terminal.print(`  from line ${line} on the file could not be read: ${message} ${hint} (${code})`);
  const codes = Object.entries(rejectsByCode).sort(([, a], [, b]) => b - a);
  if (codes.length > 0)
    terminal.print(
      tableText(
        codes,
        [
          { title: '  code', value: ([code]) => `  ${code}` },
          { title: 'times', value: ([, times]) => count(times), align: 'right' },
        ],
        terminal,
      ),
    );
  for (const { line, field, message, hint } of lines.slice(0, LINES_SHOWN))
    terminal.print(`  line ${line}, ${field || 'whole line'}: ${message} ${hint}`);
  if (lines.length > LINES_SHOWN || report.linesCut)
    terminal.print(`  All of them: GET ${report.reportUrl}?format=csv`);
}

export function addSubmit(program: Command): void {
  const command = program
    .command('submit <file...>')
    .description('hand files in to an ingest role, and show what became of them')
    .requiredOption('--url <url>', 'where the role serves, as https://feeds.example.org')
    .requiredOption('--key-file <file>', 'holds the API key and nothing else')
    .requiredOption('--institution <id>', 'who submits')
    .option('--mapping <name>', 'how the files are read; a name that the role knows', 'canonical')
    .option('--on-error <what>', ON_ERROR.join(' | '), 'acceptValid')
    .option('--dry-run', 'check and report; nothing is taken in')
    .option('--no-wait', 'end with the receipt')
    .option('--timeout <seconds>', 'wait so long at most', '3600')
    .option('--lang <code>', 'en | es | fr', 'en')
    .addHelpText(
      'after',
      `
Example:
  rastro submit day.csv.gz --url https://feeds.example.org --key-file bank-a.key --institution bank-a --mapping spei-csv

The same file is taken in once, however often it is sent. Exit code 1: something was rejected, or not finished in time.`,
    );
  handle<SubmitOptions>(command, async ({ terminal }, options, patterns) => {
    const client = new SubmissionClient({
      url: options.url,
      key: await keyOf(options.keyFile),
      institution: options.institution,
      mapping: options.mapping,
      onError: oneOf('--on-error', options.onError, ON_ERROR),
      dryRun: options.dryRun === true,
      lang: oneOf('--lang', options.lang, ['en', 'es', 'fr'] as const),
    });
    const timeoutMs = timeoutMsOf(options.timeout);
    const files = (await Promise.all(patterns.map((pattern) => expandPattern(pattern)))).flat();
    const results: object[] = [];
    let isAllFine = true;
    for (const file of files) {
      const size = (await stat(file).catch(() => ({ size: 0 }))).size;
      const progress = startProgress(terminal, file, size, 'bytes');
      const receipt = await client
        .submit(file, (bytes) => progress.update(bytes))
        .finally(() => progress.stop());
      if (!terminal.json) {
        const again = receipt.replayed ? ', which was handed in before' : '';
        terminal.note(`${file}: received as ${receipt.submissionId}${again}`);
      }
      if (!options.wait) {
        results.push({ file, receipt });
        if (!terminal.json) terminal.print(`${file}: ${receipt.statusUrl}`);
        continue;
      }
      let state = '';
      await client.settled(receipt, timeoutMs, (status) => {
        if (status.state !== state && !terminal.json) terminal.note(`${file}: ${status.state}`);
        state = status.state;
      });
      const report = await client.report(receipt);
      const isOver = isFinal(report.state, report.counts !== null, report.dryRun);
      isAllFine &&= isOver && isFine(report);
      results.push({ file, receipt, report });
      if (!terminal.json) printReport(terminal, file, report);
    }
    if (terminal.json) terminal.printJson(results);
    return isAllFine ? EXIT.FINE : EXIT.FAILURE;
  });
}
