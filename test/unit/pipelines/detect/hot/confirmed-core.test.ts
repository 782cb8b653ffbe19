/** A busy subject that is asked at every event: what the reference program has to do for it, and that its window is held. */
import { describe, expect, test } from 'vitest';
import { EffectiveRows } from '../../../../../pipelines/detect/hot/effective-rows.ts';
import { HotCore } from '../../../../../pipelines/detect/hot/hot-core.ts';
import { factsOf } from '../../../../../pipelines/facts/batch.ts';
import { FactDictionary } from '../../../../../pipelines/facts/dictionary.ts';
import { FactStore } from '../../../../../pipelines/facts/store.ts';
import { Random } from '../../../../../pipelines/simulate/random.ts';
import { compileRules, type RuleSet } from '../../../../../rules/compiler/index.ts';
import type { Transaction } from '../../../../../schemas/transaction.ts';
import { rowHash } from '../../../../support/stream-transactions.ts';
import { transaction } from '../../../../support/transactions.ts';

const SEED: readonly [number, number] = [1, 2];
const MINUTE = 60_000;
const START = Date.UTC(2026, 0, 1);
const PROVIDED = new Set(['counterparty', 'occurredAt']);
const EVALUATION = { thresholdAt: () => null, isBusinessDay: () => null };

const RULE = `
id: TST-01
version: 1.0.0
status: live
title: {es: t, en: t, fr: t}
form: laundering
family: COL
weight: 3
holderRole: unknown
subject: account
jurisdictions: [US]
sources: [{document: test, year: 2026}]
features:
  n: {agg: count, where: 'direction == "in"', over: 2d}
  payers: {agg: distinct, of: counterparty, where: 'direction == "in"', over: 2d}
  fresh: {agg: count, where: 'direction == "in" && pairAgeMs < 3600000', over: 1d}
  big: {agg: share, of: amount, where: 'direction == "in"', part: 'amount >= 100000', over: 2d}
  grid: {agg: top_share, of: amount, top: 2, tolerance_milli: 20, where: 'direction == "in"', over: 2d}
when: n >= 2 && payers >= 3 && fresh >= 1 && big >= 0.5 && grid < 0.9
quiet: 1h
strength: {of: n, at: 2, full: 100}
attributions: [{to: holder, role: facilitator, weight: 1, why: {es: w, en: w, fr: w}}]
explain: {es: e, en: e, fr: e}
cases: [{name: c, kind: fires, fires: true, events: [{at: 2026-01-01T00:00:00Z, set: {direction: in}}]}]
`;

function ruleSet(): RuleSet {
  const compiled = compileRules([{ path: 'rule.yaml', text: RULE }]);
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.findings));
  return compiled.ruleSet;
}

class Player {
  readonly #dictionary = new FactDictionary(SEED);
  readonly core: HotCore;
  readonly #rows: EffectiveRows;
  readonly standing = new Map<string, string>();

  constructor() {
    const store = new FactStore(this.#dictionary);
    const dictionary = this.#dictionary;
    this.core = new HotCore({ ruleSet: ruleSet(), evaluation: EVALUATION, store, dictionary });
    this.#rows = new EffectiveRows({ store, core: this.core, seed: SEED });
  }

  play(txs: readonly Transaction[]): void {
    const rows = txs.map((tx) => ({ tx, hash: rowHash(tx), provided: PROVIDED }));
    this.#rows.admit(factsOf(rows, this.#dictionary), () => {
      throw new Error('no row reverses another');
    });
    this.core.evaluate((subject, groups) => {
      const versions = groups.flatMap((group) => group.versions);
      if (versions.length === 0) this.standing.delete(subject);
      else
        this.standing.set(
          subject,
          versions
            .map(({ id, version, eventTime, evidence }) => `${id} ${version} ${eventTime} ${evidence.hash}`)
            .join(),
        );
    });
  }
}

/** Paid into one account, a minute apart; `amount` by number. */
function paid(count: number, amount: (i: number) => number, payer: (i: number) => number): Transaction[] {
  return Array.from({ length: count }, (_, i) =>
    transaction({
      id: `t${String(i).padStart(5, '0')}`,
      from: `p${payer(i)}`,
      to: 'collector',
      at: new Date(START + i * MINUTE).toISOString(),
      usdMinor: amount(i),
    }),
  );
}

describe('a busy account', () => {
  test('whose gate is always open, and that never fires, costs the reference program nothing', () => {
    const player = new Player();
    // Enough large amounts for the gate, too little for the share.
    const txs = paid(
      1_500,
      (i) => (i % 50 === 49 ? 150_000 : 9_000 + (i % 7) * 900),
      (i) => i % 11,
    );
    for (let from = 0; from < txs.length; from += 20) player.play(txs.slice(from, from + 20));
    expect(player.core.counts.candidates).toBeGreaterThan(1_000);
    expect(player.core.counts.evaluated).toBe(0);
    expect(player.standing.size).toBe(0);
  });

  test('says the same in small blocks as in one, late rows included', () => {
    const random = new Random(7);
    const txs = paid(
      1_600,
      (i) =>
        random.int(0, 99) < (Math.floor(i / 200) % 2 === 0 ? 4 : 14)
          ? 120_000 + random.int(0, 9) * 9_000
          : 8_000 + random.int(0, 30) * 500,
      () => random.int(0, 40),
    );
    const one = new Player();
    one.play(txs);
    const late = new Set(txs.filter((_, i) => i % 97 === 3));
    const arrival = txs.flatMap((tx, i) => [
      ...(late.has(tx) ? [] : [tx]),
      ...(late.has(txs[i - 12] as Transaction) ? [txs[i - 12] as Transaction] : []),
    ]);
    const blocks = new Player();
    for (let from = 0; from < arrival.length; from += 16) blocks.play(arrival.slice(from, from + 16));
    expect(one.standing.size).toBeGreaterThan(0);
    expect(blocks.standing).toEqual(one.standing);
  });
});
