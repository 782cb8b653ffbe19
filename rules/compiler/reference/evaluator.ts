/** One rule as of one event of one subject: does it fire, and everything a signal says about it. */
import {
  COVERAGES,
  type Coverage,
  PRECISIONS,
  type Precision,
  type SubjectKind,
} from '../../../schemas/enumerations.ts';
import type { FeatureReading, PeerReading } from '../../../schemas/signal.ts';
import { type CheckedRule, type FieldName, isDerived, type Value } from '../checked-rule.ts';
import { FALSE, UNKNOWN } from './as-of.ts';
import type {
  AttributionOutcome,
  BenignOutcome,
  Evaluation,
  EvaluationContext,
  Reading,
  SubjectHistory,
} from './evaluation.ts';
import { type EvidenceMarks, NO_MARKS } from './evidence-marks.ts';
import { FeatureValues } from './feature-values.ts';
import { type HistoryIndex, indexOf } from './history-index.ts';
import { WorstRanks } from './worst-ranks.ts';

/** Strength of a rule exactly at its threshold, and the most there is, in milli-points. */
const STRENGTH_AT = 500;
const STRENGTH_MAX = 1000;
/** Kinds of subject whose key is a party key: `holder` of the row is the account's, who may be somebody else. */
const PARTY_SUBJECTS: ReadonlySet<SubjectKind> = new Set([
  'holder',
  'counterparty',
  'conductor',
  'beneficiary',
  'onBehalfOf',
]);

export class RuleEvaluator {
  readonly rule: CheckedRule;
  readonly #values: FeatureValues;
  /** The subject without its kind: a party key where the kind is one of persons. */
  #subject = '';
  #isParty = false;
  #fixedParams: Evaluation['params'] | null = null;

  constructor(rule: CheckedRule, context: EvaluationContext) {
    this.rule = rule;
    this.#values = new FeatureValues(rule, context);
  }

  /** Reads `history` from here on; its list of events is the one of before, grown at its end. */
  attach(history: SubjectHistory): HistoryIndex {
    const index = indexOf(history.events);
    this.#values.asOf.history = index;
    const { subjectKey, subjectKind } = history;
    this.#subject = subjectKey.startsWith(`${subjectKind}:`)
      ? subjectKey.slice(subjectKind.length + 1)
      : subjectKey;
    this.#isParty = PARTY_SUBJECTS.has(subjectKind);
    return index;
  }

  /** Whether event `at` makes the rule be evaluated. */
  triggers(at: number): boolean {
    this.#values.asOf.moveTo(at);
    return this.#values.asOf.triggers();
  }

  /** Whether the rule fires as of event `at`, or of a tick after it. Features that decide nothing are not computed. */
  fires(at: number, tickMs: number | null = null): boolean {
    this.#values.moveTo(at, tickMs);
    const { holds, benign } = this.rule.program;
    const { asOf } = this.#values;
    return holds(asOf) && !benign.some(({ blocks, run }) => blocks && run(asOf) === true);
  }

  /** Positions of evidence as of the event that was asked about last, ascending, without those that are known. */
  evidence(known: { has(position: number): boolean }, marks: EvidenceMarks): number[] {
    const { features } = this.rule.program;
    const positions = new Set<number>();
    features.forEach(({ evidence }, i) => {
      if (!evidence) return;
      for (const position of this.#values.evidenceOf(i, marks)) {
        if (!known.has(position)) positions.add(position);
      }
    });
    return [...positions].sort((a, b) => a - b);
  }

  /** What the marks are once that evidence is known. */
  marks(before: EvidenceMarks): EvidenceMarks {
    return this.#values.marks(before);
  }

  /** What the rule says as of the event of `fires`, which was true. */
  reading(): Reading {
    return this.#reading(true, this.#benign());
  }

