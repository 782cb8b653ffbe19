/**
 * Messages between stages: a writer that keeps lines writes what one writes that keeps none, and a reader that keeps lines reads what
 * one reads that keeps none, whatever became of a source from message to message.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MessageReader } from '../../../../pipelines/engine/message-reader.ts';
import { MessageWriter } from '../../../../pipelines/engine/message-writer.ts';
import type { Attributed, Observed } from '../../../../pipelines/engine/messages.ts';
import type { EvidenceTransaction } from '../../../../schemas/evidence-transaction.ts';
import { evidenceTransactionOf } from '../../../../schemas/evidence-transaction.ts';
import type { Signal, TransactionRef } from '../../../../schemas/signal.ts';
import { signal } from '../../../support/compose.ts';
import { transaction } from '../../../support/transactions.ts';

const HOUR = 3_600_000;
const START = Date.UTC(2026, 0, 5);
const KEY = 'observed par_a account:a';

const document = evidenceTransactionOf(
  transaction({ id: 't', at: '2026-01-05T00:00:00Z', from: 'a', to: 'b' }),
);
const refOf = (n: number): TransactionRef => ({ institution: 'bank_a', id: `t${n}`, version: 1 });
const blank = signal({ rule: 'SEX-07', family: 'FLW', weight: 3, on: 'par_a', transactions: [] });

/** What happens to a source from one message to the next. */
const change = fc.oneof(
  { weight: 5, arbitrary: fc.record({ how: fc.constant('grow'), id: fc.nat(2), brings: fc.nat(3) }) },
  // A late event: versions are made anew from one on, their evidence with one more in front.
  { weight: 2, arbitrary: fc.record({ how: fc.constant('rewrite'), id: fc.nat(2), brings: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ how: fc.constant('drop'), id: fc.nat(2), brings: fc.nat(9) }) },
  // A transaction counts in another version, or no more.
  { weight: 1, arbitrary: fc.record({ how: fc.constant('correct'), id: fc.nat(30), brings: fc.nat(1) }) },
  { weight: 1, arbitrary: fc.record({ how: fc.constant('firesAgain'), id: fc.nat(2), brings: fc.nat(9) }) },
);
type Change = { how: string; id: number; brings: number };

class Source {
  readonly #signals = new Map<number, Signal[]>();
  readonly #transactions = new Map<string, EvidenceTransaction>();
  readonly #dropped = new Set<string>();
  #next = 0;
  #fired = 0;

