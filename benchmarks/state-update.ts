/**
 * What rules cost over the keeping of state: rows of the measured stream to the records and histories of their subjects, under
 * a rule set in which nothing can hold, under the shipped rules, and under fifty. The three take each block in turn, one
 * after the other, in one process; the first fifth, in which records are made, is not counted. Exact evaluation is not part of it.
 *
 * What would make the figure wrong: an empty set that keeps less than the others know people (it keeps a record and a history
 * of the same subjects), rules that are copies (each asks for other numbers), records that lie in a cache (they are a million
 * and more).
 */
import { createHash } from 'node:crypto';
import { HotCore } from '../pipelines/detect/hot/hot-core.ts';
import { FactStore } from '../pipelines/facts/store.ts';
import type { RuleSet } from '../rules/compiler/index.ts';
import type { Benchmark } from './harness/benchmark.ts';
import { cpuNs, quantile, round, watchCollections } from './harness/measure.ts';
import { ruleSetOf, silentRuleSet } from './rules/rule-sets.ts';
import { dictionaryOf, LARGE_HEAP, measuredRun } from './stream/measured-run.ts';
import { MeasuredStream } from './stream/stream.ts';

const SUBJECTS_PER_ACCOUNT = 1.4;
/** Share of the blocks before the clock counts. */
const WARM_SHARE = 0.2;
const GOAL_PERCENT = 20;
const GOAL_ACCOUNTS = 1_000_000;

interface Contender {
  readonly name: string;
  readonly core: HotCore;
  readonly rules: number;
  readonly blockNs: number[];
  waited: number;
}

export const stateUpdate: Benchmark = {
  name: 'state-update',
  what: 'kernel: what the shipped rules, and fifty, add to the keeping of records and histories',
  yardstick: 'memory',
  options: {
    accounts: { default: 1_000_000, smoke: 300, what: 'accounts' },
    rows: { default: 4_000_000, smoke: 12_000, what: 'rows of the stream' },
    rules: { default: 50, smoke: 20, what: 'rules of the largest set: shipped ones and variants of them' },
    flush: { default: 64, smoke: 1, what: 'blocks after which candidates are thrown away' },
    seed: { default: 1, smoke: 1, what: 'seed' },
  },
  nodeFlags: () => LARGE_HEAP,
  async run(context) {
    const { size, accounts, rows, seed, knowledge } = await measuredRun(context);
    const dictionary = dictionaryOf(seed);
    const stream = new MeasuredStream({ accounts, rows, seed }, knowledge, dictionary);
    const store = new FactStore(dictionary);
    const many = ruleSetOf(knowledge, size('rules'));
    const contender = (name: string, ruleSet: RuleSet): Contender => {
      const subjects = Math.ceil(accounts * SUBJECTS_PER_ACCOUNT);
      const { evaluation } = knowledge;
      const core = new HotCore({ ruleSet, evaluation, store, dictionary, subjects });
      return { name, core, rules: ruleSet.rules.length, blockNs: [], waited: 0 };
    };
    const silent = contender('none', silentRuleSet(knowledge, many));
    const contenders = [
      silent,
      contender('shipped', knowledge.ruleSet),
      contender(`${many.rules.length} rules`, many),
    ];
    const blocks = Math.ceil(rows / 4_096);
    const watch = watchCollections();
    let block = 0;
    let counted = 0;
    for (const { batch } of stream.blocks()) {
      const first = store.append(batch);
      const isCounted = block >= blocks * WARM_SHARE;
      if (isCounted) counted += batch.rows;
      for (let turn = 0; turn < contenders.length; turn++) {
        const one = contenders[(block + turn) % contenders.length] as Contender;
        for (let row = 0; row < batch.rows; row++) {
          // What corrects another row is not an event of anybody.
          if (batch.flags[row] !== 0 || batch.version[row] !== 1) one.core.bury(first + row);
        }
        watch.begin();
        const start = cpuNs();
        one.core.feed(first, batch);
        const ns = cpuNs() - start;
        watch.measured();
        if (isCounted) one.blockNs.push(ns);
        if ((block + 1) % size('flush') === 0) {
          one.waited += one.core.waiting;
          one.core.settle();
        }
      }
      block++;
      if (block % 256 === 0) context.progress(`state-update: ${stream.tally.rows} rows`);
    }
    const collections = await watch.stop();
    const total = (one: Contender): number => one.blockNs.reduce((sum, ns) => sum + ns, 0);
    const all = contenders.reduce((sum, one) => sum + total(one), 0);
    const faults =
      silent.waited < Math.min(...contenders.slice(1).map(({ waited }) => waited))
        ? []
        : ['the silent rules found as much as the others'];
    return contenders.map((one) => {
      const { records, histories } = one.core.bytes;
      const digest = createHash('sha256').update(
        `${one.waited} ${records} ${histories} ${stream.tally.rows}`,
      );
      const isMany = one.rules === many.rules.length && one !== silent;
      const percent = 100 * (total(one) / total(silent) - 1);
      const shared = {
        seed,
        resultHash: digest.digest('hex').slice(0, 32),
        faults,
        details: {
          rules: one === silent ? 0 : one.rules,
          nsPerTx: round(total(one) / counted, 1),
          blockP50Us: round(quantile(one.blockNs, 500) / 1e3, 1),
          blockP99Us: round(quantile(one.blockNs, 990) / 1e3, 1),
          blockP999Us: round(quantile(one.blockNs, 999) / 1e3, 1),
          gcShare: round((collections.ms * 1e6) / all, 4),
          stateBytesPerAccount: round(records / stream.population.accounts, 1),
          historyBytesPerEvent: round(histories / stream.tally.accountEvents, 1),
          waitingPercent: round((100 * one.waited) / stream.tally.rows, 3),
        },
      };
      return one === silent
        ? { ...shared, name: 'state-update/none', value: round(total(one) / counted, 1), unit: 'ns/tx' }
        : {
            ...shared,
            name: `state-update/${one.name}`,
            value: round(percent, 1),
            unit: '% more',
            ...(isMany && accounts >= GOAL_ACCOUNTS
              ? { goal: { value: GOAL_PERCENT, better: 'less' as const } }
              : {}),
          };
    });
  },
};
