/**
 * The SQL oracle: a conformance vector's rows loaded into ClickHouse (embedded chDB), its rule translated to SQL, and
 * truth, features, evidence and episodes computed there. It reads the rule file and `rules/SEMANTICS.md`, never the
 * compiler. Each step makes one table, in the order of the page:
 *
 *     rows -> events (effective set, total order) -> as_of (what each evaluated event sees) -> vals_k (features)
 *          -> evaluations (truth, triggers, evidence) -> signals (episodes and versions, one fold)
 */
import type { FeatureDefinition } from '../../schemas/rule.ts';
import { aggregateSql, fifoSql, sumCyclesSql } from './oracle-sql-aggregates.ts';
import {
  condition,
  everyExpression,
  FIELDS,
  fieldsRead,
  ms,
  triggerTexts,
  windowMs,
  windowSql,
} from './oracle-sql-conditions.ts';
import { groupsSql, membersSql } from './oracle-sql-derived.ts';
import { episodesSql } from './oracle-sql-episodes.ts';
import {
  column,
  DERIVED,
  expressionSql,
  FIELD_TYPES,
  featureType,
  fieldSql,
  nothing,
  quote,
  SQL_FUNCTIONS,
  SQL_TYPES,
  TICK_BASE,
} from './oracle-sql-expression.ts';
import { sequenceSql } from './oracle-sql-sequences.ts';
import { HISTORY_EVENTS, ticksSql } from './oracle-sql-ticks.ts';
import { namesIn, treeOf } from './oracle-tree.ts';
import type { AnswerAt, AnswerSignal } from './vector-answers.ts';
import type { Vector } from './vectors.ts';

export interface SqlEngine {
  /** Runs one statement; rows come back as parsed JSON with integers as text. */
  run(sql: string): Record<string, unknown>[];
}

export interface SqlAnswer {
  readonly at: ReadonlyMap<string, AnswerAt & { readonly triggers: boolean; readonly truncated: boolean }>;
  readonly signals: readonly AnswerSignal[];
}

/** Installs the functions and the table of rows; once per engine. */
export function prepareSqlOracle(engine: SqlEngine): void {
  for (const setting of ['max_threads = 1', 'compile_expressions = 0']) engine.run(`SET ${setting}`);
  for (const sql of SQL_FUNCTIONS) engine.run(sql);
  const columns = FIELDS.map((name) => {
    const type = FIELD_TYPES[name]!;
    if (type === 'set') return `${column(name)} Array(String), k_${column(name)} UInt8`;
    return `${column(name)} Nullable(${SQL_TYPES[type]})`;
  });
  engine.run(
    `CREATE TABLE rows (seq UInt32, institution String, id String, version Int64, time Int64, withdrawn UInt8,
       rev_institution Nullable(String), rev_id Nullable(String), rev_amount Nullable(Int256), ${columns.join(', ')}) ENGINE = Memory`,
  );
}

function load(engine: SqlEngine, vector: Vector): void {
  engine.run('TRUNCATE TABLE rows');
  const lines = vector.rows.map((row, seq) => {
    const out: Record<string, unknown> = {
      seq,
      institution: row.institution,
      id: row.id,
      version: row.version,
      time: row.time,
      withdrawn: row.withdrawn ? 1 : 0,
      rev_institution: row.reverses?.institution ?? null,
      rev_id: row.reverses?.id ?? null,
      rev_amount: row.reverses?.amount?.toString() ?? null,
    };
    for (const [name, value] of Object.entries(row.fields)) {
      if (value === null || !FIELDS.includes(name)) continue;
      if (FIELD_TYPES[name] === 'set') out[`k_${column(name)}`] = 1;
      out[column(name)] = typeof value === 'bigint' ? value.toString() : value;
    }
    return JSON.stringify(out);
  });
  engine.run(`INSERT INTO rows FORMAT JSONEachRow ${lines.join('\n')}`);
}

/** Makes `name` anew from a select. */
function table(engine: SqlEngine, name: string, select: string): void {
  engine.run(`DROP TABLE IF EXISTS ${name}`);
  engine.run(`CREATE TABLE ${name} ENGINE = Memory AS ${select}`);
}

