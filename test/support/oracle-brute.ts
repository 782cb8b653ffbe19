/**
 * The brute-force oracle: `rules/SEMANTICS.md` read aloud. For every event it builds everything again from the first
 * row on, keeps nothing, shares nothing with the compiler, and is therefore slow and easy to check against the page.
 */
import type { RuleFile } from '../../schemas/rule.ts';
import * as agg from './oracle-brute-aggregates.ts';
import { flowsOf, type Item, subEvents } from './oracle-brute-derived.ts';
import type { BruteEvaluation } from './oracle-brute-evaluation.ts';
import { sequenceTally, stepTexts, type Windowed } from './oracle-brute-sequences.ts';
import { evaluate, lift, strengthOf, type Value } from './oracle-brute-values.ts';
import {
  calendar,
  duration,
  eventTexts,
  longestWindow,
  monthOf,
  readsStatus,
  windowLength,
} from './oracle-brute-windows.ts';
import { brutePeers } from './oracle-peers.ts';
import { type effectiveEvents, refOf, totalOrder, type Vector } from './vectors.ts';

const PRECISION_ORDER = ['second', 'minute', 'hour', 'day', 'batch'];
/** Events of one subject that an evaluation reads (§2 "History cap"). */
const HISTORY_EVENTS = 65_536;
/** 90 days: how long a reversal waits for its original. */
const ORPHAN_MS = 7_776_000_000;

interface Tally {
  readonly known: readonly Item[];
  readonly missing: number;
}

export type BruteSubject = Pick<
  Vector,
  'subjectKey' | 'subjectKind' | 'rule' | 'rows' | 'thresholds' | 'peers' | 'holidays'
>;

/** Everything as of one event, or as of a tick after it. */
export class AsOf {
  readonly subject: BruteSubject;
  readonly rule: RuleFile;
  readonly items: Item[];
  readonly here: Item | undefined;
  readonly time: number;
  readonly eventTime: number;
  readonly isTick: boolean;
  /** Fields of the event of the evaluation. */
  readonly asked: Readonly<Record<string, unknown>>;
  readonly truncated: boolean;
  readonly values = new Map<string, Value>();
  readonly tallies = new Map<string, Tally>();

  constructor(
    subject: BruteSubject,
    events: ReturnType<typeof effectiveEvents>,
    index: number,
    tick?: number,
  ) {
    this.subject = subject;
    this.rule = subject.rule;
    const e = events[index]!;
    this.time = tick ?? e.time;
    this.eventTime = e.time;
    this.isTick = tick !== undefined;
    this.asked = e.fields;
    const all: Item[] = [];
    for (const event of events.slice(Math.max(0, index + 1 - HISTORY_EVENTS), index + 1)) {
      if (!readsStatus(this.rule) && this.rule.input === 'events' && event.fields.status !== 'completed')
        continue;
      const fields: Record<string, unknown> = { ...event.fields, time: event.time };
      if (this.rule.input === 'events') fields['institution'] = event.institution;
      const reversals = (event.reversals ?? []).filter(
        (reversal) =>
          (tick === undefined ? totalOrder(reversal, e) <= 0 : reversal.time < tick) &&
          event.time <= reversal.time + ORPHAN_MS,
      );
      if (reversals.length > 0) {
        const reversed = reversals.reduce((sum, reversal) => sum + reversal.amountMinor, 0n);
        const amount = BigInt(event.fields.amount as number | bigint);
        const rest = reversed >= amount ? 0n : amount - reversed;
        if (rest === 0n) continue;
        fields['amount'] = rest;
        for (const name of ['amountUsd', 'amountMxn', 'amountCad', 'wageMilli']) {
          const value = fields[name] as number | bigint | null | undefined;
          if (value !== null && value !== undefined) fields[name] = (BigInt(value) * rest) / amount;
        }
      }
      all.push({ time: event.time, ref: refOf(event), fields, refs: [refOf(event)] });
    }
    this.here = all.at(-1)?.ref === refOf(e) ? all.at(-1) : undefined;
    const lost = events[index - HISTORY_EVENTS];
    this.truncated = lost !== undefined && lost.time > this.time - longestWindow(this.rule);
    this.items = all.map((item) => this.withPairs(item, all));
  }

  /** §7. */
  withPairs(item: Item, all: readonly Item[]): Item {
    const counterparty = item.fields['counterparty'];
    if (counterparty === null || counterparty === undefined) return item;
    const lookback =
      this.rule.lookback === undefined ? longestWindow(this.rule) : duration(this.rule.lookback);
    const same = all.filter(
      (other, i) =>
        i <= all.indexOf(item) &&
        other.fields['counterparty'] === counterparty &&
        other.time > item.time - lookback,
    );
    const pairAgeMs = item.time - Math.min(...same.map((other) => other.time));
    return { ...item, fields: { ...item.fields, pairAgeMs, pairOrdinal: same.length } };
  }

