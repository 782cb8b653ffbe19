/**
 * A process that ended and went on from its checkpoint is the one that did not end: what it says from then on is the same, and
 * so is every later checkpoint, byte for byte.
 */
import { expect, test } from 'vitest';
import type { Detector, DetectorOptions, RuleSignals } from '../../pipelines/detect/detector.ts';
import { deriveSeed, Random } from '../../pipelines/simulate/random.ts';
import { imageDifference } from '../support/checkpoints.ts';
import { memoryColdFile } from '../support/memory-cold-file.ts';
import { createRowsDetector, type RowsDetectorOptions } from '../support/rows-detector.ts';
import { interleaved, type Op } from '../support/stream-arrival.ts';
import { MAKER, OPTIONS, RUNS, SEED, STREAMING } from '../support/stream-comparison.ts';
import { Play } from '../support/stream-player.ts';
import { ruleSteps } from '../support/stream-timelines.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** Of so many streams as elsewhere, one. */
const EVERY = 208;
const STREAMS = Math.max(2, Math.floor(RUNS / EVERY));
const STEPS = ruleSteps(OPTIONS.ruleSet, OPTIONS.evaluation);

interface Way {
  readonly name: string;
  readonly takes: (op: Op) => boolean;
  readonly options: () => RowsDetectorOptions;
  /** Rules change between blocks. How many steps that takes depends on the plans that were made before, in the other course too. */
  readonly rules?: 'at once' | 'in steps';
}

const whatever = () => true;
const ofBlocks = ({ kind }: Op) => kind !== 'link';
const hot = (): NonNullable<RowsDetectorOptions['hot']> => ({ seed: [SEED, 1] });
const evicting = (): NonNullable<RowsDetectorOptions['hot']> => ({
  ...hot(),
  coldRows: { cold: memoryColdFile(), hotWindowMs: DAY_MS, pageRows: 2, cachePages: 3 },
  idle: { file: memoryColdFile(), idleMs: 6 * HOUR_MS },
});

const WAYS: readonly Way[] = [
  { name: 'in memory', takes: whatever, options: () => ({ blockRows: [4_096], hot: hot() }) },
  { name: 'in small blocks', takes: ofBlocks, options: () => ({ blockRows: [1, 3, 2], hot: hot() }) },
  { name: 'evicting', takes: whatever, options: () => ({ blockRows: [4_096], hot: evicting() }) },
  {
    name: 'under rules that change',
    takes: ofBlocks,
    options: () => ({ blockRows: [1, 3, 2], hot: evicting() }),
    rules: 'at once',
  },
  {
    name: 'under rules that change in steps',
    takes: ofBlocks,
    options: () => ({ blockRows: [1, 3, 2], reloadSteps: [0, 1, 40, 2_000], hot: evicting() }),
    rules: 'in steps',
  },
  ...STREAMING.map(({ name, ...order }) => ({
    name: `streaming, ${name}`,
    takes: ofBlocks,
    options: () => ({ blockRows: [1, 3, 2], hot: evicting(), order }),
  })),
];

interface Course {
  /** What was said, in order. */
  readonly said: (readonly [string, readonly RuleSignals[]])[][];
  readonly images: Uint8Array[];
  restarts: number;
}

function course(way: Way, ops: readonly Op[], restarts: () => boolean): Course {
  const out: Course = { said: [], images: [], restarts: 0 };
  const create = (options: DetectorOptions): Detector => {
    const detector = createRowsDetector(options, {
      ...way.options(),
      restarts: () => {
        const ends = restarts();
        if (ends) out.restarts++;
        return ends;
      },
      image: (image) => out.images.push(image),
    });
    const { evaluate } = detector;
    return Object.assign(detector, {
      evaluate(report: Parameters<Detector['evaluate']>[0]) {
        const said: [string, readonly RuleSignals[]][] = [];
        evaluate((subjectKey, signals) => {
          said.push([
            subjectKey,
            structuredClone(signals.map(({ rule, versions }) => ({ rule: rule.id, versions }))) as never,
          ]);
          report(subjectKey, signals);
        });
        out.said.push(said);
      },
    });
  };
  const play = new Play(
    {
      name: way.name,
      create,
      between(detector, block) {
        const step = STEPS[block % STEPS.length]!;
        if (way.rules !== undefined) detector.useRules(step.ruleSet, step.evaluation, step.fromMs);
        return detector;
      },
    },
    OPTIONS,
  );
  for (const op of ops) if (way.takes(op)) play.apply(op);
  play.apply({ kind: 'flush' });
  return out;
}

test.each(WAYS.map((way) => [way.name, way] as const))(
  '%s: another process goes on where one ended',
  (name, way) => {
    let restarts = 0;
    let said = 0;
    for (let number = 0; number <= STREAMS; number++) {
      const random = new Random(deriveSeed(SEED, `checkpoint ${name}`, number));
      // The last one is several, side by side.
      const ops =
        number < STREAMS
          ? MAKER.make(number * EVERY).arrival.ops
          : interleaved(
              random,
              Array.from({ length: 12 }, (_, i) => MAKER.make(i * EVERY + 1).arrival),
            );
      const whole = course(way, ops, () => false);
      const broken = course(way, ops, () => random.chance(0.4));
      const where = `RASTRO_SEED=${SEED}, ${name}, stream ${number}`;
      expect(broken.said, where).toEqual(whole.said);
      expect(broken.images.length, where).toBe(whole.images.length);
      for (const [i, image] of way.rules === 'in steps' ? [] : whole.images.entries())
        expect(imageDifference(broken.images[i]!, image), `${where}, checkpoint ${i}`).toBeNull();
      restarts += broken.restarts;
      said += whole.said.flat().filter(([, signals]) => signals.length > 0).length;
    }
    console.info(
      `seed ${SEED}, ${name}: ${STREAMS + 1} streams, ${restarts} restarts, ${said} subjects with signals`,
    );
    expect(restarts).toBeGreaterThan(0);
    expect(said).toBeGreaterThan(0);
  },
  600_000,
);
