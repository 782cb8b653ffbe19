/** The table of cities: what every entry must be, and distances that an atlas gives too. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type City, createCities, greatCircleM, type Point } from '../../../../rules/reference/cities.ts';
import { readReferenceFiles } from '../../../../rules/reference/files.ts';
import { loadReference } from '../../../../rules/reference/reference.ts';

const files = readReferenceFiles();
const { cities, places, listVersion } = loadReference(files);
const numberOf = (id: string) => cities.all.findIndex((city) => city.id === id);
const apart = (a: string, b: string) => cities.distanceM(numberOf(a), numberOf(b));

/** Mean radius, and half the circumference: nothing is farther away. */
const RADIUS_M = 6_371_008.8;
const FARTHEST_M = 20_015_114;

/** A last digit of a sine or cosine is some nanometres of these distances. */
const DOUBT_M = 1e-7;

/** By another formula: the chord through the earth. */
function chordM(a: Point, b: Point): number {
  const vector = ({ lat, lon }: Point) => {
    const [phi, lambda] = [lat, lon].map((angle) => (angle / 10_000) * (Math.PI / 180)) as [number, number];
    return [Math.cos(phi) * Math.cos(lambda), Math.cos(phi) * Math.sin(lambda), Math.sin(phi)];
  };
  const [from, to] = [vector(a), vector(b)];
  const chord = Math.hypot(...from.map((part, i) => part - (to[i] as number)));
  return 2 * RADIUS_M * Math.asin(Math.min(1, chord / 2));
}

function pairs(visit: (a: City, b: City, metres: number) => void): void {
  cities.all.forEach((a, i) => {
    for (let j = 0; j < i; j++) visit(a, cities.all[j] as City, cities.distanceM(i, j));
  });
}

describe('the shipped table', () => {
  it('has the cities of three countries, each where its country is', () => {
    const boxes: Readonly<Record<string, readonly [number, number, number, number]>> = {
      MX: [14.5, 32.8, -117.2, -86.7],
      US: [21.2, 61.3, -157.9, -71],
      CA: [41.9, 56.8, -124, -52.6],
    };
    const count = (country: string) => cities.all.filter((city) => city.country === country).length;
    expect([count('MX'), count('US'), count('CA')]).toEqual([103, 121, 53]);
    for (const { id, country, lat, lon } of cities.all) {
      const [south, north, west, east] = boxes[country] as readonly [number, number, number, number];
      expect(id.startsWith(`${country}-`), id).toBe(true);
      expect(lat / 10_000 > south && lat / 10_000 < north, id).toBe(true);
      expect(lon / 10_000 > west && lon / 10_000 < east, id).toBe(true);
    }
  });

  it('gives every border municipality of a city as its list has it', () => {
    for (const [id, code] of [
      ['MX-TIJUANA', 'MX-02004'],
      ['MX-JUAREZ', 'MX-08037'],
      ['MX-REYNOSA', 'MX-28032'],
      ['US-EL-PASO', 'US-48141'],
      ['US-LAREDO', 'US-4841464'],
    ] as const) {
      expect(cities.all[cities.numberOf(code)]?.id).toBe(id);
      const [country, national] = code.split('-');
      expect(places.ofMunicipality(country, national)).toContain('border_municipality');
    }
  });

  it.each([
    ['MX-MEXICO', 'MX-GUADALAJARA', 461],
    ['MX-MEXICO', 'MX-TIJUANA', 2_302],
    ['US-NEW-YORK', 'US-LOS-ANGELES', 3_936],
    ['US-CHICAGO', 'US-HOUSTON', 1_514],
    ['CA-TORONTO', 'CA-MONTREAL', 504],
    ['CA-VANCOUVER', 'CA-CALGARY', 675],
    ['CA-TORONTO', 'CA-WINNIPEG', 1_518],
  ])('%s and %s are %i km apart, within 3 %%', (a, b, km) => {
    expect(Math.abs(apart(a, b) / 1_000 - km)).toBeLessThan(0.03 * km);
  });

  it('has neighbours across a river, and cities that are none', () => {
    expect(apart('US-EL-PASO', 'MX-JUAREZ')).toBeLessThan(5_000);
    expect(apart('US-DETROIT', 'CA-WINDSOR')).toBeLessThan(6_000);
    expect(apart('US-LAREDO', 'MX-NUEVO-LAREDO')).toBeLessThan(6_000);
    expect(apart('MX-PUEBLA', 'MX-TLAXCALA')).toBeGreaterThan(25_000);
  });

  it('agrees with the chord through the earth, and no rounding hangs on a last digit', () => {
    const [doubtful, differing]: [string[], string[]] = [[], []];
    pairs((a, b, metres) => {
      const exact = greatCircleM(a, b);
      if (Math.abs(exact - Math.floor(exact) - 0.5) < DOUBT_M) doubtful.push(`${a.id} ${b.id}`);
      if (Math.abs(chordM(a, b) - exact) > 1e-3 || metres !== Math.round(exact))
        differing.push(`${a.id} ${b.id}`);
    });
    expect({ doubtful, differing }).toEqual({ doubtful: [], differing: [] });
  });
});

