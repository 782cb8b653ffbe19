/** Records that nothing can read, of every kind that somebody may put onto `transactions` or `signals`. */
import { tableFromArrays, tableToIPC } from 'apache-arrow';
import kafkajs from 'kafkajs';
import type { Bus, NewRecord } from '../../../pipelines/log/bus.ts';
import type { Random } from '../../../pipelines/simulate/random.ts';
import type { KafkaConfig } from '../../../schemas/config.ts';
import { SIGNAL_MESSAGES_VERSION } from '../../../schemas/signal-messages.ts';
import { TOPIC_VALUE_BYTES } from '../../../schemas/topics.ts';
import { clientOptions } from '../../../services/log/kafka/client.ts';
import type { WorkerTopic } from '../../../services/worker/open-partition.ts';

const APPEND_RECORDS = 100;
const NOISE_BYTES = 400;
/** Larger than a record may be; packed it is small, so that a topic takes it. */
const OVERSIZED = Buffer.alloc(TOPIC_VALUE_BYTES + 1);
const OTHER_COLUMNS = tableToIPC(tableFromArrays({ amount: Int32Array.of(1, 2), id: ['a', 'b'] }), 'stream');

type Malformed = Omit<NewRecord, 'partition'>;
type Maker = (random: Random, i: number, block: Uint8Array) => Malformed;

const noise = (random: Random) =>
  Buffer.from(Array.from({ length: random.int(1, NOISE_BYTES) }, () => random.int(0, 255)));

const TRANSACTIONS: readonly Maker[] = [
  // Random bytes.
  (random) => ({ key: null, headers: { kind: 'transactions' }, value: noise(random) }),
  (random) => ({ key: null, headers: { kind: 'copies' }, value: noise(random) }),
  // A block that was cut.
  (random, _, block) => ({
    key: null,
    headers: { kind: 'transactions' },
    value: block.subarray(0, random.int(1, block.length >>> 1)),
  }),
  // A block of another schema.
  () => ({ key: null, headers: { kind: 'transactions' }, value: OTHER_COLUMNS }),
  // A kind that this version does not know, or none.
  (_, i, block) => ({ key: null, headers: { kind: `rows-${i}` }, value: block.subarray(0, 64) }),
  (random) => ({ key: null, value: noise(random) }),
  // What is no JSON, and JSON of another form.
  (random) => ({ key: null, headers: { kind: 'reference' }, value: noise(random) }),
  () => ({ key: null, headers: { kind: 'watermark' }, value: Buffer.from('{"timeMs":"soon"}') }),
  () => ({ key: null, headers: { kind: 'rules' }, value: Buffer.from('{"version":99}') }),
];

const headers = (more: Record<string, string>) => ({
  version: String(SIGNAL_MESSAGES_VERSION),
  kind: 'observed',
  asOf: '1',
  part: '0',
  parts: '1',
  digest: 'ab',
  ...more,
});

const SIGNALS: readonly Maker[] = [
  (random, i) => ({ key: `bad ${i}#0`, value: noise(random) }),
  (random, i) => ({ key: `bad ${i}#0`, headers: headers({ version: '99' }), value: noise(random) }),
  (random, i) => ({ key: `bad ${i}#0`, headers: headers({ kind: 'opinion' }), value: noise(random) }),
  (random, i) => ({ key: `bad ${i}`, headers: headers({}), value: noise(random) }),
  (random, i) => ({ key: `bad ${i}#0`, headers: headers({ part: '7' }), value: noise(random) }),
  // The digest is of something else.
  (random, i) => ({ key: `bad ${i}#0`, headers: headers({}), value: noise(random) }),
];

export interface MalformedCounts {
  readonly transactions: number;
  readonly signals: number;
}

/**
 * Appends so many of them to each topic, a few at a time, over all partitions, one in a thousand oversized. `block`: a good one, of
 * which some are the beginning.
 */
export async function sendMalformed(
  bus: Bus,
  kafka: KafkaConfig,
  { counts, random, block }: { counts: MalformedCounts; random: Random; block: Uint8Array },
): Promise<void> {
  const producer = new kafkajs.Kafka(await clientOptions(kafka)).producer();
  await producer.connect();
  const oversized = async (topic: WorkerTopic, i: number) => {
    await producer.send({
      topic: `${kafka.prefix}${topic}`,
      compression: kafkajs.CompressionTypes.GZIP,
      messages: [
        { partition: i % kafka.partitions, key: `oversized ${i}#0`, headers: headers({}), value: OVERSIZED },
      ],
    });
  };
  const makers: Record<WorkerTopic, readonly Maker[]> = { transactions: TRANSACTIONS, signals: SIGNALS };
  for (let from = 0; from < Math.max(counts.transactions, counts.signals); from += APPEND_RECORDS)
    for (const topic of ['transactions', 'signals'] as const) {
      const until = Math.min(from + APPEND_RECORDS, counts[topic]);
      const records: NewRecord[] = [];
      for (let i = from; i < until; i++) {
        if (i % 1_000 === 0) {
          await oversized(topic, i);
          continue;
        }
        const make = makers[topic][i % makers[topic].length] as Maker;
        records.push({ partition: random.int(0, kafka.partitions - 1), ...make(random, i, block) });
      }
      if (records.length > 0) await bus.append(topic, records);
    }
  await producer.disconnect();
}
