import { describe, expect, it } from 'vitest';
import { compositeCaseLines, compositeTrialOf } from '../../../../pipelines/compose/trial/index.ts';
import { catalogueOf } from '../../../../rules/compiler/index.ts';
import { coverageOf } from '../../../../rules/trial/index.ts';
import { PROTECTED_ROLES } from '../../../../schemas/enumerations.ts';
import { loadComposites } from './catalogue.ts';

const { composites, playbook, ruleSet, context: evaluation } = await loadComposites();
const rules = new Map(catalogueOf(ruleSet).map((rule) => [rule.id, rule]));
const live = composites.filter(({ file }) => file.status === 'live');
type Clause = (typeof composites)[number]['file']['requires'][number]['all'][number];

/** Every way to meet a clause with exactly `min` rules. */
function choices(clause: Clause): string[][] {
  const ids = clause.of.map(({ rule }) => rule);
  const pick = (from: number, left: number): string[][] =>
    left === 0
      ? [[]]
      : ids.slice(from).flatMap((id, i) => pick(from + i + 1, left - 1).map((rest) => [id, ...rest]));
  const families = (chosen: string[]) => new Set(chosen.map((id) => rules.get(id)?.family)).size;
  return pick(0, clause.min).filter((chosen) => families(chosen) >= (clause.families ?? 1));
}

/** Every smallest set of rules that meets an alternative. */
function witnesses(all: readonly Clause[]): string[][] {
  return all
    .map(choices)
    .reduce((sets, options) => sets.flatMap((set) => options.map((option) => [...set, ...option])), [
      [],
    ] as string[][]);
}

describe('the composites', () => {
  it('are each there once, and those of the first release are live', () => {
    const ids = composites.map(({ file }) => file.id);
    expect(new Set(ids).size).toBe(ids.length);
    const inForce = live.map(({ file }) => file.id);
    expect(inForce).toEqual(expect.arrayContaining(['K-DEBT', 'K-SEX-CONTROL', 'K-SEX-VICTIMLEG', 'K-SMUG']));
  });

  it('wait only where a rule that they need is not live', () => {
    for (const { file } of composites.filter(({ file: { status } }) => status !== 'live'))
      for (const { all } of file.requires)
        for (const ids of witnesses(all))
          expect(
            ids.some((id) => rules.get(id)?.status !== 'live'),
            `${file.id}: ${ids.join()}`,
          ).toBe(true);
  });

  it.each(live.map(({ file }) => [file.id, file] as const))(
    '%s can be met by live rules alone',
    (_id, file) => {
      for (const { all } of file.requires) {
        const found = witnesses(all);
        expect(found.length).toBeGreaterThan(0);
        for (const ids of found) for (const id of ids) expect(rules.get(id)?.status, id).toBe('live');
      }
    },
  );

  it.each(composites.map(({ file }) => [file.id, file] as const))(
    '%s cannot be met by one family, nor without a rule of weight 3',
    (_id, file) => {
      for (const { all } of file.requires) {
        for (const ids of witnesses(all)) {
          const chosen = ids.map((id) => rules.get(id)!);
          expect(new Set(chosen.map(({ family }) => family)).size, ids.join()).toBeGreaterThanOrEqual(2);
          expect(Math.max(...chosen.map(({ weight }) => weight)), ids.join()).toBeGreaterThanOrEqual(3);
        }
      }
    },
  );

  it.each(composites.map(({ file }) => [file.id, file] as const))(
    '%s reaches its medium level with all of its evidence fresh and strong',
    (_id, file) => {
      for (const { all } of file.requires) {
        for (const ids of witnesses(all)) {
          const byFamily = new Map<string, number>();
          for (const id of ids) {
            const { family, weight } = rules.get(id)!;
            byFamily.set(family, (byFamily.get(family) ?? 0) + weight * 1000);
          }
          const caps = file.familyCapMilli ?? {};
          let score = 0;
          for (const [family, milli] of byFamily)
            score += Math.min(milli, caps[family as keyof typeof caps] ?? Number.POSITIVE_INFINITY);
          expect(score, ids.join()).toBeGreaterThanOrEqual(file.levels.mediumMilli);
        }
      }
    },
  );

  it('asks only for what the playbook has, and the playbook has nothing that none asks for', () => {
    for (const part of ['perishables', 'asks'] as const) {
      const asked = new Set(composites.flatMap(({ file }) => file[part]));
      expect([...asked].sort()).toEqual(Object.keys(playbook[part]).sort());
    }
  });

  it('sends nobody to an immigration-enforcement agency', () => {
    for (const { authority } of Object.values(playbook.routing))
      for (const text of Object.values(authority))
        expect(text).not.toMatch(/\b(ICE|HSI|CBP|INM|CBSA|Border Patrol|Migración)\b/);
  });
});

describe('their cases', () => {
  it.each(composites.map((composite) => [composite.file.id, composite] as const))(
    '%s: all hold, and show every branch',
    (_id, composite) => {
      const trial = compositeTrialOf(composite, ruleSet, { evaluation, playbook });
      expect(trial.cases.flatMap(compositeCaseLines)).toEqual([]);
      expect(coverageOf([{ ...trial, rule: trial.composite }]).rules[0]?.missing).toEqual([]);
      for (const kind of ['fires', 'silent', 'boundary', 'benign_twin'])
        expect(
          trial.cases.some((each) => each.kind === kind),
          kind,
        ).toBe(true);
    },
  );

  it('show of every protected holder whom a composite names that they are not scored', () => {
    const unshown = composites.flatMap(({ file, cases }) => {
      const named = file.requires.flatMap(({ all }) =>
        all.flatMap(({ of }) => of.map(({ rule }) => rules.get(rule)!)),
      );
      const protects = named.filter(
        ({ holderRole, file: rule }) =>
          PROTECTED_ROLES.has(holderRole) &&
          rule.attributions.some(({ to, weight }) => to === 'holder' && weight === 0),
      );
      const shown = new Set(
        cases.flatMap(({ signals }) =>
          signals.flatMap(({ rule, on }) => (on === 'weightless' ? [rule] : [])),
        ),
      );
      return protects.filter(({ id }) => !shown.has(id)).map(({ id }) => `${file.id} ${id}`);
    });
    expect(unshown).toEqual([]);
  });
});
