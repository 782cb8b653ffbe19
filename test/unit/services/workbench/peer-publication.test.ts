/** Tables of peers beside the rules in force: which sets get them, from when on, and that a second time changes nothing. */
import { expect, test } from 'vitest';
import type { Bus } from '../../../../pipelines/log/bus.ts';
import { PeerTableBuilder } from '../../../../rules/reference/peer-table.ts';
import type { PeerTableFile } from '../../../../schemas/peers.ts';
import { RulesInForce } from '../../../../services/ingest/rules-in-force.ts';
import { activate, activateEach } from '../../../../services/rule-log/activation.ts';
import { RuleLog } from '../../../../services/rule-log/rule-log.ts';
import {
  hasTables,
  heldFromMs,
  latestDay,
  measuredSet,
  nextWithTables,
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
const APRIL = Date.UTC(2026, 3, 1);
const JUNE = Date.UTC(2026, 5, 1);
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
  expect(withTables(after.sets, tablesOf(day))).toEqual([]);
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

/** Puts the tables in force on the log; the event times of what was recorded for it, in the order of the log. */
async function publishOn(
  bus: Bus,
  tables: readonly PeerTableFile[],
  log = new RuleLog(bus),
): Promise<number[]> {
  const done = await activateEach(log, own, ({ sets }) => nextWithTables(sets, tables));
  return done.map(({ activeFrom }) => activeFrom);
}

async function timelineOn(bus: Bus): Promise<RuleTimeline> {
  const log = new RuleLog(bus);
  await log.catchUp();
  const recorded = new RecordedSets();
  for (const { payload } of log.sets) recorded.read(payload);
  return recorded.timeline!;
}

async function busWith(...sets: Knowledge[]): Promise<Bus> {
  const bus = memoryBus({ partitions: 3 });
  for (const knowledge of sets) await activate(new RuleLog(bus), { own, knowledge, dryRun: false });
  return bus;
}

const withVasp = (activeFrom: number) =>
  edited('lists/vasps.yaml', (text) => `${text}# one more\n`, activeFrom);
const otherShare = (activeFrom: number) =>
  edited('peers/cash_share.yaml', (text) => text.replace('minAccounts: 30', 'minAccounts: 40'), activeFrom);

test('on a log: recorded once, placed on every partition, and said only of what was recorded', async () => {
  const bus = await busWith(tightened(MARCH), withVasp(MAY));
  const log = new RuleLog(bus);
  const fromMs = heldFromMs('2026-03-09');
  const tables = tablesOf('2026-03-09');
  // The set of May has them already; the one of the day is recorded last.
  const { sets } = await timelineOn(bus);
  await activate(log, { own, knowledge: withTables(sets, tables)[1]!, dryRun: false });
  for (const expected of [[fromMs], []]) {
    const before = log.sets.length;
    expect(await publishOn(bus, tables, log)).toEqual(expected);
    expect(log.sets.length - before).toBe(expected.length);
  }
  for (const set of log.sets) expect(await log.missing(set)).toEqual([]);
  const after = await timelineOn(bus);
  expect(after.sets.map(({ inForce }) => inForce.fromMs)).toEqual([-Infinity, MARCH, fromMs, MAY]);
  for (const { set } of after.sets.slice(2)) expect(barAt(set, fromMs)).toBe(0.25);
  expect(log.sets.map(({ activeFrom }) => activeFrom).slice(-2)).toEqual([MAY, fromMs]);
});

test('rows go on to be stamped with the newest set, whose tables come before those of others or not at all', () => {
  const stamps = ({ files }: Knowledge) =>
    Object.entries(files.texts).filter(([path]) => !/^peers\/.*\d{4}/.test(path));
  const scenes: { readonly sets: readonly Knowledge[]; readonly from: readonly number[] }[] = [
    // The one of June was recorded before the new list of April.
    { sets: [tightened(JUNE), withVasp(APRIL)], from: [JUNE, MAY] },
    // The newest measures something else, and gets two tables of three.
    { sets: [tightened(APRIL), otherShare(JUNE)], from: [JUNE, MAY] },
    // The newest holds no more by the day.
    { sets: [tightened(APRIL), withVasp(MARCH)], from: [MAY] },
  ];
  const tables = tablesOf('2026-04-30');
  for (const { sets, from } of scenes) {
    let timeline = sets.reduce((all, set) => all.with(set), timelineOf(own));
    const done: number[] = [];
    for (let set = nextWithTables(timeline.sets, tables); set; set = nextWithTables(timeline.sets, tables)) {
      timeline = timeline.with(set);
      done.push(set.activeFrom);
      expect(stamps(timeline.newest)).toEqual(stamps(sets.at(-1)!));
    }
    expect(done).toEqual(from);
  }
});

test('ingest stamps as before, that which runs on and that which starts', async () => {
  const newest = tightened(JUNE);
  const bus = await busWith(withVasp(APRIL), newest);
  const ingest = await RulesInForce.open(bus, own);
  expect(await publishOn(bus, tablesOf('2026-04-30'))).toEqual([JUNE, MAY]);
  await ingest.catchUp();
  const id = own.reference.thresholds.ids.find(
    (one) => own.evaluation.thresholdAt(one, MARCH) !== newest.evaluation.thresholdAt(one, MARCH),
  )!;
  for (const rules of [ingest, await RulesInForce.open(bus, own)])
    expect(rules.reference.thresholds.at(id, MARCH)?.minor).toBe(newest.evaluation.thresholdAt(id, MARCH));
});

test('a newest set that gets no table stays the newest; what changes more than tables is newer', () => {
  const none = edited('peers/cash_share.yaml', (text) => text, JUNE);
  const texts = Object.fromEntries(
    Object.entries(files.texts).map(([path, text]) => [
      path,
      path.startsWith('peers/') ? text.replace(/minAccounts: \d+/, 'minAccounts: 77') : text,
    ]),
  );
  const newest = compileKnowledge({ ...files, texts }, { activeFrom: JUNE });
  let timeline = timelineOf(own).with(newest);
  const changed = withTables(timeline.sets, tablesOf('2026-04-30'));
  expect(changed.map(({ activeFrom }) => activeFrom)).toEqual([MAY]);
  timeline = timeline.with(changed[0]!);
  expect(timeline.newest).toBe(newest);
  expect(timeline.with(none).newest).toBe(none);
  const rates = { name: 'rates.csv', text: 'x' };
  const rated = { ...changed[0]!, files: { ...changed[0]!.files, rates } };
  expect(timeline.with(rated).newest).toBe(rated);
  // A set that has always been in force leaves no other.
  const always = { ...changed[0]!, activeFrom: own.activeFrom };
  expect(timeline.with(always).newest).toBe(always);
});

test('what another one activates meanwhile is kept, and gets the tables', async () => {
  const bus = await busWith(tightened(MARCH), withVasp(MAY));
  const log = new RuleLog(bus);
  await log.catchUp();
  // Behind what the log has read so far; then, between the two sets, one more.
  const higher = (text: string) => text.replace("value: '10000'", "value: '30000'");
  const first = edited('thresholds/us.yaml', higher, MAY);
  const second = edited('thresholds/us.yaml', higher, MARCH);
  await activate(new RuleLog(bus), { own, knowledge: first, dryRun: false });
  let asked = 0;
  const tables = tablesOf('2026-03-09');
  await activateEach(
    {
      get sets() {
        return log.sets;
      },
      catchUp: async () => {
        if (++asked === 2) await activate(new RuleLog(bus), { own, knowledge: second, dryRun: false });
        return log.catchUp();
      },
      record: (set) => log.record(set),
      place: () => log.place(),
    },
    own,
    ({ sets }) => nextWithTables(sets, tables),
  );
  const { sets } = await timelineOn(bus);
  expect(sets.map(({ inForce }) => inForce.fromMs)).toEqual([
    -Infinity,
    MARCH,
    heldFromMs('2026-03-09'),
    MAY,
  ]);
  for (const { set } of sets.slice(1))
    expect(set.files.texts['thresholds/us.yaml']).toBe(first.files.texts['thresholds/us.yaml']);
  for (const { set } of sets.slice(2)) expect(barAt(set, heldFromMs('2026-03-09'))).toBe(0.25);
});

test('tables that no set measures in this way are refused', () => {
  const texts = Object.entries(files.texts).map(([path, text]) => [
    path,
    path.startsWith('peers/') ? text.replace(/minAccounts: \d+/, 'minAccounts: 77') : text,
  ]);
  const others = compileKnowledge({ ...files, texts: Object.fromEntries(texts) });
  expect(() => withTables(timelineOf(others).sets, tablesOf('2026-03-09'))).toThrow(
    expect.objectContaining({ code: 'RAS-RULES-PEERS-OTHER' }),
  );
});
