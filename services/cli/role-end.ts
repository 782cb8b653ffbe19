/** When a role ends. */
import type { Membership } from '../../pipelines/log/bus.ts';
import type { Log } from '../observe/log.ts';

/** Resolves when the process is asked to end, or the membership cannot go on; then with the reason. */
export function roleEnds(membership: Membership, log: Log): Promise<unknown> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve(undefined));
    membership.ended.then(
      () => resolve(undefined),
      (error: unknown) => {
        log.error('role.failed', error);
        resolve(error);
      },
    );
  });
}
