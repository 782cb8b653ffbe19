/**
 * What a role shows of itself: metrics, health. It is served before the role takes part in anything: who learns that the port is taken
 * after it has joined its group has taken partitions from the others for nothing.
 */
import type { Membership } from '../../pipelines/log/bus.ts';
import type { Config } from '../../schemas/config.ts';
import { Health } from '../observe/health.ts';
import { Metrics } from '../observe/metrics.ts';
import { serveObservation } from '../observe/server.ts';

export class RoleObservation {
  readonly metrics = new Metrics();
  readonly health = new Health();
  #membership: Membership | undefined;
  #isDraining = false;

  /** `silentMs`: when the log has not answered for so long, the role is not ready. */
  constructor(silentMs: number) {
    const { metrics, health } = this;
    metrics.watchProcess();
    health.add('draining', () => ({ ok: !this.#isDraining }));
    health.add('fetch', () => {
      if (this.#membership === undefined) return { ok: false };
      const value = this.#membership.sinceFetchMs();
      return { ok: value < silentMs, value, unit: 'ms' };
    });
    metrics.onScrape(() => {
      if (this.#membership !== undefined)
        metrics.set('rastro_last_fetch_age_seconds', {}, this.#membership.sinceFetchMs() / 1_000);
    });
  }

  /** From now on the role is ready when it is read to. */
  joined(membership: Membership): void {
    this.#membership = membership;
  }

  drains(): void {
    this.#isDraining = true;
  }
}

/** Runs `work` while it is served. @throws RastroError RAS-CONFIG-LISTEN, before `work` begins */
export async function withObservation<T>(
  { observe }: Pick<Config, 'observe'>,
  silentMs: number,
  work: (observation: RoleObservation) => Promise<T>,
): Promise<T> {
  const observation = new RoleObservation(silentMs);
  const { metrics, health } = observation;
  const server = observe.enabled ? await serveObservation(observe, metrics, health) : undefined;
  try {
    return await work(observation);
  } finally {
    await server?.close();
  }
}
