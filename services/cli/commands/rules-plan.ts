/** `rastro rules explain ID --plan`: how the engine keeps a rule from being evaluated at every event. */
import {
  anyBinding,
  type CheckedRule,
  type EvaluationContext,
  explainRule,
  isEvaluated,
  planRules,
} from '../../../rules/compiler/index.ts';
import type { CommandContext } from '../context.ts';
import { counted, paragraph, tableText } from '../terminal.ts';

/** Under what the lines of a plan stand. */
const INDENT = ' '.repeat(10);

/** The rule's plan for each kind of subject, among all rules of the catalogue: they share counters and record. */
function plansOf(rules: readonly CheckedRule[], rule: CheckedRule, evaluation: EvaluationContext) {
  return [...planRules(rules, anyBinding(evaluation.thresholdRange)).values()].flatMap((plan) => {
    const own = plan.rules.find((each) => each.rule === rule);
    if (own === undefined) return [];
    return [
      {
        subject: plan.kind,
        isGated: own.isGated,
        trigger: own.triggerText,
        gate: own.gateText,
        counters: own.counters.map((index) => ({
          text: plan.counters[index]!.text,
          windowMs: plan.counters[index]!.windowMs,
        })),
        cost: own.cost,
        record: {
          bytes: plan.layout.bytes,
          rules: plan.rules.length,
          counters: plan.counters.length,
          predicates: plan.predicates.length,
          layout: plan.layout.text,
        },
      },
    ];
  });
}

export function showPlan(
  { terminal }: CommandContext,
  rules: readonly CheckedRule[],
  rule: CheckedRule,
  evaluation: EvaluationContext,
): void {
  const plans = plansOf(rules, rule, evaluation);
  const { id, version, title, features, when } = explainRule(rule, 'en');
  if (terminal.json) {
    terminal.printJson({ id, version, features, when, plans });
    return;
  }
  const { bold, dim } = terminal.paint;
  /** Under a heading of ten columns. */
  const say = (heading: string, text: string) =>
    terminal.print(paragraph(`${heading.padEnd(INDENT.length)}${text}`, terminal, INDENT));
  terminal.print(bold(`${id} ${title}`));
  if (plans.length === 0) {
    terminal.print(
      isEvaluated(rule)
        ? 'A rule over signals has no plan: it reads few events, and is evaluated at each.'
        : `A rule of status ${rule.status} has no plan: it is not evaluated.`,
    );
    return;
  }
  const ofFeatures = features.map(
    ({ name, agg, over }) => `${name} (${agg}${over === null ? '' : ` ${over}`})`,
  );
  terminal.print();
  say('features', ofFeatures.join(', '));
  say('when', when.trim());
  for (const { subject, isGated, trigger, gate, counters, cost, record } of plans) {
    terminal.print(`\n${bold(`per ${subject}`)}`);
    say('trigger', trigger);
    terminal.print(dim('          an unknown condition triggers too'));
    if (isGated) {
      say('gate', gate);
      terminal.print(dim('          #name[window]: at least as many events as can match there'));
      terminal.print(dim('          different, sum, funded: what the record tells beside counts'));
      terminal.print();
      terminal.print(
        tableText(counters, [{ title: 'counter', value: (counter) => counter.text, wraps: true }], terminal),
      );
    } else {
      terminal.print('gate      none: every event that triggers the rule is evaluated in full');
    }
    terminal.print();
    say(
      'cost',
      `at most about ${cost.estimatedNs} ns an event, an estimate from ${counted(cost.reads, 'read')}, ${counted(cost.comparisons, 'comparison')}, ${counted(cost.counters, 'counter')}`,
    );
    say(
      'record',
      `${record.bytes} bytes a subject, for ${counted(record.counters, 'counter')} of ${counted(record.rules, 'rule')}`,
    );
    terminal.print(dim(record.layout));
  }
}
