/** What all checks of one rule share: its file and names, the findings, and what was read. */
import type { PeerFile } from '../../schemas/peers.ts';
import type { RuleFile } from '../../schemas/rule.ts';
import type { Closure, FieldName, PeerBar, Tree, ValueType } from './checked-rule.ts';
import type { Typed } from './closures.ts';
import { type Comparison, compileExpression, type Environment, type Reads } from './expression.ts';
import type { Finding, FindingCode } from './finding.ts';
import { Names } from './names.ts';
import type { Position, YamlSource } from './source.ts';

/** Keys from the root of a rule file to a value. */
export type Path = readonly (string | number)[];

/** Stands in for an expression that did not compile, in a program that will not be used. */
export const ALWAYS: Closure = () => true;
export const ALWAYS_TREE: Tree = { type: 'bool', op: 'constant', value: true };

export interface CheckedExpression extends Typed {
  readonly reads: Reads;
  readonly comparisons: readonly Comparison[];
}

export class Checking {
  readonly file: RuleFile;
  readonly path: string;
  readonly yaml: YamlSource;
  readonly names: Names;
  /** Ids of the statutory thresholds that the parameters name. */
  readonly thresholds: readonly string[];
  /** Quantiles of peers that they name, with a definition. */
  readonly peers: readonly PeerBar[];
  readonly findings: Finding[] = [];
  readonly fieldsRead = new Set<FieldName>();
  /** `params.x`, `let.x`, `derive.x` and `feature.x` that something reads. */
  readonly used = new Set<string>();
  /** Rules that a rule over signals names, and where first. */
  readonly rulesNamed = new Map<string, Position>();

  constructor(file: RuleFile, path: string, yaml: YamlSource, peers: ReadonlyMap<string, PeerFile>) {
    this.file = file;
    this.path = path;
    this.yaml = yaml;
    const ids = Object.values(file.params).flatMap((param) =>
      'threshold' in param ? [param.threshold] : [],
    );
    this.thresholds = [...new Set(ids)];
    this.peers = Object.entries(file.params).flatMap(([name, param]) => {
      if (!('peer' in param)) return [];
      const by = peers.get(param.peer)?.by ?? [];
      return [{ param: name, table: param.peer, quantileMilli: param.quantile, unit: param.unit, by }];
    });
    this.names = new Names(file, this.thresholds, this.peers);
  }

  add(code: FindingCode, at: Position, params: Finding['params']): void {
    this.findings.push({ code, path: this.path, ...at, params });
  }

  /** Compiles the expression at `path`; null, with findings, if it is wrong. `type` null accepts any type. */
  expression(
    path: Path,
    text: string,
    environment: Environment,
    type: ValueType | null,
  ): CheckedExpression | null {
    const result = compileExpression(text, environment, type);
    if (!result.ok) {
      for (const { code, params, offset } of result.problems) {
        this.add(code, this.yaml.positionInside(path, offset), params);
      }
      return null;
    }
    const { typed, reads, comparisons } = result;
    for (const field of reads.fields) this.fieldsRead.add(field);
    for (const name of reads.params) this.used.add(`params.${name}`);
    for (const name of reads.lets) this.used.add(`let.${name}`);
    const featureNames = Object.keys(this.file.features);
    for (const position of reads.features) this.used.add(`feature.${featureNames[position]}`);
    for (const { id, offset } of reads.rules) {
      if (!this.rulesNamed.has(id)) this.rulesNamed.set(id, this.yaml.positionInside(path, offset));
    }
    return { ...typed, reads, comparisons };
  }
}
