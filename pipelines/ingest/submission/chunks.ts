/**
 * A submission's body in pieces: AES-256-GCM under its institution's key, each bound to the upload, its number and whether it is
 * the last. The last one is empty and says how many there were, how many bytes, and their hash; an upload without it never
 * ended, and nobody has a claim that names it.
 */
import { z } from 'zod';
import { RastroError } from '../../../schemas/errors/index.ts';
import { TOPIC_VALUE_BYTES } from '../../../schemas/topics.ts';
import type { NewRecord, TopicRecord } from '../../log/bus.ts';
import { PieceSealer } from '../vault.ts';

/** Plain bytes of a piece at most: sealed and with its headers it stays below `TOPIC_VALUE_BYTES`. */
export const CHUNK_BYTES = TOPIC_VALUE_BYTES - 16 * 1024;

export const trailer = z.strictObject({
  chunks: z.int().min(0),
  bytes: z.int().min(0),
  sha256: z.string(),
});
export type Trailer = z.infer<typeof trailer>;

/** Header of a record: which upload it is of. */
const UPLOAD = 'upload';
const NUMBER = 'chunk';

export class ChunkSealer {
  readonly #sealer: PieceSealer;
  readonly #institution: string;
  readonly #upload: string;
  readonly #partition: number;

  constructor(rawKey: Uint8Array, of: { institution: string; upload: string; partition: number }) {
    this.#sealer = new PieceSealer(rawKey, of.institution);
    this.#institution = of.institution;
    this.#upload = of.upload;
    this.#partition = of.partition;
  }

  chunk(number: number, bytes: Uint8Array): NewRecord {
    return this.#record(String(number), bytes);
  }

  last(totals: Trailer): NewRecord {
    return this.#record('last', Buffer.from(JSON.stringify(totals), 'utf8'));
  }

  #record(number: string, bytes: Uint8Array): NewRecord {
    return {
      partition: this.#partition,
      key: `${this.#institution}/${this.#upload}`,
      headers: { [UPLOAD]: this.#upload, [NUMBER]: number },
      value: this.#sealer.seal(`${this.#upload}\0${number}`, bytes),
    };
  }
}

/**
 * The body that was uploaded, from the records between its first and its last. Other uploads lie between them.
 * @throws RastroError RAS-SUBMISSION-GONE where a piece is missing, RAS-FEED-VAULT-OPEN where one was changed.
 */
export async function* openChunks(
  rawKey: Uint8Array,
  of: { readonly institution: string; readonly upload: string; readonly count: number },
  records: AsyncIterable<TopicRecord>,
): AsyncGenerator<Uint8Array> {
  const sealer = new PieceSealer(rawKey, of.institution);
  let next = 0;
  for await (const { headers, value } of records) {
    if (headers[UPLOAD] !== of.upload || value === null) continue;
    const number = headers[NUMBER] ?? '';
    if (number === 'last') break;
    if (number !== String(next)) throw new RastroError('RAS-SUBMISSION-GONE');
    next += 1;
    yield sealer.open(`${of.upload}\0${number}`, value);
  }
  if (next !== of.count) throw new RastroError('RAS-SUBMISSION-GONE');
}