/** Tables `events` (effective set in total order) and `as_of` (for each evaluated event `en`, every row it sees). */
function history(engine: SqlEngine, vector: Vector, asked: readonly string[], longestMs: number): void {
  const { rule } = vector;
  const signals = rule.input === 'signals';
  const read = fieldsRead(vector);
  const flags = read.filter((name) => FIELD_TYPES[name] === 'set').map((name) => `k_${column(name)}`);
  const amounts = ['f_amount', 'f_amountUsd', 'f_amountMxn', 'f_amountCad', 'f_wageMilli'];
  const columns = [
    ...[
      'seq',
      'institution',
      'id',
      'version',
      'time',
      'withdrawn',
      'rev_institution',
      'rev_id',
      'rev_amount',
    ],
    ...new Set([...amounts, ...read.map(column), ...flags]),
  ].join(', ');
  table(
    engine,
    'standing',
    `SELECT * EXCEPT rn FROM (SELECT ${columns}, row_number() OVER (PARTITION BY institution, id ${signals ? ', version' : ''}
       ORDER BY version DESC, seq) AS rn FROM rows) WHERE rn = 1 AND withdrawn = 0`,
  );
  table(
    engine,
    'events',
    `SELECT *, concat(institution, '/', id, '@', toString(version)) AS ref,
       toUInt32(row_number() OVER (ORDER BY time, institution, id, version)) AS n FROM standing WHERE rev_id IS NULL`,
  );
  const names = everyExpression(vector).flatMap((text) => namesIn(treeOf(text)));
  const visible = signals || names.includes('status') ? '1' : "ifNull(f_status, '') = 'completed'";
  // With pair fields empty a condition can only become unknown, so this holds every triggering event and maybe more.
  const maybe = triggerTexts(vector).map((text) => `ifNull(${condition(vector, text, true)}, 1)`);
  table(
    engine,
    'evaluated',
    `SELECT n AS en, time AS et, f_localDay AS eday, institution AS ei, id AS eid, version AS ev, ref AS eref,
       lost > et - ${longestMs} AS truncated, time AS etime FROM (
       SELECT *, x.time AS et FROM events AS x LEFT JOIN (SELECT toUInt32(n + ${HISTORY_EVENTS}) AS n, time AS lost FROM events) AS y USING (n))
     WHERE ${visible} AND (${[...maybe, '0'].join(' OR ')} OR has([${asked.map(quote).join(', ')}]::Array(String), ref)) ${ticksSql(vector, longestMs)}`,
  );
  table(
    engine,
    'taken',
    `SELECT en, n, ifNull(sum(coalesce(r.rev_amount, x.f_amount)), toInt256(0)) AS away FROM evaluated CROSS JOIN events AS x
       CROSS JOIN (SELECT * FROM standing WHERE rev_id IS NOT NULL) AS r
       WHERE r.rev_institution = x.institution AND r.rev_id = x.id AND x.time <= r.time + 90 * 86400000
         AND (r.time, r.institution, r.id, r.version) <= (et, ei, eid, ev) GROUP BY en, n`,
  );
  const rest = 'greatest(x.f_amount - away, toInt256(0))';
  const lessened = amounts
    .slice(1)
    .map((name) => `if(away > 0, intDiv(x.${name} * ${rest}, x.f_amount), x.${name}) AS ${name}`);
  const kept = read.map(column).filter((name) => !/^f_(amount|wageMilli|pair)/.test(name));
  table(
    engine,
    'seen',
    `SELECT en, et, eday, truncated, n, ref, time, ${[...kept, ...flags].join(', ')},
       if(away > 0, ${rest}, x.f_amount) AS f_amount, ${lessened.join(', ')}
     FROM evaluated CROSS JOIN (SELECT * FROM events WHERE ${visible}) AS x LEFT JOIN taken USING (en, n)
     WHERE n <= en % ${TICK_BASE} AND n > toInt64(en % ${TICK_BASE}) - ${HISTORY_EVENTS} AND NOT (away > 0 AND ${rest} = 0)`,
  );
  const readsPairs = [
    ...names,
    ...Object.values(rule.features).flatMap((f) => ('of' in f ? [f.of] : [])),
  ].some((name) => name?.startsWith('pair'));
  const lookback = rule.lookback === undefined ? longestMs : ms(rule.lookback);
  const pairs = `SELECT a.en AS en, a.n AS n, toNullable(toInt256(any(a.time) - min(b.time))) AS f_pairAgeMs,
       toNullable(toInt256(count())) AS f_pairOrdinal FROM seen AS a INNER JOIN seen AS b ON a.en = b.en AND a.f_counterparty = b.f_counterparty
       WHERE b.n <= a.n AND b.time > a.time - ${lookback} GROUP BY a.en, a.n`;
  const none = `SELECT *, ${nothing('int')} AS f_pairAgeMs, ${nothing('int')} AS f_pairOrdinal FROM seen`;
  table(
    engine,
    'as_of',
    readsPairs
      ? `SELECT * FROM seen LEFT JOIN (${pairs}) AS p USING (en, n) SETTINGS join_use_nulls = 1`
      : none,
  );
}

