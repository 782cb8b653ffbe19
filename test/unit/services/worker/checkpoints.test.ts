/**
 * A worker that goes on from its checkpoint says what one says that began with the log and was never stopped; where a checkpoint does
 * not go with logs and store, it says why and begins with an older one, or with the log.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { recordsOf } from '../../../../pipelines/engine/parts.ts';
import type { NewRecord, TopicRecord } from '../../../../pipelines/log/bus.ts';
import { kindsOfRules, type RoutedBlock, Router } from '../../../../pipelines/partition/router.ts';
import { Random } from '../../../../pipelines/simulate/random.ts';
import type { AttributedHeader, ObservedHeader } from '../../../../schemas/signal-messages.ts';
import { type Knowledge, loadKnowledge } from '../../../../services/workspace/knowledge.ts';
import { encodeReference } from '../../../../services/workspace/reference-record.ts';
import { type MemoryBus, memoryBus } from '../../../support/memory-bus.ts';
import { arriving, blockOf, SOME_FEED } from '../../../support/partition-play.ts';
import type { Item } from '../../../support/play.ts';
import {
  SUBMITTING,
  shuffled,
  smallParties,
  smallRows,
  writeSmallRules,
} from '../../../support/small-world.ts';
import { MemoryWorkerStore, WorkerLife } from '../../../support/worker-life.ts';

const PARTITIONS = 3;
const MOVEMENTS = 80;
const DAYS = 20;
const BLOCK_ROWS = 7;

let knowledge: Knowledge;
let records: NewRecord[];
let expected: string[];
let folders = 0;
const root = mkdtempSync(join(tmpdir(), 'rastro-test-'));
const newFolder = () => {
  const folder = join(root, String(++folders));
  mkdirSync(folder);
  return folder;
};
afterAll(() => rmSync(root, { recursive: true, force: true }));

const recordOf = ({ partition, kind, bytes }: RoutedBlock): NewRecord => ({
  partition,
  key: null,
  headers: { kind },
  value: bytes,
});

function sent(seed: number): NewRecord[] {
  const parties: Item[] = smallParties().map((party) => ({ party }));
  const rows: Item[] = smallRows(seed, MOVEMENTS, DAYS).map((row) => ({ row }));
  const router = new Router({ partitions: PARTITIONS, kinds: kindsOfRules(knowledge.ruleSet) });
  const out: NewRecord[] = [];
  const everywhere = (value: Uint8Array) => {
    out.push(...router.close().map(recordOf));
    for (let partition = 0; partition < PARTITIONS; partition++)
      out.push({ partition, key: null, headers: { kind: 'reference' }, value });
  };
  for (const [providedId, provided] of SOME_FEED)
    everywhere(
      encodeReference({
        feeds: [
          {
            providedId,
            mapping: 'canonical@1',
            provided: [...provided],
            coverage: null,
            coverageByInstitution: {},
          },
        ],
      }),
    );
  const waiting = [];
  for (const item of arriving([...parties, ...shuffled(rows, seed)], SUBMITTING, knowledge.reference)) {
    if ('step' in item) {
      if (item.step.kind !== 'declare') throw new Error(item.step.kind);
      const { institution, fromMs } = item.step;
      everywhere(encodeReference({ declarations: [{ institution, fromMs }] }));
    } else if ('row' in item) waiting.push(item.row);
    if (waiting.length < BLOCK_ROWS) continue;
    out.push(
      ...router.route(blockOf(waiting.splice(0))).blocks.map(recordOf),
      ...router.close().map(recordOf),
    );
  }
  if (waiting.length > 0) out.push(...router.route(blockOf(waiting)).blocks.map(recordOf));
  out.push(...router.close().map(recordOf));
  return out;
}

/** A cluster and a store, and workers over them one after the other, each on a disk of its own. */
class Course {
  readonly bus = memoryBus({ partitions: PARTITIONS });
  readonly store = new MemoryWorkerStore();
  readonly random: Random;

  constructor(seed: number) {
    this.random = new Random(seed);
  }

  start(folder: string): Promise<WorkerLife> {
    const { bus, store, random } = this;
    return WorkerLife.start({ bus, store, knowledge, random, folder });
  }

  async send(from: number, until = records.length): Promise<void> {
    await this.bus.append('transactions', records.slice(from, until));
  }
}

beforeAll(async () => {
  knowledge = await loadKnowledge({ rulesDir: writeSmallRules(newFolder()) });
  records = sent(10);
  const course = new Course(1);
  await course.send(0);
  const worker = await course.start(newFolder());
  await worker.work();
  expected = course.store.lines;
});

