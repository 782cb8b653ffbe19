/**
 * Splits a statement into tokens exactly where the engine does, or refuses it.
 *
 * The guard is only as good as its agreement with the engine's own lexer, so every construct on which the two could
 * differ (heredocs, curly quotes, `#` and `//` comments, backslashes inside quoted names, bytes outside ASCII that stand
 * outside quotes) is refused instead of imitated.
 */
import { syntaxError } from '../exception.ts';

export interface Token {
  /** `word`: keyword, bare or quoted name, number. `string`: a literal. `mark`: one punctuation character. */
  readonly kind: 'word' | 'string' | 'mark';
  /** The word without quotes; the mark itself; for a string its raw inside, escapes untouched. */
  readonly text: string;
  /** True for `"name"` and `` `name` ``: never a keyword. */
  readonly quoted: boolean;
  /** Offsets of the first character and of the one after the last. */
  readonly start: number;
  readonly end: number;
}

const SPACE = /[ \t\r\n\f\v]/;
const WORD = /[A-Za-z0-9_]/;
/** Marks that no statement of ours needs and that the engine may read as a quote, comment or delimiter. */
const REFUSED_MARKS = new Set(['$', '#', '\\', '\0']);

/**
 * The tokens of `sql`, lazily: an INSERT is followed by data that must not be read as SQL, and its reader stops in time.
 * @param sql the statement, one character per byte (latin1), so that offsets are byte offsets.
 * @throws ServerException SYNTAX_ERROR on an open quote or comment and on anything the guard does not imitate.
 */
export function* lex(sql: string): Generator<Token> {
  let at = 0;
  while (at < sql.length) {
    const c = sql[at]!;
    const next = sql[at + 1];
    if (SPACE.test(c)) {
      at++;
    } else if (c === '-' && next === '-') {
      const newline = sql.indexOf('\n', at);
      at = newline < 0 ? sql.length : newline + 1;
    } else if (c === '/' && next === '*') {
      const close = sql.indexOf('*/', at + 2);
      if (close < 0) throw syntaxError('A comment is not closed.');
      at = close + 2;
    } else if (c === "'" || c === '"' || c === '`') {
      const end = closingQuote(sql, at);
      const inside = sql.slice(at + 1, end - 1);
      if (c !== "'" && (inside.includes('\\') || inside.includes(c))) {
        throw syntaxError('Escapes inside a quoted name are not supported.');
      }
      yield { kind: c === "'" ? 'string' : 'word', text: inside, quoted: true, start: at, end };
      at = end;
    } else if (WORD.test(c)) {
      let end = at + 1;
      while (end < sql.length && WORD.test(sql[end]!)) end++;
      yield { kind: 'word', text: sql.slice(at, end), quoted: false, start: at, end };
      at = end;
    } else if (REFUSED_MARKS.has(c) || c > '~' || c < ' ' || (c === '/' && next === '/')) {
      throw syntaxError(`The character at byte ${at} is not supported outside quotes.`);
    } else {
      yield { kind: 'mark', text: c, quoted: false, start: at, end: at + 1 };
      at++;
    }
  }
}

/** The offset after the quote that closes the one at `start`; `''` and `\'` do not close. */
function closingQuote(sql: string, start: number): number {
  const quote = sql[start];
  for (let at = start + 1; at < sql.length; at++) {
    if (sql[at] === '\\') at++;
    else if (sql[at] === quote) {
      if (sql[at + 1] !== quote) return at + 1;
      at++;
    }
  }
  throw syntaxError('A quote is not closed.');
}

/** True if the token is the keyword `upper` (a quoted name never is). */
export function isKeyword(token: Token | undefined, upper: string): boolean {
  return token?.kind === 'word' && !token.quoted && token.text.toUpperCase() === upper;
}

/** True if the token is the punctuation character `mark`. */
export function isMark(token: Token | undefined, mark: string): boolean {
  return token?.kind === 'mark' && token.text === mark;
}
