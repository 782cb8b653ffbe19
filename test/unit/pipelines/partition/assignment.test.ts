import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { assignPartitions, type ClaimingMember } from '../../../../pipelines/partition/assignment.ts';

/** A group as it is after a generation: who owns what. */
type Owners = ReadonlyMap<string, readonly number[]>;

const claimsOf = (owners: Owners, generation: number): ClaimingMember[] =>
  [...owners].map(([id, owned]) => ({ id, generation, owned }));

const newcomer = (id: string): ClaimingMember => ({ id, generation: -1, owned: [] });

/** How many partitions have another member than before, among those that had one. */
function moved(before: Owners, after: Owners): number {
  const owner = new Map(
    [...after].flatMap(([id, owned]) => owned.map((partition) => [partition, id] as const)),
  );
  return [...before].flatMap(([id, owned]) => owned.filter((partition) => owner.get(partition) !== id))
    .length;
}

function roundRobin(ids: readonly string[], partitions: number): Owners {
  const members = [...ids].sort();
  const owners = new Map(members.map((id): [string, number[]] => [id, []]));
  for (let p = 0; p < partitions; p++) owners.get(members[p % members.length] as string)?.push(p);
  return owners;
}

function expectBalanced(owners: Owners, partitions: number): void {
  const all = [...owners.values()].flat().sort((a, b) => a - b);
  expect(all).toEqual(Array.from({ length: partitions }, (_, p) => p));
  const sizes = [...owners.values()].map((owned) => owned.length);
  expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
}

describe('assignment of partitions', () => {
  test('the first members of a group', () => {
    expect(assignPartitions([newcomer('a')], 3)).toEqual(new Map([['a', [0, 1, 2]]]));
    expect(assignPartitions([newcomer('b'), newcomer('a')], 3)).toEqual(
      new Map([
        ['a', [0, 1]],
        ['b', [2]],
      ]),
    );
    expect(assignPartitions([newcomer('a'), newcomer('b')], 1)).toEqual(
      new Map([
        ['a', [0]],
        ['b', []],
      ]),
    );
  });

  test('of two claims on a partition the newer generation counts', () => {
    const owners = assignPartitions(
      [
        { id: 'slept', generation: 3, owned: [0, 1, 2, 3] },
        { id: 'worked', generation: 7, owned: [2, 3] },
      ],
      4,
    );
    expect(owners).toEqual(
      new Map([
        ['slept', [0, 1]],
        ['worked', [2, 3]],
      ]),
    );
  });

  test('claims on what is not there do not count', () => {
    const owners = assignPartitions([{ id: 'a', generation: 1, owned: [-1, 9, 0.5, Number.NaN, 1, 1] }], 2);
    expect(owners).toEqual(new Map([['a', [0, 1]]]));
  });

  test('there must be members, each with its own id', () => {
    expect(() => assignPartitions([], 4)).toThrow(RangeError);
    expect(() => assignPartitions([newcomer('a'), newcomer('a')], 4)).toThrow(RangeError);
  });

  test('through joins, leaves and crashes: balanced, and only what must move moves', () => {
    const step = fc.record({ op: fc.constantFrom('join', 'join', 'leave'), at: fc.nat() });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 97 }),
        fc.array(step, { minLength: 1, maxLength: 120 }),
        (partitions, steps) => {
          let owners: Owners = assignPartitions([newcomer('m0')], partitions);
          let ids = 1;
          steps.forEach(({ op, at }, generation) => {
            const members = claimsOf(owners, generation);
            if (op === 'join') {
              // Kafka's member ids are random: a newcomer may come anywhere in their order.
              const id = `${at % 100}-m${ids++}`;
              const after = assignPartitions([...members, newcomer(id)], partitions);
              expect(moved(owners, after)).toBeLessThanOrEqual(Math.ceil(partitions / after.size));
              expect(moved(owners, after)).toBe(after.get(id)?.length);
              owners = after;
            } else if (members.length > 1) {
              const [gone] = members.splice(at % members.length, 1) as [ClaimingMember];
              const after = assignPartitions(members, partitions);
              expect(moved(owners, after)).toBe(gone.owned.length);
              owners = after;
            }
            expectBalanced(owners, partitions);
          });
        },
      ),
      { numRuns: 200 },
    );
  });

  test('many at once, and members that slept: balanced, the same in any order, the newer claim kept', () => {
    const member = fc.record({
      generation: fc.integer({ min: -1, max: 6 }),
      owned: fc.array(fc.integer({ min: -2, max: 40 })),
    });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 32 }),
        fc.array(member, { minLength: 1, maxLength: 12 }),
        fc.infiniteStream(fc.nat()),
        (partitions, members, random) => {
          const group = members.map((one, i) => ({ ...one, id: `m${i}` }));
          const owners = assignPartitions(group, partitions);
          expectBalanced(owners, partitions);
          const shuffled = group
            .map((one) => [random.next().value, one] as const)
            .sort((a, b) => a[0] - b[0])
            .map(([, one]) => one);
          expect([...assignPartitions(shuffled, partitions)].sort()).toEqual([...owners].sort());

          // Whoever lost a partition that he claims lost it to a newer claim, or had more than his share.
          for (const one of group) {
            const own = owners.get(one.id) as readonly number[];
            for (const partition of new Set(one.owned)) {
              if (partition < 0 || partition >= partitions || own.includes(partition)) continue;
              const outdone = group.some(
                (o) => o.id !== one.id && o.generation >= one.generation && o.owned.includes(partition),
              );
              if (!outdone) expect(own.length).toBeGreaterThanOrEqual(Math.floor(partitions / group.length));
            }
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  test('what a join moves, beside round robin', () => {
    const partitions = 64;
    const shares: string[] = [];
    for (const size of [2, 3, 4, 5, 8, 16]) {
      const ids = Array.from({ length: size }, (_, i) => `m${i}`);
      const before = claimsOf(
        ids
          .slice(0, -1)
          .reduce<Owners>(
            (owners, id, generation) =>
              assignPartitions([...claimsOf(owners, generation), newcomer(id)], partitions),
            new Map(),
          ),
        size,
      );
      const owners: Owners = new Map(before.map(({ id, owned }) => [id, owned]));
      const own = moved(owners, assignPartitions([...before, newcomer(`m${size - 1}`)], partitions));
      const other = moved(roundRobin(ids.slice(0, -1), partitions), roundRobin(ids, partitions));
      expect(own).toBeLessThanOrEqual(Math.ceil(partitions / size));
      if (size > 2) expect(own).toBeLessThan(other);
      shares.push(
        `${size - 1} -> ${size} members: ${own} of ${partitions} partitions moved, by round robin ${other}`,
      );
    }
    console.info(shares.join('\n'));
  });
});
