/**
 * How fast `feed check` reads, as a share of the bare library on the same bytes in the same run: fast-csv's parser for
 * CSV, `JSON.parse` on existing strings for NDJSON. Both sides keep no row. Rounds alternate; the median of the CPU time
 * counts. Options: [--rows 1000000] [--rounds 3] [--seed 1] [--format csv|ndjson] [--json]; see benchmarks/README.md for how to run it.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { parseArgs } from 'node:util';
import { CsvParserStream, ParserOptions } from 'fast-csv';
import { FeedCheck } from '../pipelines/ingest/check.ts';
import { decodeFeed } from '../pipelines/ingest/decode.ts';
import { loadMapping } from '../services/feeds/mappings.ts';

const CHUNK_BYTES = 262_144;
const GOAL = 0.5;

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '3' },
    seed: { type: 'string', default: '1' },
    format: { type: 'string', default: 'both' },
    json: { type: 'boolean', default: false },
  },
});
const rows = Number(values.rows);
const rounds = Number(values.rounds);

/** A small seeded generator (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let hash = Math.imul(state ^ (state >>> 15), 1 | state);
    hash = (hash + Math.imul(hash ^ (hash >>> 7), 61 | hash)) ^ hash;
    return ((hash ^ (hash >>> 14)) >>> 0) / 4_294_967_296;
  };
}

interface Sample {
  readonly csv: Buffer[];
  readonly ndjson: Buffer[];
  readonly lines: string[];
}

const HEADER =
  'institution,id,kind,rail,channel,instrument,occurredAt,settled.amount,settled.ccy,debtor.account.scheme,' +
  'debtor.account.token,debtor.account.bank,creditor.account.scheme,creditor.account.token,creditor.account.bank,' +
  'places.0.role,places.0.country,places.0.admin1,refs.endToEndId,purposeText';

function chunked(text: string): Buffer[] {
  const bytes = Buffer.from(text);
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) chunks.push(bytes.subarray(at, at + CHUNK_BYTES));
  return chunks;
}

function generate(): Sample {
  const random = randomOf(Number(values.seed));
  const account = (): string => String(Math.floor(random() * 200_000)).padStart(18, '1');
  const csv: string[] = [HEADER];
  const lines: string[] = [];
  for (let i = 0; i < rows; i++) {
    const at = new Date(1_767_225_600_000 + Math.floor(random() * 120 * 86_400_000))
      .toISOString()
      .slice(0, 19);
    const amount = (random() * 5_000).toFixed(2);
    const [from, to] = [account(), account()];
    const text = random() < 0.02 ? 'renta, marzo' : 'renta marzo';
    const quoted = text.includes(',') ? `"${text}"` : text;
    csv.push(
      `demo-bank,t-${i},transfer,spei,mobile,account,${at}-06:00,${amount},MXN,clabe,${from},012,clabe,${to},072,` +
        `terminal,MX,BCN,e2e-${i},${quoted}`,
    );
    lines.push(
      JSON.stringify({
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
  return { csv: chunked(`${csv.join('\n')}\n`), ndjson: chunked(`${lines.join('\n')}\n`), lines };
}

async function check(chunks: readonly Buffer[]): Promise<void> {
  const mapping = await loadMapping('canonical');
  const report = new FeedCheck();
  const source = { name: 'generated', chunks: Readable.from(chunks) };
  await report.addFile('generated', decodeFeed({ source, mapping }));
  const { accepted } = report.report();
  if (accepted !== rows) throw new Error(`${accepted} of ${rows} rows accepted`);
}

async function bareCsv(chunks: readonly Buffer[]): Promise<void> {
  const parser = new CsvParserStream(new ParserOptions({ headers: false }));
  let count = 0;
  for await (const _row of Readable.from(chunks).pipe(parser)) count += 1;
  if (count !== rows + 1) throw new Error(`${count} rows parsed`);
}

function bareJson(lines: readonly string[]): Promise<void> {
  let keys = 0;
  for (const line of lines) keys += (JSON.parse(line) as { id: string }).id.length;
  if (keys === 0) throw new Error('nothing parsed');
  return Promise.resolve();
}

/** CPU seconds, the collector's threads included: wall time would measure whoever else uses the machine. */
async function cpuSeconds(work: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

const median = (numbers: readonly number[]): number =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] as number;

async function compare(name: string, bare: () => Promise<void>, ours: () => Promise<void>): Promise<boolean> {
  const bareSeconds: number[] = [];
  const ourSeconds: number[] = [];
  for (let round = 0; round < rounds; round++) {
    bareSeconds.push(await cpuSeconds(bare));
    ourSeconds.push(await cpuSeconds(ours));
  }
  const ratio = median(bareSeconds) / median(ourSeconds);
  const result = {
    benchmark: 'feed-check',
    case: name,
    rows,
    rounds,
    seed: Number(values.seed),
    bareRowsPerCpuSecond: Math.round(rows / median(bareSeconds)),
    checkRowsPerCpuSecond: Math.round(rows / median(ourSeconds)),
    ratio: Number(ratio.toFixed(3)),
    goal: GOAL,
    reached: ratio >= GOAL,
    node: process.version,
  };
  if (values.json) console.log(JSON.stringify(result));
  else {
    console.log(
      `${name}: check ${result.checkRowsPerCpuSecond} rows per CPU second, bare ${result.bareRowsPerCpuSecond}, ` +
        `ratio ${ratio.toFixed(2)} (goal ${GOAL})`,
    );
  }
  return result.reached;
}

async function measure(format: string): Promise<boolean> {
  const sample = generate();
  if (!values.json) {
    const digest = createHash('sha256');
    for (const chunk of sample.csv) digest.update(chunk);
    console.log(`${rows} rows, CSV sha256 ${digest.digest('hex').slice(0, 16)}`);
  }
  if (format === 'csv') {
    return compare(
      'csv against bare fast-csv',
      () => bareCsv(sample.csv),
      () => check(sample.csv),
    );
  }
  return compare(
    'ndjson against bare JSON.parse',
    () => bareJson(sample.lines),
    () => check(sample.ndjson),
  );
}

/** A check reads one format; measured after the other one in one process, each would pay for the other's types. */
function inProcessOfItsOwn(format: string): boolean {
  const script = process.argv[1] as string;
  const rest = process.argv.slice(2);
  return (
    spawnSync(process.execPath, [script, ...rest, '--format', format], { stdio: 'inherit' }).status === 0
  );
}

const isReached =
  values.format === 'both'
    ? ['csv', 'ndjson'].map(inProcessOfItsOwn).every((reached) => reached)
    : await measure(values.format);
process.exitCode = isReached ? 0 : 1;
