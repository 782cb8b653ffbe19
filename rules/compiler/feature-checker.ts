/** Features and derived kinds of a rule: their conditions, fields, windows and types. */
import type { DeriveDefinition, FeatureDefinition } from '../../schemas/rule.ts';
import {
  type DerivedKind,
  type DeriveProgram,
  type FeatureProgram,
  type FieldName,
  type FieldRead,
  isDerived,
  type Predicate,
  type SequenceProgram,
  type ValueType,
} from './checked-rule.ts';
import { ALWAYS, ALWAYS_TREE, type CheckedExpression, type Checking, type Path } from './checking.ts';
import { logicTyped, type Typed } from './closures.ts';
import { derivedUnit, deriveProgram } from './derive-checker.ts';
import type { Comparison } from './expression.ts';
import { derivedTyped, fieldTable } from './field.ts';
import { plainSlotOf } from './field-slots.ts';
import { durationMs, parseWindow, type Window } from './window.ts';

type EventFeature = Exclude<FeatureDefinition, { agg: 'ratio' }>;
type Sequence = Extract<FeatureDefinition, { agg: 'sequence' }>;
type Condition = Typed & Pick<CheckedExpression, 'reads'>;

const SCALARS: readonly ValueType[] = ['int', 'string', 'bool'];
/** What `by` may be. */
const BY_TYPES: Readonly<Record<'top_key' | 'group_count' | 'sequence', readonly ValueType[]>> = {
  top_key: ['int'],
  group_count: SCALARS,
  sequence: ['string'],
};

function both(left: Condition, right: Condition): Condition {
  const reads = {
    ...right.reads,
    fields: new Set([...left.reads.fields, ...right.reads.fields]),
    features: new Set([...left.reads.features, ...right.reads.features]),
    thresholds: left.reads.thresholds || right.reads.thresholds,
  };
  return { ...logicTyped('&&', left, right), reads };
}

export class FeatureChecker {
  readonly predicates: Predicate[] = [];
  readonly derives: DeriveProgram[] = [];
  /** Predicates that make an event trigger the rule. */
  readonly triggers = new Set<number>();
  readonly #checking: Checking;
  readonly #predicateAt = new Map<string, number>();

  constructor(checking: Checking) {
    this.#checking = checking;
  }

