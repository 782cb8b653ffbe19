-- What the records of each partition of the log held, so that a partition's history can be made again when its topic has let it go:
-- which rows, in which order (the rows themselves are in transactions, once, and are deleted there), and what lies between them.

-- statement: log_records
CREATE TABLE IF NOT EXISTS log_records (
  log LowCardinality(String) COMMENT 'name of the log',
  partition UInt32 COMMENT 'partition of the log',
  block_offset UInt64 COMMENT 'offset of the record',
  revision UInt64 COMMENT 'ReplacingMergeTree version; equal revision implies equal content',
  kind LowCardinality(String) COMMENT 'transactions (stored from here), copies, reference, rules, watermark; empty: none that could be read',
  institutions Array(LowCardinality(String)) COMMENT 'of each row that was taken in: first part of its identity',
  ids Array(String) COMMENT 'of each row: id' CODEC(ZSTD(3)),
  versions Array(UInt32) COMMENT 'of each row: version',
  hashes Array(String) COMMENT 'of each row: first 16 digits of its content_hash' CODEC(ZSTD(3)),
  doc String COMMENT 'the record where it has no rows; parties are left out' CODEC(ZSTD(3))
) ENGINE = ReplacingMergeTree(revision)
ORDER BY (log, partition, block_offset)
COMMENT 'what a partition of the log held, record by record';

-- statement: log_records_current
CREATE VIEW IF NOT EXISTS log_records_current AS SELECT * FROM log_records FINAL;

-- statement: log_rows_current
-- Where a row lies in the log: in every partition that took it in.
CREATE VIEW IF NOT EXISTS log_rows_current AS
SELECT log, partition, block_offset, kind, place, institution, id, version, hash
FROM log_records FINAL
ARRAY JOIN
  arrayEnumerate(ids) AS place,
  institutions AS institution,
  ids AS id,
  versions AS version,
  hashes AS hash;
