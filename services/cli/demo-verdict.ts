/**
 * Compares what was found with what the generator says is there. The generator knows identifiers as banks write them;
 * the engine knows pseudonyms: the comparison keys the truth with the data folder's own key.
 */
import type { Pseudonymiser } from '../../pipelines/ingest/pseudonym.ts';
import type {
  CaseKind,
  ScenarioKind,
  Truth,
  TruthCase,
  TruthSubject,
} from '../../pipelines/simulate/truth.ts';
import type { Alert } from '../../schemas/alert.ts';
import type { AccountScheme } from '../../schemas/enumerations.ts';
import type { Signal } from '../../schemas/signal.ts';

/**
 * What is asked of each scenario, in one place: an alert on the true subject; an alert for somebody's life, about the
 * protected person whose account shows it, with no suspect; or a signal on the true subject where no composite that can fire
 * needs it yet.
 */
type Asked = 'alert' | 'life-safety alert' | { readonly signal: string };
const ASKED: Readonly<Record<ScenarioKind, Asked>> = {
  S1: 'alert',
  S2: 'alert',
  S3: 'alert',
  S4: 'alert',
  S5: 'alert',
  S6: 'alert',
  S7: 'alert',
  S8: 'life-safety alert',
  S9: 'alert',
  S10: 'alert',
  S11: { signal: 'CRM-03' },
  S12: { signal: 'VA-13' },
};
const askedOf = (kind: CaseKind): Asked | undefined => (ASKED as Partial<Record<CaseKind, Asked>>)[kind];

/** Look-alikes must not raise this signal either. */
const FORBIDDEN_SIGNAL: Readonly<Record<string, string>> = { B4: 'LAB-03', B10: 'OCS-04', B12: 'VA-13' };

export interface CaseVerdict {
  readonly case: TruthCase;
  /**
   * Alerts about a person on whom suspicion rightly falls; where a life-safety alert is asked for, those about the protected
   * too; about anybody, for a look-alike.
   */
  readonly alerts: readonly Alert[];
  /** The signal asked for, on the true subject; the forbidden one, for a look-alike. */
  readonly signals: readonly Signal[];
  /** What the demo asks for is there; null where nothing is asked (variants that hide, are cut, or lack fields). */
  readonly ok: boolean | null;
  /** Victims and bystanders of the truth with a score or a proposed restraint. */
  readonly harmed: readonly string[];
  /** The same of those whom the scenario makes both victim and collector, counted apart. */
  readonly harmedBoth: readonly string[];
}

function keysOf(subject: TruthSubject, pseudonyms: Pseudonymiser): string[] {
  return [
    pseudonyms.party(subject.refScheme, subject.ref, subject.institution),
    ...subject.accounts.map((account) => pseudonyms.account(account.scheme as AccountScheme, account.token)),
  ];
}

function keySet(subjects: readonly TruthSubject[], pseudonyms: Pseudonymiser): ReadonlySet<string> {
  return new Set(subjects.flatMap((subject) => keysOf(subject, pseudonyms)));
}

const RESTRAINTS: ReadonlySet<string> = new Set(['restraint_referral', 'lpb_proposal']);

function harmOf(protectedKeys: ReadonlySet<string>, alerts: readonly Alert[]): string[] {
  const harmed = new Set<string>();
  for (const alert of alerts) {
    if (protectedKeys.has(alert.subject) && alert.scoreMilli > 0) harmed.add(alert.subject);
    for (const action of alert.actions)
      if (protectedKeys.has(action.on) && RESTRAINTS.has(action.kind)) harmed.add(action.on);
  }
  return [...harmed];
}

/** The signal of `rule` attributed to, or observed on, one of the keys. */
function isOn(signal: Signal, rule: string, keys: ReadonlySet<string>): boolean {
  if (signal.rule !== rule) return false;
  return (
    keys.has(signal.observedHolder) ||
    signal.attributions.some(({ subject, weight }) => weight > 0 && keys.has(subject))
  );
}

export function judge(
  truth: Truth,
  alerts: readonly Alert[],
  signals: readonly Signal[],
  pseudonyms: Pseudonymiser,
): CaseVerdict[] {
  return truth.cases.map((each): CaseVerdict => {
    const everybody = keySet(
      each.subjects.filter((subject) => subject.role !== 'infrastructure'),
      pseudonyms,
    );
    const suspects = keySet(
      each.subjects.filter((subject) => subject.standing === 'collector'),
      pseudonyms,
    );
    const harm = (isBoth: boolean) => {
      const people = each.subjects.filter(
        (subject) => subject.protected && (subject.standing === 'both') === isBoth,
      );
      return harmOf(keySet(people, pseudonyms), alerts);
    };
    const harmed = harm(false);
    const harmedBoth = harm(true);
    if (each.isLookalike) {
      const about = alerts.filter((alert) => everybody.has(alert.subject));
      const forbidden = FORBIDDEN_SIGNAL[each.kind];
      const raised =
        forbidden === undefined ? [] : signals.filter((signal) => isOn(signal, forbidden, everybody));
      return {
        case: each,
        alerts: about,
        signals: raised,
        ok: about.length === 0 && raised.length === 0,
        harmed,
        harmedBoth,
      };
    }
    const isAboutLife = (alert: Alert) =>
      askedOf(each.kind) === 'life-safety alert' && alert.lifeSafety.flag && everybody.has(alert.subject);
    const about = alerts.filter((alert) => suspects.has(alert.subject) || isAboutLife(alert));
    const wanted = signalOf(each.kind);
    const raised = wanted === null ? [] : signals.filter((signal) => isOn(signal, wanted, suspects));
    const verdict = { case: each, alerts: about, signals: raised, ok: null, harmed, harmedBoth };
    return each.variant === 'base' ? { ...verdict, ok: isFound(verdict) } : verdict;
  });
}

/** Alerts about people of whom no case tells. Infrastructure that a case uses does not belong to it. */
export function concerningNobody(
  truth: Truth,
  alerts: readonly Alert[],
  pseudonyms: Pseudonymiser,
): readonly Alert[] {
  const people = truth.cases.flatMap(({ subjects }) =>
    subjects.filter(({ role }) => role !== 'infrastructure'),
  );
  const known = keySet(people, pseudonyms);
  return alerts.filter(({ subject }) => !known.has(subject));
}

/** The signal that stands in for an alert, if one is asked for. */
function signalOf(kind: CaseKind): string | null {
  const wanted = askedOf(kind);
  return typeof wanted === 'object' ? wanted.signal : null;
}

/** Whether a case was found, for the recall of variants of which nothing is asked. */
export function isFound({ case: each, alerts, signals }: CaseVerdict): boolean {
  return signalOf(each.kind) === null ? alerts.length > 0 : signals.length > 0;
}

/** What the demo asks of a kind of case, in words. */
export function asked(kind: CaseKind): string {
  const wanted = askedOf(kind);
  if (wanted === undefined) {
    const forbidden = FORBIDDEN_SIGNAL[kind];
    return forbidden === undefined ? 'no alert' : `no alert, no ${forbidden}`;
  }
  if (wanted === 'alert') return 'alert on the collector';
  return wanted === 'life-safety alert' ? wanted : `signal ${wanted.signal}`;
}
