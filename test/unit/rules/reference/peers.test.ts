/** Tables of peers: exact quantiles, the same bytes whatever the order, read as of an event for as long as they hold. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { PeerTableBuilder, peerTableText, quantilesOf } from '../../../../rules/reference/peer-table.ts';
import { createPeers, peerMeasureHash, peerTableHash } from '../../../../rules/reference/peers.ts';
import { RastroError } from '../../../../schemas/errors/index.ts';
import {
  PEER_GROUPS_MAX,
  PEER_TABLE_DAYS,
  type PeerFile,
  type PeerTableFile,
  peerFile,
  peerTableFile,
} from '../../../../schemas/peers.ts';

const DAY = 86_400_000;
const title = { es: 'x', en: 'x', fr: 'x' };

function definition(parts: Partial<Record<keyof PeerFile, unknown>> = {}): PeerFile {
  return peerFile.parse({
    kind: 'peers',
    name: 'taken',
    version: '1.0.0',
    title,
    sources: [{ document: 'Test', year: 2026 }],
    by: ['holderSector', 'ccy'],
    minAccounts: 20,
    quantiles: [1, 500, 950, 1000],
    unit: 'minor',
    features: { n: { agg: 'count', over: '1d' } },
    measure: 'n',
    ...parts,
  });
}

const filled = (n: number, at: (i: number) => number | bigint = (i) => i, group = ['A', 'USD']) => {
  const builder = new PeerTableBuilder(definition());
  for (let i = 0; i < n; i++) builder.add(group, at(i));
  return builder;
};
const code = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    if (RastroError.is(error)) return `${error.code} ${String(error.params['detail'] ?? '')}`;
    throw error;
  }
  return 'nothing';
};

/** Said slowly: the smallest value that at least q thousandths of all are not above. */
function slowly(values: readonly bigint[], quantile: number): bigint | undefined {
  const reached = values.filter((value) => {
    const notAbove = values.filter((other) => other <= value).length;
    return BigInt(notAbove) * 1000n >= BigInt(quantile) * BigInt(values.length);
  });
  return reached.reduce<bigint | undefined>(
    (least, value) => (least === undefined || value < least ? value : least),
    undefined,
  );
}

describe('a quantile', () => {
  it('is the smallest value that so many thousandths are not above, for any values and sizes', () => {
    const value = fc.oneof(
      fc.integer({ min: -3, max: 9 }),
      fc.constantFrom(2 ** 53 - 1, 2n ** 53n + 1n, 2n ** 53n + 3n),
    );
    const quantile = fc.oneof(
      fc.integer({ min: 1, max: 1000 }),
      fc.constantFrom(1, 500, 900, 950, 999, 1000),
    );
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 60 }), fc.array(quantile), (values, asked) => {
        const found = quantilesOf(values, asked);
        expect(found.map(BigInt)).toEqual(asked.map((each) => slowly(values.map(BigInt), each)));
        // Nothing is interpolated.
        for (const each of found) expect(values).toContain(each);
      }),
      { numRuns: 500 },
    );
  });

  it('of 20, 40 and 21 values at the ranks that paper gives', () => {
    const upTo = (n: number) => Array.from({ length: n }, (_, i) => n - i);
    expect(quantilesOf(upTo(20), [500, 900, 950, 990])).toEqual([10, 18, 19, 20]);
    expect(quantilesOf(upTo(40), [25, 500, 950, 1000])).toEqual([1, 20, 38, 40]);
    expect(quantilesOf(upTo(21), [1, 500, 950])).toEqual([1, 11, 20]);
    // 0.07·n of doubles would be a hair above 7 for n = 100.
    expect(quantilesOf(upTo(100), [70])).toEqual([7]);
  });
});

describe('a table', () => {
  it('has the same bytes in whatever order accounts are added, and reads back as it was', () => {
    const measured = Array.from({ length: 90 }, (_, i) => ({
      group: [`S${i % 3}`, 'USD'],
      value: (i * 7) % 41,
    }));
    const text = (list: typeof measured) => {
      const builder = new PeerTableBuilder(definition());
      for (const { group, value } of list) builder.add(group, value);
      return peerTableText(builder.table('2026-03-01'));
    };
    expect(text([...measured].reverse())).toBe(text(measured));
    const read = peerTableFile.parse(parse(text(measured)));
    expect(peerTableText(read)).toBe(text(measured));
    expect(read.sha256).toBe(peerTableHash(read));
    expect(read.groups.map(({ of, accounts }) => [...of, accounts])).toEqual([
      ['S0', 'USD', 30],
      ['S1', 'USD', 30],
      ['S2', 'USD', 30],
    ]);
  });

  it('leaves out groups that are too small and says how many', () => {
    const builder = filled(20);
    for (let i = 0; i < 19; i++) builder.add(['B', 'USD'], i);
    const { groups, groupsTooSmall, accounts } = builder.table('2026-03-01');
    expect([groups.map(({ of }) => of[0]), groupsTooSmall, accounts]).toEqual([['A'], 1, 39]);
  });

  it('does not hold more groups than its file', () => {
    const builder = new PeerTableBuilder(definition());
    for (let group = 0; group <= PEER_GROUPS_MAX; group++)
      for (let i = 0; i < 20; i++) builder.add([`S${group}`, 'USD'], i);
    expect(code(() => builder.table('2026-03-01'))).toMatch(/^RAS-RULES-PEERS-GROUPS/);
  });
});

