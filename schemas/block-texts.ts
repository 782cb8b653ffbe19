/** The two dictionaries of a block while it is built: texts get codes in the order in which they are met. */
import { type Data, makeData, Utf8, Vector } from 'apache-arrow';
import { TEXT_NULL } from './facts.ts';

/** Where the ids of a batch of facts lead. Equal texts have equal ids. */
export interface FactTexts {
  text(id: number): string;
  setOf(id: number): readonly string[];
  /** UTF-8 bytes of a text. */
  sizeOf(id: number): number;
  /** Writes a text in UTF-8 to `at`; returns what is behind it. */
  write(id: number, to: Uint8Array, at: number): number;
}

const UTF8 = new Utf8();
const FIRST_IDS = 4_096;

/** A column of texts. One write for the whole column where it is plain ASCII, as nearly all are; else value by value. */
export function textData(values: readonly string[]): Data<Utf8> {
  const joined = values.join('');
  const bytes = Buffer.from(joined, 'utf8');
  const isAscii = bytes.length === joined.length;
  const valueOffsets = new Int32Array(values.length + 1);
  let end = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as string;
    end += isAscii ? value.length : Buffer.byteLength(value);
    valueOffsets[i + 1] = end;
  }
  const data = isAscii ? bytes : Buffer.concat(values.map((value) => Buffer.from(value, 'utf8')));
  return makeData({ type: UTF8, length: values.length, nullCount: 0, valueOffsets, data });
}

/** Codes by text id while a block is built; whoever builds many blocks over one dictionary keeps it for the next. */
export class CodeTable {
  /** 0 where there is no code yet. */
  #codes = new Int32Array(FIRST_IDS);
  readonly #used: number[] = [];

  get(id: number): number {
    return id < this.#codes.length ? (this.#codes[id] as number) : 0;
  }

  set(id: number, code: number): void {
    if (id >= this.#codes.length) {
      const grown = new Int32Array(2 * id);
      grown.set(this.#codes);
      this.#codes = grown;
    }
    this.#codes[id] = code;
    this.#used.push(id);
  }

  clear(): void {
    for (const id of this.#used) this.#codes[id] = 0;
    this.#used.length = 0;
  }
}

/** The dictionary of a block, text by text. */
export class BlockTexts {
  readonly #texts: FactTexts;
  /** Entry 0 is none. */
  readonly #entries: string[] = [''];
  readonly #codes = new Map<string, number>([['', 0]]);
  readonly #ofId: CodeTable;
  /** Codes by set id of the batch. */
  readonly #ofSet: number[] = [];

  constructor(texts: FactTexts, table: CodeTable = new CodeTable()) {
    this.#texts = texts;
    this.#ofId = table;
    table.clear();
  }

  get size(): number {
    return this.#entries.length;
  }

  code(text: string): number {
    const known = this.#codes.get(text);
    if (known !== undefined) return known;
    const code = this.#entries.push(text) - 1;
    this.#codes.set(text, code);
    return code;
  }

  codeOfId(id: number): number {
    if (id === TEXT_NULL) return 0;
    const known = this.#ofId.get(id);
    if (known !== 0) return known;
    const code = this.code(this.#texts.text(id));
    this.#ofId.set(id, code);
    return code;
  }

  codeOfSet(id: number): number {
    const known = this.#ofSet[id];
    if (known !== undefined) return known;
    const members = this.#texts.setOf(id);
    const code = members.length === 0 ? 0 : this.code(JSON.stringify(members));
    this.#ofSet[id] = code;
    return code;
  }

  vector(): Vector<Utf8> {
    return new Vector([textData(this.#entries)]);
  }
}

/** A dictionary of which every text is asked for by its id: no text becomes a string. */
export class BlockKeys {
  readonly #texts: FactTexts;
  /** By code; code 0 is none, and has no id. */
  readonly #ids: number[] = [TEXT_NULL];
  readonly #ofId: CodeTable;

  constructor(texts: FactTexts, table: CodeTable) {
    this.#texts = texts;
    this.#ofId = table;
    table.clear();
  }

  get size(): number {
    return this.#ids.length;
  }

  codeOfId(id: number): number {
    if (id === TEXT_NULL) return 0;
    const known = this.#ofId.get(id);
    if (known !== 0) return known;
    const code = this.#ids.push(id) - 1;
    this.#ofId.set(id, code);
    return code;
  }

  vector(): Vector<Utf8> {
    const ids = this.#ids;
    const valueOffsets = new Int32Array(ids.length + 1);
    for (let code = 1, end = 0; code < ids.length; code++) {
      end += this.#texts.sizeOf(ids[code] as number);
      valueOffsets[code + 1] = end;
    }
    const data = Buffer.allocUnsafe(valueOffsets[ids.length] as number);
    for (let code = 1, at = 0; code < ids.length; code++)
      at = this.#texts.write(ids[code] as number, data, at);
    return new Vector([makeData({ type: UTF8, length: ids.length, nullCount: 0, valueOffsets, data })]);
  }
}
