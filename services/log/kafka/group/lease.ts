/**
 * How long a member may take partitions for its own without asking. The coordinator starts a member's time anew when it gets
 * a heartbeat; the lease starts when that was *sent*, so that it ends first. A process that was stopped for longer finds it
 * ended before it can do anything else.
 *
 * Both clocks must agree: the steady one stands still while a machine is suspended, the wall clock can be set back.
 */

export interface Instant {
  readonly steadyMs: number;
  readonly wallMs: number;
}

export function instant(): Instant {
  return { steadyMs: performance.now(), wallMs: Date.now() };
}

export class Lease {
  readonly #lengthMs: number;
  readonly #now: () => Instant;
  #from: Instant | undefined;

  constructor(lengthMs: number, now: () => Instant = instant) {
    this.#lengthMs = lengthMs;
    this.#now = now;
  }

  /** The coordinator answered a request that was sent then. */
  renew(sentAt: Instant): void {
    this.#from = sentAt;
  }

  /** The coordinator does not know the member any more. */
  end(): void {
    this.#from = undefined;
  }

  holds(): boolean {
    if (this.#from === undefined) return false;
    const { steadyMs, wallMs } = this.#now();
    return steadyMs - this.#from.steadyMs < this.#lengthMs && wallMs - this.#from.wallMs < this.#lengthMs;
  }
}
