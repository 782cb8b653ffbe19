/**
 * Decides what one statement may do, and finds the parts that the server needs (format, data of an INSERT).
 *
 * Kinds of statement, engines, system tables, settings and table functions are lists of what is allowed. A reader
 * without the key gets the engine's `readonly = 2` besides, so an error here does not by itself open a write.
 */
import { accessDenied, badArguments, readonlyRefused, syntaxError } from '../exception.ts';
import { isKeyword, isMark, lex, type Token } from './lexer.ts';
import {
  ENGINES_ALLOWED,
  FUNCTIONS_REFUSED,
  isProtectedName,
  SETTINGS_ALLOWED,
  SHOW_OPEN,
  SYSTEM_TABLES_OPEN,
  TABLE_FUNCTIONS_ALLOWED,
  TABLE_SETTINGS_ALLOWED,
} from './names.ts';

export interface GuardContext {
  /** True if the request carries the data folder's key. */
  readonly trusted: boolean;
  /** True for GET, which never writes, whoever asks. */
  readonly readOnly: boolean;
  /** Lower-case names of every table function that the engine knows. */
  readonly tableFunctions: ReadonlySet<string>;
  /** Values of `param_*`, by name: a parameter of type Identifier names a table. */
  readonly params: ReadonlyMap<string, string>;
}

export interface Statement {
  /** `select` streams, `answer` is collected (SHOW, DESCRIBE ...), `insert` takes data, `kill` is rewritten, `write` the rest. */
  readonly kind: 'select' | 'answer' | 'insert' | 'kill' | 'write';
  /** The format that the statement names in its FORMAT clause, if it does. */
  readonly format: string | undefined;
  /** Offset of the FORMAT keyword, or of the end of the statement without its closing semicolon. */
  readonly formatAt: number;
  /** For `insert`: offset before which `FROM INFILE` belongs (its SETTINGS clause, else its format). */
  readonly sourceAt: number;
  /** End of the statement proper: for an INSERT with data, where the data begin. */
  readonly end: number;
  /** For `kill`: the literal (with quotes) that names the query. */
  readonly killTarget: string | undefined;
}

const ANSWERS = new Set(['SHOW', 'DESCRIBE', 'DESC', 'EXISTS', 'EXPLAIN', 'CHECK']);
const WRITES = new Set([
  'ALTER',
  'CREATE',
  'DELETE',
  'DROP',
  'EXCHANGE',
  'OPTIMIZE',
  'RENAME',
  'SYSTEM',
  'TRUNCATE',
  'UPDATE',
]);
const CREATABLE = new Set(['TABLE', 'VIEW', 'DATABASE', 'MATERIALIZED', 'OR', 'TEMPORARY']);
const SYSTEM_COMMANDS =
  /^SYSTEM (STOP|START) MERGES\b|^SYSTEM (DROP|CLEAR) [A-Z ]*CACHE\b|^SYSTEM FLUSH LOGS\b/;

/**
 * Checks a statement; returns its parts or throws.
 * @param sql one character per byte (latin1); for an INSERT it may run on into the data.
 * @throws ServerException ACCESS_DENIED, READONLY, SYNTAX_ERROR or BAD_ARGUMENTS.
 */
export function checkStatement(sql: string, context: GuardContext): Statement {
  const { tokens, end, insertFormat } = readTokens(sql);
  if (tokens.length === 0) throw syntaxError('Empty query.');
  const names = resolveIdentifiers(tokens, context.params);
  const kind = kindOf(tokens);

  refuseReach(names, context.tableFunctions);
  checkSettings(names, kind === 'write');
  if (kind === 'write') checkDefinition(names);
  if (kind !== 'select' && kind !== 'answer') {
    if (context.readOnly) {
      throw readonlyRefused('Cannot execute query in readonly mode: use POST for queries that modify data.');
    }
    if (!context.trusted) {
      throw accessDenied('Not enough privileges: a statement that writes needs the key of the data folder.');
    }
    if (kind !== 'kill') keepVaultApart(names, kind);
  } else if (!context.trusted) {
    checkOpenRead(names);
  }

  const clause = kind === 'select' || kind === 'answer' ? formatClause(tokens) : undefined;
  if (kind === 'insert' && insertFormat === undefined)
    throw syntaxError('INSERT needs FORMAT, VALUES or SELECT.');
  const formatAt = kind === 'insert' ? insertFormatAt(tokens) : (clause?.at ?? tokens.at(-1)!.end);
  const settings = kind === 'insert' ? tokens.find((token) => isKeyword(token, 'SETTINGS')) : undefined;
  return {
    kind,
    format: insertFormat ?? clause?.name,
    formatAt,
    sourceAt: settings?.start ?? formatAt,
    end,
    killTarget: kind === 'kill' ? killTarget(sql, tokens) : undefined,
  };
}

