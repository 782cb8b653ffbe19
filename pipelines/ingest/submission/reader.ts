/**
 * Reads one submission to its end: every record of it is accepted, rejected or a duplicate, and what comes of it goes to a sink
 * in the order in which it has to become durable.
 */

import type { ErrorCode } from '../../../schemas/errors/index.ts';
import type { Mapping } from '../../../schemas/mapping.ts';
import type { PartyRecord, PartyRecordInput } from '../../../schemas/party.ts';
import { type RejectedLine, SUBMISSION_LIMITS, type SubmissionResult } from '../../../schemas/submission.ts';
import type { TransactionInput } from '../../../schemas/transaction.ts';
import type { IngestContext } from '../canonical.ts';
import { ColumnIngest } from '../columns/column-ingest.ts';
import type { ClosedBlock } from '../columns/open-block.ts';
import { decodeColumns, decodeParties } from '../decode.ts';
import { maskValue } from '../mask.ts';
import type {
  FaultOutcome,
  FeedOutcome,
  FeedSource,
  RejectOutcome,
  RowOutcome,
  WrittenOutcome,
} from '../outcome.ts';
import { canonicaliseParty } from '../party-record.ts';
import type { VaultEntry } from '../vault.ts';
import { MoneyTotals } from './money-totals.ts';
import { OwnRows } from './own-rows.ts';

/** Parties handed over at once. */
const PARTIES_BATCH = 1_000;
/** Bytes of an original that are kept. */
const ORIGINAL_BYTES = 65_536;

/** What comes of a submission. A promise resolves when the next call may come. */
export interface SubmissionSink {
  /** What the feed provides, in front of its rows. */
  feed(feed: FeedOutcome): Promise<void>;
  /** Identities that rows or parties handed over later speak of. */
  identities(entries: readonly VaultEntry[]): void;
  rows(block: ClosedBlock): Promise<void>;
  parties(records: readonly PartyRecord[]): Promise<void>;
  rejected(line: RejectedLine): Promise<void> | undefined;
}

export interface ReadOptions {
  readonly institution: string;
  readonly submissionId: string;
  readonly mapping: Mapping;
  readonly source: FeedSource;
  readonly context: IngestContext;
  readonly sink: SubmissionSink;
  readonly blockRows: number;
  readonly blockBytes: number;
  /** Bytes that the document of a row may have. */
  readonly docBytes: number;
  /** Whether the record at an offset is to be taken in; the others count as known rows only. Default: all are. */
  readonly only?: (byteOffset: number) => boolean;
  /** Called after every batch of records; may throw to end the reading. */
  readonly onBatch?: () => Promise<void> | undefined;
}

/** @throws RastroError of the sink or of `onBatch`; what the source does wrong is part of the result. */
export async function readSubmission(options: ReadOptions): Promise<SubmissionResult> {
  const reader = new Reader(options);
  if (options.mapping.kind === 'parties') await reader.parties();
  else await reader.transactions();
  return reader.result();
}

class Reader {
  readonly #options: ReadOptions;
  readonly #counts = { read: 0, accepted: 0, rejected: 0, duplicates: 0 };
  readonly #byCode = new Map<string, number>();
  readonly #faults: SubmissionResult['faults'] = [];
  readonly #totals = new MoneyTotals();
  readonly #rows = new OwnRows();
  #idsDerived = false;
  #columns: ColumnIngest | undefined;

  constructor(options: ReadOptions) {
    this.#options = options;
  }

