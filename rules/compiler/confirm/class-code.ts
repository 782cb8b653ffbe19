/**
 * The class of a rule's confirmations as source text: takes in the events of one subject, and answers as of any of them
 * whether the rule may fire. Only names of columns and fields, names made here, and numbers are part of it.
 */
import { COVERAGES, PRECISIONS } from '../../../schemas/enumerations.ts';
import { FACT_COLUMNS, SMALL_NULL, type StandpointKind } from '../../../schemas/facts.ts';
import { LIMITS } from '../../../schemas/identity.ts';
import type { CheckedRule, FieldName, Tree } from '../checked-rule.ts';
import { readOf } from '../plan/field-read.ts';
import { literal } from '../plan/literal.ts';
import type { FactBinding } from '../plan/reading.ts';
import { DAY_MS } from '../window.ts';
import { type Domain, ExpressionCode, type Leaves } from './expression-code.ts';
import { FeatureCode } from './feature-code.ts';
import { isAskedOnce, type RuleParts } from './rule-parts.ts';
import { SUPPORT } from './support.ts';

/** Place of a column in the list of a segment's columns. */
const COLUMN_AT = new Map(Object.keys(FACT_COLUMNS).map((name, at) => [name, at]));
const FIRST_EVENTS = 64;
/** Neither true, false nor unknown for sure. */
const UNDECIDED = 3;

/** Numbers that are no longer exact, or are beyond the columns, are nobody's. */
const PRELUDE = [
  'let bail = 0;',
  'function fail() { bail = 1; return false; }',
  'function failed() { bail = 1; return NaN; }',
  'function safe(x) { if (x > 9007199254740991 || x < -9007199254740991) return failed(); return x; }',
  'function wide(x) { return x === x ? x : failed(); }',
  `function small(x) { return x === ${SMALL_NULL} ? NaN : x; }`,
  'function differ(x, y) { return x < y || x > y; }',
  'function quotient(x, y) { return y === 0 ? NaN : x / y; }',
  "function whole(x) { if (x === null) return NaN; return typeof x === 'bigint' ? failed() : x; }",
];

const TAKEN = 'home, setBits, row, own, other, side, t, position';
/** Functions of one subject's events, in the order in which `Confirmation` takes them. */
const CREATE = [
  'return () => {',
  'const subject = new Subject();',
  'return [',
  '() => subject.reset(),',
  `(${TAKEN}) => subject.take(${TAKEN}),`,
  '(position) => subject.timeAt(position),',
  '(position) => subject.mayTrigger(position),',
  '(position) => subject.mayFire(position),',
  '(afterMs, untilMs) => subject.tickAfter(afterMs, untilMs),',
  '];',
  '};',
];

export class ClassCode {
  readonly #rule: CheckedRule;
  readonly #parts: RuleParts;
  readonly #standpoint: StandpointKind;
  readonly #code: ExpressionCode;
  readonly #features: FeatureCode;
  readonly #columns = new Set<number>();

  constructor(rule: CheckedRule, parts: RuleParts, standpoint: StandpointKind, binding: FactBinding) {
    this.#rule = rule;
    this.#parts = parts;
    this.#standpoint = standpoint;
    this.#code = new ExpressionCode(standpoint, binding, rule.program.features);
    this.#features = new FeatureCode(rule, parts, this.#code);
  }

  /** Calendar windows that the source names; complete when it was made. */
  get calendars(): FeatureCode['calendars'] {
    return this.#features.calendars;
  }

  source(): string {
    const features = this.#features.source();
    const take = this.#take();
    return [
      "'use strict';",
      `const { ${Object.keys(SUPPORT).join(', ')} } = support;`,
      ...PRELUDE,
      'class Subject {',
      ...this.#constructorCode(features.state),
      ...this.#resetCode(features.reset),
      ...this.#growCode(),
      ...take,
      ...features.methods,
      ...this.#thresholdCode(),
      ...this.#peerCode(),
      ...this.#askCode(),
      '}',
      ...CREATE,
    ].join('\n');
  }

