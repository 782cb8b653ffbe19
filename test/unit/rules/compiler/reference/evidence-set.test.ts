import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { EvidenceSet } from '../../../../../rules/compiler/reference/evidence-set.ts';
import { listText } from '../../../../../schemas/ids.ts';
import type { Evidence } from '../../../../../schemas/signal.ts';
import { event } from '../../../../support/rules.ts';

const events = ['a', 'b', 'c', 'd', 'e'].map((id, i) => event(id, i, {}));

const idsOf = ({ transactions }: Evidence) => transactions.map(({ id }) => id).join('');

function hashOf({ transactions }: Evidence): string {
  const hash = createHash('sha256');
  for (const { institution, id, version } of transactions)
    hash.update(listText([institution, id, String(version)]));
  return hash.digest('hex');
}

test('versions keep their references whatever the set becomes', () => {
  const set = new EvidenceSet();
  const given: Evidence[] = [];
  const wanted: string[] = [];
  const give = (ids: string) => {
    given.push(set.snapshot('events'));
    wanted.push(ids);
  };
  set.add([1], events);
  give('b');
  set.add([2, 4], events);
  give('bce');
  // Taken back and brought again, then in another way, then before what is there.
  set.remove([2, 4]);
  set.add([2, 4], events);
  give('bce');
  set.remove([2, 4]);
  set.add([3], events);
  give('bd');
  set.add([0, 2], events);
  give('abcd');
  set.remove([0, 2]);
  give('bd');
  set.add([4], events);
  give('bde');
  expect(given.map(idsOf)).toEqual(wanted);
  // Asked in any order, and as data.
  for (const evidence of [...given.toReversed(), ...given]) {
    expect(evidence.hash).toBe(hashOf(evidence));
    expect(JSON.parse(JSON.stringify(evidence))).toEqual({ ...evidence });
    expect(structuredClone(evidence)).toEqual({ ...evidence });
  }
  expect(given.map(({ count }) => count)).toEqual(wanted.map(({ length }) => length));
  expect([set.has(3), set.has(2)]).toEqual([true, false]);
});

test('of signals it is their ids', () => {
  const set = new EvidenceSet();
  set.add([0, 3], events);
  expect(set.snapshot('signals')).toMatchObject({ transactions: [], signals: ['a', 'd'], count: 2 });
});