  param(name: string): Value {
    const found = this.rule.params[name]!;
    if ('value' in found) return lift(found.value);
    if ('peer' in found) return lift(brutePeers(this.subject.peers, found, this.time, this.asked));
    const steps = this.subject.thresholds.get(found.threshold) ?? [];
    return lift(steps.filter((step) => step.from <= this.time).at(-1)?.value);
  }

  /** An expression over one item; `blind` takes every named feature as unknown (§9 "triggers"). */
  on(item: Item | undefined, text: string, blind = false): Value {
    return evaluate(text, (name, isParam) => {
      if (isParam) return this.param(name);
      if (name in this.rule.features) return blind ? null : (this.values.get(name) ?? null);
      if (name in this.rule.let) return this.on(item, this.rule.let[name]!, blind);
      return lift(item?.fields[name]);
    });
  }

  /** A condition on an event under §4 "Visibility". */
  visible(item: Item, text: string, blind = false): boolean | null {
    const truth = this.on(item, text, blind) as boolean | null;
    if (truth !== true || this.rule.input === 'signals') return truth;
    const { coverage, precision } = this.rule.needs;
    if (coverage !== undefined && !coverage.includes(item.fields['coverage'] as never)) return null;
    if (precision !== undefined) {
      const place = PRECISION_ORDER.indexOf(String(item.fields['precision']));
      if (place < 0 || place > PRECISION_ORDER.indexOf(precision)) return null;
    }
    return true;
  }

  /** Whether the window holds the item; null when a local day that it needs is unknown. */
  inWindow(item: Item, over: string, skip: string | undefined): boolean | null {
    const found = calendar(over);
    if (found === null) {
      const upTo = skip === undefined ? this.time : this.time - duration(skip);
      return item.time > this.time - duration(over) && item.time <= upTo;
    }
    const last = this.here?.fields['localDay'] as number;
    const day = item.fields['localDay'] as number | null | undefined;
    if (day === null || day === undefined) return item.time > this.time - windowLength(over) ? null : false;
    if (day > last) return false;
    if (found.unit === 'day') return day > last - found.count;
    if (found.unit === 'month') return monthOf(day) > monthOf(last) - found.count;
    let first = last + 1;
    for (let left = found.count; left > 0; ) {
      first--;
      const weekday = (((first + 4) % 7) + 7) % 7;
      const holiday = this.subject.holidays.get(found.country)?.has(first) ?? false;
      if (weekday !== 0 && weekday !== 6 && !holiday) left--;
    }
    return day >= first;
  }

  windowUnknown(over: string): boolean {
    const day = this.here?.fields['localDay'];
    return calendar(over) !== null && (day === null || day === undefined);
  }

  /** §4 "Missing": the items that a feature reads, and how many it could not. */
  tally(feature: Windowed, source: readonly Item[]): Tally {
    const known: Item[] = [];
    let missing = 0;
    for (const item of source) {
      const held = this.inWindow(item, feature.over, feature.skip);
      if (held === false) continue;
      const where = this.visible(item, feature.where ?? 'true');
      if (where === false) continue;
      const wanted: Value[] = [];
      if ('of' in feature && feature.of !== undefined) {
        for (const name of feature.of.split(',')) wanted.push(lift(item.fields[name]));
      }
      if ('by' in feature && feature.by !== undefined) wanted.push(lift(item.fields[feature.by]));
      if (feature.agg === 'share') wanted.push(this.visible(item, feature.part));
      if (feature.agg === 'top_share' && (wanted[0] as bigint) <= 0n) wanted.push(null);
      if (held === null || where === null || wanted.includes(null)) missing++;
      else known.push(item);
    }
    return { known, missing };
  }

