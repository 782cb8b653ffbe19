/** Feeds from texts in memory, cut into chunks where a test wants them cut. */
import { decodeFeed } from '../../pipelines/ingest/decode.ts';
import { parseMapping } from '../../pipelines/ingest/mapping-file.ts';
import type { FeedSource, Outcome, RejectOutcome, RowOutcome } from '../../pipelines/ingest/outcome.ts';
import type { Mapping } from '../../schemas/mapping.ts';
import type { TransactionInput } from '../../schemas/transaction.ts';

export function sourceOf(content: string | Uint8Array, chunkBytes = 65_536): FeedSource {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
  }
  return { name: 'test', chunks: chunks() };
}

/** A plain bank file: id, local time, account pair, amount. `changes` are YAML lines that replace or add keys. */
export function plainMapping(
  changes: { source?: string; time?: string; amount?: string; ccy?: string; more?: string } = {},
): Mapping {
  return parseMapping(
    `
id: plain
version: 1
source: ${changes.source ?? '{ format: csv }'}
institution: { const: bank-1 }
fields:
  id: { column: id }
  kind: { const: transfer }
  rail: { const: spei }
  channel: { const: online }
  instrument: { const: account }
  occurredAt: { column: at, time: ${changes.time ?? '{ formats: [iso] }'} }
  settled.amount: { column: amount, amount: ${changes.amount ?? '{}'} }
  settled.ccy: ${changes.ccy ?? '{ const: MXN }'}
  debtor.account.scheme: { const: none }
  debtor.account.token: { column: from }
  creditor.account.scheme: { const: none }
  creditor.account.token: { column: to }
  purposeText: { column: text, optional: true }
${changes.more ?? ''}
`,
    'plain.yaml',
  );
}

export async function outcomesOf(
  content: string | Uint8Array,
  mapping: Mapping,
  chunkBytes?: number,
): Promise<Outcome<TransactionInput>[]> {
  const outcomes: Outcome<TransactionInput>[] = [];
  const source = sourceOf(content, chunkBytes);
  for await (const batch of decodeFeed({ source, mapping })) outcomes.push(...batch);
  return outcomes;
}

export const rowsOf = (outcomes: readonly Outcome<TransactionInput>[]): RowOutcome<TransactionInput>[] =>
  outcomes.filter((outcome) => outcome.kind === 'row');

export const rejectsOf = (outcomes: readonly Outcome<TransactionInput>[]): RejectOutcome[] =>
  outcomes.filter((outcome) => outcome.kind === 'reject');

/** Codes of rejects and faults, in order. */
export const codesOf = (outcomes: readonly Outcome<TransactionInput>[]): string[] =>
  outcomes.flatMap((outcome) =>
    outcome.kind === 'reject' || outcome.kind === 'fault' ? [outcome.code] : [],
  );
