/** What the guard lets through, and every way around it that we could think of. */
import { describe, expect, test } from 'vitest';
import { ServerException } from '../../../../../services/embedded/exception.ts';
import { checkStatement, checkValues } from '../../../../../services/embedded/guard/statement.ts';

const tableFunctions = new Set([
  ...[
    'file',
    'url',
    's3',
    's3cluster',
    'remote',
    'remotesecure',
    'executable',
    'mysql',
    'postgresql',
    'hdfs',
    'input',
  ],
  ...[
    'merge',
    'mergetreeindex',
    'dictionary',
    'cluster',
    'loop',
    'numbers',
    'values',
    'view',
    'sqlite',
    'odbc',
    'eval',
  ],
]);

function check(
  sql: string,
  options: { trusted?: boolean; readOnly?: boolean; params?: Record<string, string> } = {},
) {
  const { trusted = false, readOnly = false, params = {} } = options;
  return checkStatement(sql, { trusted, readOnly, tableFunctions, params: new Map(Object.entries(params)) });
}

/** The name of the refusal, or the kind of the accepted statement. */
function outcome(sql: string, options: Parameters<typeof check>[1] = {}): string {
  try {
    return check(sql, options).kind;
  } catch (error) {
    if (error instanceof ServerException) return error.type;
    throw error;
  }
}

describe('reads without the key', () => {
  test.each([
    ['SELECT 1', 'select'],
    ['  /* c */ select 1 -- ; drop', 'select'],
    ['SELECT 1;', 'select'],
    ['SELECT \'a;b\', `x y`, "q" FROM t', 'select'],
    ["SELECT 'it''s \\' ; -- no comment' FROM t", 'select'],
    ['(SELECT 1) UNION ALL (SELECT 2)', 'select'],
    ['WITH a AS (SELECT 1) SELECT * FROM a', 'select'],
    ['FROM t SELECT a', 'select'],
    ['SELECT * FROM numbers(10), values((1)), view(SELECT 1)', 'select'],
    ['SELECT count() FROM t SETTINGS max_threads = 1, final = 1 FORMAT JSON', 'select'],
    ['SELECT name FROM system.tables', 'select'],
    ['SHOW TABLES', 'answer'],
    ['DESCRIBE TABLE t', 'answer'],
    ['EXPLAIN SELECT 1', 'answer'],
    ['EXISTS TABLE t', 'answer'],
    ["SELECT 'é', '日本' FROM t".replace(/[^\0-\xff]/g, '\xe6'), 'select'],
  ])('%s', (sql, kind) => {
    expect(outcome(sql)).toBe(kind);
  });
});

describe('several statements', () => {
  test.each([
    'SELECT 1; SELECT 2',
    'SELECT 1;;SELECT 2',
    'SELECT 1; -- x\nDROP TABLE t',
    "SELECT '\\\\'; DROP TABLE t",
  ])('%s', (sql) => {
    expect(outcome(sql, { trusted: true })).toBe('SYNTAX_ERROR');
  });
});

