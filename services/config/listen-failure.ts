/** Why a role cannot serve where its configuration says. */
import { RastroError } from '../../schemas/errors/index.ts';

/** Of a failed `listen`; `section` is where the configuration says host and port. */
export function listenFailure(
  error: unknown,
  { host, port, section }: { readonly host: string; readonly port: number; readonly section: string },
): RastroError {
  const detail = (error as NodeJS.ErrnoException).code ?? (error as Error).message;
  return new RastroError('RAS-CONFIG-LISTEN', { host, port, section, detail }, { cause: error });
}