/** Fields that a cycle does not have. */
const OTHER_KINDS = DERIVED.slice(3)
  .map((name) => `${nothing('int')} AS ${name}`)
  .join(', ');

/** Rows of one derive: its sub-events with the columns of their out event, or none and `bad` where unreadable (§4, §6). */
function derive(engine: SqlEngine, vector: Vector, name: string): void {
  const make = vector.rule.derive[name]!;
  if (make.make !== 'cycle') {
    table(engine, `flows_${name}`, membersSql(vector, make));
    table(engine, `cycle_${name}`, groupsSql(`flows_${name}`, make));
    return;
  }
  table(engine, `flows_${name}`, flowsSql(vector, make));
  const cycles =
    make.match === 'fifo' ? fifoSql('flows', ms(make.within)) : sumCyclesSql('flows', ms(make.within));
  table(
    engine,
    `cycle_${name}`,
    `SELECT * EXCEPT (v, share), share AS matchedShareMilli, ${OTHER_KINDS} FROM as_of INNER JOIN (SELECT en, cycle.1 AS n, toNullable(toInt256(cycle.2)) AS matched, cycle.3 AS refs,
         arrayFirst(f -> f.1 = cycle.1, flows).5 AS v,
         ${
           make.match === 'fifo'
             ? 'if(v > 0, toNullable(intDiv(1000 * toInt256(cycle.2), v)), NULL)'
             : 'if(cycle.2 > 0, toNullable(intDiv(1000 * toInt256(v), toInt256(cycle.2))), NULL)'
         } AS share,
         toNullable(toInt256(length(arrayDistinct(arrayFilter(s -> s != '',
           arrayMap(r -> arrayFirst(f -> f.1 = r, flows).6, arrayFilter(r -> r != n OR cycle.4, refs))))))) AS sources
       FROM flows_${name} ARRAY JOIN ${cycles} AS cycle WHERE NOT bad) AS c USING (en, n)`,
  );
}

/** Per evaluated event the readable flows in total order, how many are unreadable, and whether that is too many. */
function flowsSql(vector: Vector, part: { in: string; out: string; of: string; over: string }): string {
  return `SELECT en, arraySort(groupArrayIf((n, toInt64(time), toUInt8(ifNull(i, 0)), toUInt8(ifNull(o, 0)), toInt64(ifNull(v, 0)),
       ifNull(f_source, '')), state = 2)) AS flows, countIf(state = 1) AS missing,
       10 * missing > missing + length(flows) OR (any(isNull(eday)) AND ${part.over.includes('@') ? 1 : 0}) AS bad
     FROM (SELECT *, ${windowSql(vector, part.over, undefined)} AS w, ${condition(vector, part.in)} AS i, ${condition(vector, part.out)} AS o,
       ${column(part.of)} AS v,
       multiIf(w = 0, 0, i = 0 AND o = 0, 0, isNull(w) OR isNull(i) OR isNull(o) OR isNull(v), 1, 2) AS state
       FROM as_of INNER JOIN vals_0 USING en) GROUP BY en`;
}

type Windowed = Exclude<FeatureDefinition, { agg: 'ratio' | 'dwell' | 'sequence' }>;

