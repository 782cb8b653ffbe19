/** Rules, composites, a playbook and signals for tests of compose: small, literal, made for the test alone. */
import { compileComposites, compilePlaybook } from '../../pipelines/compose/index.ts';
import { compileRules, type RuleSet } from '../../rules/compiler/index.ts';
import type { Family, Role } from '../../schemas/enumerations.ts';
import { contentId, hashList } from '../../schemas/ids.ts';
import type { Companion, Signal, TransactionRef } from '../../schemas/signal.ts';

export interface RuleSketch {
  readonly id: string;
  readonly family: Family;
  readonly weight: number;
  readonly status?: string;
  readonly holderRole?: Role;
  /** `to: role: weight`; default the holder. */
  readonly attributions?: readonly { to: string; role: Role; weight: number }[];
}

const three = (text: string) => `{en: '${text}', es: '${text}', fr: '${text}'}`;

const EVENT_CASE = "  - {name: n, kind: fires, fires: true, events: [{at: '2026-01-01T00:00:00Z', set: {}}]}";

/** A rule that counts payers and can attribute to its most frequent one. */
export function ruleText(sketch: RuleSketch): string {
  const { id, family, weight, status = 'live', holderRole = 'unknown' } = sketch;
  const attributions = sketch.attributions ?? [{ to: 'holder', role: 'unknown', weight: 1 }];
  return `
id: ${id}
version: 1.0.0
status: ${status}
title: ${three(`Title of ${id}`)}
form: sexual_exploitation
family: ${family}
weight: ${weight}
holderRole: ${holderRole}
subject: account
jurisdictions: [US, MX, CA]
sources: [{document: Test, year: 2026}]
params:
  minPayers: {value: 10, unit: count, provenance: default}
  fullPayers: {value: 20, unit: count, provenance: default}
needs: {precision: minute}
features:
  payers: {agg: distinct, of: counterparty, over: 30d}
  collector: {agg: top_key, of: counterparty, where: 'direction == "out"', over: 30d}
when: payers >= params.minPayers && collector != "nobody"
strength: {of: payers, at: params.minPayers, full: params.fullPayers}
attributions:
${attributions.map((a) => `  - {to: ${a.to}, role: ${a.role}, weight: ${a.weight}, why: ${three(`why of ${id}`)}}`).join('\n')}
benign:
  - {id: T01, effect: lowers, lowers_milli: 100, when: payers > 1000, note: ${three(`note of ${id}`)}}
explain: ${three('{payers} payers')}
cases:
${EVENT_CASE}
`;
}

/** A rule over signals: at least two observed holders of `reads`. */
export function signalRuleText(id: string, reads: string, family: Family, weight: number): string {
  return `
id: ${id}
version: 1.0.0
status: live
title: ${three(`Title of ${id}`)}
form: sexual_exploitation
family: ${family}
weight: ${weight}
holderRole: suspected_controller
input: signals
subject: holder
jurisdictions: [US, MX, CA]
sources: [{document: Test, year: 2026}]
params:
  minFeeders: {value: 2, unit: count, provenance: default}
  fullFeeders: {value: 4, unit: count, provenance: default}
features:
  feeders: {agg: distinct, of: signal.observedHolder, where: 'signal.rule == "${reads}"', over: 60d}
when: feeders >= params.minFeeders
strength: {of: feeders, at: params.minFeeders, full: params.fullFeeders}
attributions:
  - {to: subject, role: suspected_controller, weight: 1, why: ${three(`why of ${id}`)}}
explain: ${three('{feeders} feeders')}
cases:
  - {name: n, kind: fires, fires: true, events: [{at: '2026-01-01T00:00:00Z', set: {}}]}
`;
}

export interface CompositeSketch {
  readonly id?: string;
  readonly status?: string;
  readonly requires: string;
  readonly supports?: readonly string[];
  readonly within?: string;
  readonly halfLifeDays?: number;
  readonly caps?: string;
  readonly levels?: string;
  readonly subjectRole?: Role;
  readonly benign?: string;
  readonly lifeSafety?: string;
  readonly why?: string;
  readonly jurisdictions?: string;
}

export function compositeText(sketch: CompositeSketch): string {
  return `
id: ${sketch.id ?? 'K-TEST'}
version: 1.0.0
status: ${sketch.status ?? 'live'}
title: ${three('Test typology')}
form: sexual_exploitation
jurisdictions: ${sketch.jurisdictions ?? '[US, MX, CA]'}
sources: [{document: Test, year: 2026}]
requires:
${sketch.requires}
supports: [${(sketch.supports ?? []).join(', ')}]
within: ${sketch.within ?? '60d'}
halfLifeDays: ${sketch.halfLifeDays ?? 30}
${sketch.caps === undefined ? '' : `familyCapMilli: ${sketch.caps}`}
levels: ${sketch.levels ?? '{mediumMilli: 3000, highMilli: 5000, highNeeds: [CTL, COL]}'}
${sketch.lifeSafety === undefined ? '' : `lifeSafety: ${sketch.lifeSafety}`}
subjectRole: ${sketch.subjectRole ?? 'suspected_controller'}
benign: ${sketch.benign ?? '[]'}
perishables: [camera]
asks: [statement]
why: ${sketch.why ?? three('Receipts of {observed} other holders end with {subject}')}
narrative: ${three('{indicators} indicators point at {subject}; {net} net.')}
`;
}

