/** Problem documents (RFC 9457): every answer that is none, with the code of the table in the language that was asked for. */
import {
  type ErrorCode,
  errorHint,
  errorMessage,
  type Lang,
  RastroError,
} from '../../schemas/errors/index.ts';
import type { Problem } from '../../schemas/submission.ts';

/** Status by code; whatever is not here is a failure of the service. */
const STATUS: Partial<Record<ErrorCode, number>> = {
  'RAS-HTTP-UNAUTHORIZED': 401,
  'RAS-HTTP-FORBIDDEN': 403,
  'RAS-HTTP-NOT-FOUND': 404,
  'RAS-HTTP-BAD-REQUEST': 400,
  'RAS-HTTP-MAPPING-UNKNOWN': 400,
  'RAS-HTTP-BODY-EMPTY': 400,
  'RAS-HTTP-CHECKSUM': 400,
  'RAS-HTTP-BODY-SLOW': 408,
  'RAS-HTTP-KEY-REUSED': 409,
  'RAS-HTTP-BODY-TOO-LARGE': 413,
  'RAS-HTTP-ENCODING': 415,
  'RAS-HTTP-TOO-MANY': 429,
  'RAS-HTTP-BUSY': 503,
  'RAS-HTTP-UNAVAILABLE': 503,
};
const FAILURE = 500;
/** Answers after which the same request may succeed. */
export const RETRIABLE: ReadonlySet<number> = new Set([429, 503]);

/** What the client may be told of an error: failures of the log are one code, everything unexpected another. */
export function tellable(error: unknown, requestId: string): RastroError {
  if (RastroError.is(error) && error.code in STATUS) return error;
  if (RastroError.is(error)) return new RastroError('RAS-HTTP-UNAVAILABLE', {}, { cause: error });
  return new RastroError('RAS-HTTP-INTERNAL', { request: requestId }, { cause: error });
}

export function problemOf({ code, params }: RastroError, lang: Lang, instance: string): Problem {
  return {
    type: `urn:rastro:error:${code}`,
    title: errorMessage(code, params, lang),
    status: STATUS[code] ?? FAILURE,
    detail: errorHint(code, params, lang),
    instance,
    code,
  };
}
