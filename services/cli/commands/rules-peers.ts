/** `rastro rules peers`: tables of peers out of a complete day of history. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { peerTableText } from '../../../rules/reference/peer-table.ts';
import { RastroError } from '../../../schemas/errors/index.ts';
import type { PeerFile, PeerTableFile } from '../../../schemas/peers.ts';
import { knownNames } from '../../workbench/known-names.ts';
import { DEFINITIONS_MAX, peerKnowledge, peerTables } from '../../workbench/peer-tables.ts';
import type { Knowledge } from '../../workspace/knowledge.ts';
import { EXIT } from '../exit.ts';
import { handle } from '../handle.ts';
import { count, type Terminal, tableText } from '../terminal.ts';
import {
  addTrialOptions,
  knowledgeOf,
  printTaken,
  TRIAL_NOTES,
  type TrialOptions,
  withTrials,
} from '../trial-options.ts';

interface PeersOptions extends TrialOptions {
  readonly rules?: string;
  readonly only?: string;
  readonly day: string;
  readonly out?: string;
}

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

const fileOf = ({ name, day }: PeerTableFile): string => `${name}.${day}.yaml`;

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

export function addRulesPeers(rules: Command): void {
  const command = addTrialOptions(
    rules
      .command('peers [file...]')
      .description(
        'what is usual among peers: exact quantiles of a complete UTC day, one table a definition',
      ),
  )
    .requiredOption('--day <date>', 'the day that the tables are made of; they hold from the next one on')
    .option('--rules <folder>', 'another catalogue, whose peers/ are measured too')
    .option('--only <names>', 'definitions by name, separated by commas')
    .option('--out <folder>', 'write <name>.<day>.yaml into this folder, as our-rules/peers')
    .addHelpText(
      'after',
      `
Examples:
  rastro rules peers history.csv --mapping my-bank.yaml --parties parties.ndjson --day 2026-03-01 --out our-rules/peers
  rastro rules peers --from-store --day 2026-03-01 --only cash_share --json

The history must reach past the end of the day and back to the first day of the longest window. A table holds counts and quantiles of
groups, and of no account anything; smaller groups than the definition allows are left out. The same history gives the same bytes.
Tables come into force with \`rastro rules activate FOLDER\`.
${TRIAL_NOTES}`,
    );
  handle<PeersOptions>(command, async (context, options, files) => {
    const { terminal } = context;
    const whole = await knowledgeOf(options.rules, options);
    const definitions = chosen(whole, options.only);
    const knowledge = peerKnowledge(whole, definitions);
    return withTrials(context, options, files, async ({ run }) => {
      let tables: PeerTableFile[] = [];
      const result = await run(knowledge, 'measuring', async (trial, span) => {
        tables = await peerTables(trial, { knowledge, definitions, day: options.day, span });
      });
      if (options.out !== undefined) {
        await mkdir(options.out, { recursive: true });
        for (const table of tables) await writeFile(join(options.out, fileOf(table)), peerTableText(table));
      }
      if (terminal.json) terminal.printJson(tables);
      else {
        printTaken(terminal, result);
        print(terminal, tables);
      }
      return (result.report?.faults.length ?? 0) === 0 ? EXIT.FINE : EXIT.FAILURE;
    });
  });
}
