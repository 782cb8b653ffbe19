import { describe, expect, it } from 'vitest';
import { runCases } from '../../../../rules/compiler/index.ts';
import { loadCatalogue } from './catalogue.ts';

const { rules, context } = await loadCatalogue();

// What no program asks has no cases.
const asked = rules.filter(({ status }) => status !== 'manual');

describe.each(asked.map((rule) => [rule.id, rule] as const))('%s', (_id, rule) => {
  const results = runCases(rule, context);

  it.each(results.map((result) => [result.name, result] as const))('%s', (_name, result) => {
    expect(result.problems).toEqual([]);
  });

  it('has two cases that fire, two that do not, a benign twin and a boundary', () => {
    const plain = results.filter(({ kind }) => kind === 'fires');
    const silent = results.filter(({ kind }) => kind === 'silent' || kind === 'benign_twin');
    expect(plain.length).toBeGreaterThanOrEqual(2);
    expect(plain.every(({ expected }) => expected)).toBe(true);
    expect(silent.length).toBeGreaterThanOrEqual(2);
    expect(silent.some(({ expected }) => expected)).toBe(false);
    expect(results.some(({ kind }) => kind === 'benign_twin')).toBe(true);
    expect(results.some(({ kind }) => kind === 'boundary')).toBe(true);
  });
});
