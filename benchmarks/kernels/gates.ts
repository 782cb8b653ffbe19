/**
 * The generated kernel by itself: events of accounts to their records, for rules of which none can hold (the update of the
 * record alone), for the shipped rules and for more of them (predicates, counters, gates). Records are drawn at random, from so
 * many that each is a cache miss, and from few that lie in a cache.
 *
 * What would make the figure wrong: time that stands still (panes would never roll; each pass begins where the last one
 * ended), events of one sort (they are those of the measured stream), a kernel that is not optimised yet (two passes go
 * before the clock; the candidates are counted in the first of them).
 */
import { planRules, type RuleSet, warmUp } from '../../rules/compiler/index.ts';
import { loadKnowledge } from '../../services/workspace/knowledge.ts';
import { type Benchmark, type BenchmarkResult, sizeOf } from '../harness/benchmark.ts';
import { round } from '../harness/measure.ts';
import { ruleSetOf, silentRuleSet } from '../rules/rule-sets.ts';
import { kernelPasses, measuredEvents, RECORDS_IN_CACHE } from './kernel-passes.ts';

export const gates: Benchmark = {
  name: 'gates',
  what: 'kernel: an event to its record, alone and with the predicates, counters and gates of all rules',
  yardstick: 'memory',
  options: {
    accounts: { default: 50_000, smoke: 300, what: 'accounts of the stream' },
    rows: { default: 65_536, smoke: 3_000, what: 'rows, taken again in each pass; a segment at most' },
    records: { default: 1_000_000, smoke: 1_000, what: 'records among which an event finds its own' },
    rules: { default: 50, smoke: 20, what: 'rules of the largest set: shipped ones and variants of them' },
    passes: { default: 9, smoke: 1, what: 'passes; the median counts' },
    seed: { default: 1, smoke: 1, what: 'seed' },
  },
  async run(context) {
    const size = (option: string): number => sizeOf(context, option);
    const seed = size('seed');
    const knowledge = await loadKnowledge({ cases: true });
    const { events, dictionary } = measuredEvents(knowledge, {
      accounts: size('accounts'),
      rows: size('rows'),
      seed,
    });
    const many = ruleSetOf(knowledge, size('rules'));
    const sets: readonly (readonly [name: string, set: RuleSet])[] = [
      ['record-update', silentRuleSet(knowledge, many)],
      ['shipped', knowledge.ruleSet],
      [`${many.rules.length} rules`, many],
    ];
    return sets.map(([name, { rules }]): BenchmarkResult => {
      const ofAccounts = rules
        .filter(({ subjects }) => subjects.includes('account'))
        .map((rule) => ({ ...rule, subjects: ['account' as const] }));
      const plan = planRules(ofAccounts, dictionary).get('account');
      if (plan === undefined) throw new Error(`${name}: no rule over accounts`);
      warmUp(plan);
      const { setBits } = dictionary;
      const far = kernelPasses(plan, events, setBits, size('records'), size('passes'));
      const near = kernelPasses(plan, events, setBits, RECORDS_IN_CACHE, size('passes'));
      return {
        name: `gates/${name}`,
        value: round(far.nsPerEvent, 1),
        unit: 'ns/event',
        seed,
        resultHash: far.digest,
        details: {
          inCacheNs: round(near.nsPerEvent, 1),
          recordBytes: plan.layout.bytes,
          counters: plan.counters.length,
          predicates: plan.predicates.length,
          rules: plan.rules.length,
          candidatePercent: round((100 * far.candidates) / events.legs.length, 3),
        },
      };
    });
  },
};
