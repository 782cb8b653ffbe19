/**
 * Features as of one event: which events match, which are missing, and the value of the aggregate (SEMANTICS §4-§6).
 * A feature is computed when something first asks for it and kept until the next event.
 */
import type {
  CheckedRule,
  DerivedValues,
  DeriveProgram,
  FeatureProgram,
  FieldRead,
  Int,
  Value,
} from '../checked-rule.ts';
import { bounded, ratio } from '../integer.ts';
import type { Window } from '../window.ts';
import {
  distinct,
  groupCount,
  maximum,
  mean,
  minimum,
  percentile,
  standardDeviation,
  sum,
  topKey,
  topShare,
  total,
} from './aggregate.ts';
import { AsOf, FALSE, TRUE, UNKNOWN } from './as-of.ts';
import type { EvaluationContext } from './evaluation.ts';
import {
  type Cycle,
  distinctSources,
  fifoCycles,
  type Movement,
  matchFifo,
  sumCycles,
  weightedMedianDwell,
} from './matching.ts';
import { type WindowRange, windowRange } from './window-range.ts';

/** A feature is not evaluable when more than one in this many of its events is missing. */
const MISSING_ONE_IN = 10;

/** Why a feature is unknown. */
export type UnknownBecause = 'missing' | 'window' | 'empty' | 'operand' | 'overflow';

export interface FeatureState {
  /** Evaluation that computed it. */
  stamp: number;
  value: Value;
  missing: number;
  because: UnknownBecause | null;
  /** Positions of the matching events, or of the matched ones for `dwell` and cycles, ascending for events. */
  evidence: number[];
}

interface DeriveState {
  stamp: number;
  known: boolean;
  because: UnknownBecause | null;
  missing: number;
  cycles: readonly { readonly cycle: Cycle; readonly values: DerivedValues }[];
}

export class FeatureValues {
  readonly asOf: AsOf;
  readonly #rule: CheckedRule;
  readonly #features: FeatureState[];
  readonly #derives: DeriveState[];
  #stamp = 0;

