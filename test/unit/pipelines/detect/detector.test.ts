import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  createDetector,
  type Detector,
  type DetectorOptions,
} from '../../../../pipelines/detect/detector.ts';
import { compileRules } from '../../../../rules/compiler/index.ts';
import type { Transaction } from '../../../../schemas/transaction.ts';
import { createRowsDetector } from '../../../support/rows-detector.ts';
import { key, transaction } from '../../../support/transactions.ts';

/** Five different payers in ten days: small enough to reason about by hand. */
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
params: {min_payers: {value: 3, unit: count, provenance: default}}
features:
  payers: {agg: distinct, of: counterparty, where: 'direction == "in" && kind == "transfer"', over: 10d}
when: payers >= params.min_payers
strength: {of: payers, at: params.min_payers, full: 10}
attributions: [{to: holder, role: facilitator, weight: 1, why: {es: w, en: w, fr: w}}]
explain: {es: e, en: e, fr: e}
cases: [{name: c, kind: fires, fires: true, events: [{at: 2026-01-01T00:00:00Z, set: {direction: in}}]}]
`;

const compiled = compileRules([{ path: 'tst.yaml', text: RULE }]);
if (!compiled.ok) throw new Error(JSON.stringify(compiled.findings));
const { ruleSet } = compiled;

const OPTIONS: DetectorOptions = {
  ruleSet,
  evaluation: { thresholdAt: () => null, isBusinessDay: () => null },
  providedBy: () => new Set(['counterparty', 'occurredAt']),
};
const reference = (): Detector => createDetector(OPTIONS);
const hot = (): Detector => createRowsDetector(OPTIONS, { blockRows: [4_096] });

const hashOf = (tx: Transaction) =>
  JSON.stringify([tx.stamp.amountMinor, tx.stamp.eventTime, tx.op, tx.status]);

/** What stands: signal id, version and evidence of every subject, whatever was reported in between. */
function standing(steps: readonly (readonly Transaction[])[], create = reference): string[] {
  const engine = create();
  engine.declare('bank_a', 0);
  const bySubject = new Map<string, string[]>();
  for (const rows of steps) {
    for (const tx of rows) engine.admit(tx, hashOf(tx));
    engine.evaluate((subject, groups) => {
      const signals = groups.flatMap(({ versions }) => versions.filter((version) => version.standing));
      bySubject.set(
        subject,
        signals.map((signal) => `${subject} ${signal.id} v${signal.version} ${signal.evidence.hash}`),
      );
    });
  }
  return [...bySubject.values()].flat().sort();
}

const day = (n: number) => new Date(Date.UTC(2026, 0, 1 + n)).toISOString();
const pay = (
  id: string,
  from: string,
  onDay: number,
  more: Partial<Parameters<typeof transaction>[0]> = {},
) => transaction({ id, from, to: 'collector', at: day(onDay), ...more });

describe('what stands', () => {
  test('three payers within the window are a signal on the account that they pay', () => {
    const [signal] = standing([[pay('1', 'a', 0), pay('2', 'b', 1), pay('3', 'c', 2)]]);
    expect(signal).toMatch(new RegExp(`^account:${key('acc', 'collector')} sig_`));
  });

  test('the window is open at its far end', () => {
    expect(standing([[pay('1', 'a', 0), pay('2', 'b', 1), pay('3', 'c', 10)]])).toEqual([]);
  });

  test('a withdrawn row leaves nothing of the signal it made', () => {
    const rows = [pay('1', 'a', 0), pay('2', 'b', 1), pay('3', 'c', 2)];
    expect(standing([rows, [pay('2', 'b', 1, { version: 2, op: 'withdraw' })]])).toEqual([]);
  });

  test('a reversal takes its original away from its own time on, and what fired before stands', () => {
    const rows = [pay('1', 'a', 0), pay('2', 'b', 1), pay('3', 'c', 2)];
    const back = (onDay: number) =>
      transaction({
        id: 'r',
        from: 'collector',
        to: 'b',
        at: day(onDay),
        row: { kind: 'reversal', reverses: { institution: 'bank_a', id: '2' } },
      });
    expect(standing([[...rows, back(3)]])).toEqual(standing([rows]));
    expect(standing([[rows[0], rows[1], back(1.5), rows[2]] as Transaction[]])).toEqual([]);
  });

  test("one transfer reported by both banks counts once, as the account's own bank tells it", () => {
    const refs = { refs: { endToEndId: key('ref', 'e2e') } };
    const twice = (id: string, from: string, onDay: number) => [
      pay(`${id}a`, from, onDay, { row: refs }),
      pay(`${id}b`, from, onDay, { institution: 'bank_b', creditor: { bank: 'bank_a' }, row: refs }),
    ];
    // Two payers, each reported twice: not three.
    expect(standing([[...twice('1', 'a', 0), ...twice('2', 'b', 1)]])).toEqual([]);
  });

  test.each([
    ['reference', reference],
    ['hot', hot],
  ])('%s: rows of one institution under one reference are events of their own', (_name, create) => {
    const refs = { refs: { endToEndId: key('ref', 'batch') } };
    const batch = ['a', 'b', 'c'].map((from, i) => pay(from, from, i, { row: refs }));
    const [signal, ...more] = standing([batch], create);
    expect(signal).toMatch(new RegExp(`^account:${key('acc', 'collector')} sig_`));
    expect(more).toEqual([]);
    // Another bank's reports of it are not read beside them, however many: its fourth payer is none.
    const told = ['a', 'b', 'd'].map((from, i) =>
      pay(`told ${from}`, from, i, { institution: 'abank', creditor: { bank: 'bank_a' }, row: refs }),
    );
    expect(standing([[...told, ...batch]], create)).toEqual([signal]);
    expect(standing([told, batch], create)).toEqual([signal]);
    expect(standing([[...told, ...batch.slice(0, 2)]], create)).toEqual([]);
  });
});

test('any order and any grouping of the rows ends in the same signals', () => {
  const sketch = fc.record({
    payer: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'collector'),
    to: fc.constantFrom('collector', 'other'),
    onDay: fc.integer({ min: 0, max: 25 }),
    fate: fc.constantFrom('kept', 'kept', 'kept', 'amended', 'withdrawn', 'reversed'),
  });
  fc.assert(
    fc.property(
      fc.array(sketch, { maxLength: 30 }),
      fc.infiniteStream(fc.nat()),
      fc.integer({ min: 1, max: 7 }),
      (list, random, size) => {
        const rows = list.flatMap(({ payer, to, onDay, fate }, i) => {
          const row = transaction({ id: `t${i}`, from: payer, to, at: day(onDay) });
          const amended = transaction({
            id: `t${i}`,
            version: 2,
            from: payer,
            to: 'collector',
            at: day(onDay),
          });
          const withdrawn = transaction({
            id: `t${i}`,
            version: 2,
            op: 'withdraw',
            from: payer,
            to,
            at: day(onDay),
          });
          const reversal = transaction({
            id: `r${i}`,
            from: to,
            to: payer,
            at: day(onDay + 1),
            row: { kind: 'reversal', reverses: { institution: 'bank_a', id: `t${i}` } },
          });
          return (
            { kept: [row], amended: [row, amended], withdrawn: [row, withdrawn], reversed: [row, reversal] }[
              fate
            ] ?? []
          );
        });
        const inOrder = [...rows].sort((a, b) => a.stamp.eventTime - b.stamp.eventTime);
        const shuffled = rows
          .map((tx) => ({ tx, at: random.next().value as number }))
          .sort((x, y) => x.at - y.at)
          .map(({ tx }) => tx);
        const groups = Array.from({ length: Math.ceil(shuffled.length / size) }, (_, g) =>
          shuffled.slice(g * size, (g + 1) * size),
        );
        expect(standing(groups)).toEqual(standing([inOrder]));
      },
    ),
    { numRuns: 300 },
  );
});