describe('peers as of an event', () => {
  const table = filled(20, (i) => (i === 19 ? 2n ** 53n + 1n : i)).table('2026-03-01');
  const peers = createPeers([definition()], [table, filled(20, (i) => i + 100).table('2026-03-04')]);
  const at = (moment: number, quantile = 500, group = ['A', 'USD']) =>
    peers.at('taken', quantile, group, moment)?.value ?? null;
  const first = Date.UTC(2026, 2, 2);

  it('holds from the day after on, until a later one does or it is too old', () => {
    expect([first - 1, first, first + 3 * DAY - 1, first + 3 * DAY].map((moment) => at(moment))).toEqual([
      null,
      9,
      9,
      109,
    ]);
    const last = first + 3 * DAY + PEER_TABLE_DAYS * DAY;
    expect([last - 1, last].map((moment) => at(moment))).toEqual([109, null]);
  });

  it('says nothing of other groups and quantiles, and keeps integers exact', () => {
    expect(at(first, 500, ['A', 'CAD'])).toBeNull();
    expect(at(first, 501)).toBeNull();
    expect(at(first, 1000)).toBe(2n ** 53n + 1n);
    expect(peers.at('taken', 1, ['A', 'USD'], first)).toEqual({ value: 0, day: '2026-03-01', accounts: 20 });
    expect(() => peers.at('nobody', 1, [], first)).toThrow(RangeError);
  });

  it('refuses a table that is not whole, or is of something else', () => {
    const changed = (parts: Partial<PeerTableFile>) => {
      const { sha256, ...said } = { ...table, ...parts };
      return { ...said, sha256: peerTableHash(said) };
    };
    const [group] = table.groups;
    const withTable = (other: PeerTableFile, ...more: PeerTableFile[]) =>
      code(() => createPeers([definition()], [other, ...more]));
    expect(withTable(table)).toBe('nothing');
    expect(withTable({ ...table, accounts: 21 })).toMatch(/INVALID it is not what was written/);
    expect(withTable(changed({ definition: '0'.repeat(64) }))).toMatch(/another definition/);
    expect(withTable(changed({ groups: [group!, group!] }))).toMatch(/twice/);
    expect(withTable(changed({ groups: [{ ...group!, of: ['A'] }] }))).toMatch(/1 values/);
    expect(withTable(changed({ groups: [{ ...group!, values: [1] }] }))).toMatch(/1 quantiles/);
    expect(withTable(changed({ groups: [{ ...group!, values: [0.5, 1, 2, 3] }] }))).toMatch(/no integer/);
    expect(withTable(table, table)).toMatch(/two tables of 2026-03-01/);
    expect(code(() => createPeers([], [table]))).toMatch(/no definition/);
    expect(code(() => createPeers([definition(), definition()]))).toMatch(/another definition of this name/);
    const strict = definition({ minAccounts: 21 });
    const small = changed({ definition: peerMeasureHash(strict) });
    expect(code(() => createPeers([strict], [small]))).toMatch(/smaller/);
  });

  it('tells definitions apart by what they measure, not by their titles', () => {
    const hash = peerMeasureHash(definition());
    expect(peerMeasureHash(definition({ version: '1.0.1', title: { ...title, en: 'y' } }))).toBe(hash);
    expect(peerMeasureHash(definition({ by: ['ccy'] }))).not.toBe(hash);
    expect(peerMeasureHash(definition({ quantiles: [500] }))).not.toBe(hash);
  });
});

describe('a definition', () => {
  const refused = (parts: Parameters<typeof definition>[0]) => () => definition(parts);
  it('groups by a closed list of fields: what a person is, is none of them', () => {
    for (const field of ['holderAgeBand', 'nationality', 'holderLicences', 'counterpartyCountry', 'holder'])
      expect(refused({ by: [field] }), field).toThrow();
    expect(refused({ by: ['ccy', 'ccy'] })).toThrow(/each field once/);
    expect(refused({ by: [] })).toThrow();
  });

  it('has a smallest group of twenty or more, and ascending quantiles', () => {
    expect(refused({ minAccounts: 19 })).toThrow();
    expect(refused({ quantiles: [950, 500] })).toThrow(/ascending/);
    expect(refused({ quantiles: [0] })).toThrow();
    expect(refused({ quantiles: [1001] })).toThrow();
  });
});
