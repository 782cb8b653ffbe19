/** The two dictionaries of a block while it is built: texts get codes in the order in which they are met. */
import { type Data, makeData, Utf8, Vector } from 'apache-arrow';
import { TEXT_NULL } from './facts.ts';

/** Where the ids of a batch of facts lead. */
export interface FactTexts {
  text(id: number): string;
  setOf(id: number): readonly string[];
}

const UTF8 = new Utf8();

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

export class BlockTexts {
  readonly #texts: FactTexts;
  /** Entry 0 is none. */
  readonly #entries: string[] = [''];
  readonly #codes = new Map<string, number>([['', 0]]);
  /** Codes by text id and by set id of the batch; 0 where there is none yet. */
  readonly #ofId: number[] = [];
  readonly #ofSet: number[] = [];

  constructor(texts: FactTexts) {
    this.#texts = texts;
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
    const known = this.#ofId[id];
    if (known !== undefined) return known;
    const code = this.code(this.#texts.text(id));
    this.#ofId[id] = code;
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