export const PLAYBOOK_TEXT = `
version: 1.0.0
perishables:
  camera:
    what: ${three('Camera images of the counter')}
    appliesTo: {kinds: [cash_deposit]}
    lifetimeDays: 30
    provenance: default
    verified: false
asks:
  statement:
    to: subject_bank
    what: ${three('Statement of all accounts')}
    lookbackDays: 90
    provenance: default
    verified: false
clocks:
  us_sar: {law: 'SAR, 31 CFR 1020.320(b)(3)', country: US, within: {amount: 30, unit: calendar_day}, provenance: law, source: '31 CFR 1020.320', verified: true}
  mx_business: {law: 'Three business days', country: MX, within: {amount: 3, unit: business_day}, provenance: default, verified: false}
routing:
  us: {country: US, authority: ${three('Field office')}, why: ${three('Federal offence')}, provenance: default, verified: false}
actions:
  refer: {why: ${three('A pattern to examine')}, countries: [US, MX, CA], provenance: default, verified: false}
  request_information: {why: ${three('Fills the gaps')}, countries: [US, MX, CA], provenance: default, verified: false}
  preserve_evidence: {why: ${three('Images are overwritten')}, countries: [US, MX, CA], provenance: default, verified: false}
  keep_open_letter: {why: ${three('Closing tips off')}, countries: [US], provenance: default, verified: false}
  restraint_referral: {why: ${three('Money may leave')}, countries: [US, CA], provenance: default, verified: false}
  lpb_proposal: {why: ${three('Money may leave')}, caution: ${three('Legal basis contested')}, countries: [MX], provenance: default, verified: false}
`;

function must<T extends { readonly ok: boolean }>(result: T): Extract<T, { ok: true }> {
  if (!result.ok) throw new Error(JSON.stringify(result, null, 1));
  return result as Extract<T, { ok: true }>;
}

export function rulesOf(texts: readonly string[]): RuleSet {
  return must(compileRules(texts.map((text, i) => ({ path: `rule-${i}.yaml`, text })))).ruleSet;
}

export const PLAYBOOK = must(compilePlaybook({ path: 'playbook.yaml', text: PLAYBOOK_TEXT })).value;

export function compositesOf(texts: readonly string[], ruleSet: RuleSet) {
  const sources = texts.map((text, i) => ({ path: `composite-${i}.yaml`, text }));
  return must(compileComposites(sources, ruleSet, PLAYBOOK)).value;
}

export const DAY = 86_400_000;
export const T0 = Date.UTC(2026, 2, 2, 12);

export interface SignalSketch {
  readonly rule: string;
  readonly family: Family;
  readonly weight: number;
  readonly at?: number;
  readonly version?: number;
  readonly name?: string;
  readonly on?: string;
  readonly to?: string;
  readonly role?: Role;
  readonly attribution?: number;
  readonly strength?: number;
  readonly holderRole?: Role;
  readonly leg?: boolean;
  readonly companions?: readonly Partial<Companion>[];
  readonly transactions?: readonly TransactionRef[];
  readonly rest?: Partial<Signal>;
}

/** A signal observed on `on` (default its own attributed subject) that gives weight to `to`. */
export function signal(sketch: SignalSketch): Signal {
  const { rule, family, weight, at = T0, version = 1, to = 'par_collector', on = to } = sketch;
  const id = contentId('sig', [rule, on, sketch.name ?? '']);
  const transactions = [...(sketch.transactions ?? [])];
  return {
    id,
    version,
    rule,
    ruleVersion: '1.0.0',
    ruleSet: 'test',
    form: 'sexual_exploitation',
    family,
    weight,
    leg: sketch.leg ?? false,
    subjectKind: 'holder',
    observedOn: `holder:${on}`,
    observedHolder: on,
    observedBank: 'bank_a',
    holderRole: sketch.holderRole ?? 'unknown',
    attributions: [
      {
        subject: to,
        role: sketch.role ?? 'suspected_controller',
        weight: sketch.attribution ?? 1,
        why: `${rule}@1.0.0#0`,
      },
    ],
    companions: (sketch.companions ?? []).map((companion) => ({
      rule: 'SEX-07',
      version: '1.0.0',
      signalId: contentId('sig', [companion.rule ?? 'SEX-07', on]),
      weight: 3,
      strengthMilli: 1000,
      family: 'FLW',
      eventTime: at,
      ...companion,
    })),
    openedAt: at,
    eventTime: at,
    strengthMilli: sketch.strength ?? 1000,
    coverage: 'full_account',
    precisionWorst: 'second',
    truncated: false,
    evidenceReversed: false,
    params: {},
    features: [{ name: 'payers', value: 12, threshold: 10, operator: '>=', unit: 'count' }],
    benign: [{ id: 'T01', result: 'passed' }],
    evidence: {
      transactions,
      count: transactions.length,
      hash: hashList(transactions.map((ref) => ref.id)).toString('hex'),
    },
    ...sketch.rest,
  };
}

/** Reference data of tests: no thresholds, Monday to Friday. */
export const EVALUATION = {
  thresholdAt: () => null,
  isBusinessDay: (_country: string, localDay: number) => ((localDay + 4) % 7) % 6 !== 0,
};
