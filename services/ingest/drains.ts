/**
 * From topics into tables, for what the ingest role keeps on the log while the store may be down: identities into `vault`, rejected
 * lines into `rejects`, results into `submissions`. How far a partition has come is a marker beside the rows; what a crash or a
 * second process writes again is equal to what is there.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type RejectedRecord, rejectedRecord } from '../../pipelines/ingest/rejected-record.ts';
import { openRejected, rejectedRun } from '../../pipelines/ingest/submission/rejected-lines.ts';
import type { SubmissionTable } from '../../pipelines/ingest/submission/table.ts';
import { sealOriginal, type VaultEntry } from '../../pipelines/ingest/vault.ts';
import type { Bus, TopicRecord } from '../../pipelines/log/bus.ts';
import { type StateRecord, SUBMISSION_STATES } from '../../schemas/submission.ts';
import type { TopicName } from '../../schemas/topics.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { Store } from '../store/client.ts';
import { INGEST_LIMITS } from './limits.ts';
import type { SubmissionView } from './view.ts';

export interface DrainsOptions {
  readonly bus: Bus;
  readonly store: Pick<Store, 'insertRows' | 'queryRows'>;
  readonly rawKey: Uint8Array;
  readonly view: SubmissionView;
  /** Partitions of `submissions` that this process has: it drains partitions of the same number, so that not everybody does. */
  readonly owned: () => ReadonlySet<number>;
  readonly onProblem: (what: string, id: string, error: unknown) => void;
  readonly metrics?: Metrics;
  readonly lookMs?: number;
}

type RowsOf = (record: TopicRecord) => readonly object[];

interface Drained {
  readonly topic: TopicName;
  readonly into: string;
  readonly rowsOf: RowsOf;
}

export class Drains {
  readonly #options: DrainsOptions;
  readonly #drained: readonly Drained[];
  /** Next offset by topic and partition. */
  readonly #next = new Map<string, number>();
  readonly #stopped = new AbortController();
  #running: Promise<void> | undefined;

  constructor(options: DrainsOptions) {
    this.#options = options;
    const {
      rawKey,
      view: { table },
    } = options;
    this.#drained = [
      { topic: 'identities', into: 'vault', rowsOf: vaultRows },
      { topic: 'rejected', into: 'rejects', rowsOf: (record) => rejectRows(rawKey, record) },
      { topic: 'submissions', into: 'submissions', rowsOf: (record) => submissionRows(table, record) },
    ];
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Ends after the insert at hand. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#running;
  }

  /** Moves what is there; resolves to the number of rows. @throws RastroError of the store or the bus */
  async once(): Promise<number> {
    let rows = 0;
    for (const drained of this.#drained) {
      const ranges = await this.#options.bus.ranges(drained.topic);
      for (const [partition, { begin, end }] of ranges.entries()) {
        if (this.#stopped.signal.aborted) return rows;
        if (this.#options.owned().has(partition))
          rows += await this.#partition(drained, partition, begin, end);
      }
    }
    return rows;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      let waitMs: number = this.#options.lookMs ?? INGEST_LIMITS.DRAIN_LOOK_MS;
      try {
        await this.once();
      } catch (error) {
        this.#options.onProblem('drain', '', error);
        // What was kept of the position may be of another time: it is asked for anew.
        this.#next.clear();
        waitMs = INGEST_LIMITS.DRAIN_RETRY_MS;
      }
      await sleep(waitMs, undefined, { signal }).catch(() => undefined);
    }
  }

  async #partition({ topic, into, rowsOf }: Drained, partition: number, begin: number, end: number) {
    const { metrics } = this.#options;
    const key = `${topic}/${partition}`;
    let from = Math.max(this.#next.get(key) ?? (await this.#marked(topic, partition)), begin);
    if (from >= end) {
      this.#next.set(key, from);
      metrics?.set('rastro_lag_records', { topic, partition }, 0);
      return 0;
    }
    // What a record says of a submission is asked of the table, which must have read as far.
    if (topic === 'submissions') await this.#options.view.catchUpTo(partition, end);
    let total = 0;
    let batch: object[] = [];
    const flush = async (until: number) => {
      await this.#options.store.insertRows(into, batch);
      const marker = { log: topic, partition, offset_from: from, offset_to: until, rows: batch.length };
      await this.#options.store.insertRows('block_markers', [{ ...marker, checksum: '', revision: until }]);
      metrics?.count('rastro_rows_out_total', { table: into }, batch.length);
      metrics?.set('rastro_lag_records', { topic, partition }, end - 1 - until);
      total += batch.length;
      from = until + 1;
      this.#next.set(key, from);
      batch = [];
    };
    for await (const record of this.#options.bus.read(topic, partition, from, end)) {
      batch.push(...rowsOf(record));
      if (batch.length >= INGEST_LIMITS.DRAIN_ROWS) await flush(record.offset);
    }
    if (from < end) await flush(end - 1);
    return total;
  }

  async #marked(topic: TopicName, partition: number): Promise<number> {
    const [found] = await this.#options.store.queryRows<{ next: string }>(
      'SELECT max(offset_to) + 1 AS next FROM block_markers_current WHERE log = {topic:String} AND partition = {partition:UInt32} HAVING count() > 0',
      { topic, partition },
    );
    return Number(found?.next ?? 0);
  }
}

