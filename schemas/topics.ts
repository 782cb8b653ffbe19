/**
 * The topics of the distributed form: what each carries, by what its records are keyed, how long it keeps them.
 *
 * `transactions` and `signals` have the same number of partitions, and partition p of both belongs to the same worker: slots
 * (`pipelines/partition`) are dealt to partitions by that number, so that it is fixed once records are there.
 */

export const TOPIC_NAMES = [
  'feeds',
  'submissions',
  'transactions',
  'rejected',
  'signals',
  'alerts',
  'rules',
  'control',
  'identities',
] as const;
export type TopicName = (typeof TOPIC_NAMES)[number];

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const FOR_EVER = -1;

/** Longer than the time between checkpoints, and than a worker that counts as dead may still write (`pipelines/engine`). */
export const SIGNALS_COMPACTION_LAG_MS = DAY_MS;

/** Largest record of any topic, its headers and framing included. */
export const TOPIC_RECORD_BYTES = 1024 * 1024;
/** Largest value that is put into one record; what is larger travels in parts. */
export const TOPIC_VALUE_BYTES = 512 * 1024;

export interface TopicSpec {
  readonly name: TopicName;
  /** What a record is, for whoever reads the topic. */
  readonly holds: string;
  /** By what records are keyed, which also says which of them stay in order. */
  readonly key: string;
  /** `subjects`: as many as `kafka.partitions` says; otherwise a number. */
  readonly partitions: number | 'subjects';
  /** `compact`: the last record of a key stays, the others go. */
  readonly cleanup: 'delete' | 'compact';
  /** Time after which a record may go; -1 never. Of a compacted topic: how long a deletion can be seen. */
  readonly retentionMs: number;
  /** Of a compacted topic: for so long a record stays although a newer one of its key is there. Default: not at all. */
  readonly compactionLagMs?: number;
  /** Who may read it may read rows: encrypted ones, or pseudonyms only. */
  readonly content: 'encrypted' | 'pseudonyms' | 'no persons';
}

export const TOPICS: Readonly<Record<TopicName, TopicSpec>> = {
  feeds: {
    name: 'feeds',
    holds: 'submissions as handed in, encrypted, in chunks',
    key: 'institution and submission',
    partitions: 8,
    cleanup: 'delete',
    retentionMs: 7 * DAY_MS,
    content: 'encrypted',
  },
  submissions: {
    name: 'submissions',
    holds: 'claims of idempotency keys, receipts and states of submissions',
    key: 'institution and submission, or idempotency key',
    partitions: 8,
    cleanup: 'compact',
    retentionMs: 30 * DAY_MS,
    content: 'no persons',
  },
  transactions: {
    name: 'transactions',
    holds:
      'blocks of rows for the subjects of a partition, and the records of reference data, rules and watermarks between them',
    key: 'none: the partition is that of the subjects',
    partitions: 'subjects',
    cleanup: 'delete',
    retentionMs: 14 * DAY_MS,
    content: 'pseudonyms',
  },
  rejected: {
    name: 'rejected',
    holds: 'rejected rows, encrypted, with their reasons; records that could not be read',
    key: 'institution and submission; of a record its topic, partition and offset',
    partitions: 8,
    cleanup: 'delete',
    retentionMs: 30 * DAY_MS,
    content: 'encrypted',
  },
  signals: {
    name: 'signals',
    holds: 'what stands on a subject, for the holder behind it and for whom it is attributed to',
    key: 'subject that it is for, and where it comes from',
    partitions: 'subjects',
    cleanup: 'compact',
    retentionMs: DAY_MS,
    compactionLagMs: SIGNALS_COMPACTION_LAG_MS,
    content: 'pseudonyms',
  },
  alerts: {
    name: 'alerts',
    holds: 'alerts, the last version of each',
    key: 'alert',
    partitions: 'subjects',
    cleanup: 'compact',
    retentionMs: 30 * DAY_MS,
    content: 'pseudonyms',
  },
  rules: {
    name: 'rules',
    holds: 'rule sets and the event time from which each is in force',
    key: 'rule set',
    partitions: 1,
    cleanup: 'delete',
    retentionMs: FOR_EVER,
    content: 'no persons',
  },
  control: {
    name: 'control',
    holds: 'parties, declared institutions and what feeds provide, for who stamps rows',
    key: 'what the record is about',
    partitions: 1,
    cleanup: 'compact',
    retentionMs: 30 * DAY_MS,
    content: 'pseudonyms',
  },
  identities: {
    name: 'identities',
    holds: 'identities met for the first time, encrypted, on their way to the vault table',
    key: 'none',
    partitions: 8,
    cleanup: 'delete',
    retentionMs: 30 * DAY_MS,
    content: 'encrypted',
  },
};
