/** `rastro rules list|explain ID`: the catalogue, and one rule in words or as a plan. */
import type { Command } from 'commander';
import { type CheckedRule, catalogueOf, explainRule } from '../../../rules/compiler/index.ts';
import { RastroError } from '../../../schemas/errors/index.ts';
import { knownNames } from '../../workbench/known-names.ts';
import { type Knowledge, loadKnowledge } from '../../workspace/knowledge.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit.ts';
import { handle } from '../handle.ts';
import { oneOf } from '../options.ts';
import { tableText } from '../terminal.ts';
import { addRulesActivate } from './rules-activate.ts';
import { addRulesBacktest } from './rules-backtest.ts';
import { addRulesDiff } from './rules-diff.ts';
import { addRulesHistory } from './rules-history.ts';
import { addRulesLint } from './rules-lint.ts';
import { addRulesList } from './rules-list.ts';
import { addRulesLock } from './rules-lock.ts';
import { addRulesStatus } from './rules-log.ts';
import { addRulesNew } from './rules-new.ts';
import { addRulesPack } from './rules-pack.ts';
import { addRulesPeers } from './rules-peers.ts';
import { showPlan } from './rules-plan.ts';
import { addRulesShadow } from './rules-shadow.ts';
import { addRulesSweep } from './rules-sweep.ts';
import { addRulesTest } from './rules-test.ts';

const LANGS = ['en', 'es', 'fr'] as const;

interface RulesOptions {
  readonly rules?: string;
}

function load(options: RulesOptions): Promise<Knowledge> {
  return loadKnowledge(options.rules === undefined ? {} : { rulesDir: options.rules });
}

function ruleOf(knowledge: Knowledge, id: string): CheckedRule {
  const rules = catalogueOf(knowledge.ruleSet);
  const rule = rules.find((candidate) => candidate.id === id);
  if (rule !== undefined) return rule;
  const known = knownNames(
    id,
    rules.map((candidate) => candidate.id),
  );
  throw new RastroError('RAS-CLI-UNKNOWN-NAME', { what: 'rule', name: id, known });
}

function showRule({ terminal }: CommandContext, rule: CheckedRule, lang: (typeof LANGS)[number]): void {
  const about = explainRule(rule, lang);
  if (terminal.json) {
    terminal.printJson(about);
    return;
  }
  const { bold, dim } = terminal.paint;
  terminal.print(bold(`${about.id} ${about.title}`));
  terminal.print(
    `version ${about.version}, ${about.status}, ${about.form}, family ${about.family}, weight ${about.weight}, per ${about.subjects.join(' | ')}`,
  );
  terminal.print(dim(rule.path));
  if (about.waitsFor.length > 0)
    terminal.print(`not evaluated: it waits for the engine of ${about.waitsFor.join(' and ')}`);
  if (about.manualReason !== null) terminal.print(`not evaluated: ${about.manualReason}`);
  terminal.print(`\n${about.explain}\n`);
  terminal.print(
    tableText(
      about.features,
      [
        { title: 'feature', value: (feature) => feature.name },
        { title: 'is', value: ({ agg, of }) => (of === undefined ? agg : `${agg} of ${of}`) },
        { title: 'over', value: (feature) => feature.over ?? '' },
      ],
      terminal,
    ),
  );
  for (const { name, steps = [], within } of about.features)
    if (steps.length > 0) terminal.print(dim(`${name}: ${steps.join(', then ')}, within ${within}`));
  terminal.print(`\nwhen  ${about.when.trim()}\n`);
  if (about.tick !== null)
    terminal.print(
      `tick  ${about.tick}: evaluated at 00:00 UTC too, up to the longest window after an event\n`,
    );
  terminal.print(
    tableText(
      about.params,
      [
        { title: 'parameter', value: (param) => param.name },
        { title: 'value', value: (param) => param.threshold ?? param.peer ?? JSON.stringify(param.value) },
        { title: 'unit', value: (param) => param.unit },
        { title: 'from', value: (param) => param.provenance },
      ],
      terminal,
    ),
  );
  terminal.print();
  for (const attribution of about.attributions) {
    terminal.print(
      `weight ${attribution.weight} on ${attribution.to} as ${attribution.role}: ${attribution.why}`,
    );
  }
  for (const test of about.benign) terminal.print(`benign ${test.id} (${test.effect}): ${test.note}`);
  const { fields, precision, coverage } = about.needs;
  terminal.print(
    `needs fields ${fields.join(', ') || 'none'}; precision ${precision ?? 'any'}; coverage ${coverage?.join(' | ') ?? 'any'}`,
  );
  for (const source of about.sources)
    terminal.print(
      `source: ${source.document} (${source.year})${source.section === undefined ? '' : `, ${source.section}`}`,
    );
}

export function addRules(program: Command): void {
  const rules = program
    .command('rules')
    .description('the red flags: what they are, what they need, whether their own cases hold');

  addRulesList(rules);

  const explain = rules
    .command('explain <id>')
    .alias('show')
    .description('one rule: what it looks for, its parameters with their provenance, whom it falls on')
    .option('--rules <folder>', 'another catalogue')
    .option('--lang <lang>', 'es | en | fr', 'en')
    .option('--plan', 'which events trigger it, what must have been counted before, and what that costs')
    .addHelpText('after', '\nExample: rastro rules explain SEX-08 --plan');
  handle<RulesOptions & { lang: string; plan?: boolean }>(explain, async (context, options, [id = '']) => {
    const lang = oneOf('--lang', options.lang, LANGS);
    const knowledge = await load(options);
    const rule = ruleOf(knowledge, id);
    if (options.plan === true) showPlan(context, knowledge.ruleSet.rules, rule, knowledge.evaluation);
    else showRule(context, rule, lang);
    return EXIT.FINE;
  });

  addRulesActivate(rules);
  addRulesHistory(rules);
  addRulesStatus(rules);
  addRulesNew(rules);
  addRulesLint(rules);
  addRulesTest(rules);
  addRulesBacktest(rules);
  addRulesDiff(rules);
  addRulesSweep(rules);
  addRulesShadow(rules);
  addRulesLock(rules);
  addRulesPack(rules);
  addRulesPeers(rules);
}
