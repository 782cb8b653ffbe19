/**
 * The score of one subject under one composite, as of one moment (SEMANTICS §12).
 *
 * Input is what the subject carries then: the latest version of each signal attributed to it. Everything is an exact
 * integer; ties are broken by bytes of ids, so that the result is a function of the set of signals.
 */
import type { CompositeFile } from '../../schemas/composite.ts';
import type { AlertLevel, Family } from '../../schemas/enumerations.ts';
import { compareUtf8 } from '../../schemas/order.ts';
import type { Companion, Signal } from '../../schemas/signal.ts';
import { type CheckedComposite, MIN_FAMILIES, MIN_STRONG_WEIGHT } from './composites.ts';
import { DAY_MS } from './freshness.ts';

/** A signal version attributed to the subject, with the largest weight it gives to it, in thousandths. */
export interface AttributedSignal {
  readonly signal: Signal;
  readonly attributionMilli: number;
  /** The history that fired is the subject's own. */
  readonly observed: boolean;
}

/** One rule in force that counts for the subject: its own signal, or a companion of one. */
export interface Counted {
  readonly rule: string;
  readonly signalId: string;
  readonly via: 'own' | 'companion';
  readonly carrier: Signal;
  readonly companion: Companion | null;
  readonly observedOn: string;
  readonly family: Family;
  readonly weight: number;
  readonly strengthMilli: number;
  readonly freshnessMilli: number;
  readonly attributionMilli: number;
  /** Before the cap of its family. */
  readonly partMilli: number;
  readonly eventTime: number;
}

/** A line of the score: a counted rule after the cap of its family, or a benign term (negative). */
export interface ScoreLine {
  readonly counted: Counted;
  readonly milli: number;
}

export interface BenignTerm {
  readonly id: string;
  readonly rule: string;
  /** The signal that shows the benign fact, or null where there is none. */
  readonly signal: Signal | null;
  readonly lowersMilli: number;
}

export interface Score {
  readonly fires: boolean;
  readonly level: AlertLevel | null;
  readonly scoreMilli: number;
  /** All that counts, the strongest of each rule first; what is behind the requirement. */
  readonly counted: readonly Counted[];
  readonly lines: readonly ScoreLine[];
  readonly benign: readonly BenignTerm[];
  readonly lifeSafety: boolean;
  /** It fires by a life-safety rule alone: about the protected holder, without lines and without a suspect. */
  readonly alone: boolean;
}

const PART_DIVISOR = 1_000_000;

/** floor(weight · strength · freshness · attribution / 10^6); every factor but the weight in 0..1000. */
export function partMilli(weight: number, strength: number, freshness: number, attribution: number): number {
  return Math.floor((weight * strength * freshness * attribution) / PART_DIVISOR);
}

/** Strongest first; then own before companion, then by ids. */
function strongerFirst(a: Counted, b: Counted): number {
  if (a.partMilli !== b.partMilli) return b.partMilli - a.partMilli;
  if (a.via !== b.via) return a.via === 'own' ? -1 : 1;
  return compareUtf8(a.signalId, b.signalId) || compareUtf8(a.carrier.id, b.carrier.id);
}

function ownCounted(signal: Signal, freshnessMilli: number, attributionMilli: number): Counted {
  return {
    rule: signal.rule,
    signalId: signal.id,
    via: 'own',
    carrier: signal,
    companion: null,
    observedOn: signal.observedOn,
    family: signal.family,
    weight: signal.weight,
    strengthMilli: signal.strengthMilli,
    freshnessMilli,
    attributionMilli,
    partMilli: partMilli(signal.weight, signal.strengthMilli, freshnessMilli, attributionMilli),
    eventTime: signal.eventTime,
  };
}

function count(
  composite: CheckedComposite,
  held: Iterable<AttributedSignal>,
  timeMs: number,
): readonly Counted[] {
  const freshness = (eventTime: number) =>
    composite.freshness[Math.floor((timeMs - eventTime) / DAY_MS)] ?? 0;
  const inForce = (eventTime: number) => eventTime > timeMs - composite.withinMs && eventTime <= timeMs;
  const counted: Counted[] = [];
  /** Only the latest version of a companion counts, whichever own signal carries it. */
  const companionTime = new Map<string, number>();
  for (const { signal, attributionMilli } of held) {
    if (attributionMilli === 0 || !inForce(signal.eventTime)) continue;
    if (composite.scoring.has(signal.rule)) {
      const freshnessMilli = freshness(signal.eventTime);
      counted.push(ownCounted(signal, freshnessMilli, attributionMilli));
    }
    for (const companion of signal.companions) {
      if (!composite.scoring.has(companion.rule) || !inForce(companion.eventTime)) continue;
      companionTime.set(
        companion.signalId,
        Math.max(companion.eventTime, companionTime.get(companion.signalId) ?? companion.eventTime),
      );
      const freshnessMilli = freshness(companion.eventTime);
      counted.push({
        rule: companion.rule,
        signalId: companion.signalId,
        via: 'companion',
        carrier: signal,
        companion,
        observedOn: companion.observedHolder ?? signal.observedHolder,
        family: companion.family,
        weight: companion.weight,
        strengthMilli: companion.strengthMilli,
        freshnessMilli,
        attributionMilli,
        partMilli: partMilli(companion.weight, companion.strengthMilli, freshnessMilli, attributionMilli),
        eventTime: companion.eventTime,
      });
    }
  }
  return counted
    .filter((c) => c.via === 'own' || companionTime.get(c.signalId) === c.eventTime)
    .sort(strongerFirst);
}

