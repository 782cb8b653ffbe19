/**
 * Features as methods of the class of a rule's confirmations.
 *
 * A feature over a sliding window whose events answer alone is kept from evaluation to evaluation: two pointers move on, and
 * each event is added and taken away once, however often the rule is asked. Any other is computed over its window when it
 * is asked for. Where the reference's own aggregate takes an array of values, it is the one that is called.
 */
import {
  type CheckedRule,
  type DerivedName,
  type FeatureProgram,
  type FieldName,
  type FieldRead,
  isDerived,
  type Tree,
} from '../checked-rule.ts';
import { literal } from '../plan/literal.ts';
import type { Window } from '../window.ts';
import { aggregateCode, GROUPS, KEPT_AGGREGATES, keptValue, stepCode } from './aggregate-code.ts';
import { type DeriveTools, deriveCode, movementsCode, placedBy } from './derive-code.ts';
import {
  type Domain,
  derivedCode,
  type ExpressionCode,
  keptField,
  knownCode,
  type Leaves,
  leavesOf,
  unknownOf,
} from './expression-code.ts';
import { isAskedOnce, type RuleParts } from './rule-parts.ts';
import { sequenceCode } from './sequence-code.ts';
import { cutCode, isCutCode, placeCode, TOO_MANY_MISSING, windowCode } from './window-code.ts';

/** What a feature costs beside what it reads: over sub-events, over arrays of values, over a window. */
const CYCLE_COST = 16;
const ARRAY_COST = 8;
const WINDOW_COST = 4;

const MILLI = 1_000;

type SlidingWindow = Window & { readonly kind: 'sliding' };

export interface FeatureSource {
  /** Statements of the constructor, and of `rewind`. */
  readonly state: readonly string[];
  readonly reset: readonly string[];
  readonly methods: readonly string[];
}

export class FeatureCode {
  /** Calendar windows by the index with which code names them. */
  readonly calendars: Exclude<Window, { kind: 'sliding' }>[] = [];
  readonly #rule: CheckedRule;
  readonly #parts: RuleParts;
  readonly #code: ExpressionCode;
  readonly #whenTrue: string;
  readonly #state: string[] = [];
  readonly #reset: string[] = [];

  constructor(rule: CheckedRule, parts: RuleParts, code: ExpressionCode) {
    this.#rule = rule;
    this.#parts = parts;
    this.#code = code;
    const { precision, coverage } = rule.file.needs;
    this.#whenTrue =
      precision === undefined && coverage === undefined ? '1' : '(this.lacks[i] === 1 ? 2 : 1)';
  }

