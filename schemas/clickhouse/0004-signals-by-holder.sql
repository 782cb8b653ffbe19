-- A signal may move from one holder to another, and in the distributed form each holder's signals are written by the worker that
-- owns that holder. So the identity of a stored signal is (id, observed holder), and each pair has one writer. One engine alone
-- owns everything and leaves the holder empty: then the identity is the id, as before.

-- statement: signals, identity of two columns
ALTER TABLE signals
  ADD COLUMN IF NOT EXISTS observed_holder String COMMENT 'party key behind observed_on whose worker wrote the row; empty where one engine writes all' AFTER observed_on,
  MODIFY ORDER BY (id, observed_holder);

-- statement: signals_current
-- Of one id the standing row, else the newest. Grouping by the id lets a question about one id read that id alone.
CREATE OR REPLACE VIEW signals_current AS
SELECT
  s.id AS id,
  argMax(s.revision, (s.status = 'standing', s.revision, s.observed_holder)) AS revision,
  argMax(s.version, (s.status = 'standing', s.revision, s.observed_holder)) AS version,
  argMax(s.status, (s.status = 'standing', s.revision, s.observed_holder)) AS status,
  argMax(s.replaced_by, (s.status = 'standing', s.revision, s.observed_holder)) AS replaced_by,
  argMax(s.rule, (s.status = 'standing', s.revision, s.observed_holder)) AS rule,
  argMax(s.rule_version, (s.status = 'standing', s.revision, s.observed_holder)) AS rule_version,
  argMax(s.observed_on, (s.status = 'standing', s.revision, s.observed_holder)) AS observed_on,
  argMax(s.observed_holder, (s.status = 'standing', s.revision, s.observed_holder)) AS observed_holder,
  argMax(s.subject_kind, (s.status = 'standing', s.revision, s.observed_holder)) AS subject_kind,
  argMax(s.holder_role, (s.status = 'standing', s.revision, s.observed_holder)) AS holder_role,
  argMax(s.family, (s.status = 'standing', s.revision, s.observed_holder)) AS family,
  argMax(s.weight, (s.status = 'standing', s.revision, s.observed_holder)) AS weight,
  argMax(s.strength_milli, (s.status = 'standing', s.revision, s.observed_holder)) AS strength_milli,
  argMax(s.event_time, (s.status = 'standing', s.revision, s.observed_holder)) AS event_time,
  argMax(s.opened_at, (s.status = 'standing', s.revision, s.observed_holder)) AS opened_at,
  argMax(s.rule_set, (s.status = 'standing', s.revision, s.observed_holder)) AS rule_set,
  argMax(s.coverage, (s.status = 'standing', s.revision, s.observed_holder)) AS coverage,
  argMax(s.precision_worst, (s.status = 'standing', s.revision, s.observed_holder)) AS precision_worst,
  argMax(s.truncated, (s.status = 'standing', s.revision, s.observed_holder)) AS truncated,
  argMax(s.evidence_count, (s.status = 'standing', s.revision, s.observed_holder)) AS evidence_count,
  argMax(s.evidence_hash, (s.status = 'standing', s.revision, s.observed_holder)) AS evidence_hash,
  argMax(s.content_hash, (s.status = 'standing', s.revision, s.observed_holder)) AS content_hash,
  argMax(s.doc, (s.status = 'standing', s.revision, s.observed_holder)) AS doc
FROM signals AS s FINAL
GROUP BY s.id
SETTINGS optimize_aggregation_in_order = 1;

-- statement: signals_standing
CREATE OR REPLACE VIEW signals_standing AS SELECT * FROM signals_current WHERE status = 'standing';

-- statement: evidence_current
CREATE OR REPLACE VIEW evidence_current AS
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
  FROM signals_current
)
ARRAY JOIN items AS item, arrayEnumerate(items) AS seq;
