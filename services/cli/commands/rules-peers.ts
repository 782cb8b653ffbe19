/** `rastro rules peers`: tables of peers out of a complete day of history. */
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Command } from 'commander';
import { peerTablePath, peerTableText } from '../../../rules/reference/peer-table.ts';
import { RastroError } from '../../../schemas/errors/index.ts';
import type { PeerFile, PeerTableFile } from '../../../schemas/peers.ts';
import { knownNames } from '../../workbench/known-names.ts';
import { hasTables, latestDay, measuredSet } from '../../workbench/peer-publication.ts';
import { DEFINITIONS_MAX, endOfDay, peerKnowledge, peerTables } from '../../workbench/peer-tables.ts';
import type { TrialRun } from '../../workbench/trial-data.ts';
import type { Knowledge } from '../../workspace/knowledge.ts';
import type { RuleTimeline } from '../../workspace/rule-timeline.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit.ts';
import { handle } from '../handle.ts';
import { moment } from '../options.ts';
import { count, type Terminal, tableText } from '../terminal.ts';
import {
  addTrialOptions,
  knowledgeOf,
  printTaken,
  TRIAL_NOTES,
  type TrialBench,
  type TrialOptions,
  withTrials,
} from '../trial-options.ts';
import { publish, type RulesPlace, setsThere } from './rules-peers-publish.ts';

interface PeersOptions extends TrialOptions {
  readonly rules?: string;
  readonly only?: string;
  readonly day: string;
  readonly out?: string;
  readonly publish?: boolean;
}

const LATEST = 'latest';

function chosen({ reference }: Knowledge, only: string | undefined): PeerFile[] {
  const { definitions } = reference.peers;
  const names = only?.split(',').map((name) => name.trim()) ?? [...definitions.keys()].sort();
  const found = names.map((name) => {
    const definition = definitions.get(name);
    if (definition !== undefined) return definition;
    const known = knownNames(name, [...definitions.keys()]);
    throw new RastroError('RAS-CLI-UNKNOWN-NAME', { what: 'definition of peers', name, known });
  });
  if (found.length >= 1 && found.length <= DEFINITIONS_MAX) return found;
  throw new RastroError('RAS-CLI-BAD-OPTION', {
    option: '--only',
    value: String(found.length),
    expected: `1..${DEFINITIONS_MAX} definitions`,
  });
}

function print(terminal: Terminal, tables: readonly PeerTableFile[]): void {
  terminal.print(
    tableText(
      tables,
      [
        { title: 'peers', value: ({ name }) => name },
        { title: 'day', value: ({ day }) => day },
        { title: 'accounts', value: ({ accounts }) => count(accounts), align: 'right' },
        { title: 'groups', value: ({ groups }) => count(groups.length), align: 'right' },
        { title: 'too small', value: ({ groupsTooSmall }) => count(groupsTooSmall), align: 'right' },
        { title: 'sha256', value: ({ sha256 }) => sha256.slice(0, 16) },
      ],
      terminal,
    ),
  );
}

/** Where tables are to be published; undefined where they are not. @throws RastroError RAS-CLI-BAD-OPTION */
function placeOf({ dataDir }: CommandContext, options: PeersOptions): RulesPlace | undefined {
  if (options.publish !== true) return undefined;
  const refuse = (value: string, expected: string) =>
    new RastroError('RAS-CLI-BAD-OPTION', { option: '--publish', value, expected });
  // What is measured is what the rules in force ask for, all of it.
  if (options.rules !== undefined) throw refuse('--rules', 'the definitions of the rules in force');
  if (options.only !== undefined) throw refuse('--only', 'all definitions of the rules in force');
  const isHistory = options.fromStore === true || options.config !== undefined;
  if (!isHistory) throw refuse('files', '--from-store, or --config of a server');
  return { dataDir, ...(options.config === undefined ? {} : { config: options.config }) };
}

const inForceAlready = (day: string) => `Tables of ${day} or a later day are in force already`;

/** Why there is nothing to be published of the day; undefined where there is. Where nothing is published `sets` is empty. */
function whyNothing(sets: RuleTimeline['sets'], day: string): string | undefined {
  const set = measuredSet(sets, day);
  if (set === undefined) return undefined;
  if (set.reference.peers.definitions.size === 0)
    return 'There is nothing to measure: the rules in force have no definitions of peers';
  return hasTables(set, day) ? inForceAlready(day) : undefined;
}

interface Measured {
  /** Empty where `why` says why. */
  readonly tables: readonly PeerTableFile[];
  readonly day: string;
  readonly result: TrialRun;
  readonly why: string | undefined;
}

/**
 * Measures what `whole` asks for. Which day is the latest only the history says: where other rules are in force by then, it is gone over
 * once more with theirs.
 */
