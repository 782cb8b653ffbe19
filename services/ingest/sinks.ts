/** Where what comes of a submission goes: to the log, or nowhere where it is only checked. */
import type { ClosedBlock } from '../../pipelines/ingest/columns/open-block.ts';
import type { FeedOutcome } from '../../pipelines/ingest/outcome.ts';
import type { SubmissionSink } from '../../pipelines/ingest/submission/reader.ts';
import type { RejectedWriter } from '../../pipelines/ingest/submission/rejected-lines.ts';
import type { VaultEntry } from '../../pipelines/ingest/vault.ts';
import type { Bus, NewRecord } from '../../pipelines/log/bus.ts';
import type { PartyRecord } from '../../schemas/party.ts';
import type { RejectedLine, StateRecord } from '../../schemas/submission.ts';
import type { IdentityOutbox } from './identities.ts';
import type { RowPublisher, Share } from './publisher.ts';
import type { ReferenceBook } from './reference-book.ts';

export interface SinkParts {
  readonly bus: Bus;
  readonly publisher: Pick<RowPublisher, 'share'>;
  readonly book: ReferenceBook;
  readonly identities: IdentityOutbox;
  readonly institution: string;
  /** Null where rejected lines are not written by this reading. */
  readonly rejected: { readonly writer: RejectedWriter; readonly run: string } | null;
  /** False once somebody else may be at work on the submission: nothing more may be sent. */
  readonly mayWrite: () => void;
}

/** Rejected lines onto their topic, and where they lie. */
class RejectedLines {
  readonly #parts: SinkParts;
  #place: { partition: number; from: number; to: number } | null = null;

  constructor(parts: SinkParts) {
    this.#parts = parts;
  }

  add(line: RejectedLine): Promise<void> | undefined {
    const record = this.#parts.rejected?.writer.add(line);
    return record === undefined ? undefined : this.#append(record);
  }

  async close(): Promise<StateRecord['rejected']> {
    const { rejected } = this.#parts;
    const record = rejected?.writer.flush();
    if (record !== undefined) await this.#append(record);
    return rejected === null || this.#place === null ? null : { ...this.#place, run: rejected.run };
  }

  async #append(record: NewRecord): Promise<void> {
    this.#parts.mayWrite();
    const [offset] = await this.#parts.bus.append('rejected', [record]);
    const to = offset as number;
    this.#place = { partition: record.partition, from: this.#place?.from ?? to, to };
  }
}

export interface ClosableSink extends SubmissionSink {
  /** Everything handed over is durable. */
  close(): Promise<Pick<StateRecord, 'rejected' | 'appended' | 'newestMs'>>;
  /** In place of `close`, where the reading was broken off. Resolves when nothing of it is under way. */
  abandon(): Promise<void>;
}

/** Rows are taken in. */
export class PublishingSink implements ClosableSink {
  readonly #parts: SinkParts;
  readonly #lines: RejectedLines;
  readonly #share: Share;
  #newestMs = Number.NEGATIVE_INFINITY;

  constructor(parts: SinkParts) {
    this.#parts = parts;
    this.#lines = new RejectedLines(parts);
    this.#share = parts.publisher.share();
  }

  async feed({ providedId, mapping, provided, coverage, coverageByInstitution }: FeedOutcome): Promise<void> {
    this.#parts.mayWrite();
    await this.#parts.book.institution(this.#parts.institution);
    await this.#parts.book.feed({
      providedId,
      mapping,
      provided: [...provided],
      coverage,
      coverageByInstitution: { ...coverageByInstitution },
    });
  }

  identities(entries: readonly VaultEntry[]): void {
    this.#parts.identities.add(entries);
  }

  rows(block: ClosedBlock): Promise<void> {
    this.#parts.mayWrite();
    this.#newestMs = Math.max(this.#newestMs, block.newestMs);
    return this.#share.rows(block);
  }

  async parties(records: readonly PartyRecord[]): Promise<void> {
    await this.#parts.identities.flush();
    this.#parts.mayWrite();
    await this.#parts.book.parties(records);
  }

  rejected(line: RejectedLine): Promise<void> | undefined {
    return this.#lines.add(line);
  }

  async close() {
    const rejected = await this.#lines.close();
    const appended = await this.#share.settled();
    const newest = Number.isFinite(this.#newestMs) ? { newestMs: this.#newestMs } : {};
    return { rejected, appended, ...newest };
  }

  abandon(): Promise<void> {
    return this.#share.abandon();
  }
}

/** Nothing is taken in; rejected lines are told, where somebody waits for them. */
export class CheckingSink implements ClosableSink {
  readonly #lines: RejectedLines;

  constructor(parts: SinkParts) {
    this.#lines = new RejectedLines(parts);
  }

  async feed(): Promise<void> {}
  identities(): void {}
  async rows(): Promise<void> {}
  async parties(): Promise<void> {}

  rejected(line: RejectedLine): Promise<void> | undefined {
    return this.#lines.add(line);
  }

  async close() {
    return { rejected: await this.#lines.close(), appended: {} };
  }

  async abandon(): Promise<void> {}
}
