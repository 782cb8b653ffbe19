/** The one-shot HMAC and the sealer against the library's own objects: the same bytes for any key and text. */
import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { BoundedCache } from '../../pipelines/ingest/bounded-cache.ts';
import { KeyedHash } from '../../pipelines/ingest/keyed-hash.ts';
import { openVaultEntry, sealVaultEntry, VaultSealer } from '../../pipelines/ingest/vault.ts';

const anyText = fc.oneof(
  fc.string({ maxLength: 80 }),
  fc.string({ unit: 'binary', maxLength: 400 }),
  fc.string({ unit: fc.constantFrom('\ud800', '\udfff', 'ñ', '€', '\0', 'a'), maxLength: 400 }),
);

it('gives the digests of createHmac', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), fc.array(anyText, { maxLength: 4 }), (key, texts) => {
      const keyed = new KeyedHash(key);
      for (const text of texts) {
        const expected = createHmac('sha256', key).update(text, 'utf8').digest('hex');
        expect(Buffer.from(keyed.digest(text), 'latin1').toString('hex')).toBe(expected);
      }
    }),
    { numRuns: 500 },
  );
  expect(() => new KeyedHash(new Uint8Array(65))).toThrow(RangeError);
});

it('seals an entry as it is sealed by itself, and it opens', () => {
  const key = Buffer.alloc(32, 9);
  const sealer = new VaultSealer(key);
  fc.assert(
    fc.property(anyText, fc.constantFrom('acc', 'par', 'txt'), (text, kind) => {
      const entry = sealer.entry(kind, `${kind}_x`, text);
      expect(entry).toEqual(sealVaultEntry(key, kind, `${kind}_x`, text));
      expect(openVaultEntry(key, entry)).toBe(Buffer.from(text, 'utf8').toString('utf8'));
    }),
    { numRuns: 300 },
  );
});

it('remembers what was asked for lately, never more than twice its size, and never another value', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(2), fc.nat(30)), { maxLength: 200 }), (asked) => {
      const size = 8;
      const cache = new BoundedCache<string>(size);
      for (const [i, [space, name]] of asked.entries()) {
        const known = cache.get(`s${space}`, `n${name}`);
        if (known !== undefined) expect(known).toBe(`${space} ${name}`);
        else cache.set(`s${space}`, `n${name}`, `${space} ${name}`);
        const recent = new Set(asked.slice(Math.max(0, i - size + 1), i + 1).map((each) => each.join(' ')));
        for (const each of recent) {
          const [s = '', n = ''] = each.split(' ');
          expect(cache.get(`s${s}`, `n${n}`)).toBe(each);
        }
      }
      let held = 0;
      for (let s = 0; s < 3; s++)
        for (let n = 0; n < 31; n++) if (cache.get(`s${s}`, `n${n}`) !== undefined) held += 1;
      expect(held).toBeLessThanOrEqual(2 * size);
    }),
    { numRuns: 300 },
  );
});
