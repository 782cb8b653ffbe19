/**
 * Checkpoints on disk, two generations of them. A generation is a folder named by its number:
 *
 *   image           the state (`pipelines/recovery/checkpoint-image.ts`)
 *   <file>-<n>.cold links to the cold files that the state refers to
 *   manifest.json   what it is of, length and checksums of the image, which units the cold files had; one line, behind its checksum
 *
 * It is written under another name, synced, the manifest last, and renamed: a folder with its name is whole. Whoever goes on from
 * one takes the newest that fits and is sound; what is newer than that one is gone from then on, because cold files are shared.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import {
  type CheckpointIdentity,
  type LogPlace,
  misfit,
  type Refusal,
  type RefusalReason,
} from '../../pipelines/recovery/checkpoint.ts';
import { CheckpointDamage, CheckpointIn, CheckpointOut } from '../../pipelines/recovery/checkpoint-image.ts';
import type { Steps } from '../../rules/compiler/index.ts';
import { RastroError } from '../../schemas/errors/index.ts';
import { makeFolder } from '../config/folder.ts';
import type { ColdMark, ColdOrigin, DiskColdFile } from './disk-cold-file.ts';
import { checksumsOf, ImageReader, ImageWriter, syncPath } from './image-file.ts';

/** If the newest does not check out there is the one before; a third would only be older. */
const GENERATIONS = 2;
const IMAGE = 'image';
const MANIFEST = 'manifest.json';
const UNFINISHED = '.tmp';

/** What a checkpoint says of itself. */
export interface CheckpointManifest extends CheckpointIdentity {
  /** Records of the log below this one are in it. */
  readonly offset: number;
  readonly imageBytes: number;
  readonly checksums: readonly number[];
  readonly cold: Readonly<Record<string, ColdMark>>;
  /** By name: the logs that are gone on with. */
  readonly places: Readonly<Record<string, LogPlace>>;
}

export interface CheckpointContent {
  readonly identity: CheckpointIdentity;
  readonly offset: number;
  /** Default: none that is looked at. */
  readonly places?: Readonly<Record<string, LogPlace>>;
  save(out: CheckpointOut): Steps<void>;
  /** By name: the cold files that the state refers to. */
  readonly cold: Readonly<Record<string, DiskColdFile>>;
}

/** One that is being written. */
export interface CheckpointWrite {
  /** Between these nothing may change of what is saved; afterwards everything may. */
  readonly steps: Steps<void>;
  /** Makes it the newest, once the disk has it. @throws RastroError RAS-ENGINE-STATE-FAILED */
  finish(): Promise<CheckpointManifest>;
  /** There is none. */
  abandon(): void;
}

/** Where a state is read from. */
export interface CheckpointSource {
  readonly manifest: CheckpointManifest;
  readonly image: CheckpointIn;
  /** What a cold file of this name is to go on with. */
  cold(name: string): ColdOrigin;
}

export interface RestoreRequest<T> {
  readonly identity: CheckpointIdentity;
  /** Why the rest of the log, or what was made of it, does not go with this checkpoint; undefined where it does. */
  objection(manifest: CheckpointManifest): RefusalReason | undefined;
  /**
   * Makes the state, reading the image to its end. What it opened it closes where it throws.
   * @throws CheckpointDamage, or an error of a state file
   */
  load(source: CheckpointSource): T;
}

export interface Restored<T> {
  readonly found: { readonly state: T; readonly manifest: CheckpointManifest } | undefined;
  /** Those that were not gone on from, the newest first. */
  readonly refused: readonly Refusal[];
}

export class Checkpoints {
  readonly #folder: string;
  #next: number;

  /** `folder`: nobody else's; made if it is not there. @throws RastroError RAS-CONFIG-FOLDER */
  constructor(folder: string) {
    this.#folder = folder;
    makeFolder(folder);
    for (const entry of readdirSync(folder)) if (entry.endsWith(UNFINISHED)) this.#remove(entry);
    this.#next = 1 + (this.#numbers()[0] ?? 0);
  }

  /** Those that are whole, the newest first. */
  #numbers(): number[] {
    return readdirSync(this.#folder)
      .filter((entry) => /^\d+$/.test(entry))
      .map(Number)
      .sort((a, b) => b - a);
  }

