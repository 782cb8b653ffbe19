/**
 * Every live composite raises an alert end to end: a simulated country, read as a feed is, with one case of each scenario that should
 * raise some; and for the others rows made of the firing cases of the rules that they require, all on one person. Which composites
 * are live the catalogue says, so that a new one which nothing shows fails. What is shown how is written down in
 * `rules/composites/README.md`, and compared.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { evaluate } from '../../../benchmarks/quality/evaluation.ts';
import type { CheckedComposite } from '../../../pipelines/compose/composites.ts';
import { type SimulateOptions, simulate } from '../../../pipelines/simulate/simulate.ts';
import { catalogueOf } from '../../../rules/compiler/index.ts';
import type { Alert } from '../../../schemas/alert.ts';
import { PROTECTED_ROLES } from '../../../schemas/enumerations.ts';
import { packageRoot } from '../../../schemas/package-root.ts';
import type { Signal } from '../../../schemas/signal.ts';
import { judge } from '../../../services/cli/demo-verdict.ts';
import { waitedFor } from '../../../services/docs/rule-pages.ts';
import { loadKnowledge } from '../../../services/workspace/knowledge.ts';
import { standingOf } from '../../support/planted-alerts.ts';
import { scenesOf } from '../../support/planted-composites.ts';

/** Every scenario that has a composite to raise, once. */
const WORLD = {
  seed: 1,
  people: 60,
  days: 240,
  exactly: (['S3', 'S5', 'S6', 'S7', 'S8', 'S9', 'S10', 'S11'] as const).map((kind) => ({
    kind,
    variant: 'base',
    count: 1,
  })),
} satisfies SimulateOptions;
const RESTRAINTS: ReadonlySet<string> = new Set(['restraint_referral', 'lpb_proposal']);

type Ref = { readonly institution: string; readonly id: string; readonly version: number };
const refText = ({ institution, id, version }: Ref) => `${institution}/${id}/${version}`;

const knowledge = await loadKnowledge({ cases: true });
const { composites } = knowledge;
const live = composites.filter(({ file }) => file.status === 'live');

const simulation = simulate(WORLD);
const world = await evaluate(simulation, knowledge);
const verdicts = judge(simulation.truth, world.alerts, world.signals, world.pseudonyms);
const worldRefs = new Set(
  [...simulation.transactions].map((row) => refText({ ...row, version: row.version ?? 1 })),
);

/** Alerts on those on whom suspicion falls in the truth, with a score: of a composite, and the scenario that raised it. */
const found = verdicts.flatMap((verdict) =>
  verdict.alerts
    .filter(({ scoreMilli }) => scoreMilli > 0)
    .map((alert) => ({ alert, kind: verdict.case.kind })),
);
const scenarioOf = (id: string) => found.find(({ alert }) => alert.typology === id)?.kind;

const others = live.filter(({ file }) => scenarioOf(file.id) === undefined);
const scenes = await scenesOf(others, knowledge);
const planted = await standingOf(
  scenes.flatMap(({ rows }) => rows),
  knowledge,
);
/** Scenes whose person has an alert of the composite for which every one of its rules counted. */
const shown = scenes.flatMap((scene) => {
  const alert = planted.alerts.find(
    ({ typology, subject, scoreMilli, scoreParts }) =>
      typology === scene.composite &&
      subject === scene.subject &&
      scoreMilli > 0 &&
      scene.rules.every((rule) => scoreParts.some((part) => part.rule === rule)),
  );
  return alert === undefined ? [] : [{ scene, alert }];
});

/** Level by the composite's own numbers, parts that make the score, signals and rows that exist. */
function holds(
  { file }: CheckedComposite,
  alert: Alert,
  signals: readonly Signal[],
  isRow: (ref: Ref) => boolean,
): void {
  const byId = new Map(signals.map((signal) => [signal.id, signal]));
  const { mediumMilli, highMilli, highNeeds } = file.levels;
  const isControl = alert.scoreParts.some(({ family, milli }) => milli > 0 && highNeeds.includes(family));
  expect(alert.scoreMilli).toBeGreaterThanOrEqual(mediumMilli);
  expect(alert.level).toBe(alert.scoreMilli >= highMilli && isControl ? 'high' : 'medium');
  expect(alert.scoreParts.reduce((sum, { milli }) => sum + milli, 0)).toBe(alert.scoreMilli);
  expect(alert.roles[0]?.subject).toBe(alert.subject);
  for (const { signalId, via, rule } of alert.scoreParts) {
    const signal = byId.get(signalId)!;
    if (via === 'own') {
      expect(signal.rule).toBe(rule);
      expect(signal.attributions.some(({ subject, weight }) => subject === alert.subject && weight > 0)).toBe(
        true,
      );
    }
    expect(signal.evidence.transactions.every(isRow)).toBe(true);
  }
  expect(alert.transactions.length).toBeGreaterThan(0);
  expect(alert.transactions.every(isRow)).toBe(true);
  expect(alert.evidence.transactions.every(isRow)).toBe(true);
  // Whoever is protected beside the subject is proposed for nothing.
  const spared = new Set(
    alert.roles
      .filter(({ role, subject }) => PROTECTED_ROLES.has(role) && subject !== alert.subject)
      .map(({ subject }) => subject),
  );
  for (const { on, kind } of alert.actions) expect(spared.has(on) && RESTRAINTS.has(kind)).toBe(false);
}

