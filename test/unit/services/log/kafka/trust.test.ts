/** Brokers that cannot be trusted: here, ones that speak no TLS at all. How often they are tried is what is asked. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import kafkajs from 'kafkajs';
import { afterEach, describe, expect, test } from 'vitest';
import { type KafkaConfig, kafkaConfig } from '../../../../../schemas/config.ts';
import { KafkaBus } from '../../../../../services/log/kafka/bus.ts';
import { clientOptions, contextOf } from '../../../../../services/log/kafka/client.ts';
import { joinGroup } from '../../../../../services/log/kafka/group/join-group.ts';
import { codeOf } from '../../../../support/bus-contract.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** Servers that answer a client that wants TLS in clear, and how often each was asked. */
async function plainServers(count: number): Promise<{ config: KafkaConfig; asked: number[] }> {
  const asked = Array.from({ length: count }, () => 0);
  const brokers: string[] = [];
  for (let at = 0; at < count; at++) {
    const server = createServer((socket) => {
      asked[at] = (asked[at] as number) + 1;
      socket.on('error', () => undefined);
      socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    });
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    brokers.push(`127.0.0.1:${(server.address() as AddressInfo).port}`);
  }
  return { config: kafkaConfig.parse({ brokers, tls: {} }), asked };
}

describe('brokers that are not trusted', () => {
  test('are told of once each that was named has been tried', async () => {
    const { config, asked } = await plainServers(3);
    const bus = await KafkaBus.open(config);
    expect(await codeOf(bus.partitionsOf('transactions'))).toBe('RAS-BUS-UNTRUSTED');
    await bus.close();
    expect(asked).toEqual([2, 1, 1]);
  });

  test('end a membership with the same code, not with one of groups', async () => {
    const { config, asked } = await plainServers(1);
    const bus = await KafkaBus.open(config);
    const membership = joinGroup({
      kafka: new kafkajs.Kafka(await clientOptions(config)),
      context: contextOf(config, 'group'),
      bus,
      prefix: config.prefix,
      groupId: 'worker',
      topics: ['transactions'],
      member: { assigned: async () => [], batch: async () => undefined, revoked: async () => undefined },
    });
    await expect(membership.ended).rejects.toMatchObject({
      code: 'RAS-BUS-UNTRUSTED',
      params: { brokers: config.brokers[0] },
    });
    await bus.close();
    expect(asked).toEqual([2]);
  });
});
