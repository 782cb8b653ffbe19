/** The signals of a case as detection would have written them, down to what compose reads: no transaction stands behind them. */
import type { CheckedRule } from '../../../rules/compiler/index.ts';
import type { CompositeCase } from '../../../schemas/composite.ts';
import type { Companion, Signal } from '../../../schemas/signal.ts';
import { carries, type PlacedSignal, placed } from '../cases.ts';

/** Party key of the subject of a case; holders are told by their letters. */
export const CASE_SUBJECT = 'par_subject';
/** Whoever gets the weight of a signal that gives the subject none. */
const SOMEBODY_ELSE = 'par_other';

const partyOf = (letter: string | null) => (letter === null ? CASE_SUBJECT : `par_${letter}`);

/**
 * Signals of one instant are read in the order of their ids: those without weight first, then as they are written. What a benign
 * term reads is there when the others are scored.
 */
function idOf({ on }: PlacedSignal, index: number): string {
  return `sig_${on === 'weightless' ? 0 : 1}_${String(index).padStart(3, '0')}`;
}

/** Own and weightless signals; companions are in those that carry them. The rules are compiled with them. */
export function signalsOfCase(given: CompositeCase, rules: ReadonlyMap<string, CheckedRule>): Signal[] {
  const all = given.signals.map((signal): PlacedSignal => {
    const rule = rules.get(signal.rule);
    const place = rule === undefined ? null : placed(signal, rule, given.at);
    if (place === null) throw new Error(`${signal.rule}: not a case that compiled`);
    return place;
  });
  const companions = all.filter(({ on }) => on === 'companion');
  return all.flatMap((place, i): Signal[] =>
    place.on === 'companion' ? [] : [signalOf(place, idOf(place, i), companionsOf(place, companions))],
  );
}

/** What is in force on the holder whose signal it is: of a rule that fired more than once, the last state until then. */
function companionsOf(carrier: PlacedSignal, companions: readonly PlacedSignal[]): Companion[] {
  const latest = new Map<string, PlacedSignal>();
  for (const each of companions) {
    const known = latest.get(each.rule.id);
    if (carries(carrier, each) && (known === undefined || each.timeMs >= known.timeMs))
      latest.set(each.rule.id, each);
  }
  return [...latest.values()].map(({ rule, observed, timeMs, strengthMilli }) => ({
    rule: rule.id,
    version: rule.version,
    signalId: `sig_${rule.id}_${observed}`,
    weight: rule.weight,
    strengthMilli,
    family: rule.family,
    eventTime: timeMs,
  }));
}

function attributionsOf({ rule, observed, on, weight, attribution }: PlacedSignal): Signal['attributions'] {
  const of = (index: number, subject: string, given: number) => ({
    subject,
    role: rule.file.attributions[index]!.role,
    weight: given,
    why: `${rule.id}@${rule.version}#${index}`,
  });
  const others = rule.file.attributions.flatMap(({ to, weight: given }, index) => {
    if (index === attribution) return [];
    const isHolder = to === 'holder' || to === 'subject';
    // Of a signal about the subject's own history, what goes to others goes to nobody of the case.
    if (isHolder) return observed === null ? [] : [of(index, partyOf(observed), given)];
    return on === 'weightless' ? [of(index, SOMEBODY_ELSE, given)] : [];
  });
  return [of(attribution, CASE_SUBJECT, weight), ...others];
}

function signalOf(place: PlacedSignal, id: string, companions: Companion[]): Signal {
  const { rule, observed, timeMs, strengthMilli } = place;
  const holder = partyOf(observed);
  return {
    id,
    version: 1,
    rule: rule.id,
    ruleVersion: rule.version,
    ruleSet: 'case',
    form: rule.form,
    family: rule.family,
    weight: rule.weight,
    leg: rule.status === 'leg',
    subjectKind: 'holder',
    observedOn: `holder:${holder}`,
    observedHolder: holder,
    observedBank: null,
    holderRole: rule.holderRole,
    attributions: attributionsOf(place),
    companions,
    openedAt: timeMs,
    eventTime: timeMs,
    strengthMilli,
    coverage: 'full_account',
    precisionWorst: 'second',
    truncated: false,
    evidenceReversed: false,
    params: {},
    features: [],
    benign: [],
    evidence: { transactions: [], count: 0, hash: '' },
  };
}
