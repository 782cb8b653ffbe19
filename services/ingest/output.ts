/**
 * Rows to records of the topic `transactions`. Which partitions a row belongs to is the router's matter; whoever publishes only
 * knows this.
 */
import type { ClosedBlock } from '../../pipelines/ingest/columns/open-block.ts';
import type { NewRecord } from '../../pipelines/log/bus.ts';
import type { RecordKind } from '../../pipelines/log/port.ts';

/** Header of a record of `transactions`: its kind, as in the log port; `copies` are rows that another partition stores. */
export const KIND_HEADER = 'kind';

export interface RowRouter {
  /** Records of the rows of a block. */
  rows(block: ClosedBlock): readonly NewRecord[];
  /** A record that every partition has to have in front of what rests on it. */
  toAll(kind: RecordKind, payload: Uint8Array): readonly NewRecord[];
}

/** All rows in one partition, which owns every subject: the form for one worker. */
export function onePartition(partitions: number): RowRouter {
  return {
    // Where the block will lie is not known yet; whoever stores it says so.
    rows: (block) => [record(0, 'transactions', block.bytes(0))],
    toAll: (kind, payload) =>
      Array.from({ length: partitions }, (_, partition) => record(partition, kind, payload)),
  };
}

function record(partition: number, kind: RecordKind, value: Uint8Array): NewRecord {
  return { partition, key: null, headers: { [KIND_HEADER]: kind }, value };
}
