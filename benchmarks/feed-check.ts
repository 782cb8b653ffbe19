/**
 * How fast `feed check` reads, as a share of the bare library on the same bytes in the same run: fast-csv's parser for
 * CSV, `JSON.parse` on existing strings for NDJSON. Both sides keep no row. Rounds alternate; the median of the CPU time
 * counts. What would make the figure wrong: rows simpler than a bank's, or a bare side that does not read every field.
 */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { CsvParserStream, ParserOptions } from 'fast-csv';
import { FeedCheck } from '../pipelines/ingest/check.ts';
import { decodeFeed } from '../pipelines/ingest/decode.ts';
import { Random } from '../pipelines/simulate/random.ts';
import { loadMapping } from '../services/feeds/mappings.ts';
import { type Benchmark, sizeOf } from './harness/benchmark.ts';
import { cpuNs, median, round } from './harness/measure.ts';

const CHUNK_BYTES = 262_144;
const GOAL = 0.5;
const FIRST_MS = Date.UTC(2026, 0, 1);
const SPAN_MS = 120 * 86_400_000;

const CASES = ['csv', 'ndjson'] as const;
type Case = (typeof CASES)[number];

const HEADER =
  'institution,id,kind,rail,channel,instrument,occurredAt,settled.amount,settled.ccy,debtor.account.scheme,' +
  'debtor.account.token,debtor.account.bank,creditor.account.scheme,creditor.account.token,creditor.account.bank,' +
  'places.0.role,places.0.country,places.0.admin1,refs.endToEndId,purposeText';

interface Sample {
  readonly chunks: readonly Buffer[];
  readonly lines: readonly string[];
}

function chunked(text: string): Buffer[] {
  const bytes = Buffer.from(text);
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) chunks.push(bytes.subarray(at, at + CHUNK_BYTES));
  return chunks;
}

function generate(format: Case, rows: number, seed: number): Sample {
  const random = new Random(seed);
  const account = (): string => String(random.int(0, 199_999)).padStart(18, '1');
  const lines: string[] = [];
  for (let i = 0; i < rows; i++) {
    const at = new Date(FIRST_MS + Math.floor(random.float() * SPAN_MS)).toISOString().slice(0, 19);
    const amount = (random.float() * 5_000).toFixed(2);
    const [from, to] = [account(), account()];
    const text = random.chance(0.02) ? 'renta, marzo' : 'renta marzo';
    const quoted = text.includes(',') ? `"${text}"` : text;
    lines.push(
      format === 'csv'
        ? `demo-bank,t-${i},transfer,spei,mobile,account,${at}-06:00,${amount},MXN,clabe,${from},012,clabe,${to},072,` +
            `terminal,MX,BCN,e2e-${i},${quoted}`
        : JSON.stringify({
            institution: 'demo-bank',
            id: `t-${i}`,
            kind: 'transfer',
            rail: 'spei',
            channel: 'mobile',
            instrument: 'account',
            occurredAt: `${at}-06:00`,
            settled: { amount, ccy: 'MXN' },
            debtor: { account: { scheme: 'clabe', token: from, bank: '012' } },
            creditor: { account: { scheme: 'clabe', token: to, bank: '072' } },
            places: [{ role: 'terminal', country: 'MX', admin1: 'BCN' }],
            refs: { endToEndId: `e2e-${i}` },
            purposeText: text,
          }),
    );
  }
  return { chunks: chunked(`${[...(format === 'csv' ? [HEADER] : []), ...lines].join('\n')}\n`), lines };
}

/** Returns how many rows were accepted. */
async function check(chunks: readonly Buffer[]): Promise<number> {
  const mapping = await loadMapping('canonical');
  const report = new FeedCheck();
  const source = { name: 'generated', chunks: Readable.from(chunks) };
  await report.addFile('generated', decodeFeed({ source, mapping }));
  return report.report().accepted;
}

async function bareCsv(chunks: readonly Buffer[]): Promise<number> {
  const parser = new CsvParserStream(new ParserOptions({ headers: false }));
  let count = 0;
  for await (const _row of Readable.from(chunks).pipe(parser)) count += 1;
  return count - 1;
}

function bareJson(lines: readonly string[]): number {
  let count = 0;
  for (const line of lines) count += (JSON.parse(line) as { id: string }).id.length > 0 ? 1 : 0;
  return count;
}

export const feedCheck: Benchmark = {
  name: 'feed-check',
  what: '`feed check` as a share of bare fast-csv parsing (CSV) and of bare `JSON.parse` (NDJSON)',
  cases: CASES,
  options: {
    rows: { default: 1_000_000, smoke: 500, what: 'rows of the generated file' },
    rounds: { default: 3, smoke: 1, what: 'alternating rounds; the median counts' },
    seed: { default: 1, smoke: 1, what: 'seed' },
  },
  nodeFlags: () => ['--max-old-space-size=8192'],
  async run(context) {
    const format: Case = context.case === 'csv' ? 'csv' : 'ndjson';
    const [rows, rounds, seed] = [
      sizeOf(context, 'rows'),
      sizeOf(context, 'rounds'),
      sizeOf(context, 'seed'),
    ];
    const sample = generate(format, rows, seed);
    const bareTimes: number[] = [];
    const ourTimes: number[] = [];
    const faults: string[] = [];
    for (let i = 0; i < rounds; i++) {
      const start = cpuNs();
      const bare = format === 'csv' ? await bareCsv(sample.chunks) : bareJson(sample.lines);
      const between = cpuNs();
      const accepted = await check(sample.chunks);
      bareTimes.push(between - start);
      ourTimes.push(cpuNs() - between);
      if (bare !== rows) faults.push(`${bare} of ${rows} rows parsed`);
      if (accepted !== rows) faults.push(`${accepted} of ${rows} rows accepted`);
    }
    const digest = createHash('sha256');
    for (const chunk of sample.chunks) digest.update(chunk);
    return [
      {
        name: `feed-check/${format}`,
        value: round(median(bareTimes) / median(ourTimes), 3),
        unit: format === 'csv' ? 'of bare fast-csv' : 'of bare JSON.parse',
        seed,
        resultHash: digest.digest('hex').slice(0, 16),
        goal: { value: GOAL, better: 'more' },
        details: {
          bareRowsPerCpuSecond: Math.round((rows * 1e9) / median(bareTimes)),
          checkRowsPerCpuSecond: Math.round((rows * 1e9) / median(ourTimes)),
        },
        faults,
      },
    ];
  },
};
