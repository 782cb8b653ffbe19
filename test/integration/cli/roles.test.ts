/** Roles that cannot serve what they are to serve: they say so before they have asked anything of log or store. */
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { rastro } from '../../support/cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'rastro-test-'));
const file = join(folder, 'rastro.json');
/** Holds a port, and is the only broker and the only store that is named: whoever asks it is counted. */
const server = createServer((socket) => {
  asked++;
  socket.destroy();
});
let asked = 0;

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  writeFileSync(join(folder, 'secret'), Buffer.alloc(32, 9).toString('base64url'), { mode: 0o600 });
  writeFileSync(
    file,
    JSON.stringify({
      kafka: { brokers: [`127.0.0.1:${port}`] },
      clickhouse: { url: `http://127.0.0.1:${port}` },
      keys: { folder },
      observe: { port },
    }),
  );
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

test.each(['worker', 'ingest'])('%s: the port of metrics is taken', async (role) => {
  const { code, out, err } = await rastro([role, '--config', file]);
  expect({ code, out }).toEqual({ code: 1, out: '' });
  expect(err).toContain('error RAS-CONFIG-LISTEN: ');
  expect(err).toContain('observe.port');
  expect(asked).toBe(0);
});
