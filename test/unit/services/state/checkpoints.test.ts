/** Checkpoints on disk: what is gone on from is what was, and what is not what was written is refused. */
import { cpSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { factsOf } from '../../../../pipelines/facts/batch.ts';
import { CHECKPOINT_FORMAT, type CheckpointIdentity } from '../../../../pipelines/recovery/checkpoint.ts';
import { deriveSeed, Random } from '../../../../pipelines/simulate/random.ts';
import { finished } from '../../../../rules/compiler/index.ts';
import type { Transaction } from '../../../../schemas/transaction.ts';
import { Checkpoints, type Restored } from '../../../../services/state/checkpoints.ts';
import { openSavedDetection, type SavedDetection } from '../../../../services/workspace/hot-detection.ts';
import { imageOf } from '../../../support/checkpoints.ts';
import { MAKER, OPTIONS, SEED } from '../../../support/stream-comparison.ts';
import { rowHash } from '../../../support/stream-transactions.ts';

const HOUR_MS = 3_600_000;
const IDENTITY: CheckpointIdentity = {
  format: CHECKPOINT_FORMAT,
  log: 'transactions',
  partition: 2,
  partitions: 16,
  rules: 'a',
  keyId: 'k1',
};
const KNOWLEDGE = { ruleSet: OPTIONS.ruleSet, evaluation: OPTIONS.evaluation };
const BLOCK = 40;
const DAMAGED_BYTES = 60;

const rowsOf = (from: number, streams: number): Transaction[] =>
  Array.from({ length: streams }, (_, i) => MAKER.make(from + i).arrival.ops)
    .flat()
    .flatMap((op) => (op.kind === 'row' ? [op.tx] : []))
    .sort((a, b) => a.stamp.eventTime - b.stamp.eventTime);

describe('checkpoints on disk', () => {
  let folder: string;
  let opened: SavedDetection[];
  const rows = rowsOf(0, 30);

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rastro-checkpoints-'));
    opened = [];
  });
  afterEach(async () => {
    for (const { detector } of opened) detector.close();
    await rm(folder, { recursive: true, force: true });
  });

  const start = (name: string, from?: Parameters<typeof openSavedDetection>[0]['from']): SavedDetection => {
    const state = { folder: join(folder, name), hotRowsMs: 24 * HOUR_MS, idleMs: 12 * HOUR_MS };
    const saved = openSavedDetection({ knowledge: KNOWLEDGE, seed: [1, 2], state, from });
    opened.push(saved);
    return saved;
  };

  const feed = ({ detector }: SavedDetection, from: number, until: number): void => {
    for (let at = from; at < until; at += BLOCK) {
      const block = rows.slice(at, Math.min(until, at + BLOCK));
      const facts = block.map((tx) => ({
        tx,
        hash: rowHash(tx),
        provided: OPTIONS.providedBy(tx.stamp.provided),
      }));
      detector.admitFacts(factsOf(facts, detector.dictionary), (place) => {
        const { institution, id, amount } = block[place]!.reverses!;
        return { institution, id, amountMinor: amount === undefined ? null : BigInt(amount.minor) };
      });
      detector.evaluate();
    }
  };

  const write = async (checkpoints: Checkpoints, { detector, cold }: SavedDetection, offset: number) => {
    const { steps, finish } = checkpoints.begin({
      identity: IDENTITY,
      offset,
      save: (out) => detector.save(out),
      cold,
    });
    finished(steps);
    return finish();
  };

  const restore = (
    checkpoints: Checkpoints,
    name: string,
    { identity = IDENTITY, until = Number.POSITIVE_INFINITY } = {},
  ): Restored<SavedDetection> =>
    checkpoints.restore({
      identity,
      objection: ({ offset }) => (offset <= until ? undefined : 'offset'),
      load: (source) => {
        const saved = start(name, source);
        source.image.end();
        return saved;
      },
    });

  /** Two generations, a process that went on behind them, and what it held at each. */
  const twoGenerations = async () => {
    const checkpoints = new Checkpoints(join(folder, 'checkpoints'));
    const first = start('first');
    const third = Math.floor(rows.length / 3);
    feed(first, 0, third);
    await write(checkpoints, first, 0);
    feed(first, third, 2 * third);
    await write(checkpoints, first, 10);
    const older = imageOf(first.detector);
    feed(first, 2 * third, 2 * third + 2 * BLOCK);
    await write(checkpoints, first, 20);
    const newer = imageOf(first.detector);
    feed(first, 2 * third + 2 * BLOCK, rows.length);
    return {
      older,
      newer,
      end: imageOf(first.detector),
      olderRows: 2 * third,
      newerRows: 2 * third + 2 * BLOCK,
    };
  };

  test('the newest is gone on from, though the process wrote on behind it, and all that follows is the same', async () => {
    const { newer, end, newerRows } = await twoGenerations();
    const checkpoints = new Checkpoints(join(folder, 'checkpoints'));
    expect(readdirSync(join(folder, 'checkpoints')).sort()).toEqual(['2', '3']);
    const { found, refused } = restore(checkpoints, 'second');
    expect(refused).toEqual([]);
    expect(found?.manifest).toMatchObject({ ...IDENTITY, offset: 20 });
    const { detector, cold } = found!.state;
    expect(detector.store.coldRows).toBeGreaterThan(0);
    expect(detector.core.idleSubjects).toBeGreaterThan(0);
    expect([...detector.standing()].length).toBeGreaterThan(0);
    expect(Buffer.compare(imageOf(detector), newer)).toBe(0);
    feed({ detector, cold }, newerRows, rows.length);
    expect(Buffer.compare(imageOf(detector), end)).toBe(0);
    // What it writes next is a checkpoint like any other.
    await write(checkpoints, { detector, cold }, 30);
    expect(restore(checkpoints, 'third').found?.manifest.offset).toBe(30);
  });

  test('where the newest is damaged it is the one before, whose cold files later ones share', async () => {
    const { older, end, olderRows } = await twoGenerations();
    const image = join(folder, 'checkpoints', '3', 'image');
    truncateSync(image, readFileSync(image).length - 1);
    const { found, refused } = restore(new Checkpoints(join(folder, 'checkpoints')), 'second');
    expect(refused).toMatchObject([{ number: 3, reason: 'damaged' }]);
    expect(found?.manifest.offset).toBe(10);
    expect(Buffer.compare(imageOf(found!.state.detector), older)).toBe(0);
    feed(found!.state, olderRows, rows.length);
    expect(Buffer.compare(imageOf(found!.state.detector), end)).toBe(0);
    expect(readdirSync(join(folder, 'checkpoints'))).toEqual(['2']);
  });

  test('a byte that is another one anywhere, or a file that is too short, is noticed', async () => {
    await twoGenerations();
    await rm(join(folder, 'checkpoints', '2'), { recursive: true });
    const random = new Random(deriveSeed(SEED, 'damage', 0));
    for (let i = 0; i < DAMAGED_BYTES; i++) {
      cpSync(join(folder, 'checkpoints'), join(folder, 'damaged'), { recursive: true });
      const path = join(folder, 'damaged', '3', i % 4 === 0 ? 'manifest.json' : 'image');
      const bytes = readFileSync(path);
      const at = random.int(0, bytes.length - 1);
      if (i % 5 === 0) truncateSync(path, at);
      else {
        bytes[at] = bytes[at]! ^ (1 << random.int(0, 7));
        writeFileSync(path, bytes);
      }
      const where = `RASTRO_SEED=${SEED}, damage ${i}, byte ${at} of ${path}`;
      const { found, refused } = restore(new Checkpoints(join(folder, 'damaged')), `damaged-${i}`);
      expect(found, where).toBeUndefined();
      expect(refused, where).toMatchObject([{ number: 3, reason: 'damaged' }]);
      await rm(join(folder, 'damaged'), { recursive: true });
    }
  });

  test('cold files that are shorter than they were, or gone, are noticed', async () => {
    await twoGenerations();
    await rm(join(folder, 'checkpoints', '2'), { recursive: true });
    const generation = join(folder, 'checkpoints', '3');
    const part = readdirSync(generation).find((entry) => entry.startsWith('rows-')) as string;
    // Links: what is cut off here is cut off for the process that wrote it too.
    truncateSync(join(generation, part), 100);
    const short = restore(new Checkpoints(join(folder, 'checkpoints')), 'second');
    expect(short.refused).toMatchObject([{ reason: 'damaged', detail: `${part} is too short` }]);
    await rm(join(generation, part));
    expect(restore(new Checkpoints(join(folder, 'checkpoints')), 'third').refused).toMatchObject([
      { reason: 'damaged' },
    ]);
  });

  test('a checkpoint of anything else is refused, with what is other about it', async () => {
    await twoGenerations();
    const checkpoints = new Checkpoints(join(folder, 'checkpoints'));
    const others: Partial<CheckpointIdentity>[] = [
      { format: CHECKPOINT_FORMAT + 1 },
      { log: 'others' },
      { partition: 3 },
      { partitions: 32 },
      { rules: 'b' },
      { keyId: 'k2' },
    ];
    for (const [i, other] of others.entries()) {
      const { found, refused } = restore(checkpoints, `other-${i}`, { identity: { ...IDENTITY, ...other } });
      const [reason] = Object.keys(other);
      expect(found).toBeUndefined();
      expect(refused).toMatchObject([
        { number: 3, reason },
        { number: 2, reason },
      ]);
    }
    const ahead = restore(checkpoints, 'behind', { until: 12 });
    expect(ahead.refused).toMatchObject([{ number: 3, reason: 'offset', detail: '20' }]);
    expect(ahead.found?.manifest.offset).toBe(10);
  });

  test('one that was not finished is none, and is cleared away', async () => {
    await twoGenerations();
    const checkpoints = new Checkpoints(join(folder, 'checkpoints'));
    const { found } = restore(checkpoints, 'second');
    const { steps, abandon } = checkpoints.begin({
      identity: IDENTITY,
      offset: 40,
      save: (out) => found!.state.detector.save(out),
      cold: found!.state.cold,
    });
    steps.next();
    expect(readdirSync(join(folder, 'checkpoints')).sort()).toEqual(['2', '3', '4.tmp']);
    expect(restore(new Checkpoints(join(folder, 'checkpoints')), 'third').found?.manifest.offset).toBe(20);
    expect(readdirSync(join(folder, 'checkpoints')).sort()).toEqual(['2', '3']);
    abandon();
    expect(readdirSync(join(folder, 'checkpoints')).sort()).toEqual(['2', '3']);
  });
});
