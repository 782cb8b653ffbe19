/** `rastro signals list|show ID`: which rules are true for whom, and on which values. */
import type { Command } from 'commander';
import { RastroError } from '../../../schemas/errors/index.ts';
import type { Signal } from '../../../schemas/signal.ts';
import { EXIT } from '../exit.ts';
import { handle } from '../handle.ts';
import { limitOf, moment } from '../options.ts';
import { SERVER_OPTION, type ServerOption, withChosenStore } from '../server-store.ts';
import { tableText } from '../terminal.ts';

interface SignalRow {
  readonly id: string;
  readonly version: string;
  readonly rule: string;
  readonly observed_on: string;
  readonly strength_milli: number;
  readonly event_time_ms: string;
  readonly evidence_count: string;
  readonly attributed: readonly string[];
}

interface ListOptions {
  readonly rule?: string;
  readonly subject?: string;
  readonly limit: string;
}

const LIST = `
SELECT id, version, rule, observed_on, strength_milli, toUnixTimestamp64Milli(event_time) AS event_time_ms, evidence_count,
       JSONExtract(doc, 'attributions', 'Array(Tuple(subject String))').subject AS attributed
FROM signals_shown
WHERE ({rule:String} = '' OR rule = {rule:String})
  AND ({subject:String} = '' OR observed_on = {subject:String} OR endsWith(observed_on, concat(':', {subject:String}))
       OR has(attributed, {subject:String}))
ORDER BY event_time DESC, id
LIMIT {limit:UInt32}`;

function nothingStands({ config, rule, subject }: ServerOption & ListOptions): string {
  if (rule !== undefined || subject !== undefined) return 'No signal stands that is asked for.';
  return `No signal stands. ${config === undefined ? '`rastro run FILE` reads a feed; `rastro demo` shows what one looks like.' : 'Workers write them, when rows come.'}`;
}

export function addSignals(program: Command): void {
  const signals = program
    .command('signals')
    .description('the signals that stand: one rule true for one subject');

  const list = signals
    .command('list')
    .description('standing signals, newest first')
    .option('--rule <id>', 'only this rule')
    .option('--subject <key>', 'only those observed on, or attributed to, this subject')
    .option('--limit <n>', 'at most so many', '50')
    .option(...SERVER_OPTION)
    .addHelpText('after', '\nExample:\n  rastro signals list --rule SEX-08');
  handle<ServerOption & ListOptions>(list, async ({ terminal, dataDir }, options) => {
    const params = {
      rule: options.rule ?? '',
      subject: options.subject ?? '',
      limit: limitOf(options.limit),
    };
    const rows = await withChosenStore(dataDir, options.config, (store) =>
      store.queryRows<SignalRow>(LIST, params),
    );
    if (terminal.json) {
      terminal.printJson(
        rows.map((row) => ({
          id: row.id,
          version: Number(row.version),
          rule: row.rule,
          observedOn: row.observed_on,
          attributedTo: row.attributed,
          strengthMilli: row.strength_milli,
          eventTime: Number(row.event_time_ms),
          evidence: Number(row.evidence_count),
        })),
      );
      return EXIT.FINE;
    }
    if (rows.length === 0) {
      terminal.print(nothingStands(options));
      return EXIT.FINE;
    }
    terminal.print(
      tableText(
        rows,
        [
          { title: 'rule', value: (row) => row.rule },
          { title: 'observed on', value: (row) => row.observed_on },
          { title: 'strength', value: (row) => (row.strength_milli / 1000).toFixed(2), align: 'right' },
          { title: 'as of', value: (row) => moment(Number(row.event_time_ms)) },
          { title: 'evidence', value: (row) => row.evidence_count, align: 'right' },
          { title: 'v', value: (row) => row.version, align: 'right' },
          { title: 'id', value: (row) => row.id },
        ],
        terminal,
      ),
    );
    return EXIT.FINE;
  });

  const show = signals
    .command('show <id>')
    .description('one signal: values against thresholds, attribution, evidence')
    .option(...SERVER_OPTION);
  handle<ServerOption>(show, async ({ terminal, dataDir }, { config }, [id = '']) => {
    const [row] = await withChosenStore(dataDir, config, (store) =>
      store.queryRows<{ doc: string; status: string; replaced_by: string }>(
        "SELECT doc, status, replaced_by FROM signals_current WHERE id = {id:String} AND JSONExtractBool(doc, 'shadow') = 0",
        { id },
      ),
    );
    if (row === undefined)
      throw new RastroError('RAS-CLI-NOT-FOUND', { what: 'signal', id, list: 'rastro signals list' });
    const signal = JSON.parse(row.doc) as Signal;
    if (terminal.json) {
      terminal.printJson({ ...signal, status: row.status, replacedBy: row.replaced_by });
      return EXIT.FINE;
    }
    const { bold, dim } = terminal.paint;
    terminal.print(bold(`${signal.rule} ${signal.ruleVersion} on ${signal.observedOn}`));
    if (row.status !== 'standing')
      terminal.print(`withdrawn${row.replaced_by === '' ? '' : `, replaced by ${row.replaced_by}`}`);
    terminal.print(
      `version ${signal.version}, opened ${moment(signal.openedAt)}, as of ${moment(signal.eventTime)}`,
    );
    terminal.print(
      `strength ${(signal.strengthMilli / 1000).toFixed(2)}, family ${signal.family}, weight ${signal.weight}, holder's role: ${signal.holderRole}`,
    );
    terminal.print();
    terminal.print(
      tableText(
        signal.features,
        [
          { title: 'feature', value: (feature) => feature.name },
          {
            title: 'value',
            value: (feature) => (feature.value === null ? 'unknown' : String(feature.value)),
            align: 'right',
          },
          { title: '', value: (feature) => feature.operator ?? '' },
          {
            title: 'threshold',
            value: (feature) => (feature.threshold === undefined ? '' : String(feature.threshold)),
            align: 'right',
          },
          { title: 'unit', value: (feature) => feature.unit ?? '' },
          {
            title: 'note',
            value: (feature) =>
              feature.unknownBecause ?? ((feature.missing ?? 0) > 0 ? `${feature.missing} left out` : ''),
          },
        ],
        terminal,
      ),
    );
    terminal.print();
    for (const attribution of signal.attributions) {
      terminal.print(`falls on ${attribution.subject} as ${attribution.role}, weight ${attribution.weight}`);
    }
    for (const { table, quantileMilli, group, value, day, accounts } of signal.peers ?? []) {
      terminal.print(
        day === null
          ? `peers ${table}.p${quantileMilli}: unknown, no table or group as of the event`
          : `peers ${table}.p${quantileMilli}: ${String(value)}, of ${accounts} accounts (${group?.join(', ')}) on ${day}`,
      );
    }
    for (const test of signal.benign) terminal.print(`benign test ${test.id}: ${test.result}`);
    const { transactions, signals: read = [], count } = signal.evidence;
    terminal.print(`evidence: ${count}, hash ${dim(signal.evidence.hash)}`);
    for (const ref of transactions.slice(0, 20))
      terminal.print(`  ${ref.institution} ${ref.id} v${ref.version}`);
    for (const signalId of read.slice(0, 20)) terminal.print(`  ${signalId}`);
    if (count > 20) terminal.print(dim(`  … ${count - 20} more (--json shows up to 1,000)`));
    return EXIT.FINE;
  });
}