  /** Arrays by event: name and type. */
  #arrays(): (readonly [name: string, type: string])[] {
    const arrays: [string, string][] = [
      ['pos', 'Int32Array'],
      ['time', 'Float64Array'],
    ];
    for (const position of this.#parts.predicates) arrays.push([`p${position}`, 'Uint8Array']);
    if (this.#needs().length > 0) arrays.push(['lacks', 'Uint8Array']);
    for (const name of this.#parts.kept) arrays.push([`x_${name}`, arrayOf(this.#code.fieldDomain(name))]);
    return arrays;
  }

  #constructorCode(state: readonly string[]): string[] {
    return [
      'constructor() {',
      `this.n = 0; this.capacity = ${FIRST_EVENTS}; this.k = -1; this.at = -1; this.t = 0; this.asked = 0; this.stamp = 0; this.now = -Infinity;`,
      ...this.#arrays().map(([name, type]) => `this.${name} = new ${type}(${FIRST_EVENTS});`),
      ...(this.#parts.usesPairs ? [`this.pairs = new Pairs(${literal(this.#rule.lookbackMs)});`] : []),
      ...this.#rule.program.thresholds.map((_, i) => `this.h${i} = NaN; this.hs${i} = 0;`),
      ...this.#rule.program.peers.map((_, i) => `this.peerValue${i} = NaN; this.peerStamp${i} = 0;`),
      ...state,
      '}',
    ];
  }

  #resetCode(reset: readonly string[]): string[] {
    return [
      'reset() {',
      'this.n = 0;',
      ...(this.#parts.usesPairs ? ['this.pairs.clear();'] : []),
      'this.rewind();',
      '}',
      'rewind() {',
      'this.k = -1; this.at = -1; this.now = -Infinity;',
      ...reset,
      '}',
    ];
  }

  #growCode(): string[] {
    return [
      'grow() {',
      'this.capacity *= 2;',
      ...this.#arrays().map(([name]) => `this.${name} = grown(this.${name});`),
      '}',
    ];
  }

  // --- taking in an event ------------------------------------------------------------------------------------------

  #take(): string[] {
    const { predicates } = this.#rule.program;
    const leaves = this.#columnLeaves();
    const body: string[] = [];
    if (!this.#rule.readsStatus) {
      const status = readOf('status', this.#standpoint).codes.indexOf('completed');
      body.push(`if (${leaves.field('status')} !== ${literal(status)}) return;`);
    }
    if (this.#parts.usesPairs) {
      body.push(
        `this.pairs.put(${leaves.field('counterparty')}, t);`,
        'const pairAge = this.pairs.ageMs; const pairOrdinal = this.pairs.ordinal;',
      );
    }
    const needs = this.#needs();
    if (needs.length > 0) body.push(`const lacks = ${needs.join(' || ')} ? 1 : 0;`);
    const whenTrue = needs.length > 0 ? '(lacks === 1 ? 2 : 1)' : '1';
    for (const position of this.#parts.predicates) {
      const predicate = predicates[position]!;
      const isFalse = this.#code.isFalse(predicate.tree, leaves);
      if (!isAskedOnce(predicate)) {
        // What the evaluation brings is unknown here: false for certain is false whatever it brings.
        body.push(`const q${position} = (${isFalse}) ? 0 : 1; bail = 0;`);
        continue;
      }
      const isTrue = this.#code.isTrue(predicate.tree, leaves);
      body.push(
        `let q${position} = 0;`,
        `if (!(${isFalse})) q${position} = (${isTrue}) ? ${whenTrue} : bail !== 0 ? ${UNDECIDED} : 2;`,
        'bail = 0;',
      );
    }
    const any = this.#parts.predicates.map((position) => `q${position}`).join(' | ');
    body.push(
      `if ((${any === '' ? '0' : any}) === 0) return;`,
      'const i = this.n;',
      'if (i === this.capacity) this.grow();',
      'this.pos[i] = position; this.time[i] = t;',
      ...this.#parts.predicates.map((position) => `this.p${position}[i] = q${position};`),
      ...(needs.length > 0 ? ['this.lacks[i] = lacks;'] : []),
      ...[...this.#parts.kept].map((name) => `this.x_${name}[i] = ${this.#raw(name, leaves)};`),
      'this.n = i + 1;',
    );
    const columns = [...this.#columns].map((at) => `const c${at} = list[${at}] ?? home.columnAt(${at});`);
    return [`take(${TAKEN}) {`, 'const list = home.list;', ...columns, ...body, '}'];
  }

  /** As it is kept: an amount beyond the column stays NaN, and is noticed by who reads it. */
  #raw(name: FieldName, leaves: Leaves): string {
    const text = leaves.field(name)!;
    return name === 'amount' ? text.slice('wide('.length, -1) : text;
  }

  /** Fields of the event that is taken in; what depends on the evaluation is unknown. */
  #columnLeaves(): Leaves {
    const nothing = () => null;
    return {
      field: (name) => this.#column(name),
      derived: nothing,
      feature: nothing,
      threshold: nothing,
      peer: nothing,
    };
  }

  #column(name: FieldName): string {
    if (name === 'time') return 't';
    if (name === 'pairAgeMs') return 'pairAge';
    if (name === 'pairOrdinal') return 'pairOrdinal';
    const read = readOf(name, this.#standpoint);
    if (read.column === null) return 'side';
    const at = COLUMN_AT.get(read.column)!;
    this.#columns.add(at);
    const value = `c${at}[${read.at}]`;
    if (read.type === 'small') return `small(${value})`;
    if (read.type === 'set') return `setBits[${value}]`;
    return read.column === 'amount' ? `wide(${value})` : value;
  }

  /** Conditions, each true of an event that lacks what the rule needs. */
  #needs(): string[] {
    const { precision, coverage } = this.#rule.file.needs;
    const needs: string[] = [];
    const among = (value: string, codes: readonly number[]) => {
      const mask = codes.reduce((set, code) => set | (1 << code), 0);
      return `(${literal(mask)} >>> ${value} & 1) === 0`;
    };
    if (precision !== undefined) {
      const finest = PRECISIONS.slice(0, PRECISIONS.indexOf(precision) + 1).map((_, code) => code);
      needs.push(among(this.#column('precision'), finest));
    }
    if (coverage !== undefined) {
      const codes = coverage.map((each) => COVERAGES.indexOf(each));
      needs.push(among(this.#column('coverage'), codes));
    }
    return needs;
  }

  // --- questions ---------------------------------------------------------------------------------------------------

  #thresholdCode(): string[] {
    return this.#rule.program.thresholds.flatMap((_, i) => [
      `threshold${i}() {`,
      `if (this.hs${i} !== this.stamp) { this.hs${i} = this.stamp; this.h${i} = thresholdAt(${i}, this.t); }`,
      `return whole(this.h${i});`,
      '}',
    ]);
  }

  /** Quantiles of peers of the group of the evaluated event `this.asked`; of what no condition reads the fields are not kept. */
  #peerCode(): string[] {
    return this.#rule.program.peers.flatMap(({ by }, i) => {
      if (!by.every((field) => this.#parts.kept.has(field))) return [];
      const group = by.map((field) => `this.x_${field}[this.asked]`).join(', ');
      return [
        `peer${i}() {`,
        `if (this.peerStamp${i} !== this.stamp) { this.peerStamp${i} = this.stamp; this.peerValue${i} = peerAt(${i}, [${group}], this.t); }`,
        `return whole(this.peerValue${i});`,
        '}',
      ];
    });
  }

