/** Sub-events of the brute-force oracle: SEMANTICS §6 read aloud, from the items of one evaluation. */
import type { DeriveDefinition, RuleFile } from '../../schemas/rule.ts';
import * as agg from './oracle-brute-aggregates.ts';
import { inRange, lift, type Value } from './oracle-brute-values.ts';
import { duration } from './oracle-brute-windows.ts';

/** An event as of some evaluation: amounts after reversals, fields from the pair history. */
export interface Item {
  readonly time: number;
  readonly ref: string;
  readonly fields: Readonly<Record<string, unknown>>;
  /** References that stand for this item in evidence: itself, or what a sub-event is made of. */
  readonly refs: readonly string[];
}

type Of<M extends DeriveDefinition['make']> = Extract<DeriveDefinition, { make: M }>;
/** What is read of the evaluation. */
interface Reading {
  readonly rule: RuleFile;
  readonly items: readonly Item[];
  readonly time: number;
  visible(item: Item, text: string): boolean | null;
  inWindow(item: Item, over: string, skip: string | undefined): boolean | null;
  windowUnknown(over: string): boolean;
}

/** The sub-events of a derive (null when too many of its events are unreadable), and how many events are (§4, §6). */
export function subEvents(asOf: Reading, name: string): { items: Item[] | null; missing: number } {
  const make = asOf.rule.derive[name]!;
  if (asOf.windowUnknown(make.over)) return { items: null, missing: 0 };
  if (make.make === 'cycle' || make.make === 'pay_period') {
    const flows = flowsOf(asOf, make.make === 'cycle' ? make : { ...make, in: make.start });
    if (10 * flows.missing > flows.missing + flows.known) return { items: null, missing: flows.missing };
    const items =
      make.make === 'cycle' ? cycles(asOf, make, flows.flows) : payPeriods(asOf, make, flows.flows);
    return { items, missing: flows.missing };
  }
  const { members, missing } = membersOf(asOf, make);
  if (10 * missing > missing + members.length) return { items: null, missing };
  const groups =
    make.make === 'night'
      ? nights(members, make)
      : make.make === 'stay'
        ? stays(members, make)
        : circuits(members, make);
  return { items: groups, missing };
}

interface Flows {
  readonly flows: agg.Flow[];
  readonly missing: number;
  readonly known: number;
}

export function flowsOf(asOf: Reading, part: { in: string; out: string; of: string; over: string }): Flows {
  const flows: agg.Flow[] = [];
  let missing = 0;
  asOf.items.forEach((item, index) => {
    const held = asOf.inWindow(item, part.over, undefined);
    if (held === false) return;
    const isIn = asOf.visible(item, part.in);
    const isOut = asOf.visible(item, part.out);
    if (isIn === false && isOut === false) return;
    const value = lift(item.fields[part.of]) as bigint | null;
    if (held === null || isIn === null || isOut === null || value === null) missing++;
    else flows.push({ index, time: item.time, isIn, isOut, value });
  });
  return { flows, missing, known: flows.length };
}

function cycles(asOf: Reading, make: Of<'cycle'>, flows: readonly agg.Flow[]): Item[] {
  const within = duration(make.within);
  const portions = agg.fifo([...flows]).filter((portion) => portion.dwell <= within);
  const used = new Set<number>();
  return flows
    .filter((flow) => flow.isOut && flow.value > 0n)
    .map((flow) => {
      const item = asOf.items[flow.index]!;
      let inIndexes = portions.filter((p) => p.outIndex === flow.index).map((p) => p.inIndex);
      let matched = portions.filter((p) => p.outIndex === flow.index).reduce((sum, p) => sum + p.value, 0n);
      let share: bigint | null = (1000n * matched) / flow.value;
      if (make.match === 'sum') {
        const free = flows.filter(
          (other) =>
            other.isIn &&
            other.value > 0n &&
            other.index < flow.index &&
            other.time > flow.time - within &&
            !used.has(other.index),
        );
        matched = free.reduce((sum, other) => sum + other.value, 0n);
        for (const other of free) used.add(other.index);
        inIndexes = free.map((other) => other.index);
        share = matched === 0n ? null : (1000n * flow.value) / matched;
      }
      const sources = new Set(
        inIndexes.map((i) => asOf.items[i]!.fields['source'] ?? null).filter((source) => source !== null),
      );
      return {
        ...item,
        refs: [item.ref, ...inIndexes.map((i) => asOf.items[i]!.ref)],
        fields: { ...item.fields, matched, matchedShareMilli: share, sources: sources.size },
      };
    });
}

/** An event that a kind groups, with its key and what it adds to the total. */
interface Member {
  readonly item: Item;
  readonly key: Value;
  readonly value: bigint | null;
}

