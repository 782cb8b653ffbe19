/** A log for tests, in memory. It promises what `BlockLog` does but for surviving the process. */
import type { BlockLog, LogRecord } from '../../pipelines/log/port.ts';

export function memoryLog(name = 'memory'): BlockLog {
  const records: LogRecord[] = [];
  return {
    name,
    get end() {
      return records.length;
    },
    async append(kind, payload) {
      const offset = records.length;
      records.push({ offset, kind, payload: new Uint8Array(payload) });
      return offset;
    },
    async *read(offset) {
      yield* records.slice(offset);
    },
    readPart(offset, start, length) {
      const payload = records[offset]?.payload;
      if (payload === undefined) throw new RangeError(`no record at ${offset}`);
      if (start < 0 || length < 0 || start + length > payload.length)
        throw new RangeError(`no ${length} bytes at ${start} of record ${offset}`);
      return payload.slice(start, start + length);
    },
    async close() {
      records.length = 0;
    },
  };
}
