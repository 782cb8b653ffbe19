/**
 * Open loop: every record goes out when it is due, whether or not earlier ones were answered, as from a source that knows
 * nothing of the state of the other side. Of a source that cannot keep up the rate says so.
 */
import { setTimeout as sleep } from 'node:timers/promises';

const SECOND_MS = 1_000;
/** Between two looks at what is due. */
const TICK_MS = 20;

export interface Paced {
  readonly rows: number;
  readonly seconds: number;
  /** Rows a second that were handed over, from the first record until the last one was acknowledged. */
  readonly acknowledgedPerSecond: number;
  /** The same until the last one was handed over. */
  readonly sentPerSecond: number;
}

export interface PacedItem {
  readonly rows: number;
}

/**
 * `send` gets what became due since the last look, in order; it is not waited for until the end. Fails as the first of
 * them fails.
 */
export async function pace<Item extends PacedItem>(
  items: readonly Item[],
  rowsPerSecond: number,
  send: (due: readonly Item[]) => Promise<unknown>,
): Promise<Paced> {
  const began = performance.now();
  const since = () => (performance.now() - began) / SECOND_MS;
  const failure: { error?: unknown } = {};
  const underWay = new Set<Promise<unknown>>();
  let rows = 0;
  let sent = 0;
  for (let from = 0; from < items.length; ) {
    let until = from;
    for (; until < items.length && rows <= since() * rowsPerSecond; until++)
      rows += (items[until] as Item).rows;
    if (until > from) {
      const sending: Promise<unknown> = send(items.slice(from, until))
        .catch((error: unknown) => {
          failure.error ??= error;
        })
        .finally(() => underWay.delete(sending));
      underWay.add(sending);
      sent = since();
      from = until;
    }
    if ('error' in failure) break;
    await sleep(TICK_MS);
  }
  await Promise.all(underWay);
  if ('error' in failure) throw failure.error;
  const seconds = since();
  return {
    rows,
    seconds,
    acknowledgedPerSecond: Math.round(rows / seconds),
    sentPerSecond: Math.round(rows / Math.max(sent, TICK_MS / SECOND_MS)),
  };
}