  source(): FeatureSource {
    const { features, derives } = this.#parts;
    const methods = [
      ...features.flatMap((position) => this.#feature(position)),
      ...derives.flatMap((position) => this.#derive(position)),
      ...features
        .filter((position) => this.#isBounded(position))
        .flatMap((position) => this.#bound(position)),
    ];
    return { state: this.#state, reset: this.#reset, methods };
  }

  /** Leaves of `when`, of benign tests, and of conditions on event `i` that depend on the evaluation. */
  evaluationLeaves(): Leaves {
    return {
      field: (name) => keptField(name),
      derived: (name) => derivedCode(name),
      feature: (position) => `this.f${position}()`,
      threshold: (position) => `this.threshold${position}()`,
      peer: (position) => `this.peer${position}()`,
      reaches: (position, least) => (this.#isBounded(position) ? `this.b${position}(${least})` : null),
    };
  }

  /** While an event is asked whether it triggers, features are unknown, and it is no sub-event. */
  triggerLeaves(): Leaves {
    return { ...this.evaluationLeaves(), derived: () => null, feature: () => null };
  }

  costOf(tree: Tree): number {
    return Math.max(
      0,
      ...leavesOf(tree).map((leaf) => (leaf.op === 'feature' ? this.#cost(leaf.position) : 0)),
    );
  }

  #cost(position: number): number {
    const feature = this.#rule.program.features[position]!;
    if (feature.operands !== null) return Math.max(...feature.operands.map((each) => this.#cost(each)));
    if (this.#isKept(feature)) return 1;
    const where =
      feature.where === null ? 0 : this.costOf(this.#rule.program.predicates[feature.where]!.tree);
    if (feature.from !== null || feature.in !== null || feature.sequence !== null) return CYCLE_COST + where;
    return (
      (['top_share', 'percentile', 'top_key'].includes(feature.definition.agg) ? ARRAY_COST : WINDOW_COST) +
      where
    );
  }

  /** Each event answers alone, and says the same at every evaluation. */
  #isKept({ definition, from, window, where, part, of }: FeatureProgram): boolean {
    if (!KEPT_AGGREGATES.has(definition.agg) || from !== null || window?.kind !== 'sliding' || of.length > 1)
      return false;
    const { predicates } = this.#rule.program;
    return [where, part].every((each) => each === null || isAskedOnce(predicates[each]!));
  }

  #feature(position: number): string[] {
    const feature = this.#rule.program.features[position]!;
    const domain = this.#code.featureDomain(position);
    this.#state.push(`this.f${position}v = ${unknownOf(domain)}; this.f${position}s = 0;`);
    const asked = [
      `f${position}() {`,
      `if (this.f${position}s === this.stamp) return this.f${position}v;`,
      `this.f${position}s = this.stamp;`,
      `const value = this.g${position}();`,
      `this.f${position}v = value;`,
      'return value;',
      '}',
    ];
    return [...asked, `g${position}() {`, ...this.#body(feature, position, domain), '}'];
  }

  #body(feature: FeatureProgram, position: number, domain: Domain): string[] {
    if (feature.operands !== null) {
      return [`return quotient(this.f${feature.operands[0]}(), this.f${feature.operands[1]}());`];
    }
    if (feature.definition.agg === 'dwell') return this.#dwell(feature, position);
    if (feature.sequence !== null) return this.#sequence(feature, position);
    return this.#isKept(feature)
      ? this.#keptBody(feature, position)
      : this.#scanBody(feature, position, unknownOf(domain));
  }

  // --- two pointers ------------------------------------------------------------------------------------------------

  #keptBody(feature: FeatureProgram, f: number): string[] {
    const groups = GROUPS[feature.definition.agg];
    return [
      ...this.#movedWindow(
        feature.window as SlidingWindow,
        `${f}`,
        groups,
        this.#matchCode(feature),
        (sign) => stepCode(feature, sign),
      ),
      cutCode('a', 'b', 'NaN'),
      'if (u > 0) return failed();',
      `if (${TOO_MANY_MISSING}) return NaN;`,
      `return ${keptValue(feature)};`,
    ];
  }

  /**
   * Moves the pointers of one window on, each event being added and taken away once: `n` are matches, `x` missing, `u` undecided.
   * `f` names what is kept; `make` makes `groups`; `matched` declares what is made of an event.
   */
  #movedWindow(
    window: SlidingWindow,
    f: string,
    make: string | undefined,
    matched: readonly string[],
    step: (sign: '+' | '-') => readonly string[],
  ): string[] {
    const numbers = ['a', 'b', 'n', 'x', 'u', 'y', 'z'].map((letter) => `this.${letter}${f}`);
    const zero = numbers.map((name) => `${name} = 0;`).join(' ');
    this.#state.push(zero, ...(make === undefined ? [] : [`this.m${f} = ${make};`]));
    this.#reset.push(zero, ...(make === undefined ? [] : [`this.m${f}.clear();`]));
    const to =
      window.skipMs === 0 ? 'this.k + 1' : `firstAfter(time, this.k + 1, this.t - ${literal(window.skipMs)})`;
    const walk = (sign: '+' | '-') => [
      ...matched,
      'if (q === 0) continue;',
      `if (q === 2) { x ${sign}= 1; continue; }`,
      `if (q === 3) { u ${sign}= 1; continue; }`,
      `n ${sign}= 1;`,
      ...step(sign),
    ];
    return [
      'const time = this.time;',
      `const to = ${to}; const low = this.t - ${literal(window.lengthMs)};`,
      `let a = this.a${f}; let b = this.b${f}; let n = this.n${f}; let x = this.x${f};`,
      `let u = this.u${f}; let y = this.y${f}; let z = this.z${f};`,
      ...(make === undefined ? [] : [`const groups = this.m${f};`]),
      'for (; b < to; b++) {',
      'const i = b;',
      ...walk('+'),
      '}',
      'for (; a < b && time[a] <= low; a++) {',
      'const i = a;',
      ...walk('-'),
      '}',
      `this.a${f} = a; this.b${f} = b; this.n${f} = n; this.x${f} = x; this.u${f} = u; this.y${f} = y; this.z${f} = z;`,
    ];
  }

  // --- bounds ------------------------------------------------------------------------------------------------------

  /** Two pointers keep what the feature comes to at most, where its value is read off the whole window. */
  #isBounded(position: number): boolean {
    const { definition, from, window, where, of, sequence } = this.#rule.program.features[position]!;
    const { predicates, derives } = this.#rule.program;
    if (window?.kind !== 'sliding') return false;
    if (sequence !== null) return isAskedOnce(predicates[sequence.steps.at(-1)!]!);
    if (from !== null) {
      const placed = placedBy(derives[from]!);
      return definition.agg === 'count' && placed !== null && isAskedOnce(predicates[placed]!);
    }
    if (definition.agg !== 'top_share' || where === null || !isAskedOnce(predicates[where]!)) return false;
    return of.length === 1 && !isDerived(of[0]!.name) && definition.tolerance_milli < MILLI;
  }

  /** `b(least)` is false where the feature comes to less than `least`, or is unknown. */
  #bound(position: number): string[] {
    const feature = this.#rule.program.features[position]!;
    const { definition, from } = feature;
    const isMode = definition.agg === 'top_share';
    // Each sub-event lies at the place of another one of these events.
    const matched =
      from === null
        ? this.#matchCode(feature)
        : [`const q = this.p${placedBy(this.#rule.program.derives[from]!)}[i];`];
    const make = isMode
      ? `new ModeBound(${literal(definition.top)}, ${literal(definition.tolerance_milli)})`
      : undefined;
    const step = (sign: '+' | '-') => (isMode ? [sign === '+' ? 'groups.put(v);' : 'groups.take(v);'] : []);
    return [
      `b${position}(least) {`,
      ...this.#movedWindow(feature.window as SlidingWindow, `${position}b`, make, matched, step),
      `if (u > 0 || (${isCutCode('a', 'b')})) return true;`,
      `return ${isMode ? 'groups.reaches(least)' : 'n >= least'};`,
      '}',
    ];
  }

  /**
   * Declares `q`, what the feature makes of event `i`: 0 nothing, 1 a match, 2 missing, 3 undecided; and of a match `v`, `key`
   * and `part`.
   */
  #matchCode({ where, part, of, by, definition, sequence }: FeatureProgram): string[] {
    // Each sequence has a last event of its own.
    if (sequence !== null) return [`const q = this.p${sequence.steps.at(-1)}[i];`];
    const lines = [`let q = ${this.#truth(where!)};`];
    const checks: string[] = [];
    if (part !== null) {
      lines.push(`let part = 0;`);
      checks.push(`part = ${this.#truth(part)}; if (part >= 2) q = part;`);
    }
    const read = (field: FieldRead, name: string) => {
      const value = isDerived(field.name) ? derivedCode(field.name) : `this.x_${field.name}[i]`;
      const domain = this.#domainOf(field);
      lines.push(`const ${name} = ${value};`);
      // An amount always has a value; beyond 2^53 the columns do not hold it.
      const missing = field.name === 'amount' ? '3' : '2';
      checks.push(`if (q === 1 && !(${knownCode(domain, name)})) q = ${missing};`);
    };
    of.forEach((field, i) => {
      read(field, i === 0 ? 'v' : `v${i}`);
    });
    if (by !== null) read(by, 'key');
    if (definition.agg === 'top_share') checks.push('if (q === 1 && v <= 0) q = 2;');
    return checks.length === 0 ? lines : [...lines, 'if (q === 1) {', ...checks, '}'];
  }

  #domainOf(field: FieldRead): Domain {
    return this.#code.fieldDomain(field.name as FieldName | DerivedName);
  }

  /** What a condition says of event `i`: 0 false, 1 true, 2 unknown, 3 undecided. */
  #truth(position: number): string {
    const predicate = this.#rule.program.predicates[position]!;
    if (isAskedOnce(predicate)) return `this.p${position}[i]`;
    const leaves = this.evaluationLeaves();
    const [isFalse, isTrue] = [
      this.#code.isFalse(predicate.tree, leaves),
      this.#code.isTrue(predicate.tree, leaves),
    ];
    return `this.p${position}[i] === 0 || (${isFalse}) ? 0 : (${isTrue}) ? ${this.#whenTrue} : 2`;
  }

  // --- over a window -----------------------------------------------------------------------------------------------

  #scanBody(feature: FeatureProgram, f: number, unknown: string): string[] {
    const window = feature.window!;
    const isCycle = feature.from !== null;
    const holdsIds = feature.of.length > 0 && this.#domainOf(feature.of[0]!).holds === 'id';
    const { state, before, each, value } = aggregateCode(feature, f, unknown, holdsIds);
    this.#state.push(...state);
    const walk = isCycle
      ? ['for (const c of cycles) {', 'const i = c.position; if (i < from) continue; if (i >= to) break;']
      : ['for (let i = from; i < to; i++) {'];
    return [
      ...(isCycle ? [`const cycles = this.d${feature.from}(); if (cycles === null) return ${unknown};`] : []),
      ...windowCode(window, this.#calendar(window), unknown),
      'let n = 0; let x = 0;',
      ...before,
      ...walk,
      ...placeCode(window),
      ...this.#matchCode(feature),
      'if (q === 0) continue;',
      `if (q === 3) { fail(); return ${unknown}; }`,
      'if (q === 2 || dayless) { x += 1; continue; }',
      'n += 1;',
      ...each,
      '}',
      `if (${TOO_MANY_MISSING}) return ${unknown};`,
      `return ${value};`,
    ];
  }

  // --- money -------------------------------------------------------------------------------------------------------

  #dwell(feature: FeatureProgram, f: number): string[] {
    this.#state.push(`this.r${f} = movementBuffer();`);
    return [
      ...movementsCode(
        { window: feature.window!, in: feature.in!, out: feature.out!, of: feature.of[0]! },
        `this.r${f}`,
        'NaN',
        this.#tools,
      ),
      `if (${TOO_MANY_MISSING}) return NaN;`,
      'return whole(weightedMedianDwell(matchFifo(held)));',
    ];
  }

  #sequence(feature: FeatureProgram, f: number): string[] {
    this.#state.push(`this.r${f} = stepBuffer();`);
    const keyIsKnown = feature.by === null ? 'true' : knownCode(this.#domainOf(feature.by), 'key');
    const calendar = this.#calendar(feature.window!);
    return sequenceCode(feature, f, { calendar, keyIsKnown, truth: (each) => this.#truth(each) });
  }

  #derive(d: number): string[] {
    const { state, methods } = deriveCode(this.#rule.program.derives[d]!, d, this.#tools);
    this.#state.push(...state);
    return methods;
  }

  get #tools(): DeriveTools {
    return {
      truth: (position) => this.#truth(position),
      calendar: (window) => this.#calendar(window),
      known: (field, value) => knownCode(this.#domainOf(field), value),
    };
  }

  #calendar(window: Window): string {
    if (window.kind === 'sliding') return '';
    return `calendars[${literal(this.calendars.push(window) - 1)}]`;
  }
}
