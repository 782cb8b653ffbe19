import { expect, test } from 'vitest';
import { decodeReference, encodeReference } from '../../../../services/workspace/reference-record.ts';

const encoded = (record: unknown) => Buffer.from(JSON.stringify(record), 'utf8');
const declared = (cadence: unknown) =>
  decodeReference(encoded({ declarations: [{ institution: 'bank', fromMs: 5, cadence }] })).declarations;

test('a declaration without a cadence is read as it was written', () => {
  const declarations = [{ institution: 'bank', fromMs: 0 }];
  expect(decodeReference(encodeReference({ declarations })).declarations).toEqual(declarations);
});

test('a stream is late by five seconds and silent after a minute unless it says otherwise', () => {
  expect(declared({ kind: 'stream' })).toEqual([
    { institution: 'bank', fromMs: 5, cadence: { kind: 'stream', latenessMs: 5_000, silenceMs: 60_000 } },
  ]);
  const cadence = { kind: 'stream', latenessMs: 0, silenceMs: 86_400_000 };
  expect(declared(cadence)).toEqual([{ institution: 'bank', fromMs: 5, cadence }]);
});

test.each([
  ['a lateness that is negative', { kind: 'stream', latenessMs: -1 }],
  ['a lateness of more than an hour', { kind: 'stream', latenessMs: 3_600_001 }],
  ['a silence of more than a day', { kind: 'stream', silenceMs: 86_400_001 }],
  ['a file that is late', { kind: 'file', latenessMs: 5 }],
  ['anything else', { kind: 'now and then' }],
])('%s is refused', (_what, cadence) => {
  expect(() => declared(cadence)).toThrow();
});
