/** The meaning of a rule file beyond its shape: names, types, windows, attributions. Builds the program. */
import { PRECISIONS, type Precision } from '../../schemas/enumerations.ts';
import type { FeatureDefinition, RuleFile } from '../../schemas/rule.ts';
import type {
  CheckedRule,
  Closure,
  DeriveProgram,
  FeatureProgram,
  FieldName,
  FieldRead,
  Predicate,
  RuleNeeds,
  RuleProgram,
  ValueType,
} from './checked-rule.ts';
import {
  type Comparison,
  compileExpression,
  constant,
  type Environment,
  emptyReads,
  type Reads,
  type Typed,
} from './expression.ts';
import { derivedTyped, fieldTable } from './field.ts';
import type { Finding, FindingCode } from './finding.ts';
import { isDerived, Names } from './names.ts';
import type { Position, YamlSource } from './source.ts';
import { durationMs, parseWindow, type Window, windowReachMs } from './window.ts';

type Path = readonly (string | number)[];
type EventFeature = Exclude<FeatureDefinition, { agg: 'ratio' }>;

const ALWAYS: Closure = () => true;
const SCALARS: readonly ValueType[] = ['int', 'string', 'bool'];

/** The checked rule, or what is wrong with it. */
export function checkRule(
  file: RuleFile,
  path: string,
  yaml: YamlSource,
  thresholdIds: ReadonlySet<string> | undefined,
): CheckedRule | { readonly findings: readonly Finding[] } {
  const checker = new RuleChecker(file, path, yaml);
  return checker.check(thresholdIds);
}

class RuleChecker {
  readonly #file: RuleFile;
  readonly #path: string;
  readonly #yaml: YamlSource;
  readonly #names: Names;
  readonly #thresholds: string[];
  readonly #findings: Finding[] = [];
  readonly #predicates: Predicate[] = [];
  readonly #predicateAt = new Map<string, number>();
  readonly #triggers = new Set<number>();
  readonly #derives: DeriveProgram[] = [];
  readonly #fieldsRead = new Set<FieldName>();
  readonly #used = new Set<string>();
  readonly #rulesNamed = new Map<string, Position>();

  constructor(file: RuleFile, path: string, yaml: YamlSource) {
    this.#file = file;
    this.#path = path;
    this.#yaml = yaml;
    const ids = Object.values(file.params).flatMap((param) =>
      'threshold' in param ? [param.threshold] : [],
    );
    this.#thresholds = [...new Set(ids)];
    this.#names = new Names(file, this.#thresholds);
  }

