/**
 * Composition is a function of the set of signal versions, and agrees with a second, naive implementation of
 * SEMANTICS §12 that is written below from the page: it rebuilds everything for every signal version.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { composeSubject } from '../../pipelines/compose/index.ts';
import type { Alert } from '../../schemas/alert.ts';
import type { Family } from '../../schemas/enumerations.ts';
import type { Signal } from '../../schemas/signal.ts';
import { compositesOf, compositeText, DAY, rulesOf, ruleText, signal, T0 } from '../support/compose.ts';
import { contextOf } from '../support/compose-scene.ts';

const HOUR = 3_600_000;
const RUNS = Number(process.env['RASTRO_RUNS'] ?? 150);

const FACTS: Readonly<Record<string, { family: Family; weight: number }>> = {
  'SEX-01': { family: 'TIM', weight: 2 },
  'SEX-07': { family: 'FLW', weight: 3 },
  'SEX-08': { family: 'CTL', weight: 4 },
  'SMU-01': { family: 'COL', weight: 4 },
  'SMU-05': { family: 'COL', weight: 4 },
  'AML-01': { family: 'CSH', weight: 3 },
};
const RULE_IDS = Object.keys(FACTS);

const RULES = rulesOf(RULE_IDS.map((id) => ruleText({ id, ...FACTS[id]! })));

/** The two composites as the naive implementation reads them. */
const MODEL = [
  {
    id: 'K-LEG',
    requires: [
      [
        { min: 1, families: 1, of: [['SMU-01', 'own']] },
        {
          min: 1,
          families: 1,
          of: [
            ['SEX-07', 'companion'],
            ['SEX-01', 'either'],
          ],
        },
      ],
    ],
    scoring: ['SMU-01', 'SEX-07', 'SEX-01', 'SEX-08'],
    withinMs: 20 * DAY,
    halfLife: 10,
    caps: { CTL: 2500 } as Partial<Record<Family, number>>,
    medium: 3000,
    high: 6000,
    benign: [] as [string, number][],
  },
  {
    id: 'K-MOVE',
    requires: [
      [
        {
          min: 2,
          families: 2,
          of: [
            ['SMU-01', 'either'],
            ['SMU-05', 'either'],
            ['AML-01', 'either'],
          ],
        },
      ],
    ],
    scoring: ['SMU-01', 'SMU-05', 'AML-01'],
    withinMs: 45 * DAY,
    halfLife: 30,
    caps: { COL: 5000 } as Partial<Record<Family, number>>,
    medium: 3500,
    high: 5000,
    benign: [['SEX-08', 700]] as [string, number][],
  },
] as const;

const COMPOSITES = compositesOf(
  [
    compositeText({
      id: 'K-LEG',
      requires: `
  - all:
      - {min: 1, of: [{rule: SMU-01, on: own}]}
      - {min: 1, of: [{rule: SEX-07, on: companion}, {rule: SEX-01}]}`,
      supports: ['SEX-08'],
      within: '20d',
      halfLifeDays: 10,
      caps: '{CTL: 2500}',
      levels: '{mediumMilli: 3000, highMilli: 6000, highNeeds: [CTL, COL]}',
    }),
    compositeText({
      id: 'K-MOVE',
      requires: `
  - all: [{min: 2, families: 2, of: [{rule: SMU-01}, {rule: SMU-05}, {rule: AML-01}]}]`,
      within: '45d',
      caps: '{COL: 5000}',
      levels: '{mediumMilli: 3500, highMilli: 5000, highNeeds: [CTL, COL]}',
      benign: '[{id: T01, rule: SEX-08, note: {en: a, es: b, fr: c}, lowers_milli: 700}]',
    }),
  ],
  RULES,
);

interface NaivePart {
  rule: string;
  via: 'own' | 'companion';
  id: string;
  time: number;
  family: Family;
  weight: number;
  milli: number;
}

interface NaiveAlert {
  typology: string;
  openedAt: number;
  eventTime: number;
  version: number;
  scoreMilli: number;
  level: string;
}

/** What counts as of the `upTo`-th version. */
function naiveParts(model: (typeof MODEL)[number], prefix: readonly Signal[], now: number): NaivePart[] {
  const parts: NaivePart[] = [];
  for (const s of prefix) {
    if (prefix.some((other) => other.id === s.id && other.version > s.version)) continue;
    const attribution = Math.round(s.attributions[0]!.weight * 1000);
    if (attribution === 0 || s.eventTime <= now - model.withinMs) continue;
    const add = (
      rule: string,
      via: NaivePart['via'],
      id: string,
      time: number,
      family: Family,
      weight: number,
      strength: number,
    ) => {
      if (!(model.scoring as readonly string[]).includes(rule) || time <= now - model.withinMs) return;
      const days = Math.floor((now - time) / DAY);
      const freshness = Math.floor(1000 * 2 ** (-days / model.halfLife) + 1e-9);
      const milli = Number(
        (BigInt(weight) * BigInt(strength) * BigInt(freshness) * BigInt(attribution)) / 1_000_000n,
      );
      parts.push({ rule, via, id, time, family, weight, milli });
    };
    add(s.rule, 'own', s.id, s.eventTime, s.family, s.weight, s.strengthMilli);
    for (const c of s.companions)
      add(c.rule, 'companion', c.signalId, c.eventTime, c.family, c.weight, c.strengthMilli);
  }
  return parts.filter(
    (p) => p.via === 'own' || !parts.some((q) => q.via === 'companion' && q.id === p.id && q.time > p.time),
  );
}