describe('what reaches outside is refused, with the key too', () => {
  test.each([
    "SELECT * FROM file('/etc/passwd')",
    "SELECT * FROM FILE ('/etc/passwd')",
    "SELECT * FROM FiLe/**/('/etc/passwd')",
    "SELECT * FROM `file`('/etc/passwd')",
    'SELECT * FROM "file"(\'/etc/passwd\')',
    "SELECT * FROM file -- x\n ('/etc/passwd')",
    "SELECT file('/etc/passwd')",
    "WITH a AS (SELECT * FROM url('http://h')) SELECT * FROM a",
    "SELECT * FROM t JOIN s3('http://h') USING a",
    "SELECT * FROM t, remote('h', 'd.t')",
    "SELECT (SELECT x FROM executable('ls', 'TSV', 'x String'))",
    "EXPLAIN SELECT * FROM file('x')",
    "DESCRIBE TABLE file('x')",
    "DESC s3('http://h')",
    "SELECT * FROM merge('default', '.*')",
    "SELECT * FROM mergeTreeIndex('default', 'vault')",
    'SELECT * FROM loop(t)',
    "SELECT dictGet('d', 'a', 1)",
    "SELECT joinGet('vault', 'a', 1)",
    "SELECT aiGenerate('x')",
    "SELECT reverseDNSQuery('h')",
    "INSERT INTO FUNCTION file('x') SELECT 1",
    "INSERT INTO TABLE FUNCTION url('x') SELECT 1",
    "INSERT INTO t SELECT * FROM url('http://h')",
    "INSERT INTO t FROM INFILE '/etc/passwd' FORMAT LineAsString",
    "SELECT 1 INTO OUTFILE '/tmp/x'",
    "SELECT 1 into/**/outfile '/tmp/x' FORMAT CSV",
    "CREATE TABLE x AS file('/etc/passwd')",
    "CREATE TABLE x (a String) ENGINE = File(CSV, '/etc/passwd')",
    "CREATE TABLE x (a String) ENGINE URL('http://h', CSV)",
    'CREATE TABLE x (a String) engine=mergetree ORDER BY a',
    "CREATE TABLE x (a String) ENGINE = Merge(default, '.*')",
    'CREATE TABLE x (a String) ENGINE = Buffer(default, t)',
    "CREATE TABLE x (a String) ENGINE = MergeTree ORDER BY a SETTINGS disk = disk(type = local, path = '/')",
    "CREATE TABLE x (a String) ENGINE = MergeTree ORDER BY a SETTINGS index_granularity = 1, storage_policy = 'p'",
    "CREATE DATABASE x ENGINE = MySQL('h', 'd', 'u', 'p')",
    "CREATE DICTIONARY x (a String) PRIMARY KEY a SOURCE(FILE(path '/x'))",
    "CREATE OR REPLACE DICTIONARY x (a String) PRIMARY KEY a SOURCE(FILE(path '/x'))",
    'CREATE FUNCTION f AS (x) -> x',
    'CREATE USER u',
    "CREATE NAMED COLLECTION c AS url = 'h'",
    "BACKUP TABLE t TO File('x')",
    "RESTORE TABLE t FROM File('x')",
    'ATTACH TABLE t',
    'GRANT ALL ON *.* TO u',
    'SET max_threads = 1',
    'USE system',
    'SYSTEM SHUTDOWN',
    'SYSTEM RELOAD CONFIG',
    'EXECUTE AS u SELECT 1',
    "COPY t FROM 'x'",
    "SELECT 1 SETTINGS dialect = 'prql'",
    'SELECT 1 SETTINGS max_threads = 1, allow_introspection_functions = 1',
    "SELECT 1 SETTINGS max_map = {'a': 1, 'b': 2}, dialect = 'prql'",
    'SELECT 1 SETTINGS use_query_cache',
    "INSERT INTO t SETTINGS input_format_record_errors_file_path = '/tmp/x' FORMAT CSV",
    "SELECT 1 SETTINGS output_format_schema = '/tmp/x'",
    'INSERT INTO t SETTINGS input_format_values_interpret_expressions = 1 FORMAT Values',
    'WITH a AS (SELECT 1) INSERT INTO t SELECT * FROM a',
    'KILL QUERY WHERE 1',
    "KILL QUERY WHERE query_id = 'a' OR 1",
  ])('%s', (sql) => {
    expect(outcome(sql, { trusted: true })).toBe('ACCESS_DENIED');
  });

  test.each([
    "SELECT * FROM $$file$$('x')",
    'SELECT $tag$ it $tag$',
    'SELECT 1 # comment',
    "SELECT 1 // '\n FROM vault",
    'SELECT \u2018x\u2019'.replace(/[^\0-\xff]/g, '\xe2\x80\x98'),
    'SELECT * FROM `va\\x75lt`',
    'SELECT * FROM "a""b"',
    "SELECT 'open",
    'SELECT /* open',
    'SELECT 1\0; DROP TABLE t',
    '',
    ' -- nothing',
    'INSERT INTO t',
    '(DROP TABLE t)',
  ])('what the lexer does not imitate: %j', (sql) => {
    expect(outcome(sql, { trusted: true })).toBe('SYNTAX_ERROR');
  });
});