/** Half of the log, a checkpoint, and a little more, of which nobody knows where it was cut. */
async function stopped(course: Course): Promise<string> {
  const half = records.length >>> 1;
  await course.send(0, half);
  const first = await course.start(newFolder());
  await first.work();
  await first.saved();
  await course.send(half, half + 20);
  await first.work(course.random.int(0, 20));
  const disk = newFolder();
  first.diskCopy(disk);
  await course.send(half + 20);
  return disk;
}

const generationsOf = (disk: string, partition: number) =>
  join(disk, 'checkpoints', `transactions-${partition}`, 'generations');

async function ends(course: Course, disk: string): Promise<WorkerLife> {
  const second = await course.start(disk);
  await second.work();
  expect(course.store.lines).toEqual(expected);
  return second;
}

/** All records of `signals`. */
async function signalRecords(bus: MemoryBus): Promise<TopicRecord[]> {
  const records: TopicRecord[] = [];
  for (const [partition, { begin, end }] of (await bus.ranges('signals')).entries())
    for await (const record of bus.read('signals', partition, begin, end)) records.push(record);
  return records;
}

const textOf = ({ value }: TopicRecord): string => Buffer.from(value as Uint8Array).toString();

/** The first line of a message. */
const headerOf = <T>(record: TopicRecord): T => JSON.parse(textOf(record).split('\n', 1)[0] as string) as T;

/** Of each subject to whom the signals of a holder were told, whether some stand by the last record. */
async function attributedLast(bus: MemoryBus, holder: string): Promise<boolean[]> {
  const last = new Map<string, boolean>();
  for (const record of await signalRecords(bus)) {
    if (record.key?.startsWith('attributed ') !== true) continue;
    const message = headerOf<AttributedHeader>(record);
    if (message.holder === holder) last.set(message.subject, message.signals.length > 0);
  }
  return [...last.values()];
}

/** What stands last on a source, of whose signals somebody was told; under which key. */
async function toldToAnother(
  bus: MemoryBus,
): Promise<{ partition: number; key: string; message: ObservedHeader; text: string }> {
  for (const record of (await signalRecords(bus)).reverse()) {
    const { partition, key } = record;
    if (key?.startsWith('observed ') !== true) continue;
    const message = headerOf<ObservedHeader>(record);
    if (message.signals.length === 0 || !(await attributedLast(bus, message.holder)).includes(true)) continue;
    return { partition, key: key.slice(0, key.lastIndexOf('#')), message, text: textOf(record) };
  }
  throw new Error('nobody was told anything');
}

const offsets = (worker: WorkerLife) => worker.of('partition.assigned').map(({ offset }) => offset as number);

describe('a worker', () => {
  test('says something', () => {
    expect(expected.length).toBeGreaterThan(10);
    expect(expected.some((line) => line.includes(' alt_'))).toBe(true);
  });

  test.each([1, 2, 3])('goes on from its checkpoint, wherever it was killed (%i)', async (seed) => {
    const course = new Course(seed);
    const second = await ends(course, await stopped(course));
    expect(offsets(second)).toHaveLength(PARTITIONS);
    for (const offset of offsets(second)) expect(offset).toBeGreaterThan(0);
    expect(second.of('checkpoint.refused')).toEqual([]);
  });

  test('goes on from checkpoint to checkpoint', async () => {
    const course = new Course(9);
    let disk = newFolder();
    let before = 0;
    for (let at = 0; at < records.length; at += 40) {
      const worker = await course.start(disk);
      await course.send(at, at + 40);
      await worker.work();
      await worker.saved();
      const reached = offsets(worker).reduce((sum, offset) => sum + offset, 0);
      expect(reached).toBeGreaterThanOrEqual(before);
      before = reached;
      disk = newFolder();
      worker.diskCopy(disk);
    }
    expect(before).toBeGreaterThan(0);
    expect(course.store.lines).toEqual(expected);
    for (const partition of [0, 1, 2])
      expect(readdirSync(generationsOf(disk, partition)).length).toBeLessThanOrEqual(2);
  });

  test('takes back what one that was killed said behind its checkpoint and would have taken back', async () => {
    const course = new Course(4);
    const { bus, store } = course;
    await course.send(0);
    const first = await course.start(newFolder());
    await first.work();
    const found = await toldToAnother(bus);
    /** What stands on the source from now on, as of a later position each time. */
    let asOf = 1_000_000;
    const observe = async (text: string) => {
      const value = Buffer.from(text);
      const { partition, key } = found;
      await bus.append('signals', recordsOf({ partition, key, kind: 'observed', asOf: ++asOf, value }));
    };
    const nothing = JSON.stringify({
      ...found.message,
      signals: [],
      transactions: 0,
      feeds: {},
      readings: 0,
    });
    await observe(nothing);
    await first.work();
    const without = store.lines;
    await first.saved();
    const disk = newFolder();
    first.diskCopy(disk);
    await observe(found.text);
    await first.work();
    expect(store.lines).toEqual(expected);
    expect(await attributedLast(bus, found.message.holder)).toContain(true);
    await observe(nothing);

    const second = await course.start(disk);
    await second.work(Number.POSITIVE_INFINITY, () => Number.POSITIVE_INFINITY);
    expect(store.lines).toEqual(without);
    expect(without.length).toBeLessThan(expected.length);
    expect(await attributedLast(bus, found.message.holder)).not.toContain(true);
  });

  test('that is asked to go leaves a checkpoint of all that it did', async () => {
    const course = new Course(3);
    await course.send(0);
    const folder = newFolder();
    const first = await course.start(folder);
    await first.work();
    await first.role.close();
    const second = await ends(course, folder);
    const ranges = await course.bus.ranges('transactions');
    expect(offsets(second).sort()).toEqual(ranges.map(({ end }) => end).sort());
    await second.role.close();
  });
});

