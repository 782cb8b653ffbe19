/** Ingest of one feed by both ways, to be compared: through documents, and into columns. */
import { type FactRow, factsOf } from '../../pipelines/facts/batch.ts';
import { FactDictionary } from '../../pipelines/facts/dictionary.ts';
import { canonicalise } from '../../pipelines/ingest/canonical.ts';
import { ColumnIngest } from '../../pipelines/ingest/columns/column-ingest.ts';
import { decodeColumns, decodeFeed } from '../../pipelines/ingest/decode.ts';
import { Directory } from '../../pipelines/ingest/directory.ts';
import type { FeedOutcome } from '../../pipelines/ingest/outcome.ts';
import type { VaultEntry } from '../../pipelines/ingest/vault.ts';
import { encodeBlock } from '../../schemas/arrow.ts';
import type { Mapping } from '../../schemas/mapping.ts';
import type { PartyRecord } from '../../schemas/party.ts';
import type { TransactionInput } from '../../schemas/transaction.ts';
import { sourceOf } from './feed-text.ts';
import { testContext } from './ingest.ts';

export interface Ingested {
  /** Everything but accepted rows, in order. */
  readonly others: readonly string[];
  readonly blocks: readonly Uint8Array[];
  readonly vault: readonly VaultEntry[];
  readonly rows: number;
  /** Rows that were never a document. */
  readonly composed: number;
}

const SUBMISSION = 'sub_test';
const INSTITUTION = 'bank-1';
/** Of so many rows one closes the block before it. */
const EARLY = 5;

const textOf = (value: unknown): string =>
  JSON.stringify(value, (_key, inside: unknown) =>
    inside instanceof Uint8Array ? Buffer.from(inside).toString('hex') : inside,
  );

const coverageOf = (feed: FeedOutcome) => (institution: string) =>
  feed.coverageByInstitution[institution] ?? feed.coverage ?? undefined;

export interface Feed {
  readonly content: string | Uint8Array;
  readonly mapping: Mapping;
  readonly parties?: readonly PartyRecord[];
  readonly chunkBytes?: number;
}

/** Through documents, `blockRows` to a block. */
export async function ingestDocuments(feed: Feed, blockRows: number): Promise<Ingested> {
  const context = testContext(Directory.from(feed.parties ?? []));
  const others: string[] = [];
  const vault: VaultEntry[] = [];
  const rows: FactRow[] = [];
  let opened: FeedOutcome | undefined;
  for await (const batch of decodeFeed({
    source: sourceOf(feed.content, feed.chunkBytes),
    mapping: feed.mapping,
    institution: INSTITUTION,
    decoding: 'libraries',
  })) {
    for (const outcome of batch) {
      if (outcome.kind === 'feed') opened = outcome;
      if (outcome.kind !== 'row') {
        others.push(textOf(outcome));
        continue;
      }
      const { input, line } = outcome;
      const provided = opened?.providedId ?? '';
      const coverage = coverageOf(opened as FeedOutcome)(input.institution);
      const canonical = canonicalise(input, { submissionId: SUBMISSION, line, provided, coverage }, context);
      if (!canonical.ok) {
        others.push(textOf(canonical.rejects));
        continue;
      }
      vault.push(...canonical.vaultEntries);
      rows.push({ tx: canonical.tx, hash: canonical.hash, provided: new Set(opened?.provided) });
    }
  }
  const blocks: Uint8Array[] = [];
  for (let from = 0; from < rows.length; from += blockRows) {
    const block = rows.slice(from, from + blockRows);
    const dictionary = new FactDictionary([0, 0]);
    const placed = block.map(({ tx, hash }) => ({ tx, hash, revision: 0, blockOffset: blocks.length }));
    blocks.push(encodeBlock(placed, factsOf(block, dictionary), dictionary));
  }
  return { others, blocks, vault, rows: rows.length, composed: 0 };
}

/**
 * Into columns. `early` closes blocks before some rows that are written already; `inputs` hands every row over as an edge
 * row, as if no scanner had known its layout.
 */
export async function ingestColumns(
  feed: Feed,
  blockRows: number,
  options: { readonly early?: boolean; readonly inputs?: boolean } = {},
): Promise<Ingested> {
  const context = testContext(Directory.from(feed.parties ?? []));
  const others: string[] = [];
  const vault: VaultEntry[] = [];
  const blocks: Uint8Array[] = [];
  let columns: ColumnIngest | undefined;
  const open = (opened: FeedOutcome): ColumnIngest => {
    columns = new ColumnIngest({
      context,
      provided: new Set(opened.provided),
      blockRows,
      blockBytes: 1 << 24,
      origin: {
        submissionId: SUBMISSION,
        provided: opened.providedId,
        hasTravel: opened.provided.includes('travel'),
        coverageOf: coverageOf(opened),
      },
    });
    return columns;
  };
  const close = (into: ColumnIngest): void => {
    const closed = into.close();
    if (closed === null) return;
    blocks.push(closed.bytes(blocks.length));
    into.reopen();
  };
  let rows = 0;
  for await (const batch of decodeColumns(
    {
      source: sourceOf(feed.content, feed.chunkBytes),
      mapping: feed.mapping,
      institution: INSTITUTION,
      ...(options.inputs === true ? { decoding: 'libraries' as const } : {}),
    },
    open,
  )) {
    for (const outcome of batch) {
      if (outcome.kind !== 'row' && outcome.kind !== 'written') {
        others.push(textOf(outcome));
        continue;
      }
      const into = columns as ColumnIngest;
      const faults =
        outcome.kind === 'row' ? into.takeInput(outcome.input as TransactionInput, outcome.line) : null;
      if (faults !== null) {
        others.push(textOf(faults));
        continue;
      }
      rows += 1;
      vault.push(...into.vaultEntries);
      // As before a record that has to stand between two blocks.
      if (options.early === true && rows % EARLY === 0) close(into);
      if (into.keep()) close(into);
    }
  }
  if (columns !== undefined) close(columns);
  return { others, blocks, vault, rows, composed: columns?.composed ?? 0 };
}
