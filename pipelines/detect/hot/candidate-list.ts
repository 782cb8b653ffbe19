/**
 * Events as of which rules could fire: (line of the subject, position in its history, words of a mask of rules), in order of
 * arrival.
 */

const FIRST_CAPACITY = 256;

/** The candidates of one subject, positions ascending. */
export interface SubjectCandidates {
  readonly positions: number[];
  /** `maskWords` words a position: bit r of word w for rule 32 w + r. */
  readonly masks: number[];
}

/** Those at `position` or later. */
export function candidatesFrom(
  { positions, masks }: SubjectCandidates,
  position: number,
  maskWords: number,
): SubjectCandidates {
  const first = positions.findIndex((each) => each >= position);
  if (first < 0) return { positions: [], masks: [] };
  return { positions: positions.slice(first), masks: masks.slice(first * maskWords) };
}

export class CandidateList {
  #lines = new Int32Array(FIRST_CAPACITY);
  #positions = new Int32Array(FIRST_CAPACITY);
  #masks: Int32Array;
  #count = 0;
  readonly #maskWords: number;

  constructor(maskWords: number) {
    this.#maskWords = maskWords;
    this.#masks = new Int32Array(FIRST_CAPACITY * maskWords);
  }

  get count(): number {
    return this.#count;
  }

  /** The mask is `masks[from ..]`. */
  push(line: number, position: number, masks: Int32Array, from: number): void {
    if (this.#count === this.#lines.length) this.#grow();
    const at = this.#count++;
    this.#lines[at] = line;
    this.#positions[at] = position;
    for (let word = 0; word < this.#maskWords; word++) {
      this.#masks[at * this.#maskWords + word] = masks[from + word] as number;
    }
  }

  /** Forgets the candidates of these subjects; returns the first position of each that had one. */
  drop(lines: { has(line: number): boolean }): Map<number, number> {
    const firsts = new Map<number, number>();
    this.#keep((i) => {
      const line = this.#lines[i] as number;
      if (!lines.has(line)) return true;
      firsts.set(line, Math.min(this.#positions[i] as number, firsts.get(line) ?? Number.POSITIVE_INFINITY));
      return false;
    });
    return firsts;
  }

  /** Forgets the candidates of a subject from position `length` on: its history became shorter. */
  cut(line: number, length: number): void {
    this.#keep((i) => this.#lines[i] !== line || (this.#positions[i] as number) < length);
  }

  /** Forgets the candidates of subjects that `isKept` does not name, and of rules outside the mask. */
  retain(mask: Int32Array, isKept: (line: number) => boolean): void {
    this.#keep((i) => {
      if (!isKept(this.#lines[i] as number)) return false;
      let left = 0;
      for (let word = 0; word < this.#maskWords; word++) {
        const at = i * this.#maskWords + word;
        this.#masks[at] = (this.#masks[at] as number) & (mask[word] as number);
        left |= this.#masks[at] as number;
      }
      return left !== 0;
    });
  }

  #keep(isKept: (i: number) => boolean): void {
    let kept = 0;
    for (let i = 0; i < this.#count; i++) {
      if (!isKept(i)) continue;
      this.#lines[kept] = this.#lines[i] as number;
      this.#positions[kept] = this.#positions[i] as number;
      const from = i * this.#maskWords;
      this.#masks.copyWithin(kept * this.#maskWords, from, from + this.#maskWords);
      kept++;
    }
    this.#count = kept;
  }

  clear(): void {
    this.#count = 0;
  }

  /** The candidates by subject; forgets them. */
  take(): Map<number, SubjectCandidates> {
    const bySubject = new Map<number, SubjectCandidates>();
    for (let i = 0; i < this.#count; i++) {
      const line = this.#lines[i] as number;
      let found = bySubject.get(line);
      if (found === undefined) {
        found = { positions: [], masks: [] };
        bySubject.set(line, found);
      }
      found.positions.push(this.#positions[i] as number);
      for (let word = 0; word < this.#maskWords; word++) {
        found.masks.push(this.#masks[i * this.#maskWords + word] as number);
      }
    }
    this.#count = 0;
    for (const [line, found] of bySubject) {
      if (!isAscending(found.positions)) bySubject.set(line, this.#sorted(found));
    }
    return bySubject;
  }

  /** Late events make candidates of events that came before them: each position once, with all that was said of it. */
  #sorted({ positions, masks }: SubjectCandidates): SubjectCandidates {
    const maskOf = new Map<number, number[]>();
    for (const [i, position] of positions.entries()) {
      const mask = maskOf.get(position) ?? Array.from({ length: this.#maskWords }, () => 0);
      for (let word = 0; word < this.#maskWords; word++) {
        mask[word] = (mask[word] as number) | (masks[i * this.#maskWords + word] as number);
      }
      maskOf.set(position, mask);
    }
    const sorted = [...maskOf.keys()].sort((a, b) => a - b);
    return { positions: sorted, masks: sorted.flatMap((position) => maskOf.get(position) as number[]) };
  }

  #grow(): void {
    const grown = (array: Int32Array) => {
      const fresh = new Int32Array(2 * array.length);
      fresh.set(array);
      return fresh;
    };
    this.#lines = grown(this.#lines);
    this.#positions = grown(this.#positions);
    this.#masks = grown(this.#masks);
  }
}

function isAscending(positions: readonly number[]): boolean {
  return positions.every((position, i) => i === 0 || position > (positions[i - 1] as number));
}
