/**
 * The text of a new rule: one that compiles, whose cases hold and that says nothing of the real world yet. Every place that an
 * author must change is marked CHANGE; what stands there works, so that each step can be tried.
 */
import type { Family, Form } from '../../schemas/enumerations.ts';

/** Subjects that there is a template for; another one is one of these with another `subject`. */
export const TEMPLATE_SUBJECTS = ['account', 'holder', 'conductor'] as const;
export type TemplateSubject = (typeof TEMPLATE_SUBJECTS)[number];

export interface TemplateRequest {
  readonly id: string;
  /** As the file is called behind the id: `fees-before-season`. */
  readonly name: string;
  readonly title: string;
  readonly form: Form;
  readonly family: Family;
  readonly subject: TemplateSubject;
  /** Path or address of the JSON Schema, for editors. */
  readonly schema: string;
  readonly year: number;
}

/** What differs between the templates: what is counted, and the rows that show it. */
interface Pattern {
  readonly what: string;
  readonly condition: string;
  readonly of: string;
  readonly en: string;
  readonly es: string;
  readonly fr: string;
  readonly row: string;
  readonly one: (copies: string) => string;
  readonly twin: string;
  /** Of each part of the condition, what makes it false. */
  readonly others: readonly string[];
}

const PAYERS: Pattern = {
  what: 'how many different people paid in within 30 days',
  condition:
    'direction == "in" && kind == "transfer" && !isOwn && !isKin && counterpartyKind in params.kinds',
  of: 'counterparty',
  en: 'In 30 days {seen} people paid in, {received} in minor units of the currency.',
  es: 'En 30 días pagaron {seen} personas, {received} en unidades menores de la moneda.',
  fr: 'En 30 jours, {seen} personnes ont versé {received} en unités mineures de la monnaie.',
  row: 'amount: 50000',
  one: (copies) => `counterparty: '${copies}'`,
  twin: 'holderLicences: [charity], ',
  others: [
    'direction: out',
    'kind: cheque_deposit',
    'isOwn: true',
    'isKin: true',
    'counterpartyKind: merchant',
  ],
};

const DEPOSITS: Pattern = {
  what: 'into how many accounts one person paid cash within 30 days',
  condition: 'kind == "cash_deposit" && holderKind in params.kinds',
  of: 'account',
  en: 'In 30 days this person paid cash into {seen} accounts, {received} in minor units of the currency.',
  es: 'En 30 días esta persona depositó efectivo en {seen} cuentas, {received} en unidades menores de la moneda.',
  fr: 'En 30 jours, cette personne a versé des espèces sur {seen} comptes, {received} en unités mineures de la monnaie.',
  row: 'kind: cash_deposit, channel: branch, instrument: cash, amount: 50000',
  one: (copies) => `account: '${copies}'`,
  twin: 'holderLicences: [charity], ',
  others: ['kind: cash_withdrawal', 'holderKind: merchant'],
};

/** A single-quoted YAML scalar. */
const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`;

export function ruleTemplate(request: TemplateRequest): string {
  const { id, title, form, family, subject, schema, year } = request;
  const { what, condition, of, en, es, fr, row, one, twin, others } =
    subject === 'conductor' ? DEPOSITS : PAYERS;
  const to = subject === 'conductor' ? 'subject' : 'holder';
  const but = (other: string) => (other.startsWith('kind') ? row.replace(/kind: \w+, /, '') : row);
  const unlike = others.map(
    (other) =>
      `      - {at: '2026-03-02T10:00:00-06:00', times: 10, every: 12h, set: {${but(other)}, ${other}, ${one('other-{i}')}}}`,
  );
  const many = (copies: number, set = '') =>
    `{at: '2026-03-02T10:00:00-06:00', times: ${copies}, every: 12h, set: {${row}, ${set}${one('other-{i}')}}}`;
  return `# yaml-language-server: $schema=${schema}
# CHANGE: one or two sentences on what is seen and why it may matter. As it stands: ${what}.
id: ${id}
version: 0.1.0
# Evaluated and reported, never shown to an analyst, until its cases and a backtest speak for it; then live.
status: experimental
title:
  # CHANGE: three texts that state what is counted, not what it means.
  en: ${quoted(title)}
  es: ${quoted(`${title} (por traducir)`)}
  fr: ${quoted(`${title} (à traduire)`)}
form: ${form}
family: ${family}
# CHANGE: 1 to 5. One signal never alerts; 3 and more can carry a composite.
weight: 1
# An account that an exploited person may hold: holderRole potential_victim, and weight 0 on the holder below.
holderRole: unknown
subject: ${subject}
jurisdictions: [US, MX, CA]
sources:
  # CHANGE: where it is written that this is seen.
  - {document: 'Name of the publication', year: ${year}, section: 'where in it'}
params:
  # CHANGE: provenance is source or law (with the source named), or default for your own judgement.
  min_seen: {value: 8, unit: count, provenance: default}
  full_seen: {value: 25, unit: count, provenance: default}
  kinds: {value: [person, unknown], unit: list, provenance: default}
needs: {coverage: [full_account, product_only]}
let:
  # CHANGE: which rows count. All fields: docs/event-fields.md.
  row: >-
    ${condition}
features:
  seen: {agg: distinct, of: ${of}, where: row, over: 30d}
  received: {agg: sum, of: amount, where: row, over: 30d}
  registered: {agg: count, where: '"charity" in holderLicences', over: 30d, evidence: false}
when: seen >= params.min_seen
strength: {of: seen, at: params.min_seen, full: params.full_seen}
attributions:
  - to: ${to}
    role: unknown
    weight: 1
    why:
      # CHANGE: why weight falls on whom.
      en: Many different ones were counted in a month
      es: Se contaron muchos distintos en un mes
      fr: On en a compté beaucoup de différents en un mois
benign:
  # CHANGE: what ordinary thing looks the same, and what in the data tells it apart.
  - id: T01
    effect: blocks
    when: registered > 0
    note:
      en: A registered charity collects
      es: Recauda una organización benéfica registrada
      fr: Une association caritative enregistrée collecte
explain:
  en: ${quoted(en)}
  es: ${quoted(es)}
  fr: ${quoted(fr)}
# A case says only what matters; everything else is an ordinary row (rules/compiler/cases.ts).
cases:
  - name: ten different ones
    kind: fires
    fires: true
    expect: {seen: 10}
    events:
      - ${many(10)}
  - name: twenty different ones, some of them twice
    kind: fires
    fires: true
    expect: {seen: 20}
    events:
      - ${many(20)}
      - ${many(5)}
  - name: exactly as many as the threshold
    kind: boundary
    fires: true
    expect: {seen: 8}
    events:
      - ${many(8)}
  - name: one fewer
    kind: silent
    fires: false
    expect: {seen: 7}
    events:
      - ${many(7)}
  - name: many rows with one and the same
    kind: silent
    fires: false
    expect: {seen: 1}
    events:
      - {at: '2026-03-02T10:00:00-06:00', times: 20, every: 12h, set: {${row}, ${one('the-same')}}}
  - name: rows that do not count, each for one reason
    kind: silent
    fires: false
    expect: {seen: 0}
    events:
${unlike.join('\n')}
  - name: a registered charity
    kind: benign_twin
    fires: false
    expect: {seen: 10}
    events:
      - ${many(10, twin)}
`;
}
