/** A cadence that a reference record declares: in force from its time on, the same again when the log is read. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HotDetector } from '../../../../pipelines/detect/hot/hot-detector.ts';
import { blockBytes } from '../../../../pipelines/facts/block.ts';
import { Documents } from '../../../../pipelines/log/documents.ts';
import type { BlockLog } from '../../../../pipelines/log/port.ts';
import type { Cadence } from '../../../../schemas/cadence.ts';
import { type Knowledge, loadKnowledge } from '../../../../services/workspace/knowledge.ts';
import {
  decodeReference,
  encodeReference,
  type ReferenceRecord,
} from '../../../../services/workspace/reference-record.ts';
import { WorkspaceState } from '../../../../services/workspace/state.ts';
import { decodeWatermark, encodeWatermark } from '../../../../services/workspace/watermark-record.ts';
import { memoryColdFile } from '../../../support/memory-cold-file.ts';
import { memoryLog } from '../../../support/memory-log.ts';
import { writeSmallRules } from '../../../support/small-world.ts';
import { transaction } from '../../../support/transactions.ts';

const STREAM: Cadence = { kind: 'stream', latenessMs: 60_000, silenceMs: 3_600_000 };
const NOON = Date.parse('2026-01-05T12:00:00Z');

const folder = mkdtempSync(join(tmpdir(), 'rastro-test-'));
let knowledge: Knowledge;
beforeAll(async () => {
  knowledge = await loadKnowledge({ rulesDir: writeSmallRules(folder) });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A state over a log, and the detection behind it. */
class World {
  readonly log: BlockLog;
  readonly detector: HotDetector;
  readonly state: WorkspaceState;

  constructor(log: BlockLog) {
    this.log = log;
    const { ruleSet, evaluation } = knowledge;
    this.detector = new HotDetector({ ruleSet, evaluation, seed: [1, 2] });
    const documents = new Documents(log, memoryColdFile());
    this.state = new WorkspaceState(knowledge, { detection: this.detector, documents });
  }

  async declare(...declarations: ReferenceRecord['declarations']): Promise<void> {
    const offset = await this.log.append('reference', encodeReference({ declarations }));
    await this.#apply(offset);
  }

  /** One block: the seconds of its rows, after noon. */
  async rows(institution: string, ...seconds: number[]): Promise<void> {
    const offset = this.log.end;
    const rows = seconds.map((second) => {
      const at = new Date(NOON + 1_000 * second).toISOString();
      const tx = transaction({ institution, id: `${institution} ${second}`, at, from: 'a', to: 'b' });
      return { ...this.state.rowOf(tx), revision: 0, blockOffset: offset };
    });
    await this.log.append('transactions', blockBytes(rows));
    await this.#apply(offset);
  }

  /** An empty block, so many seconds after noon. */
  async tell(second: number, institution: string | null = null): Promise<void> {
    const payload = encodeWatermark({ timeMs: NOON + 1_000 * second, institution });
    await this.#apply(await this.log.append('watermark', payload));
  }

  async #apply(offset: number): Promise<void> {
    for await (const record of this.log.read(offset)) {
      const { kind, payload } = record;
      if (kind === 'watermark') await this.state.engine.step({ kind, ...decodeWatermark(payload) });
      else if (kind === 'reference')
        await this.state.applyReference(decodeReference(payload), record.offset, () => undefined);
      else await this.state.engine.step({ kind: 'transactions', block: payload, offset: record.offset });
    }
  }

  /** Another state that has read the same log from its beginning. */
  async replayed(): Promise<World> {
    const other = new World(this.log);
    await other.#apply(0);
    return other;
  }

  get order() {
    const { heldRows, orderCounts } = this.detector.core;
    return { heldRows, ...orderCounts };
  }
}

const NOTHING = { heldRows: 0, held: 0, reordered: 0, releasedEarly: 0, late: 0 };

