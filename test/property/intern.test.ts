/** The dictionary against a Map, under random orders of calls, through growth, reuse and forced collisions. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Interner } from '../../pipelines/intern/interner.ts';
import { SeenTable } from '../../pipelines/intern/seen.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);
const same = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0;

/** Few enough that calls meet the same key again; prefixes shared; 0 .. 300 bytes; letters of two to four bytes. */
const key: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: fc.nat({ max: 400 }).map((n) => `acct_${String(n).padStart(26, 'q')}`) },
  { weight: 2, arbitrary: fc.nat({ max: 60 }).map((n) => 'shared prefix '.repeat(n % 20) + String(n)) },
  { weight: 1, arbitrary: fc.nat({ max: 300 }).map((n) => 'x'.repeat(n)) },
  { weight: 1, arbitrary: fc.nat({ max: 40 }).map((n) => '\0'.repeat(n)) },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 40 }) },
);

type Call =
  | { readonly do: 'intern' | 'find' | 'internText'; readonly key: string }
  | { readonly do: 'internAll'; readonly keys: readonly string[] }
  | { readonly do: 'retire'; readonly which: number }
  | { readonly do: 'many'; readonly from: number; readonly count: number };

const call = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom('intern' as const, 'find' as const, 'internText' as const),
      key,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('internAll' as const), keys: fc.array(key, { maxLength: 30 }) }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('retire' as const), which: fc.nat() }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('many' as const),
      from: fc.nat({ max: 2_000 }),
      count: fc.integer({ min: 1, max: 400 }),
    }),
  },
);

/** What the dictionary must do, in the plainest form. */
class Model {
  readonly ids = new Map<string, number>();
  readonly texts: (string | null)[] = [];
  readonly generations: number[] = [];
  readonly #free: number[] = [];

  intern(text: string): number {
    const known = this.ids.get(text);
    if (known !== undefined) return known;
    const free = this.#free.pop();
    const id = free ?? this.texts.length;
    this.texts[id] = text;
    this.generations[id] = free === undefined ? 0 : (this.generations[id] ?? 0) + 1;
    this.ids.set(text, id);
    return id;
  }

  retire(id: number): void {
    this.ids.delete(this.texts[id] ?? '');
    this.texts[id] = null;
    this.#free.push(id);
  }
}

const keys = (from: number, count: number) => Array.from({ length: count }, (_, i) => `many:${from + i}`);

function internAll(interner: Interner, texts: readonly string[]): number[] {
  const parts = texts.map(bytesOf);
  const ends = new Int32Array(parts.length);
  let end = 0;
  for (const [i, part] of parts.entries()) ends[i] = end += part.length;
  // Not at the start of its buffer: a view must respect the offset.
  const whole = new Uint8Array(end + 5).subarray(5);
  for (const [i, part] of parts.entries()) whole.set(part, (ends[i] ?? 0) - part.length);
  const out = new Int32Array(parts.length);
  interner.internAll(whole, ends, parts.length, out);
  return [...out];
}

function play(interner: Interner, calls: readonly Call[]): Model {
  const model = new Model();
  for (const step of calls) {
    if (step.do === 'find') {
      const bytes = bytesOf(`..${step.key}.`);
      expect(interner.find(bytes, 2, bytes.length - 1)).toBe(model.ids.get(step.key) ?? -1);
      expect(interner.findText(step.key)).toBe(model.ids.get(step.key) ?? -1);
    } else if (step.do === 'intern') {
      const bytes = bytesOf(`.${step.key}..`);
      expect(interner.intern(bytes, 1, bytes.length - 2)).toBe(model.intern(step.key));
    } else if (step.do === 'internText') {
      expect(interner.internText(step.key)).toBe(model.intern(step.key));
    } else if (step.do === 'internAll') {
      expect(internAll(interner, step.keys)).toEqual(step.keys.map((text) => model.intern(text)));
    } else if (step.do === 'many') {
      const texts = keys(step.from, step.count);
      expect(internAll(interner, texts)).toEqual(texts.map((text) => model.intern(text)));
    } else if (step.do === 'retire' && model.ids.size > 0) {
      const ids = [...model.ids.values()];
      const id = ids[step.which % ids.length] ?? 0;
      interner.retire(id);
      model.retire(id);
    }
    expect(interner.size).toBe(model.ids.size);
  }
  return model;
}