/** `VALUES` is the last token of an INSERT that carries values, FORMAT the last but one otherwise. */
function insertFormatAt(tokens: readonly Token[]): number {
  const last = tokens.at(-1)!;
  return isKeyword(last, 'VALUES') && !isKeyword(tokens.at(-2), 'FORMAT') ? last.start : tokens.at(-2)!.start;
}

/**
 * Checks data of the format Values, whose fields may be expressions.
 * @throws ServerException if one of them reaches outside or reads a table.
 */
export function checkValues(data: string, tableFunctions: ReadonlySet<string>): void {
  const tokens = [...lex(data)];
  refuseReach(tokens, tableFunctions);
  if (tokens.some((token) => isKeyword(token, 'SELECT') || isMark(token, '{'))) {
    throw accessDenied('VALUES take constants and functions, no queries or parameters.');
  }
  if (tokens.slice(0, -1).some((token) => isMark(token, ';')))
    throw syntaxError('Multi-statements are not allowed.');
}

/** Reads tokens up to the end, or, for an INSERT with data, up to where the data begin. */
function readTokens(sql: string): { tokens: Token[]; end: number; insertFormat: string | undefined } {
  const tokens: Token[] = [];
  let depth = 0;
  let insertData = false;
  for (const token of lex(sql)) {
    if (isMark(tokens.at(-1), ';')) throw syntaxError('Multi-statements are not allowed.');
    tokens.push(token);
    if (isMark(token, '(')) depth++;
    if (isMark(token, ')')) depth--;
    if (tokens.length === 1) insertData = isKeyword(token, 'INSERT');
    if (!insertData || depth !== 0 || token.kind !== 'word') continue;
    if (isKeyword(token, 'SELECT') || isKeyword(token, 'WITH') || isKeyword(token, 'FROM'))
      insertData = false;
    else if (isKeyword(token, 'VALUES')) return { tokens, end: token.end, insertFormat: 'Values' };
    else if (isKeyword(tokens.at(-2), 'FORMAT')) {
      // The engine drops blanks and one line end between the format's name and the data.
      const blank = /^[ \t\f]*\r?\n?/.exec(sql.slice(token.end, token.end + 64));
      return { tokens, end: token.end + (blank?.[0].length ?? 0), insertFormat: token.text };
    }
  }
  if (isMark(tokens.at(-1), ';')) tokens.pop();
  return { tokens, end: tokens.at(-1)?.end ?? 0, insertFormat: undefined };
}

/** Replaces `{name:Identifier}` by the name that the parameter holds, so that no check is blind to it. */
function resolveIdentifiers(tokens: readonly Token[], params: ReadonlyMap<string, string>): Token[] {
  const out: Token[] = [];
  for (let i = 0; i < tokens.length; i++) {
    const [open, name, colon, type, close] = tokens.slice(i, i + 5);
    if (
      isMark(open, '{') &&
      isMark(colon, ':') &&
      isKeyword(type, 'IDENTIFIER') &&
      isMark(close, '}') &&
      name
    ) {
      const value = params.get(name.text) ?? '';
      if (!/^[A-Za-z0-9_.]*$/.test(value)) {
        throw badArguments('An Identifier parameter may hold letters, digits, _ and . only.');
      }
      value.split('.').forEach((part, index) => {
        if (index > 0) out.push({ ...open!, text: '.', kind: 'mark' });
        out.push({ ...name, text: part, kind: 'word', quoted: true });
      });
      i += 4;
    } else {
      out.push(tokens[i]!);
    }
  }
  return out;
}

function kindOf(tokens: readonly Token[]): Statement['kind'] {
  const first = tokens.find((token) => !isMark(token, '('));
  const word = first?.kind === 'word' && !first.quoted ? first.text.toUpperCase() : '';
  if (word === 'SELECT' || word === 'FROM') return 'select';
  if (word === 'WITH') {
    if (opensSelect(tokens)) return 'select';
    throw accessDenied('WITH may only open a SELECT here.');
  }
  if (first !== tokens[0]) throw syntaxError('A query was expected inside the parentheses.');
  if (ANSWERS.has(word)) return 'answer';
  if (word === 'INSERT') {
    const into = tokens.findIndex((token) => isKeyword(token, 'INTO'));
    if (tokens.slice(into + 1, into + 3).some((token) => isKeyword(token, 'FUNCTION'))) {
      throw accessDenied('INSERT INTO FUNCTION is refused.');
    }
    return tokens.some((token) => isKeyword(token, 'SELECT')) ? 'write' : 'insert';
  }
  if (word === 'KILL') return 'kill';
  if (WRITES.has(word)) return 'write';
  throw accessDenied(`Statements that begin with ${word || 'this'} are refused.`);
}

