import { describe, expect, test } from 'vitest';
import { SubjectSample, sampleFaults } from '../../../benchmarks/detect/sample.ts';
import { reaches } from '../../../benchmarks/harness/benchmark.ts';
import type { StreamOptions } from '../../../benchmarks/stream/options.ts';
import { buildHistories, plantedMsMax } from '../../../benchmarks/stream/planted.ts';
import { streamFaults } from '../../../benchmarks/stream/properties.ts';
import { MeasuredStream } from '../../../benchmarks/stream/stream.ts';
import { EVERYTHING } from '../../../benchmarks/stream/templates.ts';
import { factsOf } from '../../../pipelines/facts/batch.ts';
import { FactDictionary } from '../../../pipelines/facts/dictionary.ts';
import { FACT_COLUMNS, type FactBatch, type FactColumnName } from '../../../schemas/facts.ts';
import { transaction } from '../../../schemas/transaction.ts';
import { loadKnowledge } from '../../../services/workspace/knowledge.ts';

const knowledge = await loadKnowledge({ cases: true });
const SMALL = { accounts: 400, rows: 12_000, seed: 5, plantedMilli: 300 };

function streamOf(options: Partial<StreamOptions> = {}) {
  const dictionary = new FactDictionary([1, 2]);
  return { dictionary, stream: new MeasuredStream({ ...SMALL, ...options }, knowledge, dictionary) };
}

/** Every column of a batch up to its rows, as plain lists. */
function plain({ rows, columns, members, version, flags, sharedRef, hash }: FactBatch) {
  const names = Object.keys(FACT_COLUMNS) as FactColumnName[];
  return {
    ...Object.fromEntries(
      names.map((name) => {
        const length = FACT_COLUMNS[name].per === 'row' ? rows : 2 * rows;
        return [name, [...columns[name].subarray(0, length)]];
      }),
    ),
    version: [...version.subarray(0, rows)],
    flags: [...flags.subarray(0, rows)],
    sharedRef: [...sharedRef.subarray(0, rows)],
    hash: [...hash.subarray(0, 4 * rows)],
    members: Array.from({ length: members.count }, (_, m) =>
      [members.row[m], members.kind[m], members.key[m], members.side[m]].join(),
    ),
  } as Record<string, readonly (number | string)[]>;
}

/** The first differences between two batches, in words. */
function differences(found: FactBatch, expected: FactBatch): string[] {
  const wanted = plain(expected);
  return Object.entries(plain(found)).flatMap(([name, values]) => {
    const others = wanted[name] ?? [];
    const at = values.findIndex((value, i) => !Object.is(value, others[i]));
    if (at === -1 && values.length === others.length) return [];
    return [`${name} at ${at}: ${values[at]} instead of ${others[at]}`];
  });
}

describe('measured stream', () => {
  test('its columns are what facts say of its rows as transactions, block by block', () => {
    const { dictionary, stream } = streamOf();
    for (const block of stream.blocks()) {
      const rows = Array.from({ length: block.batch.rows }, (_, row) => ({
        tx: block.transactionOf(row),
        hash: block.hashOf(row),
        provided: EVERYTHING,
      }));
      const expected = factsOf(rows, dictionary);
      expect(differences(block.batch, expected)).toEqual([]);
      const idBytes = block.batch.idEnds[block.batch.rows - 1];
      expect(Buffer.from(block.batch.idBytes.subarray(0, idBytes)).toString()).toBe(
        Buffer.from(expected.idBytes).toString(),
      );
      for (const [row, original] of block.reversed) {
        expect(rows[row]?.tx.reverses).toEqual(original);
      }
    }
    expect(stream.tally.rows).toBe(SMALL.rows);
  });

  test('blocks of the hot account are its own: first what is in order, then what is late or corrected', () => {
    const { stream } = streamOf({ rows: 5_000, plantedMilli: 0, hotCycle: 2, hotRows: 400 });
    const parts: string[] = [];
    let hottest = -1;
    for (const { batch, part, late } of stream.blocks()) {
      parts.push(`${part} ${batch.rows}`);
      if (part === 'everybody') continue;
      const { account, time } = batch.columns;
      const sides = new Map<number, number>();
      for (let leg = 0; leg < 2 * batch.rows; leg++) {
        sides.set(account[leg] as number, (sides.get(account[leg] as number) ?? 0) + 1);
      }
      const [most = -1, rows] = [...sides].filter(([key]) => key >= 0).sort((a, b) => b[1] - a[1])[0] ?? [];
      if (hottest !== -1) expect(most).toBe(hottest);
      hottest = most;
      expect(rows).toBeGreaterThanOrEqual(batch.rows);
      if (part === 'hot-late') expect(late.subarray(0, batch.rows)).toContain(1);
      else for (let row = 1; row < batch.rows; row++) expect(time[row]! >= time[row - 1]!).toBe(true);
    }
    expect(parts).toEqual(['everybody 4096', 'hot 396', 'hot-late 4', 'everybody 504']);
  });

  test('its transactions keep the contract', () => {
    const { stream } = streamOf({ rows: 3_000 });
    for (const block of stream.blocks()) {
      for (let row = 0; row < block.batch.rows; row++) {
        const { success, error } = transaction.safeParse(block.transactionOf(row));
        if (!success) expect(error?.issues).toEqual([]);
      }
    }
  });

  test('the same options give the same rows, another seed gives others', () => {
    const rowsOf = (seed: number) => {
      const { stream } = streamOf({ seed, rows: 4_200 });
      return [...stream.blocks()].flatMap(({ batch }) => JSON.stringify(plain(batch)));
    };
    expect(rowsOf(5)).toEqual(rowsOf(5));
    expect(rowsOf(6)).not.toEqual(rowsOf(5));
  });

  test('every rule over events that can fire within the days of the stream is planted', () => {
    const { stream } = streamOf();
    for (const _block of stream.blocks());
    const { ruleSet, evaluation } = knowledge;
    const fitting = buildHistories(ruleSet, evaluation, plantedMsMax(stream.options.days));
    const rules = new Set(fitting.flatMap(({ signals }) => [...signals.keys()]));
    expect([...stream.tally.plantedSignals.keys()].sort()).toEqual([...rules].sort());
    // What asks for half a year of history cannot.
    const others = ruleSet.rules.filter((rule) => rule.input === 'events' && !rules.has(rule.id));
    const anyLength = buildHistories(ruleSet, evaluation, Number.POSITIVE_INFINITY);
    for (const { id } of others)
      expect(anyLength.filter(({ signals }) => signals.has(id)).length, id).toBeGreaterThan(0);
    expect(others.length).toBeLessThan(rules.size / 10);
  });

  test('a stream that is too thin or without findings is out of range; a sample may be, too', () => {
    const { stream } = streamOf({ rows: 4_200, accounts: 4_000 });
    const sample = new SubjectSample({ rows: 4_200, plantedRows: 1_260, firstPlanted: 0, seed: 5 });
    for (const block of stream.blocks()) sample.take(block);
    const faults = streamFaults(stream, 0, 0).join('; ');
    for (const fault of ['events per account', '0 signals in 4200 rows', '0 rows past the gates'])
      expect(faults).toContain(fault);
    const silence = { lines: [], hash: '', byRule: new Map(), signals: 0 };
    expect(sampleFaults(sample, silence, knowledge).at(-1)).toMatch(
      /signals in the sample|rows in the sample/,
    );
    const figure = { name: 'a', value: 1, unit: 'x', seed: 1, resultHash: 'a', details: {} };
    expect(reaches(figure)).toBe(true);
    expect(reaches({ ...figure, faults: ['out of range'] })).toBe(false);
  });
});