  #predicate(path: Path, text: string | undefined, derived: DerivedKind | null, features: boolean): number {
    const key = `${derived ?? 'event'}:${text ?? ''}`;
    const known = this.#predicateAt.get(key);
    if (known !== undefined) return known;
    const environment = this.#checking.names.overEvents({ features, derived });
    const compiled = text === undefined ? null : this.#checking.expression(path, text, environment, 'bool');
    return this.#enter(key, compiled, derived);
  }

  #enter(key: string, compiled: Condition | null, derived: DerivedKind | null): number {
    const reads = compiled?.reads;
    const fields = [...(reads?.fields ?? [])];
    // Pair fields alone change only where reversals or the cap touch a history.
    const changes =
      derived !== null || (reads !== undefined && (reads.features.size > 0 || reads.thresholds));
    this.predicates.push({
      run: compiled?.run ?? ALWAYS,
      tree: compiled?.tree ?? ALWAYS_TREE,
      gate: compiled?.gate ?? null,
      parts:
        compiled === null || compiled.fixed === null || compiled.rest === null || !changes
          ? null
          : { fixed: compiled.fixed, rest: compiled.rest },
      fields,
      readsFeatures: (reads?.features.size ?? 0) > 0,
      readsThresholds: reads?.thresholds ?? false,
      readsPair: fields.includes('pairAgeMs') || fields.includes('pairOrdinal'),
      readsDerived: derived !== null,
    });
    const position = this.predicates.length - 1;
    this.#predicateAt.set(key, position);
    return position;
  }

  /** The `where` of a sequence stands before each of its steps. */
  #sequence(path: Path, { where, steps, within, over }: Sequence): SequenceProgram {
    const environment = this.#checking.names.overEvents({ features: true, derived: null });
    const compile = (at: Path, text: string) => this.#checking.expression(at, text, environment, 'bool');
    const before = where === undefined ? null : compile([...path, 'where'], where);
    const positions = steps.map((text, i) => {
      const at = [...path, 'steps', i];
      if (where === undefined) return this.#predicate(at, text, null, true);
      const key = `step:${JSON.stringify([where, text])}`;
      const known = this.#predicateAt.get(key);
      if (known !== undefined) return known;
      const step = compile(at, text);
      return this.#enter(key, before === null || step === null ? null : both(before, step), null);
    });
    const withinMs = durationMs(within);
    if (withinMs > parseWindow(over).lengthMs) {
      this.#checking.add('RAS-RULES-WINDOW', this.#checking.yaml.position([...path, 'within']), {
        detail: `within ${within} > over ${over}`,
      });
    }
    return { steps: positions, withinMs };
  }

  derive(name: string, definition: DeriveDefinition): void {
    this.derives.push(
      deriveProgram(name, definition, {
        checking: this.#checking,
        window: this.#window(['derive', name], definition.over),
        predicate: (key, text) => this.#predicate(['derive', name, key], text, null, false),
        read: (key, field, type) => this.#fieldRead(['derive', name, key], field, [type], null),
      }),
    );
  }

  feature(name: string, definition: FeatureDefinition): FeatureProgram {
    const program =
      definition.agg === 'ratio' ? this.#ratio(name, definition) : this.#overWindow(name, definition);
    this.#checking.names.addFeature(name, program.type);
    return program;
  }

  #ratio(name: string, definition: Extract<FeatureDefinition, { agg: 'ratio' }>): FeatureProgram {
    return {
      ...BLANK_FEATURE,
      name,
      type: 'double',
      definition,
      operands: [this.#operand(name, 'num', definition.num), this.#operand(name, 'den', definition.den)],
      evidence: false,
      unit: 'share',
    };
  }

  #operand(feature: string, key: 'num' | 'den', name: string): number {
    const at = this.#checking.yaml.position(['features', feature, key]);
    const position = this.#checking.names.featurePosition(name);
    if (position === null) {
      const declared = Object.hasOwn(this.#checking.file.features, name);
      this.#checking.add(declared ? 'RAS-RULES-ORDER' : 'RAS-RULES-NAME', at, { name });
      return 0;
    }
    this.#checking.used.add(`feature.${name}`);
    const found = this.#checking.names.featureType(position);
    if (found !== 'int') this.#checking.add('RAS-RULES-TYPE', at, { expected: 'int', found });
    return position;
  }

  #overWindow(name: string, definition: EventFeature): FeatureProgram {
    const path: Path = ['features', name];
    const skip = 'skip' in definition ? definition.skip : undefined;
    const from = this.#from(name, 'from' in definition ? definition.from : undefined);
    const derived = from === null ? null : this.derives[from]!.make;
    const of = this.#ofReads(name, definition, derived);
    const by =
      'by' in definition && definition.by !== undefined
        ? this.#fieldRead([...path, 'by'], definition.by, BY_TYPES[definition.agg], derived)
        : null;
    const program: FeatureProgram = {
      ...BLANK_FEATURE,
      name,
      type: featureType(definition, of[0] === undefined ? null : this.#readType(of[0])),
      definition,
      window: this.#window(path, definition.over, skip),
      from,
      of,
      by,
      evidence: definition.evidence,
      unit: this.#unit(definition, of[0], derived),
      ...(definition.agg === 'dwell'
        ? {
            in: this.#predicate([...path, 'in'], definition.in, null, true),
            out: this.#predicate([...path, 'out'], definition.out, null, true),
          }
        : definition.agg === 'sequence'
          ? { sequence: this.#sequence(path, definition) }
          : { where: this.#predicate([...path, 'where'], definition.where, derived, true) }),
      ...(definition.agg === 'share'
        ? { part: this.#predicate([...path, 'part'], definition.part, derived, true) }
        : {}),
    };
    if (program.evidence && skip === undefined) this.#addTriggers(program);
    return program;
  }

  /** What makes an event trigger the rule (SEMANTICS §9); for sub-events, what they are made of. */
  #addTriggers(feature: FeatureProgram): void {
    const derive = feature.from === null ? null : this.derives[feature.from];
    const positions = derive
      ? derive.conditions
      : [feature.where, feature.in, feature.out, ...(feature.sequence?.steps ?? [])];
    for (const position of positions) if (position !== null) this.triggers.add(position);
  }

  #from(feature: string, name: string | undefined): number | null {
    if (name === undefined) return null;
    const position = this.derives.findIndex((derive) => derive.name === name);
    if (position < 0) {
      this.#checking.add('RAS-RULES-NAME', this.#checking.yaml.position(['features', feature, 'from']), {
        name,
      });
      return null;
    }
    this.#checking.used.add(`derive.${name}`);
    return position;
  }

  #ofReads(name: string, definition: EventFeature, derived: DerivedKind | null): FieldRead[] {
    if (!('of' in definition) || definition.of === undefined) return [];
    const path = ['features', name, 'of'];
    if (definition.agg === 'distinct') {
      return definition.of.split(',').map((field) => this.#fieldRead(path, field.trim(), SCALARS, derived));
    }
    const types: readonly ValueType[] =
      definition.agg === 'top_key'
        ? ['string']
        : definition.agg === 'first' || definition.agg === 'last'
          ? SCALARS
          : ['int'];
    return [this.#fieldRead(path, definition.of, types, derived)];
  }

  #fieldRead(path: Path, name: string, types: readonly ValueType[], derived: DerivedKind | null): FieldRead {
    const typed = this.#readTyped(name, derived);
    if (typed === undefined) {
      const { code, params } = this.#checking.names.refusal(name, derived) ?? { code: 'RAS-RULES-NAME' };
      this.#checking.add(code, this.#checking.yaml.position(path), { name, ...params });
      return { name: 'time', slot: -1, run: () => null };
    }
    if (!types.includes(typed.type)) {
      const expected = types.join(' | ');
      this.#checking.add('RAS-RULES-TYPE', this.#checking.yaml.position(path), {
        expected,
        found: typed.type,
      });
    }
    if (!isDerived(name)) this.#checking.fieldsRead.add(name as FieldName);
    return { name: name as FieldRead['name'], slot: plainSlotOf(name as FieldRead['name']), run: typed.run };
  }

  #readTyped(name: string, derived: DerivedKind | null): Typed | undefined {
    const field = this.#checking.names.field(name);
    if (field !== undefined) return field.typed;
    return derived !== null && isDerived(name, derived) ? derivedTyped(name) : undefined;
  }

  #readType(read: FieldRead): ValueType {
    return this.#readTyped(read.name, null)?.type ?? 'int';
  }

  #unit(definition: EventFeature, of: FieldRead | undefined, derived: DerivedKind | null): string | null {
    switch (definition.agg) {
      case 'count':
      case 'distinct':
      case 'group_count':
      case 'sequence':
        return 'count';
      case 'share':
      case 'top_share':
      case 'interval_cv':
        return 'share';
      case 'dwell':
        return 'ms';
      case 'top_key':
        return null;
      default: {
        if (of === undefined) return null;
        if (isDerived(of.name)) return derivedUnit(of.name, this.#checking.file, derived);
        return fieldTable(this.#checking.file.input)[of.name]?.unit ?? null;
      }
    }
  }

  withComparison(feature: FeatureProgram, position: number, all: readonly Comparison[]): FeatureProgram {
    const found = all.find((comparison) => comparison.feature === position);
    const param = found?.param == null ? undefined : this.#checking.file.params[found.param];
    const { name, type, definition, window, from, where, part, of, by, operands, evidence } = feature;
    // One literal, so that all features are objects of one shape: evaluators read them for every event.
    return {
      name,
      type,
      definition,
      window,
      from,
      where,
      part,
      in: feature.in,
      out: feature.out,
      sequence: feature.sequence,
      of,
      by,
      operands,
      evidence,
      comparison: found === undefined ? null : { operator: found.operator, with: found.with.run },
      unit: param?.unit ?? feature.unit,
    };
  }

  #window(path: Path, over: string, skip?: string): Window {
    const window = parseWindow(over, skip);
    if (skip !== undefined) {
      const detail =
        window.kind !== 'sliding'
          ? `skip with ${over}`
          : window.skipMs >= window.lengthMs
            ? `skip ${skip} >= over ${over}`
            : null;
      if (detail !== null)
        this.#checking.add('RAS-RULES-WINDOW', this.#checking.yaml.position([...path, 'skip']), { detail });
    }
    return window;
  }
}

const BLANK_FEATURE = {
  window: null,
  from: null,
  where: null,
  part: null,
  in: null,
  out: null,
  sequence: null,
  of: [],
  by: null,
  operands: null,
  comparison: null,
} as const;

function featureType(definition: EventFeature, of: ValueType | null): ValueType {
  switch (definition.agg) {
    case 'mean':
    case 'stddev':
    case 'interval_cv':
    case 'share':
    case 'top_share':
      return 'double';
    case 'top_key':
      return 'string';
    case 'first':
    case 'last':
      return of ?? 'int';
    default:
      return 'int';
  }
}