async function measure(
  bench: Pick<TrialBench, 'run'> & { readonly sets: RuleTimeline['sets']; readonly options: PeersOptions },
  whole: Knowledge,
  newest: string,
  knownDay = bench.options.day === LATEST ? undefined : newest,
): Promise<Measured> {
  const { run, sets, options } = bench;
  const definitions = chosen(whole, options.only);
  const knowledge = peerKnowledge(whole, definitions);
  let day = newest;
  let tables: PeerTableFile[] = [];
  let why: string | undefined;
  let others: Knowledge | undefined;
  const result = await run(knowledge, 'measuring', async (trial, span) => {
    day = knownDay ?? latestDay(span.lastMs ?? Date.now(), Date.now());
    why = whyNothing(sets, day);
    if (why !== undefined) return;
    const set = measuredSet(sets, day) ?? whole;
    // A history that a limit cut off is refused below, and not taken for all there is the second time.
    const isOther =
      set !== whole &&
      span.stopped === null &&
      knowledge.hash !== peerKnowledge(set, chosen(set, options.only)).hash;
    if (isOther) others = set;
    else tables = await peerTables(trial, { knowledge, definitions, day, span });
  });
  return others === undefined ? { tables, day, result, why } : measure(bench, others, newest, day);
}

export function addRulesPeers(rules: Command): void {
  const command = addTrialOptions(
    rules
      .command('peers [file...]')
      .description(
        'what is usual among peers: exact quantiles of a complete UTC day, one table a definition',
      ),
  )
    .option(
      '--day <date>',
      'the day that the tables are made of; they hold from the next one on; `latest` is the last one that is over',
      LATEST,
    )
    .option('--rules <folder>', 'another catalogue, whose peers/ are measured too')
    .option('--only <names>', 'definitions by name, separated by commas')
    .option('--publish', 'put the tables in force beside the rules that are, where the history is from')
    .option('--out <folder>', 'write <name>.<day>.yaml into this folder, as our-rules/peers')
    .addHelpText(
      'after',
      `
Examples:
  rastro rules peers history.csv --mapping my-bank.yaml --parties parties.ndjson --day 2026-03-01 --out our-rules/peers
  rastro rules peers --from-store --day 2026-03-01 --only cash_share --json
  rastro rules peers --from-store --publish                   once a week: no day is named, twice does no harm
  rastro rules peers --config rastro.yaml --publish

The history must reach past the end of the day and back to the first day of the longest window. A table holds counts and quantiles of
groups, and of no account anything; smaller groups than the definition allows are left out. The same history gives the same bytes.
Tables come into force with \`rastro rules activate FOLDER\`, or with --publish: the rules in force stay what they are and get the tables, and
workers take them while they run. Where tables of that day or a later one are in force, or the rules in force have no definitions, nothing is
done: exit code 0. Exit code 1 with RAS-RULES-PEERS-OTHER: the rules were replaced meanwhile, and nothing is in force.
${TRIAL_NOTES}`,
    );
  handle<PeersOptions>(command, async (context, options, files) => {
    const { terminal } = context;
    // Before a long history is read for nothing.
    if (options.day !== LATEST) endOfDay(options.day);
    const place = placeOf(context, options);
    const sets = place === undefined ? [] : await setsThere(place);
    // No day that is over is later than yesterday: then nothing has to be read.
    const newest = options.day === LATEST ? latestDay(Number.POSITIVE_INFINITY, Date.now()) : options.day;
    const nothing = (day: string, why: string) => {
      if (terminal.json) terminal.printJson({ day, tables: [], activeFrom: [] });
      else terminal.print(`${why}; nothing was done.`);
      return EXIT.FINE;
    };
    const done = whyNothing(sets, newest);
    if (done !== undefined) return nothing(newest, done);
    const whole =
      place === undefined
        ? await knowledgeOf(options.rules, options)
        : (measuredSet(sets, newest) ?? sets[0]!.set);
    return withTrials(context, options, files, async ({ run }) => {
      const { tables, day, result, why } = await measure({ run, sets, options }, whole, newest);
      if (why !== undefined) return nothing(day, why);
      if (options.out !== undefined) {
        await mkdir(options.out, { recursive: true });
        for (const table of tables)
          await writeFile(join(options.out, basename(peerTablePath(table))), peerTableText(table));
      }
      const from = place === undefined ? [] : await publish(place, tables);
      if (place !== undefined && from.length === 0) return nothing(day, inForceAlready(day));
      if (terminal.json)
        terminal.printJson(
          place === undefined
            ? tables
            : { day, tables, activeFrom: from.map((ms) => new Date(ms).toISOString()) },
        );
      else {
        printTaken(terminal, result);
        print(terminal, tables);
        for (const ms of from) terminal.print(`In force from ${moment(ms)} on, beside the rules of then.`);
      }
      return (result.report?.faults.length ?? 0) === 0 ? EXIT.FINE : EXIT.FAILURE;
    });
  });
}
