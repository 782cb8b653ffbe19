/** What a mapping alone says of the rules that its feeds can feed, before any file is read. */

import { planFields } from '../../pipelines/ingest/mapping-plan.ts';
import { providedBy } from '../../pipelines/ingest/provided.ts';
import type { RuleNeeds } from '../../rules/compiler/index.ts';
import { PRECISIONS } from '../../schemas/enumerations.ts';
import type { Mapping } from '../../schemas/mapping.ts';

export interface MappingReach {
  readonly mapping: Mapping;
  /** Ids of the rules whose needs the mapping meets. */
  readonly alone: readonly string[];
  /** ... and those that it meets with a party file beside it. */
  readonly withParties: readonly string[];
  /** The others, by the first need that is not met. */
  readonly missing: readonly { readonly what: string; readonly rules: readonly string[] }[];
}

/** Fields that rules may rely on: those that the mapping states, else what its fields carry. */
function providedByMapping(mapping: Mapping): readonly string[] {
  const { fields } = planFields(mapping);
  return (
    mapping.provides ??
    providedBy(
      fields.map(({ path }) => path),
      mapping.kind,
    )
  );
}

/** The first need that the fields, the time or the coverage do not meet; null where all are met. */
function lacking(needs: RuleNeeds, provided: ReadonlySet<string>, mapping: Mapping): string | null {
  const { coverage, precision } = mapping;
  if (coverage !== undefined && needs.coverage !== null && !needs.coverage.includes(coverage))
    return `coverage ${needs.coverage.join(' or ')}`;
  const tooCoarse =
    precision !== undefined &&
    needs.precision !== null &&
    PRECISIONS.indexOf(precision) > PRECISIONS.indexOf(needs.precision);
  if (tooCoarse) return `time to the ${needs.precision}`;
  const field = needs.fields.find((name) => !provided.has(name));
  return field === undefined ? null : `\`${field}\``;
}

/** The rules that feeds of `mapping` can evaluate, alone and with party records as `parties` reads them. */
export function reachOf(
  mapping: Mapping,
  parties: Mapping,
  rules: readonly { readonly rule: string; readonly needs: RuleNeeds }[],
): MappingReach {
  const own = new Set(providedByMapping(mapping));
  const both = new Set([...own, ...providedByMapping(parties)]);
  const alone: string[] = [];
  const withParties: string[] = [];
  const missing = new Map<string, string[]>();
  for (const { rule, needs } of rules) {
    if (lacking(needs, own, mapping) === null) alone.push(rule);
    const what = lacking(needs, both, mapping);
    if (what === null) withParties.push(rule);
    else missing.set(what, [...(missing.get(what) ?? []), rule]);
  }
  return {
    mapping,
    alone,
    withParties,
    missing: [...missing]
      .map(([what, ids]) => ({ what, rules: ids }))
      .sort((a, b) => b.rules.length - a.rules.length || (a.what < b.what ? -1 : 1)),
  };
}
