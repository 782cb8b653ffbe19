/** `rastro demo`: simulate, run, compare with the truth, show one alert in full. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { renderAlert } from '../../../pipelines/compose/index.ts';
import { Pseudonymiser } from '../../../pipelines/ingest/pseudonym.ts';
import type { CaseKind } from '../../../pipelines/simulate/truth.ts';
import type { Alert } from '../../../schemas/alert.ts';
import type { Signal } from '../../../schemas/signal.ts';
import type { Workspace } from '../../workspace/workspace.ts';
import { asked, type CaseVerdict, concerningNobody, isFound, judge } from '../demo-verdict.ts';
import { EXIT } from '../exit.ts';
import { handle } from '../handle.ts';
import { oneOf } from '../options.ts';
import { startProgress } from '../progress.ts';
import { makeTemporaryFolder } from '../temporary-folder.ts';
import { count, type Terminal, tableText } from '../terminal.ts';
import { evidenceOf } from './alerts.ts';
import { printRun, runFiles, runJson } from './run.ts';
import { addSimulateOptions, type SimulateFlags, simulationOf, writeSimulation } from './simulate.ts';

const LANGS = ['en', 'es', 'fr'] as const;

interface DemoFlags extends SimulateFlags {
  readonly lang: string;
  readonly keep?: boolean;
}

interface KindRow {
  readonly kind: CaseKind;
  readonly asked: string;
  readonly verdicts: readonly CaseVerdict[];
}

async function documents<T>(
  workspace: Workspace,
  view: 'alerts_standing' | 'signals_standing',
): Promise<T[]> {
  const out: T[] = [];
  for await (const rows of workspace.store.streamRows<{ doc: string }>(
    `SELECT doc FROM ${view} ORDER BY id`,
  )) {
    for (const row of rows) out.push(JSON.parse(row.doc) as T);
  }
  return out;
}

function byKind(verdicts: readonly CaseVerdict[]): KindRow[] {
  const kinds = [...new Set(verdicts.map((verdict) => verdict.case.kind))];
  return kinds.map((kind) => ({
    kind,
    asked: asked(kind),
    verdicts: verdicts.filter((verdict) => verdict.case.kind === kind),
  }));
}

function tally(verdicts: readonly CaseVerdict[], wanted: (verdict: CaseVerdict) => boolean): string {
  return verdicts.length === 0 ? '-' : `${verdicts.filter(wanted).length} of ${verdicts.length}`;
}

function printVerdicts(terminal: Terminal, verdicts: readonly CaseVerdict[]): void {
  const { bold, green, red } = terminal.paint;
  const rows = byKind(verdicts);
  const of = (row: KindRow, variant: string) =>
    row.verdicts.filter((verdict) => verdict.case.variant === variant);
  const scenarios = rows.filter((row) => !row.verdicts[0]?.case.isLookalike);
  const lookalikes = rows.filter((row) => row.verdicts[0]?.case.isLookalike);
  const verdictText = (row: KindRow) =>
    row.verdicts.every((verdict) => verdict.ok !== false) ? green('ok') : red('MISSED');
  terminal.print(bold('\nScenarios: found on the true collector'));
  terminal.print(
    tableText(
      scenarios,
      [
        { title: '', value: verdictText },
        { title: 'kind', value: (row) => row.kind },
        { title: 'asked', value: (row) => row.asked },
        { title: 'base', value: (row) => tally(of(row, 'base'), isFound), align: 'right' },
        { title: 'evasive', value: (row) => tally(of(row, 'evasive'), isFound), align: 'right' },
        { title: 'truncated', value: (row) => tally(of(row, 'truncated'), isFound), align: 'right' },
        { title: 'missing fields', value: (row) => tally(of(row, 'missing'), isFound), align: 'right' },
        { title: 'what it is', value: (row) => row.verdicts[0]?.case.title ?? '' },
      ],
      terminal,
    ),
  );
  terminal.print(bold('\nLook-alikes: left alone'));
  terminal.print(
    tableText(
      lookalikes,
      [
        {
          title: '',
          value: (row) =>
            row.verdicts.every((verdict) => verdict.ok !== false) ? green('ok') : red('ALERTS'),
        },
        { title: 'kind', value: (row) => row.kind },
        { title: 'asked', value: (row) => row.asked },
        {
          title: 'silent',
          value: (row) => tally(row.verdicts, (verdict) => verdict.ok !== false),
          align: 'right',
        },
        { title: 'what it is', value: (row) => row.verdicts[0]?.case.title ?? '' },
      ],
      terminal,
    ),
  );
}

/** The alert that shows most: a protected holder at one bank, the collector at another. */
function pickAlert(verdicts: readonly CaseVerdict[]): Alert | undefined {
  const found = verdicts
    .filter((verdict) => !verdict.case.isLookalike && verdict.case.variant === 'base')
    .flatMap((verdict) => verdict.alerts);
  const elsewhere = found.filter((alert) => {
    const bank = alert.roles.find((party) => party.subject === alert.subject)?.bank ?? null;
    return alert.roles.some((party) => party.protected && party.bank !== null && party.bank !== bank);
  });
  return [...elsewhere, ...found][0];
}

