/** What every check of one rule reads: the checked rule, the places of its file, and where findings go. */
import { withoutCases } from '../compiler/case-cut.ts';
import type { CheckedRule, DeriveProgram, Tree } from '../compiler/checked-rule.ts';
import type { Position, YamlSource } from '../compiler/source.ts';
import { CHECKS, type CheckId, type LintFinding } from './checks.ts';

export type Path = readonly (string | number)[];

/** An expression of the file; `tree` is what the compiler made of it. */
export interface PlacedCondition {
  readonly path: Path;
  readonly tree: Tree;
}

export class RulePage {
  readonly rule: CheckedRule;
  /** The file's text up to its cases. */
  readonly yaml: YamlSource;
  readonly findings: LintFinding[] = [];

  constructor(rule: CheckedRule, yaml: YamlSource) {
    this.rule = rule;
    this.yaml = yaml;
  }

  report(check: CheckId, path: Path, message: string): void {
    this.reportAt(check, this.yaml.position(path), message);
  }

  reportAt(check: CheckId, { line, col }: Position, message: string): void {
    // A `let` is met wherever it is named: once is enough.
    if (this.findings.some((found) => found.check === check && found.message === message)) return;
    this.findings.push({ check, path: this.rule.path, line, col, message, hint: CHECKS[check] });
  }

  /** The text as it stands at a path of the file; empty where there is none. */
  textAt(path: Path): string {
    let value: unknown = this.yaml.data;
    for (const key of path) value = (value as Readonly<Record<string | number, unknown>> | undefined)?.[key];
    return typeof value === 'string' ? value : '';
  }

  /** Where the cases begin in the whole text; the file's beginning where no line does. */
  caseLine(text: string): Position {
    const before = withoutCases(text);
    return { line: before.length === text.length ? 1 : before.split('\n').length, col: 1 };
  }

  /** Conditions on events: `where`, `part`, `in`, `out` and steps (each behind its `where`) of features and derived kinds. */
  eventConditions(): PlacedCondition[] {
    const { features, derives, predicates } = this.rule.program;
    const placed = (section: string, name: string, key: string, at: number | null): PlacedCondition[] =>
      at === null ? [] : [{ path: [section, name, key], tree: predicates[at]!.tree }];
    return [
      ...derives.flatMap((derive) => [
        ...Object.entries(conditionsOf(derive)).flatMap(([key, at]) =>
          placed('derive', derive.name, key, at),
        ),
      ]),
      ...features.flatMap((feature) => [
        ...placed('features', feature.name, 'where', feature.where),
        ...placed('features', feature.name, 'part', feature.part),
        ...placed('features', feature.name, 'in', feature.in),
        ...placed('features', feature.name, 'out', feature.out),
        ...(feature.sequence?.steps ?? []).map(
          (at, i): PlacedCondition => ({
            path: ['features', feature.name, 'steps', i],
            tree: predicates[at]!.tree,
          }),
        ),
      ]),
    ];
  }

  /** Conditions over features: `when` and the benign tests. */
  featureConditions(): PlacedCondition[] {
    const { whenTree, benign } = this.rule.program;
    return [
      { path: ['when'], tree: whenTree },
      ...benign.map(({ tree }, i): PlacedCondition => ({ path: ['benign', i, 'when'], tree })),
    ];
  }
}

/** The conditions of a derived kind by their keys. */
function conditionsOf(derive: DeriveProgram): Readonly<Record<string, number>> {
  if ('where' in derive) return { where: derive.where };
  return { [derive.make === 'pay_period' ? 'start' : 'in']: derive.in, out: derive.out };
}
