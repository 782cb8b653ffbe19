/**
 * What each rule costs for each row: the detector that runs in production, over the same rows, once with a rule that never holds
 * and once with each rule alone. The difference is the rule's. Rounds alternate and the quickest of each counts; what is within the
 * noise of the machine is 0. Alone a rule keeps its own history, which rules together share: the sum is an upper bound.
 */
import { stringify } from 'yaml';
import { type CheckedRule, compileRules, type RuleSet } from '../../rules/compiler/index.ts';
import type { SubjectKind } from '../../schemas/enumerations.ts';
import { openHotDetector } from '../workspace/hot-detection.ts';
import type { Knowledge } from '../workspace/knowledge.ts';
import { declarationsOf, type LogRecords } from './log-records.ts';

const ROUNDS = 2;
const SEED: readonly [number, number] = [0x51a7e, 0x0dd5];

export interface RuleCost {
  readonly rule: string;
  /** Nanoseconds of CPU a row. */
  readonly ns: number;
}

/** A rule over the same kinds of subjects that holds for no event: they are kept, and nothing is found. */
function silentSet(subject: readonly SubjectKind[], knowledge: Knowledge): RuleSet {
  const text = { en: 'nothing', es: 'nada', fr: 'rien' };
  const rule = {
    id: 'ZZ-00',
    version: '1.0.0',
    status: 'leg',
    title: text,
    form: 'laundering',
    family: 'CSH',
    weight: 0,
    holderRole: 'unknown',
    subject,
    jurisdictions: ['MX'],
    sources: [{ document: 'none', year: 2026 }],
    features: { found: { agg: 'count', where: 'kind == "transfer" && amount < 0', over: '1d' } },
    when: 'found >= 1',
    strength: { of: 'found', at: 1, full: 2 },
    attributions: [{ to: 'subject', role: 'unknown', weight: 0, why: text }],
    explain: text,
    cases: [
      {
        name: 'never',
        kind: 'silent',
        fires: false,
        events: [{ at: '2026-03-03T10:00:00-06:00', set: { kind: 'transfer' } }],
      },
    ],
  };
  const thresholdIds = new Set(knowledge.reference.thresholds.ids);
  const compiled = compileRules([{ path: 'silent', text: stringify(rule) }], { thresholdIds });
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.findings[0]));
  return compiled.ruleSet;
}

const cpuNs = (): number => {
  const { user, system } = process.cpuUsage();
  return 1_000 * (user + system);
};

/** CPU time of detection over the records. */
async function detectionNs(ruleSet: RuleSet, knowledge: Knowledge, records: LogRecords): Promise<number> {
  const detection = openHotDetector({
    knowledge: { ruleSet, evaluation: knowledge.evaluation },
    seed: SEED,
    state: undefined,
  });
  try {
    const start = cpuNs();
    for (const { institution, fromMs } of declarationsOf(records)) detection.declare(institution, fromMs);
    for (const block of records.blocks) detection.admit(block);
    await detection.evaluate();
    return cpuNs() - start;
  } finally {
    detection.close();
  }
}

/** Rules over events that the engine evaluates, measured one by one until `untilMs` of `performance.now()`. */
export async function ruleCosts(
  knowledge: Knowledge,
  records: LogRecords,
  untilMs: number,
  onRule: (done: number, all: number) => void = () => undefined,
): Promise<RuleCost[]> {
  const measured = knowledge.ruleSet.rules.filter(
    ({ input, status }) => input === 'events' && status !== 'waiting' && status !== 'manual',
  );
  const alone = (rule: CheckedRule): RuleSet => ({ ...knowledge.ruleSet, rules: [rule] });
  const silent = new Map<string, number>();
  const costs: RuleCost[] = [];
  for (const [i, rule] of measured.entries()) {
    if (performance.now() >= untilMs || records.rows === 0) break;
    const kinds = rule.subjects.join(' ');
    let quickest = Number.POSITIVE_INFINITY;
    for (let round = 0; round < ROUNDS; round++) {
      const base = await detectionNs(silentSet(rule.subjects, knowledge), knowledge, records);
      silent.set(kinds, Math.min(base, silent.get(kinds) ?? base));
      quickest = Math.min(quickest, await detectionNs(alone(rule), knowledge, records));
    }
    costs.push({
      rule: rule.id,
      ns: Math.max(0, Math.round((quickest - (silent.get(kinds) as number)) / records.rows)),
    });
    onRule(i + 1, measured.length);
  }
  return costs;
}
