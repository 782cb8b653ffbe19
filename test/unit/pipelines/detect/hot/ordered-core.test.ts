/** The hot core with institutions that stream: what is known before a watermark, after it, and when everything is asked for. */
import { beforeEach, describe, expect, test } from 'vitest';
import { EffectiveRows } from '../../../../../pipelines/detect/hot/effective-rows.ts';
import { HotCore } from '../../../../../pipelines/detect/hot/hot-core.ts';
import { factsOf } from '../../../../../pipelines/facts/batch.ts';
import { FactDictionary } from '../../../../../pipelines/facts/dictionary.ts';
import { FactStore } from '../../../../../pipelines/facts/store.ts';
import { compileRules, type RuleSet } from '../../../../../rules/compiler/index.ts';
import type { Transaction } from '../../../../../schemas/transaction.ts';
import { rowHash } from '../../../../support/stream-transactions.ts';
import { key, transaction } from '../../../../support/transactions.ts';

const SEED: readonly [number, number] = [1, 2];
const MINUTE = 60_000;
const START = Date.UTC(2026, 0, 1);
const STREAM = { kind: 'stream', latenessMs: 10 * MINUTE, silenceMs: 24 * 60 * MINUTE } as const;
const COLLECTOR = `account:${key('acc', 'collector')}`;
const PROVIDED = new Set(['counterparty', 'occurredAt']);

const rule = (feature: string, when: string) => `
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
  n: ${feature}
when: ${when}
strength: {of: n, at: 2, full: 100}
attributions: [{to: holder, role: facilitator, weight: 1, why: {es: w, en: w, fr: w}}]
explain: {es: e, en: e, fr: e}
cases: [{name: c, kind: fires, fires: true, events: [{at: 2026-01-01T00:00:00Z, set: {direction: in}}]}]
`;

function ruleSetOf(feature: string, when: string): RuleSet {
  const compiled = compileRules([{ path: 'rule.yaml', text: rule(feature, when) }]);
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.findings));
  return compiled.ruleSet;
}

const EVALUATION = { thresholdAt: () => null, isBusinessDay: () => null };
const PAYERS = ruleSetOf(`{agg: distinct, of: counterparty, where: 'direction == "in"', over: 6d}`, 'n >= 2');
const SMALL = ruleSetOf(`{agg: count, where: 'direction == "in" && amount < 5000', over: 6d}`, 'n >= 2');

let core: HotCore;
let rows: EffectiveRows;
let dictionary: FactDictionary;
/** The last version of each report on the collector, as evidence ids. */
let standing: readonly string[];

function begin(ruleSet: RuleSet): void {
  dictionary = new FactDictionary(SEED);
  const store = new FactStore(dictionary);
  core = new HotCore({ ruleSet, evaluation: EVALUATION, store, dictionary });
  rows = new EffectiveRows({ store, core, seed: SEED });
  core.setCadence('bank_a', 0, STREAM);
  standing = [];
}

/** `from` pays the collector so many minutes after the start. */
const paid = (
  id: string,
  from: string,
  minute: number,
  more: Partial<Parameters<typeof transaction>[0]> = {},
) => transaction({ id, from, to: 'collector', at: new Date(START + minute * MINUTE).toISOString(), ...more });

function admit(...block: readonly Transaction[]): void {
  const facts = block.map((tx) => ({ tx, hash: rowHash(tx), provided: PROVIDED }));
  rows.admit(factsOf(facts, dictionary), (place) => {
    const { institution, id, amount } = block[place]!.reverses!;
    return { institution, id, amountMinor: amount === undefined ? null : BigInt(amount.minor) };
  });
}

/** Versions of the collector's signals, each as the ids of its evidence; null if nothing was reported. */
function evaluated(): readonly string[] | null {
  let found: readonly string[] | null = null;
  core.evaluate((subjectKey, groups) => {
    if (subjectKey !== COLLECTOR) return;
    found = groups.flatMap(({ versions }) =>
      versions.map(({ evidence }) => evidence.transactions.map(({ id }) => id).join()),
    );
  });
  if (found !== null) standing = found;
  return found;
}

