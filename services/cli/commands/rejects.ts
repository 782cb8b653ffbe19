/** `rastro rejects list|show|replay`: what submissions could not be taken in, and taking it in after all. */
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { parseMapping } from '../../../pipelines/ingest/mapping-file.ts';
import { placeOf } from '../../../pipelines/ingest/rejected-record.ts';
import type { Submission } from '../../../pipelines/ingest/submission/table.ts';
import { RastroError } from '../../../schemas/errors/index.ts';
import { openKeys } from '../../config/keys.ts';
import { askReplay, type RejectFilter, submissionOf, withRejects } from '../../ingest/rejects.ts';
import { reportOf, statusOf } from '../../ingest/status.ts';
import { SubmissionView } from '../../ingest/view.ts';
import { EXIT } from '../exit.ts';
import { handle } from '../handle.ts';
import { moment, timeoutMsOf } from '../options.ts';
import { addConfigOption, type ConfigOption, configOf, withBus } from '../role-config.ts';
import { count, tableText } from '../terminal.ts';
import {
  listLogRejects,
  logFilterOf,
  NOTHING_TO_REPLAY,
  replayLogRejects,
  showLogRejects,
} from './rejects-log.ts';

interface FilterOptions extends ConfigOption {
  readonly submission?: string;
  readonly institution?: string;
  readonly code?: string;
  readonly log?: boolean;
  readonly record?: string;
}

interface ReplayOptions extends FilterOptions {
  readonly mapping?: string;
  readonly wait: boolean;
  readonly timeout: string;
}

const LINES_SHOWN = 50;
const LOOK_MS = 500;

/** Options of the other kind would be ignored, and more be listed or replayed than was meant. */
function checkFilter({ log, record, submission, institution }: FilterOptions): void {
  const misplaced = Object.entries(log === true ? { submission, institution } : { record });
  for (const [name, value] of misplaced)
    if (value !== undefined)
      throw new RastroError('RAS-CLI-BAD-OPTION', {
        option: `--${name}`,
        value,
        expected: log === true ? 'without --log' : 'with --log',
      });
}

const filterOf = ({ submission, institution, code }: FilterOptions): RejectFilter => ({
  ...(submission === undefined ? {} : { submission }),
  ...(institution === undefined ? {} : { institution }),
  ...(code === undefined ? {} : { code }),
});

function addFilter(command: Command): Command {
  return addConfigOption(command)
    .option('--submission <id>', 'of this submission only')
    .option('--institution <id>', 'of this institution only')
    .option('--code <code>', 'with this code only')
    .option('--log', 'records of the log that could not be read, in place of lines of submissions')
    .option('--record <place>', 'with --log: this one only, as transactions/3/1042');
}

/** A mapping file's text, once it is known to be one. */
async function mappingText(path: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new RastroError('RAS-FEED-FILE-NOT-FOUND', { path }, { cause });
  }
  parseMapping(text, path);
  return text;
}

const rejectedOf = ({ settled }: Submission) => settled?.result?.counts.rejected ?? 0;

