import { describe, expect, it } from 'vitest';
import { EventChunks } from '../../../../../pipelines/detect/hot/event-chunks.ts';
import { HEADER, LINE_BYTES, RecordSlab } from '../../../../../pipelines/detect/hot/record-slab.ts';
import { Random } from '../../../../../pipelines/simulate/random.ts';
import type { RecordLayout } from '../../../../../rules/compiler/index.ts';
import { memoryColdFile } from '../../../../support/memory-cold-file.ts';

const LAYOUT = { bytes: 128 } as RecordLayout;

function read(chunks: EventChunks, slab: RecordSlab, line: number, from = 0): [number, number, number][] {
  const out: [number, number, number][] = [];
  chunks.readBack(
    slab.views,
    line << 4,
    from,
    (position, leg, words, at) => out.push([position, leg, words[at + 1] as number]) > 0,
  );
  return out;
}

describe('records', () => {
  it('are whole lines, zeroed, with their key, and survive growth', () => {
    const slab = new RecordSlab(LAYOUT, 1);
    const lines = Array.from({ length: 500 }, (_, key) => slab.allocate(key));
    expect(new Set(lines).size).toBe(500);
    for (const [key, line] of lines.entries()) {
      expect(slab.views.i32[(line << 4) + HEADER.key]).toBe(key);
      expect(slab.views.f64[line << 3]).toBe(Number.NEGATIVE_INFINITY);
      expect(slab.views.i32[(line << 4) + HEADER.length]).toBe(0);
    }
    expect(slab.bytes).toBe((1 + 500 * 2) * LINE_BYTES);
  });

  it('begin anew when reset, of the same subject', () => {
    const slab = new RecordSlab(LAYOUT, 4);
    const line = slab.allocate(7);
    slab.views.u8.fill(9, line * LINE_BYTES + 32, (line + 2) * LINE_BYTES);
    slab.reset(line);
    expect([...slab.views.u8.subarray(line * LINE_BYTES + 32, (line + 2) * LINE_BYTES)]).toEqual(
      Array<number>(96).fill(0),
    );
    expect(slab.views.i32[(line << 4) + HEADER.key]).toBe(7);
  });
});

