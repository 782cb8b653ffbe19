/**
 * What SEMANTICS §12 says of a case of a composite, read off the case itself and off the files of the rules: slow, obvious, and
 * nothing of the composer in it. After every signal everything is counted anew.
 */
import type { CompositeCase, CompositeFile, CompositeSignal } from '../../schemas/composite.ts';
import type { RuleFile } from '../../schemas/rule.ts';

export interface CaseAnswer {
  readonly fires: boolean;
  readonly level: 'medium' | 'high' | null;
  readonly scoreMilli: number;
}

const MINUTE = 60_000;
const UNIT_MS: Readonly<Record<string, number>> = { m: MINUTE, h: 60 * MINUTE, d: 1_440 * MINUTE };
const lengthOf = (text: string) => Number(text.slice(0, -1)) * UNIT_MS[text.slice(-1)]!;
const DAY = UNIT_MS['d']!;

type Rules = ReadonlyMap<string, RuleFile>;

/** The weights that a rule gives to who holds the history, and to others. */
function weightsOf(rule: RuleFile): { self: number[]; other: number[] } {
  const isSelf = (to: string) => to === 'holder' || to === 'subject';
  return {
    self: rule.attributions.filter(({ to }) => isSelf(to)).map(({ weight }) => weight),
    other: rule.attributions.filter(({ to }) => !isSelf(to)).map(({ weight }) => weight),
  };
}

interface Entry {
  readonly id: string;
  readonly rule: string;
  readonly on: CompositeSignal['on'];
  readonly holder: string;
  readonly time: number;
  readonly strength: number;
  readonly attribution: number;
}

/** Where the signal stands, or null where no signal of the rule can stand so. */
export function entryOf(signal: CompositeSignal, index: number, at: string, rules: Rules): Entry | null {
  const rule = rules.get(signal.rule)!;
  const { on } = signal;
  const time = Date.parse(signal.at ?? at) - (signal.ago === undefined ? 0 : lengthOf(signal.ago));
  const entry = { id: `${on} ${index}`, rule: signal.rule, on, time, strength: signal.strengthMilli };
  const { self, other } = weightsOf(rule);
  if (on === 'companion')
    return rule.input === 'events' && signal.weight === undefined
      ? {
          ...entry,
          id: `${signal.rule} of ${signal.observed ?? 'a'}`,
          holder: signal.observed ?? 'a',
          attribution: 0,
        }
      : null;
  if (on === 'weightless') {
    if (signal.weight !== undefined) return null;
    const named = self.includes(0) && !self.some((weight) => weight > 0);
    if (signal.observed === undefined && named) return { ...entry, holder: 'subject', attribution: 0 };
    return other.includes(0) ? { ...entry, holder: signal.observed ?? 'a', attribution: 0 } : null;
  }
  const [ofSelf, ofOther] = [Math.max(0, ...self), Math.max(0, ...other)];
  const thousandths = (weight: number) => Math.round(1000 * (signal.weight ?? weight));
  if (signal.observed === undefined && ofSelf > 0)
    return { ...entry, holder: 'subject', attribution: thousandths(ofSelf) };
  return ofOther > 0 ? { ...entry, holder: signal.observed ?? 'a', attribution: thousandths(ofOther) } : null;
}

interface Part {
  readonly rule: string;
  readonly via: 'own' | 'companion';
  readonly id: string;
  readonly carrier: string;
  readonly time: number;
  readonly milli: number;
}

