/** `rastro rules sweep RULE --param NAME`: what another value of a threshold would find, as a curve. */
import { existsSync } from 'node:fs';
import { access, constants, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Command } from 'commander';
import { RastroError } from '../../../schemas/errors/index.ts';
import { onlyOf } from '../../workbench/only.ts';
import {
  numberIn,
  type SweepPoint,
  sweepSvg,
  sweepValues,
  withNow,
  withValue,
} from '../../workbench/sweep.ts';
import { readTruth, type TruthFile, TruthMatch } from '../../workbench/truth-match.ts';
import { EXIT } from '../exit.ts';
import { handle } from '../handle.ts';
import { count, paragraph, type Terminal, tableText } from '../terminal.ts';
import {
  addTrialOptions,
  knowledgeOf,
  printTaken,
  rulesFolder,
  TRIAL_NOTES,
  type TrialOptions,
  withTrials,
} from '../trial-options.ts';
import { writtenTo } from '../written.ts';

interface SweepOptions extends TrialOptions {
  readonly rules?: string;
  readonly param: string;
  readonly from: string;
  readonly to: string;
  readonly steps: string;
  readonly on?: string[];
  readonly truth?: string;
  readonly svg?: string;
}

const STEPS_MAX = 100;
const BAR = 24;

function numberOf(option: string, text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value)) return value;
  throw new RastroError('RAS-CLI-BAD-OPTION', { option, value: text, expected: 'a number' });
}

function stepsOf(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 2 && value <= STEPS_MAX) return value;
  throw new RastroError('RAS-CLI-BAD-OPTION', {
    option: '--steps',
    value: text,
    expected: `2..${STEPS_MAX}`,
  });
}

async function truthOf(path: string | undefined): Promise<TruthFile | null> {
  if (path === undefined) return null;
  if (!existsSync(path)) throw new RastroError('RAS-CLI-NO-FILE', { pattern: path });
  try {
    return readTruth(await readFile(path, 'utf8'));
  } catch (cause) {
    const expected = 'the truth.json that `rastro simulate` writes';
    throw new RastroError('RAS-CLI-BAD-OPTION', { option: '--truth', value: path, expected }, { cause });
  }
}

function print(terminal: Terminal, points: readonly SweepPoint[], param: string, now: number): void {
  const most = Math.max(1, ...points.map(({ signals }) => signals));
  const hasTruth = points.some(({ truth }) => truth !== null);
  terminal.print(
    tableText(
      points,
      [
        { title: param, value: ({ value }) => `${value}${value === now ? ' (now)' : ''}`, align: 'right' },
        { title: 'signals', value: ({ signals }) => count(signals), align: 'right' },
        { title: '', value: ({ signals }) => '█'.repeat(Math.round((BAR * signals) / most)).padEnd(BAR) },
        { title: 'holders', value: ({ holders }) => count(holders), align: 'right' },
        ...(hasTruth
          ? ([
              {
                title: 'cases found',
                value: ({ truth }) => `${truth?.found} of ${truth?.cases}`,
                align: 'right',
              },
              { title: 'look-alikes', value: ({ truth }) => String(truth?.lookalikes), align: 'right' },
              { title: 'on others', value: ({ truth }) => String(truth?.elsewhere), align: 'right' },
            ] as const satisfies readonly {
              title: string;
              value: (point: SweepPoint) => string;
              align: 'right';
            }[])
          : []),
      ],
      terminal,
    ),
  );
  if (hasTruth)
    terminal.print(
      terminal.paint.dim(
        `\n${paragraph('The truth is that of a simulation: invented people. It shows how the rule moves, not how accurate it is.', terminal, '')}`,
      ),
    );
}

export function addRulesSweep(rules: Command): void {
  const command = addTrialOptions(
    rules
      .command('sweep <rule>')
      .description(
        'what other values of a threshold would find, against volume or against a simulation’s truth',
      ),
  )
    .option('--rules <folder>', 'another catalogue')
    .requiredOption('--param <name>', 'the parameter; a name that is none lists them')
    .requiredOption('--from <value>', 'first value')
    .requiredOption('--to <value>', 'last value')
    .option('--steps <n>', 'how many values; the one that stands in the rule is always among them', '8')
    .option('--on <file...>', 'the files of the feed')
    .option('--truth <file>', 'truth.json of `rastro simulate`')
    .option('--svg <file>', 'write the curve as a picture')
    .addHelpText(
      'after',
      `
Examples:
  rastro simulate --transactions 50000 --out feed
  rastro rules sweep SEX-07 --param min_payers --from 8 --to 30 --on feed/transactions.csv --parties feed/parties.ndjson \\
    --truth feed/truth.json --svg sex-07.svg
  rastro rules sweep DEB-01 --param min_payers --from 4 --to 20 --from-store

The data is read once; the rule runs alone with what it reads.
${TRIAL_NOTES}`,
    );
  handle<SweepOptions>(command, async (context, options, [rule = '']) => {
    const { terminal } = context;
    const knowledge = onlyOf(await knowledgeOf(options.rules, options), [rule], rulesFolder(options.rules));
    const now = numberIn(knowledge, rule, options.param);
    const [from, to] = [numberOf('--from', options.from), numberOf('--to', options.to)];
    const values = withNow(
      sweepValues(from, to, stepsOf(options.steps), Number.isInteger(now) && now !== 0),
      now,
    );
    const truth = await truthOf(options.truth);
    const { svg: picture } = options;
    if (picture !== undefined && existsSync(picture))
      throw new RastroError('RAS-RULES-EXISTS', { path: picture });
    // Said before minutes are spent.
    if (picture !== undefined) await writtenTo(picture, () => access(dirname(picture), constants.W_OK));
    return withTrials(context, options, options.on ?? [], async ({ data, run }) => {
      const match = truth === null ? null : new TruthMatch(truth, rule, data.keys);
      const points: SweepPoint[] = [];
      for (const [i, value] of values.entries()) {
        const result = await run(
          withValue(knowledge, rule, options.param, value),
          `${options.param} ${value} (${i + 1} of ${values.length})`,
        );
        if (!terminal.json && i === 0) {
          terminal.print(
            terminal.paint.bold(
              `${rule} over ${count(result.rows)} rows of ${count(result.accounts)} accounts`,
            ),
          );
          printTaken(terminal, result);
        }
        const signals = result.signals.filter((signal) => signal.rule === rule);
        points.push({
          value,
          signals: signals.length,
          holders: new Set(signals.map(({ observedHolder }) => observedHolder)).size,
          perThousandAccounts: result.accounts === 0 ? null : (1000 * signals.length) / result.accounts,
          truth: match?.figures(signals) ?? null,
        });
      }
      const { param, svg } = options;
      if (svg !== undefined)
        await writtenTo(svg, () => writeFile(svg, sweepSvg(points, { rule, param, now }), { flag: 'wx' }));
      if (terminal.json)
        terminal.printJson({ rule, param, now, synthetic: truth !== null, points, svg: svg ?? null });
      else {
        print(terminal, points, param, now);
        if (svg !== undefined) terminal.print(svg);
      }
      return EXIT.FINE;
    });
  });
}