  constructor(rule: CheckedRule, context: EvaluationContext) {
    this.#rule = rule;
    this.asOf = new AsOf(rule, context, (position) => this.state(position).value);
    this.#features = rule.program.features.map(() => ({
      stamp: 0,
      value: null,
      missing: 0,
      because: null,
      evidence: [],
    }));
    this.#derives = rule.program.derives.map(() => ({
      stamp: 0,
      known: false,
      because: null,
      missing: 0,
      cycles: [],
    }));
  }

  /** Forgets every value: the next ones are as of event `at`. */
  moveTo(at: number): void {
    this.asOf.moveTo(at);
    this.#stamp++;
  }

  state(position: number): FeatureState {
    const state = this.#features[position]!;
    if (state.stamp === this.#stamp) return state;
    state.stamp = this.#stamp;
    state.value = null;
    state.missing = 0;
    state.because = null;
    state.evidence = [];
    this.#compute(this.#rule.program.features[position]!, state);
    return state;
  }

  /** Range of a window as of the current event; null when it is unknown. Notes when the history cap cuts it. */
  range(window: Window): WindowRange | null {
    const { history, at, context, cut } = this.asOf;
    const range = windowRange(window, history, at, context);
    if (range === null || range.start >= cut) return range;
    for (let position = range.start; position < Math.min(cut, range.end); position++) {
      if (this.place(range, position) !== 'outside') {
        this.asOf.truncated = true;
        break;
      }
    }
    return { ...range, start: cut };
  }

  /** Where an event of the range stands: a calendar window takes it by its local day, and misses one without. */
  place(range: WindowRange, position: number): 'inside' | 'outside' | 'dayless' {
    if (range.days === null) return 'inside';
    const { history } = this.asOf;
    const day = history.value('localDay', position);
    if (typeof day === 'number')
      return day >= range.days.first && day <= range.days.last ? 'inside' : 'outside';
    return history.events[position]!.time > range.missingAfterMs ? 'dayless' : 'outside';
  }

  #compute(feature: FeatureProgram, state: FeatureState): void {
    if (feature.operands !== null) this.#ratio(feature.operands, state);
    else if (feature.definition.agg === 'dwell') this.#dwell(feature, state);
    else if (feature.from !== null) this.#overCycles(feature, feature.from, state);
    else this.#overEvents(feature, state);
  }

  #ratio([numerator, denominator]: readonly [number, number], state: FeatureState): void {
    const a = this.state(numerator).value;
    const b = this.state(denominator).value;
    if (a === null || b === null) state.because = 'operand';
    else this.#settle(state, ratio(a as Int, b as Int), 'empty');
  }

  // --- aggregates over events --------------------------------------------------------------------------------------

  #overEvents(feature: FeatureProgram, state: FeatureState): void {
    const range = this.range(feature.window!);
    if (range === null) {
      state.because = 'window';
      return;
    }
    const matches = new Matches(feature);
    for (let position = range.start; position < range.end; position++) {
      const place = range.days === null ? 'inside' : this.place(range, position);
      if (place === 'outside') continue;
      const where = this.asOf.truth(feature.where!, position);
      if (where === FALSE) continue;
      if (where === UNKNOWN || place === 'dayless') matches.missing++;
      else this.#match(feature, matches, position, null);
    }
    state.evidence = matches.positions;
    this.#aggregate(feature, matches, matches.missing, state);
  }

  /** Takes an event whose `where` is true into the matches, or counts it as missing. */
  #match(feature: FeatureProgram, matches: Matches, position: number, values: DerivedValues | null): boolean {
    const { asOf } = this;
    let part = false;
    if (feature.part !== null) {
      const truth =
        values === null
          ? asOf.truth(feature.part, position)
          : asOf.truthOfDerived(feature.part, position, values);
      if (truth === UNKNOWN) return matches.miss();
      part = truth === TRUE;
    }
    const { of, by } = feature;
    const read = (field: FieldRead) => asOf.read(field, position, values);
    const first = of.length === 0 ? null : read(of[0]!);
    if (of.length > 0 && first === null) return matches.miss();
    if (feature.definition.agg === 'top_share' && (first as Int) <= 0) return matches.miss();
    const others = of.length > 1 ? of.slice(1).map(read) : NONE;
    if (others.includes(null)) return matches.miss();
    const key = by === null ? null : read(by);
    if (by !== null && key === null) return matches.miss();
    matches.positions.push(position);
    if (of.length > 0) matches.values.push(first);
    others.forEach((value, i) => {
      matches.others[i]!.push(value);
    });
    if (by !== null) matches.keys.push(key);
    if (feature.part !== null) matches.parts.push(part);
    return true;
  }

  #aggregate(feature: FeatureProgram, matches: Matches, missing: number, state: FeatureState): void {
    state.missing = missing;
    if (isNotEvaluable(matches.missing, matches.positions.length)) {
      state.because = 'missing';
      return;
    }
    const because = feature.definition.agg === 'sum' ? 'overflow' : 'empty';
    this.#settle(state, aggregate(feature, matches), because);
  }

  #settle(state: FeatureState, value: Value, becauseOfNull: UnknownBecause): void {
    state.value = value;
    if (value === null) state.because = becauseOfNull;
  }

  // --- matching ----------------------------------------------------------------------------------------------------

  /** Movements of a window, and how many events of it are missing. */
  #movements(window: Window, into: number, out: number, of: FieldRead): Movements | null {
    const range = this.range(window);
    if (range === null) return null;
    const movements: Movement[] = [];
    let missing = 0;
    for (let position = range.start; position < range.end; position++) {
      const place = this.place(range, position);
      if (place === 'outside') continue;
      const isIn = this.asOf.truth(into, position);
      const isOut = this.asOf.truth(out, position);
      if (isIn === FALSE && isOut === FALSE) continue;
      const amount = this.asOf.read(of, position, null);
      if (isIn === UNKNOWN || isOut === UNKNOWN || amount === null || place === 'dayless') {
        missing++;
        continue;
      }
      movements.push({
        position,
        timeMs: this.asOf.history.events[position]!.time,
        amount: amount as Int,
        isIn: isIn === TRUE,
        isOut: isOut === TRUE,
      });
    }
    return { movements, missing };
  }

  #dwell(feature: FeatureProgram, state: FeatureState): void {
    const found = this.#movements(feature.window!, feature.in!, feature.out!, feature.of[0]!);
    if (found === null) {
      state.because = 'window';
      return;
    }
    state.missing = found.missing;
    if (isNotEvaluable(found.missing, found.movements.length)) {
      state.because = 'missing';
      return;
    }
    const portions = matchFifo(found.movements);
    state.evidence = portions.flatMap((portion) => [portion.inPosition, portion.outPosition]);
    this.#settle(state, weightedMedianDwell(portions), 'empty');
  }

  #overCycles(feature: FeatureProgram, from: number, state: FeatureState): void {
    const derived = this.#derived(from);
    const range = this.range(feature.window!);
    if (range === null || !derived.known) {
      state.because = range === null ? 'window' : derived.because;
      state.missing = derived.missing;
      return;
    }
    const matches = new Matches(feature);
    for (const { cycle, values } of derived.cycles) {
      if (cycle.position < range.start || cycle.position >= range.end) continue;
      const place = this.place(range, cycle.position);
      if (place === 'outside') continue;
      const where = this.asOf.truthOfDerived(feature.where!, cycle.position, values);
      if (where === FALSE) continue;
      if (where === UNKNOWN || place === 'dayless') matches.missing++;
      else if (this.#match(feature, matches, cycle.position, values)) {
        state.evidence.push(cycle.position, ...cycle.lots);
      }
    }
    this.#aggregate(feature, matches, matches.missing + derived.missing, state);
  }

  #derived(position: number): DeriveState {
    const state = this.#derives[position]!;
    if (state.stamp === this.#stamp) return state;
    state.stamp = this.#stamp;
    state.known = false;
    state.because = null;
    state.missing = 0;
    state.cycles = [];
    const derive = this.#rule.program.derives[position]!;
    const found = this.#movements(derive.window, derive.in, derive.out, derive.of);
    if (found === null) state.because = 'window';
    else {
      state.missing = found.missing;
      state.known = !isNotEvaluable(found.missing, found.movements.length);
      if (state.known) state.cycles = this.#cycles(derive, found.movements);
      else state.because = 'missing';
    }
    return state;
  }

  #cycles(derive: DeriveProgram, movements: readonly Movement[]): DeriveState['cycles'] {
    const cycles =
      derive.match === 'fifo'
        ? fifoCycles(movements, derive.withinMs)
        : sumCycles(movements, derive.withinMs);
    return cycles.map((cycle) => ({
      cycle,
      values: {
        matched: bounded(cycle.matched),
        matchedShareMilli: cycle.matchedShareMilli,
        sources: distinctSources(cycle.lots, (lot) => this.asOf.history.value('source', lot)),
      },
    }));
  }
}

