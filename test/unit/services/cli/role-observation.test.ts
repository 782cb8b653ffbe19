/** What a role shows of itself is there before the role takes part in anything, and gone after it. */
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { configSchema } from '../../../../schemas/config.ts';
import { withObservation } from '../../../../services/cli/role-observation.ts';

const SILENT_MS = 1_000;
const other = createServer();
let port = 0;
beforeEach(async () => {
  other.listen(0, '127.0.0.1');
  await once(other, 'listening');
  port = (other.address() as AddressInfo).port;
});
afterEach(() => {
  other.close();
});
const freed = async () => {
  other.close();
  await once(other, 'close');
};
const configAt = () => configSchema.parse({ observe: { port } });
const readiness = async () => {
  const response = await fetch(`http://127.0.0.1:${port}/readyz`);
  return { status: response.status, checks: ((await response.json()) as { checks: unknown }).checks };
};

describe('observation of a role', () => {
  test('a port that is taken: the role does not begin', async () => {
    let hasBegun = false;
    const work = withObservation(configAt(), SILENT_MS, async () => {
      hasBegun = true;
    });
    await expect(work).rejects.toMatchObject({
      code: 'RAS-CONFIG-LISTEN',
      params: { section: 'observe', port },
    });
    expect(hasBegun).toBe(false);
  });

  test('it is ready when it has joined and reads, and not before, nor while it drains', async () => {
    await freed();
    let sinceFetchMs = 0;
    await withObservation(configAt(), SILENT_MS, async (observation) => {
      expect(await readiness()).toMatchObject({ status: 503, checks: { fetch: { ok: false } } });
      expect(await observation.metrics.text()).not.toMatch(/^rastro_last_fetch_age_seconds/m);
      observation.joined({
        ended: Promise.resolve(),
        leave: async () => undefined,
        sinceFetchMs: () => sinceFetchMs,
      });
      expect(await readiness()).toMatchObject({ status: 200 });
      sinceFetchMs = 2_000;
      expect(await readiness()).toMatchObject({
        status: 503,
        checks: { fetch: { ok: false, value: 2_000 } },
      });
      expect(await observation.metrics.text()).toMatch(/^rastro_last_fetch_age_seconds 2$/m);
      sinceFetchMs = 0;
      observation.drains();
      expect(await readiness()).toMatchObject({ status: 503, checks: { draining: { ok: false } } });
    });
    await expect(readiness()).rejects.toThrow();
  });

  test('a role that fails leaves the port', async () => {
    await freed();
    const work = withObservation(configAt(), SILENT_MS, async () => {
      throw new Error('no');
    });
    await expect(work).rejects.toThrow('no');
    await expect(readiness()).rejects.toThrow();
  });
});
