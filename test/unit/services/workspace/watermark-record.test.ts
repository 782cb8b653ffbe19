import { describe, expect, test } from 'vitest';
import { decodeWatermark, encodeWatermark } from '../../../../services/workspace/watermark-record.ts';

const bytes = (value: unknown) => Buffer.from(JSON.stringify(value), 'utf8');

describe('an empty block of the log', () => {
  test.each([null, 'bank_a'])('of %s is read as it was written', (institution) => {
    const record = { timeMs: Date.UTC(2026, 0, 5), institution };
    expect(decodeWatermark(encodeWatermark(record))).toEqual({ version: 1, ...record });
  });

  test.each([
    { version: 2, timeMs: 0, institution: null },
    { version: 1, timeMs: 0.5, institution: null },
    { version: 1, timeMs: 0 },
    { version: 1, timeMs: 0, institution: '' },
    { version: 1, timeMs: 0, institution: null, more: 1 },
  ])('that says something else is refused: %j', (record) => {
    expect(() => decodeWatermark(bytes(record))).toThrow();
  });
});
