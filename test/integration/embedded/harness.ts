/** Starts the real embedded server for a suite, or says why it cannot. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RastroError } from '../../../schemas/errors/index.ts';
import { type Embedded, startEmbedded } from '../../../services/embedded/start.ts';

export interface Suite {
  readonly server: Embedded;
  readonly dataDir: string;
  cleanUp(): Promise<void>;
}

/** A data folder of its own, removed by the caller. */
export function freshFolder(): string {
  return mkdtempSync(join(tmpdir(), 'rastro-test-'));
}

/** The running server; undefined, with the reason printed, where the engine does not load. In CI that is a failure. */
export async function startSuite(): Promise<Suite | undefined> {
  const dataDir = freshFolder();
  try {
    const server = await startEmbedded({ dataDir });
    const cleanUp = async () => {
      await server.stop();
      rmSync(dataDir, { recursive: true, force: true });
    };
    return { server, dataDir, cleanUp };
  } catch (error) {
    rmSync(dataDir, { recursive: true, force: true });
    const isMissing = RastroError.is(error) && error.code === 'RAS-STORE-ENGINE-MISSING';
    if (!isMissing || process.env['CI'] === 'true') throw error;
    console.warn(`Skipped: ${error.message}`);
    return undefined;
  }
}

/** A plain request, as curl would send it. */
export async function ask(
  server: Embedded,
  query: string,
  options: {
    body?: NonNullable<RequestInit['body']>;
    headers?: Record<string, string>;
    url?: string;
    withKey?: boolean;
    method?: string;
  } = {},
): Promise<{ status: number; text: string; bytes: Buffer; headers: Headers }> {
  const key = options.withKey ? { 'X-ClickHouse-User': 'rastro', 'X-ClickHouse-Key': server.key } : {};
  const response = await fetch(`${server.url}/?${options.url ?? ''}&query=${encodeURIComponent(query)}`, {
    method: options.method ?? 'POST',
    headers: { ...key, ...options.headers },
    ...(options.body === undefined ? {} : { body: options.body }),
  });
  const bytes = Buffer.from(await response.arrayBuffer());
  return { status: response.status, text: bytes.toString(), bytes, headers: response.headers };
}
