/**
 * The bare loop that every decoder is compared with: read the file in chunks, cut it at line ends, `JSON.parse` each line,
 * keep nothing. It neither validates nor builds anything, so whoever is as fast does more in the same time.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { cpuNs, median } from '../harness/measure.ts';

const CHUNK_BYTES = 65_536;
/** Lines that the pace of the machine is taken from. */
const PACE_LINES = 20_000;
const LINE_FEED = 10;

/** Rows of the file, and a number that depends on every one of them. Throws where a line is no JSON. */
export function parseBare(path: string): { readonly rows: number; readonly checksum: number } {
  const file = openSync(path, 'r');
  const chunk = Buffer.alloc(CHUNK_BYTES);
  let rest: Buffer = Buffer.alloc(0);
  let rows = 0;
  let checksum = 0;
  const take = (line: string): void => {
    const { id } = JSON.parse(line) as { readonly id: string };
    checksum = (Math.imul(checksum, 31) + id.length + id.charCodeAt(id.length - 1)) | 0;
    rows++;
  };
  try {
    for (;;) {
      const count = readSync(file, chunk, 0, CHUNK_BYTES, null);
      if (count === 0) break;
      const bytes =
        rest.length === 0 ? chunk.subarray(0, count) : Buffer.concat([rest, chunk.subarray(0, count)]);
      let start = 0;
      for (let end = bytes.indexOf(LINE_FEED); end !== -1; end = bytes.indexOf(LINE_FEED, start)) {
        if (end > start) take(bytes.toString('utf8', start, end));
        start = end + 1;
      }
      rest = Buffer.from(bytes.subarray(start));
    }
    if (rest.length > 0) take(rest.toString('utf8'));
  } finally {
    closeSync(file);
  }
  return { rows, checksum };
}

/** Nanoseconds of `JSON.parse` of one line of a feed that is made here, always the same one: the median of `rounds`. */
export function measureParsing(rounds: number): number {
  const lines = Array.from({ length: PACE_LINES }, (_, i) =>
    JSON.stringify({
      institution: 'demo-bank',
      id: `t-${i}`,
      kind: 'transfer',
      occurredAt: `2026-01-01T00:00:${String(i % 60).padStart(2, '0')}-06:00`,
      settled: { amount: (i * 1.37).toFixed(2), ccy: 'MXN' },
      debtor: { account: { scheme: 'clabe', token: String(i * 7_919).padStart(18, '1') }, country: 'MX' },
      creditor: { account: { scheme: 'clabe', token: String(i * 104_729).padStart(18, '1') }, country: 'MX' },
      purposeText: 'renta marzo',
    }),
  );
  const times: number[] = [];
  let ids = 0;
  // The first round warms up.
  for (let round = 0; round <= rounds; round++) {
    const start = cpuNs();
    for (const line of lines) ids += (JSON.parse(line) as { readonly id: string }).id.length;
    if (round > 0) times.push((cpuNs() - start) / PACE_LINES);
  }
  if (ids === 0) throw new Error('nothing was parsed');
  return median(times);
}
