/**
 * Cities: which of them a municipality belongs to, and how far their centres are apart.
 *
 * Distances are worked out once for each pair when a table is loaded, so that whoever stamps rows looks a number up. The
 * haversine goes through `Math.sin`, `Math.cos` and `Math.asin`, of which a platform may round the last digit otherwise: that is
 * some nanometres here, and the result is rounded to whole metres. A test holds the shipped table to it that no distance lies so
 * close to half a metre that this could matter.
 */
import { RastroError } from '../../schemas/errors/index.ts';
import type { CityFile } from '../../schemas/reference.ts';

/** Mean radius of the earth (IUGG), metres. */
const EARTH_RADIUS_M = 6_371_008.8;
const DEGREES_1E4 = Math.PI / 180 / 10_000;
/** Of all tables together: the distances of that many take 16 MB. */
const CITIES_MAX = 2_000;

/** A point in 1e-4 degrees. */
export interface Point {
  readonly lat: number;
  readonly lon: number;
}

export interface City extends Point {
  readonly id: string;
  readonly name: string;
  readonly country: string;
}

/** A file of cities, by its name among the files of reference data. */
interface NamedCityFile {
  readonly name: string;
  readonly content: CityFile;
}

export interface Cities {
  /** By number. */
  readonly all: readonly City[];
  /** Number of the city of a municipality, `COUNTRY-CODE`; -1 for one in none. */
  numberOf(municipality: string | undefined): number;
  /** Between the centres of two cities by number, in whole metres; -1 where either is none. */
  distanceM(a: number, b: number): number;
}

/** Great-circle distance of two points in metres, not rounded. */
export function greatCircleM(a: Point, b: Point): number {
  const half = (from: number, to: number) => Math.sin(((to - from) * DEGREES_1E4) / 2) ** 2;
  const cosines = Math.cos(a.lat * DEGREES_1E4) * Math.cos(b.lat * DEGREES_1E4);
  const haversine = half(a.lat, b.lat) + cosines * half(a.lon, b.lon);
  return 2 * EARTH_RADIUS_M * Math.asin(Math.min(1, Math.sqrt(haversine)));
}

/** @throws RastroError RAS-RULES-REFERENCE-INVALID for an id or a code that stands twice, or too many cities */
export function createCities(files: readonly NamedCityFile[]): Cities {
  const all: City[] = [];
  const ids = new Set<string>();
  const byCode = new Map<string, number>();
  for (const { name: file, content } of files) {
    const refuse = (detail: string) => new RastroError('RAS-RULES-REFERENCE-INVALID', { file, detail });
    for (const [country, cities] of Object.entries(content.cities)) {
      for (const { id, name, lat, lon, codes } of cities) {
        if (ids.has(id)) throw refuse(`${id} stands twice`);
        if (all.length >= CITIES_MAX) throw refuse(`more than ${CITIES_MAX} cities`);
        ids.add(id);
        for (const code of codes.split(' ')) {
          const other = byCode.get(`${country}-${code}`);
          if (other !== undefined)
            throw refuse(`${country}-${code} is in ${all[other]?.id ?? id} and in ${id}`);
          byCode.set(`${country}-${code}`, all.length);
        }
        all.push({ id, name, country, lat, lon });
      }
    }
  }
  const size = all.length;
  const distances = new Int32Array(size * size);
  for (let a = 0; a < size; a++) {
    for (let b = 0; b < a; b++) {
      const metres = Math.round(greatCircleM(all[a] as City, all[b] as City));
      distances[a * size + b] = metres;
      distances[b * size + a] = metres;
    }
  }
  return {
    all,
    numberOf: (municipality) => (municipality === undefined ? -1 : (byCode.get(municipality) ?? -1)),
    distanceM: (a, b) => (a < 0 || b < 0 ? -1 : (distances[a * size + b] as number)),
  };
}
