/** `rastro feed check|map`: what a bank does before it sends anything. */
import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { FeedCheck, type FeedReport } from '../../../pipelines/ingest/check.ts';
import { decodeFeed, decodeParties } from '../../../pipelines/ingest/decode.ts';
import { proposeMapping } from '../../../pipelines/ingest/propose.ts';
import { rejectCsv } from '../../../pipelines/ingest/reject-csv.ts';
import { readSample } from '../../../pipelines/ingest/sample.ts';
import { isEvaluated, requirementsOf } from '../../../rules/compiler/index.ts';
import type { Lang } from '../../../schemas/errors/index.ts';
import { loadMapping, shippedMappings } from '../../feeds/mappings.ts';
import { openSources } from '../../feeds/sources.ts';
import { loadKnowledge } from '../../workspace/knowledge.ts';
import { EXIT } from '../exit.ts';
import { handle } from '../handle.ts';
import { addFeedOptions, type FeedOptions, oneOf } from '../options.ts';
import { startProgress } from '../progress.ts';
import { count, type Terminal, tableText } from '../terminal.ts';

const LANGS = ['en', 'es', 'fr'] as const;
/** Rejects printed one by one; `--json` lists the first 1,000. */
const REJECTS_SHOWN = 20;

function printCounts(terminal: Terminal, report: FeedReport, lang: Lang): void {
  const { bold, red } = terminal.paint;
  terminal.print(
    bold(
      `${count(report.read)} read = ${count(report.accepted)} accepted + ${count(report.rejected)} rejected + ${count(report.duplicates)} duplicates`,
    ),
  );
  if (report.firstDay !== null) terminal.print(`local days ${report.firstDay} to ${report.lastDay}`);
  for (const fault of report.faults)
    terminal.print(
      red(`${fault.file} line ${fault.line}: ${fault.code} ${fault.message[lang]} ${fault.hint[lang]}`),
    );
  for (const notice of report.notices)
    terminal.print(terminal.paint.yellow(`${notice.code} ${notice.message[lang]} ${notice.hint[lang]}`));
  if (report.rejectedByCode.length > 0) {
    terminal.print();
    terminal.print(
      tableText(
        report.rejectedByCode,
        [
          { title: 'rejected by', value: (row) => row.code },
          { title: 'rows', value: (row) => count(row.count), align: 'right' },
          { title: 'first at line', value: (row) => count(row.line), align: 'right' },
          { title: 'what to do', value: (row) => row.hint[lang] },
        ],
        terminal,
      ),
    );
    for (const reject of report.rejects.slice(0, REJECTS_SHOWN)) {
      terminal.print(
        `  line ${reject.line}, byte ${reject.byteOffset}${reject.field === '' ? '' : `, ${reject.field}`}: ${reject.message[lang]}`,
      );
    }
    if (report.rejected > REJECTS_SHOWN)
      terminal.print(
        terminal.paint.dim(`  … ${count(report.rejected - REJECTS_SHOWN)} more (--json lists up to 1,000)`),
      );
  }
}

function share(counts: Readonly<Record<string, number | undefined>>): string {
  const entries = Object.entries(counts).map(([name, n]) => [name, n ?? 0] as const);
  const total = entries.reduce((sum, [, n]) => sum + n, 0);
  return entries.map(([name, n]) => `${name} ${((100 * n) / Math.max(total, 1)).toFixed(0)} %`).join(', ');
}

function printContent(terminal: Terminal, report: FeedReport): void {
  if (report.accepted === 0) return;
  terminal.print();
  terminal.print(`precision of times: ${share(report.byPrecision)}`);
  terminal.print(`coverage: ${share(report.byCoverage)}`);
  terminal.print();
  terminal.print(
    tableText(
      report.totals,
      [
        { title: 'currency', value: (total) => total.ccy },
        { title: 'rows', value: (total) => count(total.rows), align: 'right' },
        { title: 'control total', value: (total) => total.amount, align: 'right' },
      ],
      terminal,
    ),
  );
}

const VERDICT = { evaluable: 'yes', partly: 'partly', not: 'no' } as const;

function printRules(terminal: Terminal, report: FeedReport): void {
  const { bold, green, yellow, dim } = terminal.paint;
  const paint = { evaluable: green, partly: yellow, not: dim };
  const evaluable = report.rules.filter((rule) => rule.verdict === 'evaluable').length;
  terminal.print();
  terminal.print(
    bold(`With this feed ${evaluable} of ${report.rules.length} rules over transactions are evaluable:`),
  );
  terminal.print(
    tableText(
      report.rules,
      [
        { title: 'rule', value: (rule) => rule.rule },
        { title: 'evaluable', value: (rule) => paint[rule.verdict](VERDICT[rule.verdict]) },
        { title: 'title', value: (rule) => rule.title },
        {
          title: 'what is missing',
          value: (rule) =>
            rule.shortfalls
              .map(
                ({ what, name, share: rows, why }) =>
                  `${what === 'field' ? '' : `${what} `}${name}${why === 'some' ? ` (${(100 * rows).toFixed(0)} % of rows)` : why === 'empty' ? ' (empty)' : ''}`,
              )
              .join(', '),
        },
      ],
      terminal,
    ),
  );
}

