/**
 * What a worker holds of one partition of `transactions`: its detection, the rows' documents, and what the log says besides rows.
 * A checkpoint is this, and what the detect stage has told; what `signals` says is read again.
 */
import { join } from 'node:path';
import type { KeptStage, ToldSource } from '../../pipelines/engine/detect-stage.ts';
import { Documents } from '../../pipelines/log/documents.ts';
import type { Partition } from '../../pipelines/partition/owned-keys.ts';
import type { CheckpointOut } from '../../pipelines/recovery/checkpoint-image.ts';
import type { Steps } from '../../rules/compiler/index.ts';
import type { CheckpointSource } from '../state/checkpoints.ts';
import { type DiskColdFile, openColdFile } from '../state/disk-cold-file.ts';
import { openSavedDetection, type SavedDetection } from '../workspace/hot-detection.ts';
import type { Knowledge } from '../workspace/knowledge.ts';
import { LIMITS } from '../workspace/limits.ts';
import type { CompileRecord } from '../workspace/rule-timeline.ts';
import { BlockSpool } from './block-spool.ts';
import { ProvidedFields } from './partition-input.ts';
import { RecordedRules } from './recorded-rules.ts';

export interface PartitionStateOptions {
  /** Nobody else's. */
  readonly folder: string;
  readonly knowledge: Knowledge;
  readonly compile: CompileRecord;
  readonly seed: readonly [number, number];
  readonly partition: Partition;
  /** Where to go on from; default: from nothing. */
  readonly from?: CheckpointSource | undefined;
  /** Called where something on disk is not what was written. */
  readonly onDamage?: (() => void) | undefined;
}

const NOTHING_KEPT: KeptStage = { told: [], hasStreams: false };

export class PartitionState {
  readonly detection: SavedDetection;
  readonly documents: Documents;
  readonly spool: BlockSpool;
  readonly provided = new ProvidedFields();
  /** As the records of `transactions` put them in force. */
  readonly rules: RecordedRules;
  /** What the detect stage goes on with. */
  readonly kept: KeptStage;
  readonly #files: Readonly<Record<'blocks' | 'renewed', DiskColdFile>>;

  /** @throws CheckpointDamage, RastroError RAS-ENGINE-STATE-DAMAGED where it cannot go on from there; then nothing is left open */
  constructor(options: PartitionStateOptions) {
    const { folder, knowledge, compile, seed, partition, from, onDamage } = options;
    const opened: { close(): void }[] = [];
    const open = (name: string, inParts = false) => {
      const file = openColdFile(folder, name, { inParts, from: from?.cold(name), onDamage });
      opened.push(file);
      return file;
    };
    try {
      this.#files = { blocks: open('blocks', true), renewed: open('renewed') };
      this.spool = new BlockSpool(this.#files.blocks);
      this.documents = new Documents(this.spool, this.#files.renewed);
      this.rules = new RecordedRules(knowledge, compile);
      this.kept = from === undefined ? NOTHING_KEPT : this.#load(from);
      this.detection = openSavedDetection({
        knowledge: this.rules.inForce,
        seed,
        partition,
        state: { folder: join(folder, 'detection'), hotRowsMs: LIMITS.hotRowsMs, idleMs: LIMITS.idleMs },
        from,
        onDamage,
      });
      opened.push(this.detection.detector);
      from?.image.end();
    } catch (error) {
      for (const each of opened) each.close();
      throw error;
    }
  }

  /** By name: what a checkpoint refers to. */
  get cold(): Readonly<Record<string, DiskColdFile>> {
    return { ...this.detection.cold, ...this.#files };
  }

  /** Writes all of it, in steps between which nothing may change. To be called behind a flush, with what that left in the stage. */
  *save(out: CheckpointOut, kept: KeptStage): Steps<void> {
    yield* out.numbers('stage', kept.hasStreams ? 1 : 0, this.rules.records.length);
    yield* out.list('told', kept.told);
    for (const record of this.rules.records) yield* out.array('rules', record);
    yield* this.provided.save(out);
    yield* this.spool.save(out);
    yield* this.documents.save(out);
    // Last: it takes a source to its end.
    yield* this.detection.detector.save(out);
  }

  close(): void {
    this.detection.detector.close();
    for (const file of Object.values(this.#files)) file.close();
  }

  #load({ image }: CheckpointSource): KeptStage {
    const [hasStreams, records = 0] = image.numbers('stage');
    const told = [...(image.list('told') as Iterable<ToldSource>)];
    for (let left = records; left > 0; left--) this.rules.read(image.array('rules', Uint8Array));
    this.provided.load(image);
    this.spool.load(image);
    this.documents.load(image);
    return { told, hasStreams: hasStreams === 1 };
  }
}