  /** The evaluation as of event `at`, or of a tick after it, whether it fires or not. */
  evaluate(at: number, tickMs: number | null = null): Evaluation {
    this.#values.moveTo(at, tickMs);
    const truth = this.rule.program.when(this.#values.asOf) as boolean | null;
    const reading = this.#reading(truth, this.#benign());
    return { ...reading, evidence: this.evidence(NONE, NO_MARKS) };
  }

  #reading(truth: boolean | null, benign: readonly BenignTest[]): Reading {
    const { asOf } = this.#values;
    const features = this.rule.program.features.map((_, position) => this.#feature(position));
    return {
      index: asOf.at,
      eventTime: asOf.nowMs,
      truth,
      fires: truth === true && !isBlocked(benign),
      features,
      params: this.#params(),
      ...(this.rule.program.peers.length === 0 ? {} : { peers: this.#peers() }),
      strengthMilli: this.#strength(benign),
      benign: benign.map(({ id, result }) => ({ id, result })),
      attributions: this.#attributions(),
      observedHolder: this.#holder(),
      observedBank: this.#text('accountBank'),
      ...this.#worst(),
      truncated: asOf.truncated,
      missing: features.reduce((sum, reading) => sum + (reading.missing ?? 0), 0),
    };
  }

  #benign(): BenignTest[] {
    return this.rule.program.benign.map(({ id, blocks, lowersMilli, run }) => {
      const holds = run(this.#values.asOf);
      const result = holds === null ? 'unknown' : holds ? 'failed' : 'passed';
      return {
        id,
        result,
        blocks: blocks && holds === true,
        lowersMilli: !blocks && holds === true ? lowersMilli : 0,
      };
    });
  }

  #strength(benign: readonly BenignTest[]): number {
    const { of, at, full } = this.rule.program.strength;
    const { asOf } = this.#values;
    const value = this.#values.state(of).value;
    const low = at(asOf);
    const high = full(asOf);
    let strength = STRENGTH_AT;
    if (value !== null && low !== null && high !== null) {
      // Doubles in this order, as SEMANTICS §9 writes it; equal bars give no scale.
      const scaled = (500 * (Number(value) - Number(low))) / (Number(high) - Number(low));
      if (Number.isFinite(scaled)) {
        strength = Math.min(STRENGTH_MAX, Math.max(STRENGTH_AT, STRENGTH_AT + Math.floor(scaled)));
      }
    }
    for (const { lowersMilli } of benign) strength -= lowersMilli;
    return Math.max(0, strength);
  }

  #feature(position: number): FeatureReading {
    const feature = this.rule.program.features[position]!;
    const state = this.#values.state(position);
    const threshold = feature.comparison?.with(this.#values.asOf);
    const reading: FeatureReading = { name: feature.name, value: readable(state.value) };
    if (feature.comparison !== null && threshold !== undefined && !Array.isArray(threshold)) {
      reading.threshold = readable(threshold);
      reading.operator = feature.comparison.operator;
    }
    if (feature.unit !== null) reading.unit = feature.unit;
    if (state.missing > 0) reading.missing = state.missing;
    if (state.because !== null) reading.unknownBecause = this.#because(position);
    return reading;
  }

  /** `missing:counterparty,precision`: what the left-out events lacked; else the plain reason. */
  #because(position: number): string {
    const because = this.#values.state(position).because!;
    if (because !== 'missing') return because;
    const feature = this.rule.program.features[position]!;
    const derive = feature.from === null ? null : this.rule.program.derives[feature.from]!;
    const { where, part, in: into, out, sequence } = feature;
    const asked = [where, part, into, out, ...(sequence?.steps ?? []), ...(derive?.conditions ?? [])];
    const conditions = asked.filter((condition) => condition !== null);
    const range = this.#values.range((derive ?? feature).window!);
    if (range === null) return because;
    const { asOf } = this.#values;
    const reads = [...feature.of, ...(feature.by === null ? [] : [feature.by]), ...(derive?.reads ?? [])];
    const fields = reads.filter(({ name }) => !isDerived(name));
    const lacking = new Set<string>();
    for (let i = range.start; i < range.end; i++) {
      if (this.#values.place(range, i) === 'outside') continue;
      for (const condition of conditions) {
        const program = this.rule.program.predicates[condition]!;
        const truth = program.readsDerived ? FALSE : asOf.truth(condition, i);
        if (truth === FALSE) continue;
        const lack = asOf.lacks(i);
        if (lack !== null) lacking.add(lack);
        if (truth === UNKNOWN) this.#addUnknown(lacking, program.fields, i);
        for (const field of fields) if (asOf.read(field, i, null) === null) lacking.add(field.name);
      }
    }
    return lacking.size === 0 ? because : `${because}:${[...lacking].sort().join(',')}`;
  }

  #addUnknown(lacking: Set<string>, fields: readonly FieldName[], position: number): void {
    const { history } = this.#values.asOf;
    for (const name of fields) {
      if (name === 'pairAgeMs' || name === 'pairOrdinal') {
        if (history.value('counterparty', position) === null) lacking.add('counterparty');
      } else if (history.value(name, position) === null) lacking.add(name);
    }
  }

  /** Of the evidence; of the event itself where there is none. */
  #worst(): { coverage: Coverage | null; precisionWorst: Precision | null } {
    if (this.rule.input === 'signals') return { coverage: null, precisionWorst: null };
    const worst = new WorstRanks();
    this.rule.program.features.forEach(({ evidence }, i) => {
      if (evidence) this.#values.addWorst(i, worst);
    });
    const { history, at } = this.#values.asOf;
    if (worst.isEmpty) worst.add(history, at);
    return {
      coverage: COVERAGES[worst.coverage] ?? null,
      precisionWorst: PRECISIONS[worst.precision] ?? null,
    };
  }

