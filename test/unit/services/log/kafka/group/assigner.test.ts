import kafkajs, { type Cluster } from 'kafkajs';
import { describe, expect, test } from 'vitest';
import { RastroError } from '../../../../../../schemas/errors/index.ts';
import {
  ASSIGNMENT_PROTOCOL,
  type Claim,
  decodeClaim,
  encodeClaim,
  stickyAssigner,
} from '../../../../../../services/log/kafka/group/assigner.ts';

const { MemberMetadata, MemberAssignment } = kafkajs.AssignerProtocol;
const TOPICS = ['transactions', 'signals'];

function assignerOf(counts: Readonly<Record<string, number>>, refused: RastroError[] = []) {
  const cluster = {
    findTopicPartitionMetadata: (topic: string) => Array.from({ length: counts[topic] ?? 0 }),
  } as unknown as Cluster;
  const make = stickyAssigner({
    claim: () => ({ generation: 3, owned: [1] }),
    refuse: (error) => refused.push(error),
    onCluster: () => undefined,
  });
  return make({ cluster, groupId: 'workers', logger: undefined as never });
}

const member = (memberId: string, claim: Claim | Buffer, topics: string[] = TOPICS) => ({
  memberId,
  memberMetadata: MemberMetadata.encode({
    version: 0,
    topics,
    userData: Buffer.isBuffer(claim) ? claim : encodeClaim(claim),
  }),
});

describe('the assigner that kafkajs gets', () => {
  test('deals the same partitions of all topics to a member, by its claims', async () => {
    const assigner = assignerOf({ transactions: 4, signals: 4 });
    const members = [
      member('a', { generation: 2, owned: [3, 2] }),
      member('b', { generation: -1, owned: [] }),
      member('c', Buffer.from('not a claim')),
    ];
    const assigned = await assigner.assign({ members, topics: TOPICS });
    const decoded = assigned.map(({ memberId, memberAssignment }) => [
      memberId,
      MemberAssignment.decode(memberAssignment)?.assignment,
    ]);
    expect(decoded).toEqual([
      ['a', { transactions: [2, 3], signals: [2, 3] }],
      ['b', { transactions: [0], signals: [0] }],
      ['c', { transactions: [1], signals: [1] }],
    ]);
  });

  test('tells the group what the member holds, under a name that carries the version', () => {
    const { name, metadata } = assignerOf({}).protocol({ topics: TOPICS });
    expect(name).toBe(ASSIGNMENT_PROTOCOL);
    const decoded = MemberMetadata.decode(metadata);
    expect(decoded?.topics).toEqual(TOPICS);
    expect(decodeClaim(decoded?.userData ?? null)).toEqual({ generation: 3, owned: [1] });
  });

  test.each([
    ['RAS-BUS-GROUP-PARTITIONS', { transactions: 4, signals: 5 }, TOPICS],
    ['RAS-BUS-GROUP-TOPIC-GONE', { transactions: 4 }, TOPICS],
    ['RAS-BUS-GROUP-VERSION', { transactions: 4, signals: 4 }, ['transactions']],
  ])('refuses with %s', async (code, counts, topics) => {
    const refused: RastroError[] = [];
    const assigner = assignerOf(counts, refused);
    const members = [
      member('a', { generation: -1, owned: [] }),
      member('b', { generation: -1, owned: [] }, topics),
    ];
    await expect(assigner.assign({ members, topics: TOPICS })).rejects.toThrow(RastroError);
    expect(refused.map((error) => error.code)).toEqual([code]);
  });

  test.each(['', '{', '[]', '{"generation":1}', '{"generation":1,"owned":["a"]}', 'null'])(
    'takes %j for no claim',
    (text) => {
      expect(decodeClaim(Buffer.from(text))).toBeUndefined();
    },
  );
});
