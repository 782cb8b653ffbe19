/**
 * What reading a feed costs, against the libraries on the same bytes in the same run.
 *
 * - `scan-ndjson`: the scanner over lines of one layout (every value found and hashed, no string made) against bare
 *   `JSON.parse` on existing strings. `scan-csv`: lines found and cut, likewise, against papaparse on the whole text; bare
 *   fast-csv beside it.
 * - `feed-ndjson`, `feed-csv`: the whole decoder, to checked rows, with scanners and with the libraries alone; the share and
 *   the cost of records that the scanners hand over (a tenth of the lines holds an escape or a quote), and the whole of
 *   ingest (to hashed transactions with pseudonyms, those of new identifiers counted) in rows a CPU second.
 *
 * Rounds alternate; the median of the CPU time counts. Rows of both sides are compared before anything is timed. What would
 * make a figure wrong: rows simpler than a bank's, a side that does not read every field, a shared machine.
 */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { CsvParserStream, ParserOptions } from 'fast-csv';
import Papa from 'papaparse';
import { canonicalise } from '../pipelines/ingest/canonical.ts';
import { decodeFeed } from '../pipelines/ingest/decode.ts';
import { Directory } from '../pipelines/ingest/directory.ts';
import { deriveKeys } from '../pipelines/ingest/keys.ts';
import { Pseudonymiser } from '../pipelines/ingest/pseudonym.ts';
import { RecordScanner } from '../pipelines/ingest/record-scanner.ts';
import { CELL } from '../pipelines/ingest/scan/cells.ts';
import { BufferView } from '../pipelines/ingest/scan/fast-reader.ts';
import { learnLayout } from '../pipelines/ingest/scan/json-layout.ts';
import { LayoutTrie } from '../pipelines/ingest/scan/layout-trie.ts';
import { lineScan } from '../pipelines/ingest/scan/scan-code.ts';
import { ZoneOffsets } from '../pipelines/ingest/zone-offset.ts';
import { Random } from '../pipelines/simulate/random.ts';
import { readReferenceFiles } from '../rules/reference/files.ts';
import { loadReference } from '../rules/reference/reference.ts';
import type { Mapping } from '../schemas/mapping.ts';
import { loadMapping } from '../services/feeds/mappings.ts';
import { type Benchmark, type BenchmarkResult, type RunContext, sizeOf } from './harness/benchmark.ts';
import { cpuNs, median, round } from './harness/measure.ts';

const CHUNK_BYTES = 262_144;
const FIRST_MS = Date.UTC(2026, 0, 1);
const SPAN_MS = 120 * 86_400_000;
const ACCOUNTS = 100_000;
/** Every so many lines one that no scanner reads, in the mixed feeds. */
const ODD_EVERY = 10;
const GOALS = { 'scan-ndjson': 4, 'scan-csv': 5 } as const;

const CASES = ['scan-ndjson', 'scan-csv', 'feed-ndjson', 'feed-csv'] as const;
type Case = (typeof CASES)[number];
type Format = 'ndjson' | 'csv';

const HEADER =
  'institution,id,kind,rail,channel,instrument,status,occurredAt,settled.amount,settled.ccy,debtor.account.scheme,' +
  'debtor.account.token,debtor.account.bank,debtor.country,creditor.account.scheme,creditor.account.token,' +
  'creditor.account.bank,creditor.country,refs.endToEndId,purposeText';
const COLUMNS = HEADER.split(',').length;

/** Lines of one layout with 20 values; with `odd`, every tenth holds an escape or a quote. */
function generate(format: Format, rows: number, seed: number, odd: boolean): string[] {
  const random = new Random(seed);
  const account = (): string => String(random.int(0, ACCOUNTS - 1)).padStart(18, '1');
  return Array.from({ length: rows }, (_, i) => {
    const at = `${new Date(FIRST_MS + Math.floor(random.float() * SPAN_MS)).toISOString().slice(0, 19)}-06:00`;
    const amount = (random.float() * 5_000).toFixed(2);
    const [from, to] = [account(), account()];
    const text = odd && i % ODD_EVERY === 0 ? 'renta "marzo"' : 'renta marzo';
    const bank = (token: string): string => `0${token.slice(-2)}`;
    if (format === 'csv') {
      const quoted = text.includes('"') ? `"${text.replaceAll('"', '""')}"` : text;
      return `demo-bank,t-${i},transfer,spei,mobile,account,completed,${at},${amount},MXN,clabe,${from},${bank(from)},MX,clabe,${to},${bank(to)},MX,e2e-${i},${quoted}`;
    }
    return JSON.stringify({
      institution: 'demo-bank',
      id: `t-${i}`,
      kind: 'transfer',
      rail: 'spei',
      channel: 'mobile',
      instrument: 'account',
      status: 'completed',
      occurredAt: at,
      settled: { amount, ccy: 'MXN' },
      debtor: { account: { scheme: 'clabe', token: from, bank: bank(from) }, country: 'MX' },
      creditor: { account: { scheme: 'clabe', token: to, bank: bank(to) }, country: 'MX' },
      refs: { endToEndId: `e2e-${i}` },
      purposeText: text,
    });
  });
}

