import type { Cluster } from 'kafkajs';
import { describe, expect, test } from 'vitest';
import {
  type CoordinatorWatch,
  GroupCoordinator,
} from '../../../../../../services/log/kafka/group/coordinator.ts';

const failure = (type: string): Error =>
  Object.assign(new Error(type), { name: 'KafkaJSProtocolError', type });
const unconnected = (): Error => Object.assign(new Error('gone'), { name: 'KafkaJSConnectionError' });

const JOIN = { groupId: 'g', memberId: '', sessionTimeout: 1, rebalanceTimeout: 1, groupProtocols: [] };
const BEAT = { groupId: 'g', memberId: 'm', groupGenerationId: 3 };

/** A coordinator over brokers that answer what they are told to; what it told the membership, in words. */
function bench() {
  const told: string[] = [];
  const asked: string[] = [];
  const state = { isJoining: false, lookups: 0 };
  const answers: Record<string, (() => unknown)[]> = {};
  const answer = (name: string, fallback: unknown) => async (request: { readonly memberId?: string }) => {
    asked.push(`${name} ${request.memberId ?? ''}`);
    const next = answers[name]?.shift();
    return next === undefined ? fallback : next();
  };
  const broker = {
    isConnected: () => true,
    joinGroup: answer('join', { memberId: 'm', generationId: 3 }),
    syncGroup: answer('sync', {}),
    heartbeat: answer('heartbeat', undefined),
    leaveGroup: answer('leave', undefined),
    offsetCommit: answer('commit', undefined),
  };
  const cluster = {
    findGroupCoordinator: async () => {
      state.lookups++;
      return broker;
    },
  } as unknown as Cluster;
  const watch: CoordinatorWatch = {
    beforeParting: async () => void told.push('parting'),
    joined: (id, generation) => told.push(`joined ${id} ${generation}`),
    isJoining: () => state.isJoining,
    heard: () => told.push('heard'),
    expelled: () => told.push('expelled'),
    inconsistent: () => told.push('inconsistent'),
    displaced: (topic, partition) => told.push(`displaced ${topic}-${partition}`),
  };
  const coordinator = new GroupCoordinator(cluster, 'g', watch);
  const fail = (name: string, ...errors: Error[]) => {
    answers[name] = errors.map((error) => () => {
      throw error;
    });
  };
  return { coordinator, cluster, told, asked, state, fail };
}

describe('between kafkajs and the coordinator', () => {
  test('takes the place of the broker that kafkajs looks up', async () => {
    const { coordinator, cluster, state } = bench();
    expect(await cluster.findGroupCoordinator({ groupId: 'g' })).toBe(coordinator);
    expect(state.lookups).toBe(0);
  });

  test('a heartbeat that nobody answers is no error, and the next one looks the coordinator up again', async () => {
    const { coordinator, told, state, fail } = bench();
    fail('heartbeat', unconnected(), failure('NOT_COORDINATOR_FOR_GROUP'), failure('GROUP_LOAD_IN_PROGRESS'));
    for (let i = 0; i < 3; i++) await coordinator.heartbeat(BEAT);
    expect(told).toEqual([]);
    await coordinator.heartbeat(BEAT);
    await coordinator.heartbeat(BEAT);
    expect(told).toEqual(['heard', 'heard']);
    expect(state.lookups).toBe(4);
  });

  test('a rebalance is an answer; to be unknown ends the lease; both go on to kafkajs', async () => {
    const { coordinator, told, fail } = bench();
    fail(
      'heartbeat',
      failure('REBALANCE_IN_PROGRESS'),
      failure('ILLEGAL_GENERATION'),
      failure('GROUP_AUTHORIZATION_FAILED'),
    );
    await expect(coordinator.heartbeat(BEAT)).rejects.toMatchObject({ type: 'REBALANCE_IN_PROGRESS' });
    await expect(coordinator.heartbeat(BEAT)).rejects.toMatchObject({ type: 'ILLEGAL_GENERATION' });
    await expect(coordinator.heartbeat(BEAT)).rejects.toMatchObject({ type: 'GROUP_AUTHORIZATION_FAILED' });
    expect(told).toEqual(['heard', 'expelled']);
  });

  test('a join that came to nothing is made up for at the next heartbeat', async () => {
    const { coordinator, state, asked } = bench();
    state.isJoining = true;
    await expect(coordinator.heartbeat(BEAT)).rejects.toMatchObject({ type: 'REBALANCE_IN_PROGRESS' });
    expect(asked).toEqual([]);
  });

  test('no coordinator to join with: kafkajs joins again with what it has', async () => {
    const { coordinator, fail } = bench();
    fail('join', unconnected());
    fail('sync', unconnected());
    await expect(coordinator.joinGroup(JOIN)).rejects.toMatchObject({ type: 'NOT_COORDINATOR_FOR_GROUP' });
    await expect(coordinator.syncGroup(BEAT)).rejects.toMatchObject({ type: 'NOT_COORDINATOR_FOR_GROUP' });
  });

  test('a consumer that is started anew joins as the member that it was, until nobody knows it or it left', async () => {
    const { coordinator, told, asked, fail } = bench();
    await coordinator.joinGroup(JOIN);
    await coordinator.leaveGroup();
    await coordinator.joinGroup(JOIN);
    fail('join', failure('UNKNOWN_MEMBER_ID'));
    await expect(coordinator.joinGroup(JOIN)).rejects.toMatchObject({ type: 'UNKNOWN_MEMBER_ID' });
    await coordinator.joinGroup(JOIN);
    await coordinator.leave();
    await coordinator.joinGroup(JOIN);
    expect(asked).toEqual(['join ', 'join m', 'join m', 'join ', 'leave m', 'join ']);
    expect(told.filter((line) => line === 'parting')).toHaveLength(6);
  });

  test('beside kafkajs’ own heartbeats, only between joins', async () => {
    const { coordinator, asked, told, fail } = bench();
    await coordinator.beat();
    await coordinator.joinGroup(JOIN);
    await coordinator.beat();
    fail('heartbeat', failure('UNKNOWN_MEMBER_ID'));
    await coordinator.beat();
    await coordinator.leave();
    await coordinator.beat();
    expect(asked).toEqual(['join ', 'heartbeat m', 'heartbeat m']);
    expect(told).toEqual(['parting', 'joined m 3', 'heard', 'expelled']);
  });

  test('another protocol is told', async () => {
    const { coordinator, told, fail } = bench();
    fail('join', failure('INCONSISTENT_GROUP_PROTOCOL'));
    await expect(coordinator.joinGroup(JOIN)).rejects.toThrow();
    expect(told).toEqual(['parting', 'inconsistent']);
  });

  test('the group’s offsets are not asked for, and kafkajs sets none', async () => {
    const { coordinator, told, asked } = bench();
    const topics = [{ topic: 't', partitions: [{ partition: 2 }] }];
    expect(await coordinator.offsetFetch({ topics })).toEqual({
      responses: [{ topic: 't', partitions: [{ partition: 2, offset: '0', metadata: null, errorCode: 0 }] }],
    });
    const reset = { ...BEAT, topics: [{ topic: 't', partitions: [{ partition: 2, offset: '-2' }] }] };
    await expect(coordinator.offsetCommit(reset)).rejects.toThrow();
    expect([told, asked]).toEqual([['displaced t-2'], []]);
    await coordinator.commit({ memberId: 'm', groupGenerationId: 3, topics: [] });
    expect(asked).toEqual(['commit m']);
  });
});
