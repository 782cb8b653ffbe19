/**
 * Reads feeds into a workspace: decode, canonicalise, admit, log, detect, compose, write.
 *
 * A row is answered for by exactly one of accepted, rejected, duplicate; read is their sum. What a file's receipt says
 * speaks of data quality alone.
 */
import { createHash } from 'node:crypto';
import type { IngestContext } from '../../pipelines/ingest/canonical.ts';
import { ColumnIngest } from '../../pipelines/ingest/columns/column-ingest.ts';
import type { ClosedBlock } from '../../pipelines/ingest/columns/open-block.ts';
import { decodeColumns, decodeParties } from '../../pipelines/ingest/decode.ts';
import type {
  FeedOutcome,
  RejectOutcome,
  RowOutcome,
  WrittenOutcome,
} from '../../pipelines/ingest/outcome.ts';
import { ALWAYS_MS, canonicaliseParty } from '../../pipelines/ingest/party-record.ts';
import { Pseudonymiser } from '../../pipelines/ingest/pseudonym.ts';
import { sealOriginal, type VaultEntry } from '../../pipelines/ingest/vault.ts';
import { ZoneOffsets } from '../../pipelines/ingest/zone-offset.ts';
import type { ErrorCode, ErrorParams } from '../../schemas/errors/index.ts';
import { contentId } from '../../schemas/ids.ts';
import type { Mapping } from '../../schemas/mapping.ts';
import type { PartyRecord } from '../../schemas/party.ts';
import type { TransactionInput } from '../../schemas/transaction.ts';
import { openSources } from '../feeds/sources.ts';
import { type FeedReport, REJECTS_LISTED, type Tally, tallySince } from './feed-report.ts';
import { encodeReference, type FeedRecord, PARTIES_PER_RECORD } from './reference-record.ts';
import { partyId } from './state.ts';
import type { Workspace } from './workspace.ts';
import type { WriteCounts } from './writer.ts';

/** Rejects held before they are written. */
const REJECT_BATCH = 2_000;
/** Pseudonyms of one question to the vault; they travel in the request's head. */
const VAULT_QUESTION = 1_000;

/** Where a feed is read into: a workspace, or a run on trial that stores nothing. */
export interface FeedTarget
  extends Pick<Workspace, 'state' | 'keys' | 'limits' | 'appendReference' | 'appendRows' | 'writeGroup'> {
  readonly store: Pick<Workspace['store'], 'queryRows'>;
  readonly writer: Pick<Workspace['writer'], 'rows'>;
}

export interface FeedRun {
  readonly workspace: FeedTarget;
  readonly mapping: Mapping;
  readonly institution?: string;
  readonly counts: WriteCounts;
  readonly report: FeedReport;
  /** Rows read of all files so far. */
  readonly onProgress?: (rows: number, bytes: number) => void;
  /** Asked before each row; once true, nothing more of any file is read. What was read counts. Default: never. */
  readonly isEnough?: () => boolean;
}

/** A file with the hash of its content, read once before its rows are. */
interface Submission {
  readonly id: string;
  readonly file: string;
  readonly sha256: string;
  readonly mapping: Mapping;
  /** The same bytes were read to their end before: their rejects and their receipt are stored. */
  readonly isKnown: boolean;
  readonly rejectsByCode: Map<ErrorCode, number>;
}

export class FeedReader {
  readonly #run: FeedRun;
  readonly #ingest: IngestContext;
  /** Rows of the feed that is being read. */
  #columns: ColumnIngest | undefined;
  /** Institutions that the log says submit. */
  readonly #declared = new Set<string>();
  /** Identities met for the first time: stored before the rows that speak of them. */
  #vault: VaultEntry[] = [];
  #rejects: object[] = [];
  #bytesBefore = 0;

