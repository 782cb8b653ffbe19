/** Checkpoints of detectors in memory. */
import { HotDetector, type HotDetectorOptions } from '../../pipelines/detect/hot/hot-detector.ts';
import { type ByteSource, CheckpointIn, CheckpointOut } from '../../pipelines/recovery/checkpoint-image.ts';
import { finished } from '../../rules/compiler/index.ts';
import type { MemoryColdFile } from './memory-cold-file.ts';

export function imageOf(hot: HotDetector): Uint8Array {
  if (!hot.isSettled) throw new Error('a checkpoint while something waits');
  const pieces: Uint8Array[] = [];
  finished(hot.save(new CheckpointOut({ write: (bytes) => pieces.push(bytes.slice()) })));
  return Buffer.concat(pieces);
}

export function sourceOf(image: Uint8Array): ByteSource {
  let at = 0;
  return {
    get left() {
      return image.length - at;
    },
    read(into) {
      into.set(image.subarray(at, at + into.length));
      at += into.length;
    },
  };
}

/** The options with cold files of their own, in which lies what lay in those. */
function withCopies(options: HotDetectorOptions): HotDetectorOptions {
  const { coldRows, idle } = options;
  const cold = coldRows?.cold as MemoryColdFile | undefined;
  const file = idle?.file as MemoryColdFile | undefined;
  return {
    ...options,
    ...(cold === undefined ? {} : { coldRows: { ...coldRows, cold: cold.copy() } }),
    ...(file === undefined ? {} : { idle: { ...idle, file: file.copy() } }),
  };
}

/** A detector made of an image; `options` are those of the one that was saved, whose cold files are copied. */
export function loaded(image: Uint8Array, options: HotDetectorOptions): HotDetector {
  const checkpoint = new CheckpointIn(sourceOf(image));
  const hot = new HotDetector({ ...withCopies(options), checkpoint });
  checkpoint.end();
  return hot;
}

/** What goes on in the place of a detector whose process has ended. @throws Error where its checkpoint is another one */
export function restarted(
  before: HotDetector,
  options: HotDetectorOptions,
): { readonly hot: HotDetector; readonly options: HotDetectorOptions } {
  const image = imageOf(before);
  const copies = withCopies(options);
  const checkpoint = new CheckpointIn(sourceOf(image));
  const hot = new HotDetector({ ...copies, checkpoint });
  checkpoint.end();
  if (Buffer.compare(imageOf(hot), image) !== 0)
    throw new Error('a checkpoint of a checkpoint is another one');
  return { hot, options: copies };
}

/** Names of the frames of an image, each with its payload. */
export function framesOf(image: Uint8Array): { readonly name: string; readonly payload: Uint8Array }[] {
  const frames: { name: string; payload: Uint8Array }[] = [];
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  for (let at = 0; at < image.length; ) {
    const name = Buffer.from(image.subarray(at, at + 24))
      .toString('utf8')
      .replace(/\0+$/, '');
    const length = view.getFloat64(at + 32, true);
    frames.push({ name, payload: image.subarray(at + 40, at + 40 + length) });
    at += 40 + Math.ceil(length / 8) * 8;
  }
  return frames;
}

/** The first frame in which two images differ, in words; null where they do not. */
export function imageDifference(a: Uint8Array, b: Uint8Array): string | null {
  const [left, right] = [framesOf(a), framesOf(b)];
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const [one, two] = [left[i], right[i]];
    if (one === undefined || two === undefined || one.name !== two.name)
      return `frame ${i}: ${one?.name} | ${two?.name}`;
    if (Buffer.compare(one.payload, two.payload) === 0) continue;
    const at = one.payload.findIndex((byte, place) => byte !== two.payload[place]);
    return `frame ${i}, ${one.name}: ${one.payload.length} | ${two.payload.length} bytes, at ${at}: ${dump(one.payload, at)} | ${dump(two.payload, at)}`;
  }
  return null;
}

const dump = (payload: Uint8Array, at: number): string =>
  Array.from(new Int32Array(Uint8Array.from(payload.subarray(at & ~63, (at & ~63) + 64)).buffer)).join();
