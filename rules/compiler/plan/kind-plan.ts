/** The plan of all rules over one kind of subject, and its generated kernel. */
import type { SubjectKind } from '../../../schemas/enumerations.ts';
import { type FactColumns, type StandpointKind, standpointOf } from '../../../schemas/facts.ts';
import type { CheckedRule } from '../checked-rule.ts';
import { finished, type Steps } from '../steps.ts';
import { type CostEstimate, costEstimate } from './cost.ts';
import { eventCode, type Output } from './event-code.ts';
import { and, FALSE, or, type Test, textOf } from './event-test.ts';
import { FeatureBounds } from './feature-bounds.ts';
import { countsOf, type Gate, gateFunction, gateText, keeping, OPEN, spanText } from './gate.ts';
import { isBeyondNarrow } from './gate-code.ts';
import { type CounterShape, type RecordLayout, WORD_BITS } from './layout.ts';
import { chooseParts } from './part-choice.ts';
import { EventReading, type FactBinding } from './reading.ts';
import { recordCode } from './record-code.ts';
import { type Count, countKey } from './record-part.ts';
import { gateOf } from './rule-gate.ts';

/** Predicates that the events of one kind of subject are asked; a rule that would need more is left without a gate. */
export const PREDICATES_MAX = 512;
/** Bits that one generated function computes: larger functions are compiled late, or never. */
const FUNCTION_OUTPUTS_MAX = 48;

/**
 * Processes n events of this kind in order. `legs`: numbers within the segment's columns (leg & 131071); `records`: byte
 * offset / 64 of each record in the slab. Writes to `outBits` the predicates that may be true of each event, `bitWords`
 * words an event, and to `outMask` the candidate rules, `maskWords` words an event. Updates lastTime, panes, counters and the
 * other parts of the record; does not touch tail, slot, length, key, flags, open. An event may come late: the parts bound what
 * stands behind it too, the mask does not (`Admits` does).
 */
export type Kernel = (
  columns: FactColumns,
  setBits: Int32Array,
  slab: { readonly f64: Float64Array; readonly i32: Int32Array; readonly u8: Uint8Array },
  n: number,
  legs: Int32Array,
  records: Int32Array,
  outBits: Int32Array,
  outMask: Int32Array,
) => void;

/**
 * Writes to `out[at ..]` the rules, as words of a mask, that the record at `record` leaves open for any event of its subject
 * from `time` on, whether or not the event triggers them: those with an open episode too.
 */
export type Admits = (
  slab: { readonly i32: Int32Array; readonly u8: Uint8Array },
  record: number,
  time: number,
  out: Int32Array,
  at: number,
) => void;

/** What a kernel asks of one rule as of an event in order; the record begins at `byte`, which is 4 * `word`. */
export type AsksGate = (i32: Int32Array, u8: Uint8Array, byte: number, word: number, time: number) => number;

export interface RulePlan {
  readonly rule: CheckedRule;
  /** Bit of the rule in masks: bit % 32 of word bit >>> 5. */
  readonly bit: number;
  /** False: every event that triggers the rule is a candidate. */
  readonly isGated: boolean;
  /** Events that trigger the rule; a condition that is unknown triggers too. */
  readonly triggerText: string;
  readonly gateText: string;
  /** Indexes in `KindPlan.counters` that the gate reads. */
  readonly counters: readonly number[];
  /** The gate over exact counts, by index in `KindPlan.counters`. */
  readonly gate: (counts: ArrayLike<number>) => boolean;
  readonly cost: CostEstimate;
}

export interface KindPlan {
  readonly kind: SubjectKind;
  readonly standpoint: StandpointKind;
  readonly rules: readonly RulePlan[];
  readonly counters: readonly {
    readonly text: string;
    readonly windowMs: number;
    /** Bit of its predicate: bit % 32 of word bit >>> 5 of an event's words in `outBits`. */
    readonly bit: number;
  }[];
  readonly predicates: readonly string[];
  /** Words an event has in `outBits`, and in `outMask`; one at least. */
  readonly bitWords: number;
  readonly maskWords: number;
  /** Of an event's words in `outBits`: those of which one says that it triggers a rule that ticks. */
  readonly tickBits: Int32Array;
  readonly layout: RecordLayout;
  readonly source: string;
  /** Which events a feature of any of the rules may read; the others matter to no evaluation. */
  readonly relevantText: string;
  /** What the code asks of an event: predicates, then triggers. */
  readonly tests: readonly Test[];
  readonly kernel: Kernel;
  readonly admits: Admits;
  /** Parts of the kernel by the bit of their rule, for who warms it up. */
  readonly asksGate: readonly AsksGate[];
}

interface Draft {
  readonly rule: CheckedRule;
  readonly trigger: Test;
  readonly relevant: Test;
  gate: Gate;
}

