/**
 * A YAML file as data and as text: every path of the data, and every offset inside a string of it, has a line and a
 * column.
 */
import {
  type Document,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  type Scalar,
} from 'yaml';

export interface Position {
  /** 1-based. */
  readonly line: number;
  /** 1-based. */
  readonly col: number;
}

export interface YamlProblem extends Position {
  readonly message: string;
}

type Path = readonly PropertyKey[];

export class YamlSource {
  readonly problems: readonly YamlProblem[];
  /** The document as plain data; undefined when the text is not YAML. */
  readonly data: unknown;
  readonly #text: string;
  readonly #document: Document;
  readonly #lines = new LineCounter();

  constructor(text: string) {
    this.#text = text;
    this.#document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false });
    this.problems = [...this.#document.errors, ...this.#document.warnings].map((problem) => ({
      ...this.#at(problem.pos[0]),
      message: problem.message,
    }));
    this.data = this.problems.length === 0 ? this.#document.toJS() : undefined;
  }

  /** Where the value at `path` stands; for a path that is not there, its nearest ancestor. */
  position(path: Path): Position {
    let node: unknown = this.#document.contents;
    let offset = startOf(node) ?? 0;
    for (const key of path) {
      const pair = pairOf(node, key);
      if (isSeq(node)) node = node.items[Number(key)];
      else if (pair === undefined) break;
      else {
        offset = startOf(pair.key) ?? offset;
        node = pair.value;
      }
      offset = startOf(node) ?? offset;
    }
    return this.#at(offset);
  }

  /** Where the key at the end of `path` stands. */
  keyPosition(path: Path): Position {
    const parent = this.#nodeAt(path.slice(0, -1));
    const key = path[path.length - 1];
    const pair = key === undefined ? undefined : pairOf(parent, key);
    const offset = startOf(pair?.key);
    return offset === null ? this.position(path) : this.#at(offset);
  }

  /** The last key of the document's root; undefined where it is no map. */
  lastKey(): string | undefined {
    const root: unknown = this.#document.contents;
    const key = isMap(root) ? root.items.at(-1)?.key : undefined;
    return isScalar(key) ? String(key.value) : undefined;
  }

  /** Where the character `offset` of the string at `path` stands in the file. */
  positionInside(path: Path, offset: number): Position {
    const node = this.#nodeAt(path);
    if (!isScalar(node) || node.range === null || node.range === undefined) return this.position(path);
    return this.#at(sourceOffset(this.#text, node, offset));
  }

  #nodeAt(path: Path): unknown {
    let node: unknown = this.#document.contents;
    for (const key of path) node = isSeq(node) ? node.items[Number(key)] : pairOf(node, key)?.value;
    return node;
  }

  #at(offset: number): Position {
    const { line, col } = this.#lines.linePos(offset);
    return { line: Math.max(line, 1), col: Math.max(col, 1) };
  }
}

function startOf(node: unknown): number | null {
  return isNode(node) ? ((node as Node).range?.[0] ?? null) : null;
}

function pairOf(node: unknown, key: PropertyKey): Pair | undefined {
  if (!isMap(node)) return undefined;
  return node.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === String(key));
}

const BLANK = /\s/;

/**
 * Offset in the file of character `offset` of a string's value. Folding and quoting change blanks and add escapes but
 * keep the sequence of the other characters, so both texts are walked by these.
 */
function sourceOffset(text: string, node: Scalar, offset: number): number {
  const [start, end] = node.range as [number, number, number];
  const value = String(node.value);
  let at = start;
  const block = node.type === 'BLOCK_FOLDED' || node.type === 'BLOCK_LITERAL';
  const quote = node.type === 'QUOTE_SINGLE' ? "'" : node.type === 'QUOTE_DOUBLE' ? '"' : '';
  if (block) at = text.indexOf('\n', start) + 1;
  else if (quote !== '') at += 1;
  let wanted = 0;
  for (let i = 0; i < offset; i++) if (!BLANK.test(value[i] ?? ' ')) wanted++;
  for (let seen = 0; at < end; at++) {
    const char = text[at] ?? ' ';
    if (BLANK.test(char)) continue;
    if (seen === wanted) return at;
    // An escape stands for one character.
    if (quote === "'" && char === "'" && text[at + 1] === "'") at++;
    if (quote === '"' && char === '\\') at++;
    seen++;
  }
  return at;
}
