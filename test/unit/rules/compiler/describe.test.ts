import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  compileRules,
  explainRule,
  loadRuleFolder,
  requirementsOf,
} from '../../../../rules/compiler/index.ts';
import { rule, ruleText } from '../../../support/rules.ts';

describe('a rule for people', () => {
  const local = (text: string) => ({ es: `${text} es`, en: `${text} en`, fr: `${text} fr` });
  const parts = {
    title: local('title'),
    explain: local('{n}'),
    params: {
      bar: { threshold: 'us-ctr', unit: 'minor', provenance: 'law' },
      min: { value: 3, unit: 'count', provenance: 'source', source: 'FIN-1' },
    },
    features: {
      n: { agg: 'count', where: 'amountUsd < params.bar && isNight', over: '10d' },
      m: { agg: 'count', over: '10d' },
      r: { agg: 'ratio', num: 'n', den: 'm' },
      s: { agg: 'sequence', steps: ['isNight', 'amount > 5'], within: '2d', over: '9d' },
      t: { agg: 'count', from: 'dark', over: '8d' },
    },
    derive: { dark: { make: 'night', over: '9d' } },
    when: 'n >= params.min && r > 0.5 || s > 3 || t > 2',
    attributions: [{ to: 'holder', role: 'unknown', weight: 1, why: local('why') }],
    benign: [{ id: 'T01', note: local('note'), when: 'm > 99', effect: 'blocks' }],
  };

  it('is told in one language', () => {
    expect(explainRule(rule(parts), 'fr')).toMatchObject({
      id: 'TST-01',
      title: 'title fr',
      explain: '{n} fr',
      when: 'n >= params.min && r > 0.5 || s > 3 || t > 2',
      features: [
        { name: 'n', agg: 'count', over: '10d' },
        { name: 'm', agg: 'count', over: '10d' },
        { name: 'r', agg: 'ratio', over: null },
        { name: 's', agg: 'sequence', over: '9d', steps: ['isNight', 'amount > 5'], within: '2d' },
        { name: 't', agg: 'count', over: '8d', of: 'night' },
      ],
      params: [
        { name: 'bar', value: null, threshold: 'us-ctr', unit: 'minor', provenance: 'law' },
        { name: 'min', value: 3, threshold: null, unit: 'count', provenance: 'source' },
      ],
      attributions: [{ to: 'holder', role: 'unknown', weight: 1, why: 'why fr' }],
      benign: [{ id: 'T01', effect: 'blocks', note: 'note fr' }],
      needs: { fields: ['occurredAt'], precision: 'hour', coverage: null },
    });
  });

  it('asks of a feed what its expressions read; a rule over signals asks nothing', () => {
    const over = {
      id: 'TST-02',
      input: 'signals',
      features: { n: { agg: 'count', where: 'signal.rule == "TST-01"', over: '1d' } },
    };
    const compiled = compileRules([
      { path: 'a', text: ruleText(parts) },
      { path: 'b', text: ruleText(over) },
    ]);
    if (!compiled.ok) throw new Error(JSON.stringify(compiled.findings));
    expect(requirementsOf(compiled.ruleSet)).toEqual([
      {
        rule: 'TST-01',
        title: local('title'),
        status: 'live',
        needs: { fields: ['occurredAt'], precision: 'hour', coverage: null },
      },
    ]);
  });
});

describe('a folder of rules', () => {
  it('is read in the order of its paths, deep, YAML only', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'rules-'));
    try {
      await mkdir(join(folder, 'b'));
      await writeFile(join(folder, 'b', 'one.yaml'), ruleText({ id: 'TST-01' }));
      await writeFile(join(folder, 'a.yaml'), ruleText({ id: 'TST-02' }));
      await writeFile(join(folder, 'notes.md'), 'not a rule');
      const sources = await loadRuleFolder(folder);
      expect(sources.map(({ path }) => path)).toEqual([
        join(folder, 'a.yaml'),
        join(folder, 'b', 'one.yaml'),
      ]);
      expect(compileRules(sources).ok).toBe(true);
      await writeFile(join(folder, 'huge.yaml'), 'x'.repeat(262_145));
      await expect(loadRuleFolder(folder)).rejects.toMatchObject({ code: 'RAS-RULES-FOLDER' });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('that is not there is an operating error', async () => {
    await expect(loadRuleFolder('/nowhere/at/all')).rejects.toMatchObject({ code: 'RAS-RULES-FOLDER' });
  });
});

describe('windows of a rule', () => {
  it.each<[Record<string, unknown>, number, number, number, number]>([
    [{}, 30, 30, 30, 30],
    [{ quiet: '12h', lookback: '90d' }, 30, 0.5, 90, 30],
    [
      { features: { n: { agg: 'count', where: 'pairOrdinal > 1', over: '30d' } }, lookback: '90d' },
      30,
      30,
      90,
      120,
    ],
    [{ features: { n: { agg: 'count', over: '2month@local' } } }, 62, 62, 62, 64],
    [{ features: { n: { agg: 'count', over: '10businessDay@US' } } }, 25, 25, 25, 27],
    [
      {
        derive: {
          c: {
            make: 'cycle',
            in: 'isOwn',
            out: 'isKin',
            of: 'amount',
            within: '1d',
            match: 'sum',
            over: '40d',
          },
        },
        features: { n: { agg: 'count', from: 'c', over: '10d' } },
      },
      40,
      40,
      40,
      40,
    ],
  ])('%o: longest, quiet, lookback and history in days', (parts, ...wanted) => {
    const { longestWindowMs, quietMs, lookbackMs, historyMs } = rule(parts);
    expect([longestWindowMs, quietMs, lookbackMs, historyMs].map((ms) => ms / 86_400_000)).toEqual(wanted);
  });
});
