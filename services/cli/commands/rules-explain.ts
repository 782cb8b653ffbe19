/** `rastro rules explain ID`: one rule, or one composite, in words or as a plan. */
import type { Command } from 'commander';
import { type CheckedComposite, requiredRules } from '../../../pipelines/compose/index.ts';
import { type CheckedRule, catalogueOf, explainRule } from '../../../rules/compiler/index.ts';
import { RastroError } from '../../../schemas/errors/index.ts';
import { knownNames } from '../../workbench/known-names.ts';
import { type Knowledge, loadKnowledge } from '../../workspace/knowledge.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit.ts';
import { handle } from '../handle.ts';
import { oneOf } from '../options.ts';
import { paragraph, tableText } from '../terminal.ts';
import { showPlan } from './rules-plan.ts';

const LANGS = ['en', 'es', 'fr'] as const;
type Lang = (typeof LANGS)[number];

function sourceText({ document, year, section }: CheckedRule['file']['sources'][number]): string {
  return `source: ${document} (${year})${section === undefined ? '' : `, ${section}`}`;
}

function showRule({ terminal }: CommandContext, rule: CheckedRule, lang: Lang): void {
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
  for (const source of about.sources) terminal.print(sourceText(source));
}

type Clause = CheckedComposite['file']['requires'][number]['all'][number];

/** On whose history a named rule must have fired. */
const ON = { own: '', companion: ' (companion)', either: ' (own or companion)' };

function clauseText({ min, families, of }: Clause): string {
  const names = of.map(({ rule, on }) => `${rule}${ON[on]}`);
  if (names.length === 1) return names[0]!;
  const spread = families === undefined ? '' : `, of ${families} families`;
  return `${min} of ${names.join(', ')}${spread}`;
}

const pointsText = (milli: number) => String(milli / 1000);

/** The rules that a composite names, in the order of its file, each once. */
function namedRules(composite: CheckedComposite, rules: readonly CheckedRule[]): CheckedRule[] {
  const { supports, lifeSafety, benign } = composite.file;
  const ids = new Set([
    ...requiredRules(composite.file),
    ...supports,
    ...(lifeSafety?.rules ?? []),
    ...benign.map(({ rule }) => rule),
  ]);
  return [...ids].map((id) => rules.find((rule) => rule.id === id)!);
}

function showComposite(
  { terminal }: CommandContext,
  composite: CheckedComposite,
  rules: readonly CheckedRule[],
  lang: Lang,
): void {
  const { file } = composite;
  const named = namedRules(composite, rules).map((rule) => ({
    id: rule.id,
    status: rule.status,
    family: rule.family,
    weight: rule.weight,
    title: rule.file.title[lang],
  }));
  if (terminal.json) {
    terminal.printJson({ ...file, rules: named });
    return;
  }
  const { bold, dim } = terminal.paint;
  const say = (text: string) => terminal.print(paragraph(text, terminal));
  terminal.print(bold(`${file.id} ${file.title[lang]}`));
  say(
    `version ${file.version}, ${file.status}, ${file.form}, in ${file.jurisdictions.join(', ')}; about a ${file.subjectRole}`,
  );
  terminal.print(dim(composite.path));
  terminal.print(`\n${paragraph(file.why[lang], terminal, '')}\n`);
  say(`It alerts where, within ${file.within}, all lines of one of these hold:`);
  file.requires.forEach(({ all }, index) => {
    all.forEach((clause, at) => {
      const head = at === 0 ? `${index + 1}.`.padEnd(4) : '    ';
      terminal.print(`  ${head}${paragraph(clauseText(clause), terminal, ' '.repeat(6))}`);
    });
  });
  terminal.print();
  terminal.print(
    tableText(
      named,
      [
        { title: 'rule', value: (rule) => rule.id },
        { title: 'status', value: (rule) => rule.status },
        { title: 'family', value: (rule) => rule.family },
        { title: 'W', value: (rule) => String(rule.weight), align: 'right' },
        { title: 'title', value: (rule) => rule.title, wraps: true },
      ],
      terminal,
    ),
  );
  terminal.print();
  const idle = named.filter(({ status }) => status !== 'live' && status !== 'leg').map(({ id }) => id);
  if (idle.length > 0) say(`count for nothing, for they are not live: ${idle.join(', ')}`);
  if (file.supports.length > 0) say(`adds weight where it is there: ${file.supports.join(', ')}`);
  const caps = Object.entries(file.familyCapMilli ?? {}).map(
    ([family, milli]) => `${family} ${pointsText(milli)}`,
  );
  if (caps.length > 0) say(`at most of a family: ${caps.join(', ')}`);
  const { mediumMilli, highMilli, highNeeds } = file.levels;
  say(
    `score: sum of the weights, each halved every ${file.halfLifeDays} days; medium from ${pointsText(mediumMilli)}, high from ${pointsText(highMilli)} with ${highNeeds.join(' or ')}`,
  );
  if (file.lifeSafety !== undefined)
    say(`life-safety with ${file.lifeSafety.rules.join(', ')}: ${file.lifeSafety.reason[lang]}`);
  if (file.lifeSafety?.alone !== undefined)
    say(
      `without a suspect, about the holder to protect: ${file.lifeSafety.alone.rules.join(', ')} by itself`,
    );
  for (const { id, rule, note, lowers_milli } of file.benign)
    say(`benign ${id}: ${rule} lowers the score by ${pointsText(lowers_milli)}; ${note[lang]}`);
  for (const source of file.sources) say(sourceText(source));
}

interface ExplainOptions {
  readonly rules?: string;
  readonly lang: string;
  readonly plan?: boolean;
}

function unknown(id: string, knowledge: Knowledge): RastroError {
  const names = [
    ...catalogueOf(knowledge.ruleSet).map((rule) => rule.id),
    ...knowledge.composites.map(({ file }) => file.id),
  ];
  return new RastroError('RAS-CLI-UNKNOWN-NAME', {
    what: 'rule',
    name: id,
    known: knownNames(id, names),
  });
}

export function addRulesExplain(rules: Command): void {
  const explain = rules
    .command('explain <id>')
    .alias('show')
    .description(
      'a rule or a composite: what it looks for, its parameters with their provenance, whom it falls on',
    )
    .option('--rules <folder>', 'another catalogue')
    .option('--lang <lang>', 'es | en | fr', 'en')
    .option(
      '--plan',
      'of a rule: which events trigger it, what must have been counted before, and what that costs',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  rastro rules explain SEX-08 --plan\n  rastro rules explain K-LABOUR --lang es',
    );
  handle<ExplainOptions>(explain, async (context, options, [id = '']) => {
    const lang = oneOf('--lang', options.lang, LANGS);
    const knowledge = await loadKnowledge(options.rules === undefined ? {} : { rulesDir: options.rules });
    const { ruleSet } = knowledge;
    const rules = catalogueOf(ruleSet);
    const rule = rules.find((candidate) => candidate.id === id);
    const composite = knowledge.composites.find(({ file }) => file.id === id);
    if (composite !== undefined) {
      if (options.plan === true)
        throw new RastroError('RAS-CLI-BAD-OPTION', {
          option: '--plan',
          value: id,
          expected: 'a rule: a composite is asked of signals and has no plan',
        });
      showComposite(context, composite, rules, lang);
    } else if (rule === undefined) throw unknown(id, knowledge);
    else if (options.plan === true) showPlan(context, ruleSet.rules, rule, knowledge.evaluation);
    else showRule(context, rule, lang);
    return EXIT.FINE;
  });
}
