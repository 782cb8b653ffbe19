/**
 * Other rules while a stream goes on: one rule of the shipped set is another one from a time on. They are made ready a step
 * behind every block; the figure is the longest of these steps, and beside it stand what all of them take, and the flush that puts the
 * rules in force, with the share of it that the rules before would have taken anyway left in.
 *
 * What would make the figure wrong: rules that change nothing (the signals are compared with those of a detector that had both
 * sets from its first row on, and with those under the rules before), and a store that holds little (every step is bounded, and the longest
 * ones plan and compile: they do not grow with the rows).
 */
import { mergeRuleSets } from '../rules/compiler/index.ts';
import { compileKnowledge, type Knowledge } from '../services/workspace/knowledge.ts';
import { HotSubject } from './detect/hot.ts';
import { answerOf } from './detect/subject.ts';
import type { Benchmark } from './harness/benchmark.ts';
import { cpuNs, quantile, round } from './harness/measure.ts';
import { dictionaryOf, LARGE_HEAP, measuredRun } from './stream/measured-run.ts';
import type { StreamBlock } from './stream/stream.ts';
import { MeasuredStream } from './stream/stream.ts';

/** A step is over before somebody who waits for an answer notices. */
const GOAL_MS = 50;
const RULE = 'catalogue/sexual-exploitation/SEX-07-price-grid-receipts.yaml';
const BEFORE = 'min_payers: {value: 15,';
const AFTER = 'min_payers: {value: 9,';
/** Blocks between two flushes. */
const FLUSH_BLOCKS = 64;

function changedFrom(knowledge: Knowledge, fromMs: number): Knowledge['ruleSet'] {
  const { files } = knowledge;
  const text = files.texts[RULE];
  if (text?.includes(BEFORE) !== true) throw new Error(`${RULE} does not say ${BEFORE}`);
  const texts = { ...files.texts, [RULE]: text.replace(BEFORE, AFTER) };
  const changed = compileKnowledge({ ...files, texts }, { activeFrom: fromMs });
  return mergeRuleSets([knowledge.ruleSet, changed.ruleSet]);
}

function feed(subject: HotSubject, block: StreamBlock): void {
  subject.feed(block.batch, (place) => {
    const { institution, id } = block.reversed.get(place)!;
    return { institution, id, amountMinor: null };
  });
}

export const rulesReload: Benchmark = {
  name: 'rules-reload',
  what: 'the longest step towards other rules while a stream goes on',
  yardstick: 'memory',
  options: {
    accounts: { default: 12_000, smoke: 300, what: 'accounts' },
    rows: { default: 210_000, smoke: 5_000, what: 'rows of the stream' },
    after: { default: 800, smoke: 800, what: 'thousandths of the rows after which the rules change' },
    planted: { default: 25, smoke: 25, what: 'thousandths of the rows that belong to planted histories' },
    seed: { default: 1, smoke: 1, what: 'seed' },
  },
  nodeFlags: () => LARGE_HEAP,
  async run(context) {
    const { size, accounts, rows, seed, knowledge } = await measuredRun(context);
    const begin = (ruleSet: Knowledge['ruleSet']) => {
      const dictionary = dictionaryOf(seed);
      const options = { accounts, rows, seed, plantedMilli: size('planted') };
      const stream = new MeasuredStream(options, knowledge, dictionary);
      const subject = new HotSubject({ ...knowledge, ruleSet }, dictionary, { accounts, rows });
      return { stream, subject };
    };

    const changesAt = (rows * size('after')) / 1_000;
    const { stream, subject } = begin(knowledge.ruleSet);
    const { core } = subject;
    const stepNs: number[] = [];
    const advance = (): boolean => {
      const start = cpuNs();
      const goesOn = core.advance();
      if (goesOn) stepNs.push(cpuNs() - start);
      return goesOn;
    };
    let ruleSet: Knowledge['ruleSet'] | undefined;
    let fromMs = 0;
    let blocks = 0;
    for (const block of stream.blocks()) {
      feed(subject, block);
      if (ruleSet === undefined && subject.store.rows >= changesAt) {
        subject.flush();
        fromMs = subject.store.newestMs;
        ruleSet = changedFrom(knowledge, fromMs);
        core.useRules(ruleSet, knowledge.evaluation, fromMs);
      }
      advance();
      if (ruleSet === undefined && ++blocks % FLUSH_BLOCKS === 0) subject.flush();
    }
    if (ruleSet === undefined) throw new Error('the stream ended before the rules changed');
    while (advance());
    const switchStart = cpuNs();
    const { evaluated } = core.counts;
    subject.flush();
    const switchNs = cpuNs() - switchStart;
    const found = answerOf(subject.signals(), () => true);
    context.progress(`rules-reload: ${stepNs.length} steps, now from the first row on`);

    const anew = begin(ruleSet);
    const anewStart = cpuNs();
    let generatedNs = 0;
    let last = cpuNs();
    for (const block of anew.stream.blocks()) {
      generatedNs += cpuNs() - last;
      feed(anew.subject, block);
      last = cpuNs();
    }
    anew.subject.flush();
    const anewNs = cpuNs() - anewStart - generatedNs;
    const expected = answerOf(anew.subject.signals(), () => true);

    const faults: string[] = [];
    if (found.hash !== expected.hash)
      faults.push('other signals than with these rules from the first row on');
    const totalNs = stepNs.reduce((sum, ns) => sum + ns, 0);
    return [
      {
        name: 'rules-reload',
        value: round(Math.max(...stepNs) / 1e6, 2),
        unit: 'ms',
        seed,
        resultHash: found.hash,
        ...(rows >= 200_000 ? { goal: { value: GOAL_MS, better: 'less' as const } } : {}),
        details: {
          steps: stepNs.length,
          stepP50Ms: round(quantile(stepNs, 500) / 1e6, 2),
          stepP99Ms: round(quantile(stepNs, 990) / 1e6, 2),
          totalMs: round(totalNs / 1e6, 1),
          switchMs: round(switchNs / 1e6, 1),
          subjectsEvaluatedAtSwitch: core.counts.evaluated - evaluated,
          anewMs: round(anewNs / 1e6, 1),
          subjectsEvaluatedAnew: anew.subject.core.counts.evaluated,
          rows: subject.store.rows,
          signals: found.signals,
        },
        faults,
      },
    ];
  },
};
