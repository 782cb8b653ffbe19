/** Whether a role can do its work, as named checks. A check that does not answer in time has failed. */

export const CHECKS = [
  'fetch',
  'store',
  'partitions',
  'checkpoint',
  'keys',
  'rules',
  'draining',
  'log',
] as const;
export type CheckName = (typeof CHECKS)[number];

export interface CheckResult {
  readonly ok: boolean;
  /** A number that says how it stands: an age, a count. */
  readonly value?: number;
  readonly unit?: 'ms' | 'partitions' | 'count';
}

export type Check = () => CheckResult | Promise<CheckResult>;

export interface Readiness {
  readonly ready: boolean;
  readonly checks: Readonly<Partial<Record<CheckName, CheckResult>>>;
}

export const CHECK_TIMEOUT_MS = 2_000;

export class Health {
  readonly #checks = new Map<CheckName, Check>();
  readonly #timeoutMs: number;

  constructor(timeoutMs = CHECK_TIMEOUT_MS) {
    this.#timeoutMs = timeoutMs;
  }

  add(name: CheckName, check: Check): void {
    this.#checks.set(name, check);
  }

  async readiness(): Promise<Readiness> {
    const results = await Promise.all(
      [...this.#checks].map(async ([name, check]) => [name, await this.#inTime(check)] as const),
    );
    return { ready: results.every(([, { ok }]) => ok), checks: Object.fromEntries(results) };
  }

  async #inTime(check: Check): Promise<CheckResult> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<CheckResult>((resolve) => {
      timer = setTimeout(() => resolve({ ok: false }), this.#timeoutMs);
    });
    try {
      return await Promise.race([Promise.resolve().then(check), late]);
    } catch {
      return { ok: false };
    } finally {
      clearTimeout(timer);
    }
  }
}
