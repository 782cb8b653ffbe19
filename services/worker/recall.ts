/** What the store holds of partitions that come: how far markers reach, and which signals and alerts stand there. */
import type { Recalled } from '../../pipelines/engine/partition-engine.ts';
import { partitionsOfSlots, slotOfKey } from '../../pipelines/partition/slots.ts';
import type { Alert } from '../../schemas/alert.ts';
import type { Signal } from '../../schemas/signal.ts';
import type { Store } from '../store/client.ts';

/** Every record of a partition's log up to this offset is covered by a marker, from `begin` on; `begin - 1` for none. */
export async function markedUntil(
  store: Store,
  { log, partition, begin }: { readonly log: string; readonly partition: number; readonly begin: number },
): Promise<number> {
  const rows = await store.queryRows<{ offset_from: string; offset_to: string }>(
    `SELECT offset_from, offset_to FROM block_markers_current
     WHERE log = {log:String} AND partition = {partition:UInt32} AND offset_to >= {begin:UInt64} ORDER BY offset_from, offset_to`,
    { log, partition, begin },
  );
  let until = begin - 1;
  for (const { offset_from: from, offset_to: to } of rows) {
    if (Number(from) > until + 1) break;
    until = Math.max(until, Number(to));
  }
  return until;
}

/** Standing documents by partition: a signal belongs to the holder that it was observed on, an alert to its subject. */
export async function recallStanding(
  store: Store,
  partitions: ReadonlySet<number>,
  count: number,
): Promise<ReadonlyMap<number, Recalled>> {
  const partitionOf = partitionsOfSlots(count);
  const found = new Map(
    [...partitions].map((partition) => [partition, { signals: [] as Signal[], alerts: [] as Alert[] }]),
  );
  const placeOf = (key: string) => found.get(partitionOf[slotOfKey(key)] as number);
  for await (const rows of store.streamRows<{ doc: string }>('SELECT doc FROM signals_standing')) {
    for (const { doc } of rows) {
      const signal = JSON.parse(doc) as Signal;
      placeOf(signal.observedHolder)?.signals.push(signal);
    }
  }
  for await (const rows of store.streamRows<{ doc: string }>('SELECT doc FROM alerts_standing')) {
    for (const { doc } of rows) {
      const alert = JSON.parse(doc) as Alert;
      placeOf(alert.subject)?.alerts.push(alert);
    }
  }
  return found;
}
