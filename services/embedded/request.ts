/** What an HTTP request asks for: who, which query, parameters, settings. */
import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { keysEqual } from './data-folder.ts';
import { accessDenied, badArguments, ServerException } from './exception.ts';
import { SETTINGS_ALLOWED, SETTINGS_DROPPED } from './guard/names.ts';
import { EXECUTION_SECONDS_DEFAULT, PROGRESS_INTERVAL_MS } from './limits.ts';

export interface QueryRequest {
  readonly queryId: string;
  /** True if the request carries the key of the data folder. */
  readonly trusted: boolean;
  /** True for GET, which never writes. */
  readonly readOnly: boolean;
  /** The query of the URL; the body holds it, or goes on with it, otherwise. */
  readonly urlQuery: string;
  readonly database: string;
  readonly defaultFormat: string;
  readonly params: ReadonlyMap<string, string>;
  readonly settings: ReadonlyMap<string, string>;
  readonly acceptsGzip: boolean;
  /** Answer only when the whole result is known, so that a late failure still gets its status. */
  readonly waitEnd: boolean;
  /** Milliseconds between two progress headers, or undefined. */
  readonly progressMs: number | undefined;
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/i;

/**
 * Refuses what only a browser's page or a rebound name would send: the server is for programs on this machine.
 * @throws ServerException ACCESS_DENIED
 */
export function refuseForeign(headers: IncomingHttpHeaders): void {
  if (headers.origin !== undefined) throw accessDenied('Requests from web pages are refused.');
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'none') throw accessDenied('Requests from web pages are refused.');
  if (!LOOPBACK.test(headers.host ?? '')) throw accessDenied('The Host of the request is not this machine.');
}

/** Names in the URL that speak to the HTTP layer and need no action here. */
const IGNORED = new Set([
  'stacktrace',
  'buffer_size',
  'http_wait_end_of_query',
  'close_session',
  'http_zlib_compression_level',
]);

/**
 * Reads the request's line and headers.
 * @throws ServerException AUTHENTICATION_FAILED on a wrong key, BAD_ARGUMENTS on what is not supported.
 */
export function parseRequest(request: IncomingMessage, url: URL, key: string): QueryRequest {
  const params = new Map<string, string>();
  const settings = new Map([['max_execution_time', String(EXECUTION_SECONDS_DEFAULT)]]);
  const known = new Map<string, string>();
  for (const [name, value] of url.searchParams) {
    if (name.startsWith('param_')) params.set(plainName(name.slice('param_'.length)), value);
    else if (HANDLED.has(name)) known.set(name, value);
    else if (IGNORED.has(name)) continue;
    else if (name in UNSUPPORTED) refuseUnlessOff(name, value);
    else if (!SETTINGS_ALLOWED.test(name)) throw unknownSetting(name);
    else if (!SETTINGS_DROPPED.test(name)) settings.set(name, value);
  }
  const header = request.headers['x-clickhouse-format'];
  const database =
    known.get('database') || String(request.headers['x-clickhouse-database'] ?? '') || 'default';
  const trusted = isTrusted(request.headers, key);
  if (!trusted && database.toLowerCase() === 'system')
    throw accessDenied('The database system needs the key.');
  const acceptsGzip = /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''));
  return {
    queryId: known.get('query_id') || randomUUID(),
    trusted,
    readOnly: request.method !== 'POST',
    urlQuery: known.get('query') ?? '',
    database: plainName(database),
    defaultFormat: plainName(known.get('default_format') ?? (header ? String(header) : 'TabSeparated')),
    params,
    settings,
    acceptsGzip: acceptsGzip && isOn(known.get('enable_http_compression')),
    waitEnd: isOn(known.get('wait_end_of_query')),
    progressMs: isOn(known.get('send_progress_in_http_headers')) ? progressInterval(known) : undefined,
  };
}

const HANDLED = new Set([
  'query',
  'query_id',
  'database',
  'default_format',
  'enable_http_compression',
  'wait_end_of_query',
  'send_progress_in_http_headers',
  'http_headers_progress_interval_ms',
]);

const UNSUPPORTED: Readonly<Record<string, string>> = {
  session_id: 'Sessions are not supported: every request stands alone.',
  session_timeout: 'Sessions are not supported: every request stands alone.',
  session_check: 'Sessions are not supported: every request stands alone.',
  role: 'Roles are not supported.',
  compress: "The native block compression is not supported: use HTTP's gzip.",
  decompress: "The native block compression is not supported: use HTTP's gzip.",
  user: 'Credentials belong in headers, not in the URL.',
  password: 'Credentials belong in headers, not in the URL.',
};

function refuseUnlessOff(name: string, value: string): void {
  if (value !== '' && value !== '0') throw badArguments(UNSUPPORTED[name] ?? name);
}

/** An unknown or refused setting answers as the server does, so that clients report it alike. */
function unknownSetting(name: string): ServerException {
  const shown = /^\w{1,64}$/.test(name) ? name : 'in the URL';
  return new ServerException(
    115,
    'UNKNOWN_SETTING',
    `The setting ${shown} is unknown or may not be changed here.`,
  );
}

function plainName(name: string): string {
  if (!/^\w{1,128}$/.test(name)) throw badArguments('Names hold letters, digits and _ only.');
  return name;
}

const isOn = (value: string | undefined) => value === '1' || value === 'true';

function progressInterval(known: ReadonlyMap<string, string>): number {
  const asked = Number(known.get('http_headers_progress_interval_ms') ?? PROGRESS_INTERVAL_MS);
  return Number.isFinite(asked) && asked >= PROGRESS_INTERVAL_MS ? asked : PROGRESS_INTERVAL_MS;
}

/**
 * True with the right key, false with none.
 * @throws ServerException AUTHENTICATION_FAILED with a wrong one: a caller who sends a key means to be trusted.
 */
function isTrusted(headers: IncomingHttpHeaders, key: string): boolean {
  let user = String(headers['x-clickhouse-user'] ?? '');
  let given = String(headers['x-clickhouse-key'] ?? '');
  const basic = /^Basic (.+)$/i.exec(headers.authorization ?? '');
  if (basic) {
    const text = Buffer.from(basic[1]!, 'base64').toString();
    const colon = text.indexOf(':');
    user = text.slice(0, colon);
    given = text.slice(colon + 1);
  } else if (headers.authorization !== undefined) {
    throw new ServerException(516, 'AUTHENTICATION_FAILED', 'Only the Basic scheme is supported.');
  }
  const knownUser = user === '' || user === 'default' || user === 'rastro';
  if (knownUser && given === '') return false;
  if (knownUser && keysEqual(given, key)) return true;
  throw new ServerException(
    516,
    'AUTHENTICATION_FAILED',
    'Authentication failed: the key is not that of the data folder.',
  );
}