function vaultRows({ value }: TopicRecord): object[] {
  if (value === null) return [];
  const entries = JSON.parse(Buffer.from(value).toString('utf8')) as VaultEntry[];
  return entries.map(({ pseudonym, kind, ciphertext }) => ({ pseudonym, kind, ciphertext, revision: 0 }));
}

function rejectRows(rawKey: Uint8Array, record: TopicRecord): object[] {
  const unread = rejectedRecord(record);
  if (unread !== undefined) return 'at' in unread ? [] : [recordRow(unread, record.value)];
  const run = rejectedRun(record);
  if (run === undefined || run.dryRun) return [];
  return openRejected(rawKey, record).map(({ line, byteOffset, code, field, masked, original }) => ({
    submission_id: run.submissionId,
    line,
    code,
    field,
    revision: run.attempt,
    byte_offset: byteOffset,
    masked_value: masked,
    original_encrypted:
      original === ''
        ? ''
        : sealOriginal(rawKey, run.institution, Buffer.from(original, 'base64')).toString('base64'),
  }));
}

/** A record of the log: its topic and partition stand for the submission, its offset for the line. */
function recordRow({ place, code, sha256 }: RejectedRecord, sealed: Uint8Array | null): object {
  const { topic, partition, offset } = place;
  return {
    submission_id: `${topic}/${partition}`,
    line: offset,
    code,
    field: '',
    revision: 0,
    byte_offset: 0,
    masked_value: `sha256 ${sha256}`,
    original_encrypted: sealed === null ? '' : Buffer.from(sealed).toString('base64'),
  };
}

/** The result of a submission, once it has one: the newest that the table knows, which is what the last record will say. */
function submissionRows(table: SubmissionTable, { headers, key }: TopicRecord): object[] {
  if (headers['kind'] !== 'state' || key === null) return [];
  const submission = table.submission(key.split('/').at(-2) ?? '');
  const settled = submission?.settled;
  const result = settled?.result;
  if (submission === undefined || settled === null || settled === undefined) return [];
  if (result === null || result === undefined || submission.claim.dryRun) return [];
  const { claim } = submission;
  return [
    {
      submission_id: claim.submissionId,
      revision: revisionOf(settled),
      sha256: claim.sha256,
      file_name_hash: '',
      institution: claim.institution,
      mapping: claim.mapping,
      mapping_version: '',
      received_at: new Date(claim.receivedMs).toISOString().replace('T', ' ').replace('Z', ''),
      ...result.counts,
      doc: JSON.stringify({
        state: settled.state,
        attempt: settled.attempt,
        totals: result.totals,
        rejectsByCode: result.rejectsByCode,
        faults: result.faults,
      }),
    },
  ];
}

const revisionOf = ({ attempt, state }: StateRecord): number =>
  attempt * SUBMISSION_STATES.length + SUBMISSION_STATES.indexOf(state);

/** Up to which offset of `transactions`, by partition, rows are stored and evaluated: the markers say so. */
export async function evaluatedByPartition(
  store: Pick<Store, 'queryRows'>,
): Promise<ReadonlyMap<number, number>> {
  const rows = await store.queryRows<{ partition: number; until: string }>(
    "SELECT partition, max(offset_to) AS until FROM block_markers_current WHERE log = 'transactions' GROUP BY partition",
  );
  return new Map(rows.map(({ partition, until }) => [Number(partition), Number(until)]));
}
