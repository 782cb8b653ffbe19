/**
 * Tier 2 by itself, on the measured stream.
 *
 * - `candidates`: what it costs to decide a candidate that the gates let through, exact recount and evaluation included. Only the
 *   evaluation is clocked; rows go in, and histories are brought in order, between the clocks.
 * - `questions`: one rule asked as of one event that triggers it, on whole histories of accounts: by generated code, the taking in of
 *   the history included, and by the reference program.
 *
 * What would make the figures wrong: candidates of one rule (they are those of the stream), histories of a few events (the
 * stream has 120 days), other signals than the reference's, a rule that fires where the code says it does not (both compared).
 */
import { createHash } from 'node:crypto';
import { factEvent } from '../../pipelines/facts/event.ts';
import { OWNER_LEGS, ownerLegs } from '../../pipelines/facts/owner-legs.ts';
import { FactStore } from '../../pipelines/facts/store.ts';
import { type CheckedRule, confirmationOf } from '../../rules/compiler/index.ts';
import { RuleEvaluator } from '../../rules/compiler/reference/evaluator.ts';
import type { RuleEvent } from '../../schemas/event-fields.ts';
import { standpointOf } from '../../schemas/facts.ts';
import { loadKnowledge } from '../../services/workspace/knowledge.ts';
import { createHot } from '../detect/hot.ts';
import { createReference } from '../detect/reference-detector.ts';
import { answerOf, type MeasuredDetector } from '../detect/subject.ts';
import { type Benchmark, type BenchmarkResult, type RunContext, sizeOf } from '../harness/benchmark.ts';
import { cpuNs, quantile, round, watchCollections } from '../harness/measure.ts';
import { dictionaryOf, measuredRun } from '../stream/measured-run.ts';
import { MeasuredStream } from '../stream/stream.ts';

const KIND = 'account';
const STANDPOINT = standpointOf(KIND);
/** Rows of which histories are made: those of one segment, whose columns lie in one place. */
const SEGMENT_ROWS = 65_536;
/** Fewer events say little about a window; more than the cap of a history are not read. */
const EVENTS_MIN = 8;
const EVENTS_MAX = 4_096;

async function candidates(context: RunContext): Promise<BenchmarkResult[]> {
  const { size, accounts, rows, seed, knowledge } = await measuredRun(context);
  const dictionary = dictionaryOf(seed);
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
      name: 'confirm/candidates',
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
}

interface History {
  readonly legs: Int32Array;
  readonly events: readonly RuleEvent[];
}

/** Histories of accounts over the rows of the store, in total order; what corrects another row is no event. */
function historiesOf(store: FactStore, subjects: number): History[] {
  const columns = store.columns(0);
  const legsOf = new Map<number, number[]>();
  for (let row = 0; row < store.rows; row++) {
    if (store.flagsOf(row) !== 0 || store.versionOf(row) !== 1) continue;
    const found = ownerLegs(columns, row);
    for (const side of [0, 1]) {
      if ((found & (side === 0 ? OWNER_LEGS.accountOut : OWNER_LEGS.accountIn)) === 0) continue;
      const leg = 2 * row + side;
      const account = columns.account[leg] as number;
      const known = legsOf.get(account);
      if (known === undefined) legsOf.set(account, [leg]);
      else known.push(leg);
    }
  }
  return [...legsOf.values()]
    .filter(({ length }) => length >= EVENTS_MIN && length <= EVENTS_MAX)
    .slice(0, subjects)
    .map((legs) => {
      legs.sort((a, b) => store.compareRows(a >> 1, b >> 1));
      return { legs: Int32Array.from(legs), events: legs.map((leg) => factEvent(store, leg, STANDPOINT)) };
    });
}