describe('distances', () => {
  const point = fc.record({
    lat: fc.integer({ min: -900_000, max: 900_000 }),
    lon: fc.integer({ min: -1_800_000, max: 1_800_000 }),
  });
  /** Rounded: each side of a triangle may be half a metre off. */
  const ROUNDING_M = 1.5;

  it('are symmetric, none to itself, no longer than half round the earth, and no detour is shorter', () => {
    fc.assert(
      fc.property(fc.array(point, { minLength: 3, maxLength: 6 }), (points) => {
        const named = points.map((each, i) => ({ id: `XX-${i}`, name: 'x', ...each, codes: `10${i}` }));
        const table = createCities([
          {
            name: 'x.yaml',
            content: {
              kind: 'cities',
              id: 'x',
              version: '2026-01-01',
              source: 's',
              verified: false,
              cities: { XX: named },
            },
          },
        ]);
        for (let a = 0; a < points.length; a++) {
          expect(table.distanceM(a, a)).toBe(0);
          for (let b = 0; b < points.length; b++) {
            const ab = table.distanceM(a, b);
            expect(ab).toBe(table.distanceM(b, a));
            expect(ab >= 0 && ab <= FARTHEST_M).toBe(true);
            for (let c = 0; c < points.length; c++)
              expect(ab).toBeLessThanOrEqual(table.distanceM(a, c) + table.distanceM(c, b) + ROUNDING_M);
          }
        }
      }),
    );
  });

  it('reach from pole to pole and across the date line', () => {
    expect(Math.round(greatCircleM({ lat: 900_000, lon: 0 }, { lat: -900_000, lon: 0 }))).toBe(FARTHEST_M);
    expect(Math.round(greatCircleM({ lat: 0, lon: 1_799_000 }, { lat: 0, lon: -1_799_000 }))).toBe(22_239);
  });

  it('are unknown where a place is in no city', () => {
    expect(cities.numberOf('US-12051')).toBe(-1);
    expect(cities.numberOf('MX-48141')).toBe(-1);
    expect(cities.numberOf(undefined)).toBe(-1);
    expect(cities.distanceM(-1, 0)).toBe(-1);
    expect(cities.distanceM(0, -1)).toBe(-1);
  });
});

describe('a table of one’s own', () => {
  const table = (rows: string) =>
    `{kind: cities, id: mine, version: 2026-01-01, source: s, verified: true, cities: {DE: [${rows}]}}`;
  const bonn = "{id: DE-BONN, name: Bonn, lat: 507374, lon: 70982, codes: '05314'}";
  const load = (text: string) => loadReference(new Map([...files, ['lists/mine.yaml', text]]));

  it('stands beside the shipped one', () => {
    const own = load(table(bonn));
    expect(own.cities.all).toHaveLength(cities.all.length + 1);
    expect(own.cities.all[own.cities.numberOf('DE-05314')]?.name).toBe('Bonn');
    expect(own.listVersion).not.toBe(listVersion);
  });

  it.each([
    ['a code in two cities', `${bonn}, {id: DE-B, name: B, lat: 1, lon: 1, codes: '05314'}`, /DE-05314/],
    ['an id given twice', `${bonn}, ${bonn}`, /DE-BONN stands twice/],
    ['degrees instead of ten-thousandths', bonn.replace('507374', '50.7374'), /lat/],
    ['a latitude beyond the pole', bonn.replace('507374', '900001'), /lat/],
    ['a city without a code', bonn.replace("'05314'", "''"), /codes/],
    ['an id that is no name', bonn.replace('DE-BONN', 'bonn'), /id/],
  ])('with %s is refused', (_what, rows, detail) => {
    expect(() => load(table(rows))).toThrow(/RAS-RULES-REFERENCE-INVALID.*lists\/mine\.yaml/);
    expect(() => load(table(rows))).toThrow(detail);
  });

  it('may be missing: a set that was recorded before there were cities knows none', () => {
    const before = new Map(files);
    before.delete('lists/cities.yaml');
    const { cities: none, listVersion: version } = loadReference(before);
    expect(none.all).toEqual([]);
    expect(none.numberOf('MX-02004')).toBe(-1);
    expect(version).toMatch(/^lists-/);
    expect(version).not.toBe(listVersion);
  });

  it('has two thousand cities at most', () => {
    const many = Array.from(
      { length: 2_001 },
      (_, i) => `{id: DE-C${i}, name: C, lat: ${i}, lon: 0, codes: '${10_000 + i}'}`,
    );
    expect(() => load(table(many.join(', ')))).toThrow('more than 2000 cities');
  });
});
