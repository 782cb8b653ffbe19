/**
 * The process that holds the engine. Started by `start.ts` with an IPC channel; it ends when told to, or when its parent
 * is gone.
 */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { RastroError } from '../../schemas/errors/index.ts';
import { emptySpool, lockHolder, noteParent, openDataFolder } from './data-folder.ts';
import { Engine } from './engine.ts';
import { STOP_GRACE_MS } from './limits.ts';
import type { ToChild, ToParent } from './messages.ts';
import { createClickHouseServer } from './server.ts';

interface Running {
  readonly server: Server;
  readonly engine: Engine;
}

let running: Running | undefined;

process.on('message', (message: ToChild) => {
  if (message.type === 'stop') void stop();
  else start(message.dataDir, message.port).catch(reportFailure);
});
process.on('disconnect', () => void stop());
// The parent decides when to stop; a Ctrl-C reaches the whole process group and must not cut running inserts short.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => void stop());

async function start(dataDir: string, port: number): Promise<void> {
  const folder = openDataFolder(dataDir);
  let engine: Engine;
  try {
    engine = await Engine.open(folder.enginePath);
  } catch (error) {
    if (RastroError.is(error)) throw error;
    const detail = error instanceof Error ? error.message : String(error);
    // The engine does not say why it could not open; a living holder in its status file does.
    const pid = lockHolder(folder);
    if (pid !== undefined) throw new RastroError('RAS-STORE-LOCKED', { dataDir, pid });
    throw new RastroError('RAS-STORE-START-FAILED', { detail: detail.slice(0, 500) });
  }
  noteParent(folder);
  emptySpool(folder);
  const server = createClickHouseServer(engine, folder);
  running = { server, engine };
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: '127.0.0.1', port }, resolve);
  }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EADDRINUSE') throw new RastroError('RAS-STORE-PORT-IN-USE', { port });
    throw new RastroError('RAS-STORE-START-FAILED', { detail: error.code ?? error.message });
  });
  send({ type: 'ready', port: (server.address() as AddressInfo).port });
}

function reportFailure(error: unknown): void {
  const known = RastroError.is(error)
    ? error
    : new RastroError('RAS-STORE-INTERNAL', { detail: String(error) });
  const message: ToParent = { type: 'failed', code: known.code, params: known.params };
  process.send?.(message, () => process.exit(1));
}

function send(message: ToParent): void {
  process.send?.(message);
}

async function stop(): Promise<void> {
  // A statement that outlives the grace period is cut by the exit; what it was answered for is on disk.
  setTimeout(() => process.exit(0), STOP_GRACE_MS).unref();
  if (running !== undefined) {
    const { server, engine } = running;
    running = undefined;
    server.closeIdleConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
    engine.close();
  }
  process.exit(0);
}
