import { describe, expect, test } from 'vitest';
import type { PartitionOf } from '../../../../../../pipelines/log/bus.ts';
import { Tenancy } from '../../../../../../services/log/kafka/group/tenancy.ts';

const place = (partition: number): PartitionOf => ({ topic: 'transactions', partition });

/** A member that holds partitions 0 and 1 since generation 4, and was told. */
function settled(): Tenancy {
  const tenancy = new Tenancy(() => 0);
  tenancy.joined('me', 4, [place(0), place(1)]);
  for (const feed of tenancy.held()) feed.state = 'ready';
  return tenancy;
}

const states = (tenancy: Tenancy) => tenancy.held().map(({ partition, state }) => `${partition} ${state}`);
const leaving = (tenancy: Tenancy) => tenancy.takeLeaving().map(({ partition }) => partition);

describe('which partitions a member keeps', () => {
  test('those that the next generation leaves with it, as they are', () => {
    const tenancy = settled();
    const [before] = tenancy.held();
    tenancy.joined('me', 5, [place(0), place(2)]);
    expect(states(tenancy)).toEqual(['0 ready', '2 coming']);
    expect(tenancy.find(place(0))).toBe(before);
    expect(leaving(tenancy)).toEqual([1]);
    expect(leaving(tenancy)).toEqual([]);
  });

  test('the same generation told twice changes nothing', () => {
    const tenancy = settled();
    tenancy.joined('me', 4, [place(0), place(1)]);
    expect(states(tenancy)).toEqual(['0 ready', '1 ready']);
    expect(leaving(tenancy)).toEqual([]);
  });

  test.each([
    ['a generation went by without the member', 'me', 6],
    ['the group began anew', 'me', 1],
    ['the member was out, and has another id', 'other', 5],
  ])('none where %s', (_, id, generation) => {
    const tenancy = settled();
    tenancy.joined(id, generation, [place(0), place(1)]);
    expect(states(tenancy)).toEqual(['0 coming', '1 coming']);
    expect(leaving(tenancy)).toEqual([0, 1]);
  });

  test('none on which work was cut off', () => {
    const tenancy = settled();
    for (const feed of tenancy.held()) feed.lost = feed.partition === 0;
    tenancy.joined('me', 5, [place(0), place(1)]);
    expect(states(tenancy)).toEqual(['0 coming', '1 ready']);
    expect(leaving(tenancy)).toEqual([0]);
  });

  test('a partition of which the member was never told goes without a word', () => {
    const tenancy = settled();
    tenancy.joined('me', 5, [place(0), place(1), place(2)]);
    tenancy.joined('me', 6, [place(0)]);
    expect(leaving(tenancy)).toEqual([1]);
  });

  test('all of them go and come anew when they may have been another’s', () => {
    const tenancy = settled();
    tenancy.renew();
    expect(states(tenancy)).toEqual(['0 coming', '1 coming']);
    expect(leaving(tenancy)).toEqual([0, 1]);
    tenancy.clear();
    expect(tenancy.held()).toEqual([]);
    expect(leaving(tenancy)).toEqual([]);
  });
});
