/**
 * Tier 2 by itself: what it costs to decide a candidate that the gates let through, exact recount and evaluation included, on
 * the measured stream. Only the evaluation is clocked; rows go in, and histories are brought in order, between the clocks.
 *
 * What would make the figure wrong: candidates of one rule (they are those of the stream), histories of a few events (the
 * stream has 120 days), other signals than the reference's (compared).
 */
import { FactDictionary } from '../../pipelines/facts/dictionary.ts';
import { loadKnowledge } from '../../services/workspace/knowledge.ts';
import { createHot } from '../detect/hot.ts';
import { createReference } from '../detect/reference-detector.ts';
import { answerOf, type MeasuredDetector } from '../detect/subject.ts';
import { type Benchmark, sizeOf } from '../harness/benchmark.ts';
import { cpuNs, quantile, round, watchCollections } from '../harness/measure.ts';
import { MeasuredStream } from '../stream/stream.ts';

export const confirm: Benchmark = {
  name: 'confirm',
  what: 'kernel: the exact answer to a candidate that the gates let through',
  options: {
    accounts: { default: 6_000, smoke: 300, what: 'accounts' },
    rows: { default: 100_000, smoke: 4_500, what: 'rows of the stream' },
    planted: { default: 25, smoke: 300, what: 'thousandths of the rows that belong to planted histories' },
    flush: { default: 4, smoke: 1, what: 'blocks between two evaluations' },
    seed: { default: 1, smoke: 1, what: 'seed' },
  },
  nodeFlags: () => ['--max-old-space-size=8192'],
  async run(context) {
    const size = (option: string): number => sizeOf(context, option);
    const [accounts, rows, seed] = [size('accounts'), size('rows'), size('seed')];
    const knowledge = await loadKnowledge();
    const dictionary = new FactDictionary([seed, seed ^ 0x5bd1e995]);
    const options = { accounts, rows, seed, plantedMilli: size('planted') };
    const stream = new MeasuredStream(options, knowledge, dictionary);
    const setup = { knowledge, dictionary, accounts, rows };
    const detector: MeasuredDetector = createHot(setup);
    const reference = createReference(setup);
    const flushNs: number[] = [];
    const watch = watchCollections();
    const flush = (): void => {
      detector.repair?.();
      watch.begin();
      const start = cpuNs();
      detector.flush();
      flushNs.push(cpuNs() - start);
      watch.measured();
    };
    let blocks = 0;
    for (const block of stream.blocks()) {
      detector.feed(block);
      reference.feed(block);
      if (++blocks % size('flush') === 0) flush();
    }
    flush();
    const collections = await watch.stop();
    reference.flush();
    const answer = answerOf(detector.signals(), () => true);
    const expected = answerOf(reference.signals(), () => true);
    const { candidates = 0, confirmed = 0 } = detector.counts().details ?? {};
    const totalNs = flushNs.reduce((sum, ns) => sum + ns, 0);
    return [
      {
        name: 'confirm',
        value: round(totalNs / candidates, 1),
        unit: 'ns/candidate',
        seed,
        resultHash: answer.hash,
        details: {
          nsPerConfirmed: round(totalNs / confirmed, 1),
          nsPerTx: round(totalNs / rows, 1),
          candidates,
          confirmed,
          signals: answer.signals,
          flushP50Us: round(quantile(flushNs, 500) / 1e3, 1),
          flushP99Us: round(quantile(flushNs, 990) / 1e3, 1),
          gcShare: round((collections.ms * 1e6) / totalNs, 4),
        },
        faults: answer.hash === expected.hash ? [] : ['other signals than the reference'],
      },
    ];
  },
};
