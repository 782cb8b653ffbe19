/**
 * Checkpoints of one partition of `transactions` on this machine: which one may be gone on from, when the next one is due, and its
 * writing. The folder is the partition's, whatever process works on it; whoever finds it in use works without.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { KeptStage } from '../../pipelines/engine/detect-stage.ts';
import type { Bus, PartitionRange, TopicRecord } from '../../pipelines/log/bus.ts';
import {
  type CheckpointIdentity,
  type LogPlace,
  misfit,
  type RefusalReason,
} from '../../pipelines/recovery/checkpoint.ts';
import { RastroError } from '../../schemas/errors/index.ts';
import {
  type CheckpointManifest,
  type CheckpointSource,
  Checkpoints,
  type CheckpointWrite,
} from '../state/checkpoints.ts';
import { FolderLock } from './folder-lock.ts';
import { WORKER_LIMITS } from './limits.ts';
import type { PartitionState } from './partition-state.ts';

/** Where both logs of a partition are gone on with. */
export interface PartitionPlaces extends Readonly<Record<string, LogPlace>> {
  readonly transactions: LogPlace;
  readonly signals: LogPlace;
}

/** The two logs and the store, as a partition finds them when it comes. */
export interface PartitionLogs {
  readonly bus: Pick<Bus, 'read'>;
  readonly transactions: PartitionRange;
  readonly signals: PartitionRange;
  readonly markedUntil: number;
}

export interface CheckpointEvents {
  /** What was read says another thing than what is wanted, or is damaged. */
  refused(reason: RefusalReason, offset: number): void;
  /** `bytes`: of the image. */
  written(offset: number, bytes: number, ms: number): void;
  failed(code: string): void;
}

export interface PartitionCheckpointsOptions {
  /** The partition's, on the disk on which its state lies. */
  readonly folder: string;
  readonly identity: CheckpointIdentity;
  readonly everyMs: number;
  readonly events: CheckpointEvents;
}

/** One that is gone on from. */
export interface FoundCheckpoint<T> {
  readonly state: T;
  readonly places: PartitionPlaces;
}

/** What says that a record is the one that was read. */
export function digestOf({ key, headers, value }: Pick<TopicRecord, 'key' | 'headers' | 'value'>): string {
  const names = Object.keys(headers).sort();
  const hash = createHash('sha256').update(JSON.stringify([key, names.map((name) => [name, headers[name]])]));
  if (value !== null) hash.update(value);
  return hash.digest('hex').slice(0, 32);
}

const keyOf = ({ offset, imageBytes, checksums }: CheckpointManifest) =>
  `${offset} ${imageBytes} ${checksums[0]}`;

export class PartitionCheckpoints {
  readonly #options: PartitionCheckpointsOptions;
  #lock: FolderLock | undefined;
  #checkpoints: Checkpoints | undefined;
  /** When the last one was begun, by a clock that only goes forward, and how long the partition waited for it. */
  #beganMs = performance.now();
  #pauseMs = 0;
  #bytes = 0;
  /** Offset behind the last record of `transactions` in the newest one. */
  #offset = -1;
  #sinceMs: number;
  /** An end that `signals` had, and when. */
  #end: { readonly offset: number; readonly atMs: number } | undefined;

  /** `sinceMs`: when the ends of the logs were looked up. */
  constructor(options: PartitionCheckpointsOptions, sinceMs: number) {
    this.#options = options;
    this.#sinceMs = sinceMs;
    this.#open();
  }