/** The plans of all rules over events, by kind of subject; rules keep their order. */
export function planRules(
  rules: readonly CheckedRule[],
  binding: FactBinding,
): ReadonlyMap<SubjectKind, KindPlan> {
  return new Map(
    [...rulesByKind(rules)].map(([kind, ofKind]) => [kind, finished(planningOf(kind, ofKind, binding))]),
  );
}

/** The rules over events, by kind of subject. */
export function rulesByKind(rules: readonly CheckedRule[]): ReadonlyMap<SubjectKind, readonly CheckedRule[]> {
  const byKind = new Map<SubjectKind, CheckedRule[]>();
  for (const rule of rules) {
    if (rule.input !== 'events') continue;
    for (const kind of new Set(rule.subjects)) byKind.set(kind, [...(byKind.get(kind) ?? []), rule]);
  }
  return byKind;
}

/** The plan of the rules over one kind of subject: a step a rule, and some for all of them together. */
export function* planningOf(
  kind: SubjectKind,
  rules: readonly CheckedRule[],
  binding: FactBinding,
): Steps<KindPlan> {
  const standpoint = standpointOf(kind);
  const drafts: Draft[] = [];
  const predicates = new Map<string, Test>();
  const counts = new Map<string, Count>();
  for (const rule of rules) {
    const draft = draftOf(rule, binding, standpoint);
    admit(draft, predicates, counts);
    drafts.push(draft);
    yield;
  }
  const maskWords = wordsOf(drafts.length);
  const parts = chooseParts(
    drafts.map(({ gate }) => gate),
    maskWords,
    shapesOf(
      counts,
      drafts.map(({ gate }) => gate),
    ),
    (test) => takeTest(test, predicates),
  );
  for (const draft of drafts) draft.gate = keeping(draft.gate, parts.isKept);
  // What an event leaves shut a tick may find open: whatever the gate says, one that triggers is known by a bit.
  const ticking = drafts.filter(({ rule }) => rule.ticks);
  for (const { trigger } of ticking) predicates.set(trigger.key, trigger);
  yield;
  const { layout } = parts;
  const bitOf = new Map([...predicates.keys()].map((key, bit) => [key, bit]));
  const indexes = new Map([...counts.keys()].map((key, index) => [key, index]));
  const indexOf = (count: Count) => indexes.get(countKey(count))!;
  const counters = [...counts.values()].map(({ test, windowMs }) => ({
    text: `${textOf(test)} over ${spanText(windowMs)}`,
    windowMs,
    bit: bitOf.get(test.key)!,
  }));
  const bitWords = wordsOf(predicates.size);
  const tickBits = new Int32Array(bitWords);
  for (const { trigger } of ticking) {
    const bit = bitOf.get(trigger.key)!;
    tickBits[bit >>> 5]! |= 1 << (bit & 31);
  }
  const outputs = [
    ...outputsOf('outBits', [...predicates.values()], bitWords),
    ...outputsOf(
      'outMask',
      drafts.map(({ trigger }) => trigger),
      maskWords,
    ),
  ];
  const gates = drafts.map(({ gate }, bit) => ({ gate, bit }));
  const records = recordCode({
    kind,
    predicates: predicates.size,
    counters,
    tallies: parts.tallies.map((part) => ({ part, bit: bitOf.get(part.base.test.key)! })),
    lots: parts.lots.map((part) => ({ part, bit: bitOf.get(part.test.key)! })),
    lists: parts.lists.map((part) => ({ part, bit: bitOf.get(part.test.key)! })),
    gates,
    indexOf,
    bitWords,
    maskWords,
    layout,
  });
  yield;
  const events: EventCode[] = [];
  for (const [i, pass] of passesOf(outputs).entries()) {
    events.push(eventCode(`${kind}Events${i}`, pass));
    yield;
  }
  const { source, kernel, admits, asksGate } = assemble(kind, events, records);
  return {
    kind,
    standpoint,
    rules: drafts.map((draft, bit) => rulePlan(draft, bit, indexOf)),
    counters,
    predicates: [...predicates.values()].map((test) => textOf(test)),
    bitWords,
    maskWords,
    tickBits,
    layout,
    source,
    relevantText: textOf(or(...drafts.map(({ relevant }) => relevant)), true),
    tests: outputs.map(({ test }) => test),
    kernel,
    admits,
    asksGate,
  };
}

function draftOf(rule: CheckedRule, binding: FactBinding, standpoint: StandpointKind): Draft {
  const reading = new EventReading(standpoint, binding, rule.program.thresholds);
  const features = new FeatureBounds(rule, reading, standpoint);
  const { predicates, triggers } = rule.program;
  const trees = triggers.map((position) => predicates[position]!.tree);
  const readable = predicates.map(({ tree }) => reading.notFalse(tree));
  return {
    rule,
    trigger: and(features.visible, or(...trees.map((tree) => reading.notFalse(tree)))),
    relevant: and(features.visible, or(...readable)),
    gate: gateOf(rule, features, reading.rangeOf),
  };
}

