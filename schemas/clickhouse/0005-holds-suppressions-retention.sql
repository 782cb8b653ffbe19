-- What people decide about stored rows: what must not go, whose alerts are withheld, what went. Events are only ever added; what
-- holds now is derived from them, and they are the audit trail. An event written twice has the same identity.

-- statement: hold_events
CREATE TABLE IF NOT EXISTS hold_events (
  hold_id String COMMENT 'identity of the hold',
  event_id String COMMENT 'identity of the event',
  revision UInt64 COMMENT 'ReplacingMergeTree version; equal revision implies equal content',
  at DateTime64(3, 'UTC') COMMENT 'when',
  actor String COMMENT 'who',
  action LowCardinality(String) COMMENT 'place or release',
  scope LowCardinality(String) COMMENT 'subject, alert, institution or submission',
  scope_key String COMMENT 'pseudonym or id of what is held',
  reason String COMMENT 'order or case that asks for it, in the words of the actor; names nobody'
) ENGINE = ReplacingMergeTree(revision)
ORDER BY (hold_id, event_id)
COMMENT 'legal holds: what retention leaves alone';

-- statement: holds_current
CREATE VIEW IF NOT EXISTS holds_current AS
SELECT
  hold_id,
  minIf(at, action = 'place') AS placed_at,
  argMinIf(actor, at, action = 'place') AS placed_by,
  argMinIf(scope, at, action = 'place') AS held_scope,
  argMinIf(scope_key, at, action = 'place') AS held_key,
  argMinIf(reason, at, action = 'place') AS why,
  countIf(action = 'release') > 0 AS released,
  argMinIf(actor, at, action = 'release') AS released_by,
  argMinIf(reason, at, action = 'release') AS released_why
FROM hold_events FINAL
GROUP BY hold_id;

-- statement: holds_standing
CREATE VIEW IF NOT EXISTS holds_standing AS SELECT * FROM holds_current WHERE released = 0;

-- statement: suppression_events
CREATE TABLE IF NOT EXISTS suppression_events (
  suppression_id String COMMENT 'identity of the suppression',
  event_id String COMMENT 'identity of the event',
  revision UInt64 COMMENT 'ReplacingMergeTree version; equal revision implies equal content',
  at DateTime64(3, 'UTC') COMMENT 'when',
  actor String COMMENT 'who',
  action LowCardinality(String) COMMENT 'propose, approve, reject or lift',
  subject String COMMENT 'party key of the survivor; set by propose',
  covers_until DateTime64(3, 'UTC') COMMENT 'alerts whose last event is later are not withheld; set by propose',
  expires_at DateTime64(3, 'UTC') COMMENT 'from when nothing is withheld any more; set by propose',
  reason String COMMENT 'why, in the words of the actor; names nobody'
) ENGINE = ReplacingMergeTree(revision)
ORDER BY (suppression_id, event_id)
COMMENT 'survivor-safe set: whose alerts about coerced activity of the past are withheld from the queue';

-- statement: suppressions_current
-- Two people: an approval by whoever proposed does not count.
CREATE VIEW IF NOT EXISTS suppressions_current AS
SELECT
  suppression_id,
  any(e.subject) AS subject,
  any(e.proposer) AS proposed_by,
  any(e.proposed) AS proposed_at,
  any(e.covers) AS covers_until,
  any(e.expires) AS expires_at,
  any(e.why) AS reason,
  argMinIf(e.actor, e.at, e.action = 'approve' AND e.actor != e.proposer) AS approved_by,
  argMinIf(e.reason, e.at, e.action = 'approve' AND e.actor != e.proposer) AS approved_why,
  argMinIf(e.actor, e.at, e.action IN ('reject', 'lift')) AS ended_by,
  argMinIf(e.reason, e.at, e.action IN ('reject', 'lift')) AS ended_why,
  multiIf(
    countIf(e.action = 'lift') > 0, 'lifted',
    countIf(e.action = 'reject') > 0, 'rejected',
    countIf(e.action = 'approve' AND e.actor != e.proposer) = 0, 'proposed',
    any(e.expires) <= now64(3), 'expired',
    'active'
  ) AS state
