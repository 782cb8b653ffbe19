/** The server's process: kill -9, a second instance, ports, parents. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, statSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { packageRoot } from '../../../schemas/package-root.ts';
import { startEmbedded } from '../../../services/embedded/start.ts';
import { openStore } from '../../../services/store/client.ts';
import { freshFolder, startSuite } from './harness.ts';

const probe = await startSuite();
afterAll(() => probe?.cleanUp());

describe.skipIf(probe === undefined)('the process', () => {
  test('kill -9 three times while inserting: every acknowledged insert is there, once', {
    timeout: 60_000,
  }, async () => {
    const dataDir = freshFolder();
    const acknowledged = new Set<number>();
    let next = 0;
    for (let round = 0; round <= 3; round++) {
      const server = await startEmbedded({ dataDir });
      const store = openStore({ url: server.url, key: server.key });
      await store.command(
        'CREATE TABLE IF NOT EXISTS acks (n UInt32, part UInt8) ENGINE = MergeTree ORDER BY n',
      );
      const found = await store.queryRows<{ n: number; c: string }>(
        'SELECT n, count() AS c FROM acks GROUP BY n',
      );
      // The insert in flight at the kill may have been stored or not, but never in part.
      expect(found.filter(({ c }) => c !== '3')).toEqual([]);
      const stored = new Set(found.map(({ n }) => n));
      expect([...acknowledged].filter((n) => !stored.has(n))).toEqual([]);
      expect(stored.size - acknowledged.size).toBeLessThanOrEqual(round);
      if (round === 3) {
        await server.stop();
      } else {
        const before = acknowledged.size;
        for (;;) {
          const n = next++;
          const alive = await store
            .insertRows(
              'acks',
              [0, 1, 2].map((part) => ({ n, part })),
            )
            .then(
              () => true,
              () => false,
            );
          if (!alive) break;
          acknowledged.add(n);
          // From the first that is acknowledged on: a machine that is busy does as much.
          if (acknowledged.size === before + 1) setTimeout(() => process.kill(server.pid, 'SIGKILL'), 300);
        }
        await server.exited;
        expect(acknowledged.size).toBeGreaterThan(before);
      }
      await store.close();
    }
    rmSync(dataDir, { recursive: true, force: true });
  });

  test('a second instance is refused and told who holds the folder; the first is unharmed', async () => {
    const { server, dataDir } = probe!;
    await expect(startEmbedded({ dataDir })).rejects.toMatchObject({
      code: 'RAS-STORE-LOCKED',
      params: { pid: server.pid, dataDir },
    });
    expect(await (await fetch(`${server.url}/?query=SELECT+1`)).text()).toBe('1\n');
  });

  test('a port in use is refused', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as AddressInfo;
    const dataDir = freshFolder();
    await expect(startEmbedded({ dataDir, port })).rejects.toMatchObject({
      code: 'RAS-STORE-PORT-IN-USE',
      params: { port },
    });
    other.close();
    rmSync(dataDir, { recursive: true, force: true });
  });

  test('the key is made once, for its owner only', async () => {
    const { server, dataDir } = probe!;
    expect(server.key).toMatch(/^[\w-]{43}$/);
    expect(statSync(`${dataDir}/key`).mode & 0o777).toBe(0o600);
  });

  test('a key that others may read, or that is cut short, is refused', async () => {
    const dataDir = freshFolder();
    writeFileSync(`${dataDir}/key`, 'x'.repeat(43), { mode: 0o644 });
    await expect(startEmbedded({ dataDir })).rejects.toMatchObject({ code: 'RAS-STORE-KEY-MODE' });
    rmSync(`${dataDir}/key`);
    writeFileSync(`${dataDir}/key`, '', { mode: 0o600 });
    await expect(startEmbedded({ dataDir })).rejects.toMatchObject({ code: 'RAS-STORE-KEY-SHORT' });
    rmSync(dataDir, { recursive: true, force: true });
  });

  test('a platform without the engine is told so', async () => {
    const dataDir = freshFolder();
    const before = process.env['NODE_OPTIONS'];
    const pretend = "data:text/javascript,Object.defineProperty(process,'arch',{value:'mips'})";
    process.env['NODE_OPTIONS'] = `--import=${pretend}`;
    try {
      await expect(startEmbedded({ dataDir })).rejects.toMatchObject({
        code: 'RAS-STORE-ENGINE-MISSING',
        params: { platform: `${process.platform}-mips` },
      });
    } finally {
      if (before === undefined) delete process.env['NODE_OPTIONS'];
      else process.env['NODE_OPTIONS'] = before;
      rmSync(dataDir, { recursive: true, force: true });
    }
  });

  test('the server ends with its parent, and who takes its place waits for that', async () => {
    const dataDir = freshFolder();
    const start = join(packageRoot(), 'dist/services/embedded/start.js');
    const script = `const { startEmbedded } = await import(${JSON.stringify(start)});
      const { url } = await startEmbedded({ dataDir: ${JSON.stringify(dataDir)} });
      void fetch(url + '/?query=SELECT+sleep(2)');
      console.log(url);
      setInterval(() => {}, 1000);`;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [url] = (await once(parent.stdout, 'data')).map((text) => String(text).trim());
    expect(await (await fetch(`${url}/ping`)).text()).toBe('Ok.\n');
    parent.kill('SIGKILL');
    await once(parent, 'exit');
    const next = await startEmbedded({ dataDir });
    await expect(fetch(`${url}/ping`)).rejects.toThrow();
    expect(await (await fetch(`${next.url}/ping`)).text()).toBe('Ok.\n');
    await next.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  test('stop ends the process and frees the folder', async () => {
    const dataDir = freshFolder();
    const first = await startEmbedded({ dataDir });
    await first.stop();
    await first.stop();
    await expect(fetch(`${first.url}/ping`)).rejects.toThrow();
    const second = await startEmbedded({ dataDir });
    expect(second.key).toBe(first.key);
    await second.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });
});
