import { describe, expect, test } from 'vitest';
import type { NewRecord, TopicRecord } from '../../../../pipelines/log/bus.ts';
import { tail } from '../../../../services/cli/commands/tail.ts';
import { shownRecord } from '../../../../services/cli/commands/tail-record.ts';
import { all } from '../../../support/bus-contract.ts';
import { memoryBus } from '../../../support/memory-bus.ts';

const PSEUDONYM = 'par_0123456789abcdefghijklmnop';
const record = (value: unknown, topic: TopicRecord['topic'] = 'signals'): TopicRecord => ({
  topic,
  partition: 1,
  offset: 7,
  key: `observed ${PSEUDONYM}`,
  headers: { kind: 'observed', version: '1' },
  value: value === null ? null : Buffer.from(JSON.stringify(value)),
});

describe('a shown record', () => {
  test('has its pseudonyms shortened, its texts and long numbers counted', () => {
    const value = {
      holder: PSEUDONYM,
      of: [`a/${PSEUDONYM}/b`, 'SEX-08'],
      account: '012345678901234567',
      why: 'María Pérez received money',
      score: 3_200,
      [PSEUDONYM]: null,
    };
    const shown = shownRecord(record(value));
    expect(shown).toMatchObject({ partition: 1, offset: 7, kind: 'observed', form: 'json' });
    expect(shown.key).toBe('observed par_012345…');
    expect(shown.value).toEqual({
      holder: 'par_012345…',
      of: ['a/par_012345…/b', 'SEX-08'],
      account: '(18 digits)',
      why: '(26 characters)',
      score: 3_200,
      'par_012345…': null,
    });
    expect(JSON.stringify(shown)).not.toContain(PSEUDONYM);
  });

  test('of several lines shows the first ones', () => {
    const lines = [{ holder: PSEUDONYM }, ...Array.from({ length: 40 }, (_, i) => [i])];
    const value = Buffer.from(lines.map((line) => JSON.stringify(line)).join('\n'));
    const shown = shownRecord({ ...record(null), value });
    expect(shown.form).toBe('lines');
    expect(shown.value).toEqual([{ holder: 'par_012345…' }, ...lines.slice(1, 16), '(25 more)']);
  });

  test('is bounded, however large the value', () => {
    const deep = { list: Array.from({ length: 1_000 }, () => ({ a: { b: { c: { d: 1 } } } })) };
    expect(JSON.stringify(shownRecord(record(deep))).length).toBeLessThan(2_000);
  });

  test('says of what is encrypted its size alone', () => {
    const shown = shownRecord(record({ name: 'somebody' }, 'rejected'));
    expect(shown).not.toHaveProperty('value');
    expect(shown).toMatchObject({ form: 'encrypted', bytes: 19 });
  });

  test('knows blocks, deletions and what is neither', () => {
    expect(shownRecord(record(null))).toMatchObject({ form: 'deleted', bytes: 0 });
    const bytes = (...some: number[]) => ({ ...record(null), value: Uint8Array.from(some) });
    expect(shownRecord(bytes(255, 255, 255, 255, 1)).form).toBe('block');
    expect(shownRecord(bytes(123, 1, 2)).form).toBe('bytes');
  });
});

describe('tail', () => {
  const one = (partition: number, value: string): NewRecord => ({
    partition,
    key: value,
    value: Buffer.from(value),
  });
  const filled = async () => {
    const bus = memoryBus({ partitions: 2 });
    await bus.append(
      'alerts',
      ['a', 'b', 'c', 'd', 'e'].map((value, at) => one(at % 2, value)),
    );
    return bus;
  };
  const base = { topic: 'alerts', partition: undefined, max: 100, follow: false } as const;
  const keys = (records: readonly TopicRecord[]) => records.map(({ key }) => key);
  const { signal } = new AbortController();

  test('begins where it is told to, and ends where there is no more', async () => {
    const bus = await filled();
    expect(keys(await all(tail(bus, { ...base, from: 'beginning' }, signal)))).toEqual([
      'a',
      'c',
      'e',
      'b',
      'd',
    ]);
    expect(keys(await all(tail(bus, { ...base, from: 1 }, signal)))).toEqual(['c', 'e', 'd']);
    expect(keys(await all(tail(bus, { ...base, from: 99 }, signal)))).toEqual([]);
    expect(keys(await all(tail(bus, { ...base, from: 'end' }, signal)))).toEqual([]);
    expect(keys(await all(tail(bus, { ...base, from: 'beginning', partition: 1 }, signal)))).toEqual([
      'b',
      'd',
    ]);
    expect(keys(await all(tail(bus, { ...base, from: 'beginning', max: 2 }, signal)))).toEqual(['a', 'c']);
    await expect(all(tail(bus, { ...base, from: 'end', partition: 2 }, signal))).rejects.toThrow(
      'RAS-BUS-TOPIC-MISSING',
    );
  });

  test('waits for more until it is stopped', async () => {
    const bus = await filled();
    const stop = new AbortController();
    const seen: (string | null)[] = [];
    const running = (async () => {
      for await (const { key } of tail(bus, { ...base, from: 'end', follow: true }, stop.signal)) {
        seen.push(key);
        if (key === 'y') stop.abort();
      }
    })();
    await bus.append('alerts', [one(0, 'x')]);
    await expect.poll(() => seen, { timeout: 30_000 }).toEqual(['x']);
    await bus.append('alerts', [one(1, 'y')]);
    await running;
    expect(seen).toEqual(['x', 'y']);
  });
});
