/** Files that a command writes where the user says. */
import { RastroError } from '../../schemas/errors/index.ts';

/** What the file system refuses, and not this program. */
function isRefused(error: unknown): error is Error {
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).syscall === 'string';
}

/** Does `work`, which writes under `path`. @throws RastroError RAS-CLI-NOT-WRITTEN where the file system refuses it */
export async function writtenTo<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!isRefused(cause)) throw cause;
    throw new RastroError('RAS-CLI-NOT-WRITTEN', { path, detail: cause.message }, { cause });
  }
}