  become({ how, id, brings }: Change): void {
    const versions = this.#signals.get(id) ?? [];
    if (how === 'grow') {
      const refs = [...(versions.at(-1)?.evidence.transactions ?? [])];
      for (let n = 0; n < brings; n++) refs.push(refOf(this.#next++));
      this.#signals.set(id, [...versions, this.#version(id, versions.length, refs)]);
    } else if (how === 'rewrite') {
      const from = Math.min(brings, versions.length);
      const late = refOf(this.#next++);
      const anew = versions
        .slice(from)
        .map((old, i) => this.#version(id, from + i, [late, ...old.evidence.transactions]));
      this.#signals.set(id, [...versions.slice(0, from), ...anew]);
    } else if (how === 'drop') {
      this.#signals.set(id, versions.slice(0, brings));
    } else if (how === 'correct') {
      if (brings === 0) this.#dropped.add(`t${id}`);
      this.#transactions.delete(`t${id}`);
    } else this.#fired++;
  }

  #version(id: number, at: number, transactions: TransactionRef[]): Signal {
    const count = transactions.length;
    return {
      ...blank,
      id: `sig_${String(id).padStart(26, '0')}`,
      version: at + 1,
      eventTime: START + at * HOUR,
      strengthMilli: count % 1_000,
      features: [{ name: 'payers', value: count, threshold: 3, operator: '>=' }],
      evidence: { transactions, count, hash: `h${count}` },
    };
  }

  #transactionOf(ref: TransactionRef): EvidenceTransaction | undefined {
    if (this.#dropped.has(ref.id)) return undefined;
    const known = this.#transactions.get(ref.id);
    if (known !== undefined) return known;
    const eventTime = START + Number(ref.id.slice(1)) * HOUR;
    const made = { ...document, id: ref.id, stamp: { ...document.stamp, eventTime } };
    this.#transactions.set(ref.id, made);
    return made;
  }

  get #facts(): Observed['facts'] {
    const fired = this.#fired;
    return {
      transactionOf: (ref) => this.#transactionOf(ref),
      providedOf: () => new Set(['id', 'amount']),
      readings: () => [
        { rule: 'SEX-08', observedOn: 'account:a', eventTime: START + fired, truth: false, features: [] },
        { rule: 'SEX-09', observedOn: 'account:a', eventTime: START, truth: null, features: [] },
      ],
    };
  }

  observed(asOf: number): Observed {
    const signals = [...this.#signals.values()].flatMap((versions) =>
      versions.map((each, i) => ({
        signal: each,
        lastFiredAt: each.eventTime + (i === versions.length - 1 ? this.#fired : 0),
        quietMs: HOUR,
      })),
    );
    return { asOf, source: 'account:a', holder: 'par_a', signals, facts: this.#facts };
  }

  attributed(asOf: number): Attributed {
    const signals = [...this.#signals.values()].flat();
    const companions = signals.filter(({ version }) => version % 2 === 0);
    return { asOf, subject: 'par_b', holder: 'par_a', signals, companions, facts: this.#facts };
  }
}

/** All that a message says, its lazy parts written out. */
async function said({ facts, ...message }: Observed | Attributed): Promise<string> {
  const signals = 'source' in message ? message.signals.map((held) => held.signal) : message.signals;
  const refs = signals.flatMap(({ evidence }) => evidence.transactions);
  const transactions = refs.map((ref) => facts.transactionOf(ref) ?? null);
  const provided = transactions.map((tx) => (tx === null ? [] : [...facts.providedOf(tx)].sort()));
  const readings = [...(await facts.readings())].sort(
    (a, b) => a.eventTime - b.eventTime || (a.rule < b.rule ? -1 : 1),
  );
  return JSON.stringify({ message, transactions, provided, readings });
}

/** Members in the order of their ids, as messages have them. */
function inOrder<M extends Observed | Attributed>(message: M): M {
  const order = (a: Signal, b: Signal) => (a.id < b.id ? -1 : a.id > b.id ? 1 : a.version - b.version);
  if ('source' in message)
    return { ...message, signals: [...message.signals].sort((a, b) => order(a.signal, b.signal)) };
  const { signals, companions } = message;
  return { ...message, signals: [...signals].sort(order), companions: [...companions].sort(order) };
}

test('what is kept from message to message changes nothing of what is written and read', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(change, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 12 }),
      fc.constantFrom(0, 3_000, 1 << 24),
      async (messages, linesBytes) => {
        const source = new Source();
        const writer = new MessageWriter();
        const reader = new MessageReader(linesBytes);
        for (const [asOf, changes] of messages.entries()) {
          for (const each of changes) source.become(each);
          for (const message of [source.observed(asOf), source.attributed(asOf)]) {
            const isObserved = 'source' in message;
            const write = (by: MessageWriter) => (isObserved ? by.observed(message) : by.attributed(message));
            const value = await write(writer);
            expect(Buffer.from(value).toString()).toBe(
              Buffer.from(await write(new MessageWriter())).toString(),
            );
            const read = (by: MessageReader) =>
              isObserved ? by.observed(KEY, value, asOf) : by.attributed(`${KEY} to`, value, asOf);
            const found = await said(read(reader));
            expect(found).toEqual(await said(read(new MessageReader())));
            expect(found).toEqual(await said(inOrder(message)));
          }
        }
      },
    ),
    { numRuns: 40 },
  );
});

test('what did not change is the same object, and nothing is made of it again', async () => {
  const source = new Source();
  for (let at = 0; at < 20; at++) source.become({ how: 'grow', id: 0, brings: 2 });
  const writer = new MessageWriter();
  const reader = new MessageReader();
  const before = reader.observed(KEY, await writer.observed(source.observed(1)), 1);
  source.become({ how: 'grow', id: 0, brings: 1 });
  const after = reader.observed(KEY, await writer.observed(source.observed(2)), 2);
  expect(after.signals).toHaveLength(21);
  expect(after.signals.slice(0, 20).every((held, i) => held === before.signals[i])).toBe(true);
  const ref = refOf(3);
  expect(after.facts.transactionOf(ref)).toBe(before.facts.transactionOf(ref));
});

test('a version is written as what differs from the one before it', async () => {
  const source = new Source();
  source.become({ how: 'grow', id: 0, brings: 2 });
  const one = (await new MessageWriter().observed(source.observed(1))).length;
  for (let at = 0; at < 20; at++) source.become({ how: 'grow', id: 0, brings: 0 });
  const many = (await new MessageWriter().observed(source.observed(1))).length;
  expect(many - one).toBeLessThan(20 * 150);
});

test('a value that is no message is refused, and the next one is read as if it had not been', async () => {
  const source = new Source();
  for (let at = 0; at < 3; at++) source.become({ how: 'grow', id: 0, brings: 1 });
  const message = source.observed(1);
  const value = Buffer.from(await new MessageWriter().observed(message));
  const lines = value.toString().split('\n');
  const bad = [
    '',
    '\n\n',
    lines.slice(0, -1).join('\n'),
    [...lines, '{}'].join('\n'),
    [lines[0], lines[2], ...lines.slice(2)].join('\n'),
    lines.join('\n').replace('"quietMs"', '"x"').replace('[', '{'),
    [JSON.stringify({ ...JSON.parse(lines[0] as string), more: 1 }), ...lines.slice(1)].join('\n'),
    lines.map((line, i) => (i === 3 ? line.replace(/\[\["/, '[["x","y"],["') : line)).join('\n'),
  ];
  const reader = new MessageReader();
  reader.observed(KEY, value, 1);
  for (const text of bad) {
    expect(() => reader.observed(KEY, Buffer.from(text), 2), text).toThrow();
    expect(await said(reader.observed(KEY, value, 1))).toEqual(await said(message));
  }
});
