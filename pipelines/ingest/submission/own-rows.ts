/**
 * Which rows a submission has brought already, by fingerprints: 64 bits of the identity, 64 of the content hash. One false match
 * is expected in billions of rows, and it is reported, never silent: the row counts as a duplicate or as a conflict.
 */
import type { RowLedger, Seen } from '../../detect/hot/row-ledger.ts';
import { mix, SightingTable, TextHash } from '../fingerprint.ts';

export class OwnRows implements Pick<RowLedger, 'seen'> {
  readonly #table = new SightingTable();
  readonly #text = new TextHash();

  /** Remembers the row, unless one with its identity is known. */
  seen(
    institution: string,
    bytes: Uint8Array,
    start: number,
    end: number,
    version: number,
    hash: Uint32Array,
    at: number,
  ): Seen {
    const text = this.#text;
    text.of(institution, version);
    let [a, b] = [mix(text.a), text.b];
    for (let i = start; i < end; i++) {
      const code = bytes[i] as number;
      a = Math.imul(a ^ code, 0x01000193);
      b = Math.imul(b + code, 0x5bd1e995) ^ (b >>> 15);
    }
    const sighting = this.#table.see(
      mix(a ^ (end - start)),
      mix(b),
      hash[at] as number,
      hash[at + 1] as number,
    );
    return sighting === 'new' ? 'new' : sighting === 'same' ? 'duplicate' : 'conflict';
  }
}
