/** The state of idle subjects leaves memory and comes back, and nothing of it is another one for that. */
import { expect, test } from 'vitest';
import { CHUNK_WORDS } from '../../pipelines/detect/hot/cold-chunks.ts';
import { deriveSeed, Random } from '../../pipelines/simulate/random.ts';
import { type MemoryColdFile, memoryColdFile } from '../support/memory-cold-file.ts';
import { createRowsDetector } from '../support/rows-detector.ts';
import { interleaved, type Op } from '../support/stream-arrival.ts';
import { MAKER, OPTIONS, SEED } from '../support/stream-comparison.ts';
import { Play } from '../support/stream-player.ts';
import { transaction } from '../support/transactions.ts';

const DAY_MS = 86_400_000;
const STREAMS = 60;
/** More calls than there are records, at 64 a call. */
const SWEEPS = 200;
/** Words of an image: the number of hidden legs, then the record. */
const KEY_WORD = 1 + 7;
/** Units of so many bytes are pages of old chunks of histories. */
const PAGE_BYTES = 1_024;

/** Plays the stream, lets years pass, and gives the images of the subjects that left: by kind's first appearance and key. */
function imagesAfter(ops: readonly Op[], idleMs: number, file: MemoryColdFile): Map<string, string> {
  const play = new Play(
    {
      name: 'hot',
      create: (options) =>
        createRowsDetector(options, { blockRows: [4_096], hot: { seed: [SEED, 1], idle: { file, idleMs } } }),
    },
    OPTIONS,
  );
  for (const op of ops) play.apply(op);
  const at = new Date(play.detector.set.highestTime + 9_000 * DAY_MS).toISOString();
  play.apply({ kind: 'row', tx: transaction({ id: 'years-later', at, from: 'nobody', to: 'noone' }) });
  for (let i = 0; i < SWEEPS; i++) play.apply({ kind: 'flush' });
  const images = new Map<string, string>();
  for (const unit of file.units.values()) {
    if (unit.length === PAGE_BYTES) continue;
    const words = new Int32Array(unit.buffer, 0, unit.length / 4);
    // Where the chunk before the last one lies, which stands before this one's events and the hidden legs, may differ.
    words[words.length - (words[0] as number) - CHUNK_WORDS] = 0;
    // An account and a holder may have the same key; their records differ in length, or their contents are compared as two.
    const text = Buffer.from(unit).toString('hex');
    const key = String(words[KEY_WORD]);
    images.set(key, [...(images.get(key)?.split('|') ?? []), text].sort().join('|'));
  }
  return images;
}

test('a subject that came and went is byte for byte the one that stayed', () => {
  let returns = 0;
  let compared = 0;
  for (const crowd of [0, 1]) {
    const arrivals = Array.from({ length: STREAMS }, (_, i) => MAKER.make(crowd * STREAMS + i).arrival);
    const ops = interleaved(new Random(deriveSeed(SEED, 'idle', crowd)), arrivals);
    const coming = memoryColdFile();
    const went = imagesAfter(ops, 3_600_000, coming);
    returns += coming.reads;
    const stayed = imagesAfter(ops, 5_000 * DAY_MS, memoryColdFile());
    // Beside them lie the histories of subjects that came back and have not left again.
    for (const [key, images] of stayed) {
      const those = went.get(key)?.split('|') ?? [];
      for (const image of images.split('|')) {
        expect(those, `RASTRO_SEED=${SEED} crowd ${crowd}, key ${key}`).toContain(image);
        compared++;
      }
    }
  }
  expect(compared).toBeGreaterThan(1_000);
  expect(returns).toBeGreaterThan(500);
});
