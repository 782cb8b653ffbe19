/**
 * Features as of one event: which events match, how many are missing, and the value of the aggregate (SEMANTICS §4-§6).
 * A feature is computed when something first asks for it and kept until the next event.
 */
import type { CheckedRule, FeatureProgram, FieldRead, Int, SequenceProgram, Value } from '../checked-rule.ts';
import { ratio } from '../integer.ts';
import type { Window } from '../window.ts';
import { AsOf, FALSE, UNKNOWN } from './as-of.ts';
import { type Reader, readerOf } from './column-reader.ts';
import type { EvaluationContext } from './evaluation.ts';
import type { EvidenceMarks } from './evidence-marks.ts';
import { aggregate } from './feature-aggregate.ts';
import {
  type Column,
  firstAtOrAfter,
  Matches,
  MovementColumns,
  movementsOf,
  type Range,
  rangeOf,
  type Taker,
  takeEvent,
  takeMatch,
  takeMovement,
  takePart,
  wholeRange,
} from './matches.ts';
import { matchFifo, weightedMedianDwell } from './matching.ts';
import { StepColumns, sequencesIn, stepEventsOf, takeSteps } from './sequences.ts';
import { type SubEvent, subEventsOf } from './sub-event.ts';
import { type WindowRange, windowRange } from './window-range.ts';
import type { WorstRanks } from './worst-ranks.ts';

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
  /** What was aggregated, where each event is a match of its own: all of it is evidence. */
  range: Range<Matches> | null;
  /** Positions of the events that are evidence beside those, in any order; asked for only when the rule fires. */
  evidence: () => readonly number[];
}

interface DeriveState {
  stamp: number;
  /** Null when the derived kind is not evaluable. */
  cycles: readonly SubEvent[] | null;
  because: UnknownBecause | null;
  missing: number;
}

export class FeatureValues {
  readonly asOf: AsOf;
  readonly #rule: CheckedRule;
  readonly #context: EvaluationContext;
  readonly #features: FeatureState[];
  readonly #derives: DeriveState[];
  readonly #matchReaders: (Reader<Matches> | null)[];
  /** Of features that match money, then of derived kinds. */
  readonly #movementReaders: (Reader<MovementColumns> | null)[];
  readonly #stepReaders: (Reader<StepColumns> | null)[];
  #stamp = 0;