/** Value `v`, missing count `m` and evidence `e` of a feature over one window, per evaluated event. */
function featureSql(vector: Vector, name: string, feature: Windowed, k: number): string {
  const source = feature.from === undefined ? 'as_of' : `cycle_${feature.from}`;
  const of = 'of' in feature && feature.of !== undefined ? feature.of.split(',') : [];
  const wanted: string[] = of.map((field) => fieldSql(field).text);
  if ('by' in feature && feature.by !== undefined) wanted.push(fieldSql(feature.by).text);
  if (feature.agg === 'share') wanted.push('part');
  const tooSmall = feature.agg === 'top_share' ? [`${wanted[0]} <= 0`] : [];
  const blank = [...wanted.map((text) => `isNull(${text})`), ...tooSmall, 'isNull(w)', 'isNull(c)'];
  const value = (field: string) => `assumeNotNull(${fieldSql(field).text})`;
  const v =
    of.length === 0 ? 'toInt256(1)' : of.length === 1 ? value(of[0]!) : `(${of.map(value).join(', ')})`;
  const b = 'by' in feature && feature.by !== undefined ? value(feature.by) : 'toInt256(1)';
  const inner = `SELECT *, ${windowSql(vector, feature.over, feature.skip)} AS w, ${condition(vector, feature.where ?? 'true')} AS c,
      ${feature.agg === 'share' ? condition(vector, feature.part) : 'toNullable(true)'} AS part,
      ${feature.from === undefined ? '[n]' : 'refs'} AS items, ${v} AS av, ${b} AS ab,
      multiIf(w = 0, 0, c = 0, 0, ${blank.join(' OR ')}, 1, 2) AS state
    FROM ${source} INNER JOIN vals_${k} USING en`;
  const bad = feature.from === undefined ? '0' : `en IN (SELECT en FROM flows_${feature.from} WHERE bad)`;
  // Every evaluated event has a row, also where nothing is in any window.
  return `SELECT en, arraySort(groupArrayIf((n, av, ab, toUInt8(ifNull(part, 0))), state = 2)) AS M, countIf(state = 1) AS m,
      arraySort(arrayDistinct(arrayFlatten(groupArrayIf(items, state = 2)))) AS e,
      if(10 * m > m + length(M) OR (any(isNull(eday)) AND ${feature.over.includes('@') ? 1 : 0}) OR ${bad}, NULL, ${aggregateSql(feature)}) AS v
    FROM (SELECT * FROM (${inner}) UNION ALL SELECT * REPLACE (toUInt8(0) AS state) FROM (${padding(inner)})) GROUP BY en`.replaceAll(
    '__TYPE__',
    SQL_TYPES[featureType(vector.rule, name) as keyof typeof SQL_TYPES],
  );
}

function padding(inner: string): string {
  return inner.replace(/FROM (as_of|cycle_\w+) INNER/, (_, source: string) =>
    source === 'as_of'
      ? 'FROM as_of INNER'
      : `FROM (SELECT a.*, ${DERIVED.map((name) => `${nothing('int')} AS ${name}`).join(', ')}, []::Array(UInt32) AS refs FROM as_of AS a) AS padded INNER`,
  );
}

function features(engine: SqlEngine, vector: Vector): number {
  const { rule } = vector;
  table(engine, 'vals_0', 'SELECT en FROM evaluated');
  for (const name of Object.keys(rule.derive)) derive(engine, vector, name);
  let k = 0;
  for (const [name, feature] of Object.entries(rule.features)) {
    const empty = '[]::Array(UInt32)';
    let select: string;
    if (feature.agg === 'ratio') {
      select = `SELECT en, oracle_ratio(v_${feature.num}, v_${feature.den}) AS v, 0 AS m, ${empty} AS e FROM vals_${k}`;
    } else if (feature.agg === 'dwell') {
      const portions = fifoSql('flows', null);
      select = `SELECT en, missing AS m, arraySort(arrayDistinct(arrayFlatten(arrayMap(p -> [p.1, p.2], portions)))) AS e,
        arraySort(arrayMap(p -> (p.3, p.4), portions)) AS byDwell, arrayCumSum(arrayMap(p -> p.2, byDwell)) AS upTo,
        if(bad OR empty(portions), NULL, toNullable(toInt256(byDwell[arrayFirstIndex(c -> 2 * c >= upTo[-1], upTo)].1))) AS v
        FROM (SELECT *, if(bad, [], ${portions}) AS portions FROM (${flowsSql(vector, feature)}))`;
    } else if (feature.agg === 'sequence') {
      select = sequenceSql(vector, feature, k);
    } else {
      select = featureSql(vector, name, feature, k);
    }
    const from = 'from' in feature ? feature.from : undefined;
    const unreadable =
      from === undefined
        ? 'SELECT en, 0 AS away FROM evaluated'
        : `SELECT en, missing AS away FROM flows_${from}`;
    const evidence = feature.agg === 'ratio' || feature.evidence ? 'e' : empty;
    table(
      engine,
      `vals_${k + 1}`,
      `SELECT * FROM vals_${k} AS p INNER JOIN (SELECT en, v AS v_${name}, m + away AS m_${name}, ${evidence} AS e_${name}
       FROM (${select}) AS s INNER JOIN (${unreadable}) AS f USING (en)) AS q USING (en)`,
    );
    k++;
  }
  return k;
}

function constantSql(vector: Vector, value: number | string): string {
  return expressionSql(
    vector,
    typeof value === 'string' ? value : Number.isInteger(value) ? `${value}` : `${value}`,
  ).text;
}

