/**
 * The second hop of the money (SEMANTICS §11): a signal of a rule over signals that names another than the person whose signals it read. It is
 * made where that person is composed, carries what it rests on, and counts in the composites of the other; no rule reads it.
 */
import type { RuleLookup } from '../../rules/compiler/index.ts';
import { ROLES_TO_PROTECT } from '../../schemas/enumerations.ts';
import type { Companion, Signal } from '../../schemas/signal.ts';
import { companionOf, listedCompanions } from '../detect/signals.ts';
import type { SignalVersions } from './signal-versions.ts';

/** Parties beside its own holder whom a signal gives weight. */
export function othersOf(signal: Signal): string[] {
  const others = signal.attributions.filter(
    ({ subject, weight }) => weight > 0 && subject !== signal.observedHolder,
  );
  return [...new Set(others.map(({ subject }) => subject))];
}

/** It came to the subject over the second hop. */
export function isRelayed(signal: Signal, subject: string): boolean {
  return signal.evidence.signals !== undefined && signal.observedHolder !== subject;
}

/**
 * What a derived signal carries to the other: the base signals that are its evidence and give weight, and what these carry, each under
 * the holder on whom it was observed; of one signal the latest state.
 */
export function carriedBy(derived: Signal, base: SignalVersions): Companion[] {
  const carried = new Map<string, Companion>();
  const add = (companion: Companion): void => {
    const known = carried.get(companion.signalId);
    if (known === undefined || known.eventTime < companion.eventTime)
      carried.set(companion.signalId, companion);
  };
  for (const id of derived.evidence.signals ?? []) {
    const signal = base.at(id, derived.eventTime);
    if (signal === undefined || signal.shadow === true) continue;
    const { observedHolder } = signal;
    for (const companion of signal.companions) add({ ...companion, observedHolder });
    if (signal.leg) continue;
    add({ ...companionOf(signal), observedHolder });
  }
  return listedCompanions([...carried.values()]);
}

/**
 * As whom signals of the own history of `holder` say that they may be the one to protect, whenever that was said: nothing is to be undone
 * for them later. Undefined where none does; what an experimental rule says is not said.
 */
export function protectedAs(holder: string, signals: readonly Signal[]): Signal['holderProtectedAs'] {
  const roles = new Set<string>();
  for (const { observedHolder, holderRole, shadow } of signals)
    if (observedHolder === holder && shadow !== true) roles.add(holderRole);
  return ROLES_TO_PROTECT.find((role) => roles.has(role));
}

/** The signals of rules over the signals of one person, each that names another with what protects that person where it goes. */
export function withProtection(
  derived: readonly Signal[],
  holderProtectedAs: Signal['holderProtectedAs'],
): readonly Signal[] {
  if (holderProtectedAs === undefined) return derived;
  return derived.map((signal) => (othersOf(signal).length === 0 ? signal : { ...signal, holderProtectedAs }));
}

/** Signals that come to `subject` over the second hop, if they are to come (`protectedAs`). */
export function relayedTo(subject: string, signals: readonly Signal[], rules: RuleLookup): Signal[] {
  return signals.filter(
    (signal) =>
      rules.at(signal.rule, signal.eventTime)?.input === 'signals' && othersOf(signal).includes(subject),
  );
}