interface CheckFlags extends FeedOptions {
  readonly rejects?: string;
  readonly lang: string;
}

/** What party files beside the feed provide, by the names that rules ask for. */
async function partyProvides(files: readonly string[], mappingName: string): Promise<string[]> {
  const provided = new Set<string>();
  if (files.length === 0) return [];
  const mapping = await loadMapping(mappingName);
  for (const source of await openSources(files)) {
    for await (const outcomes of decodeParties({ source, mapping })) {
      for (const outcome of outcomes)
        if (outcome.kind === 'feed') for (const name of outcome.provided) provided.add(name);
    }
  }
  return [...provided];
}

export function addFeed(program: Command): void {
  const feed = program.command('feed').description('look at a feed before it is sent: nothing is stored');

  const check = addFeedOptions(
    feed
      .command('check <file...>')
      .description(
        'validate offline with the code that ingests: counts, rejects, coverage, and which rules the feed can evaluate',
      ),
  )
    .option('--rejects <file>', 'write the rejects, masked, as CSV for a spreadsheet')
    .option('--lang <lang>', 'es | en | fr', 'en')
    .addHelpText(
      'after',
      '\nExample:\n  rastro feed check march.csv --mapping spei-statement --lang es\n\nExit code 1 if anything was rejected or cut off.',
    );
  handle<CheckFlags>(check, async ({ terminal }, options, files) => {
    const lang = oneOf('--lang', options.lang, LANGS);
    const mapping = await loadMapping(options.mapping);
    const { ruleSet } = await loadKnowledge();
    const requirements = requirementsOf(ruleSet)
      .filter(isEvaluated)
      .map(({ rule, title, needs }) => ({ rule, title: title[lang], needs }));
    const checking = new FeedCheck(
      requirements,
      await partyProvides(options.parties ?? [], options.partiesMapping),
    );
    const sources = await openSources(files, process.stdin);
    const total = sources.reduce((sum, source) => sum + (source.sizeBytes ?? 0), 0);
    const progress = startProgress(terminal, 'checking', total, 'bytes');
    let before = 0;
    for (const source of sources) {
      const { institution } = options;
      checking.beginFile(source.name);
      for await (const outcomes of decodeFeed({
        source,
        mapping,
        ...(institution === undefined ? {} : { institution }),
      })) {
        checking.add(outcomes);
        progress.update(before + source.bytesRead());
      }
      checking.endFile();
      before += source.bytesRead();
    }
    progress.stop();
    const report = checking.report();
    if (options.rejects !== undefined)
      await writeFile(options.rejects, await rejectCsv(report.rejects, lang));
    if (terminal.json) terminal.printJson(report);
    else {
      printCounts(terminal, report, lang);
      printContent(terminal, report);
      printRules(terminal, report);
    }
    return report.rejected === 0 && report.faults.length === 0 ? EXIT.FINE : EXIT.FAILURE;
  });

  const map = feed
    .command('map <file>')
    .description('propose a mapping from the header and the first rows; print it as YAML')
    .option('--id <id>', 'id of the mapping', 'my-bank')
    .addHelpText(
      'after',
      '\nExample:\n  rastro feed map march.csv > my-bank.yaml\n  rastro feed check march.csv --mapping my-bank.yaml',
    );
  handle<{ id: string }>(map, async ({ terminal }, options, [file = '']) => {
    const [source] = await openSources([file], process.stdin);
    if (source === undefined) return EXIT.FAILURE;
    const proposal = proposeMapping({ id: options.id, ...(await readSample(source)) });
    if (terminal.json) terminal.printJson(proposal);
    else {
      terminal.print(proposal.yaml.trimEnd());
      for (const question of proposal.questions) terminal.note(`to decide: ${question}`);
    }
    return EXIT.FINE;
  });

  handle(feed.command('mappings').description('the mappings that ship'), async ({ terminal }) => {
    const mappings = await Promise.all((await shippedMappings()).map((name) => loadMapping(name)));
    if (terminal.json)
      terminal.printJson(mappings.map(({ id, version, kind, title }) => ({ id, version, kind, title })));
    else
      terminal.print(
        tableText(
          mappings,
          [
            { title: 'mapping', value: (mapping) => mapping.id },
            { title: 'of', value: (mapping) => mapping.kind },
            { title: 'what', value: (mapping) => mapping.title ?? '' },
          ],
          terminal,
        ),
      );
    return EXIT.FINE;
  });
}
