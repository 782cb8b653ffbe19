/** Rows a second of a bare `JSON.parse` loop over the NDJSON form of the measured stream: what a decoder is compared with. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FactDictionary } from '../pipelines/facts/dictionary.ts';
import { loadKnowledge } from '../services/workspace/knowledge.ts';
import { type Benchmark, sizeOf } from './harness/benchmark.ts';
import { cpuNs, median, round } from './harness/measure.ts';
import { writeNdjson } from './stream/files.ts';
import { MeasuredStream } from './stream/stream.ts';
import { parseBare } from './yardsticks/json-parse.ts';

export const jsonParse: Benchmark = {
  name: 'json-parse',
  what: 'yardstick: a bare `JSON.parse` loop over the measured stream as NDJSON',
  options: {
    accounts: { default: 10_000, smoke: 300, what: 'accounts' },
    rows: { default: 100_000, smoke: 3_000, what: 'rows of the file' },
    rounds: { default: 5, smoke: 1, what: 'rounds; the median counts' },
    seed: { default: 1, smoke: 1, what: 'seed' },
  },
  async run(context) {
    const [accounts, rows, rounds, seed] = ['accounts', 'rows', 'rounds', 'seed'].map((name) =>
      sizeOf(context, name),
    ) as [number, number, number, number];
    const folder = mkdtempSync(join(tmpdir(), 'rastro-bench-'));
    try {
      const path = join(folder, 'stream.ndjson');
      const stream = new MeasuredStream(
        { accounts, rows, seed },
        await loadKnowledge({ cases: true }),
        new FactDictionary([1, 2]),
      );
      const bytes = writeNdjson(stream, path);
      const times: number[] = [];
      const faults: string[] = [];
      for (let i = 0; i < rounds; i++) {
        const start = cpuNs();
        const parsed = parseBare(path);
        times.push(cpuNs() - start);
        if (parsed.rows !== rows) faults.push(`${parsed.rows} of ${rows} rows parsed`);
      }
      return [
        {
          name: 'json-parse',
          value: Math.round((rows * 1e9) / median(times)),
          unit: 'rows/s',
          seed,
          resultHash: createHash('sha256').update(readFileSync(path)).digest('hex').slice(0, 16),
          details: { nsPerRow: round(median(times) / rows, 1), bytesPerRow: round(bytes / rows, 1), rounds },
          faults,
        },
      ];
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};