function naiveScore(model: (typeof MODEL)[number], prefix: readonly Signal[], now: number) {
  const parts = naiveParts(model, prefix, now);
  const holds = model.requires.some((alternative) =>
    alternative.every((clause) => {
      const matched = clause.of.filter(([rule, on]) =>
        parts.some((p) => p.rule === rule && (on === 'either' || on === p.via)),
      );
      const families = new Set(matched.map(([rule]) => FACTS[rule!]!.family));
      return matched.length >= clause.min && families.size >= clause.families;
    }),
  );
  const best = RULE_IDS.map((rule) => ({
    rule,
    milli: Math.max(0, ...parts.filter((p) => p.rule === rule).map((p) => p.milli)),
  })).filter((b) => b.milli > 0);
  let score = 0;
  const families = new Set(best.map((b) => FACTS[b.rule]!.family));
  for (const family of families) {
    const sum = best.filter((b) => FACTS[b.rule]!.family === family).reduce((total, b) => total + b.milli, 0);
    score += Math.min(sum, model.caps[family] ?? sum);
  }
  for (const [rule, lowers] of model.benign) {
    const latest = prefix.filter(
      (s) => s.rule === rule && !prefix.some((o) => o.id === s.id && o.version > s.version),
    );
    if (latest.some((s) => s.eventTime > now - model.withinMs)) score -= lowers;
  }
  const fires =
    holds && families.size >= 2 && best.some((b) => FACTS[b.rule]!.weight >= 3) && score >= model.medium;
  const level = score >= model.high && (families.has('CTL') || families.has('COL')) ? 'high' : 'medium';
  /** Latest own versions behind the score with the companions they carry: what an evaluation brings. */
  const refs = new Set<string>();
  for (const s of prefix) {
    if (prefix.some((o) => o.id === s.id && o.version > s.version)) continue;
    if (s.attributions[0]!.weight === 0 || s.eventTime <= now - model.withinMs) continue;
    const mine = parts.filter(
      (p) =>
        (p.via === 'own' && p.id === s.id) ||
        (p.via === 'companion' && s.companions.some((c) => c.signalId === p.id && c.eventTime === p.time)),
    );
    if (mine.length === 0) continue;
    refs.add(`${s.id} ${s.version}`);
    for (const p of mine) if (p.via === 'companion') refs.add(`${p.id} at ${p.time}`);
  }
  return { fires, score, level, refs };
}

function naiveAlerts(signals: readonly Signal[]): NaiveAlert[] {
  const all = [...signals].sort(
    (a, b) => a.eventTime - b.eventTime || (a.id < b.id ? -1 : a.id > b.id ? 1 : a.version - b.version),
  );
  const alerts: NaiveAlert[] = [];
  for (const model of MODEL) {
    let fired = Number.NEGATIVE_INFINITY;
    let opened = 0;
    let version = 0;
    let refs = new Set<string>();
    for (let i = 0; i < all.length; i++) {
      const now = all[i]!.eventTime;
      const open = now - fired <= 30 * DAY;
      const laterInHour = all
        .slice(i + 1)
        .some(
          (s) => Math.floor(s.eventTime / HOUR) === Math.floor(now / HOUR) && s.eventTime - fired <= 30 * DAY,
        );
      if (open && laterInHour) continue;
      const result = naiveScore(model, all.slice(0, i + 1), now);
      if (!result.fires) continue;
      if (!open) {
        opened = now;
        version = 0;
        refs = new Set();
      }
      fired = now;
      const news = [...result.refs].filter((ref) => !refs.has(ref));
      if (news.length === 0) continue;
      refs = new Set([...refs, ...result.refs]);
      version++;
      alerts.push({
        typology: model.id,
        openedAt: opened,
        eventTime: now,
        version,
        scoreMilli: result.score,
        level: result.level,
      });
    }
  }
  return alerts;
}

/** Quarter hours, or whole days: windows end on whole days. */
const quarters = (days: number) =>
  fc.oneof(
    fc.integer({ min: 0, max: days * 96 }),
    fc.integer({ min: 0, max: days }).map((day) => day * 96),
  );

