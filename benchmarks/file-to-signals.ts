/**
 * From the file of a bank to signals, one core: reading, checking, pseudonyms with their vault entries, documents, hashes,
 * log blocks, their decoding, detection. The value is the bare `JSON.parse` loop's time over the same rows as NDJSON, in the
 * same run, over ours. What would make the figure wrong: a file whose rows are simpler than a bank's (it is the measured
 * stream as `stream/edge-rows.ts` writes it), pseudonyms that are remembered from another round (each round begins without
 * any), or blocks other than those of the slow way (compared row by row, and the signals with them).
 */
import { createHash } from 'node:crypto';
import { createReadStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FactDictionary } from '../pipelines/facts/dictionary.ts';
import { ColumnIngest } from '../pipelines/ingest/columns/column-ingest.ts';
import { decodeColumns } from '../pipelines/ingest/decode.ts';
import { Directory } from '../pipelines/ingest/directory.ts';
import { deriveKeys } from '../pipelines/ingest/keys.ts';
import type { FeedOutcome } from '../pipelines/ingest/outcome.ts';
import { Pseudonymiser } from '../pipelines/ingest/pseudonym.ts';
import type { Decoding } from '../pipelines/ingest/record-reader.ts';
import { ZoneOffsets } from '../pipelines/ingest/zone-offset.ts';
import { csvLines, TRANSACTION_COLUMNS } from '../pipelines/simulate/formats.ts';
import type { Mapping } from '../schemas/mapping.ts';
import { loadMapping } from '../services/feeds/mappings.ts';
import { loadKnowledge } from '../services/workspace/knowledge.ts';
import { createHotOfLog } from './detect/hot.ts';
import { answerOf } from './detect/subject.ts';
import { type Benchmark, type RunContext, sizeOf } from './harness/benchmark.ts';
import { cpuNs, median, round } from './harness/measure.ts';
import { writeNdjson } from './stream/files.ts';
import { MeasuredStream } from './stream/stream.ts';
import { parseBare } from './yardsticks/json-parse.ts';

const CASES = ['ndjson', 'csv', 'fallback-ndjson', 'fallback-csv'] as const;
type Case = (typeof CASES)[number];
/** What a figure must reach, as a share of the bare loop: design of the hot path; CSV has no goal of its own. */
const GOALS: Partial<Record<Case, number>> = { ndjson: 1, 'fallback-ndjson': 0.45 };
const CHUNK_BYTES = 262_144;
const BLOCK_BYTES = 16 * 1024 * 1024;
const FLUSH_BLOCKS = 64;
const KEYS = deriveKeys(Buffer.alloc(32, 7));
/** Those of simulated rows, and behind them what else edge rows have. */
function columnsOf(items: readonly object[]): string[] {
  const columns = new Set(TRANSACTION_COLUMNS);
  const visit = (value: unknown, path: string): void => {
    if (value === null || typeof value !== 'object') columns.add(path);
    else for (const [key, each] of Object.entries(value)) visit(each, path === '' ? key : `${path}.${key}`);
  };
  for (const item of items) visit(item, '');
  return [...columns];
}

interface Setup {
  readonly path: string;
  readonly mapping: Mapping;
  readonly decoding: Decoding;
  readonly knowledge: Awaited<ReturnType<typeof loadKnowledge>>;
}

/** Nanoseconds by part. */
interface Times {
  whole: number;
  block: number;
  detection: number;
}

interface Ingested {
  readonly times: Times;
  readonly rows: number;
  readonly composed: number;
  readonly vaultEntries: number;
}

/** Reads the file; `blockOf` takes every block's bytes. */
async function ingest(
  setup: Setup,
  pseudonyms: Pseudonymiser,
  takeBlock: ((bytes: Uint8Array, at: number) => void) | null,
): Promise<Ingested> {
  const { knowledge, mapping, decoding } = setup;
  const { reference } = knowledge;
  const context = { pseudonyms, directory: new Directory(), reference, zones: new ZoneOffsets() };
  const times: Times = { whole: 0, block: 0, detection: 0 };
  let columns: ColumnIngest | undefined;
  const open = (feed: FeedOutcome): ColumnIngest => {
    columns = new ColumnIngest({
      context,
      provided: new Set(feed.provided),
      blockRows: 4_096,
      blockBytes: BLOCK_BYTES,
      origin: {
        submissionId: 'sub_measured',
        provided: feed.providedId,
        hasTravel: feed.provided.includes('travel'),
        coverageOf: () => feed.coverage ?? undefined,
      },
    });
    return columns;
  };
  let blocks = 0;
  const close = (): void => {
    const closed = columns?.close() ?? null;
    if (closed === null) return;
    if (takeBlock !== null) {
      const begun = cpuNs();
      const bytes = closed.bytes(blocks);
      const made = cpuNs();
      takeBlock(bytes, blocks);
      times.block += made - begun;
      times.detection += cpuNs() - made;
    }
    blocks += 1;
    columns?.reopen();
  };
  let rows = 0;
  let vaultEntries = 0;
  const start = cpuNs();
  const source = { name: 'measured', chunks: createReadStream(setup.path, { highWaterMark: CHUNK_BYTES }) };
  for await (const outcomes of decodeColumns({ source, mapping, decoding }, open)) {
    for (const outcome of outcomes) {
      if (outcome.kind !== 'row' && outcome.kind !== 'written') continue;
      const into = columns as ColumnIngest;
      if (outcome.kind === 'row' && into.takeInput(outcome.input, outcome.line) !== null) continue;
      rows += 1;
      vaultEntries += into.vaultEntries.length;
      if (into.isFull) close();
      if (into.keep()) close();
    }
  }
  close();
  times.whole = cpuNs() - start;
  return { times, rows, composed: columns?.composed ?? 0, vaultEntries };
}

