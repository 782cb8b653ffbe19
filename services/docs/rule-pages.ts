/** Pages about the shipped rules: what there is, and which of them a feed can evaluate. */
import { type CheckedComposite, requiredRules } from '../../pipelines/compose/composites.ts';
import {
  anyBinding,
  type CheckedRule,
  catalogueOf,
  planRules,
  requirementsOf,
} from '../../rules/compiler/index.ts';
import { FORMS, RULE_STATUSES } from '../../schemas/enumerations.ts';
import { loadMapping, shippedMappings } from '../feeds/mappings.ts';
import { type Knowledge, loadKnowledge } from '../workspace/knowledge.ts';
import { type MappingReach, reachOf } from './mapping-reach.ts';
import { pageOf, table } from './markdown.ts';

const STATUS_MEANS: Readonly<Record<(typeof RULE_STATUSES)[number], string>> = {
  live: 'evaluated, counts in alerts',
  leg: 'feeds a rule over signals, counts nowhere',
  experimental: 'evaluated apart, never shown to an analyst',
  waiting: 'needs the graph or the crypto engine: checked by its cases, not evaluated',
  manual: 'asked of a person, not of a feed',
};

/** Rules whose subject is a party's accounts are planned per kind of subject: the dearest counts. */
function costs({ ruleSet, evaluation }: Knowledge): ReadonlyMap<string, string> {
  const costOf = new Map<string, { ns: number; gated: boolean }>();
  for (const plan of planRules(ruleSet.rules, anyBinding(evaluation.thresholdRange)).values())
    for (const { rule, cost, isGated } of plan.rules) {
      const known = costOf.get(rule.id);
      costOf.set(rule.id, {
        ns: Math.max(cost.estimatedNs, known?.ns ?? 0),
        gated: isGated && (known?.gated ?? true),
      });
    }
  return new Map([...costOf].map(([id, { ns, gated }]) => [id, gated ? `${ns}` : `${ns}, no gate`]));
}

function needsText({ needs, input }: CheckedRule): string {
  if (input === 'signals') return 'signals of other rules';
  const parts = [...needs.fields];
  if (needs.precision !== null) parts.push(`time to the ${needs.precision}`);
  if (needs.coverage !== null) parts.push(needs.coverage.join(' or '));
  return parts.join(', ') || 'any row';
}

const sourcesText = ({ file }: CheckedRule) =>
  file.sources
    .map(({ document, year }) => (document.includes(String(year)) ? document : `${document} (${year})`))
    .join('; ');

const WHY_NOT: Readonly<Record<string, string>> = {
  experimental: 'experimental until it has passed a clean population',
  manual: 'asked of a person',
};

/** What a composite that is not live waits for: of the rules that it requires those that do not count yet, each with its reason. */
export function waitedFor({ file }: CheckedComposite, rules: readonly CheckedRule[]): string {
  if (file.status === 'live') return '';
  const required = new Set(requiredRules(file));
  const missing = rules.filter(({ id, status }) => required.has(id) && status !== 'live');
  const reason = ({ status, file: { waitsFor } }: CheckedRule) =>
    WHY_NOT[status] ?? `needs the ${(waitsFor ?? []).join(' and the ')} engine`;
  const reasons = [...new Set(missing.map(reason))].sort();
  return reasons
    .map(
      (text) =>
        `${missing
          .filter((rule) => reason(rule) === text)
          .map(({ id }) => id)
          .join(', ')}: ${text}`,
    )
    .join('; ');
}