  #attributions(): AttributionOutcome[] {
    const { file, id, version, program } = this.rule;
    const outcomes: AttributionOutcome[] = [];
    file.attributions.forEach(({ to, role, weight }, i) => {
      const feature = program.attributionFeatures[i] ?? null;
      const subject =
        feature !== null
          ? this.#values.state(feature).value
          : to === 'subject'
            ? this.#subject
            : this.#holder();
      if (typeof subject === 'string') outcomes.push({ subject, role, weight, why: `${id}@${version}#${i}` });
    });
    return outcomes;
  }

  /** Party key of the subject as of the event; a person, and what a rule over signals observes, is a party already. */
  #holder(): string {
    if (this.#isParty) return this.#subject;
    return this.#text('holder') ?? this.#text('account') ?? this.#subject;
  }

  #text(field: FieldName): string | null {
    if (this.rule.input === 'signals') return null;
    const { history, at } = this.#values.asOf;
    const value = history.value(field, at);
    return typeof value === 'string' ? value : null;
  }

  /** Where no statutory threshold and no quantile of peers is among them, they are the same as of every event: readings share them. */
  #params(): Evaluation['params'] {
    if (this.#fixedParams !== null) return this.#fixedParams;
    const values: Record<string, string | number | boolean | string[] | null> = {};
    for (const { name, run } of this.rule.program.params) {
      const value = run(this.#values.asOf);
      values[name] = typeof value === 'object' && value !== null ? [...value] : readable(value);
    }
    const { thresholds, peers } = this.rule.program;
    if (thresholds.length === 0 && peers.length === 0) this.#fixedParams = values;
    return values;
  }

  #peers(): PeerReading[] {
    const { asOf } = this.#values;
    return this.rule.program.peers.map(({ param, table, quantileMilli, unit }, position) => {
      const { day = null, accounts = null } = asOf.peerValue(position) ?? {};
      const group = asOf.peerGroup(position);
      const value = readable(asOf.peer(position));
      return { param, table, quantileMilli, group, value, unit, day, accounts };
    });
  }
}

interface BenignTest extends BenignOutcome {
  /** It keeps the rule from firing. */
  readonly blocks: boolean;
  readonly lowersMilli: number;
}

const NONE: ReadonlySet<number> = new Set();

function isBlocked(benign: readonly BenignTest[]): boolean {
  return benign.some(({ blocks }) => blocks);
}

/** A value as a signal holds it: an int beyond 2^53 as its decimal digits. */
function readable(value: Value): string | number | boolean | null {
  return typeof value === 'bigint' || Array.isArray(value)
    ? String(value)
    : (value as string | number | boolean | null);
}
