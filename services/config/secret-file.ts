/** Files that the configuration names: secrets, private keys, certificates. */
import { readFile, stat } from 'node:fs/promises';
import { RastroError } from '../../schemas/errors/index.ts';

const FILE_BYTES_MAX = 256 * 1_024;
/** Everybody else on the machine. A group may read: orchestrators hand secrets to a process by its group. */
const WORLD_READABLE = 0o004;

function unusable(file: string, path: string, detail: string, cause?: unknown): RastroError {
  return new RastroError('RAS-CONFIG-SECRET-UNREADABLE', { file, path, detail }, { cause });
}

async function textOf(file: string, path: string, isSecret: boolean): Promise<string> {
  let text: string;
  try {
    const { mode, size } = await stat(file);
    if (isSecret && (mode & WORLD_READABLE) !== 0)
      throw unusable(file, path, `everybody may read it (mode ${(mode & 0o777).toString(8)})`);
    if (size > FILE_BYTES_MAX) throw unusable(file, path, `it has more than ${FILE_BYTES_MAX} bytes`);
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (RastroError.is(error)) throw error;
    throw unusable(file, path, (error as NodeJS.ErrnoException).code ?? 'it cannot be read', error);
  }
  if (text.trim() === '') throw unusable(file, path, 'it is empty');
  return text;
}

/**
 * The file's one line. `path` is the field of the configuration, for the message.
 * @throws RastroError RAS-CONFIG-SECRET-UNREADABLE
 */
export async function readSecretFile(file: string, path: string): Promise<string> {
  const text = (await textOf(file, path, true)).replace(/\r?\n$/, '');
  if (/[\r\n]/.test(text)) throw unusable(file, path, 'it has more than one line');
  return text;
}

/**
 * PEM of a private key, which is as secret as a password.
 * @throws RastroError RAS-CONFIG-SECRET-UNREADABLE
 */
export async function readKeyFile(file: string, path: string): Promise<string> {
  return textOf(file, path, true);
}

/**
 * PEM of certificates, which everybody may read.
 * @throws RastroError RAS-CONFIG-SECRET-UNREADABLE
 */
export async function readCertificateFile(file: string, path: string): Promise<string> {
  return textOf(file, path, false);
}
