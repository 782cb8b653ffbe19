-- Transactions as accepted, what was handed in, and what was rejected.

-- statement: transactions
CREATE TABLE IF NOT EXISTS transactions (
  institution LowCardinality(String) COMMENT 'reporting institution; first part of the identity',
  id String COMMENT 'identifier that the institution gave, or that was derived from the row',
  version UInt32 COMMENT 'version of the row: an amendment has a higher one',
  revision UInt64 COMMENT 'ReplacingMergeTree version; equal revision implies equal content',
  withdrawn UInt8 COMMENT '1 if this version takes the transaction out of the effective set',
  event_time DateTime64(3, 'UTC') COMMENT 'occurredAt, else postedAt',
  precision LowCardinality(String) COMMENT 'second, minute, hour, day or batch: what event_time is good for',
  kind LowCardinality(String) COMMENT 'what happened',
  rail LowCardinality(String) COMMENT 'payment rail',
  channel LowCardinality(String) COMMENT 'how the customer reached it',
  instrument LowCardinality(String) COMMENT 'what it was paid with',
  status LowCardinality(String) COMMENT 'completed, attempted, declined, pending, returned ...',
  amount_minor Int256 COMMENT 'settled amount in minor units of ccy, exact',
  ccy LowCardinality(String) COMMENT 'currency or token of amount_minor',
  ref_usd_minor Nullable(Int64) COMMENT 'amount in US cents at the stamped rate; null without a rate',
  ref_mxn_minor Nullable(Int64) COMMENT 'amount in centavos of MXN at the stamped rate; null without a rate',
  ref_cad_minor Nullable(Int64) COMMENT 'amount in Canadian cents at the stamped rate; null without a rate',
  rate_id String COMMENT 'rates that the reference amounts were stamped with',
  debtor_account String COMMENT 'pseudonym of the paying account, empty if none',
  creditor_account String COMMENT 'pseudonym of the receiving account, empty if none',
  debtor_holder String COMMENT 'party key of the payer as of the event, empty if unknown',
  creditor_holder String COMMENT 'party key of the receiver as of the event, empty if unknown',
  submission_id String COMMENT 'submission that carried the row',
  line UInt64 COMMENT 'line of the submission, from 1',
  block_offset UInt64 COMMENT 'offset of the block of the log that holds the row',
  content_hash String COMMENT 'SHA-256 of the canonical row, hex: other content under the same identity is a conflict',
  doc String COMMENT 'the whole canonical, stamped, pseudonymised transaction as JSON' CODEC(ZSTD(3))
) ENGINE = ReplacingMergeTree(revision)
ORDER BY (institution, id, version)
COMMENT 'every version of every accepted transaction';

-- statement: transactions_current
CREATE VIEW IF NOT EXISTS transactions_current AS SELECT * FROM transactions FINAL;

-- statement: transactions_effective
CREATE VIEW IF NOT EXISTS transactions_effective AS
SELECT * FROM (SELECT * FROM transactions FINAL ORDER BY version DESC LIMIT 1 BY institution, id) WHERE withdrawn = 0;

-- statement: submissions
CREATE TABLE IF NOT EXISTS submissions (
  submission_id String COMMENT 'identity of the submission',
  revision UInt64 COMMENT 'ReplacingMergeTree version; equal revision implies equal content',
  sha256 String COMMENT 'checksum of the bytes handed in, hex',
  file_name_hash String COMMENT 'keyed hash of the file name (names of files can name persons), empty if none',
  institution LowCardinality(String) COMMENT 'who handed it in',
  mapping LowCardinality(String) COMMENT 'mapping that read it',
  mapping_version String COMMENT 'checksum or version of that mapping',
  received_at DateTime64(3, 'UTC') COMMENT 'when it arrived; never an input of a rule',
  read UInt64 COMMENT 'rows read = accepted + rejected + duplicates',
  accepted UInt64 COMMENT 'rows accepted',
  rejected UInt64 COMMENT 'rows rejected',
  duplicates UInt64 COMMENT 'rows that were known already',
  doc String COMMENT 'the receipt as JSON: totals by code, coverage, what can be evaluated' CODEC(ZSTD(3))
) ENGINE = ReplacingMergeTree(revision)
ORDER BY submission_id
COMMENT 'one row per submission';

-- statement: submissions_current
CREATE VIEW IF NOT EXISTS submissions_current AS SELECT * FROM submissions FINAL;

-- statement: rejects
CREATE TABLE IF NOT EXISTS rejects (
  submission_id String COMMENT 'submission that carried the row',
  line UInt64 COMMENT 'line of the submission, from 1',
  code LowCardinality(String) COMMENT 'error code, RAS-FEED-...',
  field LowCardinality(String) COMMENT 'canonical field, empty if the whole row is meant',
  revision UInt64 COMMENT 'ReplacingMergeTree version; equal revision implies equal content',
  byte_offset UInt64 COMMENT 'offset of the row in the decompressed submission',
  masked_value String COMMENT 'the offending value, masked',
  original_encrypted String COMMENT 'the original row, AES-256-GCM under the key of the institution, base64; short-lived'
) ENGINE = ReplacingMergeTree(revision)
ORDER BY (submission_id, line, code, field)
COMMENT 'why rows were rejected';

-- statement: rejects_current
CREATE VIEW IF NOT EXISTS rejects_current AS SELECT * FROM rejects FINAL;

-- statement: parties
CREATE TABLE IF NOT EXISTS parties (
  party_key String COMMENT 'pseudonym of the party or account that the record describes',
  valid_from DateTime64(3, 'UTC') COMMENT 'from when the record holds',
  revision UInt64 COMMENT 'ReplacingMergeTree version; equal revision implies equal content',
  doc String COMMENT 'the pseudonymised party or account reference as JSON' CODEC(ZSTD(3))
) ENGINE = ReplacingMergeTree(revision)
ORDER BY (party_key, valid_from)
COMMENT 'reference data about parties and accounts, valid from a moment';

-- statement: parties_current
CREATE VIEW IF NOT EXISTS parties_current AS SELECT * FROM parties FINAL;