  #askCode(): string[] {
    const { whenTree, benign, triggers, predicates } = this.#rule.program;
    const leaves = this.#features.evaluationLeaves();
    const blocking = benign.filter(({ blocks }) => blocks);
    const { ticks } = this.#rule;
    const isTriggered = triggers.map((position) => {
      const { tree } = predicates[position]!;
      if (isAskedOnce(predicates[position]!)) return `if (this.p${position}[i] !== 0) return true;`;
      const isFalse = this.#code.isFalse(tree, this.#features.triggerLeaves());
      return `if (this.p${position}[i] !== 0 && !(${isFalse})) return true;`;
    });
    return [
      'timeAt(position) { const i = placeOf(this.pos, this.n, position); return i < 0 ? NaN : this.time[i]; }',
      'mayTrigger(position) {',
      'const i = placeOf(this.pos, this.n, position);',
      'if (i < 0) return false;',
      'this.t = this.time[i]; this.asked = i; this.stamp++;',
      'return this.triggers(i);',
      '}',
      'triggers(i) {',
      ...isTriggered,
      'return false;',
      '}',
      'mayFire(position) {',
      'if (position < this.at) this.rewind();',
      'let k = this.k;',
      'while (k + 1 < this.n && this.pos[k + 1] <= position) k++;',
      'this.k = k; this.at = position;',
      'if (k < 0 || this.pos[k] !== position) return false;',
      // Windows move on only: after a tick they may lie behind the event.
      ...(ticks ? ['if (this.time[k] < this.now) { this.rewind(); this.k = k; this.at = position; }'] : []),
      'this.t = this.time[k]; this.asked = k; this.stamp++;',
      ...(ticks ? ['this.now = this.t;'] : []),
      'if (!this.triggers(k)) return false;',
      ...(this.#parts.usesPairs ? [`if (position >= ${literal(LIMITS.HISTORY_EVENTS)}) return true;`] : []),
      'return this.fires();',
      '}',
      'fires() {',
      'bail = 0;',
      `if (!(${this.#cheapFirst(whenTree, leaves)})) {`,
      'if (bail === 0) return false;',
      `if (${this.#code.isFalse(whenTree, leaves)}) return false;`,
      '}',
      ...blocking.map(({ tree }) => `if (${this.#code.isTrue(tree, leaves)}) return false;`),
      'return true;',
      '}',
      ...(ticks ? this.#tickCode() : ['tickAfter() { return NaN; }']),
    ];
  }

  /**
   * Goes through the midnights that follow the events at hand. Of the event before a tick nothing is read that is not kept of every
   * event; where that would matter, the tick may fire.
   */
  #tickCode(): string[] {
    const isOpen = this.#rule.program.peers.length > 0;
    return [
      'tickAfter(afterMs, untilMs) {',
      'const { n, time } = this;',
      'if (n === 0) return NaN;',
      `let tick = (Math.floor(Math.max(afterMs, time[0]) / ${DAY_MS}) + 1) * ${DAY_MS};`,
      'let k = -1; let asked = -1; let trigger = -1;',
      `for (; tick <= untilMs; tick += ${DAY_MS}) {`,
      'while (k + 1 < n && time[k + 1] < tick) k++;',
      'let i = k;',
      'for (; i > asked; i--) { this.t = time[i]; this.asked = i; this.stamp++; if (this.triggers(i)) break; }',
      'if (i > asked) trigger = i;',
      'asked = k;',
      `if (trigger < 0 || tick > time[trigger] + ${literal(this.#rule.longestWindowMs)}) {`,
      'if (k + 1 === n) return NaN;',
      `tick = Math.floor(time[k + 1] / ${DAY_MS}) * ${DAY_MS};`,
      'continue;',
      '}',
      'if (k < this.k || tick < this.now) this.rewind();',
      'this.k = k; this.at = this.pos[k]; this.t = tick; this.now = tick; this.asked = k; this.stamp++;',
      isOpen ? 'return tick;' : 'if (this.fires()) return tick;',
      '}',
      'return NaN;',
      '}',
    ];
  }

  /** A conjunction asks what is cheap to compute first: the order of its parts does not matter to its value. */
  #cheapFirst(tree: Tree, leaves: Leaves): string {
    const parts: Tree[] = [];
    const split = (each: Tree): void => {
      if (each.op !== '&&') parts.push(each);
      else {
        split(each.left);
        split(each.right);
      }
    };
    split(tree);
    const costs = new Map(parts.map((part) => [part, this.#features.costOf(part)]));
    parts.sort((a, b) => costs.get(a)! - costs.get(b)!);
    return parts.map((part) => `(${this.#code.isTrue(part, leaves)})`).join(' && ');
  }
}

function arrayOf({ holds }: Domain): string {
  if (holds === 'number') return 'Float64Array';
  return holds === 'code' ? 'Uint8Array' : 'Int32Array';
}
