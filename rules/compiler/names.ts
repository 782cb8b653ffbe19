/** The one space of names of a rule, and what each name means at a given place. */
import type { RuleFile } from '../../schemas/rule.ts';
import {
  DERIVED_FIELDS,
  type DerivedKind,
  type FieldName,
  isDerived,
  type PeerBar,
  type Value,
  type ValueType,
} from './checked-rule.ts';
import { constant, type Typed, typedOf } from './closures.ts';
import type { Environment, Meaning, Reads } from './expression.ts';
import { derivedTyped, fieldTable, fieldTyped, isProperty } from './field.ts';
import { toInt } from './integer.ts';

/** Words with a meaning of their own in expressions, attributions or explanations. */
const RESERVED: ReadonlySet<string> = new Set([
  'params',
  'signal',
  'ratio',
  'holder',
  'subject',
  'true',
  'false',
]);

interface LetEntry {
  readonly typed: Typed;
  readonly reads: Reads;
}

export class Names {
  readonly #fields = new Map<string, Meaning & { kind: 'field' }>();
  readonly #params = new Map<string, Meaning & { kind: 'param' }>();
  readonly #lets = new Map<string, LetEntry>();
  readonly #features: { readonly name: string; readonly typed: Typed }[] = [];
  readonly #declared: ReadonlySet<string>;
  /** Kinds of which the rule derives something; a cycle's fields are nobody else's names in any rule. */
  readonly #kinds: ReadonlySet<DerivedKind>;
  /** A rule that waits for what supplies properties may read them. */
  readonly #isWaiting: boolean;

  constructor(file: RuleFile, thresholds: readonly string[], peers: readonly PeerBar[]) {
    for (const [name, field] of Object.entries(fieldTable(file.input))) {
      const fieldName = name as FieldName;
      this.#fields.set(name, { kind: 'field', name: fieldName, typed: fieldTyped(fieldName, field) });
    }
    for (const [name, param] of Object.entries(file.params)) {
      if ('threshold' in param) {
        const position = thresholds.indexOf(param.threshold);
        const typed = typedOf('int', (scope) => scope.threshold(position), false, {
          op: 'threshold',
          position,
        });
        this.#params.set(name, { kind: 'param', name, typed, threshold: true });
      } else if ('peer' in param) {
        const position = peers.findIndex((bar) => bar.param === name);
        const type = param.unit === 'share' ? 'double' : 'int';
        const typed = typedOf(type, (scope) => scope.peer(position), false, { op: 'peer', position });
        this.#params.set(name, { kind: 'param', name, typed, threshold: true });
      } else {
        const typed = paramTyped(param.value, param.unit);
        this.#params.set(name, { kind: 'param', name, typed, threshold: false });
      }
    }
    this.#kinds = new Set(['cycle', ...Object.values(file.derive).map(({ make }) => make)]);
    this.#isWaiting = file.status === 'waiting';
    this.#declared = new Set([...Object.keys(file.let), ...Object.keys(file.features)]);
  }

  /** Whether a `let`, derived kind or feature may not be called so, whatever else the rule declares. */
  isTaken(name: string): boolean {
    if (this.#fields.has(name) || RESERVED.has(name)) return true;
    return [...this.#kinds].some((kind) => isDerived(name, kind));
  }

  addLet(name: string, typed: Typed, reads: Reads): void {
    this.#lets.set(name, { typed, reads });
  }

  /** Features are added in the order of their positions. */
  addFeature(name: string, type: ValueType): void {
    const position = this.#features.length;
    const shape = { op: 'feature', position } as const;
    this.#features.push({ name, typed: typedOf(type, (scope) => scope.feature(position), false, shape) });
  }

  featurePosition(name: string): number | null {
    const position = this.#features.findIndex((feature) => feature.name === name);
    return position < 0 ? null : position;
  }

  featureType(position: number): ValueType {
    return this.#features[position]!.typed.type;
  }

  param(name: string): Typed | undefined {
    return this.#params.get(name)?.typed;
  }

  /** Undefined for what `refusal` has a code for too. */
  field(name: string): (Meaning & { kind: 'field' }) | undefined {
    return this.refusal(name) === undefined ? this.#fields.get(name) : undefined;
  }

  /** Why a field that there is may not be read by this rule. */
  refusal(name: string, derived: DerivedKind | null = null): (Meaning & { kind: 'refused' }) | undefined {
    if (derived !== null && isDerived(name) && !isDerived(name, derived)) {
      const fields = DERIVED_FIELDS[derived].join(', ');
      return { kind: 'refused', code: 'RAS-RULES-DERIVED', params: { make: derived, fields } };
    }
    if (this.#isWaiting || !isProperty(name) || !this.#fields.has(name)) return undefined;
    return { kind: 'refused', code: 'RAS-RULES-SUPPLIED' };
  }

  /** Expressions over one event (`features: false` for `let` and `derive`) or over one sub-event of a kind. */
  overEvents(options: { readonly features: boolean; readonly derived: DerivedKind | null }): Environment {
    return {
      resolve: (name) => {
        const field = this.refusal(name) ?? this.#fields.get(name) ?? this.#param(name);
        if (field !== undefined) return field;
        const entry = this.#lets.get(name);
        if (entry !== undefined) return { kind: 'let', name, ...entry };
        const { derived } = options;
        if (derived !== null && isDerived(name, derived))
          return { kind: 'derived', name, typed: derivedTyped(name) };
        const feature = options.features ? this.#feature(name) : undefined;
        return feature ?? this.#later(name) ?? this.refusal(name, derived);
      },
    };
  }

  /** Expressions over features: `when` and benign tests. */
  overFeatures(): Environment {
    return { resolve: (name) => this.#feature(name) ?? this.#param(name) };
  }

  #param(name: string): Meaning | undefined {
    return name.startsWith('params.') ? this.#params.get(name.slice('params.'.length)) : undefined;
  }

  #feature(name: string): Meaning | undefined {
    const position = this.featurePosition(name);
    if (position === null) return undefined;
    return { kind: 'feature', position, typed: this.#features[position]!.typed };
  }

  #later(name: string): Meaning | undefined {
    return this.#declared.has(name) ? { kind: 'refused', code: 'RAS-RULES-ORDER' } : undefined;
  }
}

/** A share is a double even when it is written `1`, so that a rule keeps its types when the value is tuned. */
function paramTyped(value: number | string | boolean | readonly string[], unit: string): Typed {
  if (typeof value === 'string') return constant('string', value);
  if (typeof value === 'boolean') return constant('bool', value);
  if (typeof value !== 'number') return constant('set', value as Value);
  const isInt = Number.isSafeInteger(value) && unit !== 'share';
  return constant(isInt ? 'int' : 'double', isInt ? toInt(BigInt(value)) : value);
}