  check(thresholdIds: ReadonlySet<string> | undefined): CheckedRule | { findings: readonly Finding[] } {
    const file = this.#file;
    this.#checkNames();
    this.#checkThresholds(thresholdIds);
    for (const [name, text] of Object.entries(file.let)) this.#let(name, text);
    for (const [name, derive] of Object.entries(file.derive)) this.#derive(name, derive);
    const features: FeatureProgram[] = [];
    for (const [name, definition] of Object.entries(file.features)) {
      features.push(this.#feature(name, definition));
    }
    const when = this.#expression(['when'], file.when, this.#names.overFeatures(), 'bool');
    const benign = file.benign.map((test, i) => ({
      id: test.id,
      blocks: test.effect === 'blocks',
      lowersMilli: test.lowers_milli,
      run:
        this.#expression(['benign', i, 'when'], test.when, this.#names.overFeatures(), 'bool')?.run ?? ALWAYS,
    }));
    const strength = this.#strength();
    const attributionFeatures = this.#attributions();
    this.#explain();
    this.#checkStatus();
    this.#checkUnused();
    if (this.#findings.length > 0) return { findings: this.#findings };
    const program: RuleProgram = {
      thresholds: this.#thresholds,
      predicates: this.#predicates,
      triggers: [...this.#triggers],
      derives: this.#derives,
      features: features.map((feature, position) =>
        this.#withComparison(feature, position, when?.comparisons),
      ),
      when: when?.run ?? ALWAYS,
      benign,
      strength,
      attributionFeatures,
      params: Object.keys(file.params).map((name) => ({ name, run: this.#names.param(name)!.run })),
    };
    return this.#assemble(program);
  }

  #assemble(program: RuleProgram): CheckedRule {
    const file = this.#file;
    const windows = [...program.features, ...program.derives].flatMap((part) =>
      part.window === null ? [] : [part.window],
    );
    const longestWindowMs = Math.max(...windows.map((window) => window.lengthMs), 0);
    const lookbackMs = file.lookback === undefined ? longestWindowMs : durationMs(file.lookback);
    const readsPair = this.#fieldsRead.has('pairAgeMs') || this.#fieldsRead.has('pairOrdinal');
    const reachMs = Math.max(...windows.map(windowReachMs), 0) + (readsPair ? lookbackMs : 0);
    if (windows.some((window) => window.kind !== 'sliding')) this.#fieldsRead.add('localDay');
    return {
      id: file.id,
      version: file.version,
      majorVersion: Number(file.version.split('.')[0]),
      status: file.status,
      input: file.input,
      subjects: typeof file.subject === 'string' ? [file.subject] : file.subject,
      family: file.family,
      weight: file.weight,
      form: file.form,
      holderRole: file.holderRole,
      path: this.#path,
      file,
      longestWindowMs,
      quietMs: file.quiet === undefined ? longestWindowMs : durationMs(file.quiet),
      lookbackMs,
      historyMs: reachMs,
      fieldsRead: [...this.#fieldsRead].sort(),
      needs: this.#needs(),
      readsStatus: this.#fieldsRead.has('status'),
      rulesNamed: [...this.#rulesNamed.keys()].sort(),
      program,
    };
  }

  #needs(): RuleNeeds {
    const { needs, input } = this.#file;
    const table = fieldTable(input);
    const fields = new Set<string>();
    let finest = needs.precision === undefined ? PRECISIONS.length : PRECISIONS.indexOf(needs.precision);
    for (const name of this.#fieldsRead) {
      const field = table[name];
      if (field === undefined) continue;
      if (field.needs !== null) fields.add(field.needs);
      if (field.precision !== undefined) finest = Math.min(finest, PRECISIONS.indexOf(field.precision));
    }
    const precision: Precision | null = PRECISIONS[finest] ?? null;
    return { fields: [...fields].sort(), precision, coverage: needs.coverage ?? null };
  }

  // --- names -------------------------------------------------------------------------------------------------------

  #checkNames(): void {
    const seen = new Set<string>();
    for (const section of ['let', 'derive', 'features'] as const) {
      for (const name of Object.keys(this.#file[section])) {
        if (this.#names.isTaken(name) || seen.has(name)) {
          this.#add('RAS-RULES-COLLISION', this.#yaml.keyPosition([section, name]), { name });
        }
        seen.add(name);
      }
    }
  }

  #checkThresholds(ids: ReadonlySet<string> | undefined): void {
    if (ids === undefined) return;
    for (const [name, param] of Object.entries(this.#file.params)) {
      if ('threshold' in param && !ids.has(param.threshold)) {
        const at = this.#yaml.position(['params', name, 'threshold']);
        this.#add('RAS-RULES-DANGLING', at, { name: param.threshold, what: 'threshold' });
      }
    }
  }

  /** A `let`, a param, a feature or a derived kind that nothing reads. A param may be read by an explanation alone. */
  #checkUnused(): void {
    // What failed to compile has read nothing: only a rule that is otherwise right is asked.
    if (this.#findings.length > 0) return;
    for (const [section, prefix] of [
      ['params', 'params.'],
      ['let', 'let.'],
      ['derive', 'derive.'],
      ['features', 'feature.'],
    ] as const) {
      for (const name of Object.keys(this.#file[section])) {
        if (this.#used.has(prefix + name)) continue;
        this.#add('RAS-RULES-UNUSED', this.#yaml.keyPosition([section, name]), {
          name: section === 'params' ? `params.${name}` : name,
        });
      }
    }
  }

  #note(reads: Reads): void {
    for (const field of reads.fields) this.#fieldsRead.add(field);
    for (const name of reads.params) this.#used.add(`params.${name}`);
    for (const name of reads.lets) this.#used.add(`let.${name}`);
    const featureNames = Object.keys(this.#file.features);
    for (const position of reads.features) this.#used.add(`feature.${featureNames[position]}`);
  }

  // --- expressions over events -------------------------------------------------------------------------------------

  #expression(path: Path, text: string, environment: Environment, type: ValueType) {
    const result = compileExpression(text, environment, type);
    if (!result.ok) {
      for (const { code, params, offset } of result.problems) {
        this.#add(code, this.#yaml.positionInside(path, offset), params);
      }
      return null;
    }
    this.#note(result.reads);
    for (const { id, offset } of result.reads.rules) {
      this.#rulesNamed.set(id, this.#yaml.positionInside(path, offset));
    }
    return { ...result.typed, reads: result.reads, comparisons: result.comparisons };
  }

  #let(name: string, text: string): void {
    const environment = this.#names.overEvents({ features: false, derived: false });
    const result = compileExpression(text, environment, null);
    if (!result.ok) {
      for (const { code, params, offset } of result.problems) {
        this.#add(code, this.#yaml.positionInside(['let', name], offset), params);
      }
      this.#names.addLet(name, constant('bool', true), emptyReads());
      return;
    }
    this.#note(result.reads);
    this.#names.addLet(name, result.typed, result.reads);
  }

  #predicate(path: Path, text: string | undefined, derived: boolean, features: boolean): number {
    const key = `${derived ? 'derived' : 'event'}:${text ?? ''}`;
    const known = this.#predicateAt.get(key);
    if (known !== undefined) return known;
    const environment = this.#names.overEvents({ features, derived });
    const compiled = text === undefined ? null : this.#expression(path, text, environment, 'bool');
    const reads = compiled?.reads;
    const fields = [...(reads?.fields ?? [])];
    this.#predicates.push({
      run: compiled?.run ?? ALWAYS,
      fields,
      readsFeatures: (reads?.features.size ?? 0) > 0,
      readsThresholds: reads?.thresholds ?? false,
      readsPair: fields.includes('pairAgeMs') || fields.includes('pairOrdinal'),
      readsDerived: derived,
    });
    const position = this.#predicates.length - 1;
    this.#predicateAt.set(key, position);
    return position;
  }

  #derive(name: string, derive: RuleFile['derive'][string]): void {
    const window = this.#window(['derive', name], derive.over);
    const withinMs = durationMs(derive.within);
    if (withinMs > window.lengthMs) {
      this.#add('RAS-RULES-WINDOW', this.#yaml.position(['derive', name, 'within']), {
        detail: `within ${derive.within} > over ${derive.over}`,
      });
    }
    this.#derives.push({
      name,
      window,
      in: this.#predicate(['derive', name, 'in'], derive.in, false, false),
      out: this.#predicate(['derive', name, 'out'], derive.out, false, false),
      of: this.#fieldRead(['derive', name, 'of'], derive.of, ['int'], false),
      withinMs,
      match: derive.match,
    });
  }

  // --- features ----------------------------------------------------------------------------------------------------

  #feature(name: string, definition: FeatureDefinition): FeatureProgram {
    const program =
      definition.agg === 'ratio' ? this.#ratio(name, definition) : this.#overWindow(name, definition);
    this.#names.addFeature(name, program.type);
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
    const at = this.#yaml.position(['features', feature, key]);
    const position = this.#names.featurePosition(name);
    if (position === null) {
      const declared = Object.hasOwn(this.#file.features, name);
      this.#add(declared ? 'RAS-RULES-ORDER' : 'RAS-RULES-NAME', at, { name });
      return 0;
    }
    this.#used.add(`feature.${name}`);
    const found = this.#names.featureType(position);
    if (found !== 'int') this.#add('RAS-RULES-TYPE', at, { expected: 'int', found });
    return position;
  }

  #overWindow(name: string, definition: EventFeature): FeatureProgram {
    const path: Path = ['features', name];
    const skip = 'skip' in definition ? definition.skip : undefined;
    const from = this.#from(name, 'from' in definition ? definition.from : undefined);
    const derived = from !== null;
    const of = this.#ofReads(name, definition, derived);
    const by =
      'by' in definition && definition.by !== undefined
        ? this.#fieldRead(
            [...path, 'by'],
            definition.by,
            definition.agg === 'top_key' ? ['int'] : SCALARS,
            derived,
          )
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
      unit: this.#unit(definition, of[0]),
      ...(definition.agg === 'dwell'
        ? {
            in: this.#predicate([...path, 'in'], definition.in, false, true),
            out: this.#predicate([...path, 'out'], definition.out, false, true),
          }
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
    const derive = feature.from === null ? null : this.#derives[feature.from];
    const positions = derive ? [derive.in, derive.out] : [feature.where, feature.in, feature.out];
    for (const position of positions) if (position !== null) this.#triggers.add(position);
  }

  #from(feature: string, name: string | undefined): number | null {
    if (name === undefined) return null;
    const position = this.#derives.findIndex((derive) => derive.name === name);
    if (position < 0) {
      this.#add('RAS-RULES-NAME', this.#yaml.position(['features', feature, 'from']), { name });
      return null;
    }
    this.#used.add(`derive.${name}`);
    return position;
  }

  #ofReads(name: string, definition: EventFeature, derived: boolean): FieldRead[] {
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

  #fieldRead(path: Path, name: string, types: readonly ValueType[], derived: boolean): FieldRead {
    const typed = this.#readTyped(name, derived);
    if (typed === undefined) {
      this.#add('RAS-RULES-NAME', this.#yaml.position(path), { name });
      return { name: 'time', run: () => null };
    }
    if (!types.includes(typed.type)) {
      const expected = types.join(' | ');
      this.#add('RAS-RULES-TYPE', this.#yaml.position(path), { expected, found: typed.type });
    }
    if (!isDerived(name)) this.#fieldsRead.add(name as FieldName);
    return { name: name as FieldRead['name'], run: typed.run };
  }

  #readTyped(name: string, derived: boolean): Typed | undefined {
    const field = this.#names.field(name);
    if (field !== undefined) return field.typed;
    return derived && isDerived(name) ? derivedTyped(name) : undefined;
  }

  #readType(read: FieldRead): ValueType {
    return this.#readTyped(read.name, true)?.type ?? 'int';
  }

  #unit(definition: EventFeature, of: FieldRead | undefined): string | null {
    switch (definition.agg) {
      case 'count':
      case 'distinct':
      case 'group_count':
        return 'count';
      case 'share':
      case 'top_share':
        return 'share';
      case 'dwell':
        return 'ms';
      case 'top_key':
        return null;
      default: {
        if (of === undefined) return null;
        if (isDerived(of.name)) return DERIVED_UNITS[of.name];
        return fieldTable(this.#file.input)[of.name]?.unit ?? null;
      }
    }
  }

  #withComparison(feature: FeatureProgram, position: number, all: Comparison[] | undefined): FeatureProgram {
    const found = all?.find((comparison) => comparison.feature === position);
    if (found === undefined) return feature;
    const param = found.param === null ? undefined : this.#file.params[found.param];
    return {
      ...feature,
      comparison: { operator: found.operator, with: found.with.run },
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
      if (detail !== null) this.#add('RAS-RULES-WINDOW', this.#yaml.position([...path, 'skip']), { detail });
    }
    return window;
  }

  // --- what a firing says ------------------------------------------------------------------------------------------

  #strength(): RuleProgram['strength'] {
    const { of, at, full } = this.#file.strength;
    const place = this.#yaml.position(['strength', 'of']);
    const position = this.#names.featurePosition(of);
    if (position === null) this.#add('RAS-RULES-NAME', place, { name: of });
    else {
      this.#used.add(`feature.${of}`);
      const found = this.#names.featureType(position);
      if (found !== 'int' && found !== 'double') {
        this.#add('RAS-RULES-STRENGTH', place, { detail: `${of}: ${found}` });
      }
    }
    const low = this.#bar('at', at);
    const high = this.#bar('full', full);
    if (low.constant !== undefined && low.constant === high.constant) {
      this.#add('RAS-RULES-STRENGTH', this.#yaml.position(['strength', 'full']), { detail: 'full == at' });
    }
    return { of: position ?? 0, at: low.run, full: high.run };
  }

  #bar(key: 'at' | 'full', value: number | string): Typed {
    if (typeof value === 'number') return constant('double', value);
    const at = this.#yaml.position(['strength', key]);
    const name = value.startsWith('params.') ? value.slice('params.'.length) : null;
    const param = name === null ? undefined : this.#names.param(name);
    if (param === undefined) {
      this.#add('RAS-RULES-NAME', at, { name: value });
      return constant('double', key === 'at' ? 0 : 1);
    }
    this.#used.add(`params.${name}`);
    if (param.type !== 'int' && param.type !== 'double') {
      this.#add('RAS-RULES-STRENGTH', at, { detail: `${value}: ${param.type}` });
    }
    return param;
  }

  #attributions(): (number | null)[] {
    let always = false;
    const positions = this.#file.attributions.map(({ to, role, weight }, i) => {
      const at = this.#yaml.position(['attributions', i, 'to']);
      if (role === 'potential_victim' && weight > 0) {
        const place = this.#yaml.position(['attributions', i, 'weight']);
        this.#add('RAS-RULES-ATTRIBUTION', place, { detail: 'potential_victim > 0' });
      }
      if (to === 'holder' || to === 'subject') {
        always = true;
        return null;
      }
      const position = this.#names.featurePosition(to);
      if (position === null) this.#add('RAS-RULES-NAME', at, { name: to });
      else {
        this.#used.add(`feature.${to}`);
        const found = this.#names.featureType(position);
        if (found !== 'string') this.#add('RAS-RULES-TYPE', at, { expected: 'string', found });
      }
      return position;
    });
    if (!always) {
      this.#add('RAS-RULES-ATTRIBUTION', this.#yaml.keyPosition(['attributions']), {
        detail: 'holder | subject',
      });
    }
    return positions;
  }

  #explain(): void {
    const { explain } = this.#file;
    const sets = (['es', 'en', 'fr'] as const).map((lang) => {
      const names = [...explain[lang].matchAll(/\{([^{}]+)\}/g)].map((match) => ({
        name: match[1] ?? '',
        offset: match.index + 1,
      }));
      for (const { name, offset } of names) this.#explained(lang, name, offset);
      return [...new Set(names.map(({ name }) => name))].sort().join(' ');
    });
    if (new Set(sets).size > 1) {
      this.#add('RAS-RULES-EXPLAIN', this.#yaml.keyPosition(['explain']), { where: 'explain' });
    }
  }

  /** `{feature}` or `{params.x}` in an explanation. */
  #explained(lang: 'es' | 'en' | 'fr', name: string, offset: number): void {
    const param = name.startsWith('params.') ? name.slice('params.'.length) : null;
    if (param !== null && Object.hasOwn(this.#file.params, param)) this.#used.add(`params.${param}`);
    else if (Object.hasOwn(this.#file.features, name)) this.#used.add(`feature.${name}`);
    else this.#add('RAS-RULES-NAME', this.#yaml.positionInside(['explain', lang], offset), { name });
  }

  #checkStatus(): void {
    const { status, weight } = this.#file;
    const agree = status === 'leg' ? weight === 0 : status !== 'live' || weight > 0;
    if (!agree) {
      this.#add('RAS-RULES-LEG', this.#yaml.position(['weight']), { detail: `${status}, ${weight}` });
    }
  }

  #add(code: FindingCode, at: Position, params: Finding['params']): void {
    this.#findings.push({ code, path: this.#path, ...at, params });
  }
}

const DERIVED_UNITS = { matched: 'minor', matchedShareMilli: 'milli', sources: 'count' } as const;

const BLANK_FEATURE = {
  window: null,
  from: null,
  where: null,
  part: null,
  in: null,
  out: null,
  of: [],
  by: null,
  operands: null,
  comparison: null,
} as const;

function featureType(definition: EventFeature, of: ValueType | null): ValueType {
  switch (definition.agg) {
    case 'mean':
    case 'stddev':
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