/** True if the first verb behind WITH, outside its parentheses, is SELECT: WITH may also open a statement that writes. */
function opensSelect(tokens: readonly Token[]): boolean {
  const base = tokens.findIndex((token) => !isMark(token, '('));
  let depth = 0;
  for (const token of tokens) {
    if (isMark(token, '(')) depth++;
    else if (isMark(token, ')')) depth--;
    else if (depth > base) continue;
    else if (['INSERT', 'UPDATE', 'DELETE'].some((verb) => isKeyword(token, verb))) return false;
    else if (isKeyword(token, 'SELECT') || isKeyword(token, 'FROM')) return true;
  }
  return false;
}

/** Refuses whatever reaches outside the data folder: table functions, functions of files and hosts, OUTFILE, INFILE. */
function refuseReach(tokens: readonly Token[], tableFunctions: ReadonlySet<string>): void {
  tokens.forEach((token, i) => {
    if (token.kind !== 'word') return;
    if (isKeyword(token, 'OUTFILE') || isKeyword(token, 'INFILE')) {
      throw accessDenied('INTO OUTFILE and FROM INFILE are refused.');
    }
    if (!isMark(tokens[i + 1], '(')) return;
    const name = token.text.toLowerCase();
    if (TABLE_FUNCTIONS_ALLOWED.has(name)) return;
    if (tableFunctions.has(name) || FUNCTIONS_REFUSED.test(name)) {
      throw accessDenied(`The function ${name} is refused: it reaches outside the tables of this server.`);
    }
  });
}

/** Checks every setting named after SETTINGS (`name = value`, or `name` alone for 1); a definition has more of them. */
function checkSettings(tokens: readonly Token[], inDefinition: boolean): void {
  for (let i = 0; i < tokens.length; i++) {
    if (!isKeyword(tokens[i], 'SETTINGS') && !isKeyword(tokens[i], 'SETTING')) continue;
    const before = tokens[i - 1];
    const isTable = isMark(before, '.') || isKeyword(before, 'FROM') || isKeyword(before, 'JOIN');
    if (isTable || isKeyword(before, 'SHOW') || isKeyword(before, 'CHANGED')) continue;
    for (let at = i + 1; tokens[at]?.kind === 'word'; at = afterSetting(tokens, at)) {
      const name = tokens[at]!.text;
      const known = SETTINGS_ALLOWED.test(name) || (inDefinition && TABLE_SETTINGS_ALLOWED.test(name));
      if (!known) throw accessDenied(`The setting ${name} may not be changed here.`);
    }
  }
}

/** The index after the comma that ends the setting at `at`, or after the last token of the list. */
function afterSetting(tokens: readonly Token[], at: number): number {
  let depth = 0;
  for (let i = at + 1; i < tokens.length; i++) {
    const token = tokens[i]!;
    if (token.kind !== 'mark') continue;
    if ('([{'.includes(token.text)) depth++;
    else if (')]}'.includes(token.text) && --depth < 0) return tokens.length;
    else if (token.text === ',' && depth === 0) return i + 1;
  }
  return tokens.length;
}

/** Checks what CREATE makes and which engines it names, and which SYSTEM commands are asked for. */
function checkDefinition(tokens: readonly Token[]): void {
  const verb = tokens[0]!.text.toUpperCase();
  if (verb === 'CREATE') {
    if (!CREATABLE.has(tokens[1]?.text.toUpperCase() ?? ''))
      throw accessDenied('CREATE makes tables, views and databases only.');
    const kindWords = tokens.slice(1, 5).map((token) => token.text.toUpperCase());
    if (kindWords.includes('DICTIONARY') || kindWords.includes('FUNCTION')) {
      throw accessDenied('Dictionaries and functions are refused.');
    }
  }
  if (verb === 'SYSTEM') {
    const text = tokens.map((token) => token.text.toUpperCase()).join(' ');
    if (!SYSTEM_COMMANDS.test(text)) throw accessDenied('This SYSTEM command is refused.');
  }
  if (verb !== 'CREATE') return;
  tokens.forEach((token, i) => {
    if (!isKeyword(token, 'ENGINE')) return;
    const name = isMark(tokens[i + 1], '=') ? tokens[i + 2] : tokens[i + 1];
    if (name?.kind === 'word' && !ENGINES_ALLOWED.has(name.text)) {
      throw accessDenied(`The engine ${name.text} is refused.`);
    }
  });
}

