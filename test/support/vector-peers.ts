/** How a conformance vector states peers: definitions, and what their tables say. */
import { z } from 'zod';
import { PEER_GROUP_FIELDS } from '../../schemas/peers.ts';
import { PEER_UNITS } from '../../schemas/rule.ts';

const group = z.strictObject({
  of: z.array(z.string()),
  accounts: z.int(),
  /** By quantile in thousandths. */
  values: z.record(z.string(), z.union([z.number(), z.bigint()])),
});

/** By name of a definition, its tables by day. */
export const vectorPeers = z.record(
  z.string(),
  z.strictObject({
    by: z.array(z.enum(PEER_GROUP_FIELDS)).min(1),
    unit: z.enum(PEER_UNITS),
    days: z.record(z.iso.date(), z.array(group)),
  }),
);