function strengthSql(vector: Vector): string {
  const { of, at, full } = vector.rule.strength;
  const [v, a, f] = [`v_${of}`, constantSql(vector, at), constantSql(vector, full)];
  const steps = `floor(500 * (toFloat64(${v}) - toFloat64(${a})) / (toFloat64(${f}) - toFloat64(${a})))`;
  const raw = `ifNull(toInt64(if(${f} = ${a}, NULL, least(1000, greatest(500, 500 + ${steps})))), 500)`;
  const lowered = vector.rule.benign
    .filter((test) => test.effect === 'lowers')
    .map((test) => `if(ifNull(${expressionSql(vector, test.when).text}, 0), ${test.lowers_milli}, 0)`);
  return `greatest(0, ${[raw, ...lowered].join(' - ')})`;
}

/** Answers a vector; `asked` are references to look at beside the triggering events. */
export function answerBySql(engine: SqlEngine, vector: Vector, asked: readonly string[]): SqlAnswer {
  const { rule } = vector;
  const overs = [...Object.values(rule.features), ...Object.values(rule.derive)].flatMap((part) =>
    'over' in part ? [windowMs(part.over)] : [],
  );
  const longestMs = Math.max(...overs);
  const quietMs = rule.quiet === undefined ? longestMs : ms(rule.quiet);
  load(engine, vector);
  history(engine, vector, asked, longestMs);
  const last = features(engine, vector);
  const names = Object.keys(rule.features);
  const triggers = triggerTexts(vector).map((text) => `ifNull(${condition(vector, text, true)}, 1)`);
  table(
    engine,
    'waking',
    `SELECT en, max(n = en % ${TICK_BASE} AND (${[...triggers, '0'].join(' OR ')})) AS triggers FROM as_of GROUP BY en`,
  );
  const blocks = rule.benign
    .filter((test) => test.effect === 'blocks')
    .map((test) => expressionSql(vector, test.when).text);
  table(
    engine,
    'evaluations',
    `SELECT *, toNullable(${expressionSql(vector, rule.when).text}) AS truth, ${strengthSql(vector)} AS strength,
       ifNull(truth, 0) AND NOT (${['0', ...blocks.map((text) => `ifNull(${text}, 0)`)].join(' OR ')}) AS fires,
       arraySort(arrayDistinct(arrayConcat(${names.map((name) => `e_${name}`).join(', ')}))) AS evidence
     FROM vals_${last} INNER JOIN waking USING en INNER JOIN evaluated USING en`,
  );
  const refs = new Map(
    engine.run('SELECT n, ref FROM events').map((row) => [String(row['n']), String(row['ref'])]),
  );
  const refList = (list: unknown) => (list as unknown[]).map((n) => refs.get(String(n))!);
  type Answer = SqlAnswer['at'] extends ReadonlyMap<string, infer A> ? A : never;
  const at = new Map<string, Answer>();
  const asOf = new Map<string, Answer & { readonly tick: number | undefined }>();
  const isTick = (en: unknown) => Number(en) >= TICK_BASE;
  const refOfEvaluated = (en: unknown) => refs.get(String(Number(en) % TICK_BASE))!;
  for (const row of engine.run('SELECT * FROM evaluations ORDER BY en')) {
    const answer: Answer = {
      truth: row['truth'] === null ? null : Boolean(row['truth']),
      triggers: Boolean(row['triggers']),
      truncated: Boolean(row['truncated']),
      features: Object.fromEntries(
        names.map((name) => [name, typed(row[`v_${name}`], featureType(rule, name))]),
      ),
      missing: Object.fromEntries(names.map((name) => [name, Number(row[`m_${name}`])])),
      strength: Number(row['strength']),
      evidence: refList(row['evidence']),
    };
    if (!isTick(row['en'])) at.set(String(row['eref']), answer);
    const tick = isTick(row['en']) ? Number(row['et']) : undefined;
    asOf.set(String(row['en']), { ...answer, tick });
  }
  const signals = engine.run(episodesSql('evaluations', quietMs, longestMs, vector.inForce)).map((row) => {
    const of = asOf.get(String(row['at']))!;
    return {
      opens: refOfEvaluated(row['opens']),
      version: Number(row['version']),
      at: refOfEvaluated(row['at']),
      tick: of.tick,
      evidence: refList(row['evidence']),
      features: of.features,
      ...(of.strength !== undefined && { strength: of.strength }),
      truncated: of.truncated,
    };
  });
  return { at, signals };
}

function typed(value: unknown, type: string): string | number | bigint | boolean | null {
  if (value === null || value === undefined) return null;
  if (type === 'int') return BigInt(String(value));
  if (type === 'double') return Number(value);
  return type === 'bool' ? Boolean(value) : String(value);
}
