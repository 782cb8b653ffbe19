import { expect, test } from 'vitest';
import type { TopicLink } from '../../../../../services/log/kafka/link.ts';
import { fetchBatches } from '../../../../../services/log/kafka/reader.ts';
import { encodeBatch } from '../../../../../services/log/kafka/record-batch.ts';

/** Stands in the place of a connection: one broker, which answers this. */
const linkTo = (batches: Buffer) =>
  ({
    topic: 'transactions',
    name: 'rastro.transactions',
    leaders: () => new Map([[0, 1]]),
    retry: (_what: string, _ms: number, work: () => Promise<unknown>) => work(),
    send: async () => ({ end: 1, batches, failure: undefined }),
  }) as unknown as TopicLink;

test('a batch that is not what its sender wrote is refused with its place', async () => {
  const source = { producerId: 1n, producerEpoch: 0, firstSequence: 0 };
  const batch = encodeBatch([{ partition: 0, key: null, value: Buffer.from('x') }], source, 'none', 0);
  expect((await fetchBatches(linkTo(batch), 0, 0, 1)).records).toHaveLength(1);
  batch[batch.length - 2] = (batch.at(-2) as number) ^ 1;
  await expect(fetchBatches(linkTo(batch), 0, 0, 1)).rejects.toMatchObject({
    code: 'RAS-BUS-CORRUPT',
    params: { topic: 'transactions', partition: 0, offset: 0, detail: 'a batch whose checksum is wrong' },
  });
});