describe('rows of an institution', () => {
  test('that has declared none are evaluated as they come', async () => {
    const world = new World(memoryLog());
    await world.declare({ institution: 'bank_a', fromMs: 0 });
    await world.rows('bank_a', 40, 0, 20);
    expect(world.order).toEqual(NOTHING);
  });

  test('that streams wait from the declared time on, and go on in order; a replay does the same', async () => {
    const world = new World(memoryLog());
    await world.declare({ institution: 'bank_a', fromMs: 0 }, { institution: 'bank_b', fromMs: 0 });
    await world.declare({ institution: 'bank_a', fromMs: NOON, cadence: STREAM });
    await world.rows('bank_b', 50, 10);
    await world.rows('bank_a', -10);
    expect(world.order).toEqual(NOTHING);
    await world.rows('bank_a', 0, 40, 20);
    expect(world.order).toEqual({ ...NOTHING, heldRows: 3, held: 3, reordered: 1 });
    const halfway = await world.replayed();
    expect(halfway.order).toEqual(world.order);
    // The watermark is 30 s then: two go on.
    await world.rows('bank_a', 90);
    expect(world.order).toEqual({ ...NOTHING, heldRows: 2, held: 4, reordered: 1 });
    // Files again, a minute later: nothing is held back any more.
    await world.declare({ institution: 'bank_a', fromMs: NOON + 120_000, cadence: { kind: 'file' } });
    await world.rows('bank_a', 300, 290);
    expect(world.order.held).toBe(4);

    const replayed = await world.replayed();
    expect(replayed.order).toEqual(world.order);
    await replayed.state.engine.flush();
    expect(replayed.detector.core.heldRows).toBe(0);
  });
});

describe('an empty block', () => {
  const other: Cadence = { kind: 'stream', latenessMs: 10_000, silenceMs: 3_600_000 };

  test('lets rows go on that would have waited for the next one; a replay does the same', async () => {
    const world = new World(memoryLog());
    await world.declare({ institution: 'bank_a', fromMs: 0, cadence: { ...STREAM, silenceMs: 60_000 } });
    await world.rows('bank_a', 0, 40, 20);
    expect(world.order.heldRows).toBe(3);
    // A minute of silence has not passed.
    await world.tell(90);
    expect(world.order.heldRows).toBe(3);
    // It has: up to 141 s less the lateness nothing is waited for.
    await world.tell(141);
    expect(world.order).toEqual({ ...NOTHING, held: 3, reordered: 1 });
    expect((await world.replayed()).order).toEqual(world.order);
  });

  test('of one institution says that nothing of it is to be waited for, without its lateness', async () => {
    const world = new World(memoryLog());
    await world.declare(
      { institution: 'bank_a', fromMs: 0, cadence: STREAM },
      { institution: 'bank_b', fromMs: 0, cadence: other },
    );
    await world.rows('bank_a', 0, 40, 20);
    await world.rows('bank_b', 90);
    expect(world.order.heldRows).toBe(4);
    await world.tell(30, 'bank_a');
    expect(world.order.heldRows).toBe(2);
    // It has not declared anything: what it says is nobody's business.
    await world.tell(1_000, 'bank_c');
    expect(world.order.heldRows).toBe(2);
    await world.tell(1_000, 'bank_a');
    // bank_b is at 90 s, less 10 s.
    expect(world.order.heldRows).toBe(1);
    await world.rows('bank_a', 999);
    // The watermark stays where bank_b is: the row is held although it should not have come.
    expect(world.order).toEqual({ ...NOTHING, heldRows: 2, held: 5, reordered: 1 });
    expect((await world.replayed()).order).toEqual(world.order);
  });
});

test('a record that declares what holds already changes nothing, any other does', async () => {
  const world = new World(memoryLog());
  await world.declare({ institution: 'bank_a', fromMs: NOON, cadence: STREAM });
  const knows = ({ state }: World, fromMs: number, cadence?: Cadence) =>
    state.knows({
      declarations: [{ institution: 'bank_a', fromMs, ...(cadence === undefined ? {} : { cadence }) }],
    });
  for (const each of [world, await world.replayed()]) {
    expect(knows(each, NOON)).toBe(true);
    expect(knows(each, NOON, STREAM)).toBe(true);
    expect(knows(each, NOON + 1, STREAM)).toBe(true);
    expect(knows(each, NOON - 1)).toBe(false);
    expect(knows(each, NOON - 1, STREAM)).toBe(false);
    expect(knows(each, NOON, { kind: 'file' })).toBe(false);
    expect(knows(each, NOON, { ...STREAM, latenessMs: 0 })).toBe(false);
    expect(
      each.state.knows({ declarations: [{ institution: 'bank_b', fromMs: NOON, cadence: STREAM }] }),
    ).toBe(false);
  }
});
