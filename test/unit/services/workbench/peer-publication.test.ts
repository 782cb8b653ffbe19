/** Tables of peers beside the rules in force: which sets get them, from when on, and that a second time changes nothing. */
import { expect, test } from 'vitest';
import { PeerTableBuilder } from '../../../../rules/reference/peer-table.ts';
import type { PeerTableFile } from '../../../../schemas/peers.ts';
import { activate } from '../../../../services/rule-log/activation.ts';
import { RuleLog } from '../../../../services/rule-log/rule-log.ts';
import {
  hasTables,
  heldFromMs,
  latestDay,
  measuredSet,
  withTables,
} from '../../../../services/workbench/peer-publication.ts';
import {
  compileKnowledge,
  type Knowledge,
  readKnowledgeFiles,
} from '../../../../services/workspace/knowledge.ts';
import { RecordedSets, RuleTimeline } from '../../../../services/workspace/rule-timeline.ts';
import { memoryBus } from '../../../support/memory-bus.ts';

const DAY_MS = 86_400_000;
const MARCH = Date.UTC(2026, 2, 1);
const MAY = Date.UTC(2026, 4, 1);
const files = await readKnowledgeFiles();
const own = compileKnowledge(files);

/** Fifty accounts of one group, the n-th with n, of a share n hundredths. */
function tablesOf(day: string, { reference }: Knowledge = own): PeerTableFile[] {
  return [...reference.peers.definitions.values()].map((definition) => {
    const builder = new PeerTableBuilder(definition);
    const share = definition.unit === 'share' ? 100 : 1;
    for (let n = 1; n <= 50; n++)
      builder.add(
        definition.by.map(() => 'SCIAN:7224'),
        n / share,
      );
    return builder.table(day);
  });
}

const edited = (path: string, edit: (text: string) => string, activeFrom: number) =>
  compileKnowledge({ ...files, texts: { ...files.texts, [path]: edit(files.texts[path]!) } }, { activeFrom });
const tightened = (activeFrom: number) =>
  edited('thresholds/us.yaml', (text) => text.replace("value: '10000'", "value: '20000'"), activeFrom);
const barAt = (set: Knowledge, ms: number) =>
  set.evaluation.peerAt?.('cash_share', 500, ['SCIAN:7224'], ms)?.value ?? null;
const timelineOf = (first: Knowledge, ...others: Knowledge[]) => new RuleTimeline([first, ...others]);

test('the latest day is over in the history, and by the clock', () => {
  const noon = Date.UTC(2026, 2, 10, 12);
  expect(latestDay(noon, noon + DAY_MS)).toBe('2026-03-09');
  expect(latestDay(Date.UTC(2026, 2, 10), noon)).toBe('2026-03-09');
  expect(latestDay(Date.UTC(2026, 2, 10) - 1, noon)).toBe('2026-03-08');
  // A row of next year, as feeds have them.
  expect(latestDay(Date.UTC(2027, 0, 1), noon)).toBe('2026-03-09');
});

test('every set that holds from the day after on gets the tables, and is otherwise what it was', () => {
  const { sets } = timelineOf(
    own,
    tightened(MARCH),
    edited('lists/vasps.yaml', (text) => `${text}\n`, MAY),
  );
  const day = '2026-03-09';
  const fromMs = heldFromMs(day);
  expect(measuredSet(sets, day)?.hash).toBe(sets[1]!.set.hash);
  const changed = withTables(sets, tablesOf(day));
  expect(changed.map(({ activeFrom }) => activeFrom)).toEqual([fromMs, MAY]);
  for (const [i, set] of changed.entries()) {
    expect(set.ruleSet.hash).toBe(sets[i + 1]!.set.ruleSet.hash);
    expect(set.files.texts['thresholds/us.yaml']).toBe(sets[i + 1]!.set.files.texts['thresholds/us.yaml']);
  }
  expect([
    hasTables(sets[1]!.set, day),
    hasTables(changed[0]!, day),
    hasTables(changed[0]!, '2026-03-10'),
  ]).toEqual([false, true, false]);

  const after = changed.reduce(
    (timeline, set) => timeline.with(set),
    timelineOf(own, tightened(MARCH), sets[2]!.set),
  );
  const bars = [fromMs - 1, fromMs, fromMs + 30 * DAY_MS].map(
    (ms) => after.rules.evaluation.peerAt?.('cash_share', 500, ['SCIAN:7224'], ms)?.value ?? null,
  );
  expect(bars).toEqual([null, 0.25, 0.25]);
  // The same again says nothing new of any time.
  for (const set of withTables(after.sets, tablesOf(day)))
    expect(after.with(set).differsFrom(after)).toBe(Number.POSITIVE_INFINITY);
});

test('a table that holds no more is left out of the next set, one that another definition made out of any', () => {
  const first = withTables(timelineOf(own).sets, tablesOf('2026-03-09'))[0]!;
  const within = withTables(timelineOf(own, first).sets, tablesOf('2026-04-12')).at(-1)!;
  expect([barAt(within, heldFromMs('2026-03-09')), barAt(within, heldFromMs('2026-04-12'))]).toEqual([
    0.25, 0.25,
  ]);
  const later = withTables(timelineOf(own, first).sets, tablesOf('2026-04-13')).at(-1)!;
  expect(Object.keys(later.files.texts).filter((path) => path.includes('.2026-'))).toEqual(
    ['cash_on_stays', 'cash_share', 'payroll_share'].map((name) => `peers/${name}.2026-04-13.yaml`),
  );
  const other = edited(
    'peers/cash_share.yaml',
    (text) => text.replace('minAccounts: 30', 'minAccounts: 40'),
    MARCH,
  );
  const [set] = withTables(timelineOf(own, other).sets, tablesOf('2026-03-09'));
  expect(Object.keys(set!.files.texts).filter((path) => path.includes('.2026-'))).toHaveLength(2);
  expect(hasTables(set!, '2026-03-09')).toBe(false);
  expect(withTables(timelineOf(own).sets, [])).toEqual([]);
});

test('on a log: recorded once, placed on every partition, and nothing the second time', async () => {
  const log = new RuleLog(memoryBus({ partitions: 3 }));
  await activate(log, { own, knowledge: tightened(MARCH), dryRun: false });
  const sets = () => {
    const recorded = new RecordedSets();
    for (const { payload } of log.sets) recorded.read(payload);
    return recorded.timeline!.sets;
  };
  for (const expected of [1, 0]) {
    const before = log.sets.length;
    for (const knowledge of withTables(sets(), tablesOf('2026-03-09')))
      await activate(log, { own, knowledge, dryRun: false });
    expect(log.sets.length - before).toBe(expected);
  }
  for (const set of log.sets) expect(await log.missing(set)).toEqual([]);
  expect(barAt(sets().at(-1)!.set, heldFromMs('2026-03-09'))).toBe(0.25);
});
