import { readdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openColdFile } from '../../../../services/state/disk-cold-file.ts';

describe('cold file on disk', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rastro-cold-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const unitOf = (length: number, salt: number) =>
    Uint8Array.from({ length }, (_, i) => (i * 31 + salt) & 255);

  test('gives back units as they were, whether written or waiting, until they are released', () => {
    const step = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({ kind: fc.constant('append'), length: fc.integer({ min: 1, max: 400 }) }),
      },
      { weight: 3, arbitrary: fc.record({ kind: fc.constant('read'), length: fc.nat() }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('release'), length: fc.nat() }) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const file = openColdFile(folder, 'rows', { fileBytes: 1_024 });
        const held: { position: number; unit: Uint8Array }[] = [];
        const into = new Uint8Array(400);
        steps.forEach(({ kind, length }, i) => {
          if (kind === 'append') {
            const unit = unitOf(length, i);
            held.push({ position: file.append(unit), unit });
          } else if (held.length > 0) {
            const at = length % held.length;
            const { position, unit } = held[at]!;
            expect(file.read(position, into)).toBe(unit.length);
            expect(into.subarray(0, unit.length)).toEqual(unit);
            if (kind === 'release') {
              file.release(position, unit.length);
              held.splice(at, 1);
            }
          }
        });
        expect(file.bytes).toBe(held.reduce((bytes, { unit }) => bytes + 8 + unit.length, 0));
        // A file that nothing is left of is gone: every other one holds a unit, or is the last.
        expect(readdirSync(folder).length).toBeLessThanOrEqual(held.length + 1);
        file.close();
        expect(readdirSync(folder)).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  test('tells how much room a unit needs, also one that is longer than what waits', () => {
    const file = openColdFile(folder, 'rows');
    const [long, short] = [unitOf(3_000_000, 1), unitOf(50, 2)];
    const first = file.append(short);
    const second = file.append(long);
    const third = file.append(short);
    const small = new Uint8Array(64);
    expect(file.read(second, small)).toBe(long.length);
    const room = new Uint8Array(long.length);
    expect(file.read(second, room)).toBe(long.length);
    expect(Buffer.compare(room, long)).toBe(0);
    for (const position of [first, third]) {
      expect(file.read(position, small)).toBe(50);
      expect(small.subarray(0, 50)).toEqual(short);
    }
    file.close();
  });

  test('deletes what an earlier process left, and nothing else', () => {
    for (const name of ['rows-0.cold', 'rows-17.cold', 'subjects-0.cold', 'rows.txt']) {
      writeFileSync(join(folder, name), 'left');
    }
    const file = openColdFile(folder, 'rows');
    expect(readdirSync(folder).sort()).toEqual(['rows.txt', 'subjects-0.cold']);
    file.close();
  });

  test('refuses damage, and more than the limit', () => {
    const file = openColdFile(folder, 'rows', { fileBytes: 128, totalBytes: 400 });
    const position = file.append(unitOf(100, 1));
    file.append(unitOf(100, 2));
    writeFileSync(join(folder, 'rows-0.cold'), unitOf(108, 9));
    expect(() => file.read(position, new Uint8Array(128))).toThrow(
      expect.objectContaining({ code: 'RAS-ENGINE-STATE-DAMAGED' }),
    );
    file.append(unitOf(100, 3));
    expect(() => file.append(unitOf(100, 4))).toThrow(
      expect.objectContaining({ code: 'RAS-ENGINE-STATE-FULL' }),
    );
    file.close();
  });
});
