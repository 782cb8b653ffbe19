/**
 * Reads feeds into a workspace: decode, canonicalise, admit, log, detect, compose, write.
 *
 * A row is answered for by exactly one of accepted, rejected, duplicate; read is their sum. What a file's receipt says
 * speaks of data quality alone.
 */
import { createHash } from 'node:crypto';
import { canonicalise, type IngestContext } from '../../pipelines/ingest/canonical.ts';
import { decodeFeed, decodeParties } from '../../pipelines/ingest/decode.ts';
import type { FeedOutcome, Outcome, RejectOutcome } from '../../pipelines/ingest/outcome.ts';
import { ALWAYS_MS, canonicaliseParty } from '../../pipelines/ingest/party-record.ts';
import { Pseudonymiser } from '../../pipelines/ingest/pseudonym.ts';
import { sealOriginal, type VaultEntry } from '../../pipelines/ingest/vault.ts';
import { ZoneOffsets } from '../../pipelines/ingest/zone-offset.ts';
import { LOG_LIMITS } from '../../pipelines/log/port.ts';
import type { ErrorCode, ErrorParams } from '../../schemas/errors/index.ts';
import { contentId } from '../../schemas/ids.ts';
import type { Mapping } from '../../schemas/mapping.ts';
import type { PartyRecord } from '../../schemas/party.ts';
import type { TransactionInput } from '../../schemas/transaction.ts';
import { openSources } from '../feeds/sources.ts';
import type { Knowledge } from './knowledge.ts';
import { encodeReference, type FeedRecord, PARTIES_PER_RECORD } from './reference-record.ts';
import type { HashedRow } from './state.ts';
import type { Workspace } from './workspace.ts';
import type { WriteCounts } from './writer.ts';

/** Rejects that a report lists one by one; totals by code have no limit. */
export const REJECTS_LISTED = 1_000;
/** Rejects held before they are written. */
const REJECT_BATCH = 2_000;

export interface ListedReject {
  readonly file: string;
  readonly line: number;
  readonly byteOffset: number;
  readonly field: string;
  readonly code: ErrorCode;
  readonly params: ErrorParams;
  readonly masked: string;
}

export interface FeedReport {
  read: number;
  accepted: number;
  rejected: number;
  duplicates: number;
  /** Accepted rows behind the re-evaluation horizon: stored and counted, not evaluated. */
  late: number;
  readonly rejectsByCode: Map<ErrorCode, number>;
  readonly rejects: ListedReject[];
  /** Files that ended before their end, with the reason; what stood before it was read. */
  readonly faults: {
    readonly file: string;
    readonly code: ErrorCode;
    readonly params: ErrorParams;
    readonly line: number;
  }[];
  readonly feeds: FeedRecord[];
  /** A file whose mapping derives ids must be resent whole. */
  idsDerived: boolean;
}

export function emptyReport(): FeedReport {
  return {
    read: 0,
    accepted: 0,
    rejected: 0,
    duplicates: 0,
    late: 0,
    rejectsByCode: new Map(),
    rejects: [],
    faults: [],
    feeds: [],
    idsDerived: false,
  };
}

export interface FeedRun {
  readonly workspace: Workspace;
  readonly knowledge: Knowledge;
  readonly mapping: Mapping;
  readonly institution?: string;
  readonly counts: WriteCounts;
  readonly report: FeedReport;
  /** Rows read of all files so far. */
  readonly onProgress?: (rows: number, bytes: number) => void;
}

/** A file with the hash of its content, read once before its rows are. */
interface Submission {
  readonly id: string;
  readonly file: string;
  readonly sha256: string;
}

async function submissionOf(file: string, mapping: Mapping): Promise<Submission> {
  const hash = createHash('sha256');
  for (const source of await openSources([file])) for await (const chunk of source.chunks) hash.update(chunk);
  const sha256 = hash.digest('hex');
  return { id: contentId('sub', [sha256, mapping.id, String(mapping.version)]), file, sha256 };
}

