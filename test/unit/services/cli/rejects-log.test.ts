/** `rastro rejects ... --log` over a log in memory: what is printed, and what each way of calling it wrongly says. */
import { describe, expect, test } from 'vitest';
import {
  listLogRejects,
  logFilterOf,
  replayLogRejects,
  showLogRejects,
} from '../../../../services/cli/commands/rejects-log.ts';
import { openTerminal } from '../../../../services/cli/terminal.ts';
import { RejectedRecords } from '../../../../services/worker/rejected-records.ts';
import { memoryBus } from '../../../support/memory-bus.ts';

const rawKey = new Uint8Array(32).fill(3);
const PARTITION = 2;

function terminalOf(json = false) {
  const said: string[] = [];
  const stream = { write: (text: string) => said.push(text) } as unknown as NodeJS.WriteStream;
  return { said, terminal: openTerminal({ json }, { out: stream, err: stream }, {}) };
}

/** A bus on which one record, or more, of a code was rejected. */
async function rejected(offsets: readonly number[]) {
  const bus = memoryBus();
  const records = new RejectedRecords({
    partition: PARTITION,
    bus,
    outputs: { marker: async () => undefined },
    rawKey,
    markedUntil: -1,
    rejectedUntil: async () => -1,
  });
  for (const offset of offsets) {
    const record = { topic: 'transactions', partition: PARTITION, offset, key: null } as const;
    const value = Buffer.from('noise');
    await records.add(
      { ...record, headers: { kind: 'transactions' }, value },
      { code: 'RAS-ENGINE-MESSAGE' },
    );
  }
  await records.flush();
  return bus;
}

describe('records of the log that were rejected', () => {
  test('one has an offset, several have the first and the last', async () => {
    for (const [offsets, shown] of [
      [[7], /RAS-ENGINE-MESSAGE +1 +0 {2}7$/m],
      [[7, 9, 12], /RAS-ENGINE-MESSAGE +3 +0 {2}7 \.\. 12$/m],
    ] as const) {
      const { said, terminal } = terminalOf();
      expect(await listLogRejects(terminal, await rejected(offsets), {})).toBe(0);
      expect(said.join('')).toMatch(shown);
    }
  });

  test('one that is there is shown; one that is not is an error with its place', async () => {
    const parts = { bus: await rejected([7]), rawKey };
    const { said, terminal } = terminalOf(true);
    const place = { topic: 'transactions', partition: PARTITION, offset: 7 } as const;
    expect(await showLogRejects(terminal, parts, { place })).toBe(0);
    expect(JSON.parse(said.join(''))).toMatchObject([{ record: 'transactions/2/7', rows: [] }]);
    await expect(showLogRejects(terminal, parts, { place: { ...place, offset: 8 } })).rejects.toMatchObject({
      code: 'RAS-CLI-NOT-FOUND',
      params: { id: 'transactions/2/8' },
    });
  });

  test('a replay says what it did, also where there was nothing to do', async () => {
    const bus = await rejected([7]);
    for (const text of [
      '1 records appended again, 0 not\n',
      'Nothing is rejected that could be replayed.\n',
    ]) {
      const { said, terminal } = terminalOf();
      expect(await replayLogRejects(terminal, { bus, rawKey }, {})).toBe(0);
      expect(said.join('')).toBe(text);
    }
    const { said, terminal } = terminalOf(true);
    expect(await replayLogRejects(terminal, { bus, rawKey }, {})).toBe(0);
    expect(JSON.parse(said.join(''))).toEqual([]);
  });

  test('a place that is none', () => {
    expect(() => logFilterOf({ record: 'transactions/0' })).toThrow(
      expect.objectContaining({ code: 'RAS-CLI-BAD-OPTION' }),
    );
  });
});
