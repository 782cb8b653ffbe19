/** Reads a partition without a group. */
import type { TopicRecord } from '../../../pipelines/log/bus.ts';
import { RastroError } from '../../../schemas/errors/index.ts';
import { BUS_LIMITS } from './limits.ts';
import type { TopicLink } from './link.ts';
import { type ReadBatches, readBatches } from './record-batch.ts';
import { fetchRequest } from './requests.ts';

/** What one fetch brought, and how far it went. */
export interface Fetched extends ReadBatches {
  /** Offset that the partition's next record will get. */
  readonly end: number;
}

/**
 * One fetch from an offset on; empty where nothing came within `FETCH_WAIT_MS`.
 * @throws RastroError RAS-BUS-OFFSET-GONE, RAS-BUS-CORRUPT and what a request may fail with.
 */
export async function fetchBatches(
  link: TopicLink,
  partition: number,
  from: number,
  until: number,
): Promise<Fetched> {
  const { topic, name } = link;
  const { end, batches } = await link.retry('fetch', BUS_LIMITS.READ_RETRY_MS, async () => {
    const leader = link.leaders().get(partition);
    if (leader === undefined) throw new RastroError('RAS-BUS-TOPIC-MISSING', { topic: name });
    const result = await link.send(leader, fetchRequest(name, partition, from, BUS_LIMITS.FETCH_BYTES));
    if (result.failure?.type === 'OFFSET_OUT_OF_RANGE')
      throw new RastroError('RAS-BUS-OFFSET-GONE', { topic, partition, offset: from });
    if (result.failure !== undefined) throw result.failure;
    return result;
  });
  try {
    return { ...readBatches(batches, { topic, partition }, from, until), end };
  } catch (error) {
    const detail = (error as Error).message;
    throw new RastroError('RAS-BUS-CORRUPT', { topic, partition, offset: from, detail }, { cause: error });
  }
}

/** As `Bus.read`. The next fetch is on its way while the records of the last are handed over. */
export async function* readPartition(
  link: TopicLink,
  partition: number,
  from: number,
  until: number,
): AsyncGenerator<TopicRecord> {
  const fetchFrom = (offset: number) => {
    const fetched = fetchBatches(link, partition, offset, until);
    // Who stops reading early never waits for it.
    fetched.catch(() => undefined);
    return fetched;
  };
  let next = from;
  let giveUpAt = performance.now() + BUS_LIMITS.READ_RETRY_MS;
  let ahead = next < until ? fetchFrom(next) : undefined;
  while (ahead !== undefined) {
    const { records, next: behind } = await ahead;
    if (behind > next) giveUpAt = performance.now() + BUS_LIMITS.READ_RETRY_MS;
    else if (performance.now() > giveUpAt)
      throw new RastroError('RAS-BUS-OFFSET-GONE', { topic: link.topic, partition, offset: next });
    next = behind;
    ahead = next < until ? fetchFrom(next) : undefined;
    for (const record of records) yield record;
  }
}
