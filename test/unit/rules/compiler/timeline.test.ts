/** Rule sets over event time: which is in force when, and what becomes of rules and their episodes at a change. */
import { describe, expect, it } from 'vitest';
import {
  ALWAYS_MS,
  compileRules,
  mergeRuleSets,
  type RuleSet,
  ruleLookup,
  ruleSetHashAt,
  setsInForce,
  signalsOf,
} from '../../../../rules/compiler/index.ts';
import { contentId } from '../../../../schemas/ids.ts';
import { CONTEXT, DAY, event, HOUR, history, NOON, ruleText } from '../../../support/rules.ts';

const ALL = { fromMs: Number.NEGATIVE_INFINITY, untilMs: Number.POSITIVE_INFINITY };

/** A set of rules that fire from `n` events in 30 d on, by id. */
function setOf(rules: Readonly<Record<string, number>>, activeFrom = ALWAYS_MS): RuleSet {
  const sources = Object.entries(rules).map(([id, n]) => ({
    path: `${id}.yaml`,
    text: ruleText({ id, when: `n >= ${n}` }),
  }));
  const result = compileRules(sources, { activeFrom });
  if (!result.ok) throw new Error(JSON.stringify(result.findings));
  return result.ruleSet;
}

const intervals = (set: RuleSet) =>
  set.rules.map(({ id, file, inForce }) => [id, file.when, inForce.fromMs, inForce.untilMs]);

describe('the sets in force', () => {
  const set = (name: string, activeFrom: number) => ({ name, activeFrom });
  const names = (sets: ReturnType<typeof set>[]) =>
    setsInForce(sets).map(({ set: { name }, inForce }) => [name, inForce.fromMs, inForce.untilMs]);

  it('follow one another by event time, whatever the order of the log', () => {
    const sets = [set('base', ALWAYS_MS), set('march', 300), set('january', 100)];
    expect(names(sets)).toEqual([
      ['base', -Infinity, 100],
      ['january', 100, 300],
      ['march', 300, Infinity],
    ]);
  });

  it('of equal beginnings hold the one recorded later', () => {
    expect(names([set('base', ALWAYS_MS), set('first', 100), set('second', 100)])).toEqual([
      ['base', -Infinity, 100],
      ['second', 100, Infinity],
    ]);
  });

  it('are replaced, all of them, by one that has always been in force', () => {
    expect(
      names([set('base', ALWAYS_MS), set('march', 300), set('new', ALWAYS_MS), set('late', 400)]),
    ).toEqual([
      ['new', -Infinity, 400],
      ['late', 400, Infinity],
    ]);
  });

  it('may begin some day: nothing is in force before', () => {
    expect(names([set('only', 100)])).toEqual([['only', 100, Infinity]]);
  });
});

describe('versions of rules', () => {
  it('span every set that holds the same content, and begin anew after a gap', () => {
    const merged = mergeRuleSets([
      setOf({ 'TST-01': 1, 'TST-02': 1 }),
      setOf({ 'TST-01': 2, 'TST-02': 1 }, 100),
      setOf({ 'TST-01': 1 }, 200),
    ]);
    expect(intervals(merged)).toEqual([
      ['TST-01', 'n >= 1', -Infinity, 100],
      ['TST-01', 'n >= 2', 100, 200],
      ['TST-01', 'n >= 1', 200, Infinity],
      ['TST-02', 'n >= 1', -Infinity, 200],
    ]);
  });

  it('do not change with cases or with the names of files', () => {
    const later = compileRules(
      [
        {
          path: 'renamed.yaml',
          text: ruleText({
            when: 'n >= 1',
            cases: [
              { name: 'y', kind: 'fires', fires: true, events: [{ at: '2026-03-02T12:00:00Z', set: {} }] },
            ],
          }),
        },
      ],
      { activeFrom: 100 },
    );
    if (!later.ok) throw new Error('does not compile');
    expect(mergeRuleSets([setOf({ 'TST-01': 1 }), later.ruleSet]).rules.map((rule) => rule.inForce)).toEqual([
      ALL,
    ]);
  });

  it('of one set alone are that set', () => {
    const alone = setOf({ 'TST-01': 1, 'TST-02': 3 });
    const merged = mergeRuleSets([alone]);
    expect(merged).toEqual(alone);
    expect(merged.rules.map((rule) => rule.inForce)).toEqual([ALL, ALL]);
  });

  it('are found by time, and so is the hash of the set of then', () => {
    const [base, later] = [setOf({ 'TST-01': 1 }), setOf({ 'TST-01': 2, 'TST-02': 1 }, 100)];
    const merged = mergeRuleSets([base, later]);
    const rules = ruleLookup(merged);
    expect(rules.at('TST-01', 99)?.file.when).toBe('n >= 1');
    expect(rules.at('TST-01', 100)?.file.when).toBe('n >= 2');
    expect(rules.at('TST-02', 99)).toBeUndefined();
    expect([ruleSetHashAt(merged, 99), ruleSetHashAt(merged, 100)]).toEqual([base.hash, later.hash]);
    expect(merged.hash).not.toBe(base.hash);
  });
});