export class FeedReader {
  readonly #run: FeedRun;
  readonly #ingest: IngestContext;
  #rows: HashedRow[] = [];
  /** Rows of the open block, by identity: the effective set does not know them yet. */
  readonly #waiting = new Map<string, string>();
  /** Identities met for the first time: stored before the rows that speak of them. */
  #vault: VaultEntry[] = [];
  #rejects: object[] = [];
  #bytesBefore = 0;

  constructor(run: FeedRun) {
    this.#run = run;
    this.#ingest = {
      pseudonyms: new Pseudonymiser(run.workspace.keys),
      directory: run.workspace.state.directory,
      reference: run.knowledge.reference,
      zones: new ZoneOffsets(),
    };
  }

  /** Reads one party file into the directory. */
  async parties(file: string, mapping: Mapping): Promise<void> {
    const submission = await submissionOf(file, mapping);
    let batch: PartyRecord[] = [];
    const flush = async () => {
      if (batch.length === 0) return;
      await this.#storeVault();
      if (!this.#run.workspace.state.knows({ parties: batch })) {
        await this.#run.workspace.appendReference(encodeReference({ parties: batch }));
      }
      batch = [];
    };
    for (const source of await openSources([file])) {
      const { institution } = this.#run;
      for await (const outcomes of decodeParties({
        source,
        mapping,
        ...(institution === undefined ? {} : { institution }),
      })) {
        for (const outcome of outcomes) {
          if (outcome.kind === 'reject') this.#reject(submission, outcome);
          else if (outcome.kind === 'fault') this.#fault(file, outcome);
          else if (outcome.kind === 'row') {
            const result = canonicaliseParty(outcome.input, this.#ingest.pseudonyms);
            if (result.ok) {
              this.#vault.push(...result.vaultEntries);
              batch.push(result.record);
            } else
              for (const fault of result.rejects)
                this.#reject(submission, {
                  ...outcome,
                  kind: 'reject',
                  ...fault,
                  original: new Uint8Array(0),
                });
            if (batch.length >= PARTIES_PER_RECORD) await flush();
          }
        }
      }
    }
    await flush();
    await this.#storeRejects();
  }

  /** Reads one file of transactions. */
  async transactions(file: string): Promise<void> {
    const { workspace, mapping, report, institution } = this.#run;
    const submission = await submissionOf(file, mapping);
    const before = { ...report };
    let feed: FeedOutcome | undefined;
    for (const source of await openSources([file])) {
      for await (const outcomes of decodeFeed({
        source,
        mapping,
        ...(institution === undefined ? {} : { institution }),
      })) {
        for (const outcome of outcomes) {
          if (outcome.kind === 'feed') {
            feed = outcome;
            await this.#feed(outcome);
          } else await this.#outcome(outcome, submission, feed);
        }
        this.#run.onProgress?.(report.read, this.#bytesBefore + source.bytesRead());
      }
      this.#bytesBefore += source.bytesRead();
    }
    await this.#flushRows();
    await this.#storeRejects();
    await workspace.writeGroup(this.#run.counts);
    await this.#storeSubmission(submission, before, feed);
  }

  async #outcome(
    outcome: Exclude<Outcome<TransactionInput>, FeedOutcome>,
    submission: Submission,
    feed: FeedOutcome | undefined,
  ): Promise<void> {
    const { report, workspace } = this.#run;
    if (outcome.kind === 'fault') {
      this.#fault(submission.file, outcome);
      return;
    }
    report.read++;
    if (outcome.kind === 'reject') {
      this.#reject(submission, outcome);
      report.rejected++;
      return;
    }
    const { input, line } = outcome;
    await this.#declare(input.institution);
    const coverage = feed?.coverageByInstitution[input.institution] ?? feed?.coverage ?? undefined;
    const origin = { submissionId: submission.id, line, provided: feed?.providedId ?? '', coverage };
    const canonical = canonicalise(input, origin, this.#ingest);
    if (!canonical.ok) {
      const original = Buffer.from(JSON.stringify(input), 'utf8');
      for (const fault of canonical.rejects)
        this.#reject(submission, { ...outcome, ...fault, kind: 'reject', original });
      report.rejected++;
      return;
    }
    this.#vault.push(...canonical.vaultEntries);
    const row = workspace.state.hashed(canonical.tx);
    const { tx, hash } = row;
    const known = workspace.state.engine.detector.set.seen(tx.institution, tx.id, tx.version, hash);
    const waiting = this.#waiting.get(`${tx.institution}\u0000${tx.id}\u0000${tx.version}`);
    if (known === 'duplicate' || waiting === hash) {
      report.duplicates++;
    } else if (known === 'conflict' || waiting !== undefined) {
      const params = { institution: tx.institution, id: tx.id, version: tx.version };
      this.#reject(submission, {
        ...outcome,
        kind: 'reject',
        field: 'id',
        code: 'RAS-ENGINE-CONFLICT',
        params,
        masked: '',
        original: new Uint8Array(0),
      });
      report.rejected++;
    } else {
      report.accepted++;
      this.#rows.push(row);
      this.#waiting.set(`${tx.institution}\u0000${tx.id}\u0000${tx.version}`, hash);
      if (this.#rows.length >= LOG_LIMITS.BLOCK_ROWS) await this.#flushRows();
    }
  }

  async #flushRows(): Promise<void> {
    if (this.#rows.length === 0) return;
    await this.#storeVault();
    const rows = this.#rows;
    this.#rows = [];
    this.#waiting.clear();
    this.#run.report.late += await this.#run.workspace.appendRows(rows, this.#run.counts);
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
    if (workspace.state.knows({ declarations })) return;
    await this.#flushRows();
    await workspace.appendReference(encodeReference({ declarations }));
  }

  #reject(submission: Submission, outcome: RejectOutcome): void {
    const { report, workspace } = this.#run;
    const { line, byteOffset, field, code, params, masked, original } = outcome;
    report.rejectsByCode.set(code, (report.rejectsByCode.get(code) ?? 0) + 1);
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

  async #storeVault(): Promise<void> {
    const rows = this.#vault.map((entry) => ({ ...entry, revision: 0 }));
    this.#vault = [];
    await this.#run.workspace.writer.rows('vault', rows);
  }

  async #storeRejects(): Promise<void> {
    const rows = this.#rejects;
    this.#rejects = [];
    for (let from = 0; from < rows.length; from += REJECT_BATCH) {
      await this.#run.workspace.writer.rows('rejects', rows.slice(from, from + REJECT_BATCH));
    }
  }

  /** The receipt of a submission is written once; sending the same bytes again changes nothing. */
  async #storeSubmission(
    submission: Submission,
    before: FeedReport,
    feed: FeedOutcome | undefined,
  ): Promise<void> {
    const { workspace, report, mapping } = this.#run;
    const known = await workspace.store.queryRows(
      'SELECT 1 FROM submissions_current WHERE submission_id = {id:String}',
      {
        id: submission.id,
      },
    );
    if (known.length > 0) return;
    await workspace.writer.rows('submissions', [
      {
        submission_id: submission.id,
        revision: 0,
        sha256: submission.sha256,
        file_name_hash: '',
        institution: this.#sender,
        mapping: mapping.id,
        mapping_version: String(mapping.version),
        received_at: new Date().toISOString().replace('T', ' ').replace('Z', ''),
        read: report.read - before.read,
        accepted: report.accepted - before.accepted,
        rejected: report.rejected - before.rejected,
        duplicates: report.duplicates - before.duplicates,
        doc: JSON.stringify({
          providedId: feed?.providedId ?? null,
          rejectsByCode: Object.fromEntries(report.rejectsByCode),
        }),
      },
    ]);
  }
}
