/** A folder for what a process keeps beside memory, by its pid; what processes that were killed left behind goes. */
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder } from '../config/folder.ts';
import { isAlive } from '../embedded/alive.ts';

/** @throws RastroError RAS-CONFIG-FOLDER */
export function ownStateFolder(parent: string): string {
  makeFolder(parent);
  for (const name of readdirSync(parent)) {
    const pid = Number(name);
    if (Number.isInteger(pid) && (pid === process.pid || !isAlive(pid)))
      rmSync(join(parent, name), { recursive: true, force: true });
  }
  const own = join(parent, String(process.pid));
  makeFolder(own);
  return own;
}