describe('writes', () => {
  const writes = [
    'INSERT INTO t VALUES (1)',
    'INSERT INTO t SELECT 1',
    'CREATE TABLE t (a UInt8) ENGINE = MergeTree ORDER BY a',
    'CREATE VIEW v AS SELECT 1',
    'ALTER TABLE t DELETE WHERE 1',
    'DROP TABLE t',
    'TRUNCATE TABLE t',
    'OPTIMIZE TABLE t FINAL',
    'RENAME TABLE a TO b',
    'DELETE FROM t WHERE 1',
    'SYSTEM STOP MERGES t',
    "KILL QUERY WHERE query_id = 'a' SYNC",
  ];
  test.each(writes)('need the key, and POST: %s', (sql) => {
    expect(outcome(sql)).toBe('ACCESS_DENIED');
    expect(outcome(sql, { trusted: true, readOnly: true })).toBe('READONLY');
    expect(['insert', 'write', 'kill']).toContain(outcome(sql, { trusted: true }));
  });
});

describe('the vault', () => {
  const reads = [
    'SELECT * FROM vault',
    'SELECT * FROM VAULT',
    'SELECT * FROM default.vault',
    'SELECT * FROM `vault`',
    'SELECT * FROM "default"."vault_current"',
    'SELECT * FROM default . /* x */ vault',
    'SELECT 1 WHERE 1 IN (SELECT 1 FROM vault)',
    'SELECT 1 IN vault',
    'WITH v AS (SELECT * FROM vault) SELECT * FROM v',
    'FROM vault SELECT *',
    'SELECT * FROM t JOIN vault USING a',
    'SELECT * FROM view(SELECT * FROM vault)',
    'SHOW CREATE TABLE vault',
    'DESCRIBE vault',
    'EXPLAIN SELECT * FROM vault',
    'SELECT * FROM vault_access_log',
  ];
  test.each(reads)('is read with the key only: %s', (sql) => {
    expect(outcome(sql)).toBe('ACCESS_DENIED');
    expect(['select', 'answer']).toContain(outcome(sql, { trusted: true }));
  });

  test('is found behind an Identifier parameter', () => {
    expect(outcome('SELECT * FROM {t:Identifier}', { params: { t: 'vault' } })).toBe('ACCESS_DENIED');
    expect(outcome('SELECT * FROM { t : Identifier }', { params: { t: 'default.vault' } })).toBe(
      'ACCESS_DENIED',
    );
    expect(
      outcome('SELECT * FROM {d:Identifier}.{t:Identifier}', { params: { d: 'system', t: 'processes' } }),
    ).toBe('ACCESS_DENIED');
    expect(outcome('SELECT * FROM {t:Identifier}', { params: { t: 'va\\x75lt' } })).toBe('BAD_ARGUMENTS');
    expect(outcome('SELECT * FROM {t:Identifier}', { params: { t: 'transactions' } })).toBe('select');
  });

  test.each([
    'CREATE VIEW innocent AS SELECT * FROM vault',
    'CREATE OR REPLACE VIEW innocent AS SELECT * FROM vault',
    'CREATE MATERIALIZED VIEW vault_mv TO t AS SELECT * FROM vault',
    'CREATE TABLE t2 AS vault',
    'CREATE TABLE t2 ENGINE = Memory AS SELECT * FROM vault',
    'CREATE TABLE vault2 CLONE AS vault',
    'INSERT INTO t SELECT * FROM vault',
    'RENAME TABLE vault TO t',
    'EXCHANGE TABLES vault AND t',
    'ALTER TABLE t REPLACE PARTITION 1 FROM vault',
    'ALTER TABLE vault MOVE PARTITION 1 TO TABLE t',
    'ALTER TABLE v MODIFY QUERY SELECT * FROM vault',
    'ALTER TABLE t UPDATE a = (SELECT 1 FROM vault) WHERE 1',
    'DELETE FROM t WHERE a IN (SELECT pseudonym FROM vault)',
  ])('is copied nowhere, with the key too: %s', (sql) => {
    expect(outcome(sql, { trusted: true })).toBe('ACCESS_DENIED');
  });

  test.each([
    ['INSERT INTO vault FORMAT JSONEachRow', 'insert'],
    ['INSERT INTO TABLE default.vault SELECT * FROM vault', 'write'],
    ['CREATE TABLE IF NOT EXISTS vault (a String) ENGINE = MergeTree ORDER BY a', 'write'],
    ['CREATE VIEW IF NOT EXISTS vault_current AS SELECT * FROM vault FINAL', 'write'],
    ['DELETE FROM vault WHERE a = 1', 'write'],
    ['OPTIMIZE TABLE vault FINAL', 'write'],
  ])('is written with the key: %s', (sql, kind) => {
    expect(outcome(sql, { trusted: true })).toBe(kind);
  });
});

