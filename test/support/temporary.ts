/**
 * One folder for whatever the tests of a run, and the processes they start, put into the system's temporary folder. It goes
 * with the run; those of runs that were killed go with the next one.
 */
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAlive } from '../../services/embedded/alive.ts';

const PREFIX = 'rastro-tests-';

export default function setup(): () => void {
  const system = tmpdir();
  const remove = (name: string) => {
    try {
      rmSync(join(system, name), { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    } catch {
      // A process of a run that was killed still writes there: what is left goes with the next run.
    }
  };
  for (const name of readdirSync(system))
    if (name.startsWith(PREFIX) && !isAlive(Number(name.slice(PREFIX.length)))) remove(name);
  const own = `${PREFIX}${process.pid}`;
  remove(own);
  mkdirSync(join(system, own), { recursive: true, mode: 0o700 });
  process.env['TMPDIR'] = join(system, own);
  return () => {
    process.env['TMPDIR'] = system;
    remove(own);
  };
}