function agree(interner: Interner, model: Model): void {
  for (const [id, text] of model.texts.entries()) {
    if (text === null) expect(() => interner.text(id)).toThrow('not in use');
    else {
      expect(interner.text(id)).toBe(text);
      expect(interner.findText(text)).toBe(id);
    }
    expect(interner.generation(id)).toBe(model.generations[id]);
  }
}

const seed = fc.tuple(fc.integer(), fc.integer());
const calls: fc.Arbitrary<Call[]> = fc.array(call, { maxLength: 80 });

describe('the interner', () => {
  it('answers as a Map does, whatever is interned, looked up, retired and used again', () => {
    fc.assert(
      fc.property(seed, calls, (seed, calls) => {
        const interner = new Interner({ seed, initialCapacity: 1 });
        agree(interner, play(interner, calls));
      }),
      { numRuns: 150 },
    );
  });

  it('does so where most keys share their fingerprint, and counts those comparisons', () => {
    let collisions = 0;
    fc.assert(
      fc.property(seed, calls, fc.integer({ min: 0, max: 6 }), (seed, calls, fingerprintBits) => {
        const interner = new Interner({ seed, initialCapacity: 1, fingerprintBits });
        agree(interner, play(interner, calls));
        collisions += interner.stats.collisions;
      }),
      { numRuns: 60 },
    );
    expect(collisions).toBeGreaterThan(1_000);
  });

  it('gives the same ids whether it grew on the way or not, and under every seed', () => {
    fc.assert(
      fc.property(seed, seed, calls, (seedA, seedB, calls) => {
        const small = new Interner({ seed: seedA, initialCapacity: 1 });
        const large = new Interner({ seed: seedB, initialCapacity: 20_000 });
        const ofSmall = play(small, calls);
        const ofLarge = play(large, calls);
        agree(large, ofSmall);
        agree(small, ofLarge);
      }),
      { numRuns: 60 },
    );
  });

  it('orders by unsigned bytes', () => {
    const raw = fc.uint8Array({ maxLength: 60, max: 255 });
    fc.assert(
      fc.property(seed, raw, raw, fc.nat({ max: 60 }), (seed, a, b, shared) => {
        const interner = new Interner({ seed });
        const other = Uint8Array.from([...a.subarray(0, shared), ...b]);
        const idA = interner.intern(a, 0, a.length);
        const idB = interner.intern(other, 0, other.length);
        expect(Math.sign(interner.compare(idA, idB))).toBe(Buffer.compare(a, other));
        expect(idA === idB).toBe(same(a, other));
      }),
      { numRuns: 500 },
    );
  });
});

describe('the table of seen keys', () => {
  const step = fc.record({
    do: fc.constantFrom('put', 'put', 'put', 'find', 'remove'),
    institution: fc.constantFrom(-1, 0, 1, 2_147_483_647),
    key: fc.oneof(key, fc.nat({ max: 3_000 }).map(String)),
  });
  const steps = fc.array(step, { maxLength: 600, size: 'max' });

  it.each([64, 33, 5, 0])('answers as a Map does with fingerprints of %i bits', (fingerprintBits) => {
    fc.assert(
      fc.property(seed, steps, (seed, steps) => {
        const rows: { readonly institution: number; readonly key: string }[] = [];
        const model = new Map<string, number>();
        const table = new SeenTable({
          seed,
          fingerprintBits,
          initialCapacity: 1,
          sameKey: (row, institution, bytes, start, end) =>
            rows[row]?.institution === institution &&
            same(bytesOf(rows[row]?.key ?? ''), bytes.subarray(start, end)),
        });
        for (const { do: what, institution, key } of steps) {
          const bytes = bytesOf(`..${key}`);
          const name = `${institution}/${key}`;
          if (what === 'put') {
            model.set(name, rows.length);
            rows.push({ institution, key });
            table.put(institution, bytes, 2, bytes.length, rows.length - 1);
          } else if (what === 'remove') {
            expect(table.remove(institution, bytes, 2, bytes.length)).toBe(model.delete(name));
          } else {
            expect(table.find(institution, bytes, 2, bytes.length)).toBe(model.get(name) ?? -1);
          }
          expect(table.size).toBe(model.size);
        }
        for (const [row, { institution, key }] of rows.entries()) {
          const bytes = bytesOf(key);
          const now = model.get(`${institution}/${key}`) ?? -1;
          expect(table.find(institution, bytes, 0, bytes.length)).toBe(now);
          expect(now === -1 || now >= row).toBe(true);
        }
      }),
      { numRuns: 40 },
    );
  });
});
