/** Which named lists a municipality, or a whole state, is on. */
import type { PlaceListFile } from '../../schemas/reference.ts';

export interface PlaceLists {
  readonly ids: readonly string[];
  /** Lists of a municipality by country and national code, sorted; empty where it is on none. */
  ofMunicipality(country: string | undefined, code: string | undefined): readonly string[];
  /** Lists that hold at least one municipality of `COUNTRY-ADMIN1`, sorted: what a ticket's destination can be matched to. */
  ofAdmin1(countryAdmin1: string | undefined): readonly string[];
}

const NONE: readonly string[] = [];

export function createPlaceLists(files: readonly PlaceListFile[]): PlaceLists {
  const municipalities = new Map<string, Set<string>>();
  const states = new Map<string, Set<string>>();
  const add = (to: Map<string, Set<string>>, key: string, id: string) => {
    const known = to.get(key);
    if (known === undefined) to.set(key, new Set([id]));
    else known.add(id);
  };
  for (const file of files) {
    for (const [country, admin1s] of Object.entries(file.places)) {
      for (const [admin1, codes] of Object.entries(admin1s)) {
        add(states, `${country}-${admin1}`, file.id);
        for (const code of Object.keys(codes)) add(municipalities, `${country}-${code}`, file.id);
      }
    }
  }
  const frozen = (from: Map<string, Set<string>>) =>
    new Map([...from].map(([key, ids]): [string, readonly string[]] => [key, [...ids].sort()]));
  const byCode = frozen(municipalities);
  const byState = frozen(states);
  return {
    ids: files.map((file) => file.id).sort(),
    ofMunicipality: (country, code) =>
      country === undefined || code === undefined ? NONE : (byCode.get(`${country}-${code}`) ?? NONE),
    ofAdmin1: (key) => (key === undefined ? NONE : (byState.get(key) ?? NONE)),
  };
}