function membersOf(
  asOf: Reading,
  make: Of<'night' | 'stay' | 'circuit'>,
): { members: Member[]; missing: number } {
  const members: Member[] = [];
  let missing = 0;
  for (const item of asOf.items) {
    const held = asOf.inWindow(item, make.over, undefined);
    const where = asOf.visible(item, make.where ?? 'true');
    if (held === false || where === false) continue;
    const of = 'of' in make ? make.of : undefined;
    const value = of === undefined ? null : (lift(item.fields[of]) as bigint | null);
    const key = lift(item.fields[make.make === 'night' ? 'nightOf' : make.by]);
    if (make.make === 'night' && key === null && item.fields['isNight'] === false) continue;
    if (held === null || where === null || key === null || (of !== undefined && value === null)) missing++;
    else members.push({ item, key, value });
  }
  return { members, missing };
}

function different(values: readonly Value[]): bigint {
  return BigInt(new Set(values.filter((value) => value !== null)).size);
}

function grouped(group: readonly Member[], more: Readonly<Record<string, Value>>): Item {
  const last = group.at(-1)!.item;
  const values = group.map(({ value }) => value);
  const fields = {
    events: BigInt(group.length),
    total: values.includes(null) ? null : inRange(values.reduce<bigint>((sum, value) => sum + value!, 0n)),
    spanMs: BigInt(last.time - group[0]!.item.time),
    ...more,
  };
  return { ...last, refs: group.map(({ item }) => item.ref), fields: { ...last.fields, ...fields } };
}

function nights(members: readonly Member[], make: Of<'night'>): Item[] {
  // A night lies where its last event does: that event is the one after which none of the same night comes.
  return members
    .filter(({ key }, i) => !members.slice(i + 1).some((later) => later.key === key))
    .map(({ key }) => {
      const group = members.filter((member) => member.key === key);
      const { by } = make;
      const stops = by === undefined ? null : different(group.map(({ item }) => lift(item.fields[by])));
      return grouped(group, { stops });
    });
}

function stays(members: readonly Member[], make: Of<'stay'>): Item[] {
  const gap = duration(make.gap);
  const isLinked = (i: number) => {
    const [a, b] = [members[i - 1], members[i]];
    return a !== undefined && b !== undefined && a.key === b.key && b.item.time - a.item.time <= gap;
  };
  const begins = members.map((_, i) => i).filter((i) => !isLinked(i));
  return begins.map((begin, k) => {
    const group = members.slice(begin, begins[k + 1] ?? members.length);
    return grouped(group, { days: different(group.map(({ item }) => lift(item.fields['localDay']))) });
  });
}

function circuits(members: readonly Member[], make: Of<'circuit'>): Item[] {
  const found: { from: number; to: number; stops: bigint }[] = [];
  for (let to = 0; to < members.length; to++) {
    // From the closing event back: the first with its value is the latest beginning.
    for (let from = to - 1; from >= (found.at(-1)?.to ?? 0); from--) {
      if (members[from]!.key !== members[to]!.key) continue;
      const stops = different(members.slice(from + 1, to).map(({ key }) => key));
      const tookMs = members[to]!.item.time - members[from]!.item.time;
      if (stops >= BigInt(make.stops_min) && tookMs <= duration(make.within)) found.push({ from, to, stops });
      break;
    }
  }
  return found.map(({ from, to, stops }) => grouped(members.slice(from, to + 1), { stops }));
}

function payPeriods(asOf: Reading, make: Of<'pay_period'>, flows: readonly agg.Flow[]): Item[] {
  const dayOf = ({ index }: agg.Flow) => lift(asOf.items[index]!.fields['localDay']);
  const starts = flows.filter(({ isIn }) => isIn);
  const begins = starts.filter((start, i) => {
    const before = starts[i - 1];
    return before === undefined || dayOf(start) === null || dayOf(start) !== dayOf(before);
  });
  return begins.flatMap((begin, k) => {
    const [from, next] = [begin.index, begins[k + 1]?.index ?? Number.POSITIVE_INFINITY];
    const ends = begin.time + duration(make.longest);
    if (next === Number.POSITIVE_INFINITY && asOf.time < ends) return [];
    const own = flows.filter(({ index }) => index >= from && index < next);
    const ins = own.filter(({ isIn }) => isIn);
    const outs = own.filter(({ isOut, time }) => isOut && time < ends);
    const sum = (list: readonly agg.Flow[]) => list.reduce((all, { value }) => all + value, 0n);
    const [paid, total] = [sum(ins), sum(outs)];
    // Towards minus infinity, as no division of bigints does.
    const share = paid > 0n ? (1000n * total - ((((1000n * total) % paid) + paid) % paid)) / paid : null;
    const group = own
      .filter((flow) => ins.includes(flow) || outs.includes(flow))
      .map(({ index }): Member => ({ item: asOf.items[index]!, key: null, value: null }));
    const values = {
      paid: inRange(paid),
      total: inRange(total),
      shareMilli: share === null ? null : inRange(share),
    };
    return [grouped(group, values)];
  });
}
