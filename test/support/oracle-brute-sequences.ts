/**
 * Sequences as `rules/SEMANTICS.md` §5 defines them: every way to choose an event for each step is tried, and nothing is kept from
 * one event to the next but where the last complete sequence ended.
 */
import type { FeatureDefinition } from '../../schemas/rule.ts';
import { lift, type Value } from './oracle-brute-values.ts';
import { duration } from './oracle-brute-windows.ts';

/** Features that aggregate values of the events of one window, one by one. */
export type Windowed = Exclude<FeatureDefinition, { agg: 'ratio' | 'dwell' | 'sequence' }>;
type SequenceFeature = Extract<FeatureDefinition, { agg: 'sequence' }>;

/** A `where` stands before every step. */
export function stepTexts({ where, steps }: SequenceFeature): string[] {
  return steps.map((step) => `(${where ?? 'true'}) && (${step})`);
}

/** The items of an evaluation, and what may be asked about one of them. */
interface Evaluated<T> {
  readonly items: readonly T[];
  inWindow(item: T, over: string, skip: string | undefined): boolean | null;
  visible(item: T, text: string): boolean | null;
}

/** How many sequences are complete (null when too many events are unreadable), their events, and how many are unreadable. */
export function sequenceTally<T extends { readonly time: number; readonly fields: object }>(
  asOf: Evaluated<T>,
  feature: SequenceFeature,
): { value: Value; known: T[]; missing: number } {
  const known: { item: T; time: number; key: Value; does: boolean[] }[] = [];
  let missing = 0;
  for (const item of asOf.items) {
    const held = asOf.inWindow(item, feature.over, feature.skip);
    const does = stepTexts(feature).map((text) => asOf.visible(item, text));
    if (held === false || does.every((each) => each === false)) continue;
    const key = feature.by === undefined ? '' : lift((item.fields as Record<string, unknown>)[feature.by]);
    if (held === null || does.includes(null) || key === null) missing++;
    else known.push({ item, time: item.time, key, does: does.map((each) => each === true) });
  }
  const readable = 10 * missing <= missing + known.length;
  const found = readable ? sequences(known, feature.steps.length, duration(feature.within)) : [];
  const value = readable ? BigInt(found.length) : null;
  return { value, known: found.flat().map((place) => known[place]!.item), missing };
}

/** An event on which some step is true. */
interface StepEvent {
  readonly time: number;
  readonly key: unknown;
  /** Which of the steps are true on it. */
  readonly does: readonly boolean[];
}

/** The complete sequences, each as places in `events`, which are in total order. */
export function sequences(events: readonly StepEvent[], steps: number, withinMs: number): number[][] {
  const found: number[][] = [];
  for (const key of new Set(events.map((event) => event.key))) {
    let group = events.flatMap((event, place) => (event.key === key ? [place] : []));
    for (let end = 0; end < group.length; end++) {
      const ways = choices(events, group.slice(0, end), steps - 1)
        .map((way) => [...way, group[end]!])
        .filter((way) => events[group[end]!]!.does[steps - 1] && span(events, way) <= withinMs)
        .sort(preferred);
      if (ways.length === 0) continue;
      found.push(ways[0]!);
      group = group.slice(end + 1);
      end = -1;
    }
  }
  return found;
}

/** Every way to do the first `steps` steps with events of the group, in this order. */
function choices(events: readonly StepEvent[], group: readonly number[], steps: number): number[][] {
  if (steps === 0) return [[]];
  return group.flatMap((place, i) =>
    events[place]!.does[steps - 1]
      ? choices(events, group.slice(0, i), steps - 1).map((way) => [...way, place])
      : [],
  );
}

function span(events: readonly StepEvent[], way: readonly number[]): number {
  return events[way.at(-1)!]!.time - events[way[0]!]!.time;
}

/** The latest start, then the earliest event before the last one, then the one before that, and so on. */
function preferred(a: readonly number[], b: readonly number[]): number {
  if (a[0] !== b[0]) return b[0]! - a[0]!;
  for (let step = a.length - 2; step > 0; step--) if (a[step] !== b[step]) return a[step]! - b[step]!;
  return 0;
}
