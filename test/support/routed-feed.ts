/** A feed that one engine has taken in, from its log to the topics of the distributed form, as ingest would have sent it. */
import { join } from 'node:path';
import type { Bus, NewRecord } from '../../pipelines/log/bus.ts';
import { kindsOfRules, type RoutedBlock, Router } from '../../pipelines/partition/router.ts';
import { openFileLog } from '../../services/log/file/file-log.ts';
import type { Knowledge } from '../../services/workspace/knowledge.ts';
import { decodeReference, encodeReference } from '../../services/workspace/reference-record.ts';

export interface RoutedFeed {
  /** Records of `transactions`, in the order in which they are sent. */
  readonly records: readonly NewRecord[];
  readonly rows: number;
  readonly copies: number;
}

const recordOf = ({ partition, kind, bytes }: RoutedBlock): NewRecord => ({
  partition,
  key: null,
  headers: { kind },
  value: bytes,
});

/** The records of the log of a data folder, which nobody holds, for so many partitions. */
export async function routedFeed(
  dataDir: string,
  { ruleSet }: Pick<Knowledge, 'ruleSet'>,
  partitions: number,
  blockRows = 256,
): Promise<RoutedFeed> {
  const log = await openFileLog(join(dataDir, 'log'), 'transactions');
  const router = new Router({ partitions, kinds: kindsOfRules(ruleSet), blockRows });
  const records: NewRecord[] = [];
  for await (const { kind, payload } of log.read(0)) {
    if (kind === 'transactions') {
      const { blocks, tooLarge } = router.route(payload);
      if (tooLarge.length > 0) throw new Error(`${tooLarge.length} rows are too large for a record`);
      records.push(...blocks.map(recordOf));
      continue;
    }
    records.push(...router.close().map(recordOf));
    // Rows are stamped when they are routed: workers do not read parties.
    const value =
      kind === 'reference' ? encodeReference({ ...decodeReference(payload), parties: [] }) : payload;
    for (let partition = 0; partition < partitions; partition++)
      records.push({ partition, key: null, headers: { kind }, value });
  }
  records.push(...router.close().map(recordOf));
  await log.close();
  return { records, rows: router.counts.rows, copies: router.counts.copies };
}

/** Sends them in appends of bounded size. */
export async function send(bus: Bus, records: readonly NewRecord[], most = 64): Promise<void> {
  for (let from = 0; from < records.length; from += most)
    await bus.append('transactions', records.slice(from, from + most));
}