describe('rows that wait', () => {
  beforeEach(() => begin(PAYERS));

  test('say nothing until the watermark has passed them, and then what they say in order', () => {
    admit(paid('b', 'two', 5), paid('a', 'one', 1));
    expect(evaluated()).toBeNull();
    admit(paid('c', 'three', 15));
    expect(evaluated()).toBeNull();
    admit(paid('d', 'four', 16));
    expect(evaluated()).toEqual(['a,b']);
    expect(core.counts.rebuilt).toBe(0);
    expect(core.heldRows).toBe(2);
  });

  test('say it when everything is asked for', () => {
    admit(paid('b', 'two', 5), paid('a', 'one', 1));
    core.drain();
    expect(evaluated()).toEqual(['a,b']);
    expect(core.orderCounts).toEqual({ held: 2, reordered: 1, releasedEarly: 0, late: 0 });
  });

  test('and are withdrawn say nothing', () => {
    admit(paid('a', 'one', 1), paid('b', 'two', 2), paid('c', 'three', 3));
    admit(paid('b', 'two', 2, { version: 2, op: 'withdraw' }));
    core.drain();
    expect(evaluated()).toEqual(['a,c']);
  });

  test('are taken in, and not forgotten, when what came before is settled', () => {
    admit(paid('a', 'one', 1), paid('b', 'two', 2));
    core.settle();
    expect(evaluated()).toEqual(['a,b']);
  });

  test('are not read by rules that come meanwhile', () => {
    admit(paid('a', 'one', 1), paid('b', 'two', 2));
    core.useRules(PAYERS, EVALUATION, Number.NEGATIVE_INFINITY);
    expect(evaluated()).toBeNull();
    core.drain();
    expect(evaluated()).toEqual(['a,b']);
  });
});

describe('what is left of a row that is reversed in part', () => {
  const original = paid('a', 'one', 1, { usdMinor: 15_000 });
  const reversal = paid('r', 'one', 2, {
    row: {
      kind: 'reversal',
      reverses: { institution: 'bank_a', id: 'a', amount: { minor: '10500', ccy: 'USD' } },
    },
  });
  const small = paid('b', 'two', 3, { usdMinor: 1_000 });

  test('counts when the row waited as the reversal came', () => {
    begin(SMALL);
    admit(original);
    admit(reversal, small);
    core.drain();
    expect(evaluated()).toEqual(['a,b']);
  });

  test('counts under rules that come later', () => {
    begin(SMALL);
    admit(original, reversal);
    core.drain();
    evaluated();
    core.useRules(
      ruleSetOf(`{agg: count, where: 'direction == "in" && amount < 4999', over: 6d}`, 'n >= 2'),
      EVALUATION,
      Number.NEGATIVE_INFINITY,
    );
    admit(small);
    core.drain();
    expect(evaluated()).toEqual(['a,b']);
  });
});

describe('the last version of an hour of an open episode', () => {
  beforeEach(() => {
    begin(PAYERS);
    admit(paid('a', 'one', 1), paid('b', 'two', 2), paid('c', 'three', 5), paid('d', 'four', 20));
  });

  test('is written when the watermark has passed the hour', () => {
    // The watermark stands at minute 10: a, b and c are in, and the hour goes on.
    expect(evaluated()).toEqual(['a,b']);
    admit(paid('e', 'five', 69));
    expect(evaluated()).toBeNull();
    // Minute 60 has come: the hour has ended, and d was its last event.
    admit(paid('f', 'six', 70));
    expect(evaluated()).toEqual(['a,b', 'a,b,c,d']);
    expect(core.waiting).toBe(0);
  });

  test('is written provisionally when everything is asked for, and takes in what the hour still brings', () => {
    expect(evaluated()).toEqual(['a,b']);
    core.drain();
    expect(evaluated()).toEqual(['a,b', 'a,b,c,d']);
    admit(paid('e', 'five', 30), paid('f', 'six', 41));
    expect(evaluated()).toEqual(['a,b', 'a,b,c,d,e']);
  });

  test('is written with the next one when that has begun', () => {
    expect(evaluated()).toEqual(['a,b']);
    admit(paid('e', 'five', 61), paid('f', 'six', 71.5));
    expect(evaluated()).toEqual(['a,b', 'a,b,c,d']);
    core.watermark(START + 200 * MINUTE, null);
    core.drain();
    expect(evaluated()).toEqual(['a,b', 'a,b,c,d', 'a,b,c,d,e,f']);
  });

  test('is asked for once, however many events the hour brings', () => {
    evaluated();
    const before = core.counts.evaluated;
    for (let minute = 21; minute < 59; minute++) {
      admit(paid(`m${minute}`, `payer${minute}`, minute));
      evaluated();
    }
    admit(paid('z', 'last', 75));
    expect(evaluated()).toHaveLength(2);
    expect(standing[1]?.split(',')).toHaveLength(42);
    // Then, and not as each of them went in.
    expect(core.counts.evaluated - before).toBe(1);
  });
});
