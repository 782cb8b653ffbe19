/** The infrastructure of the world moves money all day, and the truth names all of it. */
import { describe, expect, it } from 'vitest';
import { simulate } from '../../../../pipelines/simulate/simulate.ts';

const simulation = simulate({
  seed: 6,
  people: 900,
  days: 60,
  exactly: [{ kind: 'B1', variant: 'base', count: 1 }],
});
const rows = [...simulation.transactions];
const named = new Map([...simulation.parties].map((party) => [party.name!, party]));
const active = new Set(rows.flatMap((row) => [row.debtor?.account?.token, row.creditor?.account?.token]));

describe('the infrastructure', () => {
  it.each([
    'Remittance Settlement US',
    'Remittance Aggregator US',
    'Card Acquirer MX',
    'Wallet Issuer MX',
    'Payroll Bureau CA',
    'Nodo Exchange US',
    'Corner Store Correspondent MX',
    'Revenue MX',
  ])('%s is in the truth as infrastructure, and acts', (name) => {
    const party = named.get(name)!;
    const subject = simulation.truth.infrastructure.find(({ ref }) => ref === party.ref);
    expect(subject).toMatchObject({ role: 'infrastructure', standing: 'infrastructure', protected: false });
    if (name !== 'Nodo Exchange US')
      expect(
        party.accounts.some(({ token }) => active.has(token)),
        name,
      ).toBe(true);
  });

  it('looks like what rules look for: many payers of equal sums, passed on whole, at night too', () => {
    const wallet = named.get('Wallet Issuer MX')!.accounts[0]!.token;
    const loads = rows.filter((row) => row.creditor?.account?.token === wallet && row.rail === 'spei');
    const amounts = new Set(loads.map((row) => row.settled.amount));
    expect(loads.length).toBeGreaterThan(100);
    expect(new Set(loads.map((row) => row.debtor?.account?.token)).size).toBeGreaterThan(100);
    for (const usual of ['100.00', '200.00', '500.00']) expect(amounts).toContain(usual);
    const hot = rows.filter((row) => row.institution === 'chain-view');
    expect(new Set(hot.flatMap((row) => [row.va!.from![0], row.va!.to![0]])).size).toBe(hot.length + 1);
  });

  it('is no one of a case', () => {
    const nodes = new Set(simulation.truth.infrastructure.map(({ ref }) => ref));
    for (const each of simulation.truth.cases)
      for (const { ref } of each.subjects) expect(nodes.has(ref)).toBe(false);
  });
});
