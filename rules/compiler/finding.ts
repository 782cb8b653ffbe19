/** What the compiler finds wrong in a rule file or a composite, and where. */
import type { compositeErrors } from '../../schemas/errors/composites.ts';
import { type ErrorParams, errorHint, errorMessage, type Lang } from '../../schemas/errors/index.ts';
import type { rulesErrors } from '../../schemas/errors/rules.ts';

export type FindingCode = keyof typeof rulesErrors | keyof typeof compositeErrors;

export interface Finding {
  readonly code: FindingCode;
  readonly path: string;
  /** 1-based. */
  readonly line: number;
  /** 1-based, in UTF-16 code units. */
  readonly col: number;
  /** Fill the message of `code`. */
  readonly params: ErrorParams;
}

/** `path:line:col CODE message hint`, as a compiler prints it. */
export function findingText(finding: Finding, lang: Lang = 'en'): string {
  const { code, path, line, col, params } = finding;
  return `${path}:${line}:${col} ${code} ${errorMessage(code, params, lang)} ${errorHint(code, params, lang)}`;
}
