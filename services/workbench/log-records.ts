/** The first records of a log in memory: what is measured again and again is read once. */
import type { BlockLog } from '../../pipelines/log/port.ts';
import { BlockReader } from '../../schemas/block-reader.ts';
import { decodeReference, type ReferenceRecord } from '../workspace/reference-record.ts';

export interface LogRecords {
  readonly rows: number;
  readonly blocks: readonly Uint8Array[];
  readonly reference: readonly ReferenceRecord[];
}

/** Blocks until there are `rows` rows in them, with what lies between. */
export async function firstRecords(log: BlockLog, rows: number): Promise<LogRecords> {
  const blocks: Uint8Array[] = [];
  const reference: ReferenceRecord[] = [];
  let taken = 0;
  for await (const { kind, payload } of log.read(0)) {
    if (taken >= rows) break;
    if (kind === 'reference') reference.push(decodeReference(payload));
    if (kind !== 'transactions') continue;
    blocks.push(payload);
    taken += new BlockReader(payload).rows;
  }
  return { rows: taken, blocks, reference };
}

/** Who submits a feed of its own, and from when on. */
export function declarationsOf({ reference }: LogRecords): ReferenceRecord['declarations'] {
  return reference.flatMap(({ declarations }) => declarations);
}
