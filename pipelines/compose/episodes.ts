/**
 * Episodes of one composite over one subject's signal versions (SEMANTICS §9 and §12): when an alert opens, how long it
 * stays open, and which evaluations make a new version of it.
 */
import { holdsAt, type Interval } from '../../rules/compiler/index.ts';
import { contentId } from '../../schemas/ids.ts';
import type { Signal } from '../../schemas/signal.ts';
import type { CheckedComposite } from './composites.ts';
import { DAY_MS } from './freshness.ts';
import { type AttributedSignal, type Score, scoreAt, standsAlone } from './score.ts';

/** Silence that ends an alert's episode. */
export const ALERT_QUIET_MS = 30 * DAY_MS;
const HOUR_MS = 3_600_000;

/** One version of an alert, before it is written out. */
export interface AlertVersion {
  readonly id: string;
  readonly version: number;
  readonly openedAt: number;
  readonly eventTime: number;
  readonly score: Score;
  /** Latest version of each own signal behind the score as of this evaluation, carriers and expanded rules included. */
  readonly behind: readonly AttributedSignal[];
  /** All signal versions that the episode has counted so far, by `id@version`, in the order in which they came. */
  readonly evidenceSignals: readonly Signal[];
}

/** The largest weight that a signal gives to the subject, in thousandths, or null where it does not name it. */
export function attributionMilliOf(signal: Signal, subject: string): number | null {
  let milli: number | null = null;
  for (const attribution of signal.attributions) {
    if (attribution.subject !== subject) continue;
    milli = Math.max(milli ?? 0, Math.round(1000 * attribution.weight));
  }
  return milli;
}

/**
 * The own signals that stand behind a score: those that count, those that carry a companion that counts, and those that
 * a counted rule over signals names as its evidence. What came over the second hop rests on signals of somebody else: as of then.
 */
function signalsBehind(
  score: Score,
  latest: ReadonlyMap<string, AttributedSignal>,
  signalOf: SignalLookup,
): AttributedSignal[] {
  const behind = new Map<string, AttributedSignal>();
  for (const { carrier } of score.counted) {
    for (const id of [carrier.id, ...(carrier.evidence.signals ?? [])]) {
      const held = latest.get(id);
      if (held !== undefined) {
        behind.set(id, held);
        continue;
      }
      const signal = signalOf(id, carrier.eventTime);
      if (signal !== undefined) behind.set(id, { signal, attributionMilli: 0, observed: false });
    }
  }
  return [...behind.values()];
}

/** Ids of what an evaluation brings: versions of own signals, and companions by the time of their last firing. */
function refsOf(score: Score, behind: readonly AttributedSignal[]): Set<string> {
  const refs = new Set(behind.map(({ signal }) => `${signal.id}@${signal.version}`));
  for (const { companion } of score.counted)
    if (companion !== null) refs.add(`${companion.signalId}@t${companion.eventTime}`);
  return refs;
}

/** The last version of a signal that is not later, of those that came with the subject's. */
export type SignalLookup = (signalId: string, eventTimeMs: number) => Signal | undefined;

/** How many episodes each signal has opened, by signal id. */
export type Openings = Map<string, number>;

/**
 * All versions of all alerts of one composite over `versions`: every signal version attributed to the subject, in the
 * order (event time, id, version). A composite is evaluated as of those in its interval; versions of one composite share
 * `openings`, in the order of their intervals.
 */
