/**
 * A folder that one process at a time uses: a file names the process. One that was killed needs no cleaning up: its process is not there
 * any more, or, where that is another machine's business (a shared disk), has not looked after the file for long.
 */
import { readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { makeFolder } from '../config/folder.ts';
import { isAlive } from '../embedded/alive.ts';

const LOCK = 'lock';
/** A process of another machine that has not renewed its lock for so long is gone. */
const STALE_MS = 10 * 60_000;

/** Folders that this process holds: a lock with its own number may be that of a process before it. */
const held = new Set<string>();

export class FolderLock {
  readonly #folder: string;
  #isHeld = true;

  private constructor(folder: string) {
    this.#folder = folder;
    held.add(folder);
  }

  /** Undefined where another process has it. The folder is made if it is not there. @throws RastroError RAS-CONFIG-FOLDER */
  static take(folder: string): FolderLock | undefined {
    makeFolder(folder);
    const path = join(folder, LOCK);
    // Of two that find a stale one, one makes the file first.
    for (let left = 2; left > 0; left--) {
      try {
        writeFileSync(path, `${process.pid} ${hostname()}`, { flag: 'wx', mode: 0o600 });
        return new FolderLock(folder);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      if (held.has(folder) || !isStale(path)) return undefined;
      rmSync(path, { force: true });
    }
    return undefined;
  }

  /** To be called more often than every ten minutes. False where somebody has removed it, and perhaps the folder: it is given up. */
  renew(): boolean {
    if (!this.#isHeld) return false;
    try {
      const now = new Date();
      utimesSync(join(this.#folder, LOCK), now, now);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      this.#isHeld = false;
      held.delete(this.#folder);
      return false;
    }
  }

  release(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    held.delete(this.#folder);
    rmSync(join(this.#folder, LOCK), { force: true });
  }
}

function isStale(path: string): boolean {
  try {
    const [pid, host] = readFileSync(path, 'utf8').split(' ');
    if (host === hostname()) return Number(pid) === process.pid || !isAlive(Number(pid));
    return Date.now() - statSync(path).mtimeMs > STALE_MS;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return true;
    throw error;
  }
}