function chunked(text: string): Buffer[] {
  const bytes = Buffer.from(text);
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) chunks.push(bytes.subarray(at, at + CHUNK_BYTES));
  return chunks;
}

/** Median CPU nanoseconds of each side, rounds alternating, the first one not counted. */
async function race<K extends string>(
  rounds: number,
  sides: Readonly<Record<K, () => unknown>>,
): Promise<Record<K, number>> {
  const times = new Map<K, number[]>();
  for (let i = 0; i <= rounds; i++) {
    for (const side of Object.keys(sides) as K[]) {
      // What one side leaves behind is not for the next one to clear away.
      globalThis.gc?.();
      const start = cpuNs();
      await sides[side]();
      const spent = cpuNs() - start;
      if (i > 0) times.set(side, [...(times.get(side) ?? []), spent]);
    }
  }
  return Object.fromEntries([...times].map(([side, spent]) => [side, median(spent)])) as Record<K, number>;
}

async function bareFastCsv(chunks: readonly Buffer[]): Promise<number> {
  const parser = new CsvParserStream(new ParserOptions({ headers: false }));
  let count = 0;
  for await (const _row of Readable.from(chunks).pipe(parser)) count += 1;
  return count;
}

interface Scanned {
  readonly rows: number;
  readonly checksum: number;
}

/** A function of its own: one that is called for every line is compiled well before one that has a loop over all lines. */
function withHashes(sum: number, cells: Int32Array, count: number): number {
  let all = sum;
  for (let i = 0; i < count; i++) all = (all + (cells[i * CELL + 2] as number)) | 0;
  return all;
}

/**
 * Finds every value of every line; the checksum depends on all of them. What was learned and generated stays from round to
 * round, as the libraries' code does: a file of a bank has a million lines, and these have fewer.
 */
function objectScanner(): (chunks: readonly Buffer[]) => Scanned {
  const trie = new LayoutTrie<number>();
  const cells = new Int32Array(64 * CELL);
  const views = new BufferView();
  return (chunks) => {
    const scanner = new RecordScanner({ quote: null, delimiter: null });
    let rows = 0;
    let checksum = 0;
    for (const chunk of chunks) {
      for (const { buffer, start, stop } of scanner.push(chunk)) {
        const view = views.of(buffer);
        let values = trie.find(buffer, view, start, stop, cells);
        if (values === null) {
          const layout = learnLayout(buffer, start, stop);
          if (layout === null) continue;
          trie.add(layout, ({ kind, index }) => ({ kind, cell: index }), layout.slots.length);
          values = trie.find(buffer, view, start, stop, cells);
        }
        checksum = withHashes(checksum, cells, values ?? 0);
        rows += values === null ? 0 : 1;
      }
    }
    return { rows, checksum };
  };
}

function lineScanner(): (chunks: readonly Buffer[]) => Scanned {
  const scan = lineScan(
    44,
    Array.from({ length: COLUMNS }, (_, i) => i),
  );
  const cells = new Int32Array(COLUMNS * CELL);
  const views = new BufferView();
  return (chunks) => {
    const scanner = new RecordScanner({ quote: 34, delimiter: 44 });
    let rows = 0;
    let checksum = 0;
    for (const chunk of chunks) {
      for (const { buffer, start, stop } of scanner.push(chunk)) {
        if (scan(buffer, views.of(buffer), start, stop, cells) === -1) continue;
        checksum = withHashes(checksum, cells, COLUMNS);
        rows += 1;
      }
    }
    return { rows, checksum };
  };
}

interface Decoded {
  readonly rows: number;
  readonly digest: string;
  readonly scanned: number;
}

async function decodeAll(
  chunks: readonly Buffer[],
  mapping: Mapping,
  decoding: 'scanners' | 'libraries',
  digest = false,
): Promise<Decoded> {
  const hash = createHash('sha256');
  let rows = 0;
  let scanned = 0;
  const source = { name: 'generated', chunks: Readable.from(chunks) };
  const onRecords = (_records: number, byScanners: number): void => {
    scanned = byScanners;
  };
  for await (const batch of decodeFeed({ source, mapping, decoding, onRecords })) {
    for (const outcome of batch) {
      if (outcome.kind === 'row') rows += 1;
      if (digest) hash.update(JSON.stringify(outcome));
    }
  }
  return { rows, digest: hash.digest('hex').slice(0, 16), scanned };
}

/** To hashed transactions, every identifier new to this pass keyed and sealed. */
async function ingestAll(
  chunks: readonly Buffer[],
  mapping: Mapping,
  decoding: 'scanners' | 'libraries',
): Promise<void> {
  const pseudonyms = new Pseudonymiser(deriveKeys(Buffer.alloc(32, 7)));
  const context = { pseudonyms, directory: new Directory(), reference: REFERENCE, zones: new ZoneOffsets() };
  const source = { name: 'generated', chunks: Readable.from(chunks) };
  for await (const batch of decodeFeed({ source, mapping, decoding })) {
    for (const outcome of batch) {
      if (outcome.kind !== 'row') continue;
      const origin = { submissionId: 'sub_x', line: outcome.line, provided: 'canonical@1' };
      canonicalise(outcome.input, origin, context);
    }
  }
}

