/** What the store and the topic `alerts` hold after a fault, in numbers: nothing lost, nothing doubled. */
import type { Bus } from '../../../pipelines/log/bus.ts';
import type { Store } from '../../../services/store/client.ts';
import type { Standing } from '../workspace.ts';

/** Rows as they stand, and how many identities they have; of a table equal, or something is doubled. */
export interface Held {
  readonly rows: number;
  readonly identities: number;
  /** Identities that the undisturbed run has and this one has not. */
  readonly lost: number;
  /** The other way round. */
  readonly extra: number;
}

export type Counts = Readonly<Record<'transactions' | 'signals' | 'alerts' | 'topic alerts', Held>>;

const keyOf = (row: Record<string, unknown>, columns: readonly string[]) =>
  columns.map((column) => String(row[column])).join(' ');

function held(
  found: readonly Record<string, unknown>[],
  expected: readonly Record<string, unknown>[],
  columns: readonly string[],
): Held {
  const has = new Set(found.map((row) => keyOf(row, columns)));
  const should = new Set(expected.map((row) => keyOf(row, columns)));
  return {
    rows: found.length,
    identities: has.size,
    lost: [...should].filter((key) => !has.has(key)).length,
    extra: [...has].filter((key) => !should.has(key)).length,
  };
}

/** Of every alert the last record of the topic; those that stand. */
async function onTopic(bus: Bus): Promise<Record<string, unknown>[]> {
  const last = new Map<string, Record<string, unknown>>();
  for (const [partition, { begin, end }] of (await bus.ranges('alerts')).entries())
    for await (const { key, value } of bus.read('alerts', partition, begin, end))
      if (key !== null && value !== null) last.set(key, JSON.parse(Buffer.from(value).toString('utf8')));
  return [...last.values()].filter(({ status }) => status === 'standing');
}

export async function countsOf(bus: Bus, store: Store, found: Standing, expected: Standing): Promise<Counts> {
  const transactions = await store.queryRows<Record<string, unknown>>(
    'SELECT institution, id, version FROM transactions FINAL',
  );
  return {
    transactions: held(transactions, expected.versions, ['institution', 'id', 'version']),
    signals: held(found.signals, expected.signals, ['id', 'version']),
    alerts: held(found.alerts, expected.alerts, ['id', 'version']),
    'topic alerts': held(await onTopic(bus), expected.alerts, ['id', 'version']),
  };
}

export const NOTHING_AMISS = { lost: 0, extra: 0 };
