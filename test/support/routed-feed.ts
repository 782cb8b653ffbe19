/** A feed that one engine has taken in, from its log to the topics of the distributed form, as ingest would have sent it. */
import { join } from 'node:path';
import type { Bus, NewRecord } from '../../pipelines/log/bus.ts';
import type { RecordKind } from '../../pipelines/log/port.ts';
import { kindsOfRules, type RoutedBlock, Router } from '../../pipelines/partition/router.ts';
import { openFileLog } from '../../services/log/file/file-log.ts';
import type { Knowledge } from '../../services/workspace/knowledge.ts';
import { decodeReference, encodeReference } from '../../services/workspace/reference-record.ts';

/** A record of `transactions`. */
export interface RoutedRecord {
  readonly record: NewRecord;
  readonly kind: RecordKind;
  /** Of rows, how many. */
  readonly rows: number;
}

export interface RoutedFeed {
  /** Records of `transactions`, in the order in which they are sent. */
  readonly records: readonly NewRecord[];
  readonly rows: number;
  readonly copies: number;
}

const ofBlock = ({ partition, kind, rows, bytes }: RoutedBlock): RoutedRecord => ({
  record: { partition, key: null, headers: { kind }, value: bytes },
  kind,
  rows,
});

/** The records of the log of a data folder, which nobody holds, for so many partitions. */
export async function* routedRecords(
  dataDir: string,
  { ruleSet }: Pick<Knowledge, 'ruleSet'>,
  partitions: number,
  blockRows = 256,
): AsyncGenerator<RoutedRecord> {
  const log = await openFileLog(join(dataDir, 'log'), 'transactions');
  const router = new Router({ partitions, kinds: kindsOfRules(ruleSet), blockRows });
  for await (const { kind, payload } of log.read(0)) {
    if (kind === 'transactions') {
      const { blocks, tooLarge } = router.route(payload);
      if (tooLarge.length > 0) throw new Error(`${tooLarge.length} rows are too large for a record`);
      yield* blocks.map(ofBlock);
      continue;
    }
    yield* router.close().map(ofBlock);
    // Rows are stamped when they are routed: workers do not read parties.
    const value =
      kind === 'reference' ? encodeReference({ ...decodeReference(payload), parties: [] }) : payload;
    for (let partition = 0; partition < partitions; partition++)
      yield { record: { partition, key: null, headers: { kind }, value }, kind, rows: 0 };
  }
  yield* router.close().map(ofBlock);
  await log.close();
}

/** As `routedRecords`, all at once. */
export async function routedFeed(...of: Parameters<typeof routedRecords>): Promise<RoutedFeed> {
  const records: NewRecord[] = [];
  const counts = { transactions: 0, copies: 0 };
  for await (const { record, kind, rows } of routedRecords(...of)) {
    records.push(record);
    if (kind === 'transactions' || kind === 'copies') counts[kind] += rows;
  }
  return { records, rows: counts.transactions, copies: counts.copies };
}

/** Sends them in appends of bounded size. */
export async function send(bus: Bus, records: readonly NewRecord[], most = 64): Promise<void> {
  for (let from = 0; from < records.length; from += most)
    await bus.append('transactions', records.slice(from, from + most));
}
