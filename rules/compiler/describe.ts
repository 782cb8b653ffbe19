/** Rules for people: what a rule asks of a feed, and what it looks for, in their language. */
import type { Lang } from '../../schemas/errors/index.ts';
import {
  type CheckedRule,
  catalogueOf,
  type DerivedKind,
  type RuleNeeds,
  type RuleSet,
} from './checked-rule.ts';

export interface RuleRequirement {
  readonly rule: string;
  readonly title: CheckedRule['file']['title'];
  readonly status: CheckedRule['status'];
  readonly needs: RuleNeeds;
}

/** What each rule over events needs of a feed, in the order of rule ids; rules over signals need no feed. */
export function requirementsOf(ruleSet: RuleSet): RuleRequirement[] {
  return catalogueOf(ruleSet)
    .filter((rule) => rule.input === 'events')
    .map(({ id, file, status, needs }) => ({ rule: id, title: file.title, status, needs }));
}

export interface RuleExplanation {
  readonly id: string;
  readonly version: string;
  readonly status: CheckedRule['status'];
  /** Engines that a rule of status `waiting` waits for. */
  readonly waitsFor: readonly string[];
  /** Why no program asks a rule of status `manual`. */
  readonly manualReason: string | null;
  readonly title: string;
  /** What a signal of the rule says, with `{feature}` and `{params.x}` still open. */
  readonly explain: string;
  readonly form: CheckedRule['form'];
  readonly family: CheckedRule['family'];
  readonly weight: number;
  readonly subjects: CheckedRule['subjects'];
  readonly when: string;
  /** How often the rule is evaluated where nothing happens; null for one that is evaluated as of events alone. */
  readonly tick: string | null;
  readonly features: readonly {
    readonly name: string;
    readonly agg: string;
    readonly over: string | null;
    /** Kind of the sub-events that it aggregates; absent of one over events. */
    readonly of?: DerivedKind;
    /** Of a `sequence`. */
    readonly steps?: readonly string[];
    readonly within?: string;
  }[];
  readonly params: readonly {
    readonly name: string;
    /** Null for a statutory threshold, which `threshold` names, and for a quantile of peers (`peer`, as `cash_share.p950`). */
    readonly value: string | number | boolean | readonly string[] | null;
    readonly threshold: string | null;
    readonly peer: string | null;
    readonly unit: string;
    readonly provenance: 'source' | 'law' | 'default' | 'peers';
  }[];
  readonly attributions: readonly {
    readonly to: string;
    readonly role: string;
    readonly weight: number;
    readonly why: string;
  }[];
  readonly benign: readonly { readonly id: string; readonly effect: string; readonly note: string }[];
  readonly sources: CheckedRule['file']['sources'];
  readonly needs: RuleNeeds;
}

/** A rule with every text in `lang`. */
export function explainRule(rule: CheckedRule, lang: Lang): RuleExplanation {
  const { file } = rule;
  return {
    id: rule.id,
    version: rule.version,
    status: rule.status,
    waitsFor: file.waitsFor ?? [],
    manualReason: file.manualReason?.[lang] ?? null,
    title: file.title[lang],
    explain: file.explain[lang],
    form: rule.form,
    family: rule.family,
    weight: rule.weight,
    subjects: rule.subjects,
    when: file.when,
    tick: file.tick ?? null,
    features: Object.entries(file.features).map(([name, feature]) => ({
      name,
      agg: feature.agg,
      over: feature.agg === 'ratio' ? null : feature.over,
      ...('from' in feature && feature.from !== undefined && { of: file.derive[feature.from]!.make }),
      ...(feature.agg === 'sequence' && { steps: feature.steps, within: feature.within }),
    })),
    params: Object.entries(file.params).map(([name, param]) => ({
      name,
      value: 'value' in param ? param.value : null,
      threshold: 'threshold' in param ? param.threshold : null,
      peer: 'peer' in param ? `${param.peer}.p${param.quantile}` : null,
      unit: param.unit,
      provenance: param.provenance,
    })),
    attributions: file.attributions.map(({ to, role, weight, why }) => ({
      to,
      role,
      weight,
      why: why[lang],
    })),
    benign: file.benign.map(({ id, effect, note }) => ({ id, effect, note: note[lang] })),
    sources: file.sources,
    needs: rule.needs,
  };
}