  result(): SubmissionResult {
    return {
      counts: { ...this.#counts },
      totals: this.#totals.totals(),
      rejectsByCode: Object.fromEntries([...this.#byCode].sort(([a], [b]) => (a < b ? -1 : 1))),
      faults: this.#faults,
      idsDerived: this.#idsDerived,
    };
  }

  async transactions(): Promise<void> {
    const { source, mapping, institution, onBatch } = this.#options;
    for await (const outcomes of decodeColumns({ source, mapping, institution }, (feed) =>
      this.#open(feed),
    )) {
      for (const outcome of outcomes) {
        if (outcome.kind === 'feed') await this.#options.sink.feed(outcome);
        else if (outcome.kind === 'fault') this.#fault(outcome);
        else {
          const done = this.#record(outcome);
          if (done !== undefined) await done;
        }
        if (this.#isTooLong()) break;
      }
      if (this.#isTooLong()) break;
      await onBatch?.();
    }
    await this.#flush();
  }

  async parties(): Promise<void> {
    const { source, mapping, institution, context, sink, onBatch } = this.#options;
    let batch: PartyRecord[] = [];
    for await (const outcomes of decodeParties({ source, mapping, institution })) {
      for (const outcome of outcomes) {
        if (outcome.kind === 'fault') this.#fault(outcome);
        if (outcome.kind !== 'row' && outcome.kind !== 'reject') continue;
        if (!this.#isWanted(outcome.byteOffset)) continue;
        this.#counts.read++;
        const done =
          outcome.kind === 'reject' ? this.#reject([outcome]) : this.#party(outcome, context, batch);
        if (done !== undefined) await done;
        if (batch.length >= PARTIES_BATCH) {
          await sink.parties(batch);
          batch = [];
        }
        if (this.#isTooLong()) break;
      }
      if (this.#isTooLong()) break;
      await onBatch?.();
    }
    if (batch.length > 0) await sink.parties(batch);
  }

  #party(
    outcome: RowOutcome<PartyRecordInput>,
    context: IngestContext,
    batch: PartyRecord[],
  ): Promise<void> | undefined {
    const { input, line, byteOffset } = outcome;
    const { institution } = this.#options;
    if (input.institution !== institution) return this.#reject([this.#foreign(outcome, input.institution)]);
    const made = canonicaliseParty(input, context.pseudonyms);
    if (!made.ok) {
      const original = Buffer.from(JSON.stringify(input), 'utf8');
      return this.#reject(
        made.rejects.map((fault) => ({ ...fault, kind: 'reject', line, byteOffset, original })),
      );
    }
    this.#options.sink.identities(made.vaultEntries);
    batch.push(made.record);
    this.#counts.accepted++;
    return undefined;
  }

  #open(feed: FeedOutcome): ColumnIngest {
    const { context, blockRows, blockBytes, submissionId } = this.#options;
    this.#idsDerived = feed.idsDerived;
    this.#columns = new ColumnIngest({
      context,
      provided: new Set(feed.provided),
      blockRows,
      blockBytes,
      origin: {
        submissionId,
        provided: feed.providedId,
        hasTravel: feed.provided.includes('travel'),
        coverageOf: (institution) => feed.coverageByInstitution[institution] ?? feed.coverage ?? undefined,
      },
    });
    return this.#columns;
  }

  #isWanted(byteOffset: number): boolean {
    return this.#options.only?.(byteOffset) ?? true;
  }

  /** One record. A promise where something went to the sink that takes its time. */
  #record(outcome: RowOutcome<TransactionInput> | RejectOutcome | WrittenOutcome): Promise<void> | undefined {
    const isWanted = this.#isWanted(outcome.byteOffset);
    if (outcome.kind === 'reject') {
      if (!isWanted) return undefined;
      this.#counts.read++;
      return this.#reject([outcome]);
    }
    const columns = this.#columns as ColumnIngest;
    const { line, byteOffset } = outcome;
    if (outcome.kind === 'row') {
      const faults = columns.takeInput(outcome.input, line);
      if (faults !== null) {
        if (!isWanted) return undefined;
        this.#counts.read++;
        const original = Buffer.from(JSON.stringify(outcome.input), 'utf8');
        return this.#reject(
          faults.map((fault) => ({ ...fault, kind: 'reject', line, byteOffset, original })),
        );
      }
    }
    // The pseudonymiser hands an identity over once; another row may speak of it, so it is kept whatever comes of this one.
    if (columns.vaultEntries.length > 0) this.#options.sink.identities(columns.vaultEntries);
    const { institution, id, version } = columns;
    if (institution !== this.#options.institution) {
      columns.drop();
      if (!isWanted) return undefined;
      this.#counts.read++;
      return this.#reject([this.#foreign(outcome, institution)]);
    }
    if (isWanted && columns.docBytes > this.#options.docBytes) {
      const params = { bytes: columns.docBytes, limit: this.#options.docBytes };
      columns.drop();
      this.#counts.read++;
      const where = { line, byteOffset, field: '', masked: '', original: new Uint8Array(0) };
      return this.#reject([{ kind: 'reject', code: 'RAS-FEED-LINE-TOO-LONG', params, ...where }]);
    }
    const seen = columns.seen(this.#rows);
    if (!isWanted) {
      columns.drop();
      return undefined;
    }
    this.#counts.read++;
    if (seen === 'new') return this.#keep(columns);
    columns.drop();
    if (seen === 'duplicate') {
      this.#counts.duplicates++;
      return undefined;
    }
    return this.#reject([
      {
        kind: 'reject',
        line,
        byteOffset,
        field: 'id',
        code: 'RAS-FEED-CONFLICT',
        params: { institution, id: maskValue(id), version },
        masked: maskValue(id),
        original: new Uint8Array(0),
      },
    ]);
  }

  #keep(columns: ColumnIngest): Promise<void> | undefined {
    if (columns.isFull) return this.#flush().then(() => this.#keep(columns));
    this.#counts.accepted++;
    columns.settleInto(this.#totals);
    return columns.keep() ? this.#flush() : undefined;
  }

  async #flush(): Promise<void> {
    const block = this.#columns?.close() ?? null;
    if (block === null) return;
    await this.#options.sink.rows(block);
    this.#columns?.reopen();
  }

  /** A row of another institution than the one that hands it in. */
  #foreign(
    { line, byteOffset }: { readonly line: number; readonly byteOffset: number },
    value: string,
  ): RejectOutcome {
    const masked = maskValue(value);
    return {
      kind: 'reject',
      line,
      byteOffset,
      field: 'institution',
      code: 'RAS-SUBMISSION-INSTITUTION',
      params: { value: masked },
      masked,
      original: new Uint8Array(0),
    };
  }

  /** What is wrong with one record, which counts once. */
  async #reject(faults: readonly RejectOutcome[]): Promise<void> {
    this.#counts.rejected++;
    for (const { line, byteOffset, field, code, params, masked, original } of faults) {
      this.#byCode.set(code, (this.#byCode.get(code) ?? 0) + 1);
      const kept = original.subarray(0, ORIGINAL_BYTES);
      const done = this.#options.sink.rejected({
        line,
        byteOffset,
        field,
        code,
        params,
        masked,
        original: Buffer.from(kept.buffer, kept.byteOffset, kept.byteLength).toString('base64'),
      });
      if (done !== undefined) await done;
    }
  }

  #fault({ line, byteOffset, code, params }: Omit<FaultOutcome, 'kind'> & { code: ErrorCode }): void {
    this.#faults.push({ line, byteOffset, code, params });
  }

  #isTooLong(): boolean {
    if (this.#counts.read < SUBMISSION_LIMITS.ROWS) return false;
    if (this.#faults.at(-1)?.code !== 'RAS-SUBMISSION-ROWS') {
      const line = this.#columns?.line ?? 0;
      const params = { limit: SUBMISSION_LIMITS.ROWS };
      this.#fault({ line, byteOffset: 0, code: 'RAS-SUBMISSION-ROWS', params });
    }
    return true;
  }
}