export function alertVersionsOf(
  composite: CheckedComposite,
  subject: string,
  versions: readonly AttributedSignal[],
  openings: Openings = new Map(),
  signalOf: SignalLookup = () => undefined,
): AlertVersion[] {
  // Without one signal of the composite's rules nothing can fire: most subjects of a base rule end here.
  if (!versions.some(({ signal }) => touches(composite, signal))) return [];
  const out: AlertVersion[] = [];
  const latest = new Map<string, AttributedSignal>();
  let seen = 0;
  let lastFiredAt: number | null = null;
  let id = '';
  let version = 0;
  let openedAt = 0;
  let refs = new Set<string>();
  let evidenceSignals = new Map<string, Signal>();

  // Of a subject in whom much comes together few signals weigh in one composite: only these are looked at again and again.
  const weighing = new Map<string, AttributedSignal>();
  const asOf = (index: number): Score | null => {
    for (; seen <= index; seen++) {
      const version = versions[seen]!;
      const { id } = version.signal;
      latest.set(id, version);
      weighing.delete(id);
      if (weighs(composite, version)) weighing.set(id, version);
    }
    const { eventTime } = versions[index]!.signal;
    // In the order of their times: those behind the window come first, and for good.
    for (const [id, { signal }] of weighing) {
      if (signal.eventTime > eventTime - composite.withinMs) break;
      weighing.delete(id);
    }
    return weighing.size === 0 ? null : scoreAt(composite, [...weighing.values()], eventTime);
  };

  for (let i = 0; i < versions.length; i++) {
    const time = versions[i]!.signal.eventTime;
    if (!holdsAt(composite.inForce, time)) continue;
    const open: boolean = lastFiredAt !== null && time - lastFiredAt <= ALERT_QUIET_MS;
    if (open) i = lastOfHour(versions, i, lastFiredAt! + ALERT_QUIET_MS, composite.inForce);
    const { signal } = versions[i]!;
    const score = asOf(i);
    if (score?.fires !== true) continue;
    lastFiredAt = signal.eventTime;
    const behind = signalsBehind(score, latest, signalOf);
    if (!open) {
      // One signal may open two episodes when its own silence is longer than that of an alert: the ordinal keeps them apart.
      const ordinal = openings.get(signal.id) ?? 0;
      openings.set(signal.id, ordinal + 1);
      id = alertId(composite, subject, signal.id, ordinal);
      version = 0;
      openedAt = signal.eventTime;
      refs = new Set();
      evidenceSignals = new Map();
    }
    const before = refs.size;
    for (const ref of refsOf(score, behind)) refs.add(ref);
    for (const held of behind) evidenceSignals.set(held.signal.id, held.signal);
    if (refs.size === before) continue;
    version++;
    out.push({
      id,
      version,
      openedAt,
      eventTime: signal.eventTime,
      score,
      behind,
      evidenceSignals: [...evidenceSignals.values()],
    });
  }
  return out;
}

/** Index of the last version in the UTC hour of `versions[from]`, not later than `untilMs`, in the interval. */
function lastOfHour(
  versions: readonly AttributedSignal[],
  from: number,
  untilMs: number,
  inForce: Interval,
): number {
  const hour = Math.floor(versions[from]!.signal.eventTime / HOUR_MS);
  let last = from;
  for (let j = from + 1; j < versions.length; j++) {
    const time = versions[j]!.signal.eventTime;
    if (Math.floor(time / HOUR_MS) !== hour || time > untilMs || !holdsAt(inForce, time)) break;
    last = j;
  }
  return last;
}

function touches(composite: CheckedComposite, signal: Signal): boolean {
  if (composite.scoring.has(signal.rule) || composite.alone.has(signal.rule)) return true;
  return signal.companions.some((c) => composite.scoring.has(c.rule));
}

/** Whether a version can add to a score, or lower it. */
function weighs(composite: CheckedComposite, held: AttributedSignal): boolean {
  const { signal, attributionMilli } = held;
  if (attributionMilli > 0 && touches(composite, signal)) return true;
  if (standsAlone(composite, held)) return true;
  return composite.file.benign.some(({ rule }) => rule === signal.rule);
}

function alertId(
  composite: CheckedComposite,
  subject: string,
  openingSignal: string,
  ordinal: number,
): string {
  const opening = ordinal === 0 ? [openingSignal] : [openingSignal, String(ordinal)];
  return contentId('alt', [composite.file.id, String(composite.majorVersion), subject, 'signal', ...opening]);
}
