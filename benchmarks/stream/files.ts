/** The stream on disk: as an NDJSON feed, and as the log that ingest would have written. Slow; written before a clock runs. */
import { closeSync, openSync, writeSync } from 'node:fs';
import type { FactDictionary } from '../../pipelines/facts/dictionary.ts';
import { kindsOfRules, Router } from '../../pipelines/partition/router.ts';
import type { RuleSet } from '../../rules/compiler/index.ts';
import { openFileLog } from '../../services/log/file/file-log.ts';
import { edgeLine } from './edge-rows.ts';
import { encodedBlock } from './encoded-block.ts';
import type { MeasuredStream, StreamBlock } from './stream.ts';

/** Writes every row as a line. Returns how many bytes. */
export function writeNdjson(stream: MeasuredStream, path: string): number {
  const file = openSync(path, 'w');
  let bytes = 0;
  try {
    for (const block of stream.blocks()) {
      const lines: string[] = [];
      for (let row = 0; row < block.batch.rows; row++) lines.push(`${edgeLine(block.transactionOf(row))}\n`);
      bytes += writeSync(file, lines.join(''));
    }
  } finally {
    closeSync(file);
  }
  return bytes;
}

/** Writes every block as one record of a file log in `folder`, and shows it to `each`. Returns how many bytes. */
export async function writeLog(
  stream: MeasuredStream,
  dictionary: FactDictionary,
  folder: string,
  each: (block: StreamBlock) => void,
): Promise<number> {
  const log = await openFileLog(folder, 'measured');
  let bytes = 0;
  try {
    for (const block of stream.blocks()) {
      const encoded = encodedBlock(block, dictionary, log.end);
      bytes += encoded.bytes.byteLength;
      await log.append('transactions', encoded.bytes);
      each(block);
    }
  } finally {
    await log.close();
  }
  return bytes;
}

/** Writes the stream as records of the only partition of a topic: blocks as large as a record may be. */
export async function writeRecords(
  stream: MeasuredStream,
  dictionary: FactDictionary,
  folder: string,
  ruleSet: RuleSet,
): Promise<void> {
  const log = await openFileLog(folder, 'measured');
  const router = new Router({ partitions: 1, kinds: kindsOfRules(ruleSet) });
  try {
    for (const block of stream.blocks()) {
      const { blocks } = router.route(encodedBlock(block, dictionary).bytes);
      for (const { bytes } of blocks) await log.append('transactions', bytes);
    }
    for (const { bytes } of router.close()) await log.append('transactions', bytes);
  } finally {
    await log.close();
  }
}