/** Few holders, few hours, many ties: versions of a handful of signals over up to half a year. */
const signalsArbitrary = fc
  .array(
    fc.record({
      rule: fc.constantFrom(...RULE_IDS),
      on: fc.constantFrom('par_a', 'par_b', 'par_collector'),
      name: fc.constantFrom('x', 'y'),
      attribution: fc.constantFrom(0, 0.333, 0.5, 1),
      steps: fc.array(
        fc.record({
          quarterHours: quarters(12),
          strength: fc.integer({ min: 0, max: 1000 }),
        }),
        {
          minLength: 1,
          maxLength: 5,
        },
      ),
      start: quarters(90),
      companions: fc.array(
        fc.record({
          rule: fc.constantFrom(...RULE_IDS),
          late: fc.integer({ min: 0, max: 5 }),
          strength: fc.integer({ min: 300, max: 1000 }),
        }),
        { maxLength: 3 },
      ),
    }),
    { minLength: 1, maxLength: 8 },
  )
  .map((sketches) => {
    const out: Signal[] = [];
    for (const { rule, on, name, attribution, steps, start, companions } of sketches) {
      let at = T0 + (start * HOUR) / 4;
      steps.forEach(({ quarterHours, strength }, i) => {
        at += (quarterHours * HOUR) / 4;
        out.push(
          signal({
            rule,
            ...FACTS[rule]!,
            on,
            name,
            attribution,
            at,
            version: i + 1,
            strength,
            companions: companions.map((c) => ({
              rule: c.rule,
              ...FACTS[c.rule]!,
              signalId: `sig_${c.rule}_${on}`,
              strengthMilli: c.strength,
              eventTime: at - c.late * DAY,
            })),
          }),
        );
      });
    }
    return consistent(out);
  });

/** Of one signal, versions in order of time; of one companion at one time, one content. */
function consistent(signals: readonly Signal[]): Signal[] {
  const kept: Signal[] = [];
  const companions = new Map<string, Signal['companions'][number]>();
  for (const s of signals) {
    const earlier = kept.filter((k) => k.id === s.id);
    if (earlier.some((k) => k.version >= s.version || k.eventTime > s.eventTime)) continue;
    if (earlier.length !== s.version - 1) continue;
    const seen = new Set<string>();
    const mine = s.companions
      .filter((c) => !seen.has(c.signalId) && seen.add(c.signalId) !== undefined)
      .map((c) => {
        const key = `${c.signalId}@${c.eventTime}`;
        const known = companions.get(key) ?? c;
        companions.set(key, known);
        return known;
      });
    kept.push({ ...s, companions: mine });
  }
  return kept;
}

const compose = (signals: readonly Signal[]): readonly Alert[] =>
  composeSubject('par_collector', signals, RULES, COMPOSITES, contextOf([])).alerts;

const brief = ({ typology, openedAt, eventTime, version, scoreMilli, level }: Alert): NaiveAlert => ({
  typology,
  openedAt,
  eventTime,
  version,
  scoreMilli,
  level,
});

describe('composition', () => {
  it('agrees with a naive second implementation', () => {
    let alerts = 0;
    fc.assert(
      fc.property(signalsArbitrary, (signals) => {
        const made = compose(signals).map(brief);
        alerts += made.length;
        expect(made).toEqual(naiveAlerts(signals));
      }),
      { numRuns: RUNS },
    );
    expect(alerts, 'the streams must raise alerts, or nothing was compared').toBeGreaterThan(RUNS / 10);
  });

  it('does not depend on the order in which signals come', () => {
    fc.assert(
      fc.property(
        signalsArbitrary.chain((signals) =>
          fc.tuple(fc.constant(signals), fc.shuffledSubarray(signals, { minLength: signals.length })),
        ),
        ([signals, shuffled]) => {
          expect(compose(shuffled)).toEqual(compose(signals));
        },
      ),
      { numRuns: RUNS },
    );
  });

  it('never rewrites what was said before an hour began', () => {
    fc.assert(
      fc.property(signalsArbitrary, fc.integer({ min: 0, max: 24 * 120 }), (signals, hour) => {
        const border = Math.floor(T0 / HOUR) * HOUR + hour * HOUR;
        const before = compose(signals.filter((s) => s.eventTime < border));
        expect(before).toEqual(compose(signals).filter((alert) => alert.eventTime < border));
      }),
      { numRuns: RUNS },
    );
  });

  it('gives every alert version its own (id, version) and parts that add up', () => {
    fc.assert(
      fc.property(signalsArbitrary, (signals) => {
        const alerts = compose(signals);
        expect(new Set(alerts.map((a) => `${a.id}@${a.version}`)).size).toBe(alerts.length);
        for (const { scoreParts, scoreMilli } of alerts)
          expect(scoreParts.reduce((sum, part) => sum + part.milli, 0)).toBe(scoreMilli);
      }),
      { numRuns: RUNS },
    );
  });
});
