/**
 * The keys of a role. Unlike a data folder, which makes its secret at the first start, a role never makes one: every role of an
 * installation must have the same, or the pseudonyms of one would not meet those of the other.
 */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type DataKeys, deriveKeys, SECRET_BYTES_MIN } from '../../pipelines/ingest/keys.ts';
import type { KeysConfig } from '../../schemas/config.ts';
import { RastroError } from '../../schemas/errors/index.ts';

/** Anybody, and writing by a group. A group may read: orchestrators hand secrets to a process by its group. */
const TOO_OPEN = 0o027;

/** @throws RastroError RAS-ENGINE-SECRET when it is not there, too short, or others may read it. */
export async function openKeys({ folder }: KeysConfig): Promise<DataKeys> {
  const path = join(folder, 'secret');
  const unusable = (detail: string, cause?: unknown) =>
    new RastroError('RAS-ENGINE-SECRET', { path, detail }, { cause });
  let text: string;
  try {
    const { mode } = await stat(path);
    if ((mode & TOO_OPEN) !== 0) throw unusable(`mode ${(mode & 0o777).toString(8)}`);
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (RastroError.is(error)) throw error;
    throw unusable((error as NodeJS.ErrnoException).code ?? 'it cannot be read', error);
  }
  const secret = Buffer.from(text.trim(), 'base64url');
  if (secret.length < SECRET_BYTES_MIN) throw unusable(`${secret.length} bytes`);
  return deriveKeys(secret);
}
