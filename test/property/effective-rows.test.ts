/**
 * The effective set over blocks of facts says what the one over documents says: outcome of every row, rows that count,
 * reversals that hold, and so the signals, whatever comes in whatever block. Few identities, so that everything meets.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createDetector, type DetectorOptions } from '../../pipelines/detect/detector.ts';
import { createEffectiveSet } from '../../pipelines/detect/effective-set.ts';
import { compileRules } from '../../rules/compiler/index.ts';
import { STATUSES } from '../../schemas/enumerations.ts';
import type { Transaction } from '../../schemas/transaction.ts';
import { createRowsDetector, type OrderOptions } from '../support/rows-detector.ts';
import type { Op } from '../support/stream-arrival.ts';
import { type Contender, firstDifference } from '../support/stream-player.ts';
import { rowHash } from '../support/stream-transactions.ts';
import { transaction } from '../support/transactions.ts';

const RUNS = Number(process.env['RASTRO_RUNS'] ?? 150);
const DAY = 86_400_000;
const START = Date.UTC(2026, 0, 1);
/** Short enough for rows of the span to lie behind it. */
const HORIZON = 20 * DAY;
const SPAN_DAYS = 30;

const rule = (id: string, subject: string, feature: string, when: string) => `
id: ${id}
version: 1.0.0
status: live
title: {es: t, en: t, fr: t}
form: laundering
family: COL
weight: 3
holderRole: unknown
subject: ${subject}
jurisdictions: [US]
sources: [{document: test, year: 2026}]
features:
  n: ${feature}
when: ${when}
strength: {of: n, at: 2, full: 100000}
attributions: [{to: holder, role: facilitator, weight: 1, why: {es: w, en: w, fr: w}}]
explain: {es: e, en: e, fr: e}
cases: [{name: c, kind: fires, fires: true, events: [{at: 2026-01-01T00:00:00Z, set: {direction: in}}]}]
`;

const IN = `where: 'direction == "in"', over: 6d`;
const compiled = compileRules([
  {
    path: 'payers.yaml',
    text: rule('TST-01', 'account', `{agg: distinct, of: counterparty, ${IN}}`, 'n >= 2'),
  },
  // What is left of an amount fires where the whole does not, and the other way round.
  {
    path: 'sum.yaml',
    text: rule('TST-02', '[account, holder]', `{agg: sum, of: amount, ${IN}}`, 'n >= 20000'),
  },
  {
    path: 'small.yaml',
    text: rule(
      'TST-03',
      'account',
      `{agg: count, where: 'direction == "in" && amount < 5000', over: 6d}`,
      'n >= 2',
    ),
  },
]);
if (!compiled.ok) throw new Error(JSON.stringify(compiled.findings));

const OPTIONS: DetectorOptions = {
  ruleSet: compiled.ruleSet,
  evaluation: { thresholdAt: () => null, isBusinessDay: () => null },
  providedBy: () => new Set(['counterparty', 'occurredAt']),
  horizonMs: HORIZON,
};
const REFERENCE: Contender = { name: 'reference', create: createDetector };

const institution = fc.constantFrom('bank_a', 'bank_b');
/** One id of either kind comes as the other kind in another version. */
const identity = fc.record({ institution, id: fc.constantFrom('t1', 't2', 't3', 't4') });
const reversing = fc.record({ institution, id: fc.constantFrom('r1', 'r2', 't4') });
const person = fc.constantFrom('a', 'b', 'c', 'd');