/** `docs/catalogue.md`: every rule and composite, by legal form. */
export async function cataloguePage(): Promise<string> {
  const knowledge = await loadKnowledge();
  const rules = catalogueOf(knowledge.ruleSet);
  const cost = costs(knowledge);
  const head = ['rule', 'status', 'what', 'family', 'W', 'per', 'needs', 'ns', 'version', 'sources'];
  const row = (rule: CheckedRule) => [
    rule.id,
    rule.status,
    rule.file.title.en,
    rule.family,
    String(rule.weight),
    rule.input === 'signals' ? 'signals' : rule.subjects.join(', '),
    needsText(rule),
    cost.get(rule.id) ?? '',
    rule.version,
    sourcesText(rule),
  ];
  const count = (status: (typeof RULE_STATUSES)[number]) =>
    rules.filter((rule) => rule.status === status).length;
  const { composites } = knowledge;
  const alerting = composites.filter(({ file }) => file.status === 'live').length;
  return pageOf(
    '# The catalogue',
    'Every red flag that ships, by the legal form it speaks of. A rule in words: `rastro rules explain ID`; what it needs is what a feed or a party file must provide. ' +
      '**ns** estimates from its code what a rule costs an event before anything has to be evaluated in full (`rastro rules explain ID --plan`); *no gate* means that every event which triggers it is.',
    table(
      ['status', 'rules', 'meaning'],
      RULE_STATUSES.map((status) => [status, String(count(status)), STATUS_MEANS[status]]),
    ),
    ...FORMS.flatMap((form) => {
      const ofForm = rules.filter((rule) => rule.form === form);
      return ofForm.length === 0 ? [] : [`## ${form.replaceAll('_', ' ')}`, table(head, ofForm.map(row))];
    }),
    '## Composites',
    `When signals that fall on one person become an alert. ${composites.length} composites: ${alerting} live, each shown end to end ` +
      `(by what: \`rules/composites/README.md\`), ${composites.length - alerting} not live: live rules cannot meet them yet.`,
    table(
      ['composite', 'status', 'what', 'form', 'about the', 'rules that score', 'waits for'],
      composites.map((composite) => [
        composite.file.id,
        composite.file.status,
        composite.file.title.en,
        composite.file.form.replaceAll('_', ' '),
        composite.file.subjectRole.replaceAll('_', ' '),
        [...composite.scoring].sort().join(', '),
        waitedFor(composite, rules),
      ]),
    ),
  );
}

const idsText = (ids: readonly string[]) => (ids.length === 0 ? 'none' : ids.join(', '));

function feedSection(reach: MappingReach, total: number): string[] {
  const { mapping, alone, withParties, missing } = reach;
  const gained = withParties.filter((id) => !alone.includes(id));
  return [
    `## ${mapping.id}`,
    `${mapping.title ?? ''}. ${alone.length} of ${total} rules; with a party file ${withParties.length}.`,
    table(
      ['', 'rules'],
      [
        ['evaluable', idsText(alone)],
        ['with a party file too', idsText(gained)],
        ...missing.map(({ what, rules }) => [`not for lack of ${what}`, idsText(rules)]),
      ],
    ),
  ];
}

/** `docs/feeds.md`: for each kind of feed that a shipped mapping reads, the rules it can evaluate. */
export async function feedsPage(): Promise<string> {
  const { ruleSet } = await loadKnowledge();
  const requirements = requirementsOf(ruleSet).filter(({ status }) =>
    ['live', 'leg', 'experimental'].includes(status),
  );
  const mappings = await Promise.all((await shippedMappings()).map((name) => loadMapping(name)));
  const parties = mappings.find(({ id }) => id === 'canonical-parties');
  if (parties === undefined) throw new Error('the mapping of party files does not ship');
  const reaches = mappings
    .filter(({ kind }) => kind === 'transactions')
    .map((mapping) => reachOf(mapping, parties, requirements));
  return pageOf(
    '# Which rules a feed can evaluate',
    'One section for each kind of feed that a shipped mapping reads. A rule is evaluable where the mapping provides its fields, its time is fine enough and its coverage is one the rule accepts; ' +
      'whether the columns are filled, only the file says: `rastro feed check`. A rule that lacks several things stands under the first. Rules over signals need no feed.',
    table(
      ['feed', 'what', 'time', 'coverage', 'evaluable', 'with a party file'],
      reaches.map(({ mapping, alone, withParties }) => [
        `[${mapping.id}](#${mapping.id})`,
        mapping.title ?? '',
        mapping.precision ?? 'as given',
        mapping.coverage ?? 'as given',
        `${alone.length} of ${requirements.length}`,
        `${withParties.length}`,
      ]),
    ),
    ...reaches.flatMap((reach) => feedSection(reach, requirements.length)),
  );
}
