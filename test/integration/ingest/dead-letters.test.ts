import { createHash } from 'node:crypto';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { Receipt } from '../../../schemas/submission.ts';
import { askReplay, submissionOf, withRejects } from '../../../services/ingest/rejects.ts';
import { line, mappingText, publishedIds, startTestRole, type TestRole } from '../../support/ingest-role.ts';

let open: TestRole | undefined;
const start = async (...args: Parameters<typeof startTestRole>) => {
  open = await startTestRole(...args);
  return open;
};
afterEach(async () => {
  await open?.role.stop(0);
  open = undefined;
});

const ALL_CODES = { mapping: null, codes: null, nowMs: 0 };

/** Bytes that depend on a number only. */
const noise = (i: number, size: number) =>
  Buffer.concat(
    Array.from({ length: Math.ceil(size / 32) }, (_, k) => createHash('sha256').update(`${i}/${k}`).digest()),
  )
    .subarray(0, size)
    .map((byte) => (byte === 10 || byte === 13 ? 32 : byte));

test('10,000 malformed records among good ones: each has a reason, none stops the stream', async () => {
  const { submit, status, report, bus, problems } = await start();
  const parts: Buffer[] = [];
  let good = 0;
  for (let i = 0; i < 10_000; i++) {
    if (i % 5 === 0) parts.push(Buffer.from(line(`good-${good++}`)));
    const whole = line(`bad-${i}`);
    if (i === 4_999) parts.push(Buffer.from(line('huge', { purposeText: 'x'.repeat(1_100_000) })));
    else if (i % 4 === 0) parts.push(Buffer.concat([noise(i, 1 + (i % 200)), Buffer.from('\n')]));
    else if (i % 4 === 1) parts.push(Buffer.from(`${whole.slice(0, 1 + (i % (whole.length - 3)))}\n`));
    else if (i % 4 === 2)
      parts.push(Buffer.from(line(`bad-${i}`, { settled: { amount: '1e999', ccy: 'MXN' } })));
    else parts.push(Buffer.from(line(`bad-${i}`, { purposeText: 'x'.repeat(2_000) })));
  }
  // The first byte of a file says what it is.
  parts.unshift(Buffer.from(line(`good-${good++}`)));
  const receipt = (await (await submit(Buffer.concat(parts))).json()) as Receipt;
  const settled = await status(receipt);
  expect(problems).toEqual([]);
  expect(settled.faults).toEqual([]);
  const { counts } = settled;
  expect(counts?.read).toBe((counts?.accepted ?? 0) + (counts?.rejected ?? 0));
  expect(counts).toMatchObject({ accepted: good, duplicates: 0 });
  // A line of spaces alone is no record; every other one is answered for.
  expect(counts?.rejected).toBeGreaterThan(9_990);
  expect(await publishedIds(bus)).toHaveLength(good);
  const { lines, linesCut } = await report(receipt);
  expect([lines.length, linesCut]).toEqual([1_000, true]);
  expect(lines.every(({ code, message }) => code.startsWith('RAS-FEED-') && message.length > 0)).toBe(true);
});

test('a mended mapping brings in exactly what was rejected, once', async () => {
  const row = (id: string, kind: string, amount = '10.00') =>
    `${id},${kind},2025-03-07T12:00:00-06:00,${amount},A,B\n`;
  const file = `id,kind,at,amount,from,to\n${row('r1', 'T')}${row('r2', 'W')}${row('r3', 'T')}${row('r4', 'W', 'x')}${row('r5', 'Q')}`;
  // The operator's mapping does not know the codes W and Q.
  const folder = await mkdtemp(join(tmpdir(), 'mappings-'));
  await writeFile(join(folder, 'bank-file.yaml'), mappingText('T: transfer'));
  const again = await start({ mappingsFolder: folder });
  const { bus } = again;
  const receipt = (await (await again.submit(file, { query: '?mapping=bank-file' })).json()) as Receipt;
  expect(await again.status(receipt)).toMatchObject({ counts: { read: 5, accepted: 2, rejected: 3 } });
  expect(await publishedIds(bus)).toEqual(['r1', 'r3']);

  const parts = { bus, view: again.role.view };
  const replay = async (mapping: string | null, codes: readonly string[] | null = null) => {
    await parts.view.catchUp();
    const submission = submissionOf(parts.view, receipt.submissionId);
    const attempt = await askReplay(parts, submission, { mapping, codes, nowMs: 0 });
    await expect.poll(() => submission.settled?.attempt, { timeout: 30_000 }).toBe(attempt);
    return submission.settled?.result;
  };
  // W is known now, Q is not; r4 has no amount under any mapping.
  const withW = mappingText('T: transfer, W: cash_withdrawal');
  expect(await replay(withW)).toMatchObject({
    counts: { read: 5, accepted: 3, rejected: 2 },
    totals: [{ ccy: 'MXN', rows: 3, amount: '30.00' }],
  });
  expect(await publishedIds(bus)).toEqual(['r1', 'r3', 'r2']);
  // Again: nothing comes in twice.
  expect(await replay(withW)).toMatchObject({ counts: { accepted: 3, rejected: 2 } });
  expect(await publishedIds(bus)).toEqual(['r1', 'r3', 'r2']);
  // Of one code only: r4 is not read.
  const [code] = (await again.report(receipt)).lines
    .filter((each) => each.line === 6)
    .map((each) => each.code);
  const withQ = mappingText('T: transfer, W: cash_withdrawal, Q: fee');
  expect(await replay(withQ, [code as string])).toMatchObject({ counts: { accepted: 4, rejected: 1 } });
  expect(await publishedIds(bus)).toEqual(['r1', 'r3', 'r2', 'r5']);
  expect((await again.report(receipt)).lines.map((each) => each.line)).toEqual([5]);
});

test('a file that a mapping could not begin with is read whole', async () => {
  const { submit, status, bus, role } = await start();
  const receipt = (await (await submit('unknown;header\n1;2\n')).json()) as Receipt;
  const settled = await status(receipt);
  expect(settled).toMatchObject({ state: 'rejected', counts: { accepted: 0 } });
  expect(withRejects(role.view, { code: settled.faults[0]?.code ?? '' })).toHaveLength(1);
  const submission = submissionOf(role.view, receipt.submissionId);
  const attempt = await askReplay({ bus, view: role.view }, submission, ALL_CODES);
  await expect.poll(() => submission.settled?.attempt, { timeout: 30_000 }).toBe(attempt);
  expect(submission.settled?.result?.faults).toHaveLength(1);
});
