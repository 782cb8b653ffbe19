/**
 * The one module that touches chDB.
 *
 * Each statement gets a connection of its own (0.3 ms here), closed afterwards: settings, parameters and the current
 * database are state of a connection, so none can reach the next statement. The package's `Session` would do the same
 * but defers its close behind every statement that runs anywhere in the process; so this uses the addon underneath,
 * whose functions are stable within the pinned version. A stream's handle must be cancelled before its connection is
 * closed: closing first blocks the engine.
 */
import { createRequire } from 'node:module';
import { RastroError } from '../../schemas/errors/index.ts';

type Handle = { readonly __brand: 'handle' };

interface NativeResult {
  readonly bytes: Uint8Array;
  readonly elapsed: number;
  readonly rowsRead: number;
  readonly bytesRead: number;
}

interface NativeAddon {
  CreateConnection(path: string, args: readonly string[]): Handle;
  CloseConnection(connection: Handle): void;
  QueryAsyncConnection(connection: Handle, sql: string, format: string): Promise<NativeResult>;
  StreamQuery(connection: Handle, sql: string, format: string): Handle;
  StreamFetch(stream: Handle): Promise<{ done: boolean; bytes: Uint8Array; numRows: number }>;
  StreamCancel(stream: Handle): void;
}

/** Options that make the engine behave as a server, not as the command-line tool it derives from. */
const CONNECTION_ARGS = ['--implicit_select=0', '--allow_introspection_functions=0'];

const PLATFORM_PACKAGES: Readonly<Record<string, string>> = {
  'linux-x64': '@chdb/lib-linux-x64-gnu',
  'linux-arm64': '@chdb/lib-linux-arm64-gnu',
  'darwin-x64': '@chdb/lib-darwin-x64',
  'darwin-arm64': '@chdb/lib-darwin-arm64',
};

/** @throws RastroError RAS-STORE-ENGINE-MISSING if this platform has no engine, or it is not installed. */
function loadAddon(): NativeAddon {
  const platform = `${process.platform}-${process.arch}`;
  try {
    const fromHere = createRequire(import.meta.url);
    const fromChdb = createRequire(fromHere.resolve('chdb'));
    return fromChdb(PLATFORM_PACKAGES[platform] ?? platform) as NativeAddon;
  } catch (cause) {
    const detail = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause);
    throw new RastroError('RAS-STORE-ENGINE-MISSING', { platform, detail }, { cause });
  }
}

/** What a statement runs under; all of it ends with the statement. */
export interface Scope {
  readonly database: string;
  readonly settings: ReadonlyMap<string, string>;
  /** Values of `{name:Type}`, in the escaped form in which clients send them. */
  readonly params: ReadonlyMap<string, string>;
  /** True adds `readonly = 2`: the engine itself then refuses to write. */
  readonly readOnly: boolean;
}

export interface Answer {
  readonly bytes: Uint8Array;
  readonly rowsRead: number;
  readonly bytesRead: number;
}

/** One statement's connection. */
export interface Connection {
  /** Runs a statement to its end; the result is held in memory. Rejects with the engine's message. */
  run(sql: string, format: string): Promise<Answer>;
  /** Yields the result of a SELECT in pieces (`max_block_size` rows), each the bytes of `format`. */
  stream(sql: string, format: string): AsyncGenerator<Uint8Array>;
}

export const SCOPE_EMPTY: Scope = {
  database: 'default',
  settings: new Map(),
  params: new Map(),
  readOnly: false,
};

export class Engine {
  readonly version: string;
  /** Lower-case names of all table functions of this build. */
  readonly tableFunctions: ReadonlySet<string>;
  readonly #addon: NativeAddon;
  readonly #path: string;
  /** Keeps the engine alive between statements. */
  readonly #anchor: Handle;

  private constructor(addon: NativeAddon, path: string, anchor: Handle, facts: string[]) {
    this.#addon = addon;
    this.#path = path;
    this.#anchor = anchor;
    this.version = facts[0] ?? '';
    this.tableFunctions = new Set(facts.slice(1));
  }

  /**
   * Opens the data under `path`, which no other process may hold.
   * @throws RastroError RAS-STORE-ENGINE-MISSING, or the engine's own error (a held lock among them).
   */
  static async open(path: string): Promise<Engine> {
    const addon = loadAddon();
    const anchor = addon.CreateConnection(path, CONNECTION_ARGS);
    const sql = 'SELECT version() UNION ALL SELECT lower(name) FROM system.table_functions';
    const { bytes } = await addon.QueryAsyncConnection(anchor, sql, 'TabSeparated');
    const facts = Buffer.from(bytes).toString().trimEnd().split('\n');
    // UNION ALL promises no order; the version is the line that is no name.
    facts.sort((a, b) => Number(/^\d/.test(b)) - Number(/^\d/.test(a)));
    return new Engine(addon, path, anchor, facts);
  }

  /** Runs `work` on a fresh connection under `scope`; closes it whatever happens. */
  async within<T>(scope: Scope, work: (connection: Connection) => Promise<T>): Promise<T> {
    const addon = this.#addon;
    const handle = addon.CreateConnection(this.#path, CONNECTION_ARGS);
    try {
      for (const statement of scopeStatements(scope))
        await addon.QueryAsyncConnection(handle, statement, 'Null');
      return await work({
        run: (sql, format) => addon.QueryAsyncConnection(handle, sql, format),
        stream: (sql, format) => streamOf(addon, handle, sql, format),
      });
    } finally {
      addon.CloseConnection(handle);
    }
  }

  close(): void {
    this.#addon.CloseConnection(this.#anchor);
  }
}

async function* streamOf(addon: NativeAddon, connection: Handle, sql: string, format: string) {
  const stream = addon.StreamQuery(connection, sql, format);
  try {
    for (;;) {
      const piece = await addon.StreamFetch(stream);
      if (piece.done) return;
      if (piece.bytes.length > 0) yield piece.bytes;
    }
  } finally {
    addon.StreamCancel(stream);
  }
}

function scopeStatements(scope: Scope): string[] {
  const statements: string[] = [];
  if (scope.database !== 'default') statements.push(`USE \`${scope.database}\``);
  const pairs = [...scope.settings].map(([name, value]) => `${name} = ${quote(value)}`);
  for (const [name, value] of scope.params) pairs.push(`param_${name} = ${quote(value)}`);
  // Last, because under it nothing else may be set.
  if (scope.readOnly) pairs.push('readonly = 2');
  if (pairs.length > 0) statements.push(`SET ${pairs.join(', ')}`);
  return statements;
}

/** A string literal of the engine's SQL. */
export function quote(value: string): string {
  return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
