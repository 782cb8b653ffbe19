/**
 * The text of a new composite over rules that are there: one that compiles and whose cases hold, with every place marked CHANGE
 * that an author must change.
 */
import type { CheckedRule } from '../../rules/compiler/index.ts';
import type { Form } from '../../schemas/enumerations.ts';

export interface CompositeTemplateRequest {
  readonly id: string;
  readonly title: string;
  readonly form: Form;
  /** The first is asked for, and one of the others. Each gives weight to somebody. */
  readonly rules: readonly [CheckedRule, CheckedRule, ...CheckedRule[]];
  /** Path or address of the JSON Schema, for editors. */
  readonly schema: string;
  readonly year: number;
}

/** Days that signals count for. */
const WITHIN_DAYS = 60;
const MINUTES_A_DAY = 1_440;
/** Where levels begin, where the rules can reach it; medium at no more than half of what they can, so that an old one still counts. */
const MEDIUM_MILLI = 3_000;
const HIGH_MILLI = 5_000;
const HIGH_FAMILIES: ReadonlySet<string> = new Set(['CTL', 'COL']);

/** A single-quoted YAML scalar. */
const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`;

/** The most that a rule can add to a score; 0 of one that gives weight to nobody. */
export function pointsOf({ weight, file }: CheckedRule): number {
  return weight * Math.round(1000 * Math.max(0, ...file.attributions.map((each) => each.weight)));
}

export function compositeTemplate(request: CompositeTemplateRequest): string {
  const { id, title, form, rules, schema, year } = request;
  const [first, second, ...others] = rules;
  const most = pointsOf(first) + pointsOf(second);
  const medium = Math.min(MEDIUM_MILLI, Math.floor(most / 2));
  const high = Math.max(medium + 1, Math.min(HIGH_MILLI, most));
  // Weak enough for medium, strong enough to fire.
  const weak = Math.ceil((1000 * (medium + Math.min(high - 1, most))) / (2 * most));
  const level = HIGH_FAMILIES.has(first.family) || HIGH_FAMILIES.has(second.family) ? 'high' : 'medium';
  const notLive = rules.flatMap((rule) => (rule.status === 'live' ? [] : [rule.id]));
  const options = [second, ...others].map((rule) => `{rule: ${rule.id}, on: own}`).join(', ');
  const one = (name: string, kind: string, fires: boolean, signals: string, expected = '') =>
    `  - name: ${name}
    kind: ${kind}
    fires: ${fires}${notLive.length === 0 ? '' : `\n    assumes: [${notLive.join(', ')}]`}
    signals: [${signals}]${expected === '' ? '' : `\n    expect: {${expected}}`}
`;
  const older = (ago: string) => `{rule: ${first.id}, ago: ${ago}}, ${second.id}`;
  const weaker = (rule: CheckedRule) => `{rule: ${rule.id}, strengthMilli: ${weak}}`;
  return `# yaml-language-server: $schema=${schema}
# CHANGE: one or two sentences on what comes together on one person, and why it may matter.
id: ${id}
version: 0.1.0
# ${notLive.length === 0 ? 'Alerts as soon as it is activated.' : 'Waits until its rules are live; live then.'}
status: ${notLive.length === 0 ? 'live' : 'waiting'}
title:
  # CHANGE: three texts that state what is counted, not what it means.
  en: ${quoted(title)}
  es: ${quoted(`${title} (por traducir)`)}
  fr: ${quoted(`${title} (à traduire)`)}
form: ${form}
jurisdictions: [US, MX, CA]
sources:
  # CHANGE: where it is written that these are seen together.
  - {document: 'Name of the publication', year: ${year}, section: 'where in it'}
requires:
  # CHANGE: alternatives; in each all clauses. Two families and one rule of weight 3 or more are asked for, whatever stands here.
  - all:
      - {min: 1, of: [{rule: ${first.id}, on: own}]}
      - {min: 1, of: [${options}]}
within: ${WITHIN_DAYS}d
halfLifeDays: 90
# CHANGE: what the alert says of signals at the bar of their rules, and of fresh and strong ones.
levels: {mediumMilli: ${medium}, highMilli: ${high}, highNeeds: [CTL, COL]}
# CHANGE: suspected_controller only where the signals of others say so.
subjectRole: unknown
why:
  en: 'From {from} to {to} several indicators came together on this person ({transactions} transactions); strongest indicator: {strongest}.'
  es: 'Del {from} al {to} varios indicadores coincidieron en esta persona ({transactions} operaciones); indicador más fuerte: {strongest}.'
  fr: 'Du {from} au {to}, plusieurs indicateurs se sont réunis sur cette personne ({transactions} opérations) ; indicateur le plus fort : {strongest}.'
narrative:
  # CHANGE: what ordinary life looks the same, and whom to protect.
  en: 'The pattern is to be examined. Nothing here says what it means.'
  es: 'El patrón debe examinarse. Nada aquí dice qué significa.'
  fr: 'Le schéma est à examiner. Rien ici ne dit ce qu''il signifie.'
# The signals of one person, and what is expected of them (rules/composites/README.md).
cases:
${one('both, fresh and strong', 'fires', true, `${first.id}, ${second.id}`, `level: ${level}, lifeSafety: 'no'`)}${one('both of them weak', 'fires', true, `${weaker(first)}, ${weaker(second)}`, 'level: medium')}${one('the first alone', 'silent', false, first.id)}${one('the second alone', 'silent', false, second.id)}${one('the first a minute inside the window', 'boundary', true, older(`${WITHIN_DAYS * MINUTES_A_DAY - 1}m`))}${one('the first too old to the instant', 'boundary', false, older(`${WITHIN_DAYS}d`))}  # CHANGE: which ordinary person shows some of it, and what is not seen on them.
${one('somebody who shows the first again and again', 'benign_twin', false, `{rule: ${first.id}, ago: 20d}, ${first.id}`)}`;
}
