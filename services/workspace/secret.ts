/**
 * The data folder's secret, from which every pseudonym and encryption key derives. It lives beside the database, never
 * in it, and is made at the first start (mode 0600, 256 random bits). It does not rotate in place; the keys of vault and raw
 * submissions do (`services/config/keys.ts`).
 */
import { randomBytes } from 'node:crypto';
import { access, chmod, constants, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type DataKeys, deriveKeys, SECRET_BYTES_MIN } from '../../pipelines/ingest/keys.ts';
import { RastroError } from '../../schemas/errors/index.ts';
import { withRotated } from '../config/keys.ts';

/**
 * Keys of the folder's secret.
 * @throws RastroError RAS-STORE-FOLDER if the folder cannot be made or used, RAS-ENGINE-SECRET when others may read the secret, or
 * it is damaged.
 */
export async function openSecret(dataDir: string): Promise<DataKeys> {
  const path = join(dataDir, 'secret');
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    await access(dataDir, constants.W_OK | constants.X_OK);
  } catch (cause) {
    const detail = (cause as NodeJS.ErrnoException).code ?? 'unknown';
    throw new RastroError('RAS-STORE-FOLDER', { dataDir, detail }, { cause });
  }
  try {
    await writeFile(path, `${randomBytes(SECRET_BYTES_MIN).toString('base64url')}\n`, {
      flag: 'wx',
      mode: 0o600,
    });
    await chmod(path, 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const { mode } = await stat(path);
  if ((mode & 0o077) !== 0)
    throw new RastroError('RAS-ENGINE-SECRET', { path, detail: `mode ${(mode & 0o777).toString(8)}` });
  const secret = Buffer.from((await readFile(path, 'utf8')).trim(), 'base64url');
  if (secret.length < SECRET_BYTES_MIN)
    throw new RastroError('RAS-ENGINE-SECRET', { path, detail: `${secret.length} bytes` });
  return withRotated(dataDir, deriveKeys(secret));
}
