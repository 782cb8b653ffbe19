/** Which rows the open block holds, by their identity: nobody else knows them yet. */
import type { Seen } from '../../detect/hot/row-ledger.ts';
import { HASH_WORDS } from '../../facts/batch.ts';

const NONE = -1;

/** What of the open block is compared, row by row. */
interface RowWords {
  readonly version: Uint32Array;
  readonly hash: Uint32Array;
}

export class KeptRows {
  readonly #words: RowWords;
  /** Place of the row kept last, by id. */
  readonly #last = new Map<string, number>();
  /** Of each place, that of the row with the same id kept before it. */
  readonly #before: Int32Array;
  readonly #institutions: string[];

  constructor(rows: number, words: RowWords) {
    this.#words = words;
    this.#before = new Int32Array(rows);
    this.#institutions = new Array<string>(rows).fill('');
  }

  put(place: number, institution: string, id: string): void {
    this.#before[place] = this.#last.get(id) ?? NONE;
    this.#institutions[place] = institution;
    this.#last.set(id, place);
  }

  /** What the row at `place`, which is not kept yet, is beside the kept ones. */
  seen(place: number, institution: string, id: string): Seen {
    const { version } = this.#words;
    let kept = this.#last.get(id) ?? NONE;
    while (kept !== NONE && (this.#institutions[kept] !== institution || version[kept] !== version[place]))
      kept = this.#before[kept] as number;
    return kept === NONE ? 'new' : this.#hasSameHash(kept, place) ? 'duplicate' : 'conflict';
  }

  #hasSameHash(a: number, b: number): boolean {
    const { hash } = this.#words;
    for (let word = 0; word < HASH_WORDS; word++)
      if (hash[HASH_WORDS * a + word] !== hash[HASH_WORDS * b + word]) return false;
    return true;
  }

  clear(): void {
    this.#last.clear();
  }
}