export function addRejects(program: Command): void {
  const rejects = program
    .command('rejects')
    .description('lines that could not be taken in: list, look at, read again under a mended mapping');

  handle<FilterOptions>(
    addFilter(rejects.command('list').description('submissions with rejected lines')),
    async ({ terminal }, options) => {
      checkFilter(options);
      const filter = logFilterOf(options);
      const config = await configOf(options);
      return withBus(config, async (bus) => {
        if (options.log === true) return listLogRejects(terminal, bus, filter);
        const view = new SubmissionView(bus);
        await view.catchUp();
        const found = withRejects(view, filterOf(options));
        if (terminal.json) terminal.printJson(found.map((submission) => statusOf(submission, 'en')));
        else if (found.length === 0) terminal.print('Nothing is rejected.');
        else
          terminal.print(
            tableText(
              found,
              [
                { title: 'submission', value: ({ claim }) => claim.submissionId },
                { title: 'institution', value: ({ claim }) => claim.institution },
                { title: 'received', value: ({ claim }) => moment(claim.receivedMs) },
                { title: 'mapping', value: ({ claim }) => claim.mapping },
                { title: 'rejected', value: (each) => count(rejectedOf(each)), align: 'right' },
                {
                  title: 'codes',
                  value: ({ settled }) =>
                    [
                      ...Object.entries(settled?.result?.rejectsByCode ?? {}).map(
                        ([code, n]) => `${code} ${n}`,
                      ),
                      ...(settled?.result?.faults ?? []).map(({ code }) => code),
                    ].join(', '),
                },
              ],
              terminal,
            ),
          );
        return EXIT.FINE;
      });
    },
  );

  handle<ConfigOption>(
    addConfigOption(
      rejects
        .command('show <submission>')
        .description('its rejected lines, values masked; or a record of the log, as transactions/3/1042'),
    ),
    async ({ terminal }, options, [id = '']) => {
      const config = await configOf(options);
      const { raw } = await openKeys(config.keys);
      return withBus(config, async (bus) => {
        const place = placeOf(id);
        if (place !== undefined) return showLogRejects(terminal, { bus, rawKey: raw }, { place });
        const view = new SubmissionView(bus);
        await view.catchUp();
        const report = await reportOf({ bus, rawKey: raw }, submissionOf(view, id), 'en');
        if (terminal.json) terminal.printJson(report);
        else {
          for (const { line, field, value, message, code } of report.lines.slice(0, LINES_SHOWN))
            terminal.print(`line ${line}, ${field || 'whole line'}: ${message} [${value}] (${code})`);
          for (const { line, message, code } of report.faults)
            terminal.print(`from line ${line} on: ${message} (${code})`);
          const more = (report.counts?.rejected ?? 0) - LINES_SHOWN;
          if (more > 0) terminal.note(`${count(more)} more; --json shows the first 1,000.`);
        }
        return EXIT.FINE;
      });
    },
  );

  handle<ReplayOptions>(
    addFilter(
      rejects.command('replay').description('read rejected lines again; what was taken in stays as it is'),
    )
      .option(
        '--mapping <file>',
        'a mended mapping, for this once; default: the one that the submission names, as it is now',
      )
      .option('--no-wait', 'ask for it and end')
      .option('--timeout <seconds>', 'wait so long at most', '3600')
      .addHelpText(
        'after',
        `
Example:
  rastro rejects replay --submission sub_… --mapping mended.yaml

  rastro rejects replay --log --code RAS-ENGINE-MESSAGE

A running ingest role does the work. It reads the submission itself, which is kept for seven days. With --log, records that an older
version could not read are appended to their partition again.`,
      ),
    async ({ terminal }, options) => {
      checkFilter(options);
      const logFilter = logFilterOf(options);
      const config = await configOf(options);
      const mapping = options.mapping === undefined ? null : await mappingText(options.mapping);
      const codes = options.code === undefined ? null : [options.code];
      const untilMs = performance.now() + timeoutMsOf(options.timeout);
      return withBus(config, async (bus) => {
        if (options.log === true) {
          const { raw } = await openKeys(config.keys);
          return replayLogRejects(terminal, { bus, rawKey: raw }, logFilter);
        }
        const view = new SubmissionView(bus);
        await view.catchUp();
        if (options.submission !== undefined) submissionOf(view, options.submission);
        const asked: { submission: Submission; attempt: number; before: number }[] = [];
        for (const submission of withRejects(view, filterOf(options))) {
          const before = rejectedOf(submission);
          const attempt = await askReplay({ bus, view }, submission, { mapping, codes, nowMs: Date.now() });
          asked.push({ submission, attempt, before });
        }
        const isDone = ({ submission, attempt }: (typeof asked)[number]) =>
          (submission.settled?.attempt ?? 0) >= attempt;
        while (options.wait && !asked.every(isDone) && performance.now() < untilMs) {
          await sleep(LOOK_MS);
          await view.catchUp();
        }
        const results = asked.map(({ submission, attempt, before }) => ({
          submission: submission.claim.submissionId,
          attempt,
          rejectedBefore: before,
          rejectedNow: (submission.settled?.attempt ?? 0) >= attempt ? rejectedOf(submission) : null,
        }));
        if (terminal.json) terminal.printJson(results);
        else if (results.length === 0) terminal.print(NOTHING_TO_REPLAY);
        else
          for (const { submission, rejectedBefore, rejectedNow } of results)
            terminal.print(
              rejectedNow === null
                ? `${submission}: asked for`
                : `${submission}: ${count(rejectedBefore)} rejected before, ${count(rejectedNow)} now`,
            );
        const isOver = asked.every((each) => !options.wait || isDone(each));
        return isOver && results.every(({ rejectedNow }) => (rejectedNow ?? 0) === 0)
          ? EXIT.FINE
          : EXIT.FAILURE;
      });
    },
  );
}