const row: fc.Arbitrary<Transaction> = fc
  .record({
    identity,
    reversing,
    version: fc.integer({ min: 1, max: 3 }),
    what: fc.constantFrom('row', 'row', 'row', 'row', 'reversal', 'reversal', 'withdraw'),
    onDay: fc.oneof(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 0, max: SPAN_DAYS })),
    from: person,
    to: fc.constantFrom('collector', 'collector', 'd'),
    usdMinor: fc.constantFrom(1_000, 4_000, 9_000, 15_000),
    status: fc.constantFrom('completed' as const, 'completed' as const, 'completed' as const, STATUSES[1]),
    of: identity,
    amount: fc.option(fc.constantFrom(0, 500, 4_000, 9_000, 10_500, 20_000), { nil: undefined }),
  })
  .map(({ identity, reversing, version, what, onDay, from, to, usdMinor, status, of, amount }) => {
    const taken = amount === undefined ? {} : { amount: { minor: String(amount), ccy: 'USD' } };
    return transaction({
      ...(what === 'reversal' || (what === 'withdraw' && onDay % 2 === 0) ? reversing : identity),
      version,
      op: what === 'withdraw' ? 'withdraw' : 'put',
      at: new Date(START + onDay * DAY).toISOString(),
      from,
      to,
      usdMinor,
      row: { status, ...(what === 'reversal' ? { kind: 'reversal', reverses: { ...of, ...taken } } : {}) },
    });
  });

/** Rows, now and then the same one again, in blocks; signals asked for now and then. */
const stream = fc
  .array(fc.record({ row, again: fc.option(fc.nat(), { nil: undefined, freq: 4 }), isEnd: fc.boolean() }), {
    minLength: 1,
    maxLength: 40,
    size: 'max',
  })
  .map((steps): Op[] => {
    const rows: Transaction[] = [];
    const ops: Op[] = [];
    for (const step of steps) {
      const tx = step.again === undefined ? step.row : (rows[step.again % rows.length] ?? step.row);
      rows.push(tx);
      ops.push({ kind: 'row', tx });
      if (step.isEnd) ops.push({ kind: 'flush' });
    }
    return [...ops, { kind: 'flush' }];
  });

/** The banks stream: rows wait for one another, be it for days. */
const order: fc.Arbitrary<OrderOptions> = fc.record({
  cadences: fc.array(
    fc.record({
      institution,
      fromMs: fc.constantFrom(0, START + 2 * DAY, START + 4 * DAY),
      cadence: fc.record({
        kind: fc.constant('stream' as const),
        latenessMs: fc.constantFrom(0, DAY, 5 * DAY),
        silenceMs: fc.constantFrom(0, 2 * DAY, 40 * DAY),
      }),
    }),
    { minLength: 1, maxLength: 4 },
  ),
  evaluateEvery: fc.integer({ min: 1, max: 4 }),
});

test('rows in blocks give the outcomes, the effective rows and the signals of rows one by one', () => {
  const seen = { signals: 0, reversed: 0, late: 0, duplicate: 0, reject: 0 };
  fc.assert(
    fc.property(
      stream,
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 3 }),
      order,
      (ops, blockRows, order) => {
        const rows: Contender = {
          name: 'rows',
          create: (options) => createRowsDetector(options, { blockRows }),
        };
        const difference = firstDifference(REFERENCE, rows, OPTIONS, ops, (standing) => {
          for (const told of [...standing.values()].flat()) {
            seen.signals++;
            if (told.version.evidenceReversed) seen.reversed++;
          }
        });
        expect(difference).toBeNull();
        const ordered: Contender = {
          name: 'rows in order',
          create: (options) => createRowsDetector(options, { blockRows, order }),
        };
        expect(firstDifference(REFERENCE, ordered, OPTIONS, ops)).toBeNull();
        const set = createEffectiveSet(HORIZON);
        for (const op of ops) {
          if (op.kind !== 'row') continue;
          const { kind } = set.admit(op.tx, rowHash(op.tx), () => {});
          if (kind !== 'ok') seen[kind]++;
        }
      },
    ),
    { numRuns: RUNS },
  );
  // A property of streams in which nothing happens would say nothing.
  for (const [what, count] of Object.entries(seen)) expect(count, what).toBeGreaterThan(RUNS / 50);
});
