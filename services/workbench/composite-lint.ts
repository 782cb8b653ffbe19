/** What the compiler does not ask of a composite's cases: enough of them, of the kind that they say, each by its own name. */
import type { CheckedComposite } from '../../pipelines/compose/index.ts';
import type { RuleSource } from '../../rules/compiler/index.ts';
import { YamlSource } from '../../rules/compiler/source.ts';
import { CHECKS, type LintFinding } from '../../rules/lint/index.ts';

/** Kinds of which a live composite has at least one case. */
const WANTED = ['fires', 'silent', 'benign_twin'] as const;

export function compositeCaseFindings(
  composites: readonly CheckedComposite[],
  sources: readonly RuleSource[],
): LintFinding[] {
  const texts = new Map(sources.map(({ path, text }) => [path, text]));
  return composites.flatMap(({ file, cases, path }): LintFinding[] => {
    const yaml = new YamlSource(texts.get(path) ?? '');
    const findings: LintFinding[] = [];
    const report = (at: readonly PropertyKey[], message: string) => {
      const check = 'composite-cases';
      const place = at.length === 1 ? yaml.keyPosition(at) : yaml.position(at);
      findings.push({ check, path, ...place, message, hint: CHECKS[check] });
    };
    if (file.status === 'live')
      for (const wanted of WANTED)
        if (!cases.some(({ kind }) => kind === wanted)) report(['cases'], `No case of kind ${wanted}.`);
    const named = new Set<string>();
    cases.forEach(({ name, kind, fires }, i) => {
      const isWrong = fires ? kind === 'silent' || kind === 'benign_twin' : kind === 'fires';
      if (named.has(name)) report(['cases', i, 'name'], `Two cases are called \`${name}\`.`);
      if (isWrong) report(['cases', i, 'kind'], `\`${name}\` is of kind ${kind} and says fires: ${fires}.`);
      named.add(name);
    });
    return findings;
  });
}
