/**
 * What it costs to send and to read through `KafkaBus`: blocks of 512 KiB, and small records a thousand an append, without
 * compression. Beside it, over a topic of the same broker in the same run, kafkajs' own producer and consumer and Kafka's own
 * measuring tools, all with one request in flight and acknowledged by all. CPU is that of the client's process alone; of the Java
 * tools, what a run over one record takes is taken off. What makes the figures wrong: other work on the machine, and loads so
 * small that a compiler is measured.
 */
import kafkajs from 'kafkajs';
import { kafkaConfig } from '../../schemas/config.ts';
import { TOPIC_VALUE_BYTES } from '../../schemas/topics.ts';
import { applyTopics } from '../../services/log/kafka/topics.ts';
import { KafkaCluster } from '../../test/support/kafka/cluster.ts';
import { KAFKA_MAJORS, whyNoKafka } from '../../test/support/kafka/jars.ts';
import { type Benchmark, type BenchmarkResult, type RunContext, sizeOf } from '../harness/benchmark.ts';
import { round } from '../harness/measure.ts';
import { busAppend, busRead, type Cost, javaRead, javaSend, kafkajsRead, kafkajsSend } from './clients.ts';
import { callsOf, Digest, type Load, Payload } from './payload.ts';

const PARTITIONS = 4;
const SMALL_BYTES = 200;
const SMALL_AT_ONCE = 1_000;
const MIB = 1024 * 1024;
/** A tenth of a load goes first, unmeasured: compilers are done then. */
const WARM_UP = 0.1;

interface Measured {
  readonly load: Load;
  readonly digest: string;
  readonly faults: readonly string[];
  /** By what is done, then by who does it. */
  readonly costs: Readonly<Record<'send' | 'read', Readonly<Record<string, Cost>>>>;
}

async function measure(cluster: KafkaCluster, load: Load, context: RunContext): Promise<Measured> {
  const seed = sizeOf(context, 'seed');
  const payload = new Payload(load.valueBytes, seed);
  const config = (prefix: string) =>
    kafkaConfig.parse({
      brokers: cluster.brokers,
      prefix: `${load.name}.${prefix}.`,
      partitions: PARTITIONS,
      replicationFactor: 1,
      minInsyncReplicas: 1,
      compression: 'none',
    });
  const own = config('bus');
  const warm = config('warm');
  await applyTopics(own, ['transactions']);
  await applyTopics(warm, ['transactions']);
  const admin = new kafkajs.Kafka({ brokers: own.brokers, logLevel: kafkajs.logLevel.NOTHING }).admin();
  await admin.connect();
  const topicFor = async (name: string) => {
    const topic = `${load.name}.${name}`;
    // Its wait fails where the broker has not heard of the topic yet; clients wait better.
    await admin.createTopics({ topics: [{ topic, numPartitions: PARTITIONS }], waitForLeaders: false });
    return topic;
  };
  const [js, jsWarm, java] = [
    await topicFor('kafkajs'),
    await topicFor('kafkajs-warm'),
    await topicFor('java'),
  ];
  await admin.disconnect();

  const little = { ...load, count: Math.max(1, Math.floor(WARM_UP * load.count)) };
  context.progress(`${load.name}: warming up`);
  await busAppend(warm, little, payload);
  await busRead(warm);
  await kafkajsSend(own, jsWarm, little, payload);
  await kafkajsRead(own, jsWarm, little.count);

  context.progress(`${load.name}: the bus and kafkajs`);
  const send: Record<string, Cost> = { bus: await busAppend(own, load, payload) };
  const read: Record<string, Cost> = { bus: await busRead(own) };
  send['kafkajs'] = await kafkajsSend(own, js, load, payload);
  read['kafkajs'] = await kafkajsRead(own, js, load.count);
  if (sizeOf(context, 'tools') === 1) {
    context.progress(`${load.name}: Kafka's own tools`);
    send['java'] = await javaSend(cluster, java, load);
    read['java'] = await javaRead(cluster, java, load);
  }
  const [sent, found] = [new Digest(), new Digest()];
  for (const records of callsOf(load, payload, PARTITIONS)) for (const { value } of records) sent.add(value);
  await busRead(own, found);
  const faults = `${sent}` === `${found}` ? [] : [`${load.name}: ${sent} were sent, ${found} are there`];
  return { load, digest: `${found}`, faults, costs: { send, read } };
}

function resultsOf({ load, digest, faults, costs }: Measured, seed: number): BenchmarkResult[] {
  return (['send', 'read'] as const).map((what) => {
    const perCpuSecond = (cost: Cost) => load.count / Math.max(cost.cpuSeconds, 1e-6);
    const own = costs[what]['bus'] as Cost;
    const details: Record<string, number> = { valueBytes: load.valueBytes, records: load.count };
    for (const [who, cost] of Object.entries(costs[what])) {
      details[`${who} per cpu-s`] = round(perCpuSecond(cost), 1);
      details[`${who} MiB/s wall`] = round((load.count * load.valueBytes) / MIB / cost.wallSeconds, 1);
      if (who !== 'bus')
        details[`as a multiple of ${who}`] = round(perCpuSecond(own) / perCpuSecond(cost), 2);
    }
    return {
      name: `bus/${what} ${load.name}`,
      value: round(perCpuSecond(own), 1),
      unit: `${load.name}/cpu-s`,
      seed,
      resultHash: digest,
      details,
      ...(faults.length === 0 ? {} : { faults }),
    };
  });
}

export const bus: Benchmark = {
  name: 'bus',
  what: 'blocks and small records through the bus against Kafka, beside kafkajs and Kafka’s own tools',
  options: {
    blocks: { default: 400, smoke: 8, what: 'blocks of 512 KiB' },
    records: { default: 300_000, smoke: 2_000, what: `records of ${SMALL_BYTES} bytes` },
    version: { default: 4, smoke: 4, what: 'major version of Kafka, 3 or 4' },
    tools: { default: 1, smoke: 0, what: '1: with the tools that come with Kafka' },
    seed: { default: 1, smoke: 1, what: 'seed' },
  },
  async whyNot() {
    return await whyNoKafka(4);
  },
  async run(context) {
    const version = KAFKA_MAJORS.find((major) => major === sizeOf(context, 'version'));
    if (version === undefined) throw new Error('there is no such version of Kafka');
    context.progress('starting Kafka');
    const cluster = await KafkaCluster.start({ version, javaOptions: [] });
    try {
      const blocks = { name: 'blocks', valueBytes: TOPIC_VALUE_BYTES, atOnce: PARTITIONS } as const;
      const records = { name: 'records', valueBytes: SMALL_BYTES, atOnce: SMALL_AT_ONCE } as const;
      const seed = sizeOf(context, 'seed');
      return [
        ...resultsOf(await measure(cluster, { ...blocks, count: sizeOf(context, 'blocks') }, context), seed),
        ...resultsOf(
          await measure(cluster, { ...records, count: sizeOf(context, 'records') }, context),
          seed,
        ),
      ];
    } finally {
      await cluster.stop();
    }
  },
};
