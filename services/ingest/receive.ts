/**
 * Receives one submission: its bytes onto the topic `feeds`, then a claim of its idempotency key onto `submissions`, then the
 * answer that the claims there give. The README states the protocol and why it holds.
 */
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { deriveKey } from '../../pipelines/ingest/keys.ts';
import { CHUNK_BYTES, ChunkSealer } from '../../pipelines/ingest/submission/chunks.ts';
import {
  claimOf,
  fingerprintOf,
  partitionOfKey,
  type Submission,
} from '../../pipelines/ingest/submission/table.ts';
import type { Bus, NewRecord } from '../../pipelines/log/bus.ts';
import { slotOfKey } from '../../pipelines/partition/slots.ts';
import { RastroError } from '../../schemas/errors/index.ts';
import { base32 } from '../../schemas/ids.ts';
import type { ClaimRecord, OnError } from '../../schemas/submission.ts';
import { INGEST_LIMITS } from './limits.ts';
import type { SubmissionView } from './view.ts';

export interface ReceiveRequest {
  readonly institution: string;
  readonly mapping: string;
  readonly onError: OnError;
  readonly dryRun: boolean;
  /** As the client sent it; null: it follows from the body and the options. */
  readonly idempotencyKey: string | null;
  /** As it is sent, packed or not. Ends with an error where the client is gone or too slow. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Hex SHA-256 that the client says the body has. */
  readonly sha256?: string;
}

export interface Received {
  readonly submission: Submission;
  readonly replayed: boolean;
}

export interface ReceiverOptions {
  readonly bus: Bus;
  readonly view: SubmissionView;
  /** Parent of the institutions' keys. */
  readonly rawKey: Uint8Array;
  readonly nowMs: () => number;
  readonly bodyBytesMax?: number;
}

const UPLOAD_BYTES = 17;

export class Receiver {
  readonly #options: ReceiverOptions;
  readonly #idempotency: Buffer;
  /** Bodies that are being received. */
  #open = 0;

  constructor(options: ReceiverOptions) {
    this.#options = options;
    this.#idempotency = deriveKey(options.rawKey, 'idempotency');
  }

  /**
   * Resolves when the submission is durable, or the first one with its key is known.
   * @throws RastroError RAS-HTTP-KEY-REUSED, -BODY-EMPTY, -BODY-TOO-LARGE, -CHECKSUM; of the body; of the bus
   */
  async receive(request: ReceiveRequest): Promise<Received> {
    const { view, bus } = this.#options;
    const { institution, idempotencyKey } = request;
    const keyHash = idempotencyKey === null ? null : this.#keyHash(institution, `given\0${idempotencyKey}`);
    const known = keyHash === null ? undefined : view.table.holderOf(institution, keyHash);
    // A body whose key is known is only compared.
    const upload = await this.#upload(request, known === undefined);
    const { mapping, onError, dryRun } = request;
    const { sha256, bytes } = upload;
    const ours = fingerprintOf({ sha256, mapping, onError, dryRun });
    if (known !== undefined) return this.#again(known, ours);

    const claimedKey = keyHash ?? this.#keyHash(institution, `derived\0${ours}`);
    const claim: ClaimRecord = {
      institution,
      submissionId: upload.id,
      keyHash: claimedKey,
      sha256,
      bytes,
      receivedMs: this.#options.nowMs(),
      mapping,
      onError,
      dryRun,
      chunks: upload.chunks,
    };
    const partition = partitionOfKey(institution, claimedKey, await view.partitions());
    const [offset] = await bus.append('submissions', [claimOf(claim, partition)]);
    await view.catchUpTo(partition, (offset as number) + 1);
    const holder = view.table.holderOf(institution, claimedKey);
    if (holder === undefined) throw new RastroError('RAS-HTTP-UNAVAILABLE');
    if (holder.claim.submissionId !== claim.submissionId) return this.#again(holder, ours);
    return { submission: holder, replayed: false };
  }

  #again(holder: Submission, ours: string): Received {
    if (fingerprintOf(holder.claim) === ours) return { submission: holder, replayed: true };
    throw new RastroError('RAS-HTTP-KEY-REUSED', { submission: holder.claim.submissionId });
  }

  /** Keyed: a client may put anything into its key. */
  #keyHash(institution: string, key: string): string {
    return createHmac('sha256', this.#idempotency).update(`${institution}\0${key}`).digest('hex');
  }

  async #upload(request: ReceiveRequest, isKept: boolean) {
    this.#open++;
    try {
      return await this.#pieces(request, isKept);
    } finally {
      this.#open--;
    }
  }

  async #pieces({ institution, body, sha256: told }: ReceiveRequest, isKept: boolean) {
    const { bus, rawKey, bodyBytesMax = INGEST_LIMITS.BODY_BYTES } = this.#options;
    const id = `sub_${base32(randomBytes(UPLOAD_BYTES))}`;
    const partition = slotOfKey(`${institution}/${id}`) % (await bus.partitionsOf('feeds'));
    const sealer = new ChunkSealer(rawKey, { institution, upload: id, partition });
    const hash = createHash('sha256');
    let [bytes, count, from] = [0, 0, -1];
    let waiting: Uint8Array[] = [];
    let waitingBytes = 0;
    const append = async (records: readonly NewRecord[]): Promise<number> => {
      const offsets = await bus.append('feeds', records);
      if (from === -1) from = offsets[0] as number;
      return offsets.at(-1) as number;
    };
    const piece = (): NewRecord => {
      const bytes = Buffer.concat(waiting);
      [waiting, waitingBytes] = [[], 0];
      return sealer.chunk(count++, bytes);
    };
    for await (const part of body) {
      hash.update(part);
      bytes += part.byteLength;
      if (bytes > bodyBytesMax) throw new RastroError('RAS-HTTP-BODY-TOO-LARGE', { limit: bodyBytesMax });
      if (!isKept) continue;
      for (let at = 0; at < part.byteLength; ) {
        const room = Math.max(this.#pieceBytes() - waitingBytes, 1);
        const some = part.subarray(at, at + room);
        // A copy of what is small: a piece of a socket's buffer would keep all of it.
        waiting.push(Uint8Array.from(some));
        waitingBytes += some.byteLength;
        at += some.byteLength;
        if (waitingBytes >= this.#pieceBytes()) await append([piece()]);
      }
    }
    if (bytes === 0) throw new RastroError('RAS-HTTP-BODY-EMPTY');
    const sha256 = hash.digest('hex');
    if (told !== undefined && told !== sha256) throw new RastroError('RAS-HTTP-CHECKSUM');
    if (!isKept) return { id, sha256, bytes, chunks: { partition, from: 0, to: 0, count: 0 } };
    // A small body is one request to the log.
    const rest = waitingBytes > 0 ? [piece()] : [];
    const to = await append([...rest, sealer.last({ chunks: count, bytes, sha256 })]);
    return { id, sha256, bytes, chunks: { partition, from, to, count } };
  }

  /** Bytes at which a piece of a body goes to the log. */
  #pieceBytes(): number {
    const share = Math.floor(INGEST_LIMITS.BODIES_BYTES / Math.max(this.#open, 1));
    return Math.min(CHUNK_BYTES, Math.max(share, INGEST_LIMITS.PIECE_BYTES_MIN));
  }
}
