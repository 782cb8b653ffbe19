/**
 * Failures as ClickHouse's HTTP interface gives them: a numeric code, a name, a status, and one line of text that
 * clients parse (`Code: 60. DB::Exception: ... (UNKNOWN_TABLE) (version ...)`).
 */

/** A refusal by this server itself, in the engine's vocabulary so that clients need no second path. */
export class ServerException extends Error {
  readonly code: number;
  readonly type: string;

  constructor(code: number, type: string, message: string) {
    super(message);
    this.name = 'ServerException';
    this.code = code;
    this.type = type;
  }
}

export const accessDenied = (message: string) => new ServerException(497, 'ACCESS_DENIED', message);
export const badArguments = (message: string) => new ServerException(36, 'BAD_ARGUMENTS', message);
export const readonlyRefused = (message: string) => new ServerException(164, 'READONLY', message);
export const syntaxError = (message: string) => new ServerException(62, 'SYNTAX_ERROR', message);
export const tooLarge = (message: string) => new ServerException(637, 'HTTP_REQUEST_TOO_LARGE', message);
export const tooMany = (message: string) =>
  new ServerException(202, 'TOO_MANY_SIMULTANEOUS_QUERIES', message);

/** What a failed request answers with. */
export interface Failure {
  readonly code: number;
  readonly status: number;
  readonly text: string;
}

/** The statuses that the server gives its codes; everything else is 500. */
const STATUS_BY_CODE: ReadonlyMap<number, number> = new Map([
  ...[516, 193, 194].map((code) => [code, 403] as const),
  [497, 403],
  ...[6, 26, 27, 36, 38, 41, 43, 44, 53, 62, 69, 72, 115, 117, 130, 386, 456, 457].map(
    (code) => [code, 400] as const,
  ),
  ...[16, 46, 47, 60, 81, 82].map((code) => [code, 404] as const),
  [48, 501],
  [159, 408],
  [202, 503],
  [637, 413],
]);

/**
 * Turns anything thrown into the answer's parts.
 * @param version the engine's version, which the server appends to every message.
 */
export function describeFailure(error: unknown, version: string): Failure {
  const suffix = ` (version ${version})\n`;
  if (error instanceof ServerException) {
    return {
      code: error.code,
      status: STATUS_BY_CODE.get(error.code) ?? 500,
      text: `Code: ${error.code}. DB::Exception: ${error.message} (${error.type})${suffix}`,
    };
  }
  const raw = error instanceof Error ? error.message : String(error);
  const start = raw.search(/Code: \d+\. DB::/);
  if (start < 0) {
    return {
      code: 1002,
      status: 500,
      text: `Code: 1002. DB::Exception: ${raw} (UNKNOWN_EXCEPTION)${suffix}`,
    };
  }
  const message = raw.slice(start).trimEnd();
  const code = Number(/^Code: (\d+)/.exec(message)?.[1]);
  return { code, status: STATUS_BY_CODE.get(code) ?? 500, text: `${message}${suffix}` };
}
