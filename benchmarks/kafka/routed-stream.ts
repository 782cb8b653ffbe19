/** The measured stream as the ingest role sends it: blocks routed to partitions, behind a record of what the feed provides. */
import { FactDictionary } from '../../pipelines/facts/dictionary.ts';
import type { NewRecord } from '../../pipelines/log/bus.ts';
import { KIND_HEADER } from '../../pipelines/log/port.ts';
import {
  kindsOfRules,
  type RoutedBlock,
  Router,
  type RouterCounts,
} from '../../pipelines/partition/router.ts';
import { memberEndsOf, RowColumns } from '../../pipelines/partition/row-columns.ts';
import { decodeRows } from '../../schemas/block-rows.ts';
import { encodeReference } from '../../services/workspace/reference-record.ts';
import { encodedBlock } from '../stream/encoded-block.ts';
import { type Knowledge, MeasuredStream, type StreamBlock } from '../stream/stream.ts';
import { actionTransactions, EVERYTHING } from '../stream/templates.ts';

export interface RoutedStreamOptions {
  readonly partitions: number;
  readonly accounts: number;
  readonly rows: number;
  readonly plantedMilli: number;
  readonly seed: number;
}

/** Blocks of the stream, encoded, of which some rows were given out. */
interface Part {
  readonly bytes: Uint8Array;
  readonly rows: number;
  readonly ids: readonly string[];
  from: number;
}

export function recordOf({ partition, kind, bytes }: Omit<RoutedBlock, 'rows'>): NewRecord {
  return { partition, key: null, headers: { [KIND_HEADER]: kind }, value: bytes };
}

/** A record that every partition has to have in front of the rows. */
export function feedRecords(partitions: number): NewRecord[] {
  const feeds = [...new Set(actionTransactions().map(({ stamp }) => stamp.provided))].map((providedId) => ({
    providedId,
    mapping: 'measured',
    provided: [...EVERYTHING],
    coverage: null,
    coverageByInstitution: {},
  }));
  const value = encodeReference({ feeds });
  return Array.from({ length: partitions }, (_, partition) => {
    return { partition, key: null, headers: { [KIND_HEADER]: 'reference' }, value };
  });
}

export class RoutedStream {
  readonly stream: MeasuredStream;
  readonly #dictionary: FactDictionary;
  readonly #router: Router;
  readonly #blocks: Iterator<StreamBlock>;
  #part: Part | undefined;
  /** Ids of the rows given out by the last call of `next`; those of two institutions may be one. */
  ids: readonly string[] = [];

  constructor(options: RoutedStreamOptions, knowledge: Knowledge) {
    this.#dictionary = new FactDictionary([options.seed, 1]);
    this.stream = new MeasuredStream(options, knowledge, this.#dictionary);
    this.#router = new Router({ partitions: options.partitions, kinds: kindsOfRules(knowledge.ruleSet) });
    this.#blocks = this.stream.blocks();
  }

  get counts(): Readonly<RouterCounts> {
    return this.#router.counts;
  }

  /** The blocks of the next so many rows, none of which waits for later ones. Fewer at the end of the stream. */
  next(rows: number): RoutedBlock[] {
    const routed: RoutedBlock[] = [];
    const ids: string[] = [];
    for (let left = rows; left > 0; ) {
      this.#part ??= this.#encoded();
      const part = this.#part;
      if (part === undefined) break;
      const count = Math.min(left, part.rows - part.from);
      const { blocks, tooLarge } = this.#router.route(
        count === part.rows ? part.bytes : cut(part.bytes, part.from, count),
      );
      if (tooLarge.length > 0) throw new Error(`${tooLarge.length} rows are too large for a record`);
      routed.push(...blocks);
      ids.push(...part.ids.slice(part.from, part.from + count));
      part.from += count;
      left -= count;
      if (part.from === part.rows) this.#part = undefined;
    }
    routed.push(...this.#router.close());
    this.ids = ids;
    return routed;
  }

  #encoded(): Part | undefined {
    const { value: block, done } = this.#blocks.next();
    if (done === true) return undefined;
    const { bytes, transactions } = encodedBlock(block, this.#dictionary);
    return { bytes, rows: transactions.length, ids: transactions.map(({ id }) => id), from: 0 };
  }
}

/** Some rows of a block as a block. */
function cut(bytes: Uint8Array, from: number, count: number): Uint8Array {
  const dictionary = new FactDictionary([0, 0]);
  const content = decodeRows(bytes, dictionary);
  const columns = new RowColumns(dictionary);
  const rows = Int32Array.from({ length: count }, (_, i) => from + i);
  columns.add(content, rows, count, memberEndsOf(content.facts.members, content.facts.rows));
  return columns.bytes();
}
