/** Checkpoints in memory: of what they are not of, nothing is made. */
import { beforeAll, describe, expect, test } from 'vitest';
import { HotDetector, type HotDetectorOptions } from '../../../../../pipelines/detect/hot/hot-detector.ts';
import { factsOf } from '../../../../../pipelines/facts/batch.ts';
import { CheckpointDamage } from '../../../../../pipelines/recovery/checkpoint-image.ts';
import type { Transaction } from '../../../../../schemas/transaction.ts';
import { imageOf, loaded } from '../../../../support/checkpoints.ts';
import { memoryColdFile } from '../../../../support/memory-cold-file.ts';
import { MAKER, OPTIONS } from '../../../../support/stream-comparison.ts';
import { rowHash } from '../../../../support/stream-transactions.ts';

const HOUR_MS = 3_600_000;
const { ruleSet, evaluation, providedBy } = OPTIONS;

const rows: readonly Transaction[] = Array.from({ length: 6 }, (_, i) => MAKER.make(i).arrival.ops)
  .flat()
  .flatMap((op) => (op.kind === 'row' && op.tx.reverses === undefined ? [op.tx] : []));

function feed(hot: HotDetector, some: readonly Transaction[]): void {
  const facts = some.map((tx) => ({ tx, hash: rowHash(tx), provided: providedBy(tx.stamp.provided) }));
  hot.admitFacts(factsOf(facts, hot.dictionary), () => {
    throw new Error('no row reverses another');
  });
}

describe('a checkpoint of a detector', () => {
  const options: HotDetectorOptions = {
    ruleSet,
    evaluation,
    seed: [1, 2],
    idle: { file: memoryColdFile(), idleMs: HOUR_MS },
  };
  const hot = new HotDetector(options);
  let image: Uint8Array;
  beforeAll(() => {
    feed(hot, rows);
    hot.evaluate();
    image = imageOf(hot);
  });

  const refusal = (bytes: Uint8Array, other: Partial<HotDetectorOptions> = {}): string => {
    try {
      loaded(bytes, { ...options, ...other });
      return 'none';
    } catch (error) {
      if (error instanceof CheckpointDamage) return error.message;
      throw error;
    }
  };

  test('is gone on from under the same options', () => {
    expect(refusal(image)).toBe('none');
    const said = [...loaded(image, options).standing()];
    expect(said.length).toBeGreaterThan(0);
    expect(said.map(({ subjectKey, signals }) => [subjectKey, signals.length])).toEqual(
      [...hot.standing()].map(({ subjectKey, signals }) => [subjectKey, signals.length]),
    );
  });

  test('is refused under another seed, other rules, and without the cold file that it refers to', () => {
    expect(refusal(image, { seed: [1, 3] })).toBe('another seed');
    const fewer = { ...ruleSet, rules: ruleSet.rules.filter((_, i) => i % 2 === 0) };
    expect(refusal(image, { ruleSet: fewer })).toMatch(/^other k/);
    expect(refusal(image, { idle: undefined })).toBe('lines: another frame');
  });

  test('is refused where something is missing, or too much', () => {
    expect(refusal(image.subarray(0, image.length - 8))).toMatch(/bytes$|too soon$/);
    expect(refusal(Buffer.concat([image, new Uint8Array(8)]))).toBe('8 bytes too many');
  });

  test('cannot be taken while something waits', () => {
    const busy = loaded(image, options);
    expect(busy.isSettled).toBe(true);
    feed(
      busy,
      MAKER.make(40)
        .arrival.ops.flatMap((op) => (op.kind === 'row' ? [op.tx] : []))
        .slice(0, 5),
    );
    busy.useRules({ ...ruleSet, rules: ruleSet.rules.slice(1) }, evaluation, Number.NEGATIVE_INFINITY);
    expect(busy.isSettled).toBe(false);
    busy.evaluate();
    expect(busy.isSettled).toBe(true);
  });
});
