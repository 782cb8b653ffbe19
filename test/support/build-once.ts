/** Builds `dist/` once before the suite, so that tests which start the real command run what was just written. */
import { execFileSync } from 'node:child_process';

export default function setup(): void {
  execFileSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' });
}