  /** What those that are whole say of themselves, the newest first; those that cannot be read are left out. */
  get manifests(): readonly CheckpointManifest[] {
    return this.#numbers().flatMap((number) => {
      try {
        return [readManifest(join(this.#folder, String(number), MANIFEST))];
      } catch (error) {
        if (isDamage(error)) return [];
        throw error;
      }
    });
  }

  /** @throws RastroError RAS-ENGINE-STATE-FAILED, as do the steps */
  begin(content: CheckpointContent): CheckpointWrite {
    const number = this.#next++;
    const name = `${number}${UNFINISHED}`;
    const folder = join(this.#folder, name);
    return failing(folder, () => {
      mkdirSync(folder, { mode: 0o700 });
      const writer = new ImageWriter(join(folder, IMAGE));
      const cold: Record<string, ColdMark> = {};
      return {
        steps: stepsOf(content, writer, folder, cold),
        finish: async () => {
          const { identity, offset, places = {} } = content;
          try {
            const { bytes: imageBytes, checksums } = await checksumsOf(join(folder, IMAGE));
            const manifest = { ...identity, offset, imageBytes, checksums, cold, places };
            await this.#finish(name, String(number), manifest);
            return manifest;
          } catch (error) {
            throw failureOf(folder, error);
          }
        },
        abandon: () => {
          writer.abandon();
          this.#remove(name);
        },
      };
    });
  }

  /** The state as of the newest checkpoint that fits. */
  restore<T>(request: RestoreRequest<T>): Restored<T> {
    const refused: Refusal[] = [];
    for (const number of this.#numbers()) {
      const outcome = this.#open(number, request);
      if ('reason' in outcome) refused.push({ number, ...outcome });
      else return { found: outcome, refused };
    }
    return { found: undefined, refused };
  }

  /** Forgets all of them: what one refers to is damaged. */
  drop(): void {
    for (const number of this.#numbers()) this.#remove(String(number));
  }

  #open<T>(
    number: number,
    { identity, objection, load }: RestoreRequest<T>,
  ):
    | { readonly state: T; readonly manifest: CheckpointManifest }
    | { readonly reason: RefusalReason; readonly detail: string } {
    const folder = join(this.#folder, String(number));
    let reader: ImageReader | undefined;
    try {
      const manifest = readManifest(join(folder, MANIFEST));
      const misfitting = misfit(manifest, identity);
      if (misfitting !== undefined)
        return {
          reason: misfitting,
          detail: `${manifest[misfitting]}, and ${identity[misfitting]} is wanted`,
        };
      const reason = objection(manifest);
      if (reason !== undefined) return { reason, detail: String(manifest.offset) };
      reader = new ImageReader(join(folder, IMAGE), manifest.checksums);
      if (reader.left !== manifest.imageBytes) throw new CheckpointDamage(`${reader.left} bytes of an image`);
      const image = new CheckpointIn(reader);
      // Cold files are cut off where they ended then: those of later checkpoints are the same files.
      for (const newer of this.#numbers()) if (newer > number) this.#remove(String(newer));
      const cold = (name: string): ColdOrigin => {
        const mark = manifest.cold[name];
        if (mark === undefined) throw new CheckpointDamage(`no cold file ${name}`);
        return { folder, mark };
      };
      return { state: load({ manifest, image, cold }), manifest };
    } catch (error) {
      if (!isDamage(error)) throw error;
      return { reason: 'damaged', detail: (error as Error).message };
    } finally {
      reader?.close();
    }
  }

  async #finish(unfinished: string, name: string, manifest: CheckpointManifest): Promise<void> {
    const folder = join(this.#folder, unfinished);
    for (const entry of await readdir(folder)) await syncPath(join(folder, entry));
    const text = JSON.stringify(manifest);
    await writeFile(join(folder, MANIFEST), `${checksumOf(text)} ${text}\n`, { mode: 0o600, flush: true });
    await syncPath(folder);
    await rename(folder, join(this.#folder, name));
    await syncPath(this.#folder);
    for (const number of this.#numbers().slice(GENERATIONS))
      await rm(join(this.#folder, String(number)), { recursive: true, force: true });
  }

  #remove(name: string): void {
    rmSync(join(this.#folder, name), { recursive: true, force: true });
  }
}

function* stepsOf(
  { save, cold }: CheckpointContent,
  writer: ImageWriter,
  folder: string,
  marks: Record<string, ColdMark>,
): Steps<void> {
  const steps = save(new CheckpointOut(writer));
  for (;;) {
    const step = failing(folder, () => steps.next());
    if (step.done === true) break;
    yield;
  }
  failing(folder, () => {
    for (const [name, file] of Object.entries(cold)) marks[name] = file.link(folder);
    writer.close();
  });
}

const checksumOf = (text: string): string => crc32(text).toString(16).padStart(8, '0');

function readManifest(path: string): CheckpointManifest {
  const line = readFileSync(path, 'utf8');
  const text = line.slice(9, -1);
  if (line !== `${checksumOf(text)} ${text}\n`) throw new CheckpointDamage('another manifest');
  return JSON.parse(text) as CheckpointManifest;
}

/** What a disk or a state file says against a checkpoint: there is another one, or the log. */
function isDamage(error: unknown): boolean {
  if (error instanceof CheckpointDamage) return true;
  if (RastroError.is(error))
    return error.code === 'RAS-ENGINE-STATE-DAMAGED' || error.code === 'RAS-ENGINE-STATE-FAILED';
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'EIO';
}

/** What a disk says, as an error of ours. */
function failureOf(file: string, error: unknown): unknown {
  if (RastroError.is(error) || (error as NodeJS.ErrnoException).syscall === undefined) return error;
  return new RastroError('RAS-ENGINE-STATE-FAILED', { file, reason: (error as Error).message });
}

function failing<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw failureOf(file, error);
  }
}
