/** Folders that the configuration or the command line names. */
import { accessSync, constants, mkdirSync } from 'node:fs';
import { RastroError } from '../../schemas/errors/index.ts';

/**
 * Makes the folder, and those above it, where they are not there; for this user alone. One that is there must be writable.
 * @throws RastroError RAS-CONFIG-FOLDER
 */
export function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const detail = (error as NodeJS.ErrnoException).code ?? (error as Error).message;
    throw new RastroError('RAS-CONFIG-FOLDER', { folder, detail }, { cause: error });
  }
}
