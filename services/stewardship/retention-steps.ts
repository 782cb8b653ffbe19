/**
 * What retention deletes, step by step: of each the identities whose time is up and whether a hold keeps them. A step looks at all
 * versions of an identity together and deletes all of its rows, because an older one left behind would stand again.
 *
 * Alerts go before signals, signals before transactions: what an alert that stays rests on stays with it.
 */
import type { RetentionConfig } from '../../schemas/config.ts';
import { daysOf, daysOfCountry, daysOfInstitution, daysOfLongest } from './policy.ts';

export interface RetentionStep {
  readonly name: string;
  /** Selects `key_1`, `key_2` and `held` (0 or 1). */
  readonly due: string;
  /** What goes of which tables, in their order. */
  readonly tables: readonly RetentionTable[];
}

export interface RetentionTable {
  readonly table: string;
  /** Compared with `key_1` and `key_2`. */
  readonly columns: readonly string[];
  /**
   * Given where `columns` are lists: then a row stays, and of its lists the elements at the places of these identities go. Names the
   * lists that have an element a place besides.
   */
  readonly besides?: readonly string[];
}

const HELD = (scope: string) => `(SELECT held_key FROM holds_standing WHERE held_scope = '${scope}')`;
const heldBy = (scope: string, ...columns: readonly string[]) =>
  columns.map((column) => `${column} GLOBAL IN ${HELD(scope)}`).join(' OR ');
/** One of the texts of an array is held. */
const anyHeld = (scope: string, list: string) =>
  `hasAny(${list}, (SELECT groupUniqArray(held_key) FROM holds_standing WHERE held_scope = '${scope}'))`;

const PARTIES_OF_ALERT =
  "arrayConcat([subject], JSONExtract(doc, 'roles', 'Array(Tuple(subject String))').subject)";
const ALERT_HELD = `${heldBy('alert', 'id')} OR ${anyHeld('subject', PARTIES_OF_ALERT)}`;
const SIGNALS_OF_ALERT = "JSONExtract(doc, 'scoreParts', 'Array(Tuple(signalId String))').signalId";
const INSTITUTIONS_OF_SIGNAL =
  "JSONExtract(doc, 'evidence', 'transactions', 'Array(Tuple(institution String))').institution";
const SUBJECTS_OF_SIGNAL =
  "arrayConcat([observed_on, observed_holder, JSONExtractString(doc, 'observedHolder')], JSONExtract(doc, 'attributions', 'Array(Tuple(subject String))').subject)";

/** How an alert was closed stays: it names nobody, and keeps an alert that is written again from being kept again. */
const ALERT_TABLES = [
  { table: 'alert_versions', columns: ['id'] },
  { table: 'alerts', columns: ['id'] },
];

/** A moment as the store reads it. */
const moment = (ms: number) => `fromUnixTimestamp64Milli(toInt64(${ms}), 'UTC')`;
const isOver = (column: string, days: string, now: string) => `${column} + toIntervalDay(${days}) <= ${now}`;

/** The steps of a policy as of `nowMs`, in their order. */
export function retentionSteps(config: RetentionConfig, nowMs: number): RetentionStep[] {
  const now = moment(nowMs);
  return [
    ...protectedUnfounded(config, now),
    ...alerts(config, now),
    ...signals(config, now),
    ...transactions(config, now),
    ...submissions(config, now),
    ...parties(config, now),
  ];
}

/** Alerts that were closed as unfounded and name a protected person, with the signals that no other alert rests on. */
function protectedUnfounded(config: RetentionConfig, now: string): RetentionStep[] {
  const due = `
    id GLOBAL IN (
      SELECT alert_id FROM alert_outcomes_current
      WHERE outcome = 'unfounded' AND ${isOver('closed_at', String(config.protectedUnfoundedDays), now)}
    ) AND arrayExists(each -> each, JSONExtract(doc, 'roles', 'Array(Tuple(protected Bool))').protected)`;
  const held = `(${ALERT_HELD})`;
  const named = (where: string) => `SELECT arrayJoin(${SIGNALS_OF_ALERT}) FROM alerts_current WHERE ${where}`;
  return [
    {
      name: 'protected_signals',
      due: `SELECT id AS key_1, '' AS key_2, max(${anyHeld('subject', SUBJECTS_OF_SIGNAL)}) AS held
            FROM signals FINAL
            WHERE id GLOBAL IN (${named(`${due} AND NOT ${held}`)})
              AND id GLOBAL NOT IN (${named(`NOT (${due}) OR ${held}`)})
            GROUP BY id`,
      tables: [{ table: 'signals', columns: ['id'] }],
    },
    {
      name: 'protected_alerts',
      due: `SELECT id AS key_1, '' AS key_2, toUInt8(${held}) AS held FROM alerts_current WHERE ${due}`,
      tables: ALERT_TABLES,
    },
  ];
}

