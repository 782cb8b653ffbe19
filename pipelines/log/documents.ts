/**
 * The documents of admitted rows, read back from where they lie: a row is a place in a block of the log, or, where it was
 * stamped anew, a unit of a cold file (what the log holds is how it came in). A bounded number is kept as objects.
 */

import type { Steps } from '../../rules/compiler/index.ts';
import {
  type DocumentPlaces,
  documentAt,
  documentPlaces,
  parseDocument,
} from '../../schemas/block-documents.ts';
import type { Transaction } from '../../schemas/transaction.ts';
import type { CheckpointIn, CheckpointOut } from '../recovery/checkpoint-image.ts';
import { COLD_LIMITS, type ColdFile } from '../state/cold-file.ts';
import type { BlockLog } from './port.ts';

/** Documents kept as objects, some 2 KB each: the evidence of the alerts of a flush, mostly. */
export const DOCUMENTS_KEPT = 4_096;

const FIRST_UNIT_BYTES = 4_096;

interface LogBlock {
  readonly first: number;
  readonly offset: number;
  readonly places: DocumentPlaces;
}

interface RenewedRows {
  readonly first: number;
  /** Of each row, its unit in the cold file. */
  readonly positions: Float64Array;
}

type Words = readonly [first: number, offset: number, offsetsAt: number, textsAt: number];
const BLOCK_WORDS = 4;
/** In the place of an offset. */
const RENEWED = -1;

const wordsOf = (block: LogBlock | RenewedRows): Words =>
  'positions' in block
    ? [block.first, RENEWED, 0, 0]
    : [block.first, block.offset, block.places.offsetsAt, block.places.textsAt];

export class Documents {
  readonly #log: Pick<BlockLog, 'readPart'>;
  readonly #renewed: ColdFile;
  /** By their first row, ascending. */
  readonly #blocks: (LogBlock | RenewedRows)[] = [];
  /** In the order in which they were last asked for. */
  readonly #kept = new Map<number, Transaction>();
  #rows = 0;
  #unit = new Uint8Array(FIRST_UNIT_BYTES);

  constructor(log: Pick<BlockLog, 'readPart'>, renewed: ColdFile) {
    this.#log = log;
    this.#renewed = renewed;
  }

  /** The rows of a block of the log follow. @throws RastroError RAS-ENGINE-BLOCK-CORRUPT */
  addBlock(block: Uint8Array, offset: number, rows: number): void {
    if (rows === 0) return;
    this.#blocks.push({ first: this.#rows, offset, places: documentPlaces(block) });
    this.#rows += rows;
  }

  /** Rows that were stamped anew follow; `docs` are their documents. */
  addRenewed(docs: readonly string[]): void {
    const positions = Float64Array.from(docs, (doc) => this.#renewed.append(Buffer.from(doc, 'utf8')));
    this.#blocks.push({ first: this.#rows, positions });
    this.#rows += docs.length;
  }

  /** Writes where the documents lie; log and cold file are saved by who holds them. */
  *save(out: CheckpointOut): Steps<void> {
    yield* out.numbers('documents', this.#rows);
    yield* out.array('blocks', Float64Array.from(this.#blocks.flatMap(wordsOf)));
    for (const block of this.#blocks) if ('positions' in block) yield* out.array('renewed', block.positions);
  }

  /** Goes on with what `save` wrote; nothing was added so far. @throws CheckpointDamage */
  load(from: CheckpointIn): void {
    [this.#rows = 0] = from.numbers('documents');
    const words = from.array('blocks', Float64Array);
    for (let at = 0; at < words.length; at += BLOCK_WORDS) {
      const [first, offset, offsetsAt, textsAt] = words.subarray(at, at + BLOCK_WORDS) as unknown as Words;
      this.#blocks.push(
        offset === RENEWED
          ? { first, positions: from.array('renewed', Float64Array) }
          : { first, offset, places: { offsetsAt, textsAt } },
      );
    }
  }

  /** The document of a row. @throws RastroError RAS-ENGINE-BLOCK-CORRUPT, or of the log or the cold file. */
  of(row: number): Transaction {
    const known = this.#kept.get(row);
    if (known !== undefined) this.#kept.delete(row);
    const found = known ?? this.read(row);
    this.#kept.set(row, found);
    if (this.#kept.size > DOCUMENTS_KEPT) {
      const [oldest] = this.#kept.keys();
      this.#kept.delete(oldest as number);
    }
    return found;
  }

  /** As `of`, for who goes through many and asks for none again. */
  read(row: number): Transaction {
    const block = this.#blockOf(row);
    if ('positions' in block)
      return parseDocument(this.#unitAt(block.positions[row - block.first] as number));
    const { first, offset, places } = block;
    return documentAt(row - first, places, (start, length) => this.#log.readPart(offset, start, length));
  }

  #unitAt(position: number): Uint8Array {
    for (;;) {
      const length = this.#renewed.read(position, this.#unit);
      if (length <= this.#unit.length) return this.#unit.subarray(0, length);
      this.#unit = new Uint8Array(Math.min(2 * length, COLD_LIMITS.UNIT_BYTES));
    }
  }

  #blockOf(row: number): LogBlock | RenewedRows {
    let from = 0;
    let until = this.#blocks.length;
    while (until - from > 1) {
      const middle = (from + until) >>> 1;
      if ((this.#blocks[middle] as LogBlock).first <= row) from = middle;
      else until = middle;
    }
    const block = this.#blocks[from];
    if (block === undefined || row < 0 || row >= this.#rows) throw new RangeError(`no row ${row}`);
    return block;
  }
}
