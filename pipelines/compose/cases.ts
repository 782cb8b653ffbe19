/**
 * Cases of composites: which signals they mean. A rule says on whom its weight falls; a case may place a signal only where its
 * rule can, so that no case shows what never comes.
 */
import type { CheckedRule, Finding } from '../../rules/compiler/index.ts';
import { durationMs } from '../../rules/compiler/window.ts';
import type { CompositeCase, CompositeFile, CompositeSignal } from '../../schemas/composite.ts';
import type { ErrorParams } from '../../schemas/errors/index.ts';

export interface PlacedSignal {
  readonly rule: CheckedRule;
  readonly on: CompositeSignal['on'];
  /** Letter of the holder whose history fired; null is the subject. */
  readonly observed: string | null;
  readonly timeMs: number;
  readonly strengthMilli: number;
  /** Weight of the attribution to the subject; 0 of a companion, which has that of its carrier. */
  readonly weight: number;
  /** Position of that attribution in the rule's file. */
  readonly attribution: number;
}

interface CaseFault {
  readonly code: Finding['code'];
  readonly path: readonly PropertyKey[];
  readonly params: ErrorParams;
}

type Rules = ReadonlyMap<string, CheckedRule>;

/** The holder whose history fired where a case does not say whose. */
const FIRST_HOLDER = 'a';

/** The signal as its rule can give it; null where it cannot. */
export function placed(given: CompositeSignal, rule: CheckedRule, at: string): PlacedSignal | null {
  const { on, strengthMilli } = given;
  const timeMs = Date.parse(given.at ?? at) - (given.ago === undefined ? 0 : durationMs(given.ago));
  const base = { rule, on, timeMs, strengthMilli };
  // What no program asks gives no signal.
  if (rule.status === 'manual') return null;
  if (on === 'companion') {
    if (rule.input !== 'events' || given.weight !== undefined) return null;
    return { ...base, observed: given.observed ?? FIRST_HOLDER, weight: 0, attribution: 0 };
  }
  const attributions = rule.file.attributions.map(({ to, weight }, attribution) => ({
    attribution,
    weight,
    isSelf: to === 'holder' || to === 'subject',
  }));
  const isAsked = ({ weight }: { readonly weight: number }) => weight > 0 === (on === 'own');
  const strongest = (isSelf: boolean) =>
    attributions
      .filter((each) => each.isSelf === isSelf && isAsked(each))
      .sort((a, b) => b.weight - a.weight)[0];
  // Who holds the history and gets weight of it is not named without weight by the same signal.
  const isHolderWeighed = attributions.some(({ isSelf, weight }) => isSelf && weight > 0);
  const toSelf = on === 'weightless' && isHolderWeighed ? undefined : strongest(true);
  const chosen = given.observed === undefined ? (toSelf ?? strongest(false)) : strongest(false);
  if (chosen === undefined || (on === 'weightless' && given.weight !== undefined)) return null;
  return {
    ...base,
    observed: chosen === toSelf ? null : (given.observed ?? FIRST_HOLDER),
    weight: given.weight ?? chosen.weight,
    attribution: chosen.attribution,
  };
}

/** Whether one signal carries the other: its history is the same holder's, and it fired at that time or later. */
export function carries(carrier: PlacedSignal, companion: PlacedSignal): boolean {
  return (
    carrier.on === 'own' && carrier.observed === companion.observed && carrier.timeMs >= companion.timeMs
  );
}

/** What is wrong with the cases of a composite: names that are not there, signals that never come. */
export function caseFaults(file: CompositeFile, cases: readonly CompositeCase[], rules: Rules): CaseFault[] {
  const terms = new Set(file.benign.map(({ id }) => id));
  return cases.flatMap((given, i): CaseFault[] => {
    const faults: CaseFault[] = [];
    given.assumes.forEach((rule, j) => {
      const path = ['cases', i, 'assumes', j];
      const status = rules.get(rule)?.status;
      if (status === undefined) faults.push({ code: 'RAS-COMPOSITE-UNKNOWN-RULE', path, params: { rule } });
      else if (status !== 'experimental' && status !== 'waiting')
        faults.push({ code: 'RAS-COMPOSITE-CASE-ASSUMES', path, params: { rule, status } });
    });
    given.expect?.benign?.forEach((id, j) => {
      const path = ['cases', i, 'expect', 'benign', j];
      if (!terms.has(id)) faults.push({ code: 'RAS-COMPOSITE-CASE-TERM', path, params: { id } });
    });
    return [...faults, ...signalFaults(given, i, rules)];
  });
}

function signalFaults(given: CompositeCase, index: number, rules: Rules): CaseFault[] {
  const faults: CaseFault[] = [];
  const found = given.signals.map((signal, j): PlacedSignal | null => {
    const path = ['cases', index, 'signals', j, 'rule'];
    const { rule: id, on } = signal;
    const rule = rules.get(id);
    if (rule === undefined) {
      faults.push({ code: 'RAS-COMPOSITE-UNKNOWN-RULE', path, params: { rule: id } });
      return null;
    }
    const place = placed(signal, rule, given.at);
    if (place === null) faults.push({ code: 'RAS-COMPOSITE-CASE-SIGNAL', path, params: { rule: id, on } });
    return place;
  });
  found.forEach((companion, j) => {
    if (companion?.on !== 'companion') return;
    if (found.some((carrier) => carrier !== null && carries(carrier, companion))) return;
    const params = { rule: companion.rule.id, holder: companion.observed ?? '' };
    faults.push({ code: 'RAS-COMPOSITE-CASE-CARRIER', path: ['cases', index, 'signals', j], params });
  });
  return faults;
}