describe('a checkpoint', () => {
  test('that is damaged: the one before, then the log', async () => {
    const course = new Course(6);
    const disk = await stopped(course);
    const generations = generationsOf(disk, 1);
    const [newest] = readdirSync(generations).sort((a, b) => Number(b) - Number(a));
    const image = join(generations, newest as string, 'image');
    const bytes = readFileSync(image);
    bytes[bytes.length >>> 1] = (bytes[bytes.length >>> 1] as number) ^ 1;
    writeFileSync(image, bytes);
    const second = await ends(course, disk);
    expect(second.of('checkpoint.refused')).toMatchObject([{ partition: 1, reason: 'damaged' }]);
  });

  test('of another cluster’s log is refused', async () => {
    const other = new Course(6);
    const disk = await stopped(other);
    const course = new Course(7);
    await course.send(1);
    const second = await course.start(disk);
    expect(second.of('checkpoint.refused').length).toBeGreaterThanOrEqual(PARTITIONS);
    await second.work();
    expect(offsets(second)).toEqual(Array.from({ length: PARTITIONS }, () => 0));
  });

  test('of a log that was made anew is refused, whatever the store says', async () => {
    const course = new Course(8);
    const disk = await stopped(course);
    const anew = new Course(8);
    anew.store.markers = course.store.markers;
    await anew.send(3);
    await anew.bus.append('transactions', records);
    const second = await anew.start(disk);
    for (const { reason } of second.of('checkpoint.refused')) expect(reason).toBe('log');
    expect(second.of('checkpoint.refused').length).toBeGreaterThanOrEqual(PARTITIONS);
    expect(offsets(second)).toEqual(Array.from({ length: PARTITIONS }, () => 0));
  });

  test('that is ahead of a store that was brought back is refused', async () => {
    const course = new Course(10);
    const disk = await stopped(course);
    course.store.markers = [];
    const second = await ends(course, disk);
    expect(second.of('checkpoint.refused')[0]).toMatchObject({ reason: 'store' });
  });

  test('whose rest of the log is gone is refused', async () => {
    const course = new Course(11);
    const disk = await stopped(course);
    const { end } = (await course.bus.ranges('transactions'))[0] as { end: number };
    course.bus.deleteBefore('transactions', 0, end);
    await expect(course.start(disk)).rejects.toMatchObject({ code: 'RAS-WORKER-HISTORY-GONE' });
  });

  test('that is older than another worker’s work: what that one told is told again or taken back', async () => {
    for (const seed of [21, 22]) {
      const course = new Course(seed);
      const third = Math.floor(records.length / 3);
      await course.send(0, third);
      const first = await course.start(newFolder());
      await first.work();
      await first.saved();
      const disk = newFolder();
      first.diskCopy(disk);
      // Elsewhere, from nothing: it goes further, and its checkpoint takes the place of what both have told.
      await course.send(third, 2 * third);
      const elsewhere = await course.start(newFolder());
      await elsewhere.work();
      await elsewhere.saved();
      await course.send(2 * third);
      await elsewhere.work(course.random.int(0, 12));
      // The first is still heard for a while.
      await first.work(course.random.int(0, 12));
      const back = await ends(course, disk);
      for (const offset of offsets(back)) expect(offset).toBeGreaterThan(0);
    }
  });

  test('that another process uses is left alone', async () => {
    const course = new Course(12);
    await course.send(0);
    const folder = newFolder();
    const first = await course.start(folder);
    await first.work();
    await first.saved();
    for (let partition = 0; partition < PARTITIONS; partition++)
      mkdirSync(join(folder, 'checkpoints', `transactions-${partition}`), { recursive: true });
    const second = await course.start(folder);
    expect(offsets(second)).toEqual(Array.from({ length: PARTITIONS }, () => 0));
    rmSync(folder, { recursive: true, force: true });
  });
});