describe('at a change of sets', () => {
  const events = ['a', 'b', 'c', 'd'].map((id, i) => event(id, NOON + i * DAY));
  const versionsUnder = (set: RuleSet) =>
    set.rules.flatMap((rule) =>
      signalsOf(rule, history(events), CONTEXT).map(({ id, version, eventTime, evaluation }) => ({
        rule: `${rule.id} ${rule.file.when}`,
        id,
        version,
        day: (eventTime - NOON) / DAY,
        n: evaluation.features[0]?.value,
      })),
    );
  const idOf = (rule: string, opens: string) => contentId('sig', [rule, '1', 'acct_1', 'b1', opens]);

  it('a rule that stays goes on with its episode, a changed one begins anew, the old one stands', () => {
    const merged = mergeRuleSets([
      setOf({ 'TST-01': 1, 'TST-02': 1 }),
      setOf({ 'TST-01': 2, 'TST-02': 1 }, NOON + 2 * DAY),
    ]);
    const old = { rule: 'TST-01 n >= 1', id: idOf('TST-01', 'a') };
    const changed = { rule: 'TST-01 n >= 2', id: idOf('TST-01', 'c') };
    const same = { rule: 'TST-02 n >= 1', id: idOf('TST-02', 'a') };
    expect(versionsUnder(merged)).toEqual([
      { ...old, version: 1, day: 0, n: 1 },
      { ...old, version: 2, day: 1, n: 2 },
      { ...changed, version: 1, day: 2, n: 3 },
      { ...changed, version: 2, day: 3, n: 4 },
      { ...same, version: 1, day: 0, n: 1 },
      { ...same, version: 2, day: 1, n: 2 },
      { ...same, version: 3, day: 2, n: 3 },
      { ...same, version: 4, day: 3, n: 4 },
    ]);
  });

  it('a rule that ends opens nothing from then on, and one that begins reads what was before', () => {
    const merged = mergeRuleSets([setOf({ 'TST-01': 1 }), setOf({ 'TST-02': 4 }, NOON + DAY + 1)]);
    expect(versionsUnder(merged).map(({ rule, day, n }) => [rule, day, n])).toEqual([
      ['TST-01 n >= 1', 0, 1],
      ['TST-01 n >= 1', 1, 2],
      ['TST-02 n >= 4', 3, 4],
    ]);
  });

  it('one signal may open an episode under each version of a rule over signals: their ids differ', () => {
    const over = (n: number, activeFrom: number) => {
      const base = { path: 'base.yaml', text: ruleText({ id: 'BAS-01' }) };
      const features = { n: { agg: 'count', where: 'signal.rule == "BAS-01"', over: '30d' } };
      const text = ruleText({
        id: 'TST-09',
        input: 'signals',
        subject: 'holder',
        features,
        when: `n >= ${n}`,
      });
      const result = compileRules([base, { path: 'over.yaml', text }], { activeFrom });
      if (!result.ok) throw new Error(JSON.stringify(result.findings));
      return result.ruleSet;
    };
    const merged = mergeRuleSets([over(1, ALWAYS_MS), over(2, NOON + DAY)]);
    const signalEvent = (version: number, time: number) =>
      event('sig_1', time, { 'signal.rule': 'BAS-01' }, { institution: 'signal', version });
    const read = history([
      signalEvent(1, NOON),
      signalEvent(2, NOON + DAY),
      signalEvent(3, NOON + DAY + 2 * HOUR),
    ]);
    const openings = new Map<string, number>();
    const ids = merged.rules
      .filter((rule) => rule.id === 'TST-09')
      .map((rule) => signalsOf(rule, read, CONTEXT, openings).map(({ id, version }) => [id, version]));
    const opener = ['TST-09', '1', 'acct_1', 'signal', 'sig_1'];
    const [first, second] = [contentId('sig', opener), contentId('sig', [...opener, '1'])];
    expect(ids).toEqual([
      [[first, 1]],
      [
        [second, 1],
        [second, 2],
      ],
    ]);
  });
});
