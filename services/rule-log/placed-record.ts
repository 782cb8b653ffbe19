/** A note on the topic `rules`: a partition of `transactions` has a set. */
import { z } from 'zod';
import type { NewRecord } from '../../pipelines/log/bus.ts';

export const PLACED_KIND = 'placed';

const placedRecord = z.strictObject({
  /** Of the set: its offset on the topic. */
  ordinal: z.number().int().nonnegative(),
  partition: z.number().int().nonnegative(),
  /** Where in the partition. */
  offset: z.number().int().nonnegative(),
});

export type PlacedRecord = z.infer<typeof placedRecord>;

export function encodePlaced(placed: PlacedRecord): NewRecord {
  return {
    partition: 0,
    key: `placed ${placed.ordinal} ${placed.partition}`,
    headers: { kind: PLACED_KIND },
    value: Buffer.from(JSON.stringify(placed), 'utf8'),
  };
}

/** @throws where the value is none. */
export function decodePlaced(value: Uint8Array): PlacedRecord {
  return placedRecord.parse(JSON.parse(Buffer.from(value).toString('utf8')));
}