/** Takes the counts of the gate into the plan; a gate for which there is no room is left open. */
function admit(draft: Draft, predicates: Map<string, Test>, counts: Map<string, Count>): void {
  const wanted = countsOf(draft.gate);
  const fresh = new Set(
    [...wanted.values()].map(({ test }) => test.key).filter((key) => !predicates.has(key)),
  );
  if (predicates.size + fresh.size > PREDICATES_MAX) {
    draft.gate = OPEN;
    return;
  }
  for (const [key, count] of wanted) {
    counts.set(key, count);
    predicates.set(count.test.key, count.test);
  }
}

/** Of each count, by key, the counter that the record keeps: as narrow as every gate that asks for it allows. */
function shapesOf(
  counts: ReadonlyMap<string, Count>,
  gates: readonly Gate[],
): ReadonlyMap<string, CounterShape> {
  const wide = new Set<string>();
  const collect = (gate: Gate): void => {
    if ('parts' in gate) gate.parts.forEach(collect);
    else if (gate.op === 'atLeast' && isBeyondNarrow(gate))
      for (const key of countsOf(gate).keys()) wide.add(key);
  };
  gates.forEach(collect);
  return new Map([...counts].map(([key, { windowMs }]) => [key, { windowMs, isWide: wide.has(key) }]));
}

/** Takes the test of a part into the plan, unless an event's bits would need another word for it. */
function takeTest(test: Test, predicates: Map<string, Test>): boolean {
  if (predicates.has(test.key)) return true;
  if (predicates.size === WORD_BITS * wordsOf(predicates.size)) return false;
  predicates.set(test.key, test);
  return true;
}

function rulePlan({ rule, trigger, gate }: Draft, bit: number, indexOf: (count: Count) => number): RulePlan {
  const counts = [...countsOf(gate).values()];
  return {
    rule,
    bit,
    isGated: gate.op !== 'constant' || !gate.value,
    triggerText: textOf(trigger, true),
    gateText: gateText(gate),
    counters: counts.map(indexOf),
    gate: gateFunction(gate, indexOf),
    cost: costEstimate(trigger, gate),
  };
}

function wordsOf(bits: number): number {
  return Math.max(1, Math.ceil(bits / WORD_BITS));
}

function outputsOf(array: Output['array'], tests: readonly Test[], words: number): Output[] {
  // Every word is written, whether or not a bit of it is used.
  const written = tests.length === 0 ? [FALSE] : tests;
  return written.map((test, i) => ({ test, array, words, word: i >>> 5, bit: i % WORD_BITS }));
}

/** Outputs by function: whole words, as many as a function of bounded size takes. */
function passesOf(outputs: readonly Output[]): Output[][] {
  const words = new Map<string, Output[]>();
  for (const output of outputs) {
    const key = `${output.array} ${output.word}`;
    words.set(key, [...(words.get(key) ?? []), output]);
  }
  const passes: Output[][] = [];
  for (const word of words.values()) {
    const last = passes[passes.length - 1];
    if (last !== undefined && last.length + word.length <= FUNCTION_OUTPUTS_MAX) last.push(...word);
    else passes.push([...word]);
  }
  return passes;
}

type EventCode = ReturnType<typeof eventCode>;

interface Generated {
  readonly source: string;
  readonly kernel: Kernel;
  readonly admits: Admits;
  readonly asksGate: readonly AsksGate[];
}

/**
 * Only names of columns, names made here, and numbers are part of the source: see `literal.ts`. Generated functions have no
 * file: in profiles and logs of the engine their names tell the kernels of two kinds apart.
 */
function assemble(kind: SubjectKind, events: readonly EventCode[], records: string): Generated {
  const source = [
    "'use strict';",
    ...events.map((code) => code.source),
    records,
    `function ${kind}Kernel(columns, setBits, slab, n, legs, places, outBits, outMask) {`,
    ...events.map((_, i) => `${kind}Events${i}(columns, setBits, tables[${i}], n, legs, outBits, outMask);`),
    `${kind}Records(columns, slab, n, legs, places, outBits, outMask);`,
    '}',
    `return { kernel: ${kind}Kernel, admits: ${kind}Admits, asksGate: ${kind}Gates };`,
  ].join('\n');
  const create = new Function('tables', source) as (
    tables: readonly Uint16Array[],
  ) => Omit<Generated, 'source'>;
  return { source, ...create(events.map(({ table }) => table)) };
}
