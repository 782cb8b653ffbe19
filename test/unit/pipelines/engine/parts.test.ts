import { describe, expect, test } from 'vitest';
import { PartAssembler, recordsOf } from '../../../../pipelines/engine/parts.ts';
import type { NewRecord, TopicRecord } from '../../../../pipelines/log/bus.ts';
import { SIGNAL_MESSAGE_LIMITS, SIGNAL_MESSAGES_VERSION } from '../../../../schemas/signal-messages.ts';

const message = (text: string, asOf: number, key = 'observed a b') =>
  recordsOf({ partition: 0, key, kind: 'observed', asOf, value: Buffer.from(text) }, 4);

function log(records: readonly NewRecord[]): TopicRecord[] {
  return records.map(({ partition, key, headers = {}, value }, offset) => ({
    topic: 'signals',
    partition,
    offset,
    key,
    headers,
    value,
  }));
}

/** Messages in the order in which they are whole. */
function whole(assembler: PartAssembler, records: readonly TopicRecord[]): string[] {
  return records.flatMap((record) => {
    const value = assembler.take(record)?.value;
    return value === undefined ? [] : [Buffer.from(value).toString()];
  });
}

describe('parts of messages', () => {
  test('come together whatever lies between them, however often each is there', () => {
    const [a0, a1, a2] = message('one message', 1) as [NewRecord, NewRecord, NewRecord];
    const [b0, b1] = message('another', 2, 'observed c d') as [NewRecord, NewRecord];
    const assembler = new PartAssembler();
    expect(whole(assembler, log([a0, b0, a0, a2, b1, a1]))).toEqual(['another', 'one message']);
    expect(assembler.from).toBeUndefined();
    expect(message('', 1).length).toBe(1);
  });

  test('of an older message, left over in a compacted log, are dropped with a newer whole one', () => {
    const [, older1, older2] = message('ten letters', 1) as [NewRecord, NewRecord, NewRecord];
    const [newer] = message('new', 2) as [NewRecord];
    const assembler = new PartAssembler();
    const records = log([older1, older2, newer]);
    expect(whole(assembler, records.slice(0, 2))).toEqual([]);
    expect(assembler.from).toBe(0);
    expect(whole(assembler, records.slice(2))).toEqual(['new']);
    expect(assembler.from).toBeUndefined();
  });

  test('of two messages of one key are not mixed', () => {
    const [x0, x1] = message('first!', 1) as [NewRecord, NewRecord];
    const [y0, y1] = message('second', 2) as [NewRecord, NewRecord];
    expect(whole(new PartAssembler(), log([x0, y0, x1, y1]))).toEqual(['first!', 'second']);
  });

  test('are refused where they say nothing of what they are, and a message that is too large is', () => {
    const [record] = log(message('abc', 1)) as [TopicRecord];
    const assembler = new PartAssembler();
    const code = (act: () => unknown) =>
      expect(act).toThrow(expect.objectContaining({ code: 'RAS-ENGINE-MESSAGE' }));
    code(() => assembler.take({ ...record, headers: {} }));
    code(() => assembler.take({ ...record, key: null }));
    code(() =>
      assembler.take({
        ...record,
        headers: { ...record.headers, version: String(SIGNAL_MESSAGES_VERSION + 1) },
      }),
    );
    code(() => assembler.take({ ...record, value: Buffer.from('abd') }));
    expect(assembler.take({ ...record, value: null })).toBeUndefined();
    const text = 'x'.repeat(4 * SIGNAL_MESSAGE_LIMITS.PARTS + 1);
    expect(() => message(text, 1)).toThrow(expect.objectContaining({ code: 'RAS-ENGINE-MESSAGE-SIZE' }));
  });
});
