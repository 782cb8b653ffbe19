/** What the store holds of partitions that come: which signals and alerts stand there. */
import type { Recalled } from '../../pipelines/engine/partition-engine.ts';
import { partitionsOfSlots, slotOfKey } from '../../pipelines/partition/slots.ts';
import type { Alert } from '../../schemas/alert.ts';
import type { Signal } from '../../schemas/signal.ts';
import type { Store } from '../store/client.ts';

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
