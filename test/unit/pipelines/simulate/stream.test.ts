import { createHash } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { beforeAll, describe, expect, it } from 'vitest';
import { ndjsonLines } from '../../../../pipelines/simulate/formats.ts';
import { simulate } from '../../../../pipelines/simulate/simulate.ts';
import { LOOKALIKE_KINDS, SCENARIO_KINDS } from '../../../../pipelines/simulate/truth.ts';
import { partyRecordInput } from '../../../../schemas/party.ts';
import { transactionInput } from '../../../../schemas/transaction.ts';
import { clabeCheckDigit } from './clabe-digit.ts';
import { DAY, Feed, timeOf } from './feed.ts';

const digest = (lines: Iterable<string>): string => {
  const hash = createHash('sha256');
  for (const line of lines) hash.update(line);
  return hash.digest('hex');
};

const SMALL = { transactions: 60_000, seed: 5 } as const;
let feed: Feed;
beforeAll(() => {
  feed = new Feed(SMALL);
});

describe('a simulation', () => {
  it('gives the same bytes for the same seed, in every pass, and others for another', () => {
    const options = { transactions: 4_000, days: 60, cases: ['S10', 'S12', 'B1'] as const };
    const one = simulate({ ...options, seed: 1 });
    const again = simulate({ ...options, seed: 1 });
    const other = simulate({ ...options, seed: 2 });
    const rows = digest(ndjsonLines(one.transactions));
    expect(digest(ndjsonLines(one.transactions))).toBe(rows);
    expect(digest(ndjsonLines(again.transactions))).toBe(rows);
    expect(digest(ndjsonLines(other.transactions))).not.toBe(rows);
    expect(digest(ndjsonLines(again.parties))).toBe(digest(ndjsonLines(one.parties)));
    expect(again.truth).toEqual(one.truth);
    expect(other.truth).not.toEqual(one.truth);
  });

  it('gives only valid rows', () => {
    for (const row of feed.rows) {
      const result = transactionInput.safeParse(row);
      if (!result.success) expect.fail(`${JSON.stringify(row)}: ${result.error.message}`);
    }
  });

  it('gives only valid parties, with valid CLABEs', () => {
    for (const party of feed.parties) {
      const result = partyRecordInput.safeParse(party);
      if (!result.success) expect.fail(`${JSON.stringify(party)}: ${result.error.message}`);
      for (const account of party.accounts)
        if (account.scheme === 'clabe') expect(account.token.slice(17)).toBe(clabeCheckDigit(account.token));
    }
  });

  it.each([
    [60_000, 240],
    [200_000, 240],
  ])('meets a target of %i rows in %i days within a tenth', (transactions, days) => {
    let count = 0;
    for (const _ of simulate({ transactions, days, seed: 9 }).transactions) count++;
    expect(Math.abs(count / transactions - 1)).toBeLessThan(0.1);
  });

  it('meets it for the honest prevalence and for chosen scenarios alone, over other spans', () => {
    for (const options of [
      { transactions: 30_000, days: 90, prevalence: 'honest' as const },
      { transactions: 25_000, days: 150, cases: ['S7', 'B7'] as const },
      { transactions: 20_000, days: 365, from: '2024-02-10', cases: ['S12'] as const },
    ]) {
      let count = 0;
      for (const _ of simulate({ ...options, seed: 4 }).transactions) count++;
      expect(Math.abs(count / options.transactions - 1), JSON.stringify(options)).toBeLessThan(0.1);
    }
  });

  it('numbers rows uniquely but for rows sent twice, and those are the same', () => {
    const first = new Map<string, unknown>();
    let duplicates = 0;
    for (const row of feed.rows) {
      const key = `${row.institution} ${row.id}`;
      const known = first.get(key);
      if (known === undefined) first.set(key, row);
      else {
        expect(row).toEqual(known);
        duplicates++;
      }
    }
    expect(duplicates / feed.rows.length).toBeGreaterThan(0.002);
    expect(duplicates / feed.rows.length).toBeLessThan(0.004);
  });

  it('takes some movements back, each of them an earlier row of the same institution', () => {
    const known = new Map(feed.rows.map((row) => [`${row.institution} ${row.id}`, row]));
    const back = feed.rows.filter((row) => row.kind === 'return' || row.kind === 'reversal');
    expect(back.length / feed.rows.length).toBeGreaterThan(0.002);
    expect(back.length / feed.rows.length).toBeLessThan(0.006);
    for (const row of back) {
      const original = known.get(`${row.reverses!.institution} ${row.reverses!.id}`)!;
      expect(original.institution).toBe(row.institution);
      expect(row.reverses!.amount).toEqual(original.settled);
      expect(timeOf(row)).toBeGreaterThanOrEqual(timeOf(original) - DAY);
      expect(row.debtor).toEqual(original.creditor);
    }
  });

  it('gives rows in order of arrival: nearly all as they happen, about two in a hundred late, none after a week', () => {
    let newest = 0;
    let late = 0;
    let timed = 0;
    const seen = new Set<string>();
    for (const row of feed.rows) {
      const key = `${row.institution} ${row.id}`;
      if (row.occurredPrecision === 'day' || seen.has(key)) continue;
      seen.add(key);
      const at = timeOf(row);
      timed++;
      if (at < newest - 3_600_000) late++;
      expect(newest - at).toBeLessThan(7 * DAY);
      newest = Math.max(newest, at);
    }
    expect(late / timed).toBeGreaterThan(0.012);
    expect(late / timed).toBeLessThan(0.028);
  });

  it('posts cards later than they are used', () => {
    const posted = feed.rows.filter((row) => row.postedAt !== undefined);
    expect(posted.length).toBeGreaterThan(1_000);
    for (const row of posted) {
      const delay = Date.parse(row.postedAt!) - timeOf(row);
      expect(delay).toBeGreaterThan(DAY / 2);
      expect(delay).toBeLessThan(3.2 * DAY);
    }
  });

  it('reports a transfer between two submitting banks by both, joined by one reference', () => {
    const submitting = new Set(
      simulate(SMALL)
        .institutions.filter((each) => each.submits)
        .map((each) => each.id),
    );
    const byLink = new Map<string, Set<string>>();
    for (const row of feed.rows) {
      expect(submitting.has(row.institution), row.institution).toBe(true);
      if (row.rail !== 'spei' || row.kind !== 'transfer' || row.refs?.endToEndId === undefined) continue;
      const banks = [row.debtor!.account!.bank!, row.creditor!.account!.bank!];
      const expected = new Set(banks.filter((bank) => submitting.has(bank)));
      expect(expected.has(row.institution)).toBe(true);
      const reporters = byLink.get(row.refs.endToEndId) ?? new Set();
      byLink.set(row.refs.endToEndId, reporters.add(row.institution));
      if (expected.size === 2) byLink.set(`${row.refs.endToEndId} both`, expected);
    }
    let both = 0;
    for (const [link, banks] of byLink)
      if (link.endsWith(' both')) {
        expect(byLink.get(link.slice(0, -5))).toEqual(banks);
        both++;
      }
    expect(both).toBeGreaterThan(500);
  });

  it('has every subject of the truth among parties and rows', () => {
    const accounts = new Set(feed.parties.flatMap((party) => party.accounts.map((account) => account.token)));
    const submitting = new Set(
      simulate(SMALL)
        .institutions.filter((each) => each.submits)
        .map((each) => each.id),
    );
    const inRows = new Set(
      feed.rows.flatMap((row) => [row.debtor?.account?.token, row.creditor?.account?.token]),
    );
    for (const each of feed.cases) {
      expect(each.subjects.length).toBeGreaterThan(0);
      expect(Object.keys(each.parameters).length, each.id).toBeGreaterThanOrEqual(3);
      for (const subject of each.subjects) {
        for (const account of subject.accounts)
          if (submitting.has(account.institution))
            expect(accounts.has(account.token), `${each.id} ${account.token}`).toBe(true);
        if (subject.role === 'collector' || subject.role === 'facilitator')
          expect(
            subject.accounts.some((account) => inRows.has(account.token)),
            `${each.id} ${subject.ref}`,
          ).toBe(true);
      }
    }
  });

  it('states the rows of every case before noise', () => {
    for (const each of feed.cases) expect(each.transactions, each.id).toBeGreaterThan(50);
  });

  it('holds a clean base case of every scenario and every look-alike in a demonstration, and says it is inflated', () => {
    const { truth } = simulate(SMALL);
    for (const kind of [...SCENARIO_KINDS, ...LOOKALIKE_KINDS])
      expect(
        truth.cases.some((each) => each.kind === kind && each.variant === 'base'),
        kind,
      ).toBe(true);
    expect(truth.note).toMatch(/inflated/);
    for (const each of truth.cases) expect(each.isLookalike).toBe(!each.kind.startsWith('S'));
  });

  it('draws at least five parameters for every scenario', () => {
    for (const each of feed.cases.filter((one) => !one.isLookalike))
      expect(Object.keys(each.parameters).length, each.id).toBeGreaterThanOrEqual(5);
  });

  it('keeps cases rare in the honest prevalence', () => {
    const { truth } = simulate({ transactions: 300_000, prevalence: 'honest', seed: 12 });
    expect(truth.cases.filter((each) => !each.isLookalike).length).toBeLessThanOrEqual(1);
    expect(truth.note).not.toMatch(/inflated/);
  });

  it('holds exactly the cases and the people that were asked for', () => {
    const exactly = [
      { kind: 'S8', variant: 'missing', count: 2 },
      { kind: 'H3', variant: 'base', count: 1 },
    ] as const;
    const { truth } = simulate({ exactly, people: 75, days: 60, seed: 3 });
    expect(truth.people).toBe(75);
    expect(truth.cases.map(({ kind, variant }) => `${kind} ${variant}`)).toEqual([
      'S8 missing',
      'S8 missing',
      'H3 base',
    ]);
  });

  it('mixes the variants as asked', () => {
    const { truth } = simulate({
      transactions: 90_000,
      cases: ['S7', 'S10'],
      variantShares: { base: 0, evasive: 1, truncated: 1, missing: 1 },
      seed: 3,
    });
    const variants = truth.cases.slice(2).map((each) => each.variant);
    expect(variants.length).toBeGreaterThan(5);
    expect(variants).not.toContain('base');
    expect(new Set(variants).size).toBe(3);
  });

  it.each([
    { days: 3 },
    { days: 5_000 },
    { transactions: 0 },
    { transactions: 1.5 },
    { from: 'yesterday' },
    { seed: 0.5 },
    { people: 12 },
  ])('refuses %j', (options) => {
    expect(() => simulate(options)).toThrow(RangeError);
  });

  it('keeps memory flat over a million rows', () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const heap: number[] = [];
    let count = 0;
    for (const _ of simulate({ transactions: 1_000_000, seed: 2 }).transactions)
      if (++count % 240_000 === 0) {
        collect();
        heap.push(process.memoryUsage().heapUsed / 1e6);
      }
    expect(count).toBeGreaterThan(900_000);
    expect(Math.max(...heap) - heap[0]!).toBeLessThan(15);
  }, 180_000);
});
