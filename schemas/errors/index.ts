/**
 * The one table of error codes: every area's rows, merged. `docs/errors.md` is generated from it.
 *
 * Operating errors (bad input, a missing file, a store that is down) are thrown as `RastroError` at the border and
 * returned as values inside a stream. Programmer errors stay plain assertions and crash.
 */

import { busErrors } from './bus.ts';
import { busGroupErrors } from './bus-group.ts';
import { cliErrors } from './cli.ts';
import { compositeErrors } from './composites.ts';
import { configErrors } from './config.ts';
import { type ErrorParams, fillTemplate, type Lang } from './define.ts';
import { engineErrors } from './engine.ts';
import { feedErrors } from './feed.ts';
import { feedFileErrors } from './feed-files.ts';
import { feedRowErrors } from './feed-rows.ts';
import { httpErrors } from './http.ts';
import { opsErrors } from './ops.ts';
import { rulesErrors } from './rules.ts';
import { rulesWorkbenchErrors } from './rules-workbench.ts';
import { storeErrors } from './store.ts';
import { submissionErrors } from './submission.ts';
import { workerErrors } from './worker.ts';

export type { ErrorParams, ErrorRow, Lang, Localized } from './define.ts';

export const ERRORS = {
  ...busGroupErrors,
  ...busErrors,
  ...cliErrors,
  ...compositeErrors,
  ...configErrors,
  ...engineErrors,
  ...feedErrors,
  ...feedFileErrors,
  ...feedRowErrors,
  ...httpErrors,
  ...opsErrors,
  ...rulesErrors,
  ...rulesWorkbenchErrors,
  ...storeErrors,
  ...submissionErrors,
  ...workerErrors,
} as const;

export type ErrorCode = keyof typeof ERRORS;

/** The message of `code` in `lang`, its placeholders filled. */
export function errorMessage(code: ErrorCode, params: ErrorParams = {}, lang: Lang = 'en'): string {
  return fillTemplate(ERRORS[code].message[lang], params);
}

/** What to do about `code`, in `lang`. */
export function errorHint(code: ErrorCode, params: ErrorParams = {}, lang: Lang = 'en'): string {
  return fillTemplate(ERRORS[code].hint[lang], params);
}

/** An operating error: a row of the table, with the values that fill it. */
export class RastroError extends Error {
  readonly code: ErrorCode;
  readonly params: ErrorParams;

  constructor(code: ErrorCode, params: ErrorParams = {}, options?: { cause?: unknown }) {
    super(`${code}: ${errorMessage(code, params)} ${errorHint(code, params)}`, options);
    this.name = 'RastroError';
    this.code = code;
    this.params = params;
  }

  /** True across copies of this module, where `instanceof` would not be. */
  static is(value: unknown): value is RastroError {
    return value instanceof Error && value.name === 'RastroError' && 'code' in value;
  }
}
