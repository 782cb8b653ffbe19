/**
 * How members of a group agree on who reads what: kafkajs' form of `pipelines/partition/assignment.ts`. Members say in their
 * metadata what they held and since which generation; the leader deals out. kafkajs itself has round robin only.
 *
 * The name carries the version: a coordinator lets no member in whose protocol the others do not speak. Change it whenever
 * two versions would deal out differently or could not read each other's metadata.
 */
import kafkajs, { type Assigner, type Cluster, type PartitionAssigner } from 'kafkajs';
import { z } from 'zod';
import { assignPartitions, type ClaimingMember } from '../../../../pipelines/partition/assignment.ts';
import { RastroError } from '../../../../schemas/errors/index.ts';

const { MemberMetadata, MemberAssignment } = kafkajs.AssignerProtocol;

export const ASSIGNMENT_PROTOCOL = 'rastro-sticky-1';

/** Of Kafka's own framing of metadata and assignments; brokers and tools read it. */
const FRAMING_VERSION = 0;

/** What a member held, and the generation that gave it. */
export interface Claim {
  readonly generation: number;
  readonly owned: readonly number[];
}

const claimForm = z.strictObject({ generation: z.int(), owned: z.array(z.int()).max(100_000) });

export function encodeClaim(claim: Claim): Buffer {
  return Buffer.from(JSON.stringify(claim));
}

/** Undefined where it cannot be read: then the member claims nothing, and the group goes on. */
export function decodeClaim(bytes: Buffer | null): Claim | undefined {
  try {
    return claimForm.safeParse(JSON.parse(bytes?.toString() ?? '')).data;
  } catch {
    return undefined;
  }
}

export interface AssignerOptions {
  readonly claim: () => Claim;
  /** The group cannot form. */
  readonly refuse: (error: RastroError) => void;
  /** The connections of the consumer that uses the assigner, as soon as they exist. */
  readonly onCluster: (cluster: Cluster) => void;
}

/** How many partitions each of the topics has: the same, since they are dealt out together. */
function partitionsOf(topics: readonly string[], cluster: Cluster): number {
  const counts = topics.map((topic) => cluster.findTopicPartitionMetadata(topic).length);
  const gone = topics.find((_, at) => counts[at] === 0);
  if (gone !== undefined) throw new RastroError('RAS-BUS-TOPIC-MISSING', { topic: gone });
  if (new Set(counts).size > 1) {
    const detail = topics.map((topic, at) => `${topic} ${counts[at]}`).join(', ');
    throw new RastroError('RAS-BUS-GROUP-PARTITIONS', { detail });
  }
  return counts[0] as number;
}

type Group = Parameters<Assigner['assign']>[0];

function deal({ members, topics }: Group, groupId: string, cluster: Cluster): Map<string, readonly number[]> {
  const claims = members.map(({ memberId, memberMetadata }): ClaimingMember => {
    const metadata = MemberMetadata.decode(memberMetadata);
    if ([...(metadata?.topics ?? [])].sort().join() !== [...topics].sort().join()) {
      throw new RastroError('RAS-BUS-GROUP-VERSION', { group: groupId, own: ASSIGNMENT_PROTOCOL });
    }
    const claim = decodeClaim(metadata?.userData ?? null) ?? { generation: -1, owned: [] };
    return { id: memberId, ...claim };
  });
  return new Map(assignPartitions(claims, partitionsOf(topics, cluster)));
}

export function stickyAssigner({ claim, refuse, onCluster }: AssignerOptions): PartitionAssigner {
  return ({ cluster, groupId }) => {
    onCluster(cluster);
    return {
      name: ASSIGNMENT_PROTOCOL,
      version: FRAMING_VERSION,
      protocol: ({ topics }) => ({
        name: ASSIGNMENT_PROTOCOL,
        metadata: MemberMetadata.encode({
          version: FRAMING_VERSION,
          topics,
          userData: encodeClaim(claim()),
        }),
      }),
      async assign(group) {
        try {
          return [...deal(group, groupId, cluster)].map(([memberId, partitions]) => ({
            memberId,
            memberAssignment: MemberAssignment.encode({
              version: FRAMING_VERSION,
              assignment: Object.fromEntries(group.topics.map((topic) => [topic, [...partitions]])),
              userData: Buffer.alloc(0),
            }),
          }));
        } catch (error) {
          if (RastroError.is(error)) refuse(error);
          throw error;
        }
      },
    };
  };
}
