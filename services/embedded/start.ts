/** Starts the embedded server in a process of its own and stops it again. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { RastroError } from '../../schemas/errors/index.ts';
import { packageRoot } from '../../schemas/package-root.ts';
import { isOrphaned, openDataFolder } from './data-folder.ts';
import { ORPHAN_POLL_MS, ORPHAN_WAIT_MS, RUNNING_MAX, START_TIMEOUT_MS, STOP_GRACE_MS } from './limits.ts';
import type { ToChild, ToParent } from './messages.ts';

export interface EmbeddedOptions {
  /** Folder of the data, made if need be; one server at a time may hold it. */
  readonly dataDir: string;
  /** Loopback port; 0, the default, takes a free one. */
  readonly port?: number;
}

export interface Embedded {
  readonly url: string;
  readonly port: number;
  /** The data folder's key, as `openStore` wants it. */
  readonly key: string;
  readonly pid: number;
  /** Resolves when the process has gone, for whatever reason. */
  readonly exited: Promise<void>;
  /** Lets running statements end (5 s at most), then ends the process. */
  stop(): Promise<void>;
}

/** Bytes of the child's last words that go into an error. */
const LAST_WORDS_BYTES = 1_000;
/** Threads that the child needs besides those of running statements: files, compression. */
const SPARE_THREADS = 4;

/**
 * Starts ClickHouse's HTTP interface on 127.0.0.1 over the data in `dataDir`. Where the store of a process that was killed
 * still holds the folder, waits for its end.
 * @throws RastroError RAS-STORE-LOCKED, -PORT-IN-USE, -ENGINE-MISSING, -KEY-MODE, -KEY-SHORT, -FOLDER, -START-FAILED.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const dataDir = resolve(options.dataDir);
  const { key } = openDataFolder(dataDir);
  const giveUpAt = performance.now() + ORPHAN_WAIT_MS;
  for (;;) {
    try {
      return await startChild(dataDir, key, options.port ?? 0);
    } catch (error) {
      const isLocked = RastroError.is(error) && error.code === 'RAS-STORE-LOCKED';
      if (!isLocked || performance.now() > giveUpAt || !isOrphaned(dataDir)) throw error;
      await pause(ORPHAN_POLL_MS);
    }
  }
}

async function startChild(dataDir: string, key: string, givenPort: number): Promise<Embedded> {
  const child = fork(join(packageRoot(), 'dist/services/embedded/main.js'), [], {
    cwd: dataDir,
    execArgv: [],
    // A statement occupies one thread of the pool; with Node's four, four slow ones would stop everything else.
    env: { ...process.env, UV_THREADPOOL_SIZE: String(RUNNING_MAX + SPARE_THREADS) },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  const exited = once(child, 'exit').then(() => undefined);
  const port = await listeningPort(child, { type: 'start', dataDir, port: givenPort });
  // Neither the channel nor the process keeps the parent alive; the child ends with its parent.
  child.unref();
  child.channel?.unref();
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    key,
    pid: child.pid ?? 0,
    exited,
    stop: () => stopChild(child, exited),
  };
}

function listeningPort(child: ChildProcess, start: ToChild): Promise<number> {
  let lastWords = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    lastWords = (lastWords + text).slice(-LAST_WORDS_BYTES);
  });
  (child.stderr as unknown as { unref?: () => void } | null)?.unref?.();
  return new Promise((resolvePort, reject) => {
    const giveUp = (detail: string) => {
      child.kill('SIGKILL');
      reject(new RastroError('RAS-STORE-START-FAILED', { detail }));
    };
    const timer = setTimeout(() => giveUp(`no answer in ${START_TIMEOUT_MS / 1000} s`), START_TIMEOUT_MS);
    const onExit = (status: number | null, signal: string | null) => {
      clearTimeout(timer);
      giveUp(`ended with ${signal ?? status}; ${lastWords.trim()}`);
    };
    child.once('exit', onExit);
    child.once('error', (error) => giveUp(error.message));
    child.on('message', (message: ToParent) => {
      clearTimeout(timer);
      child.off('exit', onExit);
      if (message.type === 'ready') resolvePort(message.port);
      else reject(new RastroError(message.code, message.params));
    });
    child.send(start);
  });
}

async function stopChild(child: ChildProcess, exited: Promise<void>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.ref();
  if (child.connected) child.send({ type: 'stop' } satisfies ToChild, () => undefined);
  const timer = setTimeout(() => child.kill('SIGKILL'), 2 * STOP_GRACE_MS);
  await exited;
  clearTimeout(timer);
}