/** With the key too, the vault is copied nowhere: a statement that names it may write to vault tables only. */
function keepVaultApart(tokens: readonly Token[], kind: Statement['kind']): void {
  // SYSTEM names tables only to steer their merges.
  if (isKeyword(tokens[0], 'SYSTEM')) return;
  if (!tokens.some((token) => token.kind === 'word' && isProtectedName(token.text))) return;
  const refused = ['RENAME', 'EXCHANGE', 'MATERIALIZED', 'PARTITION', 'CLONE', 'REFRESH'];
  if (refused.some((word) => tokens.some((token) => isKeyword(token, word)))) {
    throw accessDenied('The vault may not be renamed, moved or materialised.');
  }
  const target = targetName(tokens);
  if (target === undefined || !isProtectedName(target)) {
    throw accessDenied(
      `The vault may not be ${kind === 'insert' ? 'written from' : 'copied into'} another table.`,
    );
  }
}

/** The table that a write names: after INTO, TABLE, VIEW, FROM (DELETE) or UPDATE; a database in front is skipped. */
function targetName(tokens: readonly Token[]): string | undefined {
  const openers = ['INTO', 'TABLE', 'VIEW', 'UPDATE', ...(isKeyword(tokens[0], 'DELETE') ? ['FROM'] : [])];
  let at = tokens.findIndex((token) => openers.some((word) => isKeyword(token, word))) + 1;
  const skipped = ['TABLE', 'IF', 'NOT', 'EXISTS'];
  while (at > 0 && skipped.some((word) => isKeyword(tokens[at], word))) at++;
  if (isMark(tokens[at + 1], '.')) at += 2;
  return at > 0 && tokens[at]?.kind === 'word' ? tokens[at]!.text : undefined;
}

/** A reader without the key: no vault, of `system` only its structure. */
function checkOpenRead(tokens: readonly Token[]): void {
  const shown = isKeyword(tokens[1], 'FULL') ? tokens[2] : tokens[1];
  if (isKeyword(tokens[0], 'SHOW') && !SHOW_OPEN.has(shown?.text.toUpperCase() ?? '')) {
    throw accessDenied('This SHOW needs the key of the data folder.');
  }
  tokens.forEach((token, i) => {
    if (token.kind !== 'word') return;
    if (isProtectedName(token.text)) throw accessDenied('The vault needs the key of the data folder.');
    const table = tokens[i + 2];
    if (token.text.toLowerCase() === 'system' && isMark(tokens[i + 1], '.') && table?.kind === 'word') {
      if (!SYSTEM_TABLES_OPEN.has(table.text))
        throw accessDenied(`system.${table.text} needs the key of the data folder.`);
    }
  });
}

/** The last FORMAT clause outside parentheses. */
function formatClause(tokens: readonly Token[]): { name: string; at: number } | undefined {
  let depth = 0;
  for (let i = tokens.length - 1; i > 0; i--) {
    if (isMark(tokens[i], ')')) depth++;
    else if (isMark(tokens[i], '(')) depth--;
    else if (depth === 0 && isKeyword(tokens[i - 1], 'FORMAT') && tokens[i]?.kind === 'word') {
      const after = tokens[i + 1];
      if (after === undefined || isKeyword(after, 'SETTINGS'))
        return { name: tokens[i]!.text, at: tokens[i - 1]!.start };
    }
  }
  return undefined;
}

/** KILL is taken in one form only, because the engine's own query ids are not those of the requests. */
function killTarget(sql: string, tokens: readonly Token[]): string {
  const [, query, where, column, equals, id, mode, rest] = tokens;
  const shape =
    isKeyword(query, 'QUERY') &&
    isKeyword(where, 'WHERE') &&
    isKeyword(column, 'QUERY_ID') &&
    isMark(equals, '=') &&
    id?.kind === 'string' &&
    (mode === undefined || isKeyword(mode, 'SYNC') || isKeyword(mode, 'ASYNC')) &&
    rest === undefined;
  if (!shape || id === undefined)
    throw accessDenied("KILL takes the form KILL QUERY WHERE query_id = '...' only.");
  return sql.slice(id.start, id.end);
}