async function questions(context: RunContext): Promise<BenchmarkResult[]> {
  const size = (option: string): number => sizeOf(context, option);
  const [accounts, seed] = [size('accounts'), size('seed')];
  const rows = Math.min(SEGMENT_ROWS, size('rows'));
  const { ruleSet, evaluation } = await loadKnowledge({ cases: true });
  const dictionary = dictionaryOf(seed);
  const options = { accounts, rows, seed, plantedMilli: size('planted') };
  const stream = new MeasuredStream(options, { ruleSet, evaluation }, dictionary);
  const store = new FactStore(dictionary);
  for (const { batch } of stream.blocks()) store.append(batch);
  const columns = store.columns(0);
  const home = { list: Object.values(columns) };
  const histories = historiesOf(store, size('subjects'));
  const rules = ruleSet.rules.filter((rule) => rule.input === 'events' && rule.subjects.includes(KIND));
  const compareTexts = (a: number, b: number): number => dictionary.interner.compare(a, b);
  const textOf = (id: number): string => dictionary.text(id);
  const asked = rules.map((rule: CheckedRule) => {
    const plan = confirmationOf(rule, STANDPOINT, dictionary);
    return { rule, confirmation: plan.bind({ context: evaluation, compareTexts, textOf })() };
  });
  let count = 0;
  let generatedNs = 0;
  let referenceNs = 0;
  let vain = 0;
  let missed = 0;
  const fired = createHash('sha256');
  // The first pass compiles, and is not counted.
  for (const isCounted of [false, true]) {
    for (const [number, { legs, events }] of histories.entries()) {
      const history = { subjectKey: `${KIND}:${number}`, subjectKind: KIND, events } as const;
      for (const { rule, confirmation } of asked) {
        const may: number[] = [];
        const triggered: number[] = [];
        const start = cpuNs();
        confirmation.reset();
        for (let at = 0; at < legs.length; at++) {
          const leg = legs[at] as number;
          const timeMs = columns.time[leg >> 1] as number;
          confirmation.take(home, dictionary.setBits, leg >> 1, leg, leg ^ 1, leg & 1, timeMs, at);
        }
        for (let at = 0; at < legs.length; at++) {
          if (!confirmation.mayTrigger(at)) continue;
          triggered.push(at);
          if (confirmation.mayFire(at)) may.push(at);
        }
        const between = cpuNs();
        const evaluator = new RuleEvaluator(rule, evaluation);
        evaluator.attach(history);
        const fires = triggered.filter((at) => evaluator.evaluate(at).fires);
        const end = cpuNs();
        if (!isCounted) continue;
        generatedNs += between - start;
        referenceNs += end - between;
        count += triggered.length;
        vain += may.filter((at) => !fires.includes(at)).length;
        missed += fires.filter((at) => !may.includes(at)).length;
        fired.update(`${number} ${rule.id} ${fires.join()};`);
      }
    }
  }
  return [
    {
      name: 'confirm/questions',
      value: round(generatedNs / count, 1),
      unit: 'ns/question',
      seed,
      resultHash: fired.digest('hex').slice(0, 32),
      details: {
        referenceNs: round(referenceNs / count, 1),
        ofReference: round(referenceNs / generatedNs, 2),
        questions: count,
        subjects: histories.length,
        rules: rules.length,
        inVain: vain,
      },
      faults: missed === 0 ? [] : [`${missed} evaluations fire where the code says they do not`],
    },
  ];
}

export const confirm: Benchmark = {
  name: 'confirm',
  what: 'kernel: the exact answer to a candidate that the gates let through',
  cases: ['candidates', 'questions'],
  options: {
    accounts: { default: 6_000, smoke: 300, what: 'accounts' },
    rows: { default: 100_000, smoke: 4_500, what: 'rows of the stream' },
    planted: { default: 25, smoke: 300, what: 'thousandths of the rows that belong to planted histories' },
    subjects: { default: 1_000, smoke: 60, what: 'histories that are asked' },
    flush: { default: 4, smoke: 1, what: 'blocks between two evaluations' },
    seed: { default: 1, smoke: 1, what: 'seed' },
  },
  nodeFlags: () => ['--max-old-space-size=8192'],
  run: (context) => (context.case === 'questions' ? questions(context) : candidates(context)),
};