/** The answer of the composite to the case; every rule that the case assumes counts as live. */
export function answerOf(file: CompositeFile, given: CompositeCase, rules: Rules): CaseAnswer {
  const isLive = (id: string) => rules.get(id)!.status === 'live' || given.assumes.includes(id);
  const named = new Set(
    [
      ...file.requires.flatMap(({ all }) => all.flatMap(({ of }) => of.map(({ rule }) => rule))),
      ...file.supports,
    ].filter(isLive),
  );
  const entries = given.signals.map((signal, i) => entryOf(signal, i, given.at, rules)!);
  const companions = entries.filter(({ on }) => on === 'companion');
  const stream = entries
    .map((entry, i) => ({ ...entry, i }))
    .filter(({ on }) => on !== 'companion')
    .sort((a, b) => a.time - b.time || Number(a.on === 'own') - Number(b.on === 'own') || a.i - b.i);

  const partsAt = (prefix: readonly Entry[], now: number): Part[] => {
    const isIn = (time: number) => time <= now && time > now - lengthOf(file.within);
    const part = (rule: string, strength: number, time: number, attribution: number) => {
      const freshness = Math.floor(1000 * 2 ** (-Math.floor((now - time) / DAY) / file.halfLifeDays) + 1e-9);
      return Number(
        (BigInt(rules.get(rule)!.weight) * BigInt(strength) * BigInt(freshness) * BigInt(attribution)) /
          1_000_000n,
      );
    };
    const parts: Part[] = [];
    for (const own of prefix.filter((entry) => entry.on === 'own' && isIn(entry.time))) {
      if (named.has(own.rule)) {
        const milli = part(own.rule, own.strength, own.time, own.attribution);
        parts.push({ rule: own.rule, via: 'own', id: own.id, carrier: own.id, time: own.time, milli });
      }
      for (const rule of new Set(companions.map((each) => each.rule))) {
        const states = companions.filter(
          (c) => c.rule === rule && c.holder === own.holder && c.time <= own.time,
        );
        // Of equal times the one written last.
        const state = states.reduce<Entry | null>(
          (best, c) => (best === null || c.time >= best.time ? c : best),
          null,
        );
        if (state === null || !named.has(rule) || !isIn(state.time)) continue;
        const milli = part(rule, state.strength, state.time, own.attribution);
        parts.push({ rule, via: 'companion', id: state.id, carrier: own.id, time: state.time, milli });
      }
    }
    const isLatest = (p: Part) =>
      !parts.some((q) => q.via === 'companion' && q.id === p.id && q.time > p.time);
    return parts.filter((p) => p.via === 'own' || isLatest(p));
  };

  const scoreAt = (prefix: readonly Entry[], now: number) => {
    const parts = partsAt(prefix, now);
    const holds = file.requires.some(({ all }) =>
      all.every(({ min, of, families }) => {
        const met = of.filter(({ rule, on }) =>
          parts.some((p) => p.rule === rule && (on === 'either' || on === p.via)),
        );
        const kinds = new Set(met.map(({ rule }) => rules.get(rule)!.family));
        return new Set(met.map(({ rule }) => rule)).size >= min && kinds.size >= (families ?? 1);
      }),
    );
    const byFamily = new Map<string, number>();
    let isStrong = false;
    for (const rule of named) {
      const best = Math.max(0, ...parts.filter((p) => p.rule === rule).map(({ milli }) => milli));
      const { family, weight } = rules.get(rule)!;
      if (best === 0 || file.familyCapMilli?.[family] === 0) continue;
      byFamily.set(family, (byFamily.get(family) ?? 0) + best);
      isStrong ||= weight >= 3;
    }
    let scoreMilli = 0;
    for (const [family, sum] of byFamily)
      scoreMilli += Math.min(sum, file.familyCapMilli?.[family as keyof typeof file.familyCapMilli] ?? sum);
    for (const { rule, lowers_milli: lowers } of file.benign)
      if (prefix.some((entry) => entry.rule === rule && entry.time > now - lengthOf(file.within)))
        scoreMilli -= lowers;
    const fires = holds && byFamily.size >= 2 && isStrong && scoreMilli >= file.levels.mediumMilli;
    const isHigh =
      scoreMilli >= file.levels.highMilli && file.levels.highNeeds.some((family) => byFamily.has(family));
    const level: 'medium' | 'high' = isHigh ? 'high' : 'medium';
    const refs = parts.flatMap(({ id, via, carrier, time }) => [
      carrier,
      ...(via === 'companion' ? [`${id} at ${time}`] : []),
    ]);
    const alone = prefix.filter(
      ({ rule, on, holder, time }) =>
        on === 'weightless' &&
        holder === 'subject' &&
        file.lifeSafety?.alone?.rules.includes(rule) === true &&
        isLive(rule) &&
        time > now - lengthOf(file.within),
    );
    if (!fires && alone.length > 0)
      return {
        fires: true,
        level: 'medium' as const,
        scoreMilli: 0,
        refs: alone.map(({ id }) => id),
        ownScore: scoreMilli,
      };
    return { fires, level, scoreMilli, refs, ownScore: scoreMilli };
  };

  let firedAt = Number.NEGATIVE_INFINITY;
  let refs = new Set<string>();
  let alert: CaseAnswer | null = null;
  const hourOf = (time: number) => Math.floor(time / UNIT_MS['h']!);
  stream.forEach(({ time }, i) => {
    const isOpen = time - firedAt <= 30 * DAY;
    const isLaterInHour = stream
      .slice(i + 1)
      .some((next) => hourOf(next.time) === hourOf(time) && next.time - firedAt <= 30 * DAY);
    if (isOpen && isLaterInHour) return;
    const { fires, level, scoreMilli, refs: brought } = scoreAt(stream.slice(0, i + 1), time);
    if (!fires) return;
    if (!isOpen) refs = new Set();
    firedAt = time;
    if (brought.every((ref) => refs.has(ref))) return;
    refs = new Set([...refs, ...brought]);
    alert = { fires, level, scoreMilli };
  });
  if (alert !== null) return alert;
  const last = stream.at(-1)!.time;
  return { fires: false, level: null, scoreMilli: scoreAt(stream, last).ownScore };
}
