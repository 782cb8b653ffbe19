/** What a scene has rejected, and what an older version would have. */
import { sealRecord } from '../../../pipelines/ingest/rejected-record.ts';
import type { NewRecord } from '../../../pipelines/log/bus.ts';
import { openKeys } from '../../../services/config/keys.ts';
import { Drains } from '../../../services/ingest/drains.ts';
import { logRejects } from '../../../services/ingest/rejected-log.ts';
import { SubmissionView } from '../../../services/ingest/view.ts';
import type { Scene } from './scene.ts';

/** A code that this version never gives. */
export const OLDER_CODE = 'RAS-ENGINE-OLDER';
/** Offsets that no record of the scene has. */
const FAR_OFFSET = 1_000_000_000;

export interface RejectedCounts {
  /** By topic: places that have a reason. */
  readonly transactions: number;
  readonly signals: number;
  /** Rows of the table. */
  readonly table: number;
}

export async function rejectedIn({ bus, store, place }: Scene): Promise<RejectedCounts> {
  const found = (await logRejects(bus)).filter(({ code }) => code.startsWith('RAS-'));
  const of = (topic: string) => found.filter((reject) => reject.place.topic === topic).length;
  const { raw: rawKey } = await openKeys({ folder: place.keysFolder });
  const partitions = await bus.partitionsOf('rejected');
  const owned = new Set(Array.from({ length: partitions }, (_, partition) => partition));
  const view = new SubmissionView(bus);
  const onProblem = () => undefined;
  await new Drains({ bus, store, rawKey, view, owned: () => owned, onProblem }).once();
  const [table] = await store.queryRows<{ n: string }>(
    "SELECT count() AS n FROM rejects FINAL WHERE submission_id LIKE '%/%'",
  );
  return { transactions: of('transactions'), signals: of('signals'), table: Number(table?.n) };
}

/** Says of records that they could not be read, as a version says that does not know them. */
export async function rejectAsOlder({ bus, place }: Scene, records: readonly NewRecord[]): Promise<void> {
  const { raw } = await openKeys({ folder: place.keysFolder });
  const partitions = await bus.partitionsOf('rejected');
  const sealed = records.map(({ partition, key, headers = {}, value }, i) => {
    const record = { topic: 'transactions', partition, offset: FAR_OFFSET + i, key, headers, value } as const;
    return sealRecord(raw, record, { code: OLDER_CODE, partitions });
  });
  await bus.append('rejected', sealed);
}
