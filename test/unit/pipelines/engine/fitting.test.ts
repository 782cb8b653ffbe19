/** Messages that are too large say less, in a fixed order, and always fit. */
import { expect, test } from 'vitest';
import { fitting, LEFT_OUT } from '../../../../pipelines/engine/fitting.ts';
import { MessageReader } from '../../../../pipelines/engine/message-reader.ts';
import { MessageWriter } from '../../../../pipelines/engine/message-writer.ts';
import type { Attributed, Observed } from '../../../../pipelines/engine/messages.ts';
import { evidenceTransactionOf } from '../../../../schemas/evidence-transaction.ts';
import type { Signal } from '../../../../schemas/signal.ts';
import { signal } from '../../../support/compose.ts';
import { transaction } from '../../../support/transactions.ts';

const HOUR = 3_600_000;
const START = Date.UTC(2026, 0, 5);
const SIGNALS = 16;
const VERSIONS = 5;

const versionsOf = (i: number): Signal[] =>
  Array.from({ length: VERSIONS }, (_, v) => ({
    ...signal({
      rule: 'SEX-07',
      family: 'FLW',
      weight: 3,
      on: 'par_a',
      transactions: [{ institution: 'bank_a', id: `t${i}-${v}`, version: 1 }],
    }),
    id: `sig_${String(i).padStart(26, '0')}`,
    version: v + 1,
    eventTime: START + (i * VERSIONS + v) * HOUR,
  }));
const all = Array.from({ length: SIGNALS }, (_, i) => versionsOf(i)).flat();
const document = evidenceTransactionOf(
  transaction({ id: 't', at: '2026-01-05T00:00:00Z', from: 'a', to: 'b' }),
);
const facts = {
  transactionOf: ({ institution, id }: { institution: string; id: string }) => ({
    ...document,
    institution,
    id,
  }),
  providedOf: () => new Set(['id']),
  readings: () =>
    Array.from({ length: 40 }, (_, i) => ({
      rule: 'SEX-08',
      observedOn: `account:${i}`,
      eventTime: START,
      truth: false as const,
      features: [],
    })),
};
const observed: Observed = {
  asOf: 7,
  source: 'account:a',
  holder: 'par_a',
  signals: all.map((each) => ({ signal: each, lastFiredAt: each.eventTime, quietMs: HOUR })),
  facts,
};
const attributed: Attributed = {
  asOf: 7,
  subject: 'par_b',
  holder: 'par_a',
  signals: all,
  companions: all,
  facts,
};

test('what fits says everything', async () => {
  const { value, leftOut } = await fitting(new MessageWriter(), observed, 1 << 26);
  expect(leftOut).toBeUndefined();
  expect(new MessageReader().observed('key', value, 7).signals.map((held) => held.signal)).toEqual(all);
});

test('the smaller the limit, the more is left out, the latest versions last', async () => {
  for (const message of [observed, attributed]) {
    const writer = new MessageWriter();
    const seen = new Set<string>();
    const { value: whole } = await fitting(writer, message, 1 << 26);
    let fewest = Number.POSITIVE_INFINITY;
    for (let max = whole.length - 1; max > 400; max = Math.floor(max * 0.7)) {
      const { value, leftOut } = await fitting(writer, message, max);
      // Whoever tells it again tells the same.
      expect((await fitting(new MessageWriter(), message, max)).value).toEqual(value);
      expect(value.length).toBeLessThanOrEqual(max);
      seen.add(leftOut ?? 'nothing');
      const said =
        'source' in message
          ? new MessageReader().observed('key', value, 7).signals.map((held) => held.signal)
          : new MessageReader().attributed('key', value, 7).signals;
      expect(said.length).toBeLessThanOrEqual(fewest);
      fewest = said.length;
      if (leftOut === 'readings') expect(said).toEqual(all);
      if (leftOut === 'versions' || leftOut === 'documents') expect(said.length).toBe(SIGNALS);
      const times = said.map(({ eventTime }) => eventTime);
      if (leftOut !== 'readings') expect(said.every(({ version }) => version === VERSIONS)).toBe(true);
      if (leftOut === 'signals' && said.length > 0)
        expect(Math.max(...times)).toBe(START + (SIGNALS * VERSIONS - 1) * HOUR);
    }
    expect([...seen].sort()).toEqual([...LEFT_OUT].sort());
  }
});
