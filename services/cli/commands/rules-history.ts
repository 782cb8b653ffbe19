/** `rastro rules history`: the rule sets of a data folder or of the log, from when to when each is in force, what each changed. */
import { join } from 'node:path';
import type { Command } from 'commander';
import type { LogRecord } from '../../../pipelines/log/port.ts';
import { setAt } from '../../../rules/compiler/index.ts';
import { readFileLog } from '../../log/file/file-log.ts';
import type { Knowledge } from '../../workspace/knowledge.ts';
import { differenceOf, type SetDifference } from '../../workspace/rule-difference.ts';
import { RecordedSets } from '../../workspace/rule-timeline.ts';
import { EXIT } from '../exit.ts';
import { handle } from '../handle.ts';
import { moment } from '../options.ts';
import { printDifference } from './rules-difference.ts';
import { LOG_OPTION, type LogOption, setsOfLog } from './rules-log.ts';

interface HistoryEntry {
  readonly offset: number;
  readonly sha256: string;
  readonly knowledge: Knowledge | undefined;
  /** To the set that was in force at its beginning; null where it does not compile any more. */
  readonly difference: SetDifference | null;
}

type RecordAt = Pick<LogRecord, 'offset' | 'payload'>;

async function* recordsOfFolder(dataDir: string): AsyncGenerator<RecordAt> {
  for await (const record of readFileLog(join(dataDir, 'log'))) if (record.kind === 'rules') yield record;
}

async function readHistory(
  records: AsyncIterable<RecordAt> | Iterable<RecordAt>,
): Promise<{ entries: HistoryEntry[]; recorded: RecordedSets }> {
  const recorded = new RecordedSets();
  const entries: HistoryEntry[] = [];
  for await (const { offset, payload } of records) {
    const before = recorded.timeline;
    const { sha256, activeFrom } = recorded.read(payload);
    const { timeline } = recorded;
    const knowledge =
      timeline === undefined || timeline === before ? undefined : setAt(timeline.sets, activeFrom);
    const earlier = before === undefined ? undefined : setAt(before.sets, activeFrom);
    const difference = knowledge === undefined ? null : differenceOf(earlier, knowledge);
    entries.push({ offset, sha256, knowledge, difference });
  }
  return { entries, recorded };
}

/** A bound of an interval as ISO time; null where it has none. */
function isoOf(timeMs: number): string | null {
  return Number.isFinite(timeMs) ? new Date(timeMs).toISOString() : null;
}

function intervalText({
  from,
  until,
}: {
  readonly from: string | null;
  readonly until: string | null;
}): string {
  const start = from === null ? 'always' : `from ${moment(Date.parse(from))}`;
  return until === null ? start : `${start} until ${moment(Date.parse(until))}`;
}

export function addRulesHistory(rules: Command): void {
  const history = rules
    .command('history')
    .description('the rule sets of the data folder, when each is in force, and what each changed')
    .option(...LOG_OPTION);
  handle<LogOption>(history, async ({ terminal, dataDir }, { config }) => {
    const records =
      config === undefined
        ? recordsOfFolder(dataDir)
        : (await setsOfLog(config)).map(({ ordinal, payload }) => ({ offset: ordinal, payload }));
    const { entries, recorded } = await readHistory(records);
    const shown = entries.map(({ offset, sha256, knowledge, difference }) => {
      const inForce = recorded.timeline?.sets.find(({ set }) => set === knowledge)?.inForce;
      return {
        offset,
        sha256,
        ruleSet: knowledge?.ruleSet.hash ?? null,
        inForce:
          inForce === undefined ? null : { from: isoOf(inForce.fromMs), until: isoOf(inForce.untilMs) },
        difference,
      };
    });
    if (terminal.json) {
      terminal.printJson(shown);
      return EXIT.FINE;
    }
    if (shown.length === 0)
      terminal.print(
        'No rule set is recorded here. `rastro run FILE` and `rastro ingest` record the one that they use.',
      );
    const { bold, dim } = terminal.paint;
    for (const { offset, sha256, inForce, difference } of shown) {
      const when = inForce === null ? dim('replaced') : intervalText(inForce);
      terminal.print(`${String(offset).padStart(6)}  ${bold(sha256.slice(0, 16))}  ${when}`);
      if (difference === null) terminal.print('        does not compile with this version of rastro');
      else printDifference(terminal, difference, '        ');
    }
    return EXIT.FINE;
  });
}
