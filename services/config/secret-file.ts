/** A secret out of the file that the configuration names. */
import { readFile, stat } from 'node:fs/promises';
import { RastroError } from '../../schemas/errors/index.ts';

const SECRET_BYTES_MAX = 16_384;
/** Everybody else on the machine. A group may read: orchestrators hand secrets to a process by its group. */
const WORLD_READABLE = 0o004;

/**
 * The file's one line. `path` is the field of the configuration, for the message.
 * @throws RastroError RAS-CONFIG-SECRET-UNREADABLE
 */
export async function readSecretFile(file: string, path: string): Promise<string> {
  const unusable = (detail: string, cause?: unknown) =>
    new RastroError('RAS-CONFIG-SECRET-UNREADABLE', { file, path, detail }, { cause });
  let text: string;
  try {
    const { mode, size } = await stat(file);
    if ((mode & WORLD_READABLE) !== 0)
      throw unusable(`everybody may read it (mode ${(mode & 0o777).toString(8)})`);
    if (size > SECRET_BYTES_MAX) throw unusable(`it has more than ${SECRET_BYTES_MAX} bytes`);
    text = (await readFile(file, 'utf8')).replace(/\r?\n$/, '');
  } catch (error) {
    if (RastroError.is(error)) throw error;
    throw unusable((error as NodeJS.ErrnoException).code ?? 'it cannot be read', error);
  }
  if (text === '') throw unusable('it is empty');
  if (/[\r\n]/.test(text)) throw unusable('it has more than one line');
  return text;
}