  feature(name: string): Value {
    const feature = this.rule.features[name]!;
    if (feature.agg === 'ratio') {
      const [num, den] = [this.values.get(feature.num) ?? null, this.values.get(feature.den) ?? null];
      return num === null || den === null ? null : evaluate('ratio(a, b)', (n) => (n === 'a' ? num : den));
    }
    if (this.windowUnknown(feature.over)) return null;
    if (feature.agg === 'dwell') {
      const { flows, missing, known } = flowsOf(this, feature);
      const readable = 10 * missing <= missing + known;
      const portions = readable ? agg.fifo(flows) : [];
      const indexes = new Set(portions.flatMap((portion) => [portion.inIndex, portion.outIndex]));
      this.tallies.set(name, { known: this.items.filter((_, i) => indexes.has(i)), missing });
      return agg.dwell(portions);
    }
    if (feature.agg === 'sequence') {
      const { value, ...tally } = sequenceTally(this, feature);
      this.tallies.set(name, tally);
      return value;
    }
    const source =
      feature.from === undefined ? { items: this.items, missing: 0 } : subEvents(this, feature.from);
    const tally = this.tally(feature, source.items ?? []);
    this.tallies.set(name, { known: tally.known, missing: tally.missing + source.missing });
    if (source.items === null) return null;
    if (10 * tally.missing > tally.missing + tally.known.length) return null;
    const column = (field: string) => tally.known.map((item) => lift(item.fields[field]));
    const whole = (field: string) => column(field) as bigint[];
    const ordered = (field: string) => whole(field).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
    switch (feature.agg) {
      case 'count':
        return BigInt(tally.known.length);
      case 'sum':
        return agg.sum(whole(feature.of));
      case 'min':
        return ordered(feature.of)[0] ?? null;
      case 'max':
        return ordered(feature.of).at(-1) ?? null;
      case 'mean':
        return agg.mean(whole(feature.of));
      case 'stddev':
        return agg.stddev(whole(feature.of));
      case 'interval_cv':
        return agg.intervalVariation(whole(feature.of));
      case 'distinct':
        return agg.distinct(
          tally.known.map((item) => feature.of.split(',').map((f) => lift(item.fields[f]))),
        );
      case 'share': {
        const weight = (item: Item) =>
          feature.of === undefined ? 1n : (lift(item.fields[feature.of]) as bigint);
        const sum = (items: readonly Item[]) => items.reduce((all, item) => all + weight(item), 0n);
        const part = tally.known.filter((item) => this.visible(item, feature.part) === true);
        return evaluate('ratio(a, b)', (n) => (n === 'a' ? sum(part) : sum(tally.known)));
      }
      case 'top_share':
        return agg.topShare(whole(feature.of), feature.top, feature.tolerance_milli);
      case 'first':
        return column(feature.of)[0] ?? null;
      case 'last':
        return column(feature.of).at(-1) ?? null;
      case 'percentile':
        return agg.percentile(whole(feature.of), feature.p_milli);
      case 'top_key':
        return agg.topKey(
          column(feature.of) as string[],
          feature.by === undefined ? tally.known.map(() => 1n) : whole(feature.by),
        );
      case 'group_count':
        return agg.groupCount(column(feature.by), feature.stat);
    }
  }

  /** §9. */
  triggers(): boolean {
    const here = this.items.find((item) => item.ref === this.here?.ref);
    if (here === undefined) return false;
    return Object.values(this.rule.features).some((feature) => {
      if (feature.agg === 'ratio' || !feature.evidence || ('skip' in feature && feature.skip !== undefined))
        return false;
      if (feature.agg === 'sequence')
        return stepTexts(feature).some((text) => this.visible(here, text, true) !== false);
      const from =
        feature.agg !== 'dwell' && feature.from !== undefined ? this.rule.derive[feature.from] : undefined;
      const flow = feature.agg === 'dwell' ? feature : from;
      const texts = flow !== undefined ? eventTexts(flow) : eventTexts(feature);
      return texts.some((text) => this.visible(here, text, true) !== false);
    });
  }

  constant(value: number | string): number | bigint | null {
    if (typeof value === 'string') return this.param(value.replace('params.', '')) as number | bigint | null;
    return lift(value) as number | bigint;
  }

  evaluation(event: string): BruteEvaluation {
    for (const name of Object.keys(this.rule.features)) this.values.set(name, this.feature(name));
    const truth = this.on(undefined, this.rule.when) as boolean | null;
    const hit = this.rule.benign.filter((test) => this.on(undefined, test.when) === true);
    const evidence = new Set<string>();
    for (const [name, feature] of Object.entries(this.rule.features)) {
      if (feature.agg === 'ratio' || !feature.evidence) continue;
      for (const item of this.tallies.get(name)?.known ?? []) for (const ref of item.refs) evidence.add(ref);
    }
    const v = this.values.get(this.rule.strength.of) as number | bigint | null;
    const { at, full } = this.rule.strength;
    let strength = strengthOf(v, this.constant(at), this.constant(full));
    for (const test of hit)
      if (test.effect === 'lowers') strength = Math.max(0, strength - test.lowers_milli);
    const fields = this.asked;
    const holder = (fields['holder'] ?? fields['account'] ?? this.subject.subjectKey) as string;
    return {
      event,
      time: this.time,
      isTick: this.isTick,
      eventTime: this.eventTime,
      triggers: this.triggers(),
      truth,
      fires: truth === true && !hit.some((test) => test.effect === 'blocks'),
      features: Object.fromEntries(this.values),
      missing: Object.fromEntries([...this.tallies].map(([name, tally]) => [name, tally.missing])),
      evidence: this.items.map((item) => item.ref).filter((ref) => evidence.has(ref)),
      strength,
      truncated: this.truncated,
      attributions: this.rule.attributions.flatMap(({ to, role, weight }) => {
        const key =
          to === 'holder' ? holder : to === 'subject' ? this.subject.subjectKey : this.values.get(to);
        return key === null || key === undefined ? [] : [{ subject: String(key), role, weight }];
      }),
    };
  }
}
