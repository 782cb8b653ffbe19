import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { clickhouseConfig } from '../../../../schemas/config.ts';
import { RastroError } from '../../../../schemas/errors/index.ts';
import { ATTEMPTS_MAX, FAILURES_UNTIL_DOWN, StoreCircuit } from '../../../../services/store/circuit.ts';
import type { Store } from '../../../../services/store/client.ts';
import { connectStore } from '../../../../services/store/connect.ts';

const AWAY = new RastroError('RAS-STORE-UNREACHABLE', { url: 'x', detail: 'ECONNREFUSED' });
const BUSY = new RastroError('RAS-STORE-BUSY');
const WRONG = new RastroError('RAS-STORE-QUERY-FAILED', { detail: 'TYPE_MISMATCH (53)' });

/** A store whose pings fail until told otherwise. */
function storeScene() {
  const state = { isThere: false, pings: 0 };
  const store = {
    ping: async () => {
      state.pings++;
      if (!state.isThere) throw AWAY;
    },
  } as unknown as Store;
  const log: string[] = [];
  const circuit = new StoreCircuit(
    store,
    { down: () => log.push('down'), up: () => log.push('up'), retried: (code) => log.push(code) },
    { retryMs: 1, retryMsMax: 2, probeMs: 1 },
  );
  return { state, circuit, log };
}

describe('the circuit', () => {
  test('a passing failure is tried again with the same token', async () => {
    const { circuit, log } = storeScene();
    const tokens: string[] = [];
    await circuit.insert(async (_store, token) => {
      tokens.push(token);
      if (tokens.length === 1) throw BUSY;
    });
    expect(tokens).toHaveLength(2);
    expect(new Set(tokens).size).toBe(1);
    expect(log).toEqual(['RAS-STORE-BUSY']);
    expect(circuit.isUp).toBe(true);
  });

  test('each insert has a token of its own: the same rows may come again later', async () => {
    const { circuit } = storeScene();
    const tokens: string[] = [];
    for (let i = 0; i < 2; i++) await circuit.insert(async (_store, token) => void tokens.push(token));
    expect(new Set(tokens).size).toBe(2);
  });

  test('what the store has against the rows is not tried again', async () => {
    const { circuit } = storeScene();
    let attempts = 0;
    const insert = circuit.insert(async () => {
      attempts++;
      throw WRONG;
    });
    await expect(insert).rejects.toBe(WRONG);
    expect(attempts).toBe(1);
  });

  test('away: down after some failures, one probe at a time, up when it answers, and the insert goes through', async () => {
    const { circuit, state, log } = storeScene();
    let sent = 0;
    const insert = circuit.insert(async () => {
      sent++;
      if (!state.isThere) throw AWAY;
    });
    await expect.poll(() => circuit.isUp, { timeout: 60_000 }).toBe(false);
    const sentWhenDown = sent;
    const waiting = circuit.whenUp();
    await expect.poll(() => state.pings, { timeout: 60_000 }).toBeGreaterThan(2);
    expect([sent, sentWhenDown]).toEqual([FAILURES_UNTIL_DOWN, FAILURES_UNTIL_DOWN]);
    state.isThere = true;
    await Promise.all([insert, waiting]);
    expect(log.filter((line) => !line.startsWith('RAS'))).toEqual(['down', 'up']);
  });

  test('attempts are bounded where the store answers pings and still takes nothing', async () => {
    const { circuit, state } = storeScene();
    state.isThere = true;
    let attempts = 0;
    const insert = circuit.insert(async () => {
      attempts++;
      throw BUSY;
    });
    await expect(insert).rejects.toBe(BUSY);
    expect(attempts).toBe(ATTEMPTS_MAX);
  });

  test('closed while away: whoever waits gets an error', async () => {
    const { circuit } = storeScene();
    const insert = circuit.insert(async () => {
      throw AWAY;
    });
    await expect.poll(() => circuit.isUp, { timeout: 60_000 }).toBe(false);
    circuit.close();
    await expect(insert).rejects.toMatchObject({ code: 'RAS-STORE-UNREACHABLE' });
  });
});

describe('a configured server', () => {
  test('is asked as its user with the password of its file; one that hangs is one that does not answer', async () => {
    const seen: string[] = [];
    const server = createServer((request) => {
      // Never answered.
      seen.push(`${request.headers.authorization} ${request.url}`);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const passwordFile = join(mkdtempSync(join(tmpdir(), 'connect-')), 'password');
    writeFileSync(passwordFile, 'geheim\n', { mode: 0o600 });
    const config = clickhouseConfig.parse({
      url: `http://127.0.0.1:${port}`,
      user: 'u',
      passwordFile,
      cluster: 'main',
    });
    const store = await connectStore(config, 100);
    const insert = store.insertRows('alerts', [{ id: 'x' }], { token: 'once' });
    await expect(insert).rejects.toMatchObject({ code: 'RAS-STORE-UNREACHABLE' });
    await expect(insert).rejects.not.toThrow(/geheim/);
    expect(seen[0]).toContain(`Basic ${Buffer.from('u:geheim').toString('base64')}`);
    for (const part of ['insert_deduplication_token=once', 'insert_distributed_sync=1', 'insert_quorum=auto'])
      expect(seen[0]).toContain(part);
    await store.close();
    server.closeAllConnections();
    server.close();
  });
});
