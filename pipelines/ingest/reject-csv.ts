/** The rejects of a check as CSV for a spreadsheet: what a bank's data people work through. */
import { writeToString } from 'fast-csv';
import type { Lang } from '../../schemas/errors/index.ts';
import type { ListedReject } from './check.ts';
import { guardCell } from './formula-guard.ts';

const COLUMNS = ['file', 'line', 'byteOffset', 'field', 'code', 'value', 'message'] as const;

/** One line a reject, with a header; values are masked, and no cell can be run as a formula. */
export function rejectCsv(rejects: readonly ListedReject[], lang: Lang): Promise<string> {
  const rows = rejects.map(({ file, line, byteOffset, field, code, masked, message }) =>
    [file, String(line), String(byteOffset), field, code, masked, message[lang]].map(guardCell),
  );
  return writeToString([[...COLUMNS], ...rows], { rowDelimiter: '\r\n', includeEndRowDelimiter: true });
}
