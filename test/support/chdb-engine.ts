/** The embedded ClickHouse engine inside the test process, or the reason why it is not there. One per test file. */
import { createRequire } from 'node:module';
import type { SqlEngine } from './oracle-sql.ts';

interface Session {
  query(sql: string, format: string): string;
  cleanup(): void;
}

export type EngineOrReason =
  | { readonly engine: SqlEngine; readonly close: () => void; readonly reason?: undefined }
  | { readonly engine?: undefined; readonly reason: string };

export function openEngine(): EngineOrReason {
  let session: Session;
  try {
    const { Session: Chdb } = createRequire(import.meta.url)('chdb') as { Session: new () => Session };
    session = new Chdb();
  } catch (error) {
    return { reason: `chdb does not load: ${(error as Error).message}` };
  }
  const settings =
    'SETTINGS output_format_json_quote_64bit_integers = 1, output_format_json_quote_denormals = 1';
  return {
    engine: {
      run(sql) {
        const text = session.query(/^\s*SELECT/.test(sql) ? `${sql} ${settings}` : sql, 'JSONEachRow').trim();
        return text === '' ? [] : text.split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
      },
    },
    close: () => session.cleanup(),
  };
}
