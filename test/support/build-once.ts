/**
 * Builds `dist/` once before the suite, so that tests which start the real command run what was just written.
 * The compiler emits in spite of type errors; those are the business of `npm run check`, not of this.
 */
import { spawnSync } from 'node:child_process';

export default function setup(): void {
  const { error } = spawnSync('npm', ['run', '--silent', 'build'], { stdio: 'ignore' });
  if (error !== undefined) throw error;
}