describe('a live composite', () => {
  test.each(live.map((composite) => [composite.file.id, composite] as const))(
    '%s raises an alert',
    (id, composite) => {
      const inWorld = found.filter(({ alert }) => alert.typology === id);
      for (const { alert } of inWorld)
        holds(composite, alert, world.signals, (ref) => worldRefs.has(refText(ref)));
      if (inWorld.length > 0) return;
      const own = shown.filter(({ scene }) => scene.composite === id);
      for (const { scene, alert } of own) {
        const refs = new Set(scene.rows.map(refText));
        holds(composite, alert, planted.signals, (ref) => refs.has(refText(ref)));
      }
      // Each way that it offers, or one of them is there for nothing.
      expect([...new Set(own.map(({ scene }) => scene.alternative))]).toEqual([
        ...composite.file.requires.keys(),
      ]);
    },
  );
});

describe('for the sake of a life, without a score', () => {
  const alone = live.filter((composite) => composite.alone.size > 0);

  test.each(alone.map((composite) => [composite.file.id, composite] as const))(
    '%s raises an alert',
    (id, composite) => {
      const people = new Set(
        verdicts
          .flatMap((verdict) => verdict.case.subjects)
          .map(({ refScheme, ref, institution }) => world.pseudonyms.party(refScheme, ref, institution)),
      );
      const alerts = world.alerts.filter(({ typology, scoreMilli }) => typology === id && scoreMilli === 0);
      expect(alerts.length).toBeGreaterThan(0);
      for (const alert of alerts) {
        expect(alert).toMatchObject({ level: 'medium', scoreParts: [], lifeSafety: { flag: true } });
        expect(people.has(alert.subject)).toBe(true);
        expect(alert.roles.every((party) => party.protected && PROTECTED_ROLES.has(party.role))).toBe(true);
        expect(alert.actions.filter(({ kind }) => RESTRAINTS.has(kind))).toEqual([]);
        expect(alert.transactions.every((ref) => worldRefs.has(refText(ref)))).toBe(true);
        const fired = world.signals.filter(({ observedHolder }) => observedHolder === alert.subject);
        expect(fired.some(({ rule }) => composite.alone.has(rule))).toBe(true);
      }
    },
  );
});

describe('nobody to protect', () => {
  test('has a score or a proposed restraint in the simulated country', () => {
    expect(verdicts.flatMap(({ harmed, harmedBoth }) => [...harmed, ...harmedBoth])).toEqual([]);
    expect(verdicts.filter(({ ok }) => ok !== true).map((verdict) => verdict.case.id)).toEqual([]);
  });

  test('has a score among the people of the scenes', () => {
    const scored = new Set(
      planted.alerts.filter(({ scoreMilli }) => scoreMilli > 0).map(({ subject }) => subject),
    );
    const suspects = new Set(scenes.map(({ subject }) => subject));
    const protectedHolders = planted.signals
      .filter(
        ({ holderRole, observedHolder }) => PROTECTED_ROLES.has(holderRole) && !suspects.has(observedHolder),
      )
      .map(({ observedHolder }) => observedHolder);
    expect(protectedHolders.length).toBeGreaterThan(0);
    expect(protectedHolders.filter((holder) => scored.has(holder))).toEqual([]);
  });
});

/** The table of the README, one row a composite. */
function tableOf(): string {
  const rows = composites.map((composite) => {
    const { id, status, requires } = composite.file;
    const scenario = scenarioOf(id);
    const ways = requires.map((_, i) =>
      shown.find(({ scene }) => scene.composite === id && scene.alternative === i)?.scene.rules.join(' + '),
    );
    const how = scenario === undefined ? `cases of ${ways.join('; ')}` : `scenario ${scenario}`;
    return `| ${id} | ${status} | ${status === 'live' ? how : waitedFor(composite, catalogueOf(knowledge.ruleSet))} |`;
  });
  const byScenario = live.length - others.length;
  return [
    `${composites.length} composites. ${live.length} live: ${byScenario} shown by simulated scenarios, ${others.length} by rows made of the ` +
      `cases of the rules that they require. ${composites.length - live.length} not live.`,
    '',
    '| composite | status | shown by, or waits for |',
    '| --- | --- | --- |',
    ...rows,
  ].join('\n');
}

test('what is shown how, and what waits, is what the README of composites says', () => {
  const text = readFileSync(join(packageRoot(), 'rules/composites/README.md'), 'utf8');
  const [, given = ''] = /<!-- shown -->\n([\s\S]*?)\n<!-- end of shown -->/.exec(text) ?? [];
  expect(given).toBe(tableOf());
});