type Clause = CompositeFile['requires'][number]['all'][number];

/** Whether what counts meets one clause, and by which of the rules that it names. */
export function clauseState(
  clause: Clause,
  counted: readonly Counted[],
): { readonly holds: boolean; readonly met: ReadonlySet<string> } {
  const met = new Set<string>();
  const families = new Set<Family>();
  for (const { rule, on } of clause.of) {
    const match = counted.find((c) => c.rule === rule && (on === 'either' || on === c.via));
    if (match === undefined) continue;
    met.add(rule);
    families.add(match.family);
  }
  return { holds: met.size >= clause.min && families.size >= (clause.families ?? 1), met };
}

function requirementHolds(composite: CheckedComposite, counted: readonly Counted[]): boolean {
  return composite.file.requires.some(({ all }) => all.every((clause) => clauseState(clause, counted).holds));
}

/** The latest signal of a rule within the window, whatever weight it attributes to the subject. */
function benignSignal(
  composite: CheckedComposite,
  held: Iterable<AttributedSignal>,
  rule: string,
  timeMs: number,
) {
  let found: Signal | null = null;
  for (const { signal } of held) {
    if (signal.rule !== rule || signal.eventTime <= timeMs - composite.withinMs) continue;
    const later =
      found === null ||
      signal.eventTime > found.eventTime ||
      (signal.eventTime === found.eventTime && compareUtf8(signal.id, found.id) < 0);
    if (later) found = signal;
  }
  return found;
}

/** Signals that alone are reason enough to look at once (SEMANTICS §12): of the subject's own history, without weight on them. */
export function standsAlone(composite: CheckedComposite, held: AttributedSignal): boolean {
  return held.observed && held.attributionMilli === 0 && composite.alone.has(held.signal.rule);
}

function scoreAlone(
  composite: CheckedComposite,
  held: readonly AttributedSignal[],
  timeMs: number,
): Score | null {
  const counted = held
    .filter(
      (each) =>
        standsAlone(composite, each) &&
        each.signal.eventTime > timeMs - composite.withinMs &&
        each.signal.eventTime <= timeMs,
    )
    .map(({ signal }) =>
      ownCounted(signal, composite.freshness[Math.floor((timeMs - signal.eventTime) / DAY_MS)] ?? 0, 0),
    )
    .sort(strongerFirst);
  if (counted.length === 0) return null;
  return {
    fires: true,
    level: 'medium',
    scoreMilli: 0,
    counted,
    lines: [],
    benign: [],
    lifeSafety: true,
    alone: true,
  };
}

/**
 * Scores `held` (the latest version of each signal attributed to the subject, at most as late as `timeMs`).
 * The lines add up to `scoreMilli` exactly.
 */
export function scoreAt(
  composite: CheckedComposite,
  held: readonly AttributedSignal[],
  timeMs: number,
): Score {
  const counted = count(composite, held, timeMs);
  const strongest = new Map<string, Counted>();
  for (const c of counted) if (!strongest.has(c.rule)) strongest.set(c.rule, c);

  const capLeft = new Map<Family, number>();
  const lines: ScoreLine[] = [];
  const families = new Set<Family>();
  let strong = false;
  let scoreMilli = 0;
  for (const c of strongest.values()) {
    const cap = composite.file.familyCapMilli?.[c.family] ?? Number.POSITIVE_INFINITY;
    const milli = Math.min(c.partMilli, capLeft.get(c.family) ?? cap);
    capLeft.set(c.family, (capLeft.get(c.family) ?? cap) - milli);
    lines.push({ counted: c, milli });
    scoreMilli += milli;
    if (c.partMilli > 0 && cap > 0) {
      families.add(c.family);
      strong ||= c.weight >= MIN_STRONG_WEIGHT;
    }
  }
  const benign = composite.file.benign.map((term): BenignTerm => {
    const signal = benignSignal(composite, held, term.rule, timeMs);
    return { id: term.id, rule: term.rule, signal, lowersMilli: signal === null ? 0 : term.lowers_milli };
  });
  for (const term of benign) scoreMilli -= term.lowersMilli;

  const { levels, lifeSafety } = composite.file;
  const fires =
    requirementHolds(composite, counted) &&
    families.size >= MIN_FAMILIES &&
    strong &&
    scoreMilli >= levels.mediumMilli;
  if (!fires && composite.alone.size > 0) {
    const alone = scoreAlone(composite, held, timeMs);
    if (alone !== null) return alone;
  }
  const high = scoreMilli >= levels.highMilli && levels.highNeeds.some((family) => families.has(family));
  return {
    fires,
    level: fires ? (high ? 'high' : 'medium') : null,
    scoreMilli,
    counted,
    lines,
    benign,
    lifeSafety: lifeSafety?.rules.some((rule) => strongest.has(rule)) ?? false,
    alone: false,
  };
}