/** All the way; `signals` is the digest of the answer. */
async function toSignals(
  setup: Setup,
): Promise<Ingested & { readonly signals: string; readonly count: number }> {
  const detector = createHotOfLog(setup.knowledge);
  const pseudonyms = new Pseudonymiser(KEYS);
  const found = await ingest(setup, pseudonyms, (payload, offset) => {
    detector.feed({ offset, kind: 'transactions', payload });
    if ((offset + 1) % FLUSH_BLOCKS === 0) detector.flush();
  });
  const start = cpuNs();
  detector.flush();
  const last = cpuNs() - start;
  found.times.detection += last;
  found.times.whole += last;
  const { hash, signals: count } = answerOf(detector.signals(), () => true);
  return { ...found, signals: hash, count };
}

async function blocksDigest(setup: Setup): Promise<string> {
  const digest = createHash('sha256');
  await ingest(setup, new Pseudonymiser(KEYS), (bytes) => digest.update(bytes));
  return digest.digest('hex').slice(0, 16);
}

async function measure(which: Case, context: RunContext) {
  const size = (name: string): number => sizeOf(context, name);
  const [accounts, rows, rounds, seed] = [size('accounts'), size('rows'), size('rounds'), size('seed')];
  const folder = mkdtempSync(join(tmpdir(), 'rastro-bench-'));
  try {
    const knowledge = await loadKnowledge({ cases: true });
    const bare = join(folder, 'stream.ndjson');
    const dictionary = new FactDictionary([seed, 1]);
    const options = { accounts, rows, seed, plantedMilli: size('planted') };
    writeNdjson(new MeasuredStream(options, knowledge, dictionary), bare);
    let path = bare;
    if (which.endsWith('csv')) {
      path = join(folder, 'stream.csv');
      const lines = readFileSync(bare, 'utf8').trimEnd().split('\n');
      const items = lines.map((line) => JSON.parse(line) as object);
      writeFileSync(path, [...csvLines(items, columnsOf(items))].join(''));
    }
    const decoding: Decoding = which.startsWith('fallback') ? 'libraries' : 'scanners';
    const setup: Setup = { path, mapping: await loadMapping('canonical'), decoding, knowledge };
    const faults: string[] = [];
    const other: Setup = { ...setup, decoding: decoding === 'scanners' ? 'libraries' : 'scanners' };
    if ((await blocksDigest(setup)) !== (await blocksDigest(other)))
      faults.push('scanners and libraries make other blocks');

    const parse: number[] = [];
    const whole: number[] = [];
    const parts: Record<'block' | 'detection' | 'ingest' | 'pseudonyms', number[]> = {
      block: [],
      detection: [],
      ingest: [],
      pseudonyms: [],
    };
    let last: Awaited<ReturnType<typeof toSignals>> | undefined;
    for (let i = 0; i < rounds; i++) {
      const start = cpuNs();
      const parsed = parseBare(bare);
      parse.push(cpuNs() - start);
      last = await toSignals(setup);
      whole.push(last.times.whole);
      parts.block.push(last.times.block);
      parts.detection.push(last.times.detection);
      // The same file without blocks, once with everybody new and once with everybody known.
      const pseudonyms = new Pseudonymiser(KEYS);
      const fresh = await ingest(setup, pseudonyms, null);
      const known = await ingest(setup, pseudonyms, null);
      parts.ingest.push(known.times.whole);
      parts.pseudonyms.push(fresh.times.whole - known.times.whole);
      if (parsed.rows !== rows || last.rows !== rows) faults.push(`${last.rows} of ${rows} rows accepted`);
    }
    const per = (ns: readonly number[]): number => round(median(ns) / rows, 0);
    const value = median(parse) / median(whole);
    const goal = GOALS[which];
    return {
      name: `file-to-signals/${which}`,
      value: round(value, 3),
      unit: 'of bare JSON.parse',
      seed,
      resultHash: last?.signals ?? '',
      ...(goal === undefined ? {} : { goal: { value: goal, better: 'more' as const } }),
      details: {
        nsPerTx: per(whole),
        jsonParseNsPerTx: per(parse),
        readAndComposeNsPerTx: per(parts.ingest),
        pseudonymsNsPerTx: per(parts.pseudonyms),
        blockNsPerTx: per(parts.block),
        detectionNsPerTx: per(parts.detection),
        ingestOfBareJsonParse: round(
          median(parse) / (median(parts.ingest) + median(parts.pseudonyms) + median(parts.block)),
          3,
        ),
        composedShare: round((last?.composed ?? 0) / rows, 4),
        vaultEntries: last?.vaultEntries ?? 0,
        signals: last?.count ?? 0,
      },
      faults,
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export const fileToSignals: Benchmark = {
  name: 'file-to-signals',
  what: 'a feed file to signals, pseudonyms and log blocks included, as a share of a bare `JSON.parse` loop; with scanners and without',
  cases: CASES,
  options: {
    accounts: { default: 10_000, smoke: 300, what: 'accounts' },
    rows: { default: 170_000, smoke: 3_000, what: 'rows of the file' },
    planted: { default: 25, smoke: 25, what: 'thousandths of the rows that belong to planted histories' },
    rounds: { default: 3, smoke: 1, what: 'alternating rounds; the median counts' },
    seed: { default: 1, smoke: 1, what: 'seed' },
  },
  nodeFlags: () => ['--max-old-space-size=8192'],
  async run(context) {
    return [await measure(context.case as Case, context)];
  },
};
