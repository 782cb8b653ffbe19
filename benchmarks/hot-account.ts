/**
 * What an account that takes part in one row of twenty costs beside the others: its rows in order by those of everybody
 * else. The stream brings its rows in blocks of their own, one in twenty, so that their feeding and their evaluation have a
 * clock of their own; its late rows and corrections, one in a hundred, come behind them and have a third one.
 *
 * What would make the figure wrong: rows of the hot account among the others (there are none; a few planted rows are in all
 * blocks), a hot account that no rule looks at (its signals stand beside the figure; those of a sample of subjects are compared
 * with the reference). Few others lie in a cache, which makes them cheaper and the figure worse. The others' late rows are repaired outside of their clock, the hot account's second
 * reports inside of its own.
 */
import { createHot } from './detect/hot.ts';
import { SubjectSample, sampleFaults } from './detect/sample.ts';
import { answerOf } from './detect/subject.ts';
import type { Benchmark } from './harness/benchmark.ts';
import { cpuNs, quantile, round, wallNs, watchCollections } from './harness/measure.ts';
import { HOT_ACCOUNT } from './stream/draws.ts';
import { dictionaryOf, LARGE_HEAP, measuredRun } from './stream/measured-run.ts';
import type { StreamPart } from './stream/options.ts';
import { streamFaults, streamProperties } from './stream/properties.ts';
import { MeasuredStream } from './stream/stream.ts';

const GOAL = 2;
/** From here on the sample is what it must be; all rows are in it. */
const MEASURED_FROM_ROWS = 200_000;
const PROGRESS_BLOCKS = 128;

interface PartClock {
  rows: number;
  feedNs: number;
  repairNs: number;
  flushNs: number;
  readonly blockNs: number[];
}

const partClock = (): PartClock => ({ rows: 0, feedNs: 0, repairNs: 0, flushNs: 0, blockNs: [] });

export const hotAccount: Benchmark = {
  name: 'hot-account',
  what: 'rows in order of an account that takes part in one of twenty, beside those of the others',
  yardstick: 'memory',
  options: {
    accounts: { default: 12_000, smoke: 600, what: 'accounts' },
    rows: { default: 210_000, smoke: 5_000, what: 'rows of the stream' },
    cycle: { default: 20, smoke: 2, what: 'blocks of which one is of the hot account' },
    'hot-rows': { default: 4_096, smoke: 200, what: 'rows of that block' },
    planted: { default: 25, smoke: 25, what: 'thousandths of the rows that belong to planted histories' },
    seed: { default: 1, smoke: 1, what: 'seed' },
  },
  nodeFlags: () => LARGE_HEAP,
  async run(context) {
    const { size, accounts, rows, seed, knowledge } = await measuredRun(context);
    const dictionary = dictionaryOf(seed);
    const options = {
      accounts,
      rows,
      seed,
      plantedMilli: size('planted'),
      hotCycle: size('cycle'),
      hotRows: size('hot-rows'),
    };
    const stream = new MeasuredStream(options, knowledge, dictionary);
    const firstPlanted = dictionary.interner.size;
    const plantedRows = (rows * size('planted')) / 1_000;
    const sample = new SubjectSample({ rows, plantedRows, firstPlanted, seed });
    const detector = createHot({ knowledge, dictionary, accounts, rows });
    const clocks: Record<StreamPart, PartClock> = {
      everybody: partClock(),
      hot: partClock(),
      'hot-late': partClock(),
    };
    const watch = watchCollections();
    const flush = (clock: PartClock): void => {
      watch.begin();
      const start = cpuNs();
      detector.repair?.();
      const repaired = cpuNs();
      detector.flush();
      clock.flushNs += cpuNs() - repaired;
      clock.repairNs += repaired - start;
      watch.measured();
    };
    let part: StreamPart = 'everybody';
    let blocks = 0;
    for (const block of stream.blocks()) {
      // What a part left is evaluated before the next one begins.
      if (block.part !== part) flush(clocks[part]);
      part = block.part;
      const clock = clocks[part];
      watch.begin();
      const [wall, start] = [wallNs(), cpuNs()];
      detector.feed(block);
      clock.feedNs += cpuNs() - start;
      clock.blockNs.push(wallNs() - wall);
      watch.measured();
      clock.rows += block.batch.rows;
      sample.take(block);
      if (++blocks % PROGRESS_BLOCKS === 0) context.progress(`hot-account: ${stream.tally.rows} rows`);
    }
    flush(clocks[part]);
    const collections = await watch.stop();

    const answer = answerOf(detector.signals(), () => true);
    const { expected, found } = sample.compare(detector.signals(), knowledge, dictionary);
    const counts = detector.counts();
    const hotKey = dictionary.text(stream.population.firstAccount + HOT_ACCOUNT);
    const faults = expected.hash === found.hash ? [] : ['other signals than the reference'];
    if (rows >= MEASURED_FROM_ROWS) {
      faults.push(...streamFaults(stream, answer.signals, counts.survivors));
      faults.push(...sampleFaults(sample, expected, knowledge));
    }
    const { everybody, hot, 'hot-late': late } = clocks;
    if (late.rows === 0) faults.push('the stream is shorter than a cycle');
    const per = ({ rows: of }: PartClock, ns: number): number => ns / of;
    const cold = per(everybody, everybody.feedNs + everybody.flushNs);
    const hotNs = hot.feedNs + hot.flushNs + hot.repairNs;
    const lateNs = late.feedNs + late.flushNs + late.repairNs;
    const allNs = Object.values(clocks).reduce(
      (sum, one) => sum + one.feedNs + one.flushNs + one.repairNs,
      0,
    );
    return [
      {
        name: 'hot-account',
        value: round(per(hot, hotNs) / cold, 3),
        unit: 'x',
        seed,
        resultHash: answer.hash,
        ...(rows >= MEASURED_FROM_ROWS ? { goal: { value: GOAL, better: 'less' as const } } : {}),
        details: {
          nsPerTx: round(per(hot, hotNs), 1),
          coldNsPerTx: round(cold, 1),
          coldRepairNsPerTx: round(per(everybody, everybody.repairNs), 1),
          hotFeedNsPerTx: round(per(hot, hot.feedNs), 1),
          hotFlushNsPerTx: round(per(hot, hot.flushNs), 1),
          hotRepairNsPerTx: round(per(hot, hot.repairNs), 1),
          lateNsPerTx: round(per(late, lateNs), 1),
          lateShareOfHot: round(lateNs / (lateNs + hotNs), 4),
          hotRows: hot.rows,
          lateRows: late.rows,
          blockP50Us: round(quantile(hot.blockNs, 500) / 1e3, 1),
          blockP99Us: round(quantile(hot.blockNs, 990) / 1e3, 1),
          blockP999Us: round(quantile(hot.blockNs, 999) / 1e3, 1),
          gcShare: round((collections.ms * 1e6) / allNs, 4),
          survivorPercent: round((100 * counts.survivors) / stream.tally.rows, 3),
          signals: answer.signals,
          hotSignals: answerOf(detector.signals(), (key) => key === hotKey).signals,
          sampleRows: sample.rows,
          sampleSignals: expected.signals,
          ...streamProperties(stream),
        },
        faults,
      },
    ];
  },
};
