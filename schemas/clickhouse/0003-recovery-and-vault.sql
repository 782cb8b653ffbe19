-- What recovery reads, and the one place where identities are.

-- statement: block_markers
CREATE TABLE IF NOT EXISTS block_markers (
  log LowCardinality(String) COMMENT 'name of the log',
  partition UInt32 COMMENT 'partition of the log',
  offset_from UInt64 COMMENT 'first offset of the block',
  offset_to UInt64 COMMENT 'last offset of the block',
  rows UInt32 COMMENT 'rows of the block',
  checksum String COMMENT 'checksum of the block, hex',
  revision UInt64 COMMENT 'ReplacingMergeTree version; equal revision implies equal content'
) ENGINE = ReplacingMergeTree(revision)
ORDER BY (log, partition, offset_from)
COMMENT 'written last: a block with a marker is stored in full';

-- statement: block_markers_current
CREATE VIEW IF NOT EXISTS block_markers_current AS SELECT * FROM block_markers FINAL;

-- statement: engine_state
CREATE TABLE IF NOT EXISTS engine_state (
  key String COMMENT 'what the state is of',
  revision UInt64 COMMENT 'ReplacingMergeTree version; equal revision implies equal content',
  doc String COMMENT 'the state as JSON' CODEC(ZSTD(3))
) ENGINE = ReplacingMergeTree(revision)
ORDER BY key
COMMENT 'open episodes and other state that a rebuild needs';

-- statement: engine_state_current
CREATE VIEW IF NOT EXISTS engine_state_current AS SELECT * FROM engine_state FINAL;

-- statement: vault
CREATE TABLE IF NOT EXISTS vault (
  pseudonym String COMMENT 'keyed pseudonym (HMAC-SHA-256), as everywhere else',
  kind LowCardinality(String) COMMENT 'what it stands for: account, document, name, contact ...',
  ciphertext String COMMENT 'the identity, AES-256-GCM, base64',
  revision UInt64 COMMENT 'ReplacingMergeTree version; equal revision implies equal content'
) ENGINE = ReplacingMergeTree(revision)
ORDER BY pseudonym
COMMENT 'identities, encrypted; closed without the key of the data folder';

-- statement: vault_current
CREATE VIEW IF NOT EXISTS vault_current AS SELECT * FROM vault FINAL;

-- statement: vault_access_log
CREATE TABLE IF NOT EXISTS vault_access_log (
  at DateTime64(3, 'UTC') COMMENT 'when',
  actor String COMMENT 'who asked',
  pseudonym String COMMENT 'which pseudonym was un-masked',
  reason String COMMENT 'why, in the words of the actor',
  granted UInt8 COMMENT '1 if the identity was shown',
  case_id String COMMENT 'case that the request belongs to, empty if none'
) ENGINE = MergeTree
ORDER BY (at, actor, pseudonym)
COMMENT 'every un-masking, append-only';
