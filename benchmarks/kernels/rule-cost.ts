/**
 * What each rule costs in the first tier: the kernel of that rule alone, less the kernel of a rule that asks nothing, over the
 * same events with as many records as there are accounts. Beside it the share of events that the rule's gate lets through to the
 * second tier, and the whole catalogue in one kernel, where rules share predicates and counters and need a longer record.
 *
 * What would make it wrong: rules of other subjects are asked about events of accounts, of which there are more than of
 * theirs; a rule alone shares its line of memory with nobody.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CheckedRule, planRules, warmUp } from '../../rules/compiler/index.ts';
import { packageRoot } from '../../schemas/package-root.ts';
import { loadKnowledge } from '../../services/workspace/knowledge.ts';
import { type Benchmark, type BenchmarkResult, sizeOf } from '../harness/benchmark.ts';
import { round } from '../harness/measure.ts';
import { silentRuleSet } from '../rules/rule-sets.ts';
import { kernelPasses, measuredEvents } from './kernel-passes.ts';

const PAGE = join(packageRoot(), 'benchmarks', 'rule-cost.md');

interface RuleCost {
  readonly rule: string;
  readonly status: string;
  readonly ns: number;
  /** Of the events, thousandths of a percent are kept. */
  readonly candidatePercent: number;
  readonly recordBytes: number;
}

const onAccounts = (rule: CheckedRule): CheckedRule => ({ ...rule, subjects: ['account'] });

export const ruleCost: Benchmark = {
  name: 'rule-cost',
  what: 'kernel: what each rule costs an event, among as many records as accounts; writes benchmarks/rule-cost.md',
  yardstick: 'memory',
  options: {
    accounts: { default: 50_000, smoke: 300, what: 'accounts of the stream' },
    rows: { default: 65_536, smoke: 1_500, what: 'rows, taken again in each pass; a segment at most' },
    records: { default: 2_000_000, smoke: 1_000, what: 'records among which an event finds its own' },
    passes: { default: 9, smoke: 1, what: 'passes; the median counts' },
    rules: { default: 1_000, smoke: 4, what: 'rules at most' },
    seed: { default: 1, smoke: 1, what: 'seed' },
    write: { default: 1, smoke: 0, what: '1: the page is written anew' },
  },
  nodeFlags: () => ['--max-old-space-size=4000'],
  async run(context) {
    const size = (option: string): number => sizeOf(context, option);
    const seed = size('seed');
    const knowledge = await loadKnowledge({ cases: true });
    const { events, dictionary } = measuredEvents(knowledge, {
      accounts: size('accounts'),
      rows: size('rows'),
      seed,
    });
    const costOf = (rules: readonly CheckedRule[]) => {
      const plan = planRules(rules.map(onAccounts), dictionary).get('account');
      if (plan === undefined) throw new Error('no rule over accounts');
      warmUp(plan);
      const measured = kernelPasses(plan, events, dictionary.setBits, size('records'), size('passes'));
      return { ...measured, recordBytes: plan.layout.bytes };
    };
    const asked = knowledge.ruleSet.rules.filter(({ input }) => input === 'events').slice(0, size('rules'));
    const bare = costOf(silentRuleSet(knowledge, knowledge.ruleSet).rules.slice(0, 1));
    const costs = asked.map((rule): RuleCost => {
      context.progress(rule.id);
      const { nsPerEvent, candidates, recordBytes } = costOf([rule]);
      return {
        rule: rule.id,
        status: rule.status,
        ns: round(Math.max(0, nsPerEvent - bare.nsPerEvent), 1),
        candidatePercent: round((100 * candidates) / events.legs.length, 3),
        recordBytes,
      };
    });
    const whole = costOf(asked);
    const sum = round(
      costs.reduce((total, { ns }) => total + ns, 0),
      0,
    );
    const facts = { records: size('records'), bare: round(bare.nsPerEvent, 1), sum };
    if (size('write') === 1)
      await writeFile(PAGE, ruleCostPage(costs, { ...facts, whole: round(whole.nsPerEvent, 1) }));
    return [
      result('record alone', bare.nsPerEvent, bare.digest, { records: size('records') }),
      result('whole catalogue', whole.nsPerEvent, whole.digest, {
        rules: asked.length,
        sumOfRulesNs: sum,
        recordBytes: whole.recordBytes,
        candidatePercent: round((100 * whole.candidates) / events.legs.length, 3),
      }),
    ];

    function result(
      name: string,
      ns: number,
      resultHash: string,
      details: BenchmarkResult['details'],
    ): BenchmarkResult {
      return { name: `rule-cost/${name}`, value: round(ns, 1), unit: 'ns/event', seed, resultHash, details };
    }
  },
};

interface PageFacts {
  readonly records: number;
  readonly bare: number;
  readonly whole: number;
  /** Of the costs of the rules, each alone. */
  readonly sum: number;
}

function ruleCostPage(costs: readonly RuleCost[], { records, bare, whole, sum }: PageFacts): string {
  const lines = [...costs]
    .sort((a, b) => b.ns - a.ns || (a.rule < b.rule ? -1 : 1))
    .map(
      ({ rule, status, ns, candidatePercent, recordBytes }) =>
        `| ${rule} | ${status} | ${ns.toFixed(1)} | ${candidatePercent.toFixed(3)} | ${recordBytes} |`,
    );
  return `# What each rule costs

Generated by \`npm run bench -- rule-cost\`; not edited. Nanoseconds of CPU an event in the first tier, each rule alone in a kernel, less the
${bare} ns of finding and touching the record among ${records.toLocaleString('en')}; the share of events whose gate opens, which the second tier
looks at; bytes of a record that holds what this rule counts. The whole catalogue in one kernel takes ${whole} ns an event; the rules one by one
would add up to ${sum} ns.

| rule | status | ns/event | candidates, % | bytes |
| --- | --- | ---: | ---: | ---: |
${lines.join('\n')}
`;
}