  /** The state as of the newest checkpoint that goes with logs and store. */
  async restore<T>(
    logs: PartitionLogs,
    load: (source: CheckpointSource) => T,
  ): Promise<FoundCheckpoint<T> | undefined> {
    const checkpoints = this.#open();
    if (checkpoints === undefined) return undefined;
    const { identity, events } = this.#options;
    const objections = new Map<string, RefusalReason | undefined>();
    for (const manifest of checkpoints.manifests)
      if (misfit(manifest, identity) === undefined)
        objections.set(keyOf(manifest), await this.#objection(manifest, logs));
    const { found, refused } = checkpoints.restore({
      identity,
      objection: (manifest) => objections.get(keyOf(manifest)),
      load,
    });
    for (const { reason, number } of refused) events.refused(reason, number);
    if (found === undefined) return undefined;
    const { state, manifest } = found;
    const places = manifest.places as PartitionPlaces;
    this.#offset = manifest.offset;
    this.#sinceMs = places.signals.sinceMs;
    this.#bytes = manifest.imageBytes;
    return { state, places };
  }

  /** What one refers to is damaged: the next process begins with the log. */
  drop(): void {
    this.#checkpoints?.drop();
  }

  /** Milliseconds for which what came since is in none; 0 where nothing came. `offset`: behind the last record. */
  ageMs(offset: number): number {
    return offset === this.#offset ? 0 : performance.now() - this.#beganMs;
  }

  /** Bytes of the newest image. */
  get bytes(): number {
    return this.#bytes;
  }

  /** `offset`: behind the last record of `transactions` that was taken in; `bytes`: what came since the last one. */
  isDue(offset: number, bytes: number): boolean {
    const sinceMs = performance.now() - this.#beganMs;
    // What followed must not be compacted: a state that does not change is written again now and then.
    if (offset === this.#offset) return Date.now() - this.#sinceMs > WORKER_LIMITS.CHECKPOINT_AGE_MS / 4;
    if (sinceMs < WORKER_LIMITS.CHECKPOINT_REST * this.#pauseMs) return false;
    return sinceMs >= this.#options.everyMs || bytes >= WORKER_LIMITS.CHECKPOINT_BYTES;
  }

  /** `signals` ended at `offset`: what comes there or behind it comes after `atMs`. */
  sawEnd(offset: number, atMs: number): void {
    this.#end ??= { offset, atMs };
  }

  /** When what follows a record of `signals` was appended at the earliest. */
  sinceMs(offset: number): number {
    if (this.#end !== undefined && this.#end.offset <= offset + 1) {
      this.#sinceMs = this.#end.atMs;
      this.#end = undefined;
    }
    return this.#sinceMs;
  }

  /**
   * Writes the image; nothing may change of the state until that is done. Others have their turn meanwhile. Undefined where it was not
   * to be written: the folder is another process's, or the disk refuses.
   */
  async write(
    state: PartitionState,
    kept: KeptStage,
    places: PartitionPlaces,
  ): Promise<CheckpointWrite | undefined> {
    const { identity } = this.#options;
    const began = performance.now();
    this.#beganMs = began;
    let write: CheckpointWrite | undefined;
    try {
      if (this.#lock?.renew() === false) this.#checkpoints = undefined;
      write = this.#open()?.begin({
        identity,
        offset: places.transactions.from,
        places,
        save: (out) => state.save(out, kept),
        cold: state.cold,
      });
      if (write === undefined) return undefined;
      while (write.steps.next().done !== true) await setImmediate();
    } catch (error) {
      write?.abandon();
      this.#failed(error);
      return undefined;
    } finally {
      this.#pauseMs = performance.now() - began;
    }
    return write;
  }

  /** Makes it the newest; false where the disk refuses. */
  async finish({ finish, abandon }: CheckpointWrite): Promise<boolean> {
    try {
      const { offset, imageBytes } = await finish();
      this.#offset = offset;
      this.#bytes = imageBytes;
      this.#options.events.written(offset, imageBytes, performance.now() - this.#beganMs);
      return true;
    } catch (error) {
      abandon();
      this.#failed(error);
      return false;
    }
  }

  close(): void {
    this.#lock?.release();
    this.#lock = undefined;
  }

  #open(): Checkpoints | undefined {
    const { folder } = this.#options;
    if (this.#checkpoints !== undefined) return this.#checkpoints;
    this.#lock = FolderLock.take(folder);
    if (this.#lock !== undefined) this.#checkpoints = new Checkpoints(join(folder, 'generations'));
    return this.#checkpoints;
  }

  /** A partition can do without: what a disk says against one is no reason to stop. */
  #failed(error: unknown): void {
    if (!RastroError.is(error) || !error.code.startsWith('RAS-ENGINE-STATE-')) throw error;
    this.#options.events.failed(error.code);
  }

  async #objection(manifest: CheckpointManifest, logs: PartitionLogs): Promise<RefusalReason | undefined> {
    const { transactions, signals } = manifest.places as PartitionPlaces;
    const places = [
      ['transactions', transactions],
      ['signals', signals],
    ] as const;
    for (const [topic, { from, last }] of places) {
      const { begin, end } = logs[topic];
      if (from > end || (last?.offset ?? -1) >= end) return 'log';
      if (from < begin) return 'offset';
    }
    if (logs.markedUntil < transactions.from - 1) return 'store';
    const isOld = Date.now() - signals.sinceMs > WORKER_LIMITS.CHECKPOINT_AGE_MS;
    if (isOld && signals.from < logs.signals.end) return 'age';
    for (const [topic, { last }] of places) {
      // What retention has deleted was there: a topic that was made anew begins at the beginning.
      if (last === null || last.offset < logs[topic].begin) continue;
      let digest: string | undefined;
      const { partition } = this.#options.identity;
      for await (const record of logs.bus.read(topic, partition, last.offset, last.offset + 1))
        digest = digestOf(record);
      if (digest !== last.digest) return 'log';
    }
    return undefined;
  }
}