describe('system tables without the key', () => {
  test.each([
    'processes',
    'errors',
    'parts_columns',
    'text_log',
    'stack_trace',
    'mutations',
    'named_collections',
  ])('system.%s is refused', (table) => {
    expect(outcome(`SELECT * FROM system.${table}`)).toBe('ACCESS_DENIED');
    expect(outcome(`SELECT * FROM "System" . \`${table}\``)).toBe('ACCESS_DENIED');
    expect(outcome(`SELECT * FROM system.${table}`, { trusted: true })).toBe('select');
  });
  test('SHOW PROCESSLIST is refused', () => {
    expect(outcome('SHOW PROCESSLIST')).toBe('ACCESS_DENIED');
    expect(outcome('SHOW FULL PROCESSLIST')).toBe('ACCESS_DENIED');
  });
});

describe('parts of a statement', () => {
  test('the format clause, not a name that looks like it', () => {
    expect(check('SELECT 1 FORMAT JSON').format).toBe('JSON');
    expect(check('SELECT 1 FORMAT JSON SETTINGS max_threads = 1').format).toBe('JSON');
    expect(check('SELECT format FROM t').format).toBeUndefined();
    expect(check("SELECT * FROM (SELECT 1 AS format) WHERE x = 'FORMAT JSON'").format).toBeUndefined();
  });

  test('data begin behind one line end', () => {
    const sql = 'INSERT INTO t (a, b) SETTINGS max_threads = 1 FORMAT RowBinary\n\n\x00;';
    const statement = check(sql, { trusted: true });
    expect(sql.slice(statement.end)).toBe('\n\x00;');
    expect(sql.slice(0, statement.sourceAt)).toBe('INSERT INTO t (a, b) ');
    expect(sql.slice(statement.formatAt, statement.end)).toBe('FORMAT RowBinary\n');
  });

  test('data are never read as SQL', () => {
    expect(outcome("INSERT INTO t FORMAT CSV\n'; DROP TABLE vault; file('", { trusted: true })).toBe(
      'insert',
    );
  });

  test('VALUES are checked as expressions', () => {
    expect(() => checkValues("(1, now()), (2, 'file(')", tableFunctions)).not.toThrow();
    expect(() => checkValues("(file('/etc/passwd'))", tableFunctions)).toThrow(/file/);
    expect(() => checkValues('((SELECT 1 FROM vault))', tableFunctions)).toThrow(/no queries/);
    expect(() => checkValues('(1); DROP TABLE t', tableFunctions)).toThrow(/Multi/);
  });
});
