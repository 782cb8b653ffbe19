/**
 * The keys of an installation, out of the files of a folder. `secret` is what pseudonyms derive from and never changes; vault and
 * raw keys derive from it too, until they are rotated: then `vault-secret` and `raw-secret` stand beside it.
 *
 * Unlike a data folder, which makes its secret at the first start, a role never makes one: every role of an installation must
 * have the same, or the pseudonyms of one would not meet those of the other.
 */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type DataKeys, deriveKey, deriveKeys, SECRET_BYTES_MIN } from '../../pipelines/ingest/keys.ts';
import type { KeysConfig } from '../../schemas/config.ts';
import { RastroError } from '../../schemas/errors/index.ts';

/** Anybody, and writing by a group. A group may read: orchestrators hand secrets to a process by its group. */
const TOO_OPEN = 0o027;

/** @throws RastroError RAS-ENGINE-SECRET when a secret is not there, too short, or others may read it. */
export async function openKeys({ folder }: KeysConfig): Promise<DataKeys> {
  return withRotated(folder, deriveKeys(await readSecret(join(folder, 'secret'))));
}

/** `keys` with those replaced that were rotated in the folder. @throws RastroError RAS-ENGINE-SECRET */
export async function withRotated(folder: string, keys: DataKeys): Promise<DataKeys> {
  const rotated = async (name: 'vault' | 'raw') => {
    const path = join(folder, `${name}-secret`);
    return (await isThere(path)) ? deriveKey(await readSecret(path), name) : keys[name];
  };
  return { ...keys, vault: await rotated('vault'), raw: await rotated('raw') };
}

/** The vault key of a secret that is to come into use. @throws RastroError RAS-ENGINE-SECRET */
export async function nextVaultKey(path: string): Promise<Buffer> {
  return deriveKey(await readSecret(path), 'vault');
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== 'ENOENT',
  );
}

/** At least 32 bytes in base64url, on one line. */
async function readSecret(path: string): Promise<Buffer> {
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
  return secret;
}
