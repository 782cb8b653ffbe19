/**
 * What a row costs in a block, by how many rows share it: bytes, and microseconds to encode (from the canonical row, its
 * facts and its document included), to read as facts and to read as whole rows. Each with documents and with empty ones.
 *
 * Rows are those of a simulated feed with its parties known. Facts are read into a dictionary that knows the texts of the
 * measured blocks, as that of an engine in the middle of a feed knows nearly all. All sizes must give the same facts before
 * a figure counts. What makes the figures wrong: other work on the machine, and too few rows (`rows` below 4,096 leave the
 * largest block out).
 */
import { createHash } from 'node:crypto';
import { factsOf } from '../pipelines/facts/batch.ts';
import { type BlockSource, blockBytes } from '../pipelines/facts/block.ts';
import { FactDictionary } from '../pipelines/facts/dictionary.ts';
import { canonicalise, type IngestContext, transactionHash } from '../pipelines/ingest/canonical.ts';
import { Directory } from '../pipelines/ingest/directory.ts';
import { deriveKeys } from '../pipelines/ingest/keys.ts';
import { canonicaliseParty } from '../pipelines/ingest/party-record.ts';
import { PROVIDABLE } from '../pipelines/ingest/provided.ts';
import { Pseudonymiser } from '../pipelines/ingest/pseudonym.ts';
import { ZoneOffsets } from '../pipelines/ingest/zone-offset.ts';
import { simulate } from '../pipelines/simulate/simulate.ts';
import { readReferenceFiles } from '../rules/reference/files.ts';
import { loadReference } from '../rules/reference/reference.ts';
import { decodeBlock } from '../schemas/arrow.ts';
import { decodeFacts } from '../schemas/block-facts.ts';
import type { FactBatch } from '../schemas/facts.ts';
import { type Benchmark, type BenchmarkResult, type RunContext, sizeOf } from './harness/benchmark.ts';
import { cpuNs, median, round } from './harness/measure.ts';

const BLOCK_ROWS = [1, 16, 256, 4_096] as const;
const SEED = [1, 2] as const;
const DAYS = 28;
const NS_PER_US = 1_000;

function rowsOf(count: number, seed: number): BlockSource[] {
  const simulation = simulate({ seed, transactions: Math.ceil(1.2 * count), days: DAYS });
  const context: IngestContext = {
    pseudonyms: new Pseudonymiser(deriveKeys(Buffer.alloc(32, 7))),
    directory: new Directory(),
    reference: loadReference(readReferenceFiles()),
    zones: new ZoneOffsets(),
  };
  for (const party of simulation.parties) {
    const result = canonicaliseParty(party, context.pseudonyms);
    if (result.ok) context.directory.apply(result.record);
  }
  const provided = new Set(PROVIDABLE);
  const rows: BlockSource[] = [];
  for (const row of simulation.transactions) {
    if (rows.length === count) break;
    const origin = { submissionId: 'sub-1', line: rows.length + 1, provided: 'canonical@1' };
    const result = canonicalise(row, { ...origin, coverage: 'full_account' }, context);
    if (!result.ok) continue;
    rows.push({ tx: result.tx, hash: transactionHash(result.tx), provided, revision: 0, blockOffset: 1 });
  }
  return rows;
}

/** What is measured of one size, per row. */
interface Costs {
  readonly bytes: number;
  readonly encodeUs: number;
  readonly factsUs: number;
  readonly rowsUs: number;
}

interface Measured {
  readonly costs: Costs;
  readonly digest: string;
}

/** Of the numbers of the facts that mean the same in every dictionary. */
function digestOf(batches: readonly FactBatch[]): string {
  const digest = createHash('sha256');
  for (const { rows, columns, hash, idBytes, idEnds } of batches) {
    digest.update(Float64Array.from(columns.time.subarray(0, rows)));
    digest.update(Float64Array.from(columns.amount.subarray(0, rows)));
    digest.update(Uint8Array.from(columns.kind.subarray(0, rows)));
    digest.update(Uint8Array.from(columns.coverageOfFeed.subarray(0, 2 * rows)));
    digest.update(Uint32Array.from(hash));
    digest.update(idBytes.subarray(0, idEnds[rows - 1] ?? 0));
  }
  return digest.digest('hex').slice(0, 16);
}

