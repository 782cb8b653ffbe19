/** Markers say that everything of a range of a log's records is stored. */
import type { Store } from './client.ts';

/** Every record of a partition of the log up to this offset is covered by a marker; -1 for none. */
export async function markedUntil(
  store: Pick<Store, 'queryRows'>,
  log: string,
  partition: number,
): Promise<number> {
  const rows = await store.queryRows<{ offset_from: string; offset_to: string }>(
    `SELECT offset_from, offset_to FROM block_markers_current
     WHERE log = {log:String} AND partition = {partition:UInt32} ORDER BY offset_from`,
    { log, partition },
  );
  let until = -1;
  for (const row of rows) {
    if (Number(row.offset_from) > until + 1) break;
    until = Math.max(until, Number(row.offset_to));
  }
  return until;
}