export function addDemo(program: Command): void {
  const command = addSimulateOptions(
    program.command('demo').description('simulate a feed, run it, and compare what was found with the truth'),
  )
    .option('--lang <lang>', 'language of the alert shown: es | en | fr', 'en')
    .option('--keep', 'keep the data folder and the simulated files')
    .addHelpText(
      'after',
      '\nExit code 1 if a base scenario is missed, a look-alike alerts, or a protected person is harmed.\nScenarios are synthetic: they say what the rules do, not how accurate they are on real people.',
    );
  handle<DemoFlags>(command, async ({ terminal, dataDir }, options) => {
    const lang = oneOf('--lang', options.lang, LANGS);
    const folder = options.keep === true ? dataDir : await makeTemporaryFolder('rastro-demo-');
    try {
      const simulation = simulationOf(options);
      const progress = startProgress(terminal, 'simulating', Number(options.transactions), 'rows');
      const feed = await writeSimulation(
        simulation,
        join(folder, 'feed'),
        { format: 'csv', gzip: false },
        progress,
      );
      progress.stop();
      const { truth } = simulation;
      if (!terminal.json) {
        terminal.print(
          `${count(feed.rows)} simulated transactions of ${count(truth.accounts)} accounts, seed ${truth.seed}. ${truth.note}`,
        );
      }
      const request = {
        files: [feed.transactions],
        mapping: 'canonical',
        parties: [feed.parties],
        partiesMapping: 'canonical-parties',
        knowledge: {},
      };
      return await runFiles({ terminal, dataDir: folder }, request, async (result, workspace) => {
        const alerts = await documents<Alert>(workspace, 'alerts_standing');
        const signals = await documents<Signal>(workspace, 'signals_standing');
        const pseudonyms = new Pseudonymiser(workspace.keys);
        const verdicts = judge(truth, alerts, signals, pseudonyms);
        const failed = verdicts.filter((verdict) => verdict.ok === false);
        const harmed = [...new Set(verdicts.flatMap((verdict) => verdict.harmed))];
        const ok = failed.length === 0 && harmed.length === 0;
        const shown = pickAlert(verdicts);
        if (terminal.json) {
          terminal.printJson({
            ...runJson(result),
            ok,
            harmed,
            kinds: byKind(verdicts).map(({ kind, asked: wanted, verdicts: own }) => ({
              kind,
              asked: wanted,
              ok: own.every((verdict) => verdict.ok !== false),
              cases: own.map(({ case: each, ok: verdict, alerts: about, signals: raised }) => ({
                id: each.id,
                variant: each.variant,
                ok: verdict,
                alerts: about.map((alert) => alert.id),
                signals: raised.map((signal) => signal.id),
              })),
            })),
            alert: shown ?? null,
          });
          return ok ? EXIT.FINE : EXIT.FAILURE;
        }
        printRun(terminal, result);
        printVerdicts(terminal, verdicts);
        const outside = concerningNobody(truth, alerts, pseudonyms).length;
        terminal.print(
          `\n${count(outside)} alerts concern nobody of a case; ${harmed.length} protected people have a score or a proposed restraint.`,
        );
        if (shown !== undefined) {
          terminal.print(terminal.paint.bold('\nOne alert in full\n'));
          const evidence = await evidenceOf(workspace.store, shown);
          terminal.print(
            renderAlert(shown, lang, {
              width: Math.min(terminal.width, 120),
              colour: terminal.colour,
              transactionOf: (ref) => evidence.get(`${ref.institution}\u0000${ref.id}\u0000${ref.version}`),
            }),
          );
        }
        if (options.keep === true)
          terminal.print(`\nkept in ${folder}: \`rastro alerts list --data-dir ${folder}\``);
        for (const { case: each } of failed)
          terminal.print(
            terminal.paint.red(
              `${each.id} (${each.kind} ${each.variant}): ${each.isLookalike ? 'alerts' : 'missed'}`,
            ),
          );
        return ok ? EXIT.FINE : EXIT.FAILURE;
      });
    } finally {
      if (options.keep !== true) await rm(folder, { recursive: true, force: true });
    }
  });
}