function measure(
  rows: readonly BlockSource[],
  size: number,
  most: number,
  rounds: number,
  withDocs: boolean,
): Measured {
  const pieces: (readonly BlockSource[])[] = [];
  for (let from = 0; from + size <= rows.length && pieces.length < most; from += size)
    pieces.push(rows.slice(from, from + size));
  const count = pieces.length * size;
  const docs = withDocs ? undefined : new Array<string>(size).fill('');
  const dictionary = new FactDictionary(SEED);
  const times: Record<'encode' | 'facts' | 'rows', number[]> = { encode: [], facts: [], rows: [] };
  let blocks: Uint8Array[] = [];
  let batches: FactBatch[] = [];
  const time = (name: keyof typeof times, run: () => void): void => {
    const before = cpuNs();
    run();
    times[name].push((cpuNs() - before) / count / NS_PER_US);
  };
  // The first two rounds compile, and fill the dictionary.
  for (let at = -2; at < rounds; at++) {
    if (at === 0) for (const list of Object.values(times)) list.length = 0;
    time('encode', () => {
      blocks = pieces.map((piece) => blockBytes(piece, docs));
    });
    time('facts', () => {
      batches = blocks.map((block) => decodeFacts(block, dictionary));
    });
    if (withDocs)
      time('rows', () => {
        for (const block of blocks) decodeBlock(block);
      });
  }
  const bytes = blocks.reduce((sum, block) => sum + block.length, 0) / count;
  const costs = {
    bytes: round(bytes, 1),
    encodeUs: round(median(times.encode), 3),
    factsUs: round(median(times.facts), 3),
    rowsUs: withDocs ? round(median(times.rows), 3) : 0,
  };
  return { costs, digest: digestOf(batches) };
}

/** One result for every size of block and figure; `rows` of the feed are cut into blocks of each size. */
export function blockCosts(context: RunContext): readonly BenchmarkResult[] {
  const seed = sizeOf(context, 'seed');
  const rounds = sizeOf(context, 'rounds');
  const most = sizeOf(context, 'blocks');
  const rows = rowsOf(sizeOf(context, 'rows'), seed);
  const results: BenchmarkResult[] = [];
  for (const size of BLOCK_ROWS.filter((each) => each <= rows.length)) {
    context.progress(`blocks of ${size}`);
    const whole = measure(rows, size, most, rounds, true);
    const bare = measure(rows, size, most, rounds, false);
    const dictionary = new FactDictionary(SEED);
    const covered = Math.min(Math.floor(rows.length / size), most) * size;
    const expected = digestOf([factsOf(rows.slice(0, covered), dictionary)]);
    const agrees = covered !== size || (whole.digest === expected && bare.digest === expected);
    const faults = whole.digest === bare.digest && agrees ? [] : [`blocks of ${size} give other facts`];
    const result = (name: string, unit: string, withDocs: number, without: number): BenchmarkResult => ({
      name: `blocks/${name} at ${size}`,
      value: withDocs,
      unit,
      seed,
      resultHash: whole.digest,
      details: {
        blockRows: size,
        rows: covered,
        rounds,
        ...(name === 'rows' ? {} : { withoutDocs: without }),
      },
      ...(faults.length > 0 ? { faults } : {}),
    });
    results.push(
      result('bytes', 'bytes/row', whole.costs.bytes, bare.costs.bytes),
      result('encode', 'us/row', whole.costs.encodeUs, bare.costs.encodeUs),
      result('facts', 'us/row', whole.costs.factsUs, bare.costs.factsUs),
      result('rows', 'us/row', whole.costs.rowsUs, 0),
    );
  }
  return results;
}

export const blocks: Benchmark = {
  name: 'blocks',
  what: 'bytes and microseconds a row of blocks of 1 to 4,096 rows, with documents and without',
  options: {
    rows: { default: 8_192, smoke: 256, what: 'rows of the feed' },
    blocks: { default: 256, smoke: 8, what: 'blocks of a size, at most' },
    rounds: { default: 7, smoke: 1, what: 'repetitions of which the median counts' },
    seed: { default: 1, smoke: 1, what: 'seed' },
  },
  run: async (context) => blockCosts(context),
};