  constructor(run: FeedRun) {
    this.#run = run;
    this.#ingest = {
      pseudonyms: new Pseudonymiser(run.workspace.keys),
      directory: run.workspace.state.directory,
      reference: run.workspace.state.timeline.newest.reference,
      zones: new ZoneOffsets(),
    };
  }

  /** Reads one party file into the directory. */
  async parties(file: string, mapping: Mapping): Promise<void> {
    const { workspace, institution } = this.#run;
    const submission = await this.#submissionOf(file, mapping);
    const tally = this.#run.report.parties;
    const before = { ...tally };
    let batch: PartyRecord[] = [];
    const flush = async () => {
      await this.#storeVault({ onlyNew: true });
      const last = new Map(batch.map((party) => [partyId(party), party]));
      const parties = [...last.values()].filter((party) => !workspace.state.knows({ parties: [party] }));
      tally.accepted += parties.length;
      tally.duplicates += batch.length - parties.length;
      if (parties.length > 0) await workspace.appendReference(encodeReference({ parties }));
      batch = [];
    };
    for (const source of await openSources([file])) {
      for await (const outcomes of decodeParties({
        source,
        mapping,
        ...(institution === undefined ? {} : { institution }),
      })) {
        for (const outcome of outcomes) {
          if (outcome.kind === 'fault') this.#fault(file, outcome);
          if (outcome.kind !== 'reject' && outcome.kind !== 'row') continue;
          tally.read++;
          const result =
            outcome.kind === 'row' ? canonicaliseParty(outcome.input, this.#ingest.pseudonyms) : undefined;
          if (result?.ok) {
            this.#vault.push(...result.vaultEntries);
            batch.push(result.record);
            if (batch.length >= PARTIES_PER_RECORD) await flush();
            continue;
          }
          tally.rejected++;
          if (outcome.kind === 'reject') this.#reject(submission, outcome);
          else
            for (const fault of result?.rejects ?? [])
              this.#reject(submission, {
                ...outcome,
                ...fault,
                kind: 'reject',
                original: Buffer.from(JSON.stringify(outcome.input), 'utf8'),
              });
        }
        await this.#storeRejects(submission, REJECT_BATCH);
      }
    }
    await flush();
    await this.#storeRejects(submission);
    await this.#storeReceipt(submission, tallySince(before, tally), undefined);
  }

  /** Reads one file of transactions. */
  async transactions(file: string): Promise<void> {
    const { workspace, mapping, report, institution } = this.#run;
    const submission = await this.#submissionOf(file, mapping);
    const before = { ...report };
    let feed: FeedOutcome | undefined;
    const open = (opened: FeedOutcome): ColumnIngest => {
      feed = opened;
      this.#columns = this.#openColumns(opened, submission);
      return this.#columns;
    };
    for (const source of await openSources([file])) {
      const options = { source, mapping, ...(institution === undefined ? {} : { institution }) };
      for await (const outcomes of decodeColumns(options, open)) {
        for (const outcome of outcomes) {
          if (this.#run.isEnough?.() === true) break;
          if (outcome.kind === 'feed') await this.#feed(outcome);
          else if (outcome.kind === 'fault') this.#fault(file, outcome);
          else {
            // Of most rows nothing is awaited: a promise for each would take longer than the question whether it is new.
            const written = this.#outcome(outcome, submission);
            if (written !== undefined) await written;
          }
        }
        await this.#storeRejects(submission, REJECT_BATCH);
        this.#run.onProgress?.(report.read, this.#bytesBefore + source.bytesRead());
        if (this.#run.isEnough?.() === true) break;
      }
      await this.#flushRows();
      this.#bytesBefore += source.bytesRead();
    }
    await this.#storeRejects(submission);
    await workspace.writeGroup(this.#run.counts);
    await this.#storeReceipt(submission, tallySince(before, report), feed);
  }

  #openColumns(feed: FeedOutcome, submission: Submission): ColumnIngest {
    const { blockRows, blockBytes } = this.#run.workspace.limits;
    return new ColumnIngest({
      context: this.#ingest,
      provided: new Set(feed.provided),
      blockRows,
      blockBytes,
      origin: {
        submissionId: submission.id,
        provided: feed.providedId,
        hasTravel: feed.provided.includes('travel'),
        coverageOf: (institution) => feed.coverageByInstitution[institution] ?? feed.coverage ?? undefined,
      },
    });
  }

  /** One record: rejected, or a row that was written, and is kept or dropped. A promise where a block went to the log. */
  #outcome(
    outcome: RowOutcome<TransactionInput> | RejectOutcome | WrittenOutcome,
    submission: Submission,
  ): Promise<void> | undefined {
    const { report, workspace } = this.#run;
    report.read++;
    if (outcome.kind === 'reject') {
      this.#reject(submission, outcome);
      report.rejected++;
      return undefined;
    }
    const columns = this.#columns as ColumnIngest;
    if (outcome.kind === 'row') {
      const { input, line, byteOffset } = outcome;
      const faults = columns.takeInput(input, line);
      if (faults !== null) {
        const original = Buffer.from(JSON.stringify(input), 'utf8');
        for (const fault of faults)
          this.#reject(submission, { ...fault, kind: 'reject', line, byteOffset, original });
        report.rejected++;
        return undefined;
      }
    }
    const seen = columns.seen(workspace.state.rows);
    if (seen === 'new') return this.#accept(columns);
    columns.drop();
    if (seen === 'duplicate') {
      // Whom a known row speaks of is in the vault since it was accepted.
      report.duplicates++;
      return undefined;
    }
    const { institution, id, version, vaultEntries } = columns;
    // The pseudonymiser hands an identity over once; another row may speak of it.
    this.#vault.push(...vaultEntries);
    const { line, byteOffset } = outcome;
    this.#reject(submission, {
      kind: 'reject',
      line,
      byteOffset,
      field: 'id',
      code: 'RAS-ENGINE-CONFLICT',
      params: { institution, id, version },
      masked: '',
      original: new Uint8Array(0),
    });
    report.rejected++;
    return undefined;
  }

  #accept(columns: ColumnIngest): Promise<void> | undefined {
    if (columns.isFull || !this.#declared.has(columns.institution)) return this.#acceptNext(columns);
    this.#run.report.accepted++;
    this.#vault.push(...columns.vaultEntries);
    return columns.keep() ? this.#flushRows() : undefined;
  }

  /** The row has to come behind what is appended first. */
  async #acceptNext(columns: ColumnIngest): Promise<void> {
    await this.#declare(columns.institution);
    if (columns.isFull) await this.#flushRows();
    await this.#accept(columns);
  }

  /** Appends the rows that were kept; one that was only written stays so. */
  async #flushRows(): Promise<void> {
    const columns = this.#columns;
    const block = columns?.close() ?? null;
    await this.#append(block);
    if (block !== null) columns?.reopen();
  }

  async #append(block: ClosedBlock | null): Promise<void> {
    if (block === null) return;
    await this.#storeVault();
    this.#run.report.late += await this.#run.workspace.appendRows(block, this.#run.counts);
  }

  async #feed(outcome: FeedOutcome): Promise<void> {
    const { workspace, report } = this.#run;
    const record: FeedRecord = {
      providedId: outcome.providedId,
      mapping: outcome.mapping,
      provided: [...outcome.provided],
      coverage: outcome.coverage,
      coverageByInstitution: { ...outcome.coverageByInstitution },
    };
    if (!report.feeds.some((feed) => feed.providedId === record.providedId)) report.feeds.push(record);
    report.idsDerived ||= outcome.idsDerived;
    if (!workspace.state.knows({ feeds: [record] }))
      await workspace.appendReference(encodeReference({ feeds: [record] }));
  }

  async #declare(institution: string): Promise<void> {
    const declarations = [{ institution, fromMs: ALWAYS_MS }];
    const { workspace } = this.#run;
    if (!workspace.state.knows({ declarations })) {
      await this.#flushRows();
      await workspace.appendReference(encodeReference({ declarations }));
    }
    this.#declared.add(institution);
  }

  #reject(submission: Submission, outcome: RejectOutcome): void {
    const { report, workspace } = this.#run;
    const { line, byteOffset, field, code, params, masked, original } = outcome;
    for (const totals of [report.rejectsByCode, submission.rejectsByCode])
      totals.set(code, (totals.get(code) ?? 0) + 1);
    if (report.rejects.length < REJECTS_LISTED) {
      report.rejects.push({ file: submission.file, line, byteOffset, field, code, params, masked });
    }
    const sealed =
      original.byteLength === 0
        ? ''
        : sealOriginal(workspace.keys.raw, this.#sender, original).toString('base64');
    this.#rejects.push({
      submission_id: submission.id,
      line,
      code,
      field,
      revision: 0,
      byte_offset: byteOffset,
      masked_value: masked,
      original_encrypted: sealed,
    });
  }

  #fault(
    file: string,
    outcome: { readonly code: ErrorCode; readonly params: ErrorParams; readonly line: number },
  ): void {
    this.#run.report.faults.push({ file, code: outcome.code, params: outcome.params, line: outcome.line });
  }

  /** Who hands the file in, where that is known: its originals are sealed with a key of its own. */
  get #sender(): string {
    return this.#run.institution ?? this.#run.mapping.id;
  }

  /** `onlyNew` asks the vault first: who sends known parties again writes nothing. */
  async #storeVault({ onlyNew = false } = {}): Promise<void> {
    const { store, writer } = this.#run.workspace;
    const entries = this.#vault;
    this.#vault = [];
    const known = new Map<string, string>();
    for (let from = 0; onlyNew && from < entries.length; from += VAULT_QUESTION) {
      const ids = entries.slice(from, from + VAULT_QUESTION).map((entry) => entry.pseudonym);
      const found = await store.queryRows<VaultEntry>(
        'SELECT pseudonym, ciphertext FROM vault_current WHERE pseudonym IN {ids:Array(String)}',
        { ids },
      );
      for (const { pseudonym, ciphertext } of found) known.set(pseudonym, ciphertext);
    }
    const rows = entries
      .filter((entry) => known.get(entry.pseudonym) !== entry.ciphertext)
      .map((entry) => ({ ...entry, revision: 0 }));
    await writer.rows('vault', rows);
  }

  /** Writes the rejects that wait, if there are at least so many. */
  async #storeRejects(submission: Submission, atLeast = 1): Promise<void> {
    if (this.#rejects.length < atLeast) return;
    const rows = this.#rejects;
    this.#rejects = [];
    if (!submission.isKnown) await this.#run.workspace.writer.rows('rejects', rows);
  }

  /** A file with the hash of its content, read once before its rows are. */
  async #submissionOf(file: string, mapping: Mapping): Promise<Submission> {
    const { workspace, institution = '' } = this.#run;
    const hash = createHash('sha256');
    for (const source of await openSources([file]))
      for await (const chunk of source.chunks) hash.update(chunk);
    const sha256 = hash.digest('hex');
    const id = contentId('sub', [sha256, mapping.id, String(mapping.version), institution]);
    const known = await workspace.store.queryRows(
      'SELECT 1 FROM submissions_current WHERE submission_id = {id:String}',
      { id },
    );
    return { id, file, sha256, mapping, isKnown: known.length > 0, rejectsByCode: new Map() };
  }

  /** The receipt of a submission is written once; sending the same bytes again changes nothing. */
  async #storeReceipt(submission: Submission, tally: Tally, feed: FeedOutcome | undefined): Promise<void> {
    if (submission.isKnown) return;
    const { mapping } = submission;
    await this.#run.workspace.writer.rows('submissions', [
      {
        submission_id: submission.id,
        revision: 0,
        sha256: submission.sha256,
        file_name_hash: '',
        institution: this.#sender,
        mapping: mapping.id,
        mapping_version: String(mapping.version),
        received_at: new Date().toISOString().replace('T', ' ').replace('Z', ''),
        ...tally,
        doc: JSON.stringify({
          providedId: feed?.providedId ?? null,
          rejectsByCode: Object.fromEntries(submission.rejectsByCode),
        }),
      },
    ]);
  }
}
