/** The ways of sending and reading a load that are compared: the bus, kafkajs, Kafka's own measuring tools. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import kafkajs from 'kafkajs';
import type { KafkaConfig } from '../../schemas/config.ts';
import { KafkaBus } from '../../services/log/kafka/bus.ts';
import { javaArguments } from '../../test/support/kafka/broker.ts';
import type { KafkaCluster } from '../../test/support/kafka/cluster.ts';
import { cpuNs, wallNs } from '../harness/measure.ts';
import { callsOf, type Digest, type Load, type Payload } from './payload.ts';

const NS = 1e9;
/** Appends that are open at a time: the next is made while the last is on its way. */
const OPEN_CALLS = 4;

export interface Cost {
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
}

async function costOf(work: () => Promise<void>): Promise<Cost> {
  const [cpu, wall] = [cpuNs(), wallNs()];
  await work();
  return { cpuSeconds: (cpuNs() - cpu) / NS, wallSeconds: (wallNs() - wall) / NS };
}

export async function busAppend(config: KafkaConfig, load: Load, payload: Payload): Promise<Cost> {
  const bus = await KafkaBus.open(config);
  const cost = await costOf(async () => {
    const open: Promise<unknown>[] = [];
    for (const records of callsOf(load, payload, config.partitions)) {
      open.push(bus.append('transactions', records));
      if (open.length === OPEN_CALLS) await open.shift();
    }
    await Promise.all(open);
  });
  await bus.close();
  return cost;
}

export async function busRead(config: KafkaConfig, digest?: Digest): Promise<Cost> {
  const bus = await KafkaBus.open(config);
  const ranges = await bus.ranges('transactions');
  const cost = await costOf(async () => {
    await Promise.all(
      ranges.map(async ({ begin, end }, partition) => {
        for await (const { value } of bus.read('transactions', partition, begin, end)) digest?.add(value);
      }),
    );
  });
  await bus.close();
  return cost;
}

const clientOf = (config: KafkaConfig) =>
  new kafkajs.Kafka({ brokers: config.brokers, logLevel: kafkajs.logLevel.NOTHING });

export async function kafkajsSend(
  config: KafkaConfig,
  topic: string,
  load: Load,
  payload: Payload,
): Promise<Cost> {
  const producer = clientOf(config).producer({ idempotent: true, maxInFlightRequests: 1 });
  await producer.connect();
  const cost = await costOf(async () => {
    const open: Promise<unknown>[] = [];
    for (const records of callsOf(load, payload, config.partitions)) {
      const messages = records.map(({ partition, value }) => ({ partition, value: value as Buffer }));
      open.push(producer.send({ topic, messages, acks: -1 }));
      if (open.length === OPEN_CALLS) await open.shift();
    }
    await Promise.all(open);
  });
  await producer.disconnect();
  return cost;
}

/** From the first batch on: joining a group is not what is compared. */
export async function kafkajsRead(config: KafkaConfig, topic: string, count: number): Promise<Cost> {
  const consumer = clientOf(config).consumer({ groupId: topic });
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  let seen = 0;
  let start: { readonly cpu: number; readonly wall: number } | undefined;
  const cost = await new Promise<Cost>((resolve, reject) => {
    const eachBatch = async ({ batch }: kafkajs.EachBatchPayload) => {
      start ??= { cpu: cpuNs(), wall: wallNs() };
      seen += batch.messages.length;
      if (seen >= count)
        resolve({ cpuSeconds: (cpuNs() - start.cpu) / NS, wallSeconds: (wallNs() - start.wall) / NS });
    };
    consumer.run({ eachBatch, autoCommit: false }).catch(reject);
  });
  await consumer.disconnect();
  return cost;
}

/** Of a Java process with all its threads. What it takes to start is taken off by a run over nothing, or nearly. */
async function javaCost(cluster: KafkaCluster, main: string, args: readonly string[]): Promise<Cost> {
  const wall = wallNs();
  const java = ['java', ...javaArguments(cluster.jars, [], main), ...args];
  const { stdout } = await promisify(execFile)('sh', ['-c', '"$@" >&2; times', 'sh', ...java], {
    maxBuffer: 64 * 1024 * 1024,
  });
  const [, children = ''] = stdout.trim().split('\n').slice(-2);
  const seconds = [...children.matchAll(/(\d+)m([\d.]+)s/g)].map(([, m, s]) => 60 * Number(m) + Number(s));
  return { cpuSeconds: seconds.reduce((sum, one) => sum + one, 0), wallSeconds: (wallNs() - wall) / NS };
}

const less = (whole: Cost, start: Cost): Cost => ({
  cpuSeconds: Math.max(0.01, whole.cpuSeconds - start.cpuSeconds),
  wallSeconds: Math.max(0.01, whole.wallSeconds - start.wallSeconds),
});

export async function javaSend(cluster: KafkaCluster, topic: string, load: Load): Promise<Cost> {
  const run = (count: number) =>
    javaCost(cluster, 'org.apache.kafka.tools.ProducerPerformance', [
      ...['--topic', topic, '--num-records', String(count), '--record-size', String(load.valueBytes)],
      ...['--throughput', '-1', '--producer-props', `bootstrap.servers=${cluster.brokers.join()}`],
      ...[
        'acks=all',
        'enable.idempotence=true',
        'max.in.flight.requests.per.connection=1',
        'batch.size=1000000',
      ],
    ]);
  const start = await run(1);
  return less(await run(load.count), start);
}

export async function javaRead(cluster: KafkaCluster, topic: string, load: Load): Promise<Cost> {
  const run = (count: number) =>
    javaCost(cluster, 'org.apache.kafka.tools.ConsumerPerformance', [
      ...['--topic', topic, '--messages', String(count), '--bootstrap-server', cluster.brokers.join()],
      ...['--timeout', '60000'],
    ]);
  const start = await run(1);
  return less(await run(load.count), start);
}
