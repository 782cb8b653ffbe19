import { expect, test } from 'vitest';
import type { Bus, NewRecord } from '../../../../pipelines/log/bus.ts';
import type { RoutedBlock } from '../../../../pipelines/partition/router.ts';
import { IdentityOutbox } from '../../../../services/ingest/identities.ts';
import { INGEST_LIMITS } from '../../../../services/ingest/limits.ts';
import type { RowRouter } from '../../../../services/ingest/output.ts';
import { RowPublisher } from '../../../../services/ingest/publisher.ts';
import { memoryBus } from '../../../support/memory-bus.ts';

const BLOCK_ROWS = 4;
const PARTITIONS = 3;

/** Routes bytes: each is a row for the partition of its number. A block of four is full. */
function byteRouter(): RowRouter {
  const open: number[][] = Array.from({ length: PARTITIONS }, () => []);
  const close = (partition: number): RoutedBlock[] => {
    const rows = open[partition]?.splice(0) ?? [];
    if (rows.length === 0) return [];
    return [{ partition, kind: 'transactions', rows: rows.length, bytes: Uint8Array.from(rows) }];
  };
  return {
    partitions: PARTITIONS,
    get open() {
      return open.map((rows) => rows.length);
    },
    route(block) {
      const blocks: RoutedBlock[] = [];
      for (const row of block) {
        const partition = row % PARTITIONS;
        open[partition]?.push(row);
        if (open[partition]?.length === BLOCK_ROWS) blocks.push(...close(partition));
      }
      return blocks;
    },
    close,
    useRules: () => undefined,
    toAll: () => [],
  };
}

const blockOf = (...rows: number[]) => ({
  count: rows.length,
  newestMs: 0,
  bytes: () => Uint8Array.from(rows),
});

/** A bus whose appends wait to be let go, or to fail. */
function heldBus() {
  const bus = memoryBus({ partitions: PARTITIONS });
  const waiting: ((failure?: Error) => void)[] = [];
  const sent: (readonly NewRecord[])[] = [];
  const held: Bus = {
    ...bus,
    append(topic, records) {
      sent.push(records);
      return new Promise((resolve, reject) => {
        waiting.push((failure) =>
          failure === undefined ? resolve(bus.append(topic, records)) : reject(failure),
        );
      });
    },
  };
  return { held, sent, next: (failure?: Error) => waiting.shift()?.(failure) };
}

function publisherOn(bus: Bus, lingerMs = 1e6): RowPublisher {
  return new RowPublisher({ bus, router: byteRouter(), identities: new IdentityOutbox(bus), lingerMs });
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
const isOpen = async (promise: Promise<unknown>) =>
  (await Promise.race([promise.then(() => 'done'), turn().then(() => 'open')])) === 'open';

test('rows of two share a block, which goes out when both wait, and each knows where its rows are', async () => {
  const { held, sent, next } = heldBus();
  const publisher = publisherOn(held);
  const [one, two] = [publisher.share(), publisher.share()];
  await one.rows(blockOf(0, 1));
  await two.rows(blockOf(3, 2));
  const first = one.settled();
  await turn();
  expect(sent).toEqual([]);
  const second = two.settled();
  await turn();
  expect(sent.flat().map(({ partition, value }) => [partition, ...(value ?? [])])).toEqual([
    [0, 0, 3],
    [1, 1],
    [2, 2],
  ]);
  expect(await isOpen(first)).toBe(true);
  next();
  expect(await first).toEqual({ 0: 0, 1: 0 });
  expect(await second).toEqual({ 0: 0, 2: 0 });
});

test('who is alone waits for nobody, and who waits is not held up by who goes on', async () => {
  const bus = memoryBus({ partitions: PARTITIONS });
  const alone = publisherOn(bus).share();
  await alone.rows(blockOf(0));
  expect(await alone.settled()).toEqual({ 0: 0 });
  const publisher = publisherOn(bus, 1);
  const goesOn = publisher.share();
  await goesOn.rows(blockOf(0, 1));
  const small = publisher.share();
  await small.rows(blockOf(3));
  expect(await small.settled()).toEqual({ 0: 1 });
  expect(await goesOn.settled()).toEqual({ 0: 1, 1: 0 });
});

test('a block that fails fails all whose rows it carries, and nobody else', async () => {
  const { held, next } = heldBus();
  const publisher = publisherOn(held);
  const [one, two, other] = [publisher.share(), publisher.share(), publisher.share()];
  await one.rows(blockOf(0, 3));
  await two.rows(blockOf(6, 9));
  await other.rows(blockOf(1));
  const settled = [one.settled(), two.settled(), other.settled()];
  const outcomes = Promise.allSettled(settled);
  await turn();
  next(new Error('gone'));
  await turn();
  next();
  expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled']);
});

test('rows of who gave up go out with the others, and nobody waits for it', async () => {
  const bus = memoryBus({ partitions: PARTITIONS });
  const publisher = publisherOn(bus);
  const [gone, stays] = [publisher.share(), publisher.share()];
  await gone.rows(blockOf(0));
  await stays.rows(blockOf(3));
  const left = gone.abandon();
  expect(await stays.settled()).toEqual({ 0: 0 });
  await left;
  expect(await bus.ranges('transactions')).toEqual([
    { begin: 0, end: 1 },
    { begin: 0, end: 0 },
    { begin: 0, end: 0 },
  ]);
});

test('above what may be unacknowledged, whoever brings rows waits', async () => {
  const { held, next } = heldBus();
  const large: RowRouter = {
    ...byteRouter(),
    route: () => [
      {
        partition: 0,
        kind: 'transactions',
        rows: 1,
        bytes: new Uint8Array(INGEST_LIMITS.UNACKNOWLEDGED_BYTES / 64 + 1),
      },
    ],
  };
  const publisher = new RowPublisher({ bus: held, router: large, identities: new IdentityOutbox(held) });
  const share = publisher.share();
  let taken = 0;
  const bring = (async () => {
    for (; taken < 70; taken++) await share.rows(blockOf(0));
  })();
  await turn();
  await turn();
  expect(taken).toBe(63);
  for (let i = 0; i < 70; i++) {
    next();
    await turn();
  }
  await bring;
  expect(await share.settled()).toEqual({ 0: 69 });
});