  constructor(rule: CheckedRule, context: EvaluationContext) {
    const { features, derives } = rule.program;
    this.#rule = rule;
    this.#context = context;
    this.asOf = new AsOf(rule, context, (position) => this.state(position).value);
    this.#features = features.map(() => ({
      stamp: 0,
      value: null,
      missing: 0,
      because: null,
      range: null,
      evidence: nothing,
    }));
    this.#derives = derives.map(() => ({ stamp: 0, cycles: null, because: null, missing: 0 }));
    this.#matchReaders = features.map((feature) =>
      feature.where === null || feature.from !== null ? null : this.#matchReader(feature),
    );
    this.#movementReaders = [
      ...features.map(({ in: into, out, of }) => {
        if (into === null || out === null) return null;
        return this.#movementReader(takeMovement(this.asOf, into, out, of[0]!), [into, out], of);
      }),
      ...derives.map((derive) =>
        this.#movementReader(takePart(this.asOf, derive), derive.conditions, derive.reads),
      ),
    ];
    this.#stepReaders = features.map(({ sequence, by }) =>
      sequence === null ? null : this.#stepReader(sequence, by),
    );
  }

  /** Forgets every value: the next ones are as of event `at`, or of a tick after it. */
  moveTo(at: number, tickMs: number | null = null): void {
    this.asOf.moveTo(at, tickMs);
    this.#stamp++;
  }

  state(position: number): FeatureState {
    const state = this.#features[position]!;
    if (state.stamp === this.#stamp) return state;
    state.stamp = this.#stamp;
    state.value = null;
    state.missing = 0;
    state.because = null;
    state.range = null;
    state.evidence = nothing;
    const feature = this.#rule.program.features[position]!;
    if (feature.operands !== null) this.#ratio(feature.operands, state);
    else if (feature.definition.agg === 'dwell') this.#dwell(feature, position, state);
    else if (feature.sequence !== null) this.#sequence(feature, feature.sequence, position, state);
    else if (feature.from !== null) this.#overCycles(feature, feature.from, state);
    else this.#overEvents(feature, position, state);
    return state;
  }

  /** Positions of the evidence of a feature, in any order; without those that the marks say to be known. */
  evidenceOf(position: number, marks: EvidenceMarks): readonly number[] {
    const { range, evidence } = this.state(position);
    if (range === null) return evidence();
    const { columns, from, to } = range;
    const isKnown = marks.columns[position] === columns;
    const known = isKnown ? firstAtOrAfter(columns.positions, marks.upTo[position]!) : from;
    return columns.positions.slice(Math.max(from, known), to);
  }

  /** What is known when the evidence as of the current event is, after what `before` says. */
  marks(before: EvidenceMarks): EvidenceMarks {
    const columns: (object | undefined)[] = [];
    const upTo: number[] = [];
    this.#rule.program.features.forEach(({ evidence }, position) => {
      const range = evidence ? this.state(position).range : null;
      const isNew = range !== null && range.from < range.to;
      columns.push(isNew ? range.columns : before.columns[position]);
      upTo.push(isNew ? range.columns.positions[range.to - 1]! + 1 : (before.upTo[position] ?? 0));
    });
    return { columns, upTo };
  }

  /** The worst of the evidence of a feature goes to `worst`. */
  addWorst(position: number, worst: WorstRanks): void {
    const { range, evidence } = this.state(position);
    const { history } = this.asOf;
    if (range !== null) range.columns.addWorst(history, range.from, range.to, worst);
    else for (const each of evidence()) worst.add(history, each);
  }

  /** Range of a window as of the current event; null when it is unknown. Notes when the history cap cuts it. */
  range(window: Window): WindowRange | null {
    const { history, at, nowMs, cut } = this.asOf;
    const range = windowRange(window, history, { at, nowMs }, this.#context);
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
    if (typeof day === 'number') {
      return day >= range.days.first && day <= range.days.last ? 'inside' : 'outside';
    }
    return history.events[position]!.time > range.missingAfterMs ? 'dayless' : 'outside';
  }

  // --- kinds of features -------------------------------------------------------------------------------------------

  #ratio([numerator, denominator]: readonly [number, number], state: FeatureState): void {
    const a = this.state(numerator).value;
    const b = this.state(denominator).value;
    if (a === null || b === null) state.because = 'operand';
    else settle(state, ratio(a as Int, b as Int), 'empty');
  }

  #overEvents(feature: FeatureProgram, position: number, state: FeatureState): void {
    const window = this.range(feature.window!);
    if (window === null) {
      state.because = 'window';
      return;
    }
    const range = this.#read(this.#matchReaders[position]!, window);
    this.#aggregate(feature, range, range.missing, state);
    state.range = range;
  }

  #dwell(feature: FeatureProgram, position: number, state: FeatureState): void {
    const window = this.range(feature.window!);
    if (window === null) {
      state.because = 'window';
      return;
    }
    const range = this.#read(this.#movementReaders[position]!, window);
    state.missing = range.missing;
    if (isNotEvaluable(range)) {
      state.because = 'missing';
      return;
    }
    const portions = matchFifo(movementsOf(range));
    settle(state, weightedMedianDwell(portions), 'empty');
    state.evidence = once(() => [...portions.inPositions, ...portions.outPositions]);
  }

  #sequence(
    feature: FeatureProgram,
    { steps, withinMs }: SequenceProgram,
    position: number,
    state: FeatureState,
  ): void {
    const window = this.range(feature.window!);
    if (window === null) {
      state.because = 'window';
      return;
    }
    const range = this.#read(this.#stepReaders[position]!, window);
    state.missing = range.missing;
    if (isNotEvaluable(range)) {
      state.because = 'missing';
      return;
    }
    const sequences = sequencesIn(stepEventsOf(range), steps.length, withinMs);
    state.value = sequences.length;
    state.evidence = () => sequences.flat();
  }

  #overCycles(feature: FeatureProgram, from: number, state: FeatureState): void {
    const derived = this.#derived(from);
    const window = this.range(feature.window!);
    state.missing = derived.missing;
    if (window === null || derived.cycles === null) {
      state.because = window === null ? 'window' : derived.because;
      return;
    }
    const matches = new Matches(feature);
    const taken: SubEvent[] = [];
    const first = derived.cycles.findIndex(({ position }) => position >= window.start);
    for (const cycle of first < 0 ? [] : derived.cycles.slice(first)) {
      const { position } = cycle;
      if (position >= window.end) break;
      const place = this.place(window, position);
      if (place === 'outside') continue;
      const where = this.asOf.truth(feature.where!, position, cycle);
      if (where === FALSE) continue;
      if (where === UNKNOWN || place === 'dayless') matches.missing.push(position);
      else if (takeMatch(this.asOf, feature, matches, position, cycle)) taken.push(cycle);
    }
    this.#aggregate(feature, wholeRange(matches), matches.missing.length + derived.missing, state);
    state.evidence = once(() => taken.flatMap(({ position, lots }) => [position, ...lots]));
  }

  #aggregate(feature: FeatureProgram, range: Range<Matches>, missing: number, state: FeatureState): void {
    state.missing = missing;
    if (isNotEvaluable(range)) state.because = 'missing';
    else settle(state, aggregate(feature, range), feature.definition.agg === 'sum' ? 'overflow' : 'empty');
  }

  #derived(position: number): DeriveState {
    const state = this.#derives[position]!;
    if (state.stamp === this.#stamp) return state;
    state.stamp = this.#stamp;
    state.cycles = null;
    state.because = null;
    state.missing = 0;
    const derive = this.#rule.program.derives[position]!;
    const window = this.range(derive.window);
    if (window === null) {
      state.because = 'window';
      return state;
    }
    const range = this.#read(this.#movementReaders[this.#features.length + position]!, window);
    state.missing = range.missing;
    if (isNotEvaluable(range)) state.because = 'missing';
    else state.cycles = subEventsOf(derive, range, this.asOf);
    return state;
  }

  // --- columns -----------------------------------------------------------------------------------------------------

  #matchReader(feature: FeatureProgram): Reader<Matches> {
    const { where, part, of, by } = feature;
    const fields = by === null ? of : [...of, by];
    const predicates = part === null ? [where!] : [where!, part];
    return readerOf(() => new Matches(feature), takeEvent(this.asOf, feature), [where!], fields, predicates);
  }

  #movementReader(
    take: Taker<MovementColumns>,
    gates: readonly number[],
    fields: readonly FieldRead[],
  ): Reader<MovementColumns> {
    return readerOf(() => new MovementColumns(), take, gates, fields);
  }

  #stepReader(sequence: SequenceProgram, by: FieldRead | null): Reader<StepColumns> {
    const take = takeSteps(this.asOf, sequence, by);
    return readerOf(() => new StepColumns(), take, sequence.steps, by === null ? [] : [by]);
  }

  /** Columns of a window: a range of the kept ones where each event answers alone, else filled for this evaluation. */
  #read<C extends Column>(reader: Reader<C>, window: WindowRange): Range<C> {
    const { start, end, days } = window;
    if (days === null && this.#dependsOnEventAlone(reader)) {
      const epoch = this.asOf.history.reversalsUpTo(this.asOf.at, this.asOf.tickMs);
      if (reader.first < 0 || start < reader.first || epoch !== reader.epoch) {
        reader.columns = reader.create();
        reader.columns.upTo = start;
        reader.first = start;
        reader.epoch = epoch;
      }
      // What lies before may be dropped.
      reader.first = start;
      return rangeOf(reader.columns, start, end, reader.take);
    }
    const isTouched = this.#isTouched(start, end);
    const columns = reader.create();
    const take = (position: number) => {
      const place = this.place(window, position);
      if (place !== 'outside') reader.take(columns, position, place === 'dayless');
    };
    if (isTouched) for (let position = start; position < end; position++) take(position);
    else {
      const mayMatch = (position: number) => this.asOf.mayMatch(reader.gates, position);
      for (const position of reader.candidates.between(start, end, mayMatch)) take(position);
    }
    return wholeRange(columns);
  }

  /** Whether a reversal has touched, or will touch, an event from `start` up to before `end`. */
  #isTouched(start: number, end: number): boolean {
    const { reversed } = this.asOf.history;
    return reversed.length > 0 && (reversed[firstAtOrAfter(reversed, start)] ?? end) < end;
  }

  #dependsOnEventAlone<C>({ predicates, fields }: Reader<C>): boolean {
    const program = this.#rule.program.predicates;
    if (predicates.some((predicate) => !this.asOf.dependsOnEventAlone(program[predicate]!))) return false;
    return (
      this.asOf.pairsAreFixed() || !fields.some(({ name }) => name === 'pairAgeMs' || name === 'pairOrdinal')
    );
  }
}

/** The list is made when it is first asked for. */
function once(list: () => readonly number[]): () => readonly number[] {
  let made: readonly number[] | undefined;
  return () => {
    made ??= list();
    return made;
  };
}

const nothing = (): readonly number[] => [];

function settle(state: FeatureState, value: Value, becauseOfNull: UnknownBecause): void {
  state.value = value;
  if (value === null) state.because = becauseOfNull;
}

/** More than 10 % of the events that should count are missing: 10 X > M + X. */
function isNotEvaluable({ from, to, missing }: Range<unknown>): boolean {
  return MISSING_ONE_IN * missing > to - from + missing;
}