describe('histories', () => {
  it('close up where an event is taken out, and give back chunks that are empty', () => {
    const random = new Random(5);
    const slab = new RecordSlab(LAYOUT, 1);
    const chunks = new EventChunks(2);
    const line = slab.allocate(1);
    let expected: [number, number][] = [];
    for (let leg = 0; leg < 600; leg++) {
      chunks.setBits(chunks.append(slab.views, line << 4, leg), Int32Array.of(0, leg * 7), 0);
      expected.unshift([leg, leg * 7]);
    }
    const { bytes } = chunks;
    let next = 1_000;
    expect(chunks.remove(slab.views, line << 4, 600)).toBe(-1);
    while (expected.length > 0) {
      const at = random.int(0, expected.length - 1);
      const position = chunks.remove(slab.views, line << 4, expected[at]?.[0] as number);
      expect(position).toBe(expected.length - 1 - at);
      expected = expected.filter((_, i) => i !== at);
      expect(read(chunks, slab, line).map(([, leg, bits]) => [leg, bits])).toEqual(expected);
      if (random.int(0, 3) > 0) continue;
      const leg = next++;
      chunks.setBits(chunks.append(slab.views, line << 4, leg), Int32Array.of(0, 3), 0);
      expected.unshift([leg, 3]);
    }
    expect(chunks.bytes).toBeLessThan(bytes / 4);
  });

  it('give back what was appended, latest first, whatever the interleaving', () => {
    const seed = 11;
    const random = new Random(seed);
    const slab = new RecordSlab(LAYOUT, 2);
    const chunks = new EventChunks(2);
    const lines = Array.from({ length: 40 }, (_, key) => slab.allocate(key));
    const expected = lines.map(() => [] as [number, number, number][]);
    for (let leg = 0; leg < 5_000; leg++) {
      const subject = random.int(0, lines.length - 1);
      const line = lines[subject] as number;
      const bits = random.int(0, 1_000_000) - 500_000;
      const list = expected[subject] as [number, number, number][];
      const entry = chunks.append(slab.views, line << 4, leg);
      chunks.setBits(entry, Int32Array.of(0, 1, bits), 1);
      list.unshift([list.length, leg, bits]);
      expect(chunks.lastLeg(slab.views, line << 4)).toBe(leg);
    }
    for (const [subject, line] of lines.entries()) {
      const list = expected[subject] as [number, number, number][];
      expect(read(chunks, slab, line), `seed ${seed}, subject ${subject}`).toEqual(list);
      const from = Math.floor(list.length / 3);
      expect(read(chunks, slab, line, from)).toEqual(list.filter(([position]) => position >= from));
    }
  });

  it('take a late leg in its place, and move what comes after it', () => {
    const slab = new RecordSlab(LAYOUT, 1);
    const chunks = new EventChunks(2);
    const line = slab.allocate(0);
    for (let leg = 0; leg < 40; leg++) {
      chunks.setBits(chunks.append(slab.views, line << 4, 2 * leg), Int32Array.of(leg, 7), 0);
    }
    for (const late of [79, 41, -1]) {
      const isAfter = (leg: number) => leg > late;
      const expected = read(chunks, slab, line).filter(([, leg]) => isAfter(leg)).length;
      expect(chunks.countAfter(slab.views, line << 4, isAfter)).toBe(expected);
      chunks.setBits(chunks.insert(slab.views, line << 4, late, isAfter), Int32Array.of(late, 9), 0);
    }
    const legs = [...Array.from({ length: 40 }, (_, i) => 2 * i), 79, 41, -1].sort((a, b) => b - a);
    expect(read(chunks, slab, line)).toEqual(
      legs.map((leg, i) => [legs.length - 1 - i, leg, [79, 41, -1].includes(leg) ? 9 : 7]),
    );
  });

  it('leave memory but for their last chunks once their rows are old, and come back where events are put or taken out', () => {
    const act: Readonly<Record<string, (chunks: EventChunks, slab: RecordSlab, line: number) => void>> = {
      nothing: () => undefined,
      insert: (chunks, slab, line) => {
        chunks.setBits(
          chunks.insert(slab.views, line << 4, 9, (leg) => leg > 9),
          Int32Array.of(0, 5),
          0,
        );
        expect(chunks.remove(slab.views, line << 4, 9)).toBe(5);
      },
      remove: (chunks, slab, line) => {
        expect(chunks.remove(slab.views, line << 4, 2 * 3)).toBe(3);
        chunks.setBits(
          chunks.insert(slab.views, line << 4, 2 * 3, (leg) => leg > 6),
          Int32Array.of(0, 103),
          0,
        );
      },
      leave: (chunks, slab, line) => {
        const image = new Int32Array(20);
        chunks.moveLast(slab.views, line << 4, image, 3);
        chunks.putLast(slab.views, line << 4, image, 3);
      },
    };
    for (const [name, change] of Object.entries(act)) {
      const file = memoryColdFile();
      const slab = new RecordSlab(LAYOUT, 1);
      const chunks = new EventChunks(2, file);
      const line = slab.allocate(0);
      const add = (leg: number) =>
        chunks.setBits(chunks.append(slab.views, line << 4, 2 * leg), Int32Array.of(0, 100 + leg), 0);
      const { bytes } = chunks;
      // Five events a chunk.
      for (let leg = 0; leg < 20; leg++) add(leg);
      const chunkBytes = (chunks.bytes - bytes) / 4;
      chunks.settle(slab.views, 14);
      // The rows of the first two chunks are all below 14, those of the third are not.
      expect(chunks.bytes).toBe(bytes + 2 * chunkBytes);
      for (let leg = 20; leg < 24; leg++) add(leg);
      chunks.settle(slab.views, 1_000);
      chunks.leave(slab.views, line << 4);
      expect(chunks.bytes).toBe(bytes + chunkBytes);
      add(24);
      expect(chunks.lastLeg(slab.views, line << 4)).toBe(48);
      chunks.touch(slab.views, Int32Array.of(line), 1);
      change(chunks, slab, line);
      const expected = Array.from({ length: 25 }, (_, i) => [24 - i, 2 * (24 - i), 124 - i]);
      expect(read(chunks, slab, line), name).toEqual(expected);
      expect(read(chunks, slab, line, 7), name).toEqual(expected.slice(0, 18));
      expect(read(chunks, slab, line, 22), name).toEqual(expected.slice(0, 3));
      const isAfter = (leg: number) => leg > 21;
      expect(chunks.countAfter(slab.views, line << 4, isAfter)).toBe(14);
      chunks.release(slab.views, line << 4);
      expect(chunks.bytes).toBe(bytes);
    }
  });

  it('of many subjects come back from disk as they were, and give the disk back', () => {
    const seed = 23;
    const random = new Random(seed);
    const file = memoryColdFile();
    const slab = new RecordSlab(LAYOUT, 64);
    const chunks = new EventChunks(2, file);
    const lines = Array.from({ length: 64 }, (_, key) => slab.allocate(key));
    const expected = lines.map(() => [] as [number, number][]);
    for (let leg = 0; leg < 60_000; leg++) {
      const subject = random.int(0, lines.length - 1);
      const base = (lines[subject] as number) << 4;
      const list = expected[subject] as [number, number][];
      const event: [number, number] = [leg, random.int(0, 1_000)];
      const back = random.int(0, 99) === 0 ? random.int(0, Math.min(60, list.length)) : 0;
      const isAfter = (other: number) => list.slice(0, back).some(([each]) => each === other);
      const entry =
        back === 0 ? chunks.append(slab.views, base, leg) : chunks.insert(slab.views, base, leg, isAfter);
      chunks.setBits(entry, Int32Array.of(0, event[1]), 0);
      list.splice(back, 0, event);
      if (leg % 64 !== 0) continue;
      chunks.settle(slab.views, (leg >> 1) - 2_000);
      if (random.int(0, 9) === 0) chunks.leave(slab.views, base);
    }
    expect(file.bytes).toBeGreaterThan(300_000);
    for (const [subject, line] of lines.entries()) {
      const found = read(chunks, slab, line).map(([, leg, bits]) => [leg, bits]);
      expect(found, `seed ${seed}, subject ${subject}`).toEqual(expected[subject]);
      if (subject % 2 === 0) chunks.release(slab.views, line << 4);
    }
    const held = file.bytes;
    chunks.close();
    expect(file.bytes).toBeLessThan(held / 2);
    expect(file.bytes).toBe(0);
  });

  it('stop when the reader has enough', () => {
    const slab = new RecordSlab(LAYOUT, 1);
    const chunks = new EventChunks(2);
    const line = slab.allocate(0);
    for (let leg = 0; leg < 50; leg++) chunks.append(slab.views, line << 4, leg);
    const legs: number[] = [];
    chunks.readBack(slab.views, line << 4, 0, (_position, leg) => legs.push(leg) < 20);
    expect(legs).toEqual(Array.from({ length: 20 }, (_, i) => 49 - i));
  });

  it('use released chunks again', () => {
    const slab = new RecordSlab(LAYOUT, 4);
    const chunks = new EventChunks(2);
    const first = slab.allocate(0);
    for (let leg = 0; leg < 1_000; leg++) chunks.append(slab.views, first << 4, leg);
    const { bytes } = chunks;
    chunks.release(slab.views, first << 4);
    expect(chunks.bytes).toBeLessThan(bytes / 10);
    const second = slab.allocate(1);
    for (let leg = 0; leg < 1_000; leg++) chunks.append(slab.views, second << 4, leg);
    expect(chunks.bytes).toBe(bytes);
    expect(read(chunks, slab, second).map(([, leg]) => leg)).toEqual(
      Array.from({ length: 1_000 }, (_, i) => 999 - i),
    );
  });
});
