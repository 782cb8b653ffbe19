import { describe, expect, it } from 'vitest';
import { parseMapping } from '../../../../pipelines/ingest/mapping-file.ts';
import type { RuleNeeds } from '../../../../rules/compiler/index.ts';
import { reachOf } from '../../../../services/docs/mapping-reach.ts';

const FEED = `
id: bank
version: 1
source: {format: csv}
institution: {given: true}
precision: day
coverage: product_only
fields:
  id: {column: id}
  occurredAt: {column: at, time: {formats: [yyyy-MM-dd]}}
  kind: {const: transfer}
  rail: {const: spei}
  channel: {const: online}
  instrument: {const: account}
  settled.amount: {column: amount}
  settled.ccy: {const: MXN}
  purpose: {const: wage}
`;
const PARTIES = `
id: people
version: 1
kind: parties
source: {format: csv}
institution: {given: true}
fields:
  ref: {column: ref}
  birthYear: {column: born}
`;

const needing = (rule: string, needs: Partial<RuleNeeds>) => ({
  rule,
  needs: { fields: [], precision: null, coverage: null, ...needs },
});

describe('the reach of a mapping', () => {
  const reach = reachOf(parseMapping(FEED, 'bank.yaml'), parseMapping(PARTIES, 'people.yaml'), [
    needing('ANY', {}),
    needing('WAGE', { fields: ['purpose'], precision: 'batch', coverage: ['full_account', 'product_only'] }),
    needing('AGE', { fields: ['party.birthYear'] }),
    needing('PLACE', { fields: ['purpose', 'place'] }),
    needing('PLACE-TOO', { fields: ['place'] }),
    needing('HOUR', { precision: 'hour' }),
    needing('WHOLE', { fields: ['place'], coverage: ['full_account'] }),
  ]);

  it('tells what the feed alone can feed, and what with a party file', () => {
    expect(reach.alone).toEqual(['ANY', 'WAGE']);
    expect(reach.withParties).toEqual(['ANY', 'WAGE', 'AGE']);
  });

  it('names the first need that is not met, the most frequent one first', () => {
    expect(reach.missing).toEqual([
      { what: '`place`', rules: ['PLACE', 'PLACE-TOO'] },
      { what: 'coverage full_account', rules: ['WHOLE'] },
      { what: 'time to the hour', rules: ['HOUR'] },
    ]);
  });
});
