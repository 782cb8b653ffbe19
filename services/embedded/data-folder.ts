/**
 * The data folder: `clickhouse/` (the engine's), `spool/` (data in flight, emptied at start), `key` (what opens writes
 * and the vault), `parent` (the process for which the store runs).
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RastroError } from '../../schemas/errors/index.ts';
import { isAlive } from './alive.ts';

export interface DataFolder {
  readonly root: string;
  readonly enginePath: string;
  readonly spoolPath: string;
  readonly key: string;
}

const KEY_BYTES = 32;

/**
 * Makes the folder if need be and reads its key, creating it at the first start (mode 0600, 256 random bits).
 * @throws RastroError RAS-STORE-KEY-MODE if others may read the key, RAS-STORE-FOLDER if the folder cannot be used.
 */
export function openDataFolder(root: string): DataFolder {
  const enginePath = join(root, 'clickhouse');
  const spoolPath = join(root, 'spool');
  try {
    mkdirSync(enginePath, { recursive: true, mode: 0o700 });
    mkdirSync(spoolPath, { recursive: true, mode: 0o700 });
    return { root, enginePath, spoolPath, key: ensureKey(join(root, 'key')) };
  } catch (cause) {
    if (RastroError.is(cause)) throw cause;
    const detail = (cause as NodeJS.ErrnoException).code ?? 'unknown';
    throw new RastroError('RAS-STORE-FOLDER', { dataDir: root, detail }, { cause });
  }
}

function ensureKey(path: string): string {
  try {
    writeFileSync(path, `${randomBytes(KEY_BYTES).toString('base64url')}\n`, { flag: 'wx', mode: 0o600 });
    chmodSync(path, 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const mode = statSync(path).mode & 0o777;
  if ((mode & 0o077) !== 0) throw new RastroError('RAS-STORE-KEY-MODE', { path, mode: mode.toString(8) });
  const key = readFileSync(path, 'utf8').trim();
  if (key.length < KEY_BYTES) throw new RastroError('RAS-STORE-KEY-SHORT', { path });
  return key;
}

/** Removes what an interrupted server left in the spool; only the holder of the engine's lock may call it. */
export function emptySpool(folder: DataFolder): void {
  rmSync(folder.spoolPath, { recursive: true, force: true });
  mkdirSync(folder.spoolPath, { mode: 0o700 });
}

/** Compares keys without telling by its duration where they differ. */
export function keysEqual(given: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

/** The living process that the engine's status file names as its holder, or undefined. */
export function lockHolder(folder: DataFolder): number | undefined {
  try {
    const pid = Number(/^PID: (\d+)$/m.exec(readFileSync(join(folder.enginePath, 'status'), 'utf8'))?.[1]);
    return pid !== process.pid && isAlive(pid) ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** Notes for whom the store runs; only the holder of the engine's lock may call it. */
export function noteParent(folder: DataFolder): void {
  writeFileSync(parentFile(folder.root), `${process.ppid}\n`, { mode: 0o600 });
}

/** Whether the store that holds the folder outlives the process for which it ran: it ends by itself, and soon. */
export function isOrphaned(root: string): boolean {
  try {
    return !isAlive(Number(readFileSync(parentFile(root), 'utf8')));
  } catch {
    return false;
  }
}

const parentFile = (root: string) => join(root, 'parent');
