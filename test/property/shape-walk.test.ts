/** The walk over the contract against zod, the contract itself: accepted by one, accepted by the other. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fillDefaults, fillPartyDefaults } from '../../pipelines/ingest/meaning.ts';
import { type LeafShape, PARTY_SHAPE, type Shape, TRANSACTION_SHAPE } from '../../pipelines/ingest/shape.ts';
import { ShapeWalk } from '../../pipelines/ingest/shape-walk.ts';
import { partyRecordInput } from '../../schemas/party.ts';
import { transactionInput } from '../../schemas/transaction.ts';

function leaf(shape: LeafShape): fc.Arbitrary<unknown> {
  if (shape.type === 'boolean') return fc.boolean();
  if (shape.type === 'integer')
    return fc.oneof(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1900, max: 2000 }), fc.constant(1.5));
  if (shape.type === 'number')
    return fc.oneof(fc.double({ min: 0, max: 20, noNaN: true }), fc.constantFrom(400, -91, Number.NaN));
  if (shape.values !== null)
    return fc.oneof(
      { weight: 9, arbitrary: fc.constantFrom(...shape.values) },
      { weight: 1, arbitrary: fc.constant('nothing') },
    );
  const mostly = (good: readonly unknown[], bad: readonly unknown[]): fc.Arbitrary<unknown> =>
    fc.oneof(
      { weight: 15, arbitrary: fc.constantFrom(...good) },
      { weight: 1, arbitrary: fc.constantFrom(...bad) },
    );
  switch (shape.meaning) {
    case 'amount':
      return mostly(['0', '12.30', '-1.5', '9'.repeat(60)], ['9'.repeat(61), '1e5', '1,5', '', '.5']);
    case 'currency':
      return mostly(['MXN', 'USD', 'USDC'], ['mxn', 'M1', '']);
    case 'date':
      return mostly(['2024-02-29', '2026-03-01'], ['2025-02-29', '2026-3-1', '2026-03-01T00:00:00Z']);
    case 'moment':
    case 'date-or-moment':
      return mostly(
        ['2026-03-01T10:00:00Z', '2026-03-01T10:00:00.123-06:00'],
        ['2026-03-01', '2026-03-01T10:00:00', '2026-02-30T10:00:00Z', '2026-03-01T10:00Z'],
      );
    default:
      if (shape.patterns.length > 0) {
        const fits = ['MX', '7011', '1.5', 'SCIAN:7211', '08:30'].filter((text) =>
          shape.patterns[0]?.test(text),
        );
        return mostly(fits, ['x', '', 'MX ']);
      }
      return mostly(['a', 'x'.repeat(128), 'ñ€'], ['x'.repeat(129), 'x'.repeat(1_001), '', 7, null]);
  }
}

/** Mostly right values, with something wrong now and then: a missing member, one too many, a wrong type, a null. */
function valueFor(shape: Shape, depth: number): fc.Arbitrary<unknown> {
  if (shape.kind === 'leaf') return leaf(shape);
  if (shape.kind === 'list') return fc.array(valueFor(shape.item, depth + 1), { maxLength: 3 });
  const members = Object.fromEntries(
    [...shape.members.values()].map(({ key, shape: child }) => [key, valueFor(child, depth + 1)]),
  );
  const required = shape.required;
  const mostly = fc.record(members, { requiredKeys: [...required] as string[] });
  const thinned = mostly.chain((value) => {
    const optional = Object.keys(value).filter((key) => !required.includes(key));
    return fc
      .subarray(optional, { maxLength: Math.min(optional.length, depth === 0 ? 4 : 2) })
      .map((kept) => Object.fromEntries([...required, ...kept].map((key) => [key, value[key]])));
  });
  return fc.oneof(
    { weight: 40, arbitrary: thinned },
    { weight: 1, arbitrary: thinned.map((value) => ({ ...value, surplus: 1 })) },
    { weight: 1, arbitrary: fc.constantFrom(null, [], 'text', {}, 7) },
  );
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

for (const [name, shape, schema, fill] of [
  ['transaction', TRANSACTION_SHAPE, transactionInput, fillDefaults],
  ['party', PARTY_SHAPE, partyRecordInput, fillPartyDefaults],
] as const) {
  it(`accepts a ${name} exactly where zod does`, () => {
    const walk = new ShapeWalk();
    const seen = { accepted: 0, refused: 0 };
    fc.assert(
      fc.property(valueFor(shape, 0), (value) => {
        if (isRecord(value)) fill(value);
        const found = walk.check(shape, value);
        const parsed = schema.safeParse(value);
        if (parsed.success) seen.accepted += 1;
        else seen.refused += 1;
        expect(found === null ? 'accepted' : `${found.path} ${found.code}`).toEqual(
          parsed.success ? 'accepted' : expect.not.stringMatching(/^accepted$/),
        );
      }),
      { numRuns: 1_500 },
    );
    expect(seen.accepted).toBeGreaterThan(50);
    expect(seen.refused).toBeGreaterThan(50);
  });
}

it('fingerprints content, not the order of members', () => {
  const shuffled = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(shuffled);
    if (!isRecord(value)) return value;
    return Object.fromEntries(
      Object.entries(value)
        .reverse()
        .map(([key, inside]) => [key, shuffled(inside)]),
    );
  };
  const walk = new ShapeWalk();
  const print = (value: unknown): string => {
    expect(walk.check(TRANSACTION_SHAPE, value)).toBeNull();
    return `${walk.a} ${walk.b}`;
  };
  const texts = new Map<string, string>();
  fc.assert(
    fc.property(valueFor(TRANSACTION_SHAPE, 0), (value) => {
      if (isRecord(value)) fillDefaults(value);
      if (!transactionInput.safeParse(value).success) return;
      expect(print(shuffled(value))).toBe(print(value));
      const text = JSON.stringify(transactionInput.parse(value));
      const known = texts.get(print(value));
      expect(known ?? text).toBe(text);
      texts.set(print(value), text);
    }),
    { numRuns: 1_500 },
  );
  expect(texts.size).toBeGreaterThan(50);
});