function alerts(config: RetentionConfig, now: string): RetentionStep[] {
  const days = daysOf(config, 'alerts');
  if (days === undefined) return [];
  const kept = daysOfLongest(
    "JSONExtract(doc, 'jurisdictions', 'Array(String)')",
    'country',
    daysOfCountry(days, 'country'),
    days.longest,
  );
  return [
    {
      name: 'alerts',
      due: `SELECT id AS key_1, '' AS key_2, toUInt8(${ALERT_HELD}) AS held
            FROM alerts_current WHERE ${isOver('last_event', kept, now)}`,
      tables: ALERT_TABLES,
    },
  ];
}

function signals(config: RetentionConfig, now: string): RetentionStep[] {
  const days = daysOf(config, 'signals');
  if (days === undefined) return [];
  const kept = daysOfLongest(
    INSTITUTIONS_OF_SIGNAL,
    'institution',
    daysOfInstitution(config, days, 'institution'),
    days.longest,
  );
  const held = `${anyHeld('subject', SUBJECTS_OF_SIGNAL)} OR ${anyHeld('institution', INSTITUTIONS_OF_SIGNAL)}`;
  return [
    {
      name: 'signals',
      due: `SELECT id AS key_1, '' AS key_2, max(${held}) AS held
            FROM signals FINAL
            WHERE id GLOBAL NOT IN (SELECT arrayJoin(${SIGNALS_OF_ALERT}) FROM alerts_current)
            GROUP BY id
            HAVING min(${isOver('event_time', kept, now)}) = 1`,
      tables: [{ table: 'signals', columns: ['id'] }],
    },
  ];
}

function transactions(config: RetentionConfig, now: string): RetentionStep[] {
  const days = daysOf(config, 'transactions');
  if (days === undefined) return [];
  const kept = daysOfInstitution(config, days, 'institution');
  const held = [
    heldBy('subject', 'debtor_account', 'creditor_account', 'debtor_holder', 'creditor_holder'),
    heldBy('institution', 'institution'),
    heldBy('submission', 'submission_id'),
  ].join(' OR ');
  return [
    {
      name: 'transactions',
      due: `SELECT institution AS key_1, id AS key_2, max(${held}) AS held
            FROM transactions FINAL
            WHERE (institution, id) GLOBAL NOT IN (
              SELECT ref.1, ref.2
              FROM (SELECT arrayJoin(JSONExtract(doc, 'transactions', 'Array(Tuple(institution String, id String))')) AS ref FROM alerts_current)
            )
            GROUP BY institution, id
            HAVING min(${isOver('event_time', kept, now)}) = 1`,
      tables: [
        // First: a row that is still there is due again when this is interrupted, an identity here would not be. Records stay, if
        // need be without rows, because a partition's history is made of all its offsets.
        { table: 'log_records', columns: ['institutions', 'ids'], besides: ['versions', 'hashes'] },
        { table: 'transactions', columns: ['institution', 'id'] },
      ],
    },
  ];
}

/** What was handed in, counted from its arrival: first why rows were rejected, then the receipts. */
function submissions(config: RetentionConfig, now: string): RetentionStep[] {
  const held = `toUInt8(${heldBy('submission', 'submission_id')} OR ${heldBy('institution', 'institution')})`;
  return (['rejects', 'submissions'] as const).flatMap((name) => {
    const days = daysOf(config, name);
    if (days === undefined) return [];
    const kept = daysOfInstitution(config, days, 'institution');
    const there = name === 'rejects' ? 'AND submission_id GLOBAL IN (SELECT submission_id FROM rejects)' : '';
    return [
      {
        name,
        due: `SELECT submission_id AS key_1, '' AS key_2, ${held} AS held
              FROM submissions_current WHERE ${isOver('received_at', kept, now)} ${there}`,
        tables: [{ table: name, columns: ['submission_id'] }],
      },
    ];
  });
}

/** What was once known of a party, from when something later was: the record in force is never due. */
function parties(config: RetentionConfig, now: string): RetentionStep[] {
  const days = daysOf(config, 'parties');
  if (days === undefined) return [];
  return [
    {
      name: 'parties',
      due: `SELECT party_key AS key_1, toString(toUnixTimestamp64Milli(valid_from)) AS key_2, toUInt8(${heldBy('subject', 'party_key')}) AS held
            FROM (
              SELECT party_key, valid_from,
                leadInFrame(toNullable(valid_from)) OVER (PARTITION BY party_key ORDER BY valid_from ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS until
              FROM parties_current
            )
            WHERE until IS NOT NULL AND ${isOver('until', String(days.longest), now)}`,
      tables: [{ table: 'parties', columns: ['party_key', 'toString(toUnixTimestamp64Milli(valid_from))'] }],
    },
  ];
}
