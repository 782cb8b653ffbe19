import { beforeAll, describe, expect, test } from 'vitest';
import { answerOf, type SubjectSignals } from '../../../../benchmarks/detect/subject.ts';
import { type Knowledge, MeasuredStream } from '../../../../benchmarks/stream/stream.ts';
import { EffectiveRows } from '../../../../pipelines/detect/hot/effective-rows.ts';
import { HotCore } from '../../../../pipelines/detect/hot/hot-core.ts';
import { FactDictionary } from '../../../../pipelines/facts/dictionary.ts';
import { FactStore } from '../../../../pipelines/facts/store.ts';
import type { Partition } from '../../../../pipelines/partition/owned-keys.ts';
import { loadKnowledge } from '../../../../services/workspace/knowledge.ts';

const SEED: readonly [number, number] = [3, 5];
const BLOCKS_PER_FLUSH = 2;

/** What one partition says of the measured stream. */
function signalsOf(knowledge: Knowledge, partition?: Partition): SubjectSignals[] {
  const dictionary = new FactDictionary(SEED);
  const options = { accounts: 200, rows: 3_000, seed: 1, plantedMilli: 300 };
  const stream = new MeasuredStream(options, knowledge, dictionary);
  const store = new FactStore(dictionary);
  const core = new HotCore({
    ...knowledge,
    store,
    dictionary,
    ...(partition === undefined ? {} : { partition }),
  });
  const rows = new EffectiveRows({ store, core, seed: SEED });
  const standing = new Map<string, SubjectSignals[]>();
  const flush = () =>
    core.evaluate((subjectKey, groups) => {
      standing.set(
        subjectKey,
        groups.map(({ rule, versions }) => ({ subjectKey, rule: rule.id, versions })),
      );
    });
  let blocks = 0;
  for (const { batch, reversed } of stream.blocks()) {
    rows.admit(batch, (place) => ({ ...reversed.get(place)!, amountMinor: null }));
    if (++blocks % BLOCKS_PER_FLUSH === 0) flush();
  }
  flush();
  return [...standing.values()].flat();
}

const all = () => true;

describe('partitions', () => {
  let knowledge: Knowledge;
  let whole: SubjectSignals[];
  beforeAll(async () => {
    knowledge = await loadKnowledge({ cases: true });
    whole = signalsOf(knowledge);
  });

  test.each([1, 2, 8])('%i of them say together what one evaluator says', (count) => {
    const parts = Array.from({ length: count }, (_, index) => signalsOf(knowledge, { index, count }));
    expect(answerOf(parts.flat(), all).lines).toEqual(answerOf(whole, all).lines);
    expect(whole.length).toBeGreaterThan(20);
    if (count > 1) expect(parts.filter((part) => part.length > 0).length).toBeGreaterThan(1);
    const keys = parts.map((part) => new Set(part.map(({ subjectKey }) => subjectKey)));
    const distinct = new Set(keys.flatMap((part) => [...part]));
    expect(keys.reduce((sum, { size }) => sum + size, 0)).toBe(distinct.size);
  });
});
