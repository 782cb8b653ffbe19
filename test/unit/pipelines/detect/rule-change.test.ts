/** Other rules while a detector lives: what stands then is what a detector with these rules from the start says. */
import { describe, expect, test } from 'vitest';
import { createDetector, type Detector } from '../../../../pipelines/detect/detector.ts';
import {
  ALWAYS_MS,
  compileRules,
  type EvaluationContext,
  mergeRuleSets,
  type RuleSet,
} from '../../../../rules/compiler/index.ts';
import type { Transaction } from '../../../../schemas/transaction.ts';
import { createRowsDetector } from '../../../support/rows-detector.ts';
import { ruleText } from '../../../support/rules.ts';
import { transaction } from '../../../support/transactions.ts';

const EVALUATION: EvaluationContext = { thresholdAt: () => null, isBusinessDay: () => null };
const dayMs = (n: number) => Date.UTC(2026, 0, 1 + n);

/** `n` payments in within 10 d, by rule id; what follows `@` is the kind of subject. */
function setOf(rules: Readonly<Record<string, number>>, activeFrom = ALWAYS_MS): RuleSet {
  const sources = Object.entries(rules).map(([name, n]) => {
    const [id = '', subject = 'account'] = name.split('@');
    const features = { n: { agg: 'count', where: 'direction == "in"', over: '10d' } };
    return { path: `${id}.yaml`, text: ruleText({ id, subject, features, when: `n >= ${n}` }) };
  });
  const result = compileRules(sources, { activeFrom });
  if (!result.ok) throw new Error(JSON.stringify(result.findings));
  return result.ruleSet;
}

const BASE = setOf({ 'TST-01': 2, 'TST-02': 3 });
const CHANGED = mergeRuleSets([BASE, setOf({ 'TST-01': 3, 'TST-02': 3, 'TST-03@holder': 1 }, dayMs(4))]);

const DETECTORS: Readonly<Record<string, (ruleSet: RuleSet) => Detector>> = {
  reference: (ruleSet) =>
    createDetector({
      ruleSet,
      evaluation: EVALUATION,
      providedBy: () => new Set(['counterparty', 'occurredAt']),
    }),
  hot: (ruleSet) =>
    createRowsDetector(
      {
        ruleSet,
        evaluation: EVALUATION,
        providedBy: () => new Set(['counterparty', 'occurredAt']),
      },
      { blockRows: [4_096] },
    ),
};

const rows = Array.from({ length: 8 }, (_, i) =>
  transaction({
    id: String(i),
    from: `payer${i}`,
    to: i % 3 === 2 ? 'other' : 'collector',
    at: new Date(dayMs(i)).toISOString(),
  }),
);

function admit(detector: Detector, given: readonly Transaction[]): void {
  for (const tx of given) detector.admit(tx, tx.id);
}

/** What stands by subject after each report; what is not reported stays. */
function collect(detector: Detector, standing = new Map<string, string[]>()): Map<string, string[]> {
  detector.evaluate((subject, groups) => {
    const lines = groups.flatMap(({ rule, versions }) =>
      versions.map(
        ({ id, version, evidence }) => `${rule.id} ${rule.file.when} ${id} v${version} ${evidence.hash}`,
      ),
    );
    standing.set(subject, lines);
  });
  return standing;
}

const listed = (standing: Map<string, string[]>) =>
  [...standing].flatMap(([subject, lines]) => lines.map((line) => `${subject} ${line}`)).sort();

describe.each(Object.entries(DETECTORS))('%s', (_name, create) => {
  const fresh = (ruleSet: RuleSet) => {
    const detector = create(ruleSet);
    admit(detector, rows);
    return listed(collect(detector));
  };

  test.each([0, 3, 5, 8])(
    'rules that change after %i rows end where they would have been from the start',
    (n) => {
      const detector = create(BASE);
      admit(detector, rows.slice(0, n));
      const standing = collect(detector);
      detector.useRules(CHANGED, EVALUATION, dayMs(4));
      admit(detector, rows.slice(n));
      collect(detector, standing);
      expect(listed(standing)).toEqual(fresh(CHANGED));
      expect(fresh(CHANGED)).not.toEqual(fresh(BASE));
    },
  );

  test('and back again', () => {
    const detector = create(BASE);
    admit(detector, rows);
    const standing = collect(detector);
    detector.useRules(CHANGED, EVALUATION, dayMs(4));
    collect(detector, standing);
    detector.useRules(BASE, EVALUATION, dayMs(4));
    collect(detector, standing);
    expect(listed(standing)).toEqual(fresh(BASE));
  });
});

describe('the reference detector', () => {
  test('looks only at subjects with events at or after the change, and keeps what goes on', () => {
    const create = DETECTORS['reference']!;
    const detector = create(BASE);
    admit(detector, rows);
    const evaluations = new Map<string, unknown>();
    detector.evaluate((subject, groups) => {
      for (const { rule, versions } of groups)
        for (const { id, version, evaluation } of versions)
          evaluations.set(`${subject} ${rule.id} ${id} ${version}`, evaluation);
    });
    detector.useRules(CHANGED, EVALUATION, dayMs(6));
    const reported: string[] = [];
    let same = 0;
    detector.evaluate((subject, groups) => {
      reported.push(subject);
      for (const { rule, versions } of groups)
        for (const { id, version, evaluation } of versions)
          if (
            rule.id === 'TST-02' &&
            evaluations.get(`${subject} ${rule.id} ${id} ${version}`) === evaluation
          )
            same++;
    });
    // Rows 6 and 7: the collector, the other, and the payers of these; the holders are new.
    expect(reported.filter((subject) => subject.startsWith('account:'))).toHaveLength(3);
    expect(same).toBeGreaterThan(0);
  });

  test('a rule that names a threshold is evaluated anew when the reference data are others', () => {
    const text = ruleText({
      params: { least: { threshold: 't', unit: 'minor', provenance: 'law' } },
      features: { n: { agg: 'count', where: 'direction == "in" && amount >= params.least', over: '10d' } },
    });
    const result = compileRules([{ path: 'x.yaml', text }]);
    if (!result.ok) throw new Error(JSON.stringify(result.findings));
    const context = (minor: number): EvaluationContext => ({ ...EVALUATION, thresholdAt: () => minor });
    const detector = createDetector({
      ruleSet: result.ruleSet,
      evaluation: context(1),
      providedBy: () => new Set(['counterparty', 'occurredAt']),
    });
    admit(detector, rows);
    const standing = collect(detector);
    expect(listed(standing).length).toBeGreaterThan(0);
    detector.useRules(result.ruleSet, context(Number.MAX_SAFE_INTEGER), Number.NEGATIVE_INFINITY);
    expect(listed(collect(detector, standing))).toEqual([]);
  });
});