const NONE: readonly Value[] = [];

interface Movements {
  readonly movements: Movement[];
  readonly missing: number;
}

/** The matching events of one feature, column by column, in total order. */
class Matches {
  readonly positions: number[] = [];
  readonly values: Value[] = [];
  /** Second and later fields of a `distinct` over several. */
  readonly others: Value[][];
  readonly keys: Value[] = [];
  readonly parts: boolean[] = [];
  missing = 0;

  constructor(feature: FeatureProgram) {
    this.others = feature.of.slice(1).map(() => []);
  }

  miss(): false {
    this.missing++;
    return false;
  }
}

/** More than 10 % of the events that should count are missing: 10 X > M + X. */
function isNotEvaluable(missing: number, matching: number): boolean {
  return MISSING_ONE_IN * missing > matching + missing;
}

function aggregate(feature: FeatureProgram, matches: Matches): Value {
  const { definition } = feature;
  const { positions, values, keys } = matches;
  const ints = values as Int[];
  switch (definition.agg) {
    case 'count':
      return positions.length;
    case 'sum':
      return sum(ints);
    case 'min':
      return minimum(ints);
    case 'max':
      return maximum(ints);
    case 'mean':
      return mean(ints);
    case 'stddev':
      return standardDeviation(ints);
    case 'distinct':
      return distinct([values, ...matches.others]);
    case 'share':
      return share(matches, feature.of.length > 0);
    case 'top_share':
      return topShare(ints, definition.top, definition.tolerance_milli);
    case 'first':
      return values[0] ?? null;
    case 'last':
      return values[values.length - 1] ?? null;
    case 'percentile':
      return percentile(ints, definition.p_milli);
    case 'top_key':
      return topKey(values as string[], feature.by === null ? null : (keys as Int[]));
    case 'group_count':
      return groupCount(keys, definition.stat);
    default:
      throw new Error(`not an aggregate over events: ${definition.agg}`);
  }
}

function share({ positions, values, parts }: Matches, weighted: boolean): number | null {
  if (!weighted) return ratio(parts.filter(Boolean).length, positions.length);
  const ints = values as Int[];
  return ratio(total(ints.filter((_, i) => parts[i])), total(ints));
}
