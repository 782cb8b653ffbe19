-- What the engine concludes. The identity is the ORDER BY key; the row with the highest revision stands.

-- statement: signals
CREATE TABLE IF NOT EXISTS signals (
  id String COMMENT 'hash of rule, major version, subject and opening event',
  revision UInt64 COMMENT 'ReplacingMergeTree version; equal revision implies equal content',
  version UInt64 COMMENT 'version of the signal: grows with its evidence',
  status LowCardinality(String) COMMENT 'standing or withdrawn',
  replaced_by String COMMENT 'id of the signal that took its place, empty if none',
  rule LowCardinality(String) COMMENT 'rule that is true',
  rule_version LowCardinality(String) COMMENT 'version of that rule',
  observed_on String COMMENT 'pseudonym of the subject whose history fired',
  subject_kind LowCardinality(String) COMMENT 'account, holder, conductor ...',
  holder_role LowCardinality(String) COMMENT 'role of the holder; potential_victim is protected',
  family LowCardinality(String) COMMENT 'evidence family',
  weight UInt8 COMMENT 'weight of the rule',
  strength_milli UInt32 COMMENT 'strength in thousandths: 500 at the threshold, 1000 at most',
  event_time DateTime64(3, 'UTC') COMMENT 'event that made this version true',
  opened_at DateTime64(3, 'UTC') COMMENT 'first event of the episode',
  rule_set String COMMENT 'rule set in force at event_time',
  coverage LowCardinality(String) COMMENT 'what the feed showed of the subject',
  precision_worst LowCardinality(String) COMMENT 'worst precision among the events',
  truncated UInt8 COMMENT '1 if the history was cut',
  evidence_count UInt64 COMMENT 'contributing transactions, those beyond the listed ones included',
  evidence_hash String COMMENT 'SHA-256 over all contributing transactions in order, hex',
  content_hash String COMMENT 'SHA-256 of doc, hex',
  doc String COMMENT 'the whole signal as JSON, pseudonyms only' CODEC(ZSTD(3))
) ENGINE = ReplacingMergeTree(revision)
ORDER BY id
COMMENT 'last version of every signal';

-- statement: signals_current
CREATE VIEW IF NOT EXISTS signals_current AS SELECT * FROM signals FINAL;

-- statement: signals_standing
CREATE VIEW IF NOT EXISTS signals_standing AS SELECT * FROM signals FINAL WHERE status = 'standing';

-- statement: evidence_current
-- Evidence lives in the signal, so that a newer revision with fewer transactions replaces all of it at once.
CREATE VIEW IF NOT EXISTS evidence_current AS
SELECT
  id AS signal_id,
  revision,
  version,
  status,
  toUInt32(seq) AS seq,
  item.1 AS institution,
  item.2 AS tx_id,
  item.3 AS tx_version
FROM (
  SELECT
    id,
    revision,
    version,
    status,
    JSONExtract(doc, 'evidence', 'transactions', 'Array(Tuple(institution String, id String, version UInt32))') AS items
  FROM signals FINAL
)
ARRAY JOIN items AS item, arrayEnumerate(items) AS seq;

-- statement: alerts
CREATE TABLE IF NOT EXISTS alerts (
  id String COMMENT 'hash of typology, major version, subject and first event',
  revision UInt64 COMMENT 'ReplacingMergeTree version; equal revision implies equal content',
  version UInt32 COMMENT 'version of the alert, from 1',
  status LowCardinality(String) COMMENT 'standing or withdrawn',
  typology LowCardinality(String) COMMENT 'composite that made it',
  form LowCardinality(String) COMMENT 'form of exploitation that the typology speaks of',
  subject String COMMENT 'party key or pseudonym that the alert is about',
  level LowCardinality(String) COMMENT 'medium or high',
  score_milli Int64 COMMENT 'score in milli-points',
  life_safety UInt8 COMMENT '1 if a life may be at risk: read first',
  first_event DateTime64(3, 'UTC') COMMENT 'first event of the evidence',
  last_event DateTime64(3, 'UTC') COMMENT 'last event of the evidence',
  content_hash String COMMENT 'SHA-256 of doc, hex',
  doc String COMMENT 'the whole alert as JSON, pseudonyms only' CODEC(ZSTD(3))
) ENGINE = ReplacingMergeTree(revision)
ORDER BY id
COMMENT 'last version of every alert';

-- statement: alerts_current
CREATE VIEW IF NOT EXISTS alerts_current AS SELECT * FROM alerts FINAL;

-- statement: alerts_standing
CREATE VIEW IF NOT EXISTS alerts_standing AS SELECT * FROM alerts FINAL WHERE status = 'standing';

-- statement: alert_versions
CREATE TABLE IF NOT EXISTS alert_versions (
  id String COMMENT 'hash of typology, major version, subject and first event',
  revision UInt64 COMMENT 'ReplacingMergeTree version; equal revision implies equal content',
  version UInt32 COMMENT 'version of the alert, from 1',
  status LowCardinality(String) COMMENT 'standing or withdrawn',
  typology LowCardinality(String) COMMENT 'composite that made it',
  form LowCardinality(String) COMMENT 'form of exploitation that the typology speaks of',
  subject String COMMENT 'party key or pseudonym that the alert is about',
  level LowCardinality(String) COMMENT 'medium or high',
  score_milli Int64 COMMENT 'score in milli-points',
  life_safety UInt8 COMMENT '1 if a life may be at risk: read first',
  first_event DateTime64(3, 'UTC') COMMENT 'first event of the evidence',
  last_event DateTime64(3, 'UTC') COMMENT 'last event of the evidence',
  content_hash String COMMENT 'SHA-256 of doc, hex',
  doc String COMMENT 'the whole alert as JSON, pseudonyms only' CODEC(ZSTD(3))
) ENGINE = ReplacingMergeTree(revision)
ORDER BY (id, version)
COMMENT 'every version of every alert';

-- statement: alert_versions_current
CREATE VIEW IF NOT EXISTS alert_versions_current AS SELECT * FROM alert_versions FINAL;
