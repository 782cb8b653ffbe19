/** Parameters that are quantiles of peers: what the compiler refuses, and what a reading says of them. */
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { runCases } from '../../../../rules/compiler/cases.ts';
import { checkPeers, compileRule, evaluateAt, readsReference } from '../../../../rules/compiler/index.ts';
import { type PeerFile, peerFile } from '../../../../schemas/peers.ts';
import { CONTEXT, DAY, event, history, NOON, ruleText } from '../../../support/rules.ts';

const title = { es: 'x', en: 'x', fr: 'x' };

function definition(parts: Partial<Record<keyof PeerFile, unknown>> = {}): PeerFile {
  return peerFile.parse({
    kind: 'peers',
    name: 'usual',
    version: '1.0.0',
    title,
    sources: [{ document: 'Test', year: 2026 }],
    by: ['holderSector'],
    minAccounts: 20,
    quantiles: [500, 950],
    unit: 'count',
    features: { n: { agg: 'count', over: '1d' } },
    measure: 'n',
    ...parts,
  });
}

const BAR = { peer: 'usual', quantile: 950, unit: 'count', provenance: 'peers' };

function compiled(param: object, parts: object = {}, definitions = [definition()]) {
  const text = ruleText({ params: { bar: param }, when: 'n >= params.bar', ...parts });
  const peers = new Map(definitions.map((each) => [each.name, each]));
  return compileRule({ path: 'rule.yaml', text }, { peers });
}
function findings(...given: Parameters<typeof compiled>): string[] {
  const result = compiled(...given);
  return result.ok ? [] : result.findings.map(({ code }) => code);
}
function ruleOf(...given: Parameters<typeof compiled>) {
  const result = compiled(...given);
  if (!result.ok) throw new Error(JSON.stringify(result.findings));
  return result.rule;
}

describe('a parameter that names peers', () => {
  it('needs a definition, a quantile that it keeps, and its unit', () => {
    expect(findings(BAR)).toEqual([]);
    expect(findings(BAR, {}, [])).toEqual(['RAS-RULES-DANGLING']);
    expect(findings({ ...BAR, quantile: 900 })).toEqual(['RAS-RULES-DANGLING']);
    expect(findings({ ...BAR, unit: 'minor' })).toEqual(['RAS-RULES-TYPE']);
    expect(findings({ ...BAR, provenance: 'default' })).toEqual(['RAS-RULES-SHAPE']);
  });

  it('has the type of its unit', () => {
    const shares = definition({
      unit: 'share',
      features: { s: { agg: 'share', part: 'isNight', over: '1d' } },
      measure: 's',
    });
    const share = { ...BAR, unit: 'share' };
    expect(findings(share, {}, [shares])).toEqual([]);
    expect(findings(share, { when: 'n >= 2 * params.bar' }, [shares])).toEqual(['RAS-RULES-TYPE']);
    expect(findings(BAR, { when: 'n >= 2 * params.bar' })).toEqual([]);
  });

  it('is reference data: the rule is evaluated again where it changes, and is another one for other groups', () => {
    const rule = ruleOf(BAR);
    expect(readsReference(rule)).toBe(true);
    expect(rule.fieldsRead).toContain('holderSector');
    // A feed without sectors has no peers, and the rule goes on.
    expect(rule.needs.fields).not.toContain('party.sector');
    const others = ruleOf(BAR, {}, [definition({ by: ['ccy'] })]);
    expect(others.contentHash).not.toBe(rule.contentHash);
  });

  it('says in a reading which quantile of whom it was, of which day and of how many accounts', () => {
    const context = {
      ...CONTEXT,
      peerAt: (_table: string, _quantile: number, group: readonly string[]) =>
        group[0] === 'NAICS:7224' ? { value: 2, day: '2026-03-01', accounts: 40 } : null,
    };
    const events = history([
      event('a', NOON, { holderSector: 'NAICS:7224' }),
      event('b', NOON + 1, { holderSector: 'NAICS:7224' }),
      event('c', NOON + DAY, { holderSector: 'unknown' }),
    ]);
    const rule = ruleOf(BAR);
    const about = { param: 'bar', table: 'usual', quantileMilli: 950, unit: 'count' };
    const known = evaluateAt(rule, events, 1, context);
    expect([known.truth, known.params['bar'], known.features[0]?.threshold]).toEqual([true, 2, 2]);
    expect(known.peers).toEqual([
      { ...about, group: ['NAICS:7224'], value: 2, day: '2026-03-01', accounts: 40 },
    ]);
    const unknown = evaluateAt(rule, events, 2, context);
    expect([unknown.truth, unknown.params['bar']]).toEqual([null, null]);
    expect(unknown.peers).toEqual([{ ...about, group: null, value: null, day: null, accounts: null }]);
    expect(
      evaluateAt(ruleOf({ value: 2, unit: 'count', provenance: 'default' }), events, 1, context),
    ).not.toHaveProperty('peers');
  });

  it('is what a case says it is, unknown where it says nothing', () => {
    const one = { at: '2026-03-02T12:00:00Z', times: 3, every: '1h', set: { holderSector: 'NAICS:7224' } };
    const cases = [
      { name: 'above', kind: 'fires', fires: true, peers: { 'usual.p950': 3 }, events: [one] },
      { name: 'below', kind: 'silent', fires: false, peers: { 'usual.p950': 4 }, events: [one] },
      { name: 'no table', kind: 'silent', fires: false, events: [one] },
      { name: 'nobody named it', kind: 'silent', fires: false, peers: { 'usual.p500': 1 }, events: [one] },
    ];
    expect(runCases(ruleOf(BAR, { cases }), CONTEXT).map(({ problems }) => problems)).toEqual([
      [],
      [],
      [],
      ['the rule names no peers usual.p500'],
    ]);
  });
});

describe('a definition', () => {
  const said = (parts: Parameters<typeof definition>[0]) => {
    const one = definition(parts);
    return checkPeers(one, { path: 'peers/usual.yaml', text: stringify(one) }).map(
      ({ code, params }) => `${code} ${String(params['detail'] ?? params['name'] ?? params['found'])}`,
    );
  };

  it('is checked as rules are', () => {
    expect(said({})).toEqual([]);
    expect(said({ features: { n: { agg: 'count', where: 'nobody == 1', over: '1d' } } })).toEqual([
      'RAS-RULES-NAME nobody',
    ]);
    expect(said({ among: 'n' })).toEqual(['RAS-RULES-TYPE int']);
    expect(said({ measure: 'm' })[0]).toBe('RAS-RULES-NAME m');
  });

  it('measures one exact number over sliding windows', () => {
    expect(said({ features: { n: { agg: 'count', over: '1day@local' } } })).toEqual([
      'RAS-RULES-PEERS 1day@local is no sliding window',
    ]);
    expect(said({ unit: 'share' })).toEqual(['RAS-RULES-PEERS n is int, share is double']);
    expect(said({ params: { b: BAR }, among: 'n > params.b' })).toEqual([
      'RAS-RULES-PEERS peers of peers are not defined',
    ]);
  });
});