FROM (
  SELECT
    suppression_id,
    at,
    actor,
    action,
    reason,
    argMinIf(subject, at, action = 'propose') OVER one AS subject,
    argMinIf(actor, at, action = 'propose') OVER one AS proposer,
    minIf(at, action = 'propose') OVER one AS proposed,
    argMinIf(covers_until, at, action = 'propose') OVER one AS covers,
    argMinIf(expires_at, at, action = 'propose') OVER one AS expires,
    argMinIf(reason, at, action = 'propose') OVER one AS why
  FROM suppression_events FINAL
  WINDOW one AS (PARTITION BY suppression_id)
) AS e
GROUP BY suppression_id;

-- statement: alerts_withheld
-- Never one in which a life may be at risk. What is withheld stays in the table of alerts: a lift or the expiry brings it back.
CREATE VIEW IF NOT EXISTS alerts_withheld AS
SELECT * FROM alerts_standing
WHERE life_safety = 0
  AND id GLOBAL IN (
    SELECT a.id
    FROM alerts_standing AS a
    GLOBAL INNER JOIN (SELECT subject, max(covers_until) AS until FROM suppressions_current WHERE state = 'active' GROUP BY subject) AS s
      ON a.subject = s.subject
    WHERE a.last_event <= s.until
  );

-- statement: alerts_queue
CREATE VIEW IF NOT EXISTS alerts_queue AS
SELECT * FROM alerts_standing WHERE id GLOBAL NOT IN (SELECT id FROM alerts_withheld);

-- statement: alert_outcomes
CREATE TABLE IF NOT EXISTS alert_outcomes (
  alert_id String COMMENT 'alert that was closed',
  revision UInt64 COMMENT 'ReplacingMergeTree version; equal revision implies equal content',
  outcome LowCardinality(String) COMMENT 'unfounded, founded, duplicate; empty: opened again',
  closed_at DateTime64(3, 'UTC') COMMENT 'when',
  closed_by String COMMENT 'who decided, and who agreed'
) ENGINE = ReplacingMergeTree(revision)
ORDER BY alert_id
COMMENT 'how alerts were closed; retention reads it';

-- statement: alert_outcomes_current
CREATE VIEW IF NOT EXISTS alert_outcomes_current AS SELECT * FROM alert_outcomes FINAL;

-- statement: retention_runs
CREATE TABLE IF NOT EXISTS retention_runs (
  run_id String COMMENT 'one run has a row a step',
  step LowCardinality(String) COMMENT 'what was deleted',
  revision UInt64 COMMENT 'ReplacingMergeTree version; equal revision implies equal content',
  at DateTime64(3, 'UTC') COMMENT 'moment that ages were counted from',
  actor String COMMENT 'who ran it',
  deleted UInt64 COMMENT 'identities deleted',
  held UInt64 COMMENT 'identities whose time was up and that a hold kept',
  policy String COMMENT 'days by table and country that it applied, as JSON'
) ENGINE = ReplacingMergeTree(revision)
ORDER BY (run_id, step)
COMMENT 'what retention deleted, and under which policy';

-- statement: retention_runs_current
CREATE VIEW IF NOT EXISTS retention_runs_current AS SELECT * FROM retention_runs FINAL;

-- statement: retention_keys
CREATE TABLE IF NOT EXISTS retention_keys (
  run_id String COMMENT 'run that deletes them',
  step LowCardinality(String) COMMENT 'what is deleted',
  key_1 String COMMENT 'first column of the identity',
  key_2 String COMMENT 'second column of the identity, empty if there is none',
  revision UInt64 COMMENT 'ReplacingMergeTree version; equal revision implies equal content'
) ENGINE = ReplacingMergeTree(revision)
ORDER BY (run_id, step, key_1, key_2)
COMMENT 'identities that a running retention deletes; emptied at its end';
