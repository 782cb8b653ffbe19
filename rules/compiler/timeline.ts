/**
 * Rule sets over event time (SEMANTICS §9, "Rule sets"): which set is in force when, and every version of every rule
 * with the interval in which it is evaluated.
 */
import { contentHash } from '../../schemas/ids.ts';
import { compareUtf8 } from '../../schemas/order.ts';
import type { CheckedRule, Interval, RuleSet } from './checked-rule.ts';
import { ALWAYS_MS } from './compile.ts';

/** A set and when it is in force. */
export interface SetInForce<T> {
  readonly set: T;
  readonly inForce: Interval;
}

/**
 * The sets in force by event time, ascending, of sets in the order of the log. Sets that another one replaces are left
 * out: all before one that has always been in force, and of equal `activeFrom` all but the last.
 */
export function setsInForce<T extends { readonly activeFrom: number }>(sets: readonly T[]): SetInForce<T>[] {
  const byStart = new Map<number, T>();
  for (const set of sets) {
    if (set.activeFrom === ALWAYS_MS) byStart.clear();
    byStart.set(set.activeFrom, set);
  }
  const ordered = [...byStart.values()].sort((a, b) => a.activeFrom - b.activeFrom);
  const startOf = (set: T) => (set.activeFrom === ALWAYS_MS ? Number.NEGATIVE_INFINITY : set.activeFrom);
  return ordered.map((set, i) => {
    const next = ordered[i + 1];
    const untilMs = next === undefined ? Number.POSITIVE_INFINITY : startOf(next);
    return { set, inForce: { fromMs: startOf(set), untilMs } };
  });
}

/** The set in force at a time; undefined before the first. */
export function setAt<T>(sets: readonly SetInForce<T>[], timeMs: number): T | undefined {
  return sets.findLast(({ inForce }) => inForce.fromMs <= timeMs)?.set;
}

export function holdsAt({ fromMs, untilMs }: Interval, timeMs: number): boolean {
  return fromMs <= timeMs && timeMs < untilMs;
}

/**
 * Items of consecutive sets with the interval in which each content is in force without a gap, in the order of
 * beginnings. Of equal content in adjoining sets the item of the first one stands for all.
 */
export function versionsOf<T, Item>(
  sets: readonly SetInForce<T>[],
  itemsOf: (set: T) => readonly Item[],
  contentOf: (item: Item) => string,
): { readonly item: Item; readonly inForce: Interval }[] {
  interface Version {
    readonly item: Item;
    inForce: Interval;
  }
  const versions: Version[] = [];
  let standing = new Map<string, Version>();
  for (const { set, inForce } of sets) {
    const now = new Map<string, Version>();
    for (const item of itemsOf(set)) {
      const content = contentOf(item);
      let version = standing.get(content);
      if (version === undefined) {
        version = { item, inForce };
        versions.push(version);
      }
      version.inForce = { fromMs: version.inForce.fromMs, untilMs: inForce.untilMs };
      now.set(content, version);
    }
    standing = now;
  }
  return versions;
}

/**
 * One set that evaluates every event as the set does that is in force at its time. `sets` are in the order of the log and
 * at least one; each is compiled alone.
 */
export function mergeRuleSets(sets: readonly RuleSet[]): RuleSet {
  const inForce = setsInForce(sets);
  const first = inForce[0]!;
  const rules = versionsOf(
    inForce,
    (set) => set.rules,
    (rule) => rule.contentHash,
  ).map((version): CheckedRule => ({ ...version.item, inForce: version.inForce }));
  rules.sort((a, b) => compareUtf8(a.id, b.id) || a.inForce.fromMs - b.inForce.fromMs);
  const timeline = inForce.map(({ set, inForce: { fromMs } }) => ({ fromMs, hash: set.hash }));
  const isAlone = inForce.length === 1;
  return {
    rules,
    unevaluated: inForce.at(-1)!.set.unevaluated,
    hash: isAlone ? first.set.hash : contentHash(timeline.map(({ fromMs, hash }) => [String(fromMs), hash])),
    activeFrom: first.set.activeFrom,
    timeline,
  };
}

/** Hash of the set in force at a time: what a signal or an alert of that time was made with. */
export function ruleSetHashAt(ruleSet: RuleSet, timeMs: number): string {
  return (ruleSet.timeline.findLast(({ fromMs }) => fromMs <= timeMs) ?? ruleSet).hash;
}

/** The version of a rule that is in force at a time. */
export interface RuleLookup {
  at(id: string, timeMs: number): CheckedRule | undefined;
}

const lookups = new WeakMap<RuleSet, RuleLookup>();

export function ruleLookup(ruleSet: RuleSet): RuleLookup {
  const known = lookups.get(ruleSet);
  if (known !== undefined) return known;
  const versions = new Map<string, CheckedRule[]>();
  for (const rule of ruleSet.rules) versions.set(rule.id, [...(versions.get(rule.id) ?? []), rule]);
  const lookup: RuleLookup = {
    at: (id, timeMs) => versions.get(id)?.find((rule) => holdsAt(rule.inForce, timeMs)),
  };
  lookups.set(ruleSet, lookup);
  return lookup;
}

/** Text that is equal for equal rules in force in equal intervals: evaluations of one serve the other. */
export function ruleVersionKey({ contentHash: content, inForce }: CheckedRule): string {
  return `${content} ${inForce.fromMs} ${inForce.untilMs}`;
}