const REFERENCE = loadReference(readReferenceFiles());

async function scanCase(format: Format, context: RunContext): Promise<BenchmarkResult> {
  const [rows, rounds, seed] = ['rows', 'rounds', 'seed'].map((name) => sizeOf(context, name)) as [
    number,
    number,
    number,
  ];
  const lines = generate(format, rows, seed, false);
  const text = `${lines.join('\n')}\n`;
  const chunks = chunked(text);
  const name = `scan-${format}` as const;
  const scan = format === 'csv' ? lineScanner() : objectScanner();
  const { rows: found, checksum } = scan(chunks);
  const per = (ns: number): number => round(ns / rows, 0);
  const common = {
    name: `decode/${name}`,
    seed,
    resultHash: (checksum >>> 0).toString(16).padStart(8, '0'),
    goal: { value: GOALS[name], better: 'more' as const },
    faults: found === rows ? [] : [`${found} of ${rows} lines scanned`],
  };
  if (format === 'csv') {
    const times = await race(rounds, {
      papaparse: () => Papa.parse(text, { delimiter: ',', newline: '\n' }).data.length,
      fastCsv: () => bareFastCsv(chunks),
      scanner: () => scan(chunks),
    });
    const { papaparse, fastCsv, scanner } = times;
    const details = {
      scannerNsPerRow: per(scanner),
      papaparseNsPerRow: per(papaparse),
      fastCsvNsPerRow: per(fastCsv),
    };
    return { ...common, value: round(papaparse / scanner, 2), unit: 'of papaparse', details };
  }
  const { parse, scanner } = await race(rounds, {
    parse: () => {
      let sum = 0;
      for (const line of lines) sum += (JSON.parse(line) as { id: string }).id.length;
      return sum;
    },
    scanner: () => scan(chunks),
  });
  const details = { scannerNsPerRow: per(scanner), jsonParseNsPerRow: per(parse) };
  return { ...common, value: round(parse / scanner, 2), unit: 'of bare JSON.parse', details };
}

async function feedCase(format: Format, context: RunContext): Promise<BenchmarkResult> {
  const [rows, rounds, seed] = ['rows', 'rounds', 'seed'].map((name) => sizeOf(context, name)) as [
    number,
    number,
    number,
  ];
  const mapping = await loadMapping('canonical');
  const head = format === 'csv' ? `${HEADER}\n` : '';
  const fileOf = (odd: boolean): Buffer[] =>
    chunked(`${head}${generate(format, rows, seed, odd).join('\n')}\n`);
  const [plain, mixed] = [fileOf(false), fileOf(true)];
  const [fast, slow] = [
    await decodeAll(mixed, mapping, 'scanners', true),
    await decodeAll(mixed, mapping, 'libraries', true),
  ];
  const faults: string[] = [];
  if (fast.digest !== slow.digest || fast.rows !== rows) faults.push('scanners and libraries differ');
  const times = await race(rounds, {
    libraries: () => decodeAll(plain, mapping, 'libraries'),
    scanners: () => decodeAll(plain, mapping, 'scanners'),
    mixed: () => decodeAll(mixed, mapping, 'scanners'),
    ingestLibraries: () => ingestAll(plain, mapping, 'libraries'),
    ingestScanners: () => ingestAll(plain, mapping, 'scanners'),
  });
  const perSecond = (ns: number): number => Math.round((rows * 1e9) / ns);
  return {
    name: `decode/feed-${format}`,
    value: round(times.libraries / times.scanners, 2),
    unit: 'of the libraries alone',
    seed,
    resultHash: fast.digest,
    details: {
      librariesRowsPerCpuSecond: perSecond(times.libraries),
      scannersRowsPerCpuSecond: perSecond(times.scanners),
      mixedRowsPerCpuSecond: perSecond(times.mixed),
      fallbackShare: round(1 - fast.scanned / rows, 3),
      ingestLibrariesRowsPerCpuSecond: perSecond(times.ingestLibraries),
      ingestScannersRowsPerCpuSecond: perSecond(times.ingestScanners),
    },
    faults,
  };
}

export const decode: Benchmark = {
  name: 'decode',
  what: 'scanners against JSON.parse, papaparse and fast-csv; decoding and the whole of ingest with and without them',
  cases: CASES,
  options: {
    rows: { default: 200_000, smoke: 500, what: 'rows of the generated file' },
    rounds: { default: 5, smoke: 1, what: 'alternating rounds after one that warms up; the median counts' },
    seed: { default: 1, smoke: 1, what: 'seed' },
  },
  nodeFlags: () => ['--max-old-space-size=4096'],
  async run(context) {
    const which = context.case as Case;
    const format: Format = which.endsWith('csv') ? 'csv' : 'ndjson';
    return [await (which.startsWith('scan') ? scanCase : feedCase)(format, context)];
  },
};
