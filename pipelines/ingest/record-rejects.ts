/** Rejects of records: their place, their shape, and a copy of their bytes. */
import type { ErrorCode, ErrorParams } from '../../schemas/errors/index.ts';
import { FEED_LIMITS } from './limits.ts';
import { maskValue } from './mask.ts';
import type { RejectOutcome } from './outcome.ts';
import type { ScannedRecord } from './record-scanner.ts';

export class RecordRejects {
  readonly #encoding: string;
  readonly #mark: number;

  /** `mark`: bytes of the byte order mark, which the scanner did not see. */
  constructor(encoding: string, mark: number) {
    this.#encoding = encoding;
    this.#mark = mark;
  }

  unreadable(record: ScannedRecord, code: ErrorCode): RejectOutcome {
    const limit = code === 'RAS-FEED-QUOTE-UNCLOSED' ? FEED_LIMITS.RECORD_LINES : FEED_LIMITS.LINE_BYTES;
    const params: ErrorParams = { bytes: record.length, limit, encoding: this.#encoding };
    return this.reject(record, { field: '', code, params, value: '' });
  }

  reject(
    record: ScannedRecord,
    problem: {
      readonly field: string;
      readonly code: ErrorCode;
      readonly params: ErrorParams;
      readonly value: unknown;
    },
  ): RejectOutcome {
    const { field, code, params, value } = problem;
    return this.masked(record, { field, code, params, masked: maskValue(value, code) });
  }

  masked(
    record: ScannedRecord,
    problem: Pick<RejectOutcome, 'field' | 'code' | 'params' | 'masked'>,
  ): RejectOutcome {
    const { field, code, params, masked } = problem;
    return {
      kind: 'reject',
      line: record.line,
      byteOffset: record.byteOffset + this.#mark,
      field,
      code,
      params: { field, value: masked, ...params },
      masked,
      // A copy: the scanner's bytes are gone with the next chunk.
      original: Uint8Array.from(record.buffer.subarray(record.start, record.stop)),
    };
  }
}
